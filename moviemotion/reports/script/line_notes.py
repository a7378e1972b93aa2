"""What the room felt, as a note for each element of the screenplay; every annotated script shows these."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from moviemotion.analysis.analyze import Analysis
from moviemotion.analysis.moments.detection import Moment
from moviemotion.analysis.script_emotions import EmotionSummary
from moviemotion.emotions import Emotion
from moviemotion.reports.number_format import count_of, film_time, interval, number, p_value, time_range
from moviemotion.screenplay.alignment.align import TimedScript, TimeSource
from moviemotion.screenplay.elements import ElementKind

KINDS_WITH_EMOTION = (ElementKind.ACTION, ElementKind.DIALOGUE, ElementKind.LYRICS, ElementKind.CENTERED)
"""Kinds that have a feeling of their own; cues, parentheticals and transitions stay bare."""


@dataclass(frozen=True)
class ElementNote:
    """A note beside one element.

    Attributes:
        title: a word or two.
        text: the whole note on one line.
        emotion: the feeling it tells of; None where it tells of none.
    """

    title: str
    text: str
    emotion: Emotion | None


def notes_legend(timing: str) -> str:
    """The sentence that explains the notes; `timing` says where their times come from."""
    return (
        "The room's feelings, beside the lines. A note gives film time, the feeling, its mean strength from "
        f"0 to 1 with its 95 % interval, and how many viewers reacted; times after ≈ are estimated. {timing}"
    )


def element_notes(analysis: Analysis, script: TimedScript) -> dict[int, list[ElementNote]]:
    """The notes of each element that has any, by its index: its scene's, its own, its moments'."""
    elements = script.screenplay.elements
    notes: dict[int, list[ElementNote]] = defaultdict(list)
    for scene in analysis.scene_emotions:
        heading, emotion = elements[scene.heading_element], scene.summary.emotion
        if heading.kind is ElementKind.SCENE_HEADING and emotion is not None:
            text = f"SCENE {heading.number or scene.scene_number} · {_emotion_text(scene.summary)}"
            notes[scene.heading_element].append(ElementNote(f"scene: {emotion}", text, emotion))
    for cue, feeling in zip(script.cues, analysis.element_emotions, strict=True):
        if elements[cue.element].kind not in KINDS_WITH_EMOTION:
            continue
        if cue.source is TimeSource.CUT:
            notes[cue.element].append(ElementNote("not in the film", "not in the film", None))
        elif feeling.emotion is not None:
            about = "≈ " if cue.is_estimated else ""
            title = f"{feeling.emotion} {number(feeling.strength)}"
            notes[cue.element].append(ElementNote(title, about + _emotion_text(feeling), feeling.emotion))
    for count, (moment, overlapped) in enumerate(
        zip(analysis.moment_search.moments, analysis.moment_elements, strict=True), start=1
    ):
        if overlapped:
            text = (
                f"MOMENT {count} · {moment.emotion} · peak {film_time(moment.peak)} · "
                f"adjusted {p_value(moment.p_adjusted)}"
            )
            at = _element_at_peak(moment, overlapped, script)
            notes[at].append(ElementNote(f"MOMENT {count}", text, moment.emotion))
    return notes


def _emotion_text(feeling: EmotionSummary) -> str:
    return (
        f"{time_range(feeling.start, feeling.end)} · {feeling.emotion} {number(feeling.strength)} "
        f"({interval(feeling.strength_interval)}) · {count_of(feeling.reacting_share, feeling.viewers)} reacted"
    )


def _element_at_peak(moment: Moment, overlapped: Sequence[int], script: TimedScript) -> int:
    """The element on screen at the peak, a line rather than a heading where there is a choice."""
    elements, cues = script.screenplay.elements, script.cues
    lines = [k for k in overlapped if elements[k].kind in KINDS_WITH_EMOTION] or list(overlapped)
    return min(lines, key=lambda k: max(cues[k].start - moment.peak, moment.peak - cues[k].end, 0.0))
