"""The estimates that every room needs: an interval for a share, and one for a mean over viewers."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import t as student_t

Float = NDArray[np.float64]

Z95 = 1.959963984540054
"""Standard normal quantile of a two-sided 95 % interval."""


def wilson_interval(successes: ArrayLike, trials: ArrayLike) -> tuple[Float, Float]:
    """95 % interval of a share (Wilson, 1927).

    Args:
        successes, trials: counts, of shapes that broadcast.

    Returns:
        low and high, 0–1; NaN where there are no trials.
    """
    k, n = np.asarray(successes, dtype=np.float64), np.asarray(trials, dtype=np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        p = k / n
        centre = (p + Z95**2 / (2 * n)) / (1 + Z95**2 / n)
        half = Z95 / (1 + Z95**2 / n) * np.sqrt(p * (1 - p) / n + Z95**2 / (4 * n**2))
    return np.clip(centre - half, 0, 1), np.clip(centre + half, 0, 1)


def mean_interval(values: ArrayLike) -> tuple[Float, Float, Float]:
    """Mean over the first axis (viewers) and its 95 % interval from Student's t.

    Args:
        values: (V, ...) between 0 and 1; NaN is not counted.

    Returns:
        mean, low, high, each (...): NaN without values; low and high NaN with fewer than two.
    """
    x = np.asarray(values, dtype=np.float64)
    seen = ~np.isnan(x)
    n = seen.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(seen, x, 0).sum(axis=0) / n
        variance = np.where(seen, (x - mean) ** 2, 0).sum(axis=0) / (n - 1)
        half = student_t.ppf(0.975, np.maximum(n - 1, 1)) * np.sqrt(variance / n)
    half = np.where(n > 1, half, np.nan)
    return mean, np.clip(mean - half, 0, 1), np.clip(mean + half, 0, 1)
