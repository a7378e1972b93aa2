"""Remove what programs put into the margins of every line: line numbers, and the > of quoted mail.

Scripts that were copied from a listing, a text editor or a mail have such marks. They are recognized by their
regularity: a list of scenes also starts with numbers, but not on nearly every line.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import accumulate, pairwise

_QUOTE = re.compile(r"(\f?)[ \t]{0,3}(?:[>|][ \t]?){1,9}")
_NUMBER_AT_LEFT = re.compile(r"^\f?[ \t]{0,12}(\d{1,6})(?:[.:|)\]]|[ \t]\|)?(?=\s|$)")
_NUMBER_AT_RIGHT = re.compile(r"(?:(?<=[ \t]{2})|(?<=\t)|^)(\d{1,6})\.?[ \t]{0,9}$")
_MIN_LINES = 12
"""Minimum number of lines with a mark."""
_MIN_MARKED_SHARE = 0.9
_MIN_REGULAR_SHARE = 0.9
"""Minimum fraction of the numbers that follow from the number before them."""
_STEPS = (2, 5, 10)
"""Some programs number only every fifth line."""
_MIN_SPARSE_SHARE = 0.8
"""Minimum fraction of the lines that such numbers account for."""


def without_margin_marks(source: Sequence[str]) -> tuple[str, ...]:
    """The lines without line numbers and without the marks of quoted mail, if nearly all lines have them.

    Args:
        source: all lines of the file.
    """
    lines = tuple(source)
    inked = sum(bool(line.strip()) for line in lines)
    quoted = sum(bool(_QUOTE.match(line)) for line in lines)
    if quoted >= max(_MIN_LINES, _MIN_MARKED_SHARE * inked):
        lines = _without_margin([_QUOTE.sub(r"\1", line, count=1) for line in lines])
    for pattern in (_NUMBER_AT_LEFT, _NUMBER_AT_RIGHT):
        lines = _without_numbers(lines, pattern)
    return lines


def _without_numbers(lines: tuple[str, ...], pattern: re.Pattern[str]) -> tuple[str, ...]:
    """Remove line numbers from one margin."""
    found = {at: match for at, line in enumerate(lines) if (match := pattern.search(line))}
    every = _numbered_lines(lines, {at: int(match[1]) for at, match in found.items()})
    if every == 0:
        return lines
    if every > 1:  # the other lines have blanks in place of the number
        return tuple(
            line[: found[at].start(1)]
            + " " * (found[at].end() - found[at].start(1))
            + line[found[at].end() :]
            if at in found
            else line
            for at, line in enumerate(lines)
        )
    if pattern is _NUMBER_AT_RIGHT:
        return tuple(
            line[: found[at].start()].rstrip(" \t") if at in found else line for at, line in enumerate(lines)
        )
    return _without_margin(
        [
            "\f" * line.startswith("\f") + line[found[at].end() :] if at in found else line
            for at, line in enumerate(lines)
        ]
    )


def _numbered_lines(lines: Sequence[str], numbers: dict[int, int]) -> int:
    """How many lines there are for each line number: 1, 2, 5 or 10; 0 if the numbers do not count lines.

    Args:
        lines: all lines.
        numbers: line index → number on the line.
    """
    if len(numbers) < _MIN_LINES:
        return 0
    # The numbers count all lines or only those with text, and may start again on each page.
    inked = [0, *accumulate(bool(line.strip()) for line in lines)]
    pairs = list(pairwise(numbers.items()))
    regular = sum(
        after[1] - before[1] in (after[0] - before[0], inked[after[0]] - inked[before[0]])
        or after[1] < before[1]
        for before, after in pairs
    )
    restarts = sum(after[1] <= before[1] for before, after in pairs)
    if regular < _MIN_REGULAR_SHARE * len(pairs) or restarts > (1 - _MIN_REGULAR_SHARE) * len(pairs):
        return 0
    if len(numbers) >= _MIN_MARKED_SHARE * inked[-1]:
        return 1
    step = Counter(after[1] - before[1] for before, after in pairs).most_common(1)[0][0]
    if step not in _STEPS or step * len(numbers) < _MIN_SPARSE_SHARE * inked[-1]:
        return 0
    return step if all(number % step == 0 for number in numbers.values()) else 0


def _without_margin(lines: Sequence[str]) -> tuple[str, ...]:
    """Remove the blanks with which all lines start."""
    margins = {line[: len(line) - len(line.lstrip(" \t"))] for line in lines if line.strip()}
    shortest = min(margins, key=len, default="")
    width = len(shortest) if all(margin.startswith(shortest) for margin in margins) else 0
    return tuple(line if line[:1] == "\f" else line[width:] for line in lines)
