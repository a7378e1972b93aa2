"""Change points: where the level of the room's feelings turns, and stays turned for a minute or more.

The room's seven curves, in parts of `PART` seconds, become normal scores, so that one great laugh is no
level. Exact segmentation with the least-squares cost (ruptures; Truong et al., 2020, Signal Processing
167:107299) is run with a penalty for each change that makes one or more changes appear in at most 5 % of
simulated rooms without any: autoregressions of order one with the same length, rhythm and correlations.
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
"""Seconds."""
MIN_SEGMENTS_BETWEEN = 2
"""Parts between two changes, at least."""
MIN_VIEWERS = 5
MIN_SEGMENTS = 20
ALPHA = 0.05
N_SIMULATIONS = 200
"""Simulated rooms behind the penalty."""
MAX_NULL_CHANGES = 3
"""Changes that a simulated room may have for the penalty to be set against."""
N_RESAMPLES = 100
"""Resampled audiences behind the interval of a change's time."""
MAX_AUTOCORRELATION = 0.98
"""Largest autoregressive coefficient that is estimated."""
BURN_IN = 100
"""Parts after which a simulated room has forgotten how it began."""


@dataclass(frozen=True)
class ChangePoint:
    """A time at which the level of a feeling turns.

    Attributes:
        time: seconds of film time; `time_interval` the middle 95 % of those that resampled
            audiences give.
        feeling: the one whose level changes most.
        before, after: its mean strength in the stretches between this change and its neighbours, 0–1.
        change: `after` − `before` over the viewers seen in both; `change_interval` its 95 % interval.
        viewers: how many those are.
    """

    time: float
    time_interval: tuple[float, float]
    feeling: Emotion
    before: float
    after: float
    change: float
    change_interval: tuple[float, float]
    viewers: int


@dataclass(frozen=True)
class ChangePointSearchResult:
    """The outcome of a search for change points.

    Attributes:
        changes: in order of time.
        penalty: gain in cost that each change must bring; `rooms` how many simulated rooms set it. NaN, 0
            where none was set.
        conclusive: false where there were too few viewers or seconds.
        conclusion: one plain sentence.
    """

    changes: tuple[ChangePoint, ...]
    penalty: float
    rooms: int
    conclusive: bool
    conclusion: str


def find_change_points(strength: Float64Array, first_second: int, seed: int) -> ChangePointSearchResult:
    """Search a screening for change points.

    Args:
        strength: (V, S, 7) of every viewer, NaN where not seen.
        first: film second of the first column.
        seed: of the simulated rooms and of the resampling.
    """
    viewers, seconds = strength.shape[:2]
    parts = _segment_means(strength)
    curves = _audience_means(parts, np.ones((1, viewers)))[0]
    known = ~np.isnan(curves).any(axis=1)
    lacking = _insufficient_data(viewers, seconds, int(known.sum()))
    if lacking:
        return ChangePointSearchResult((), float("nan"), 0, False, lacking)
    rng = np.random.default_rng(seed)
    # Unseen parts are left out: levels are compared across the gap.
    curves, parts = curves[known], parts[:, known]
    moving = np.ptp(curves, axis=0) > 0
    if not moving.any():
        return ChangePointSearchResult((), float("nan"), 0, True, _conclusion(0))
    curves, parts = curves[:, moving], parts[:, :, moving]
    feelings = [NON_NEUTRAL_EMOTIONS[k] for k in np.flatnonzero(moving)]
    # Feelings that hardly move the room hardly count.
    weight = curves.std(axis=0) / curves.std(axis=0).max()
    penalty = _calibrate_penalty(curves, weight, rng)
    at = [int(k) for k in _segmentation(_normal_scores(curves, weight)[0]).predict(pen=penalty)[:-1]]
    times = (np.flatnonzero(known) * SEGMENT_SECONDS + first_second).astype(float)
    intervals = _time_intervals(parts, weight, at, times, rng)
    changes = tuple(
        _build_change_point(parts, feelings, times, (begin, k, end), interval)
        for begin, k, end, interval in zip([0, *at], at, [*at[1:], len(curves)], intervals, strict=False)
    )
    return ChangePointSearchResult(changes, penalty, N_SIMULATIONS, True, _conclusion(len(changes)))


def _insufficient_data(viewers: int, seconds: int, parts: int) -> str:
    if viewers < MIN_VIEWERS:
        were = "1 viewer was" if viewers == 1 else f"{viewers} viewers were"
        return f"Cannot tell where the mood turns: {were} seen, and it takes {MIN_VIEWERS}."
    if parts < MIN_SEGMENTS:
        return (
            f"Cannot tell where the mood turns: {seconds // 60} min {seconds % 60} s of film were read, and "
            f"it takes {MIN_SEGMENTS * SEGMENT_SECONDS // 60} minutes in which somebody was seen."
        )
    return ""


def _conclusion(changes: int) -> str:
    if not changes:
        return (
            "No lasting turn of the room's mood stands out from chance; "
            "that does not prove that there is none."
        )
    return (
        f"The room's mood turns, for a minute or more, {changes} time{'s' if changes > 1 else ''}. Where "
        f"nothing turns, this search finds a turn in at most {ALPHA * 100:.0f} % of films."
    )


def _segment_means(strength: Float64Array) -> Float64Array:
    """(V, S, 7) → (V, P, 7) means over `PART` seconds of what was seen; the last, short part is left out."""
    viewers, seconds, feelings = strength.shape
    whole = strength[:, : seconds // SEGMENT_SECONDS * SEGMENT_SECONDS].reshape(
        viewers, -1, SEGMENT_SECONDS, feelings
    )
    seen = ~np.isnan(whole)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(seen, whole, 0).sum(axis=2) / seen.sum(axis=2))


def _audience_means(parts: Float64Array, weights: Float64Array) -> Float64Array:
    """(V, P, F) and (R, V) weights → (R, P, F) the rooms' means of those seen."""
    seen = ~np.isnan(parts)
    with np.errstate(invalid="ignore"):
        total = np.tensordot(weights, np.where(seen, parts, 0), axes=1)
        return np.asarray(total / np.tensordot(weights, seen.astype(float), axes=1))


def _normal_scores(curves: Float64Array, weight: Float64Array) -> tuple[Float64Array, Float64Array]:
    """(P, F) curves → their weighted normal scores in units of long-run deviation, and their rhythm (F).

    The autoregressive coefficient is estimated from differences, which few changes of level touch (Chakar
    et al., 2017, Bernoulli 23:1408): 1 + φ is the variance of differences two apart over that of one apart.
    """
    scores = ndtri((average_ranks(curves) - 0.5) / len(curves))
    one = ((scores[1:] - scores[:-1]) ** 2).mean(axis=0)
    two = ((scores[2:] - scores[:-2]) ** 2).mean(axis=0)
    rhythm = np.clip(two / one - 1, 0, MAX_AUTOCORRELATION)
    long_run = one * (1 + rhythm) / (2 * (1 - rhythm) ** 2)
    return np.asarray(scores * weight / np.sqrt(long_run)), rhythm


def _calibrate_penalty(curves: Float64Array, weight: Float64Array, rng: np.random.Generator) -> float:
    """The penalty that leaves at most `ALPHA` of simulated rooms with a change."""
    scores, rhythm = _normal_scores(curves, np.ones_like(weight))
    together = np.corrcoef(np.diff(scores, axis=0), rowvar=False).reshape(len(rhythm), -1)
    length = len(scores) + BURN_IN
    most = np.empty(N_SIMULATIONS)
    for room in range(N_SIMULATIONS):
        noise = rng.multivariate_normal(np.zeros(len(rhythm)), together, length)
        still = _autoregression(noise, rhythm)
        most[room] = _largest_gain(_normal_scores(still[BURN_IN:], weight)[0])
    return float(np.quantile(most, 1 - ALPHA, method="higher"))


def _autoregression(noise: Float64Array, rhythm: Float64Array) -> Float64Array:
    """(P, F) noise → first-order autoregressions: each row is the noise plus `rhythm` (F,) times the row before."""
    x = noise.copy()
    for k in range(1, len(x)):
        x[k] += rhythm * x[k - 1]
    return x


def _largest_gain(scores: Float64Array) -> float:
    """The penalty below which a change would be found: the largest gain in cost for each change."""
    search = _segmentation(scores)
    without = _cost(scores, [])
    gains = [
        (without - _cost(scores, search.predict(n_bkps=k)[:-1])) / k for k in range(1, MAX_NULL_CHANGES + 1)
    ]
    return max(gains)


def _segmentation(scores: Float64Array) -> ruptures.KernelCPD:
    # Imported here, as it loads scipy.stats and scipy.signal: over a second that most commands do not need.
    import ruptures

    return ruptures.KernelCPD(kernel="linear", min_size=MIN_SEGMENTS_BETWEEN).fit(scores)


def _cost(scores: Float64Array, at: list[int]) -> float:
    return float(sum(((x - x.mean(axis=0)) ** 2).sum() for x in np.split(scores, at)))


def _time_intervals(
    parts: Float64Array, weight: Float64Array, at: list[int], times: Float64Array, rng: np.random.Generator
) -> list[tuple[float, float]]:
    """Of each change, where as many changes lie in resampled audiences."""
    if not at:
        return []
    viewers = len(parts)
    drawn = rng.multinomial(viewers, np.full(viewers, 1 / viewers), size=N_RESAMPLES).astype(float)
    found = []
    for curves in _audience_means(parts, drawn):
        filled = np.where(np.isnan(curves), np.nanmedian(curves, axis=0), curves)
        if (np.ptp(filled, axis=0) > 0).all():
            found.append(
                [
                    times[k]
                    for k in _segmentation(_normal_scores(filled, weight)[0]).predict(n_bkps=len(at))[:-1]
                ]
            )
    low, high = np.percentile(np.array(found), [2.5, 97.5], axis=0)
    # A change lies in the middle of a part as easily as between two.
    return list(zip((low - SEGMENT_SECONDS / 2).tolist(), (high + SEGMENT_SECONDS / 2).tolist(), strict=True))


def _build_change_point(
    parts: Float64Array,
    feelings: list[Emotion],
    times: Float64Array,
    span: tuple[int, int, int],
    interval: tuple[float, float],
) -> ChangePoint:
    begin, at, end = span
    before, after = _viewer_means(parts[:, begin:at]), _viewer_means(parts[:, at:end])
    mean, low, high = paired_difference_interval(before, after)
    most = int(np.nanargmax(np.abs(mean)))
    both = ~np.isnan(before[:, most] + after[:, most])
    return ChangePoint(
        time=float(times[at]),
        time_interval=interval,
        feeling=feelings[most],
        before=float(before[both, most].mean()),
        after=float(after[both, most].mean()),
        change=float(mean[most]),
        change_interval=(float(low[most]), float(high[most])),
        viewers=int(both.sum()),
    )


def _viewer_means(parts: Float64Array) -> Float64Array:
    seen = ~np.isnan(parts)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(seen, parts, 0).sum(axis=1) / seen.sum(axis=1))
