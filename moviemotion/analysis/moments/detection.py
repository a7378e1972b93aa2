"""Moments: stretches in which the room felt something together, each with its evidence.

The null: viewers feel what they feel, but not together. Each viewer's whole timeline is shifted in a
circle by a random number of seconds, which keeps their own rhythm and breaks the tie to the film and
to the others. A second is evidence where the room's standardised sum is larger than in the shifted
rooms, corrected for all seconds and feelings that were looked at.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isnan

import numpy as np
from numpy.typing import ArrayLike, NDArray

from moviemotion.analysis.moments.null_model import ViewerDeviations, adjusted_p_values
from moviemotion.analysis.signals.audience_curve import REACTION_THRESHOLD, AudienceCurve
from moviemotion.analysis.signals.synchrony import JackknifeEstimate, synchrony_at
from moviemotion.emotions import NON_NEUTRAL_EMOTIONS, Emotion
from moviemotion.statistics import Float64Array, student_t_quantile, wilson_interval

ALPHA = 0.05
N_SHIFTS = 1000
MIN_VIEWERS = 5
MIN_SECONDS = 60
SMOOTHING_SECONDS = 3
"""Seconds over which each viewer's curve is averaged: people react at different speeds."""
EXTENT_SHARE_OF_PEAK = 0.5
"""A moment reaches as far as the room stays above this share of its peak."""


@dataclass(frozen=True)
class Moment:
    """A stretch of film time in which the room moved together, more than chance explains.

    Attributes:
        start, end: seconds of film time, end exclusive.
        peak: second of the strongest shared feeling.
        emotion: the dominant feeling (never neutral).
        strength: mean departure of that emotion from the viewers' own resting face at the peak, 0–1.
        strength_interval: its 95 % interval over viewers.
        share: share of the viewers seen in the moment who reacted with that feeling in it, 0–1.
        share_interval: its 95 % Wilson interval.
        synchrony: inter-subject correlation in the window around the peak; NaN if undefined.
        synchrony_interval: its 95 % interval over viewers.
        viewers: how many viewers were seen in the moment.
        p_adjusted: p-value from the circular-shift null, adjusted for all seconds and feelings.
        resonance_interval: the 95 % interval of `resonance` over viewers (jackknife); NaNs where unknown.
    """

    start: float
    end: float
    peak: float
    emotion: Emotion
    strength: float
    strength_interval: tuple[float, float]
    reacting_share: float
    reacting_share_interval: tuple[float, float]
    synchrony: float
    synchrony_interval: tuple[float, float]
    viewers: int
    p_adjusted: float
    resonance_interval: tuple[float, float] = (float("nan"), float("nan"))

    @property
    def resonance(self) -> float:
        """How much the moment resonated, 0–1: the cube root of strength × share × synchrony.

        The geometric mean of how deeply, how widely and how much in step the room felt: as with any
        geometric mean, none of the three makes up for the lack of another. Synchrony below 0 counts as 0.
        NaN where one of them is unknown.
        """
        return float(_resonance(self.strength, self.reacting_share, self.synchrony))


@dataclass(frozen=True)
class MomentSearchResult:
    """The outcome of a search for moments.

    Attributes:
        moments: those with `p_adjusted` ≤ `alpha`, in order of time.
        conclusion: one plain sentence for people: what was found, or why nothing can be concluded.
        conclusive: false where there were too few viewers or seconds to conclude anything.
        shifts: random circular shifts behind the p-values (0 where none were made).
        alpha: the level of the test.
        seed: seed of the shifts.
    """

    moments: tuple[Moment, ...]
    conclusion: str
    conclusive: bool
    shifts: int
    alpha: float
    seed: int


def indices_by_resonance(moments: Sequence[Moment]) -> tuple[int, ...]:
    """Indices of the moments from the most resonant to the least; those of unknown resonance come last."""
    return tuple(
        sorted(range(len(moments)), key=lambda k: (isnan(moments[k].resonance), -moments[k].resonance))
    )


def resonance_ranks(moments: Sequence[Moment]) -> tuple[int, ...]:
    """The rank of each moment by resonance, from 1."""
    order = indices_by_resonance(moments)
    return tuple(order.index(k) + 1 for k in range(len(order)))


def find_moments(strength: Float64Array, audience_curve: AudienceCurve, seed: int) -> MomentSearchResult:
    """Search a screening for moments.

    Control is family-wise: the chance of one or more false moments in a screening is at most
    `ALPHA`, which also bounds the false-discovery rate. For each feeling the largest second of each
    shifted room is kept; p-values are compared across feelings by the smallest p of each shifted
    room (Westfall & Young, 1993, single-step minP).

    Args:
        strength: (V, S, 7) of every viewer, NaN where not seen.
        room: the same viewers joined.
        seed: of the random shifts.
    """
    viewers, seconds = strength.shape[0], strength.shape[1]
    lacking = _insufficient_data(viewers, seconds)
    if lacking:
        return MomentSearchResult((), f"{lacking} Nothing can be concluded.", False, 0, ALPHA, seed)
    departures = ViewerDeviations.from_curves(_smooth(strength))
    null = departures.null_maxima(N_SHIFTS, np.random.default_rng(seed))
    p = adjusted_p_values(departures.standardized_sum(), null)
    found = [
        _Candidate(feeling, *stretch, float(audience_curve.strength[stretch[2], feeling]))
        for feeling in range(len(NON_NEUTRAL_EMOTIONS))
        for stretch in _candidate_spans(audience_curve.strength[:, feeling], p[:, feeling])
    ]
    kept = _drop_overlapping(found)
    in_step = [synchrony_at(strength, one.peak) for one in kept]
    spread = np.nanmean([one.variance for one in in_step]) if in_step else 0.0
    moments = tuple(
        _build_moment(
            strength, audience_curve, one, float(p[one.peak, one.emotion_column]), own, float(spread)
        )
        for one, own in zip(kept, in_step, strict=True)
    )
    if moments:
        number = "1 moment stands" if len(moments) == 1 else f"{len(moments)} moments stand"
        conclusion = (
            f"{number} out: the room moved together more than chance explains. Where nothing is shared, "
            f"this search finds a false moment in at most {ALPHA * 100:.0f} % of screenings."
        )
    else:
        conclusion = (
            "No moment stands out from what these viewers would have shown without the film; "
            "that does not prove that there was none."
        )
    return MomentSearchResult(moments, conclusion, True, N_SHIFTS, ALPHA, seed)


def _insufficient_data(viewers: int, seconds: int) -> str:
    if viewers < MIN_VIEWERS:
        were = "1 viewer was" if viewers == 1 else f"{viewers} viewers were"
        return f"Only {were} seen; moments need at least {MIN_VIEWERS}."
    if seconds < MIN_SECONDS:
        return f"Only {seconds} seconds were seen; moments need at least {MIN_SECONDS}."
    return ""


def _smooth(strength: Float64Array) -> Float64Array:
    """Running mean over `SMOOTHING` seconds of what was seen; NaN stays where nothing was."""
    seen = ~np.isnan(strength)
    half = SMOOTHING_SECONDS // 2
    edge = ((0, 0), (half, half), (0, 0))
    filled, count = np.pad(np.where(seen, strength, 0), edge), np.pad(seen.astype(float), edge)
    spans = [slice(k, k + strength.shape[1]) for k in range(SMOOTHING_SECONDS)]
    total = np.sum([filled[:, span] for span in spans], axis=0)
    n = np.sum([count[:, span] for span in spans], axis=0)
    return np.where(seen, total / np.maximum(n, 1), np.nan)


@dataclass(frozen=True)
class _Candidate:
    """A stretch of one feeling: columns of start, stop (exclusive) and peak, and the strength there."""

    emotion_column: int
    start: int
    stop: int
    peak: int
    strength: float


def _candidate_spans(curve: Float64Array, p: Float64Array) -> list[tuple[int, int, int]]:
    """Start, stop (exclusive) and peak columns of each stretch of one feeling around evidence."""
    found: list[tuple[int, int, int]] = []
    evidence = p <= ALPHA
    left = evidence.copy()
    while left.any():
        peak = int(np.argmax(np.where(left, curve, -1)))
        level = EXTENT_SHARE_OF_PEAK * curve[peak]
        start = stop = peak
        while start > 0 and curve[start - 1] >= level:
            start -= 1
        while stop < len(curve) and curve[stop] >= level:
            stop += 1
        left[start:stop] = False
        if not any(start < b and a < stop for a, b, _ in found):
            found.append((start, stop, peak))
    return found


def _build_moment(
    strength: Float64Array,
    room: AudienceCurve,
    found: _Candidate,
    p: float,
    in_step: JackknifeEstimate,
    least_variance: float,
) -> Moment:
    during = strength[:, found.start : found.stop, found.emotion_column]
    at_peak = strength[:, found.peak, found.emotion_column]
    seen = np.asarray((~np.isnan(during)).any(axis=1))
    reacted = np.asarray((np.nan_to_num(during) >= REACTION_THRESHOLD).any(axis=1))
    low, high = wilson_interval(reacted.sum(), seen.sum())
    low_strength, high_strength = room.strength_interval[:, found.peak, found.emotion_column]
    first = int(room.seconds[0])
    return Moment(
        start=float(first + found.start),
        end=float(first + found.stop),
        peak=float(first + found.peak),
        emotion=NON_NEUTRAL_EMOTIONS[found.emotion_column],
        strength=found.strength,
        strength_interval=(float(low_strength), float(high_strength)),
        reacting_share=float(reacted.sum() / seen.sum()),
        reacting_share_interval=(float(low), float(high)),
        synchrony=in_step.value,
        synchrony_interval=in_step.interval(least_variance),
        viewers=int(seen.sum()),
        p_adjusted=p,
        resonance_interval=_resonance_interval(at_peak, seen, reacted, in_step),
    )


def _resonance(strength: ArrayLike, share: ArrayLike, synchrony: ArrayLike) -> Float64Array:
    return np.cbrt(np.multiply(strength, share) * np.maximum(synchrony, 0.0))


def _resonance_interval(
    at_peak: Float64Array, seen: NDArray[np.bool_], reacted: NDArray[np.bool_], in_step: JackknifeEstimate
) -> tuple[float, float]:
    """Leaving out the same viewers as `in_step` did, one group at a time.

    Args:
        at_peak: (V,) strength at the peak; NaN where not seen.
        seen, reacted: (V,) in the moment.
    """
    kept = (~in_step.excluded).astype(float)
    groups = len(kept)
    if groups < 3:
        return float("nan"), float("nan")
    strength = kept @ np.nan_to_num(at_peak) / (kept @ ~np.isnan(at_peak))
    without = _resonance(strength, kept @ reacted / (kept @ seen), in_step.leave_one_out)
    share = reacted.sum() / seen.sum()
    middle = _resonance(np.nanmean(at_peak), share, in_step.value)
    half = student_t_quantile(groups - 1) * np.sqrt((groups - 1) * np.var(without))
    low, high = np.clip([middle - half, middle + half], 0, 1)
    return float(low), float(high)


def _drop_overlapping(found: list[_Candidate]) -> list[_Candidate]:
    """Drop the weaker of two moments where one's peak lies in the other: it is told with it."""
    kept: list[_Candidate] = []
    for one in sorted(found, key=lambda f: -f.strength):
        if not any(k.start <= one.peak < k.stop or one.start <= k.peak < one.stop for k in kept):
            kept.append(one)
    return sorted(kept, key=lambda f: f.start)
