"""The screenplay with the room's feelings beside its lines, as Fountain notes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from moviemotion.resonance.analysis import Analysis
from moviemotion.resonance.lines import Feeling
from moviemotion.resonance.moments import Moment
from moviemotion.story.alignment import TimedScript, TimeSource
from moviemotion.story.elements import Kind
from moviemotion.story.fountain import parse_fountain, without_notes
from moviemotion.story.fountain_writer import write_fountain
from moviemotion.story.screenplay import is_fountain
from moviemotion.story.title_page import title_page_length
from moviemotion.telling.words import clock, count_of, interval, number, p_value, span

_FELT = (Kind.ACTION, Kind.DIALOGUE, Kind.LYRICS, Kind.CENTERED)
_INLINE = (Kind.ACTION, Kind.DIALOGUE)
"""Kinds that stay what they are in any Fountain program when a note follows on their last line."""


def annotated_fountain(analysis: Analysis) -> str:
    """The source of the screenplay with notes; a plain-text script is written as Fountain first.

    Apart from its notes the result reads as the source does: the same elements in the same order.

    Raises:
        ValueError: the analysis has no script.
    """
    if analysis.script is None:
        raise ValueError("an analysis without a script cannot be laid on the page")
    screenplay = analysis.script.screenplay
    source, elements = list(screenplay.source), screenplay.elements
    if not is_fountain(screenplay.path, source):
        source = write_fountain(screenplay).rstrip("\n").split("\n")
        elements = parse_fountain(source)
    inline: dict[int, list[str]] = defaultdict(list)
    below: dict[int, list[str]] = defaultdict(list)
    for k, notes in _notes(analysis, analysis.script).items():
        last = elements[k].line + elements[k].lines - 1
        if _note_would_run_on(source, last):
            below[_paragraph_end(source, last)] += notes
        elif elements[k].kind in _INLINE:
            inline[last] += notes
        else:
            below[last] += notes
    top = title_page_length(source)
    header = f"[[{_how_to_read(analysis.script.timing)}]]"
    lines = [*source[:top], "", header] if top else [header, ""]
    for at, line in enumerate(source[top:], start=top + 1):
        lines.append(" ".join([line, *inline[at]]) if at in inline else line)
        if at in below:
            ends_paragraph = at == len(source) or _is_blank(source[at])
            lines += [*([""] if ends_paragraph else []), " ".join(below[at])]
    return "\n".join(lines) + "\n"


def _how_to_read(timing: str) -> str:
    return (
        "The room's feelings, beside the lines. A note gives film time, the feeling, its mean strength from "
        f"0 to 1 with its 95 % interval, and how many viewers reacted; times after ≈ are estimated. {timing}"
    )


def _notes(analysis: Analysis, script: TimedScript) -> dict[int, list[str]]:
    """The notes of each element that has any, by its index."""
    elements = script.screenplay.elements
    notes: dict[int, list[str]] = defaultdict(list)
    for scene in analysis.scenes:
        if elements[scene.heading].kind is Kind.SCENE_HEADING and scene.feeling.emotion is not None:
            notes[scene.heading].append(f"[[SCENE {scene.scene} · {_felt(scene.feeling)}]]")
    for cue, feeling in zip(script.cues, analysis.lines, strict=True):
        if elements[cue.element].kind not in _FELT:
            continue
        if cue.source is TimeSource.CUT:
            notes[cue.element].append("[[not in the film]]")
        elif feeling.emotion is not None:
            about = "≈ " if cue.source in (TimeSource.BETWEEN, TimeSource.PAGE) else ""
            notes[cue.element].append(f"[[{about}{_felt(feeling)}]]")
    for count, (moment, overlapped) in enumerate(
        zip(analysis.search.moments, analysis.moment_elements, strict=True), start=1
    ):
        if overlapped:
            at = _at_peak(moment, overlapped, script)
            notes[at].append(
                f"[[MOMENT {count} · {moment.emotion} · peak {clock(moment.peak)} · "
                f"adjusted {p_value(moment.p_adjusted)}]]"
            )
    return notes


def _felt(feeling: Feeling) -> str:
    return (
        f"{span(feeling.start, feeling.end)} · {feeling.emotion} {number(feeling.strength)} "
        f"({interval(feeling.strength_interval)}) · {count_of(feeling.share, feeling.viewers)} reacted"
    )


def _at_peak(moment: Moment, overlapped: Sequence[int], script: TimedScript) -> int:
    """The element on screen at the peak, a line rather than a heading where there is a choice."""
    elements, cues = script.screenplay.elements, script.cues
    lines = [k for k in overlapped if elements[k].kind in _FELT] or list(overlapped)
    return min(lines, key=lambda k: max(cues[k].start - moment.peak, moment.peak - cues[k].end, 0.0))


def _is_blank(line: str) -> bool:
    """A line that ends a paragraph; with two spaces on it, a speech goes on."""
    return not line.strip() and len(line) < 2


def _paragraph_end(source: Sequence[str], line: int) -> int:
    """Number of the last line of the paragraph that `line` is in; both count from 1."""
    while line < len(source) and not _is_blank(source[line]):
        line += 1
    return line


def _note_would_run_on(source: Sequence[str], line: int) -> bool:
    """Whether brackets left open in the paragraph would swallow a note's text up to its end."""
    end = _paragraph_end(source, line)
    start = line
    while start > 1 and not _is_blank(source[start - 2]):
        start -= 1
    return "[[" in without_notes("\n".join(source[start - 1 : end]))
