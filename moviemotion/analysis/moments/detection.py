"""Moments: stretches in which the audience reacted together, each with its evidence.

The null hypothesis is that viewers react, but not together. It is simulated by shifting each viewer's
entire timeline circularly by a random number of seconds. This preserves how often, how long and how strongly
each viewer reacts, which shuffling single seconds would destroy, and breaks only the link to the film and to
the other viewers. A second counts as evidence if the audience's standardized sum is larger than in the
shifted audiences, after correction for all seconds and emotions tested (see `null_model`).

Around each second with evidence, a moment extends as far as the audience curve stays above half of its peak.
Strength, reacting share, synchrony and resonance describe the moment; only the p-value decides whether it is
reported.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isnan

import numpy as np
from numpy.typing import ArrayLike, NDArray

from moviemotion.analysis.moments.null_model import ViewerDeviations, adjusted_p_values
from moviemotion.analysis.signals.audience_curve import REACTION_THRESHOLD, AudienceCurve
from moviemotion.analysis.signals.synchrony import JackknifeEstimate, pooled_variance, synchrony_at
from moviemotion.emotions import NON_NEUTRAL_EMOTIONS, Emotion
from moviemotion.statistics import Float64Array, student_t_quantile, wilson_interval

ALPHA = 0.05
"""Upper bound on the probability of finding one or more moments in a screening without shared reactions."""
N_SHIFTS = 1000
"""Number of shifted audiences used for p-values; the smallest possible p-value is 1 / (`N_SHIFTS` + 1)."""
MIN_VIEWERS = 5
"""Smallest number of viewers; with fewer, single viewers dominate the sum and nothing counts as shared."""
MIN_SECONDS = 60
"""Shortest film, in seconds; in a shorter one the shifted timelines are too similar to serve as a null."""
SMOOTHING_SECONDS = 3
"""Window over which each viewer's curve is averaged, in seconds, because people react at different speeds."""
EXTENT_SHARE_OF_PEAK = 0.5
"""A moment extends as far as the audience curve stays at or above this fraction of its peak."""


@dataclass(frozen=True)
class Moment:
    """A stretch of film time in which the audience reacted together more than chance would explain.

    Attributes:
        start, end: seconds of film time; the end is exclusive.
        peak: the film second in which the audience curve is highest.
        emotion: the shared emotion (never neutral).
        strength: mean strength of that emotion over viewers at the peak, 0–1.
        strength_interval: 95 % interval of `strength` over viewers.
        reacting_share: share of the viewers seen during the moment who reacted with that emotion, 0–1.
        reacting_share_interval: 95 % Wilson interval of `reacting_share`.
        synchrony: inter-subject correlation in the window around the peak; NaN if undefined.
        synchrony_interval: 95 % interval of `synchrony` over viewers.
        viewers: number of viewers seen during the moment.
        p_adjusted: p-value from the circular-shift null, adjusted for all seconds and emotions.
        resonance_interval: 95 % interval of `resonance` over viewers (jackknife); NaNs where unknown.
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
        """Resonance, 0–1: the cube root of strength × reacting share × synchrony.

        This is the geometric mean of the strength, spread and synchrony of the reaction, in which a high
        value of one factor cannot compensate for a low value of another. Synchrony below 0 counts as 0. NaN
        if one of the factors is unknown.
        """
        return float(_resonance(self.strength, self.reacting_share, self.synchrony))


@dataclass(frozen=True)
class MomentSearchResult:
    """The outcome of a search for moments.

    Attributes:
        moments: the moments with `p_adjusted` ≤ `alpha`, in chronological order.
        conclusion: a human-readable statement of what was found, or why nothing can be concluded.
        conclusive: false if there were too few viewers or seconds to conclude anything.
        shifts: number of shifted audiences used for the p-values (0 if there were none).
        alpha: significance level of the test.
        seed: random seed for the shifts.
    """

    moments: tuple[Moment, ...]
    conclusion: str
    conclusive: bool
    shifts: int
    alpha: float
    seed: int


def indices_by_resonance(moments: Sequence[Moment]) -> tuple[int, ...]:
    """Indices of the moments from the highest resonance to the lowest; unknown resonance comes last."""
    return tuple(
        sorted(range(len(moments)), key=lambda k: (isnan(moments[k].resonance), -moments[k].resonance))
    )


def resonance_ranks(moments: Sequence[Moment]) -> tuple[int, ...]:
    """Rank of each moment by resonance; 1 is the highest."""
    order = indices_by_resonance(moments)
    return tuple(order.index(k) + 1 for k in range(len(order)))


def find_moments(strength: Float64Array, audience_curve: AudienceCurve, seed: int) -> MomentSearchResult:
    """Search a screening for moments.

    The family-wise error rate is controlled: the probability of one or more false moments in a screening is
    at most `ALPHA`, which also bounds the false-discovery rate. Each second is compared with the maximum over
    all seconds of every shifted audience; the emotions are combined using the smallest p-value of each
    shifted audience (Westfall & Young, 1993, single-step minP).

    Args:
        strength: (V, S, 7) each viewer's strengths, NaN where not seen.
        audience_curve: the audience curve of the same viewers.
        seed: random seed for the shifts; the same seed gives the same moments.
    """
    viewers, seconds = strength.shape[0], strength.shape[1]
    reason = _insufficient_data(viewers, seconds)
    if reason:
        return MomentSearchResult((), f"{reason} Nothing can be concluded.", False, 0, ALPHA, seed)
    deviations = ViewerDeviations.from_curves(_smooth(strength))
    null_maxima = deviations.null_maxima(N_SHIFTS, np.random.default_rng(seed))
    p = adjusted_p_values(deviations.standardized_sum(), null_maxima)
    candidates = _drop_overlapping(
        [
            _Candidate(column, *span, float(audience_curve.strength[span[2], column]))
            for column in range(len(NON_NEUTRAL_EMOTIONS))
            for span in _candidate_spans(audience_curve.strength[:, column], p[:, column])
        ]
    )
    synchronies = [synchrony_at(strength, candidate.peak) for candidate in candidates]
    min_variance = pooled_variance(synchronies)
    moments = tuple(
        _build_moment(
            strength,
            audience_curve,
            candidate,
            float(p[candidate.peak, candidate.emotion_column]),
            synchrony,
            min_variance,
        )
        for candidate, synchrony in zip(candidates, synchronies, strict=True)
    )
    if moments:
        number = "1 moment was" if len(moments) == 1 else f"{len(moments)} moments were"
        conclusion = (
            f"{number} found: the audience reacted together more than chance would explain. Without shared "
            f"reactions, this search finds a false moment in at most {ALPHA * 100:.0f} % of screenings."
        )
    else:
        conclusion = (
            "No moment was found: the viewers did not react together more than chance would explain. "
            "That does not prove that there was none."
        )
    return MomentSearchResult(moments, conclusion, True, N_SHIFTS, ALPHA, seed)


def _insufficient_data(viewers: int, seconds: int) -> str:
    if viewers < MIN_VIEWERS:
        number = "1 viewer was" if viewers == 1 else f"{viewers} viewers were"
        return f"Only {number} seen; at least {MIN_VIEWERS} are needed to find moments."
    if seconds < MIN_SECONDS:
        return f"The film is only {seconds} seconds long; at least {MIN_SECONDS} are needed to find moments."
    return ""


def _smooth(strength: Float64Array) -> Float64Array:
    """Running mean of the seen seconds over `SMOOTHING_SECONDS`; unseen seconds stay NaN."""
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
    """A stretch of one emotion: start, stop (exclusive) and peak columns, and the strength at the peak."""

    emotion_column: int
    start: int
    stop: int
    peak: int
    strength: float


def _candidate_spans(curve: Float64Array, p: Float64Array) -> list[tuple[int, int, int]]:
    """Return start, stop (exclusive) and peak columns of the stretches of one emotion that contain evidence.

    Seconds with evidence are processed from the highest to the lowest. A stretch that overlaps one already
    found belongs to the slope of the same reaction and is dropped.
    """
    found: list[tuple[int, int, int]] = []
    remaining = np.asarray(p <= ALPHA)
    while remaining.any():
        peak = int(np.argmax(np.where(remaining, curve, -1)))
        level = EXTENT_SHARE_OF_PEAK * curve[peak]
        start = stop = peak
        while start > 0 and curve[start - 1] >= level:
            start -= 1
        while stop < len(curve) and curve[stop] >= level:
            stop += 1
        remaining[start:stop] = False
        if not any(start < b and a < stop for a, b, _ in found):
            found.append((start, stop, peak))
    return found


def _build_moment(
    strength: Float64Array,
    audience_curve: AudienceCurve,
    candidate: _Candidate,
    p: float,
    synchrony: JackknifeEstimate,
    min_variance: float,
) -> Moment:
    during = strength[:, candidate.start : candidate.stop, candidate.emotion_column]
    at_peak = strength[:, candidate.peak, candidate.emotion_column]
    seen = np.asarray((~np.isnan(during)).any(axis=1))
    reacted = np.asarray((np.nan_to_num(during) >= REACTION_THRESHOLD).any(axis=1))
    low, high = wilson_interval(reacted.sum(), seen.sum())
    low_strength, high_strength = audience_curve.strength_interval[
        :, candidate.peak, candidate.emotion_column
    ]
    first = int(audience_curve.seconds[0])
    return Moment(
        start=float(first + candidate.start),
        end=float(first + candidate.stop),
        peak=float(first + candidate.peak),
        emotion=NON_NEUTRAL_EMOTIONS[candidate.emotion_column],
        strength=candidate.strength,
        strength_interval=(float(low_strength), float(high_strength)),
        reacting_share=float(reacted.sum() / seen.sum()),
        reacting_share_interval=(float(low), float(high)),
        synchrony=synchrony.value,
        synchrony_interval=synchrony.interval(min_variance),
        viewers=int(seen.sum()),
        p_adjusted=p,
        resonance_interval=_resonance_interval(at_peak, seen, reacted, synchrony),
    )


def _resonance(strength: ArrayLike, share: ArrayLike, synchrony: ArrayLike) -> Float64Array:
    return np.cbrt(np.multiply(strength, share) * np.maximum(synchrony, 0.0))


def _resonance_interval(
    at_peak: Float64Array, seen: NDArray[np.bool_], reacted: NDArray[np.bool_], synchrony: JackknifeEstimate
) -> tuple[float, float]:
    """Compute the 95 % interval of a moment's resonance over viewers.

    Resonance combines three estimates from the same viewers, so their errors are correlated. The jackknife
    recomputes all three estimates without the same viewers, which accounts for these correlations.

    Args:
        at_peak: (V,) strength at the peak; NaN where not seen.
        seen, reacted: (V,) whether each viewer was seen, and reacted, in the moment.
        synchrony: the jackknife estimate of synchrony, which determines the viewers that are left out
            together.
    """
    included = (~synchrony.excluded).astype(float)
    groups = len(included)
    if groups < 3:
        return float("nan"), float("nan")
    strength = included @ np.nan_to_num(at_peak) / (included @ ~np.isnan(at_peak))
    without = _resonance(strength, included @ reacted / (included @ seen), synchrony.leave_one_out)
    share = reacted.sum() / seen.sum()
    middle = _resonance(np.nanmean(at_peak), share, synchrony.value)
    half = student_t_quantile(groups - 1) * np.sqrt((groups - 1) * np.var(without))
    low, high = np.clip([middle - half, middle + half], 0, 1)
    return float(low), float(high)


def _drop_overlapping(candidates: list[_Candidate]) -> list[_Candidate]:
    """Drop the weaker of two candidates if the peak of either lies inside the other.

    Emotions on one face are not independent: a laugh lowers sadness and often raises surprise. One reaction
    should yield only one moment.
    """
    accepted: list[_Candidate] = []
    for one in sorted(candidates, key=lambda candidate: -candidate.strength):
        if not any(
            other.start <= one.peak < other.stop or one.start <= other.peak < one.stop for other in accepted
        ):
            accepted.append(one)
    return sorted(accepted, key=lambda candidate: candidate.start)
