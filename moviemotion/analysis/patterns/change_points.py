"""Change points: times at which the level of the audience's emotions changes for a minute or longer.

The seven curves are averaged over segments of `SEGMENT_SECONDS` and converted to normal scores, so that a
single big laugh does not count as a change of level. The optimal segmentation is computed with a
least-squares cost (ruptures; Truong et al., 2020, Signal Processing 167:107299) and a penalty for each
change.

Common penalties such as BIC assume independent noise. Emotions, however, vary slowly, and autocorrelated
noise resembles changes of level. The penalty is therefore calibrated by simulation, such that a change is
found in at most 5 % of simulated audiences without any change. The simulated audiences are first-order
autoregressions with the same length, autocorrelation and correlations between emotions as the real audience.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtri

from moviemotion.emotions import NON_NEUTRAL_EMOTIONS, Emotion
from moviemotion.statistics import Float64Array, average_ranks, paired_difference_interval

if TYPE_CHECKING:
    import ruptures  # type: ignore[import-untyped]

SEGMENT_SECONDS = 30
"""Length of a segment, in seconds."""
MIN_SEGMENTS_BETWEEN = 2
"""Smallest number of segments between two changes; together, these segments last one minute."""
MIN_VIEWERS = 5
MIN_SEGMENTS = 20
ALPHA = 0.05
N_SIMULATIONS = 200
"""Number of simulated audiences used to calibrate the penalty."""
MAX_NULL_CHANGES = 3
"""Largest number of changes tried in a simulated audience."""
N_RESAMPLES = 100
"""Number of resampled audiences used for the interval of a change's time."""
MAX_AUTOCORRELATION = 0.98
"""Upper limit for an autoregressive coefficient; at 1, the long-run variance would be infinite."""
BURN_IN = 100
"""Number of segments dropped at the start of a simulated audience, so that it is stationary."""


@dataclass(frozen=True)
class ChangePoint:
    """A time at which the level of an emotion changes.

    Attributes:
        time: seconds of film time.
        time_interval: the middle 95 % of the times found in resampled audiences.
        emotion: the emotion whose level changes most.
        before, after: mean strength of that emotion between the previous change and this one, and between
            this one and the next, 0–1.
        change: `after` − `before`, over the viewers seen in both stretches.
        change_interval: 95 % interval of `change` (paired Student's t).
        viewers: number of viewers who were seen in both stretches.
    """

    time: float
    time_interval: tuple[float, float]
    emotion: Emotion
    before: float
    after: float
    change: float
    change_interval: tuple[float, float]
    viewers: int


@dataclass(frozen=True)
class ChangePointSearchResult:
    """The outcome of a search for change points.

    Attributes:
        changes: the change points, in chronological order.
        penalty: smallest reduction of the cost required for each change; NaN if it was not calibrated.
        simulations: number of simulated audiences used to calibrate the penalty; 0 if it was not calibrated.
        conclusive: false if there were too few viewers or seconds.
        conclusion: a human-readable statement of the outcome.
    """

    changes: tuple[ChangePoint, ...]
    penalty: float
    simulations: int
    conclusive: bool
    conclusion: str


def find_change_points(strength: Float64Array, first_second: int, seed: int) -> ChangePointSearchResult:
    """Search a screening for change points.

    Args:
        strength: (V, S, 7) each viewer's strengths, NaN where not seen.
        first_second: film second of the first column.
        seed: random seed for the simulated audiences and the resampling.
    """
    viewers, seconds = strength.shape[:2]
    segments = _segment_means(strength)
    curves = _audience_means(segments, np.ones((1, viewers)))[0]
    known = ~np.isnan(curves).any(axis=1)
    reason = _insufficient_data(viewers, seconds, int(known.sum()))
    if reason:
        return ChangePointSearchResult((), float("nan"), 0, False, reason)
    rng = np.random.default_rng(seed)
    # Segments in which no viewer was seen are removed, so levels are compared across gaps.
    curves, segments = curves[known], segments[:, known]
    varying = np.ptp(curves, axis=0) > 0
    if not varying.any():
        return ChangePointSearchResult((), float("nan"), 0, True, _conclusion(0))
    curves, segments = curves[:, varying], segments[:, :, varying]
    emotions = [NON_NEUTRAL_EMOTIONS[k] for k in np.flatnonzero(varying)]
    # Normal scores give all emotions the same variance; the weights restore the lower variance of rare
    # emotions.
    weight = curves.std(axis=0) / curves.std(axis=0).max()
    penalty = _calibrate_penalty(curves, weight, rng)
    at = [int(k) for k in _segmentation(_normal_scores(curves, weight)[0]).predict(pen=penalty)[:-1]]
    times = (np.flatnonzero(known) * SEGMENT_SECONDS + first_second).astype(float)
    intervals = _time_intervals(segments, weight, at, times, rng)
    changes = tuple(
        _build_change_point(segments, emotions, times, (begin, k, end), interval)
        for begin, k, end, interval in zip([0, *at], at, [*at[1:], len(curves)], intervals, strict=False)
    )
    return ChangePointSearchResult(changes, penalty, N_SIMULATIONS, True, _conclusion(len(changes)))


def _insufficient_data(viewers: int, seconds: int, segments: int) -> str:
    if viewers < MIN_VIEWERS:
        were = "1 viewer was" if viewers == 1 else f"{viewers} viewers were"
        return f"Inconclusive: {were} seen; at least {MIN_VIEWERS} are needed to find changes of mood."
    if segments < MIN_SEGMENTS:
        return (
            f"Inconclusive: the film is {seconds // 60} min {seconds % 60} s long; finding changes of mood "
            f"requires at least {MIN_SEGMENTS * SEGMENT_SECONDS // 60} minutes in which a viewer was seen."
        )
    return ""


def _conclusion(changes: int) -> str:
    if not changes:
        return (
            "No lasting change in the audience's mood is larger than chance would explain. "
            "That does not prove that there was none."
        )
    return (
        f"The audience's mood changes for a minute or longer {changes} time{'s' if changes > 1 else ''}. "
        f"Without any change, this search finds one in at most {ALPHA * 100:.0f} % of films."
    )


def _segment_means(strength: Float64Array) -> Float64Array:
    """(V, S, 7) → (V, P, 7) means of the seen seconds in each segment; a short last segment is dropped."""
    viewers, seconds, emotions = strength.shape
    split = strength[:, : seconds // SEGMENT_SECONDS * SEGMENT_SECONDS].reshape(
        viewers, -1, SEGMENT_SECONDS, emotions
    )
    seen = ~np.isnan(split)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(seen, split, 0).sum(axis=2) / seen.sum(axis=2))


def _audience_means(segments: Float64Array, weights: Float64Array) -> Float64Array:
    """(V, P, F) and (R, V) weights → (R, P, F) weighted means over the viewers who were seen."""
    seen = ~np.isnan(segments)
    with np.errstate(invalid="ignore"):
        total = np.tensordot(weights, np.where(seen, segments, 0), axes=1)
        return np.asarray(total / np.tensordot(weights, seen.astype(float), axes=1))


def _normal_scores(curves: Float64Array, weight: Float64Array) -> tuple[Float64Array, Float64Array]:
    """Convert (P, F) curves to weighted normal scores in units of their long-run standard deviation.

    The autoregressive coefficient φ is estimated from differences, which are hardly affected by a few changes
    of level (Chakar et al., 2017, Bernoulli 23:1408): the variance of the differences at lag 2 divided by
    that at lag 1 is 1 + φ. Estimating φ from the levels would overestimate it whenever there are changes.

    Returns:
        (P, F) scores and (F,) coefficients.
    """
    scores = ndtri((average_ranks(curves) - 0.5) / len(curves))
    lag_1 = ((scores[1:] - scores[:-1]) ** 2).mean(axis=0)
    lag_2 = ((scores[2:] - scores[:-2]) ** 2).mean(axis=0)
    coefficient = np.clip(lag_2 / lag_1 - 1, 0, MAX_AUTOCORRELATION)
    # The differences of an AR(1) process have variance 2 σ² / (1 + φ); its long-run variance is σ² / (1 −
    # φ)².
    long_run = lag_1 * (1 + coefficient) / (2 * (1 - coefficient) ** 2)
    return np.asarray(scores * weight / np.sqrt(long_run)), coefficient


def _calibrate_penalty(curves: Float64Array, weight: Float64Array, rng: np.random.Generator) -> float:
    """Compute the penalty with which a change is found in at most `ALPHA` of the simulated audiences."""
    scores, coefficient = _normal_scores(curves, np.ones_like(weight))
    # Differences are used here, too, so that shared changes of level do not look like correlated noise.
    correlations = np.corrcoef(np.diff(scores, axis=0), rowvar=False).reshape(len(coefficient), -1)
    length = len(scores) + BURN_IN
    gains = np.empty(N_SIMULATIONS)
    for k in range(N_SIMULATIONS):
        noise = rng.multivariate_normal(np.zeros(len(coefficient)), correlations, length)
        simulated = _autoregression(noise, coefficient)
        gains[k] = _largest_gain(_normal_scores(simulated[BURN_IN:], weight)[0])
    return float(np.quantile(gains, 1 - ALPHA, method="higher"))


def _autoregression(noise: Float64Array, coefficient: Float64Array) -> Float64Array:
    """(P, F) noise and (F,) coefficients → first-order autoregressions of the same shape."""
    x = noise.copy()
    for k in range(1, len(x)):
        x[k] += coefficient * x[k - 1]
    return x


def _largest_gain(scores: Float64Array) -> float:
    """Largest penalty at which a change would be found, i.e. the largest reduction of the cost per change."""
    search = _segmentation(scores)
    unsplit = _cost(scores, [])
    gains = [
        (unsplit - _cost(scores, search.predict(n_bkps=k)[:-1])) / k for k in range(1, MAX_NULL_CHANGES + 1)
    ]
    return max(gains)


def _segmentation(scores: Float64Array) -> ruptures.KernelCPD:
    # Imported here because it loads scipy.signal and scipy.stats, which would slow down every program start.
    import ruptures

    return ruptures.KernelCPD(kernel="linear", min_size=MIN_SEGMENTS_BETWEEN).fit(scores)


def _cost(scores: Float64Array, at: list[int]) -> float:
    return float(sum(((x - x.mean(axis=0)) ** 2).sum() for x in np.split(scores, at)))


def _time_intervals(
    segments: Float64Array, weight: Float64Array, at: list[int], times: Float64Array, rng: np.random.Generator
) -> list[tuple[float, float]]:
    """95 % interval of the time of each change, from resampled audiences with the same number of changes."""
    if not at:
        return []
    viewers = len(segments)
    drawn = rng.multinomial(viewers, np.full(viewers, 1 / viewers), size=N_RESAMPLES).astype(float)
    found = []
    for curves in _audience_means(segments, drawn):
        filled = np.where(np.isnan(curves), np.nanmedian(curves, axis=0), curves)
        if (np.ptp(filled, axis=0) > 0).all():
            found.append(
                [
                    times[k]
                    for k in _segmentation(_normal_scores(filled, weight)[0]).predict(n_bkps=len(at))[:-1]
                ]
            )
    low, high = np.percentile(np.array(found), [2.5, 97.5], axis=0)
    # A change can occur anywhere in a segment, not only at its boundaries, so the interval is widened by half
    # a segment at each end.
    return list(zip((low - SEGMENT_SECONDS / 2).tolist(), (high + SEGMENT_SECONDS / 2).tolist(), strict=True))


def _build_change_point(
    segments: Float64Array,
    emotions: list[Emotion],
    times: Float64Array,
    span: tuple[int, int, int],
    interval: tuple[float, float],
) -> ChangePoint:
    begin, at, end = span
    before, after = _viewer_means(segments[:, begin:at]), _viewer_means(segments[:, at:end])
    mean, low, high = paired_difference_interval(before, after)
    most = int(np.nanargmax(np.abs(mean)))
    both = ~np.isnan(before[:, most] + after[:, most])
    return ChangePoint(
        time=float(times[at]),
        time_interval=interval,
        emotion=emotions[most],
        before=float(before[both, most].mean()),
        after=float(after[both, most].mean()),
        change=float(mean[most]),
        change_interval=(float(low[most]), float(high[most])),
        viewers=int(both.sum()),
    )


def _viewer_means(segments: Float64Array) -> Float64Array:
    """(V, P, F) → (V, F) each viewer's mean over the segments in which they were seen."""
    seen = ~np.isnan(segments)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(seen, segments, 0).sum(axis=1) / seen.sum(axis=1))
