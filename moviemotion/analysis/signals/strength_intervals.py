"""Intervals of mean strength over viewers, for many seconds (or lines) of one film at once.

Strengths lie between 0 and 1, mostly near 0, and some viewers do not react when others do. Under these
conditions, Student's interval and the percentile bootstrap over viewers are too narrow, especially in seconds
in which no viewer happened to react: the sample variance is then 0 and the interval has zero width
(`benchmarks/validity.py` prints the coverage of each method).

The interval used here is Wilson's interval for a proportion, with the number of viewers divided by the
dispersion φ = variance / (mean · (1 − mean)), as is done for proportions in surveys (Korn & Graubard, 1998).
Because the φ of a single second is estimated from few viewers, it is moderated by the φ of the entire film,
as is done for the variances of small samples in genomics (Smyth, 2004). The film's φ counts as
`FILM_DEGREES_OF_FREEDOM` additional viewers, and it dominates when few emotions were shown.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from moviemotion.statistics import Z95, Float64Array, student_t_quantile

_TINY = 1e-12
FILM_DEGREES_OF_FREEDOM = 3.0
"""Degrees of freedom assigned to the film's dispersion, in a second with an average amount of emotion.

The number is small, so that seconds with many viewers keep their own dispersion.
"""


def strength_intervals(
    values: Float64Array, weight: NDArray[np.floating] | None = None
) -> tuple[Float64Array, Float64Array, Float64Array]:
    """Compute the mean over viewers and its 95 % interval.

    Args:
        values: (V, S) or (V, S, F) strengths, 0–1, NaN where not seen; S is the number of seconds or lines.
        weight: (V, S) quality weights, 0–1; equal by default.

    Returns:
        The mean and the lower and upper ends of the interval, each (S,) or (S, F). The mean is NaN without
        values; the ends are NaN with fewer than two.
    """
    x = values if values.ndim == 3 else values[:, :, None]
    seen = ~np.isnan(x[:, :, 0])
    w = np.where(seen, 1.0 if weight is None else weight, 0.0)[:, :, None]
    x = np.nan_to_num(x)
    with np.errstate(invalid="ignore", divide="ignore"):
        total = w.sum(axis=0)
        n = total**2 / (w**2).sum(axis=0)  # effective sample size of unequal weights (Kish, 1965)
        mean = (w * x).sum(axis=0) / total
        variance = (w * (x - mean) ** 2).sum(axis=0) / total * n / (n - 1)
        enough = (seen.sum(axis=0) > 1)[:, None]
        product = np.maximum(mean * (1 - mean), _TINY)
        # A weighted variance with Kish's correction; with equal weights, it is the usual one with n − 1.
        film_mean = [np.where(enough, each, 0).sum(axis=0) / enough.sum() for each in (variance, product)]
        freedom = np.maximum(n - 1, _TINY)
        scaled_variance = student_t_quantile(freedom) ** 2 * variance
        # The film's dispersion is estimated from all of its seconds, so the normal quantile is used.
        k = (
            (freedom * scaled_variance + FILM_DEGREES_OF_FREEDOM * Z95**2 * film_mean[0])
            / (freedom * product + FILM_DEGREES_OF_FREEDOM * film_mean[1])
            / n
        )
        # Wilson (1927) with k = z² φ / n in place of z² / n.
        center = (mean + k / 2) / (1 + k)
        half = np.sqrt(k * mean * (1 - mean) + k**2 / 4) / (1 + k)
        low, high = (np.where(enough, np.clip(c, 0, 1), np.nan) for c in (center - half, center + half))
    if values.ndim == 3:
        return mean, low, high
    return mean[:, 0], low[:, 0], high[:, 0]


def difference_intervals(first: Float64Array, second: Float64Array) -> Float64Array:
    """Compute the 95 % interval of the second group's mean minus the first group's mean.

    The distances from each mean to the ends of its own interval are combined as root sums of squares (Zou &
    Donner, 2008). This assumes neither a normal distribution nor equal variances in both groups.

    Args:
        first, second: (V, S) or (V, S, F) strengths of different viewers, as for `strength_intervals`.

    Returns:
        (2, S) or (2, S, F) lower and upper ends of the interval.
    """
    one, one_low, one_high = strength_intervals(first)
    two, two_low, two_high = strength_intervals(second)
    below, above = np.hypot(two - two_low, one_high - one), np.hypot(two_high - two, one - one_low)
    return np.stack([two - one - below, two - one + above])
