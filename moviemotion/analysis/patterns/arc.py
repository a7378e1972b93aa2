"""The emotional arc of a film and of its acts, and the classic shape that it is nearest to.

Valence is what is good less what is bad: the strength of happy minus those of sad, anger, fear, disgust and
contempt; surprise may be either and is left out. Reagan et al. (2016, EPJ Data Science 5:31) found six
shapes to be the ones that stories most often have. Their first three modes and the opposites are, but for
details, half, whole and one and a half turns of a cosine; so they are drawn here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from moviemotion.analysis.patterns.acts import Act
from moviemotion.emotions import NON_NEUTRAL_EMOTIONS, Emotion
from moviemotion.statistics import Float64Array, holm_adjusted, student_t_quantile

POSITIVE_EMOTIONS = (Emotion.HAPPY,)
NEGATIVE_EMOTIONS = (Emotion.SAD, Emotion.ANGER, Emotion.FEAR, Emotion.DISGUST, Emotion.CONTEMPT)
N_SEGMENTS = 24
"""A stretch is read in so many parts of equal length: a shape is a matter of whole scenes."""
MIN_VIEWERS = 5
MIN_SECONDS = 60
N_RESAMPLES = 1000
ALPHA = 0.05
MIN_AGREEMENT = 0.95
"""Share of resampled audiences that must give the same shape for it to be told."""
MIN_FIT = 0.5
"""Correlation with the shape that a curve must have for it to be told: a quarter of its variance."""


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
"""Of each cosine, and of its opposite."""


@dataclass(frozen=True)
class EmotionalArc:
    """The room's valence over the film or over an act.

    Attributes:
        name: of the stretch.
        start, end: seconds of film time.
        curve: (`PARTS`,) the room's mean valence in parts of equal length, −1…1; NaN where nobody was seen.
        curve_interval: (2, `PARTS`) its 95 % interval over viewers (bootstrap).
        shape: the nearest classic shape; None where too little was seen.
        fit: correlation of the curve with that shape; `fit_interval` its 95 % interval over viewers
            (delete-one jackknife of Fisher's z: in a bootstrap's noisier curves every fit is worse).
        same: share of the resampled audiences whose nearest shape is the same, 0–1.
        next_shape: the one that most of the others gave; None where all gave the same.
        p_adjusted: how often viewers shifted in time come as near to any shape, adjusted over the film and
            its acts (Holm, 1979).
        viewers: how many viewers were seen in at least half of the stretch.
    """

    name: str
    start: float
    end: float
    curve: Float64Array
    curve_interval: Float64Array
    shape: ArcShape | None
    fit: float
    fit_interval: tuple[float, float]
    same: float
    next_shape: ArcShape | None
    p_adjusted: float
    viewers: int

    @property
    def is_clear(self) -> bool:
        """Whether the shape is more than chance, near, and the same with nearly every audience."""
        return self.p_adjusted <= ALPHA and self.same >= MIN_AGREEMENT and self.fit >= MIN_FIT


def compute_valence(strength: Float64Array) -> Float64Array:
    """(V, S, 7) strengths → (V, S) what is good less what is bad, −1…1; NaN where not seen."""
    good = strength[:, :, [NON_NEUTRAL_EMOTIONS.index(e) for e in POSITIVE_EMOTIONS]].sum(axis=2)
    bad = strength[:, :, [NON_NEUTRAL_EMOTIONS.index(e) for e in NEGATIVE_EMOTIONS]].sum(axis=2)
    return np.asarray(np.clip(good - bad, -1, 1))


def find_arcs(
    strength: Float64Array, first_second: int, acts: Sequence[Act], seed: int
) -> tuple[EmotionalArc, ...]:
    """The arc of the whole film, then of each act.

    Args:
        strength: (V, S, 7) of every viewer, NaN where not seen.
        first: film second of the first column.
        acts: in order.
        seed: of the resampling and of the shifts.
    """
    valence = compute_valence(strength)
    stretches = [("the film", float(first_second), float(first_second + valence.shape[1]))]
    stretches += [(act.name, act.start, act.end) for act in acts]
    rng = np.random.default_rng(seed)
    arcs = [_find_arc(valence, first_second, *stretch, rng) for stretch in stretches]
    adjusted = holm_adjusted([arc.p_adjusted for arc in arcs]).tolist()
    return tuple(replace(arc, p_adjusted=p) for arc, p in zip(arcs, adjusted, strict=True))


def shape_correlations(curve: Float64Array) -> dict[ArcShape, float]:
    """Correlation of a (P,) curve with the shapes that begin each pair of opposites; their opposites have the
    negative of it.
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
    enough = (~np.isnan(seconds)).mean(axis=1) >= 0.5 if seconds.size else np.zeros(len(valence), dtype=bool)
    viewers = int(enough.sum())
    parts = _segment_means(seconds[enough])
    nan = float("nan")
    if viewers < MIN_VIEWERS or seconds.shape[1] < MIN_SECONDS:
        unknown = np.full((2, parts.shape[1]), np.nan)
        curve = _audience_means(parts, np.ones((1, viewers)))[0]
        return EmotionalArc(name, start, end, curve, unknown, None, nan, (nan, nan), nan, None, nan, viewers)
    drawn = rng.multinomial(viewers, np.full(viewers, 1 / viewers), size=N_RESAMPLES)
    curves = _audience_means(parts, np.vstack([np.ones(viewers), drawn]))
    fits = _shape_correlations(curves)
    nearest = np.abs(fits).argmax(axis=1)
    signed = 2 * nearest + (fits[np.arange(len(fits)), nearest] < 0)
    shapes = [_OPPOSITE_SHAPES[k // 2][k % 2] for k in signed.tolist()]
    others = [shape for shape in shapes[1:] if shape is not shapes[0]]
    fit = float(np.abs(fits[0]).max())
    without = _shape_correlations(_audience_means(parts, 1 - np.eye(viewers)))[:, nearest[0]]
    return EmotionalArc(
        name=name,
        start=start,
        end=end,
        curve=curves[0],
        curve_interval=np.percentile(curves[1:], [2.5, 97.5], axis=0),
        shape=shapes[0],
        fit=fit,
        fit_interval=_jackknife_interval(fit, np.abs(without)),
        same=1 - len(others) / N_RESAMPLES,
        next_shape=max(set(others), key=others.count) if others else None,
        p_adjusted=_arc_p_value(parts, rng),
        viewers=viewers,
    )


def _jackknife_interval(fit: float, without: Float64Array) -> tuple[float, float]:
    """95 % interval of a correlation from those without each viewer."""
    n, z = len(without), np.arctanh(np.clip([fit, *without], -1 + 1e-9, 1 - 1e-9))
    half = student_t_quantile(n - 1) * np.sqrt((n - 1) * np.var(z[1:]))
    low, high = np.tanh([z[0] - half, z[0] + half])
    return float(low), float(high)


def _segment_means(seconds: Float64Array) -> Float64Array:
    """(V, S) → (V, P) the mean of what was seen in each part."""
    length = seconds.shape[1]
    part = np.arange(length) * N_SEGMENTS // max(length, 1)
    member = (part[:, None] == np.arange(N_SEGMENTS)).astype(float)
    seen = ~np.isnan(seconds)
    with np.errstate(invalid="ignore"):
        return np.asarray((np.where(seen, seconds, 0) @ member) / (seen @ member))


def _audience_means(parts: Float64Array, weights: Float64Array) -> Float64Array:
    """(V, P) curves and (R, V) weights → (R, P) the rooms' means of those seen."""
    seen = ~np.isnan(parts)
    with np.errstate(invalid="ignore"):
        return np.asarray((weights @ np.where(seen, parts, 0)) / (weights @ seen))


def _cosines(length: int) -> Float64Array:
    """(P, 3) half, one and one and a half turns; each with mean 0 and length 1."""
    time = (np.arange(length) + 0.5) / length
    waves = np.cos(np.pi * time[:, None] * np.array([1, 2, 3]))
    return np.asarray(waves / np.linalg.norm(waves, axis=0))


def _shape_correlations(curves: Float64Array) -> Float64Array:
    """(R, P) → (R, 3) correlation of each curve with each cosine, over the parts in which all are known."""
    known = ~np.isnan(curves).any(axis=0)
    x, waves = curves[:, known], _cosines(curves.shape[1])[known]
    x, waves = x - x.mean(axis=1, keepdims=True), waves - waves.mean(axis=0)
    norm = np.linalg.norm(x, axis=1, keepdims=True) * np.linalg.norm(waves, axis=0)
    return np.asarray((x @ waves) / np.maximum(norm, 1e-12))


def _arc_p_value(parts: Float64Array, rng: np.random.Generator) -> float:
    """How often viewers, each shifted in a circle by a random amount, have as large an arc together."""
    seen = ~np.isnan(parts)
    mean = np.where(seen, parts, 0).sum(axis=1, keepdims=True) / seen.sum(axis=1, keepdims=True)
    departure = np.where(seen, parts - mean, 0)
    viewers, length = parts.shape
    waves = _cosines(length)
    # Of every viewer and shift, what it adds to the room's projection on each cosine.
    shifted = np.stack([np.roll(departure, by, axis=1) @ waves for by in range(length)], axis=1)
    draws = rng.integers(0, length, (N_RESAMPLES, viewers))
    null = np.abs(shifted[np.arange(viewers), draws].sum(axis=1)).max(axis=1)
    observed = np.abs(shifted[:, 0].sum(axis=0)).max()
    return float((1 + (null >= observed).sum()) / (1 + N_RESAMPLES))
