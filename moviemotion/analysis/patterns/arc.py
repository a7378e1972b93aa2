"""The emotional arc of a film and of its acts, and the classic shape that fits it best.

Valence is defined in `signals.affect`. Reagan et al. (2016, EPJ Data Science 5:31) found that six shapes
are the most common in stories: the first three modes and their negatives. These are approximately cosines
over half a period, one period and one and a half periods, and such cosines are used here.

Three questions are answered separately. A p-value, obtained by flipping the signs of viewers at random, tests
whether viewers share an arc at all. The correlation with its jackknife interval measures how well the
shape fits the arc. A bootstrap over viewers shows whether another audience would yield the same shape.

An arc that viewers share is not necessarily caused by the film. Faces tire, so a steady fall in particular
may only reflect the length of the film.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from moviemotion.analysis.patterns.acts import Act
from moviemotion.analysis.signals.affect import compute_valence
from moviemotion.statistics import Float64Array, holm_adjusted, student_t_quantile

N_SEGMENTS = 24
"""Number of equal segments over which a curve is averaged; an arc is formed by entire scenes rather than by
single seconds."""
MIN_VIEWERS = 6
"""Smallest number of viewers; with five, even an arc that all of them share has p = 2 / 2⁵ = 0.06."""
MIN_SECONDS = 60
N_RESAMPLES = 1000
ALPHA = 0.05
MIN_AGREEMENT = 0.95
"""Fraction of resampled audiences that must yield the same shape for it to be reported as clear."""
MIN_FIT = 0.5
"""Smallest correlation for a shape to be reported as clear; it then explains a quarter of the variance."""


class ArcShape(StrEnum):
    """The six classic arcs (Reagan et al., 2016)."""

    RISE = "rise"
    FALL = "fall"
    FALL_RISE = "fall, then rise"
    RISE_FALL = "rise, then fall"
    RISE_FALL_RISE = "rise, fall, rise"
    FALL_RISE_FALL = "fall, rise, fall"


SHAPE_NAMES = {
    ArcShape.RISE: "rags to riches",
    ArcShape.FALL: "riches to rags",
    ArcShape.FALL_RISE: "man in a hole",
    ArcShape.RISE_FALL: "Icarus",
    ArcShape.RISE_FALL_RISE: "Cinderella",
    ArcShape.FALL_RISE_FALL: "Oedipus",
}
_OPPOSITE_SHAPES = (
    (ArcShape.FALL, ArcShape.RISE),
    (ArcShape.FALL_RISE, ArcShape.RISE_FALL),
    (ArcShape.FALL_RISE_FALL, ArcShape.RISE_FALL_RISE),
)
"""Shape of each cosine, and of its negative."""


@dataclass(frozen=True)
class EmotionalArc:
    """The audience's valence over the film or an act.

    Attributes:
        name: name of the film or act.
        start, end: seconds of film time.
        curve: (`N_SEGMENTS`,) mean valence of the audience in segments of equal length, −1…1; NaN where no
            viewer was seen.
        curve_interval: (2, `N_SEGMENTS`) 95 % interval of `curve` over viewers (percentile bootstrap).
        shape: the closest classic shape; None if too little was seen.
        fit: correlation of the curve with that shape.
        fit_interval: 95 % interval of `fit` over viewers (delete-one jackknife of Fisher's z; a bootstrap
            would be biased, since resampled curves are noisier and fit every shape less well).
        bootstrap_agreement: fraction of the resampled audiences with the same closest shape, 0–1.
        next_shape: the most frequent other shape among the resampled audiences; None if all yield `shape`.
        p_adjusted: p-value of the arc from random sign flips of viewers, adjusted for the film and its acts
            (Holm, 1979).
        viewers: number of viewers who were seen in at least half of the stretch.
    """

    name: str
    start: float
    end: float
    curve: Float64Array
    curve_interval: Float64Array
    shape: ArcShape | None
    fit: float
    fit_interval: tuple[float, float]
    bootstrap_agreement: float
    next_shape: ArcShape | None
    p_adjusted: float
    viewers: int

    @property
    def is_clear(self) -> bool:
        """Whether the shape is significant, fits well, and is found in nearly every resampled audience."""
        return self.p_adjusted <= ALPHA and self.bootstrap_agreement >= MIN_AGREEMENT and self.fit >= MIN_FIT


def find_arcs(
    strength: Float64Array, first_second: int, acts: Sequence[Act], seed: int
) -> tuple[EmotionalArc, ...]:
    """Find the arc of the entire film, then of each act.

    Args:
        strength: (V, S, 7) each viewer's strengths, NaN where not seen.
        first_second: film second of the first column.
        acts: the acts, in order.
        seed: random seed for the resampling and the sign flips.
    """
    valence = compute_valence(strength)
    stretches = [("the film", float(first_second), float(first_second + valence.shape[1]))]
    stretches += [(act.name, act.start, act.end) for act in acts]
    rng = np.random.default_rng(seed)
    arcs = [_find_arc(valence, first_second, *stretch, rng) for stretch in stretches]
    adjusted = holm_adjusted([arc.p_adjusted for arc in arcs]).tolist()
    return tuple(replace(arc, p_adjusted=p) for arc, p in zip(arcs, adjusted, strict=True))


def shape_correlations(curve: Float64Array) -> dict[ArcShape, float]:
    """Compute the correlation of a (P,) curve with three of the shapes.

    The other three shapes are their negatives, so their correlations have the opposite sign.
    """
    return {
        pair[0]: float(fit)
        for pair, fit in zip(_OPPOSITE_SHAPES, _shape_correlations(curve[None])[0], strict=True)
    }


def _find_arc(
    valence: Float64Array, first: int, name: str, start: float, end: float, rng: np.random.Generator
) -> EmotionalArc:
    columns = slice(max(0, round(start) - first), max(0, round(end) - first))
    seconds = valence[:, columns]
    seen_enough = (
        (~np.isnan(seconds)).mean(axis=1) >= 0.5 if seconds.size else np.zeros(len(valence), dtype=bool)
    )
    viewers = int(seen_enough.sum())
    segments = segment_means(seconds[seen_enough])
    nan = float("nan")
    if viewers < MIN_VIEWERS or seconds.shape[1] < MIN_SECONDS:
        unknown = np.full((2, segments.shape[1]), np.nan)
        curve = _audience_means(segments, np.ones((1, viewers)))[0]
        return EmotionalArc(name, start, end, curve, unknown, None, nan, (nan, nan), nan, None, nan, viewers)
    drawn = rng.multinomial(viewers, np.full(viewers, 1 / viewers), size=N_RESAMPLES)
    curves = _audience_means(segments, np.vstack([np.ones(viewers), drawn]))
    fits = _shape_correlations(curves)
    closest = np.abs(fits).argmax(axis=1)
    signed = 2 * closest + (fits[np.arange(len(fits)), closest] < 0)
    shapes = [_OPPOSITE_SHAPES[k // 2][k % 2] for k in signed.tolist()]
    others = [shape for shape in shapes[1:] if shape is not shapes[0]]
    fit = float(np.abs(fits[0]).max())
    leave_one_out = _shape_correlations(_audience_means(segments, 1 - np.eye(viewers)))[:, closest[0]]
    return EmotionalArc(
        name=name,
        start=start,
        end=end,
        curve=curves[0],
        curve_interval=np.percentile(curves[1:], [2.5, 97.5], axis=0),
        shape=shapes[0],
        fit=fit,
        fit_interval=_jackknife_interval(fit, np.abs(leave_one_out)),
        bootstrap_agreement=1 - len(others) / N_RESAMPLES,
        next_shape=max(set(others), key=others.count) if others else None,
        p_adjusted=_arc_p_value(segments, rng),
        viewers=viewers,
    )


def _jackknife_interval(fit: float, leave_one_out: Float64Array) -> tuple[float, float]:
    """Compute the 95 % interval of a correlation from the leave-one-viewer-out correlations."""
    n, z = len(leave_one_out), np.arctanh(np.clip([fit, *leave_one_out], -1 + 1e-9, 1 - 1e-9))
    half = student_t_quantile(n - 1) * np.sqrt((n - 1) * np.var(z[1:]))
    low, high = np.tanh([z[0] - half, z[0] + half])
    return float(low), float(high)


def segment_means(seconds: Float64Array) -> Float64Array:
    """(V, S) → (V, P) mean of the seen seconds in each segment; NaN where the viewer was not seen."""
    length = seconds.shape[1]
    segment = np.arange(length) * N_SEGMENTS // max(length, 1)
    member = (segment[:, None] == np.arange(N_SEGMENTS)).astype(float)
    seen = ~np.isnan(seconds)
    with np.errstate(invalid="ignore"):
        return np.asarray((np.where(seen, seconds, 0) @ member) / (seen @ member))


def _audience_means(segments: Float64Array, weights: Float64Array) -> Float64Array:
    """(V, P) curves and (R, V) weights → (R, P) weighted means over the viewers who were seen."""
    seen = ~np.isnan(segments)
    with np.errstate(invalid="ignore"):
        return np.asarray((weights @ np.where(seen, segments, 0)) / (weights @ seen))


def _cosines(length: int) -> Float64Array:
    """(P, 3) cosines over a half, one, and one and a half periods, each with mean 0 and norm 1."""
    time = (np.arange(length) + 0.5) / length
    waves = np.cos(np.pi * time[:, None] * np.array([1, 2, 3]))
    return np.asarray(waves / np.linalg.norm(waves, axis=0))


def _shape_correlations(curves: Float64Array) -> Float64Array:
    """(R, P) → (R, 3) correlation of each curve with each cosine, over the segments known in all curves."""
    known = ~np.isnan(curves).any(axis=0)
    x, waves = curves[:, known], _cosines(curves.shape[1])[known]
    x, waves = x - x.mean(axis=1, keepdims=True), waves - waves.mean(axis=0)
    norm = np.linalg.norm(x, axis=1, keepdims=True) * np.linalg.norm(waves, axis=0)
    return np.asarray((x @ waves) / np.maximum(norm, 1e-12))


def _arc_p_value(segments: Float64Array, rng: np.random.Generator) -> float:
    """Compute the p-value of the arc from audiences in which the signs of viewers are flipped at random.

    If viewers share no arc, each viewer's slow course is as likely to go one way as the other, however strong
    it is. Shifting viewers in time would not preserve a personal drift over the film. The statistic is the
    largest projection of the audience's curve onto any of the cosines, which accounts for testing six shapes.
    A projection is used rather than a correlation because flipped audiences have flat curves, and a flat,
    noisy curve can correlate with any shape.
    """
    seen = ~np.isnan(segments)
    mean = np.where(seen, segments, 0).sum(axis=1, keepdims=True) / seen.sum(axis=1, keepdims=True)
    deviation = np.where(seen, segments - mean, 0)
    projections = deviation @ _cosines(segments.shape[1])
    signs = rng.integers(0, 2, (N_RESAMPLES, len(segments))) * 2 - 1
    null = np.abs(signs @ projections).max(axis=1)
    # Flipping all viewers yields the same arc upside down, which must count as equal despite rounding.
    observed = np.abs(projections.sum(axis=0)).max() * (1 - 1e-12)
    return float((1 + (null >= observed).sum()) / (1 + N_RESAMPLES))
