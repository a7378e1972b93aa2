"""Inter-subject correlation: how alike the viewers' curves rise and fall, second by second and in all.

Each viewer's feelings are correlated with the mean of all others' (leave-one-out: Hasson et al., 2004),
the feelings pooled after each is centred; the viewers' correlations are averaged. 1 is in step, 0 is what
strangers give.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from moviemotion.statistics import Z95, Float64Array, student_t_quantile

SYNCHRONY_WINDOW = 15
"""Seconds over which viewers' curves are correlated for one second's figure."""
MAX_JACKKNIFE_GROUPS = 30
"""Viewers are left out one by one, in larger rooms group by group."""
_MIN_VARIANCE = 1e-9
_MAX_CORRELATION = 1 - 1e-9


@dataclass(frozen=True)
class JackknifeEstimate:
    """An estimate, and what it would have been without each viewer, or each group of viewers.

    Attributes:
        value: −1…1; NaN with fewer than two viewers or no variation.
        without: (G,) the same without each of them.
        left_out: (G, V) whom each is without; nobody who was not seen.
        without_two: (G·(G − 1)/2,) the same without two of them, in the order of `np.triu_indices`; empty
            where it was not asked for.
    """

    value: float
    leave_one_out: Float64Array
    excluded: NDArray[np.bool_]
    leave_two_out: Float64Array

    @property
    def variance(self) -> float:
        """Of the value on Fisher's z scale (Tukey, 1958; in groups: Kott, 2001); NaN below three viewers."""
        n = len(self.leave_one_out)
        return (n - 1) * float(np.var(_fisher_z(self.leave_one_out))) if n > 2 else float("nan")

    def interval(self, min_variance: float = 0.0) -> tuple[float, float]:
        """95 % interval over viewers, by Student's t on Fisher's z scale; NaNs where there is none.

        The viewers' correlations share the others' mean, so their own spread is too small; leaving a viewer
        out of both is not. Few viewers, all in step by luck, would still look too sure.

        Args:
            least_variance: what the film's other moments tell of the variance: it is not taken for less.
        """
        variance = self.variance - self._interaction_variance()
        own = student_t_quantile(max(len(self.leave_one_out) - 1, 1)) * np.sqrt(variance)
        half = np.maximum(own, Z95 * np.sqrt(min_variance))  # the film's is pooled: z, not t
        low, high = np.tanh(_fisher_z(self.value) + np.array([-half, half]))
        return float(low), float(high)

    def _interaction_variance(self) -> float:
        """The part of the variance that lies between two viewers, rather than in each: in calm seconds all.

        The jackknife counts it twice; leaving out two at a time measures it (Efron & Stein, 1981).
        """
        n = len(self.leave_one_out)
        if not len(self.leave_two_out) or np.isnan(self.leave_two_out).any():
            return 0.0
        one, other = np.triu_indices(n, 1)
        without = _fisher_z(self.leave_one_out)
        alone = (n - 1) * (without[one] + without[other])
        between = n * _fisher_z(self.value) - alone + (n - 2) * _fisher_z(self.leave_two_out)
        return min(float(np.var(between)), self.variance) / 2


@dataclass(frozen=True)
class FilmSynchrony:
    """Inter-subject correlation over the whole film, each with its 95 % interval over viewers.

    Attributes:
        overall: the seven feelings pooled.
        feelings: (7,) each alone, in the order of `FEELINGS`.
    """

    overall: float
    overall_interval: tuple[float, float]
    by_emotion: tuple[float, ...]
    by_emotion_interval: tuple[tuple[float, float], ...]


def film_synchrony(strength: Float64Array) -> FilmSynchrony:
    """How alike the viewers felt through the film, overall and feeling by feeling.

    Args:
        strength: (V, S, 7), NaN where not seen.
    """
    overall, *single = _jackknife_estimates(strength, by_emotion=True)
    return FilmSynchrony(
        overall=overall.value,
        overall_interval=overall.interval(),
        by_emotion=tuple(one.value for one in single),
        by_emotion_interval=tuple(one.interval() for one in single),
    )


def sliding_synchrony(strength: Float64Array) -> Float64Array:
    """Inter-subject correlation in a sliding window of `SYNCHRONY_WINDOW` seconds.

    Args:
        strength: (V, S, 7), NaN where not seen.

    Returns:
        (S,) −1…1; NaN where no viewer has both variation and company.
    """
    seen = ~np.isnan(strength[:, :, :1])
    filled = np.where(seen, strength, 0)
    total, count = filled.sum(axis=0), seen.sum(axis=0)
    correlations = np.full(strength.shape[:2], np.nan)
    for viewer in range(len(strength)):
        company = count - seen[viewer]
        both = seen[viewer] & (company > 0)
        own = np.where(both, filled[viewer], 0)
        others = np.where(both, (total - filled[viewer]) / np.maximum(company, 1), 0)
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
    """The synchrony at one column of `strength`, with what its interval needs."""
    half = SYNCHRONY_WINDOW // 2
    (pooled,) = _jackknife_estimates(
        strength[:, max(column - half, 0) : column + half + 1], leave_two_out=True
    )
    return pooled


def _jackknife_estimates(
    strength: Float64Array, by_emotion: bool = False, leave_two_out: bool = False
) -> list[JackknifeEstimate]:
    """The correlation over all columns, the feelings pooled; and of `each` alone, where asked.

    Args:
        strength: (V, S, 7), NaN where not seen.
        two: also without two at a time.
    """
    seen = ~np.isnan(strength).all(axis=(1, 2))
    present = strength[seen]
    groups = min(len(present), MAX_JACKKNIFE_GROUPS)
    left_out = np.zeros((groups, len(strength)), dtype=bool)
    if groups:
        left_out[np.arange(len(present)) % groups, np.flatnonzero(seen)] = True
    one, other = np.triu_indices(groups if leave_two_out else 0, 1)
    rooms = np.concatenate(
        [np.zeros((1, len(present))), left_out[:, seen], (left_out[one] | left_out[other])[:, seen]]
    )
    sums = [_sums_of_products(present, column, rooms) for column in range(present.shape[2])]
    asked = [np.sum(sums, axis=0), *(sums if by_emotion else [])]
    means = [_mean_correlation(one, rooms) for one in asked]
    return [JackknifeEstimate(float(m[0]), m[1 : groups + 1], left_out, m[groups + 1 :]) for m in means]


def _sums_of_products(strength: Float64Array, column: int, left_out: Float64Array) -> Float64Array:
    """(3, J, V) of one feeling of each viewer and of the mean of the others in J rooms: their covariance,
    the viewer's variance and the others', as sums of squares over the seconds in which both are seen.

    All rooms at once, as products of matrices: leaving viewers out changes only the others' mean.

    Args:
        strength: (V, S, 7), NaN where not seen.
        left_out: (J, V) 1 where the room is without that viewer.
    """
    seen = (~np.isnan(strength[:, :, column])).astype(float)
    own = np.nan_to_num(strength[:, :, column])
    count = seen.sum(axis=0) - left_out @ seen
    company = (count > 1).astype(float)
    # Of a viewer who is seen, the others' mean is `mean` − own · `per_other`.
    per_other = company / np.maximum(count - 1, 1)
    mean = (own.sum(axis=0) - left_out @ own) * per_other
    n = np.maximum(company @ seen.T, 1)
    own_sum = company @ own.T
    others_sum = mean @ seen.T - per_other @ own.T
    product = mean @ own.T - per_other @ (own**2).T
    own_squared = company @ (own**2).T
    others_squared = mean**2 @ seen.T - 2 * (mean * per_other) @ own.T + per_other**2 @ (own**2).T
    return np.stack(
        [product - own_sum * others_sum / n, own_squared - own_sum**2 / n, others_squared - others_sum**2 / n]
    )


def _mean_correlation(sums: Float64Array, left_out: Float64Array) -> Float64Array:
    """(3, J, V) sums → (J,) mean correlation of the viewers who are in the room; NaN where undefined."""
    covariance, own, others = sums
    varied = (own > _MIN_VARIANCE) & (others > _MIN_VARIANCE) & (left_out == 0)
    correlations = np.where(varied, covariance / np.sqrt(np.where(varied, own * others, 1)), 0)
    with np.errstate(invalid="ignore"):
        return correlations.sum(axis=1) / varied.sum(axis=1)


def _fisher_z(r: float | Float64Array) -> Float64Array:
    return np.arctanh(np.clip(r, -_MAX_CORRELATION, _MAX_CORRELATION))


def _window_sum(x: Float64Array) -> Float64Array:
    """(S, n) → the sum over `SYNCHRONY_WINDOW` rows centred on each, fewer at the ends."""
    half = SYNCHRONY_WINDOW // 2
    running = np.concatenate([np.zeros((1, x.shape[1])), np.cumsum(x, axis=0)])
    row = np.arange(len(x))
    result: Float64Array = running[np.minimum(row + half + 1, len(x))] - running[np.maximum(row - half, 0)]
    return result
