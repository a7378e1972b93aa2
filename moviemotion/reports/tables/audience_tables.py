"""Tables of the emotions in each second, for each viewer and for the audience."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moviemotion.analysis.analyze import Analysis
from moviemotion.analysis.signals.audience_curve import MIN_VIEWERS, REACTION_THRESHOLD, AudienceCurve
from moviemotion.analysis.signals.synchrony import SYNCHRONY_WINDOW
from moviemotion.emotions import EMOTIONS, NON_NEUTRAL_EMOTIONS
from moviemotion.reports.tables.data_dictionary import (
    NOBODY_SEEN,
    SHARE_RANGE,
    Column,
    ColumnValues,
    Table,
    interval_columns,
    per_row,
)
from moviemotion.statistics import Float64Array

SYNCHRONY_UNDEFINED = "fewer than two viewers, or their curves do not vary"
CORRELATION_RANGE = (-1.0, 1.0)
_NOT_SEEN = "the viewer was not seen"
_DECIMALS = 4
"""Number of decimals in the largest table; more would only add noise and double the file size."""


@dataclass(frozen=True)
class _ViewerRows:
    """The rows of one viewer: (S,) seconds of film time, (S, 8) means, (S, 7) peaks and strengths."""

    viewer: str
    seconds: NDArray[np.int64]
    scores: NDArray[np.float32]
    peak: NDArray[np.float32]
    strength: Float64Array


def _viewer_rows(analysis: Analysis) -> Iterator[_ViewerRows]:
    """Yield the rows of one viewer at a time, so that the rows of all viewers are never in memory at once."""
    timeline = analysis.timeline
    for k, name in enumerate(timeline.viewers):
        yield _ViewerRows(
            name,
            analysis.audience_curve.seconds,
            timeline.probabilities[k],
            timeline.probabilities[k, :, 1:] if timeline.peak is None else timeline.peak[k],
            analysis.strength[k],
        )


def _with_neutral(values: NDArray[np.floating]) -> Float64Array:
    """(S, 7) → (8 · S,) values in the order of the rows; they are NaN for neutral."""
    none = np.full((len(values), 1), np.nan)
    return np.concatenate([none, values], axis=1).round(_DECIMALS).ravel()


def _viewer_summaries(analysis: Analysis) -> Iterator[list[tuple[Any, ...]]]:
    rest, seen = analysis.baseline, analysis.data_quality.seen_share_by_viewer
    facing = analysis.attention.viewer_shares
    yield list(zip(analysis.timeline.viewers, seen, rest.seconds, rest.from_marked_span, facing, strict=True))


def _whole_analysis(analysis: Analysis) -> Iterator[Analysis]:
    yield analysis


def _audience_curve(analysis: Analysis) -> Iterator[AudienceCurve]:
    yield analysis.audience_curve


VIEWER_EMOTIONS = Table(
    "viewer_emotions",
    "What each viewer's face showed in each second, and by how much this exceeds the viewer's baseline.",
    ("viewer", "second", "emotion"),
    _viewer_rows,
    (
        Column(
            "viewer",
            "string",
            "The viewer.",
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
            "The emotion.",
            lambda part: EMOTIONS * len(part.seconds),
            allowed_values=EMOTIONS,
        ),
        Column(
            "probability",
            "number",
            "Estimated fraction of annotators who would choose the emotion; sums to 1 over the emotions.",
            lambda part: part.scores.astype(np.float64).round(_DECIMALS).ravel(),
            _NOT_SEEN,
            SHARE_RANGE,
        ),
        Column(
            "peak",
            "number",
            "Largest mean of the probability over 0.6 s in the second, from which strength is computed; "
            "equals the probability if only means are known.",
            lambda part: _with_neutral(part.peak),
            f"{_NOT_SEEN}, or the emotion is neutral",
            SHARE_RANGE,
        ),
        Column(
            "strength",
            "number",
            "Strength of the emotion above the viewer's baseline.",
            lambda part: _with_neutral(part.strength),
            f"{_NOT_SEEN}, or the emotion is neutral",
            SHARE_RANGE,
        ),
    ),
)

VIEWERS = Table(
    "viewers",
    "The viewers, named after their camera, with a number if the camera shows several.",
    ("viewer",),
    _viewer_summaries,
    (
        Column("viewer", "string", "The viewer.", per_row(lambda r: r[0])),
        Column(
            "seen",
            "number",
            "Fraction of the seconds in which the viewer was seen.",
            per_row(lambda r: r[1]),
            None,
            SHARE_RANGE,
        ),
        Column(
            "rest_seconds",
            "integer",
            "Number of seconds from which the baseline was estimated; 0 for a viewer who was never seen.",
            per_row(lambda r: r[2]),
        ),
        Column(
            "rest_marked",
            "boolean",
            "Whether these seconds lie in the marked baseline stretch.",
            per_row(lambda r: r[3]),
        ),
        Column(
            "facing",
            "number",
            "Fraction of the seconds of the film in which the viewer faced the screen, where that is known.",
            per_row(lambda r: r[4]),
            "the direction of the head was not measured",
            SHARE_RANGE,
        ),
    ),
)

AUDIENCE_EMOTIONS = Table(
    "audience_emotions",
    "The audience's strength of each emotion in each second.",
    ("second", "emotion"),
    _audience_curve,
    (
        Column(
            "second",
            "integer",
            "Film time at which the second starts, s.",
            lambda curve: np.repeat(curve.seconds, len(NON_NEUTRAL_EMOTIONS)),
            foreign_key=("seconds", "second"),
        ),
        Column(
            "emotion",
            "string",
            "The emotion.",
            lambda curve: NON_NEUTRAL_EMOTIONS * len(curve.seconds),
            allowed_values=NON_NEUTRAL_EMOTIONS,
        ),
        Column(
            "viewers",
            "integer",
            "Number of viewers seen in the second.",
            lambda curve: np.repeat(curve.viewers, len(NON_NEUTRAL_EMOTIONS)),
        ),
        Column(
            "strength",
            "number",
            "Mean strength over the viewers who were seen.",
            lambda curve: curve.strength.ravel(),
            NOBODY_SEEN,
            SHARE_RANGE,
        ),
        *interval_columns(
            "strength",
            lambda curve: curve.strength_interval[0].ravel(),
            lambda curve: curve.strength_interval[1].ravel(),
        ),
    ),
)


def _affect_columns(name: str, meaning: str, value_range: tuple[float, float]) -> tuple[Column, ...]:
    """The mean of a quantity of `signals.affect` over viewers, and its interval."""

    def end(k: int) -> ColumnValues:
        return lambda analysis: getattr(analysis.affect, f"{name}_interval")[k]

    return (
        Column(
            name,
            "number",
            f"{meaning} Mean over viewers.",
            lambda analysis: getattr(analysis.affect, name),
            NOBODY_SEEN,
            value_range,
        ),
        *interval_columns(name, end(0), end(1), value_range=value_range),
    )


SECONDS = Table(
    "seconds",
    "The audience in each second, over all emotions.",
    ("second",),
    _whole_analysis,
    (
        Column(
            "second",
            "integer",
            "Film time at which the second starts, s.",
            lambda analysis: analysis.audience_curve.seconds,
        ),
        Column(
            "in_film",
            "boolean",
            "Whether the film was running; seconds before it, after it and in its credits are no evidence.",
            lambda analysis: analysis.in_film,
        ),
        Column(
            "viewers",
            "integer",
            "Number of viewers seen in the second.",
            lambda analysis: analysis.audience_curve.viewers,
        ),
        Column(
            "enough_viewers",
            "boolean",
            f"Whether at least {MIN_VIEWERS} viewers were seen; otherwise, the values describe only these "
            "viewers, and the audience's reaction is unknown.",
            lambda analysis: analysis.audience_curve.has_enough_viewers,
        ),
        Column(
            "overall",
            "number",
            "Strength of each viewer's strongest emotion, averaged over viewers.",
            lambda analysis: analysis.audience_curve.overall_strength,
            NOBODY_SEEN,
            SHARE_RANGE,
        ),
        *interval_columns(
            "overall",
            lambda analysis: analysis.audience_curve.overall_strength_interval[0],
            lambda analysis: analysis.audience_curve.overall_strength_interval[1],
        ),
        Column(
            "share",
            "number",
            f"Share of viewers who react: any emotion has a strength of at least {REACTION_THRESHOLD:g}.",
            lambda analysis: analysis.audience_curve.reacting_share,
            NOBODY_SEEN,
            SHARE_RANGE,
        ),
        *interval_columns(
            "share",
            lambda analysis: analysis.audience_curve.reacting_share_interval[0],
            lambda analysis: analysis.audience_curve.reacting_share_interval[1],
            NOBODY_SEEN,
        ),
        *_affect_columns(
            "expressiveness",
            "How far faces are from the same faces at rest, whatever they show.",
            SHARE_RANGE,
        ),
        *_affect_columns(
            "valence", "Strength of happy minus the strengths of the negative emotions.", CORRELATION_RANGE
        ),
        *_affect_columns(
            "arousal",
            "Strengths, weighted by the arousal of each emotion (Russell & Mehrabian, 1977).",
            CORRELATION_RANGE,
        ),
        Column(
            "synchrony",
            "number",
            f"Mean correlation of two viewers' curves (ISC) in {SYNCHRONY_WINDOW} s around the second.",
            lambda analysis: analysis.audience_curve.synchrony,
            SYNCHRONY_UNDEFINED,
            CORRELATION_RANGE,
        ),
    ),
)
