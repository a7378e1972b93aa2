"""Summarizes a screening for the terminal in at most 16 lines of plain text."""

from __future__ import annotations

from moviemotion.analysis.analyze import Analysis
from moviemotion.analysis.moments.reaction_scores import MOMENT
from moviemotion.reports.number_format import (
    inconclusive_notice,
    interval,
    number,
    p_value,
    percent,
    plural,
    reacted,
    summary_sentence,
    time_range,
)
from moviemotion.reports.pattern_sentences import pattern_summary
from moviemotion.screenplay.read_back import read_back

MAX_MOMENTS = 6
MAX_PROBLEMS = 3


def summary_lines(analysis: Analysis) -> list[str]:
    """Summarize the audience's reactions, the evidence for them, and the quality of the data.

    Returns:
        At most 16 lines without line endings: the summary, the conclusion, the first moments in chronological
        order, the patterns, what was read from the script, the data quality and the first problems.
    """
    quality = analysis.data_quality
    conclusion = inconclusive_notice(analysis) or analysis.moment_search.conclusion
    lines = [f"{analysis.title}: {summary_sentence(analysis)}", conclusion]
    for index, moment in enumerate(analysis.moment_search.moments[:MAX_MOMENTS]):
        mood = "" if moment.kind == MOMENT.name else f" ({moment.kind})"
        lines.append(
            f"  {index + 1:>2}  {time_range(moment.start, moment.end)}  {moment.emotion}{mood} "
            f"{number(moment.strength)} ({interval(moment.strength_interval)}), "
            f"{reacted(moment)}, {p_value(moment.p_adjusted)}"
        )
    lines += _remaining_line(len(analysis.moment_search.moments), MAX_MOMENTS, "moment")
    lines.append(pattern_summary(analysis))
    if analysis.script:
        lines.append(f"Script: {read_back(analysis.script.screenplay).sentence()}.")
    lines.append(
        f"Faces seen {percent(quality.seen_share)} of the time, "
        f"{quality.samples_per_second:.1f} samples per second."
    )
    lines += [f"  ! {problem}" for problem in quality.problems[:MAX_PROBLEMS]]
    lines += _remaining_line(len(quality.problems), MAX_PROBLEMS, "problem")
    return lines


def _remaining_line(count: int, shown: int, what: str) -> list[str]:
    return [f"      and {plural(count - shown, 'more ' + what)}"] if count > shown else []
