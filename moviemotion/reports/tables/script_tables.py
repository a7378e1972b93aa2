"""Tables of the script's scenes and elements, with their times and the audience's emotions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from moviemotion.analysis.analyze import Analysis
from moviemotion.analysis.script_emotions import MIN_DOMINANT_STRENGTH, EmotionSummary
from moviemotion.analysis.signals.audience_curve import MIN_VIEWERS, REACTION_THRESHOLD
from moviemotion.emotions import NON_NEUTRAL_EMOTIONS
from moviemotion.reports.tables.data_dictionary import (
    NOBODY_SEEN,
    SHARE_RANGE,
    Column,
    Table,
    per_row,
    row_interval_columns,
)
from moviemotion.screenplay.alignment.cues import Cue, TimeSource
from moviemotion.screenplay.elements import Element, ElementKind

_NOT_IN_FILM = "not in the film"


@dataclass(frozen=True)
class _Scene:
    number: int
    heading: Element
    emotion_summary: EmotionSummary


@dataclass(frozen=True)
class _Line:
    cue: Cue
    element: Element
    emotion_summary: EmotionSummary
    scene: int | None


def _scenes(analysis: Analysis) -> Iterator[list[_Scene]]:
    elements = analysis.script.screenplay.elements if analysis.script else ()
    yield [
        _Scene(scene.scene_number, elements[scene.heading_element], scene.summary)
        for scene in analysis.scene_emotions
    ]


def _lines(analysis: Analysis) -> Iterator[list[_Line]]:
    elements = analysis.script.screenplay.elements if analysis.script else ()
    cues = analysis.script.cues if analysis.script else ()
    yield [
        _Line(cue, element, summary, element.scene or None)
        for cue, summary in zip(cues, analysis.element_emotions, strict=True)
        for element in (elements[cue.element],)
    ]


_EMOTION_COLUMNS = (
    Column(
        "start_s",
        "number",
        "Film time at which the row's scene or element starts, s.",
        per_row(lambda r: r.emotion_summary.start),
        _NOT_IN_FILM,
    ),
    Column(
        "end_s",
        "number",
        "Film time at which the row's scene or element ends, s.",
        per_row(lambda r: r.emotion_summary.end),
        _NOT_IN_FILM,
    ),
    Column(
        "emotion",
        "string",
        f"The strongest emotion, if it reaches {MIN_DOMINANT_STRENGTH:g}, its interval lies above 0, and "
        f"usual_viewers is at least {MIN_VIEWERS}.",
        per_row(lambda r: r.emotion_summary.emotion),
        "no emotion was clear, or too few viewers were seen",
        allowed_values=NON_NEUTRAL_EMOTIONS,
    ),
    Column(
        "strength",
        "number",
        "Mean strength of the strongest emotion, averaged for each viewer first and then over viewers.",
        per_row(lambda r: r.emotion_summary.strength),
        NOBODY_SEEN,
        SHARE_RANGE,
    ),
    *row_interval_columns("strength", lambda r: r.emotion_summary.strength_interval),
    Column(
        "mean_share",
        "number",
        f"Share of the viewers in whom an emotion reaches {REACTION_THRESHOLD:g}; mean over the seconds.",
        per_row(lambda r: r.emotion_summary.mean_reacting_share),
        NOBODY_SEEN,
        SHARE_RANGE,
    ),
    *row_interval_columns(
        "mean_share", lambda r: r.emotion_summary.mean_reacting_share_interval, NOBODY_SEEN
    ),
    Column(
        "viewers",
        "integer",
        "Number of viewers seen, however briefly.",
        per_row(lambda r: r.emotion_summary.viewers),
    ),
    Column(
        "usual_viewers",
        "integer",
        "Number of viewers seen in a typical (the median) second.",
        per_row(lambda r: r.emotion_summary.usual_viewers),
    ),
)

SCENES = Table(
    "scenes",
    "The scenes of the script, and the audience's emotions in them.",
    ("scene",),
    _scenes,
    (
        Column("scene", "integer", "Number of the scene in the script, from 1.", per_row(lambda r: r.number)),
        Column(
            "printed_number",
            "string",
            "Scene number as printed in the script.",
            per_row(lambda r: r.heading.number),
            "the script has no scene numbers",
        ),
        Column("heading", "string", "The scene heading.", per_row(lambda r: r.heading.text)),
        *_EMOTION_COLUMNS,
    ),
)

LINES = Table(
    "lines",
    "The elements of the script, and the audience's emotions during them.",
    ("element",),
    _lines,
    (
        Column(
            "element",
            "integer",
            "Number of the element in the script, from 1.",
            per_row(lambda r: r.cue.element + 1),
        ),
        Column(
            "line",
            "integer",
            "The element's first line in the script file.",
            per_row(lambda r: r.element.line),
        ),
        Column(
            "kind",
            "string",
            "The kind of element.",
            per_row(lambda r: r.element.kind),
            allowed_values=tuple(ElementKind),
        ),
        Column("character", "string", "The speaker.", per_row(lambda r: r.element.character), "not a speech"),
        Column(
            "text",
            "string",
            "The text.",
            per_row(lambda r: r.element.text or None),
            "the element has no text",
        ),
        Column(
            "scene",
            "integer",
            "The scene that contains the element.",
            per_row(lambda r: r.scene),
            "before the first scene",
            foreign_key=("scenes", "scene"),
        ),
        Column(
            "time_source",
            "string",
            "The source of the element's time.",
            per_row(lambda r: r.cue.source),
            allowed_values=tuple(TimeSource),
        ),
        Column(
            "confidence",
            "number",
            "Probability that a line is spoken at this time, or that the line is not in the film; "
            "0 if it was not measured.",
            per_row(lambda r: r.cue.confidence),
            value_range=SHARE_RANGE,
        ),
        *_EMOTION_COLUMNS,
    ),
)
