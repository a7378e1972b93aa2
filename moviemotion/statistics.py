"""Common statistics: intervals for proportions and for means over viewers, and Holm-adjusted p-values.

The unit of observation of every interval in MoviEmotion is the viewer. The seconds of one viewer are not
independent, so treating them as independent observations would make every interval too narrow.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import stdtrit

Float64Array = NDArray[np.float64]

Z95 = 1.959963984540054
"""Standard normal quantile for a two-sided 95 % interval."""


def student_t_quantile(degrees_of_freedom: ArrayLike) -> Float64Array:
    """The quantile of Student's t distribution for a two-sided 95 % interval.

    `scipy.special` gives the same values as `scipy.stats`, but without an import that takes most of a second.
    Degrees of freedom that come from float32 weights are converted to float64 first, because `scipy.special`
    would otherwise compute in single precision.

    Args:
        degrees_of_freedom: positive numbers in any shape, not necessarily integers.
    """
    return np.asarray(stdtrit(np.asarray(degrees_of_freedom, dtype=np.float64), 0.975))


def wilson_interval(successes: ArrayLike, trials: ArrayLike) -> tuple[Float64Array, Float64Array]:
    """The 95 % confidence interval for a proportion (Wilson, 1927).

    Audiences are small, and proportions are often 0 or 1. In these cases the Wald interval (proportion ± 1.96
    standard errors) has zero width, whereas the Wilson interval keeps its coverage close to 95 % (Newcombe,
    1998).

    Args:
        successes, trials: counts, in shapes that can be broadcast together.

    Returns:
        The lower and the upper end of each interval, two arrays in the broadcast shape. Values are from 0 to
        1, or NaN where there are no trials.

    Example:
        >>> low, high = wilson_interval(0, 20)
        >>> float(low), round(float(high), 3)
        (0.0, 0.161)
    """
    k, n = np.asarray(successes, dtype=np.float64), np.asarray(trials, dtype=np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        p = k / n
        center = (p + Z95**2 / (2 * n)) / (1 + Z95**2 / n)
        half = Z95 / (1 + Z95**2 / n) * np.sqrt(p * (1 - p) / n + Z95**2 / (4 * n**2))
    return np.clip(center - half, 0, 1), np.clip(center + half, 0, 1)


def mean_interval(values: ArrayLike) -> tuple[Float64Array, Float64Array, Float64Array]:
    """Mean over the first axis (viewers), with a 95 % interval from Student's t distribution.

    Args:
        values: (V, ...) between 0 and 1; NaN is ignored.

    Returns:
        The mean and the lower and upper ends of its interval, three arrays of shape (...). The ends are
        clipped to 0–1. All three are NaN if there are no values; the ends are NaN if there are fewer than
        two.
    """
    mean, low, high = paired_difference_interval(0.0, values)
    return mean, np.clip(low, 0, 1), np.clip(high, 0, 1)


def paired_difference_interval(
    before: ArrayLike, after: ArrayLike
) -> tuple[Float64Array, Float64Array, Float64Array]:
    """Mean of `after` − `before` over the first axis (viewers), with a 95 % interval (paired Student's t).

    Args:
        before, after: (V, ...) values of the same viewers; a viewer with NaN in either array is ignored.

    Returns:
        The mean and the lower and upper ends of its interval, three arrays of shape (...). All three are NaN
        if there are no viewers; the ends are NaN if there are fewer than two.
    """
    d = np.asarray(after, dtype=np.float64) - np.asarray(before, dtype=np.float64)
    seen = ~np.isnan(d)
    n = seen.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(seen, d, 0).sum(axis=0) / n
        variance = np.where(seen, (d - mean) ** 2, 0).sum(axis=0) / (n - 1)
        half = np.where(n > 1, student_t_quantile(np.maximum(n - 1, 1)) * np.sqrt(variance / n), np.nan)
    return mean, mean - half, mean + half


def average_ranks(values: Float64Array) -> Float64Array:
    """Rank values along the first axis, starting at 1; tied values all receive the mean of their ranks.

    Args:
        values: (n,) or (n, K) without NaN; each column is ranked independently.

    Returns:
        The ranks, in the shape of `values`. They equal those of `scipy.stats.rankdata`, which is avoided
        because importing it takes about a second.
    """
    columns = values.reshape(len(values), -1)
    ranks = np.empty(columns.shape)
    for k, column in enumerate(columns.T):
        _, group, counts = np.unique(column, return_inverse=True, return_counts=True)
        ranks[:, k] = (np.cumsum(counts) - (counts - 1) / 2)[group]
    return ranks.reshape(values.shape)


def grouped_medians(values: Float64Array, group: NDArray[np.int64]) -> tuple[NDArray[np.int64], Float64Array]:
    """The median of each group of rows.

    A loop over `numpy.median` would take a minute for the seconds of a large audience.

    Args:
        values: (n, K) without NaN.
        group: (n,) group of each row.

    Returns:
        The G groups in ascending order, and their (G, K) medians.
    """
    groups, size = np.unique(group, return_counts=True)
    first = np.cumsum(size) - size
    medians = np.empty((len(groups), values.shape[1]))
    for k, column in enumerate(values.T):
        ordered = column[np.lexsort((column, group))]
        medians[:, k] = (ordered[first + (size - 1) // 2] + ordered[first + size // 2]) / 2
    return groups, medians


def holm_adjusted(p_values: ArrayLike) -> Float64Array:
    """Adjust p-values for the number of comparisons (Holm, 1979).

    Holm's step-down procedure controls the probability of any false positive, regardless of dependence
    between the comparisons, and is at least as powerful as Bonferroni's correction.

    Args:
        p_values: (n,) p-values; NaN means that a comparison was not tested.

    Returns:
        (n,) adjusted p-values in the same order; NaN stays NaN and does not count as a comparison.
    """
    p = np.array(p_values, dtype=np.float64)
    tested = np.flatnonzero(~np.isnan(p))
    tested = tested[np.argsort(p[tested])]
    p[tested] = np.minimum(1, np.maximum.accumulate(p[tested] * np.arange(len(tested), 0, -1)))
    return p
