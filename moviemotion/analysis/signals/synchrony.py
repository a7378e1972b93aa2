"""Inter-subject correlation (ISC, synchrony): how similarly the viewers' curves rise and fall.

Each viewer's curves are correlated with the mean curves of all other viewers (leave-one-out ISC: Hasson et
al., 2004; Nastase et al., 2019). The seven emotions are centered and pooled, and the viewers' correlations
are averaged. Identical curves give a value of 1, and unrelated curves give a value of about 0.

The intervals come from a jackknife over viewers. The viewers' correlations are not independent, because each
involves the mean of the others, so their standard deviation is too small. Excluding a viewer from the entire
computation, including these means, accounts for this dependence.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from moviemotion.statistics import Z95, Float64Array, student_t_quantile

SYNCHRONY_WINDOW = 15
"""Length of the sliding window, in seconds."""
MAX_JACKKNIFE_GROUPS = 30
"""Largest number of jackknife groups; in audiences up to this size, viewers are left out one at a time.

The delete-a-group jackknife (Kott, 2001) bounds the computational cost for large audiences.
"""
_MIN_VARIANCE = 1e-9
_MAX_CORRELATION = 1 - 1e-9


@dataclass(frozen=True)
class JackknifeEstimate:
    """An inter-subject correlation, and its values when each viewer or group of viewers is left out.

    Attributes:
        value: correlation, −1…1; NaN with fewer than two viewers or no variation.
        leave_one_out: (G,) correlation when each viewer or group is left out.
        excluded: (G, V) bool, the viewers excluded in each case; viewers who were never seen are in no group.
        leave_two_out: (G·(G − 1)/2,) correlation when each two viewers or groups are left out, in the order
            of `np.triu_indices`; empty if not requested.
    """

    value: float
    leave_one_out: Float64Array
    excluded: NDArray[np.bool_]
    leave_two_out: Float64Array

    @property
    def variance(self) -> float:
        """Jackknife variance on Fisher's z scale (Tukey, 1958); NaN with fewer than three viewers."""
        n = len(self.leave_one_out)
        return (n - 1) * float(np.var(_fisher_z(self.leave_one_out))) if n > 2 else float("nan")

    def interval(self, min_variance: float = 0.0) -> tuple[float, float]:
        """95 % interval over viewers; NaNs with fewer than three viewers.

        The interval uses Student's t with G − 1 degrees of freedom on Fisher's z scale, on which the variance
        hardly depends on the correlation.

        Args:
            min_variance: lower bound for the variance, typically the mean over the film's moments. Without
                it, a few viewers who happen to be very similar would give an interval that is too narrow.
        """
        variance = self.variance - self._interaction_variance()
        own = student_t_quantile(max(len(self.leave_one_out) - 1, 1)) * np.sqrt(variance)
        half = np.maximum(own, Z95 * np.sqrt(min_variance))  # pooled over moments, hence normal
        low, high = np.tanh(_fisher_z(self.value) + np.array([-half, half]))
        return float(low), float(high)

    def _interaction_variance(self) -> float:
        """Estimate the variance due to interactions between two viewers, which the jackknife counts twice.

        A correlation is quadratic in the viewers. If nothing is shared, all of its variance comes from pairs
        of viewers, and the jackknife overestimates it by a factor of two. Leaving out two viewers at a time
        measures this component (Efron & Stein, 1981), so that it can be subtracted once.
        """
        n = len(self.leave_one_out)
        if not len(self.leave_two_out) or np.isnan(self.leave_two_out).any():
            return 0.0
        one, other = np.triu_indices(n, 1)
        leave_one_out = _fisher_z(self.leave_one_out)
        single = (n - 1) * (leave_one_out[one] + leave_one_out[other])
        interaction = n * _fisher_z(self.value) - single + (n - 2) * _fisher_z(self.leave_two_out)
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


def sliding_synchrony(strength: Float64Array) -> Float64Array:
    """Compute the inter-subject correlation in a sliding window of `SYNCHRONY_WINDOW` seconds.

    Running sums make the computational cost independent of the length of the window.

    Args:
        strength: (V, S, 7) each viewer's strengths, NaN where not seen.

    Returns:
        (S,) correlations, −1…1; NaN where undefined because no two viewers vary in the same seconds.
    """
    seen = ~np.isnan(strength[:, :, :1])
    filled = np.where(seen, strength, 0)
    total, count = filled.sum(axis=0), seen.sum(axis=0)
    correlations = np.full(strength.shape[:2], np.nan)
    for viewer in range(len(strength)):
        n_others = count - seen[viewer]
        both = seen[viewer] & (n_others > 0)
        own = np.where(both, filled[viewer], 0)
        others = np.where(both, (total - filled[viewer]) / np.maximum(n_others, 1), 0)
        n = np.maximum(_window_sum(both.astype(float)), 1)
        own_sum, others_sum = _window_sum(own), _window_sum(others)
        covariance = (_window_sum(own * others) - own_sum * others_sum / n).sum(axis=1)
        own_variance = (_window_sum(own**2) - own_sum**2 / n).sum(axis=1)
        others_variance = (_window_sum(others**2) - others_sum**2 / n).sum(axis=1)
        varied = (own_variance > _MIN_VARIANCE) & (others_variance > _MIN_VARIANCE)
        product = own_variance[varied] * others_variance[varied]
        correlations[viewer, varied] = covariance[varied] / np.sqrt(product)
    counted = ~np.isnan(correlations)
    with np.errstate(invalid="ignore"):
        return np.where(counted, correlations, 0).sum(axis=0) / counted.sum(axis=0)


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
        by_emotion: whether to return an estimate for each emotion, too.
        leave_two_out: whether to compute the correlations with two viewers or groups left out, too.
    """
    seen = ~np.isnan(strength).all(axis=(1, 2))
    present = strength[seen]
    groups = min(len(present), MAX_JACKKNIFE_GROUPS)
    excluded = np.zeros((groups, len(strength)), dtype=bool)
    if groups:
        excluded[np.arange(len(present)) % groups, np.flatnonzero(seen)] = True
    one, other = np.triu_indices(groups if leave_two_out else 0, 1)
    # One row for each subset of the audience: all viewers, all but one group, and all but two groups.
    subsets = np.concatenate(
        [np.zeros((1, len(present))), excluded[:, seen], (excluded[one] | excluded[other])[:, seen]]
    )
    sums = [_sums_of_products(present, column, subsets) for column in range(present.shape[2])]
    requested = [np.sum(sums, axis=0), *(sums if by_emotion else [])]
    means = [_mean_correlation(each, subsets) for each in requested]
    return [JackknifeEstimate(float(m[0]), m[1 : groups + 1], excluded, m[groups + 1 :]) for m in means]


def _sums_of_products(strength: Float64Array, column: int, excluded: Float64Array) -> Float64Array:
    """Compute the sums for each viewer's correlation with the mean of the others, in J audience subsets.

    All subsets are computed at once as matrix products, because excluding viewers changes only the mean of
    the others.

    Args:
        strength: (V, S, 7) each viewer's strengths, NaN where not seen.
        column: column of the emotion.
        excluded: (J, V) 1 if the subset excludes the viewer, else 0.

    Returns:
        (3, J, V) covariance, variance of the viewer and variance of the others' mean, as sums over the
        seconds in which the viewer and at least one other viewer are seen.
    """
    seen = (~np.isnan(strength[:, :, column])).astype(float)
    own = np.nan_to_num(strength[:, :, column])
    count = seen.sum(axis=0) - excluded @ seen
    accompanied = (count > 1).astype(float)
    # For a viewer who is seen, the mean of the others is `mean` − own value · `per_other`.
    per_other = accompanied / np.maximum(count - 1, 1)
    mean = (own.sum(axis=0) - excluded @ own) * per_other
    n = np.maximum(accompanied @ seen.T, 1)
    own_sum = accompanied @ own.T
    others_sum = mean @ seen.T - per_other @ own.T
    product = mean @ own.T - per_other @ (own**2).T
    own_squared = accompanied @ (own**2).T
    others_squared = mean**2 @ seen.T - 2 * (mean * per_other) @ own.T + per_other**2 @ (own**2).T
    return np.stack(
        [product - own_sum * others_sum / n, own_squared - own_sum**2 / n, others_squared - others_sum**2 / n]
    )


def _mean_correlation(sums: Float64Array, excluded: Float64Array) -> Float64Array:
    """(3, J, V) sums → (J,) mean correlation of the viewers in each subset; NaN where undefined."""
    covariance, own, others = sums
    varied = (own > _MIN_VARIANCE) & (others > _MIN_VARIANCE) & (excluded == 0)
    correlations = np.where(varied, covariance / np.sqrt(np.where(varied, own * others, 1)), 0)
    with np.errstate(invalid="ignore"):
        return correlations.sum(axis=1) / varied.sum(axis=1)


def _fisher_z(r: float | Float64Array) -> Float64Array:
    return np.arctanh(np.clip(r, -_MAX_CORRELATION, _MAX_CORRELATION))


def _window_sum(x: Float64Array) -> Float64Array:
    """(S, n) → (S, n) sum over the `SYNCHRONY_WINDOW` rows centered on each row; fewer at the ends."""
    half = SYNCHRONY_WINDOW // 2
    running = np.concatenate([np.zeros((1, x.shape[1])), np.cumsum(x, axis=0)])
    row = np.arange(len(x))
    result: Float64Array = running[np.minimum(row + half + 1, len(x))] - running[np.maximum(row - half, 0)]
    return result
