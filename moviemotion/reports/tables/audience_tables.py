"""The tables of what was felt in each second: by each viewer, and by the room."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moviemotion.analysis.analyze import Analysis
from moviemotion.analysis.signals.audience_curve import REACTING, Room
from moviemotion.analysis.signals.synchrony import SYNCHRONY_WINDOW
from moviemotion.emotions import EMOTIONS, FEELINGS
from moviemotion.reports.tables.data_dictionary import NOBODY, SHARE, Column, Table, each, ends
from moviemotion.statistics import Float

NO_SYNCHRONY = "fewer than two viewers, or nothing varied"
CORRELATION = (-1.0, 1.0)
_NOT_SEEN = "the viewer was not seen"
_FINE = 4
"""Decimals of the largest table's figures: finer would be noise, and files twice as large."""


@dataclass(frozen=True)
class _OfViewer:
    """One viewer: (S,) film seconds, (S, 8) probabilities, (S, 7) strengths."""

    viewer: str
    seconds: NDArray[np.int64]
    scores: NDArray[np.float32]
    strength: Float


def _of_viewers(analysis: Analysis) -> Iterator[_OfViewer]:
    """A part a viewer: two hours of two hundred viewers do not stand in memory at once."""
    timeline = analysis.timeline
    for name, scores, strength in zip(timeline.viewers, timeline.scores, analysis.strength, strict=True):
        yield _OfViewer(name, analysis.room.seconds, scores, strength)


def _with_neutral(part: _OfViewer) -> Float:
    """(8 · S,) strengths in the order of the rows; neutral has none."""
    none = np.full((len(part.seconds), 1), np.nan)
    return np.concatenate([none, part.strength], axis=1).round(_FINE).ravel()


def _viewers(analysis: Analysis) -> Iterator[list[tuple[Any, ...]]]:
    rest, seen = analysis.rest, analysis.quality.seen_by_viewer
    yield list(zip(analysis.timeline.viewers, seen, rest.seconds, rest.marked, strict=True))


def _room(analysis: Analysis) -> Iterator[Room]:
    yield analysis.room


FEELINGS_OF_VIEWERS = Table(
    "feelings",
    "What each viewer's face showed in each second, and how far that goes beyond their own face at rest.",
    ("viewer", "second", "emotion"),
    _of_viewers,
    (
        Column(
            "viewer",
            "string",
            "Who.",
            lambda part: [part.viewer] * part.scores.size,
            refers_to=("viewers", "viewer"),
        ),
        Column(
            "second",
            "integer",
            "Film time at which the second starts, s.",
            lambda part: np.repeat(part.seconds, len(EMOTIONS)),
            refers_to=("seconds", "second"),
        ),
        Column(
            "emotion",
            "string",
            "Which emotion.",
            lambda part: EMOTIONS * len(part.seconds),
            one_of=EMOTIONS,
        ),
        Column(
            "probability",
            "number",
            "Mean share of annotators who would name the emotion; those of a second sum to 1.",
            lambda part: part.scores.astype(np.float64).round(_FINE).ravel(),
            _NOT_SEEN,
            SHARE,
        ),
        Column(
            "strength",
            "number",
            "Share of annotators who would name the feeling now, of those who would not at rest.",
            _with_neutral,
            f"{_NOT_SEEN}, or the emotion is neutral",
            SHARE,
        ),
    ),
)

VIEWERS = Table(
    "viewers",
    "The viewers, named by their camera, with a number where it shows several.",
    ("viewer",),
    _viewers,
    (
        Column("viewer", "string", "Who.", each(lambda r: r[0])),
        Column(
            "seen",
            "number",
            "Share of the seconds in which they were seen.",
            each(lambda r: r[1]),
            None,
            SHARE,
        ),
        Column(
            "rest_seconds",
            "integer",
            "From how many seconds their face at rest was measured; 0 if they were never seen.",
            each(lambda r: r[2]),
        ),
        Column("rest_marked", "boolean", "Whether those lie in the marked baseline.", each(lambda r: r[3])),
    ),
)

ROOM = Table(
    "room",
    "How strongly the room felt each feeling in each second.",
    ("second", "feeling"),
    _room,
    (
        Column(
            "second",
            "integer",
            "Film time at which the second starts, s.",
            lambda room: np.repeat(room.seconds, len(FEELINGS)),
            refers_to=("seconds", "second"),
        ),
        Column(
            "feeling", "string", "Which feeling.", lambda room: FEELINGS * len(room.seconds), one_of=FEELINGS
        ),
        Column(
            "strength",
            "number",
            "Mean strength over the viewers who were seen.",
            lambda room: room.strength.ravel(),
            NOBODY,
            SHARE,
        ),
        *ends(
            "strength",
            lambda room: room.strength_interval[0].ravel(),
            lambda room: room.strength_interval[1].ravel(),
        ),
    ),
)

SECONDS = Table(
    "seconds",
    "The room in each second, whatever it felt.",
    ("second",),
    _room,
    (
        Column("second", "integer", "Film time at which the second starts, s.", lambda room: room.seconds),
        Column("viewers", "integer", "How many viewers were seen.", lambda room: room.viewers),
        Column(
            "overall",
            "number",
            "Mean over the viewers of each one's strongest feeling.",
            lambda room: room.overall,
            NOBODY,
            SHARE,
        ),
        *ends("overall", lambda room: room.overall_interval[0], lambda room: room.overall_interval[1]),
        Column(
            "share",
            "number",
            f"Share of the viewers who react: a feeling of theirs has at least strength {REACTING:g}.",
            lambda room: room.share,
            NOBODY,
            SHARE,
        ),
        *ends("share", lambda room: room.share_interval[0], lambda room: room.share_interval[1], NOBODY),
        Column(
            "synchrony",
            "number",
            f"Leave-one-out inter-subject correlation in {SYNCHRONY_WINDOW} s around the second.",
            lambda room: room.synchrony,
            NO_SYNCHRONY,
            CORRELATION,
        ),
    ),
)
