"""A screening in at most fifteen lines of plain text, for the terminal."""

from __future__ import annotations

from moviemotion.analysis.analyze import Analysis
from moviemotion.reports.number_format import (
    count_of,
    interval,
    number,
    p_value,
    percent,
    plural,
    span,
    summary,
)
from moviemotion.reports.pattern_sentences import pattern_summary

MOST_MOMENTS = 6
MOST_PROBLEMS = 3


def summary_lines(analysis: Analysis) -> list[str]:
    """What the room felt, how surely, and how good the data are.

    Returns:
        At most 15 lines without line ends: the summary, the conclusion, the first moments in order of
        time, the patterns, the data's quality and the first problems.
    """
    quality = analysis.quality
    lines = [f"{analysis.title}: {summary(analysis)}", analysis.search.conclusion]
    for index, moment in enumerate(analysis.search.moments[:MOST_MOMENTS]):
        lines.append(
            f"  {index + 1:>2}  {span(moment.start, moment.end)}  {moment.emotion} {number(moment.strength)} "
            f"({interval(moment.strength_interval)}), {count_of(moment.share, moment.viewers)} reacting, "
            f"{p_value(moment.p_adjusted)}"
        )
    lines += _more(len(analysis.search.moments), MOST_MOMENTS, "moment")
    lines.append(pattern_summary(analysis))
    lines.append(
        f"Faces seen in {percent(quality.seen)} of the time, "
        f"{quality.samples_per_second:.1f} samples a second."
    )
    lines += [f"  ! {problem}" for problem in quality.problems[:MOST_PROBLEMS]]
    lines += _more(len(quality.problems), MOST_PROBLEMS, "problem")
    return lines


def _more(count: int, shown: int, what: str) -> list[str]:
    return [f"      and {plural(count - shown, 'more ' + what)}"] if count > shown else []
