"""Summarizes a screening for the terminal in at most 20 lines of plain text."""

from __future__ import annotations

from moviemotion.analysis.analyze import Analysis
from moviemotion.analysis.moments.reaction_scores import MOMENT
from moviemotion.problems import ranked_groups
from moviemotion.reports.clock_sentences import clocks_summary
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
MAX_PROBLEM_LINES = 7


def summary_lines(analysis: Analysis) -> list[str]:
    """Summarize the audience's reactions, the evidence for them, and the quality of the data.

    Returns:
        At most 20 lines without line endings: the summary, the conclusion, the first moments in chronological
        order, the patterns, what was read from the script and where its times come from, the data quality and
        the problems, the most harmful first.
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
        script = analysis.script
        lines.append(f"Script: {read_back(script.screenplay).sentence()}. {script.timing}")
    faces = (
        f"Faces seen {percent(quality.seen_share)} of the time, "
        f"{quality.samples_per_second:.1f} samples per second."
    )
    lines.append(" ".join(filter(None, (faces, clocks_summary(quality.clocks)))))
    return lines + _problem_lines(analysis)


def _problem_lines(analysis: Analysis) -> list[str]:
    """Lines about the problems, the most harmful first; each kind has a line before any has a second one."""
    groups = ranked_groups(analysis.data_quality.problems)
    shown = [1] * min(len(groups), MAX_PROBLEM_LINES)
    for index, (_, lines) in enumerate(groups[: len(shown)]):
        spare = MAX_PROBLEM_LINES - sum(shown)
        shown[index] += min(spare, len(lines) - 1)
    result = []
    for count, (_, lines) in zip(shown, groups, strict=False):
        result += [f"  ! {line}" for line in lines[:count]]
        if len(lines) > count:
            result[-1] += f" (and {len(lines) - count} more such problems)"
    return result + _remaining_line(len(groups), len(shown), "kind of problem", "kinds of problems")


def _remaining_line(count: int, shown: int, what: str, many: str = "") -> list[str]:
    if count <= shown:
        return []
    return [f"      and {plural(count - shown, f'more {what}', f'more {many}' if many else None)}"]
