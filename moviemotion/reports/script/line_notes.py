"""Notes about the audience's emotions, which all annotated scripts show beside the elements."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from math import isnan

from moviemotion.analysis.analyze import Analysis
from moviemotion.analysis.moments.detection import Moment
from moviemotion.analysis.script_emotions import EmotionSummary
from moviemotion.analysis.signals.audience_curve import MIN_VIEWERS
from moviemotion.analysis.signals.reaction_delay import AUDIENCE_DELAY
from moviemotion.emotions import Emotion
from moviemotion.reports.number_format import (
    cautions,
    film_time,
    interval,
    number,
    p_value,
    percent,
    rank_range,
    reacted,
    time_range,
    too_few_seen,
)
from moviemotion.screenplay.alignment.align import TimedScript, TimeSource
from moviemotion.screenplay.elements import ElementKind

KINDS_WITH_EMOTION = (ElementKind.ACTION, ElementKind.DIALOGUE, ElementKind.LYRICS, ElementKind.CENTERED)
"""Element kinds for which an emotion is noted; it is omitted for names, parentheticals and transitions."""


@dataclass(frozen=True)
class ElementNote:
    """A note beside one element.

    Attributes:
        title: short form for the margin.
        text: complete note on one line.
        emotion: emotion that determines the color; None for notes without an emotion.
        is_moment: whether the note describes a moment rather than the element.
    """

    title: str
    text: str
    emotion: Emotion | None
    is_moment: bool = False


def notes_legend(analysis: Analysis, script: TimedScript) -> str:
    """Write the header of an annotated script, which explains the notes and warns of too little data."""
    notice = cautions(analysis)
    corrected = any(cue.source is TimeSource.BY_HAND for cue in script.cues)
    by_hand = ", and those after ✎ were set by hand" if corrected else ""
    return (
        f"{notice}{' ' if notice else ''}"
        "The audience's emotions. A note gives film time, emotion, mean strength from 0 to 1 with its 95 % "
        "interval, the mean share of the viewers who were reacting, and how many were seen at once; times "
        f"after ≈ are estimated{by_hand}. Where fewer than {MIN_VIEWERS} were seen, the audience's reaction "
        f"is unknown. Reactions are measured {AUDIENCE_DELAY:g} s after what is on screen. {script.timing}"
    )


def element_notes(analysis: Analysis, script: TimedScript) -> dict[int, list[ElementNote]]:
    """Collect the notes about scenes, elements and moments, keyed by the index of the element."""
    elements = script.screenplay.elements
    notes: dict[int, list[ElementNote]] = defaultdict(list)
    for scene in analysis.scene_emotions:
        heading, summary = elements[scene.heading_element], scene.summary
        if heading.kind is not ElementKind.SCENE_HEADING:
            continue
        name = f"SCENE {heading.number or scene.scene_number}"
        if summary.emotion is not None:
            text = f"{name} · {_emotion_text(summary)}"
            notes[scene.heading_element].append(
                ElementNote(f"scene: {summary.emotion}", text, summary.emotion)
            )
        elif not isnan(summary.start) and not summary.has_enough_viewers:
            text = f"{name} · {too_few_seen(summary.usual_viewers)}"
            notes[scene.heading_element].append(ElementNote("scene: unknown", text, None))
    for cue, summary in zip(script.cues, analysis.element_emotions, strict=True):
        if elements[cue.element].kind not in KINDS_WITH_EMOTION:
            continue
        if cue.source is TimeSource.CUT:
            notes[cue.element].append(ElementNote("not in the film", "not in the film", None))
        elif summary.emotion is not None:
            mark = "≈ " if cue.is_estimated else "✎ " if cue.source is TimeSource.BY_HAND else ""
            title = f"{summary.emotion} {number(summary.strength)}"
            notes[cue.element].append(ElementNote(title, mark + _emotion_text(summary), summary.emotion))
    for count, (moment, overlapped) in enumerate(
        zip(analysis.moment_search.moments, analysis.moment_elements, strict=True), start=1
    ):
        if overlapped:
            title = f"{moment.kind.upper()} {count}"
            rank = rank_range(moment.rank_interval)
            text = (
                f"{title} · {moment.emotion} · peak {film_time(moment.peak)} · {reacted(moment)} · "
                f"adjusted {p_value(moment.p_adjusted)}{f' · rank: {rank}' if rank else ''}"
            )
            at = element_at_peak(moment, overlapped, script)
            notes[at].append(ElementNote(title, text, moment.emotion, is_moment=True))
    return notes


def _emotion_text(summary: EmotionSummary) -> str:
    return (
        f"{time_range(summary.start, summary.end)} · {summary.emotion} {number(summary.strength)} "
        f"({interval(summary.strength_interval)}) · "
        f"{percent(summary.mean_reacting_share)} reacting, {summary.usual_viewers} seen"
    )


def element_at_peak(moment: Moment, overlapped: Sequence[int], script: TimedScript) -> int:
    """Find the element that the peak is a reaction to; action and speech take precedence over headings."""
    elements, cues = script.screenplay.elements, script.cues
    shown = moment.peak - AUDIENCE_DELAY
    lines = [k for k in overlapped if elements[k].kind in KINDS_WITH_EMOTION] or list(overlapped)
    return min(lines, key=lambda k: max(cues[k].start - shown, shown - cues[k].end, 0.0))
