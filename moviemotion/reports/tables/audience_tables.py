"""The tables of what was felt in each second: by each viewer, and by the room."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moviemotion.analysis.analyze import Analysis
from moviemotion.analysis.signals.audience_curve import REACTION_THRESHOLD, AudienceCurve
from moviemotion.analysis.signals.synchrony import SYNCHRONY_WINDOW
from moviemotion.emotions import EMOTIONS, NON_NEUTRAL_EMOTIONS
from moviemotion.reports.tables.data_dictionary import (
    NOBODY_SEEN,
    SHARE_RANGE,
    Column,
    Table,
    interval_columns,
    per_row,
)
from moviemotion.statistics import Float64Array

SYNCHRONY_UNDEFINED = "fewer than two viewers, or nothing varied"
CORRELATION_RANGE = (-1.0, 1.0)
_NOT_SEEN = "the viewer was not seen"
_DECIMALS = 4
"""Decimals of the largest table's figures: finer would be noise, and files twice as large."""


@dataclass(frozen=True)
class _ViewerRows:
    """One viewer: (S,) film seconds, (S, 8) probabilities, (S, 7) strengths."""

    viewer: str
    seconds: NDArray[np.int64]
    scores: NDArray[np.float32]
    strength: Float64Array


def _viewer_rows(analysis: Analysis) -> Iterator[_ViewerRows]:
    """A part a viewer: two hours of two hundred viewers do not stand in memory at once."""
    timeline = analysis.timeline
    for name, scores, strength in zip(
        timeline.viewers, timeline.probabilities, analysis.strength, strict=True
    ):
        yield _ViewerRows(name, analysis.audience_curve.seconds, scores, strength)


def _strength_with_neutral(part: _ViewerRows) -> Float64Array:
    """(8 · S,) strengths in the order of the rows; neutral has none."""
    none = np.full((len(part.seconds), 1), np.nan)
    return np.concatenate([none, part.strength], axis=1).round(_DECIMALS).ravel()


def _viewer_summaries(analysis: Analysis) -> Iterator[list[tuple[Any, ...]]]:
    rest, seen = analysis.baseline, analysis.data_quality.seen_share_by_viewer
    yield list(zip(analysis.timeline.viewers, seen, rest.seconds, rest.from_marked_span, strict=True))


def _audience_curve(analysis: Analysis) -> Iterator[AudienceCurve]:
    yield analysis.audience_curve


VIEWER_EMOTIONS = Table(
    "feelings",
    "What each viewer's face showed in each second, and how far that goes beyond their own face at rest.",
    ("viewer", "second", "emotion"),
    _viewer_rows,
    (
        Column(
            "viewer",
            "string",
            "Who.",
            lambda part: [part.viewer] * part.scores.size,
            foreign_key=("viewers", "viewer"),
        ),
        Column(
            "second",
            "integer",
            "Film time at which the second starts, s.",
            lambda part: np.repeat(part.seconds, len(EMOTIONS)),
            foreign_key=("seconds", "second"),
        ),
        Column(
            "emotion",
            "string",
            "Which emotion.",
            lambda part: EMOTIONS * len(part.seconds),
            allowed_values=EMOTIONS,
        ),
        Column(
            "probability",
            "number",
            "Mean share of annotators who would name the emotion; those of a second sum to 1.",
            lambda part: part.scores.astype(np.float64).round(_DECIMALS).ravel(),
            _NOT_SEEN,
            SHARE_RANGE,
        ),
        Column(
            "strength",
            "number",
            "Share of annotators who would name the feeling now, of those who would not at rest.",
            _strength_with_neutral,
            f"{_NOT_SEEN}, or the emotion is neutral",
            SHARE_RANGE,
        ),
    ),
)

VIEWERS = Table(
    "viewers",
    "The viewers, named by their camera, with a number where it shows several.",
    ("viewer",),
    _viewer_summaries,
    (
        Column("viewer", "string", "Who.", per_row(lambda r: r[0])),
        Column(
            "seen",
            "number",
            "Share of the seconds in which they were seen.",
            per_row(lambda r: r[1]),
            None,
            SHARE_RANGE,
        ),
        Column(
            "rest_seconds",
            "integer",
            "From how many seconds their face at rest was measured; 0 if they were never seen.",
            per_row(lambda r: r[2]),
        ),
        Column(
            "rest_marked", "boolean", "Whether those lie in the marked baseline.", per_row(lambda r: r[3])
        ),
    ),
)

AUDIENCE_EMOTIONS = Table(
    "room",
    "How strongly the room felt each feeling in each second.",
    ("second", "feeling"),
    _audience_curve,
    (
        Column(
            "second",
            "integer",
            "Film time at which the second starts, s.",
            lambda room: np.repeat(room.seconds, len(NON_NEUTRAL_EMOTIONS)),
            foreign_key=("seconds", "second"),
        ),
        Column(
            "feeling",
            "string",
            "Which feeling.",
            lambda room: NON_NEUTRAL_EMOTIONS * len(room.seconds),
            allowed_values=NON_NEUTRAL_EMOTIONS,
        ),
        Column(
            "strength",
            "number",
            "Mean strength over the viewers who were seen.",
            lambda room: room.strength.ravel(),
            NOBODY_SEEN,
            SHARE_RANGE,
        ),
        *interval_columns(
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
    _audience_curve,
    (
        Column("second", "integer", "Film time at which the second starts, s.", lambda room: room.seconds),
        Column("viewers", "integer", "How many viewers were seen.", lambda room: room.viewers),
        Column(
            "overall",
            "number",
            "Mean over the viewers of each one's strongest feeling.",
            lambda room: room.overall_strength,
            NOBODY_SEEN,
            SHARE_RANGE,
        ),
        *interval_columns(
            "overall",
            lambda room: room.overall_strength_interval[0],
            lambda room: room.overall_strength_interval[1],
        ),
        Column(
            "share",
            "number",
            f"Share of the viewers who react: a feeling of theirs has at least strength {REACTION_THRESHOLD:g}.",
            lambda room: room.reacting_share,
            NOBODY_SEEN,
            SHARE_RANGE,
        ),
        *interval_columns(
            "share",
            lambda room: room.reacting_share_interval[0],
            lambda room: room.reacting_share_interval[1],
            NOBODY_SEEN,
        ),
        Column(
            "synchrony",
            "number",
            f"Leave-one-out inter-subject correlation in {SYNCHRONY_WINDOW} s around the second.",
            lambda room: room.synchrony,
            SYNCHRONY_UNDEFINED,
            CORRELATION_RANGE,
        ),
    ),
)
