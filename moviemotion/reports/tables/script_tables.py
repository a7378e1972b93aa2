"""The tables of the script: its scenes and its lines, when they are on screen, what was felt in them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from moviemotion.analysis.analyze import Analysis
from moviemotion.analysis.script_emotions import NOTHING_FELT, Feeling
from moviemotion.analysis.signals.audience_curve import REACTING
from moviemotion.emotions import FEELINGS
from moviemotion.reports.tables.data_dictionary import NOBODY, SHARE, Column, Table, each, ends_of_each
from moviemotion.screenplay.alignment.cues import Cue, TimeSource
from moviemotion.screenplay.elements import Element, Kind

_NOT_TIMED = "not in the film"


@dataclass(frozen=True)
class _Scene:
    number: int
    heading: Element
    feeling: Feeling


@dataclass(frozen=True)
class _Line:
    cue: Cue
    element: Element
    feeling: Feeling
    scene: int | None


def _scenes(analysis: Analysis) -> Iterator[list[_Scene]]:
    elements = analysis.script.screenplay.elements if analysis.script else ()
    yield [_Scene(scene.scene, elements[scene.heading], scene.feeling) for scene in analysis.scenes]


def _lines(analysis: Analysis) -> Iterator[list[_Line]]:
    elements = analysis.script.screenplay.elements if analysis.script else ()
    cues = analysis.script.cues if analysis.script else ()
    yield [
        _Line(cue, element, feeling, element.scene or None)
        for cue, feeling in zip(cues, analysis.lines, strict=True)
        for element in (elements[cue.element],)
    ]


_FELT = (
    Column(
        "start_s", "number", "Film time at which it starts, s.", each(lambda r: r.feeling.start), _NOT_TIMED
    ),
    Column("end_s", "number", "Film time at which it ends, s.", each(lambda r: r.feeling.end), _NOT_TIMED),
    Column(
        "feeling",
        "string",
        f"The strongest feeling, if it is at least {NOTHING_FELT:g} and its interval lies above 0.",
        each(lambda r: r.feeling.emotion),
        "none stood out, or nobody was seen",
        one_of=FEELINGS,
    ),
    Column(
        "strength",
        "number",
        "Mean over viewers of each one's mean strength of the strongest feeling.",
        each(lambda r: r.feeling.strength),
        NOBODY,
        SHARE,
    ),
    *ends_of_each("strength", lambda r: r.feeling.strength_interval),
    Column(
        "share",
        "number",
        f"Share of the viewers in whom a feeling reached {REACTING:g} at least once.",
        each(lambda r: r.feeling.share),
        NOBODY,
        SHARE,
    ),
    *ends_of_each("share", lambda r: r.feeling.share_interval, NOBODY),
    Column("viewers", "integer", "How many viewers were seen.", each(lambda r: r.feeling.viewers)),
)

SCENES = Table(
    "scenes",
    "The scenes of the script, and what the room felt in them.",
    ("scene",),
    _scenes,
    (
        Column("scene", "integer", "Number, from 1 in order of the script.", each(lambda r: r.number)),
        Column(
            "printed_number",
            "string",
            "Its number as the script prints it.",
            each(lambda r: r.heading.number),
            "the script prints none",
        ),
        Column("heading", "string", "Its heading.", each(lambda r: r.heading.text)),
        *_FELT,
    ),
)

LINES = Table(
    "lines",
    "The script, element by element, and what the room felt during each.",
    ("element",),
    _lines,
    (
        Column(
            "element", "integer", "Number, from 1 in order of the script.", each(lambda r: r.cue.element + 1)
        ),
        Column("line", "integer", "Its first line in the script's file.", each(lambda r: r.element.line)),
        Column("kind", "string", "What it is.", each(lambda r: r.element.kind), one_of=tuple(Kind)),
        Column("character", "string", "Who speaks.", each(lambda r: r.element.character), "nobody speaks"),
        Column("text", "string", "Its text.", each(lambda r: r.element.text or None), "it has none"),
        Column(
            "scene",
            "integer",
            "The scene that it is in.",
            each(lambda r: r.scene),
            "before the first scene",
            refers_to=("scenes", "scene"),
        ),
        Column(
            "time_source",
            "string",
            "Where its time comes from.",
            each(lambda r: r.cue.source),
            one_of=tuple(TimeSource),
        ),
        Column(
            "confidence",
            "number",
            "Probability that a line is spoken at its time, or nowhere if it is not in the film; "
            "0 where it was not measured.",
            each(lambda r: r.cue.confidence),
            range=SHARE,
        ),
        *_FELT,
    ),
)
