"""Odd inputs by kind; each module lists its cases, and `oracle` judges what comes out."""

from odd_cases import alignment, clocks, identity, messages, pictures, scripts, starts, subtitles

CASES = [
    case
    for module in (identity, clocks, pictures, starts, subtitles, scripts, alignment, messages)
    for case in module.CASES
]
