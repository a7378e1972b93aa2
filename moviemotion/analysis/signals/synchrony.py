"""Inter-subject correlation (ISC, synchrony): how similarly two viewers' curves rise and fall, on average.

The curves of every two viewers are correlated, and the correlations are averaged (pairwise ISC: Nastase et
al., 2019). The seven emotions are centered and pooled. Identical curves give a value of 1, and unrelated
curves give a value of about 0. The value does not depend on the number of viewers. Leave-one-out ISC, which
correlates each viewer with the mean of the others, does depend on it: the mean of many viewers is less noisy,
so the same film has a higher value in a larger room.

Not all viewers are seen in the same seconds. Each curve is standardized over the seconds in which its viewer
is seen (z, with mean 0 and variance 1, pooled over the emotions), and the products of two viewers' z values
are averaged over all pairs and all seconds in which both are seen. If everybody is always seen, this is
exactly the mean of the pairwise correlations.

The intervals come from a jackknife over viewers. The correlations of pairs are not independent, because each
viewer is part of many pairs, so an interval based on their standard deviation would be too narrow. Leaving
out one viewer at a time, together with all of that viewer's pairs, accounts for this dependence.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from moviemotion.statistics import Z95, Float64Array, student_t_quantile

SYNCHRONY_WINDOW = 15
"""Length of the sliding window, in seconds."""
_BLOCK_SECONDS = 600
_MIN_VARIANCE = 1e-9
_SCALE_OFFSET = 0.05
"""Correlation around which the scale of the intervals changes from linear to a square root."""


@dataclass(frozen=True)
class JackknifeEstimate:
    """An inter-subject correlation, and its values when viewers are left out.

    Attributes:
        value: mean correlation over pairs of viewers, −1…1; NaN with fewer than two viewers or no variation.
        leave_one_out: (G,) correlation with each viewer left out in turn.
        excluded: (G, V) bool, the viewer excluded in each case; viewers who were never seen are not left out.
        leave_two_out: (G·(G − 1)/2,) correlation with each pair of viewers left out, in the order of
            `np.triu_indices`; empty if not requested.
    """

    value: float
    leave_one_out: Float64Array
    excluded: NDArray[np.bool_]
    leave_two_out: Float64Array

    @property
    def variance(self) -> float:
        """Jackknife variance on the intervals' scale (Tukey, 1958); NaN with fewer than three viewers."""
        n = len(self.leave_one_out)
        return (n - 1) * float(np.var(_stabilized(self.leave_one_out))) if n > 2 else float("nan")

    def interval(self, min_variance: float = 0.0) -> tuple[float, float]:
        """95 % interval over viewers; NaNs with fewer than three viewers.

        The interval uses Student's t with G − 1 degrees of freedom on the square-root scale of `_stabilized`,
        on which the variance hardly depends on the correlation.

        Args:
            min_variance: lower bound for the variance, typically that of the film's moments
                (`pooled_variance`). Without it, a few viewers who happen to be very similar would give an
                interval that is too narrow.
        """
        variance = self.variance - self._interaction_variance()
        own = student_t_quantile(max(len(self.leave_one_out) - 1, 1)) * np.sqrt(variance)
        half = np.maximum(own, Z95 * np.sqrt(min_variance))  # pooled over moments, hence normal
        low, high = _from_stabilized(_stabilized(self.value) + np.array([-half, half]))
        return float(low), float(high)

    def _interaction_variance(self) -> float:
        """Estimate the variance due to interactions between two viewers, which the jackknife counts twice.

        The mean of pairwise correlations is quadratic in the viewers. If viewers have no reactions in common,
        all of its variance comes from pairs of viewers, and the jackknife overestimates it by a factor of
        two. Leaving out two viewers at a time measures this component (Efron & Stein, 1981), so that it can
        be subtracted once.
        """
        n = len(self.leave_one_out)
        if not len(self.leave_two_out) or np.isnan(self.leave_two_out).any():
            return 0.0
        one, other = np.triu_indices(n, 1)
        leave_one_out = _stabilized(self.leave_one_out)
        single = (n - 1) * (leave_one_out[one] + leave_one_out[other])
        interaction = n * _stabilized(self.value) - single + (n - 2) * _stabilized(self.leave_two_out)
        return min(float(np.var(interaction)), self.variance) / 2


@dataclass(frozen=True)
class FilmSynchrony:
    """Inter-subject correlation over the entire film.

    Attributes:
        overall: correlation pooled over the seven emotions, −1…1.
        overall_interval: 95 % interval of `overall` over viewers.
        by_emotion: correlation for each emotion, in the order of `NON_NEUTRAL_EMOTIONS`.
        by_emotion_interval: 95 % intervals of `by_emotion` over viewers.
    """

    overall: float
    overall_interval: tuple[float, float]
    by_emotion: tuple[float, ...]
    by_emotion_interval: tuple[tuple[float, float], ...]


def film_synchrony(strength: Float64Array) -> FilmSynchrony:
    """Compute how similar the viewers' curves are over the entire film, overall and for each emotion.

    Args:
        strength: (V, S, 7) each viewer's strengths, NaN where not seen.
    """
    overall, *by_emotion = _jackknife_estimates(strength, by_emotion=True)
    return FilmSynchrony(
        overall=overall.value,
        overall_interval=overall.interval(),
        by_emotion=tuple(estimate.value for estimate in by_emotion),
        by_emotion_interval=tuple(estimate.interval() for estimate in by_emotion),
    )


def pooled_variance(estimates: Sequence[JackknifeEstimate]) -> float:
    """Compute the typical jackknife variance of several windows, as a lower bound for each of them.

    The variance of a single window is noisy. The median is used, because a window in which hardly any
    viewer's curve varies can have a variance many times as large as the others, and would determine their
    mean.

    Args:
        estimates: the estimates of the windows.

    Returns:
        The median of the variances that are known, on the scale of the intervals; 0 if there are none.
    """
    known = [one.variance for one in estimates if np.isfinite(one.variance)]
    return float(np.median(known)) if known else 0.0


def sliding_synchrony(strength: Float64Array) -> Float64Array:
    """Compute the inter-subject correlation in a sliding window of `SYNCHRONY_WINDOW` seconds.

    The products of all pairs follow from sums over viewers, Σ zᵢzⱼ = ((Σ zᵢ)² − Σ zᵢ²) / 2, so that the cost
    is proportional to the number of viewers, not to the number of pairs.

    Args:
        strength: (V, S, 7) each viewer's strengths, NaN where not seen.

    Returns:
        (S,) correlations, −1…1; NaN where undefined because no two viewers vary in the same seconds.
    """
    half, seconds = SYNCHRONY_WINDOW // 2, strength.shape[1]
    padded = np.pad(strength, ((0, 0), (half, half), (0, 0)), constant_values=np.nan)
    blocks = [
        _windows_of_block(padded[:, start : start + _BLOCK_SECONDS + 2 * half])
        for start in range(0, seconds, _BLOCK_SECONDS)
    ]
    return np.concatenate([np.empty(0), *blocks])


def _windows_of_block(strength: Float64Array) -> Float64Array:
    """(V, n + `SYNCHRONY_WINDOW` − 1, 7) strengths → (n,) correlation in each complete window."""
    seen = ~np.isnan(strength[:, :, 0])
    own = np.where(seen[:, :, None], strength, 0)
    n_own = _window_sum(seen[:, :, None].astype(float))
    mean = _window_sum(own) / np.maximum(n_own, 1)
    squares = (_window_sum(own**2) - n_own * mean**2).sum(axis=2)
    varied = squares > _MIN_VARIANCE
    n_own = n_own[:, :, 0] * varied
    scale = np.where(varied, np.sqrt(n_own / np.where(varied, squares, 1)), 0)
    windows = scale.shape[1]
    products, pairs = -n_own.sum(axis=0), np.zeros(windows)
    # Viewers come last in memory, so that the sums over them are fast.
    own, mean, scale_by_second = (np.ascontiguousarray(x.swapaxes(0, -1)) for x in (own, mean, scale))
    for lag in range(SYNCHRONY_WINDOW):
        column = slice(lag, lag + windows)
        total = np.einsum("sv,esv->se", scale_by_second, own[:, column]) - np.einsum(
            "sv,esv->se", scale_by_second * seen[:, column].T, mean
        )
        count = (seen[:, column] & varied).sum(axis=0)
        products += (total**2).sum(axis=1)
        pairs += count * (count - 1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.clip(products / np.where(pairs > 0, pairs, np.nan), -1, 1))


def synchrony_at(strength: Float64Array, column: int) -> JackknifeEstimate:
    """Compute the synchrony in the window around one column, with everything needed for its interval."""
    half = SYNCHRONY_WINDOW // 2
    (pooled,) = _jackknife_estimates(
        strength[:, max(column - half, 0) : column + half + 1], leave_two_out=True
    )
    return pooled


def _jackknife_estimates(
    strength: Float64Array, by_emotion: bool = False, leave_two_out: bool = False
) -> list[JackknifeEstimate]:
    """Compute the pooled correlation over all columns and, if requested, the correlation for each emotion.

    Args:
        strength: (V, S, 7) each viewer's strengths, NaN where not seen.
        by_emotion: whether to also return an estimate for each emotion.
        leave_two_out: whether to also compute the correlations with two viewers left out.
    """
    seen = ~np.isnan(strength[:, :, 0])
    excluded = np.eye(len(strength), dtype=bool)[seen.any(axis=1)]
    products = [_sums_of_products(strength[:, :, k], seen) for k in range(strength.shape[2])]
    common = seen.astype(float) @ seen.T.astype(float)
    requested = [np.sum(products, axis=0), *(products if by_emotion else [])]
    return [_jackknife(each, common, excluded, leave_two_out) for each in requested]


def _sums_of_products(curves: Float64Array, seen: NDArray[np.bool_]) -> Float64Array:
    """(V, S) curves → (V, V) sums of products of two viewers' deviations from their means."""
    own = np.where(seen, curves, 0)
    mean = own.sum(axis=1, keepdims=True) / np.maximum(seen.sum(axis=1, keepdims=True), 1)
    deviation = np.where(seen, own - mean, 0)
    return np.asarray(deviation @ deviation.T)


def _jackknife(
    products: Float64Array, common: Float64Array, excluded: NDArray[np.bool_], leave_two_out: bool
) -> JackknifeEstimate:
    """Average the correlations of pairs, over all viewers and with each one or two viewers left out.

    Args:
        products: (V, V) sums of products of deviations; the diagonal holds each viewer's sum of squares.
        common: (V, V) number of seconds in which both viewers are seen.
        excluded: (G, V) the viewer left out in each case.
        leave_two_out: whether to also leave out two viewers at a time.
    """
    squares = np.diagonal(products)
    varied = squares > _MIN_VARIANCE
    scale = np.where(varied, np.sqrt(np.diagonal(common) / np.where(varied, squares, 1)), 0)
    # Sums of z products and numbers of seconds for each ordered pair of viewers.
    pairs = np.stack([products * np.outer(scale, scale), common * np.outer(varied, varied)])
    pairs *= 1 - np.eye(len(products))
    viewers = excluded.any(axis=0)
    total, of_viewer = pairs.sum(axis=(1, 2)), 2 * pairs.sum(axis=2)[:, viewers]
    one, other = np.triu_indices(len(excluded) if leave_two_out else 0, 1)
    between = pairs[:, viewers][:, :, viewers][:, one, other]
    without_two = total[:, None] - of_viewer[:, one] - of_viewer[:, other] + 2 * between
    return JackknifeEstimate(
        float(_ratio(total)), _ratio(total[:, None] - of_viewer), excluded, _ratio(without_two)
    )


def _ratio(sums: Float64Array) -> Float64Array:
    """(2, ...) sums of products and of weights → (...) mean correlations; NaN without pairs."""
    products, weight = sums
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.clip(np.where(weight > 0.5, products / weight, np.nan), -1, 1))


def _stabilized(r: float | Float64Array) -> Float64Array:
    """Transform correlations to a scale on which their variance over audiences is nearly constant.

    If viewers follow a shared reaction to different degrees a, the correlation of two of them is about aᵢaⱼ,
    and the mean over pairs is about the square of the mean degree. The square root of this mean is nearly
    linear in the viewers' degrees. Near 0, where noise dominates, the scale is linear instead.
    """
    return np.asarray(np.sign(r) * (np.sqrt(np.abs(r) + _SCALE_OFFSET) - np.sqrt(_SCALE_OFFSET)))


def _from_stabilized(x: Float64Array) -> Float64Array:
    r = np.sign(x) * ((np.abs(x) + np.sqrt(_SCALE_OFFSET)) ** 2 - _SCALE_OFFSET)
    return np.asarray(np.clip(r, -1, 1))


def _window_sum(x: Float64Array) -> Float64Array:
    """(V, n + `SYNCHRONY_WINDOW` − 1, k) → (V, n, k) sum over each `SYNCHRONY_WINDOW` consecutive columns."""
    running = np.pad(np.cumsum(x, axis=1), ((0, 0), (1, 0), (0, 0)))
    return np.asarray(running[:, SYNCHRONY_WINDOW:] - running[:, :-SYNCHRONY_WINDOW])
