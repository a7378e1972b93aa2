"""Intervals of mean strengths over viewers, for many seconds (or lines) of one film at once.

Strengths lie between 0 and 1, mostly near 0, and some viewers miss what others react to. Student's interval
and the percentile bootstrap over viewers are then too narrow, above all in seconds in which by chance no
viewer reacted: there the sample variance is 0 and the interval has no width (`benchmarks/validity.py`
prints how often each method covers the true mean).

The interval used here is Wilson's, as for a share, with the number of viewers divided by the dispersion φ =
variance / (mean · (1 − mean)), as is done for shares in surveys (Korn & Graubard, 1998). The φ of a single
second is estimated from few viewers. It is therefore moderated by the φ of the entire film, as variances of
small samples are in genomics (Smyth, 2004): the film's φ counts like `_FILM_DEGREES_OF_FREEDOM` further
viewers, and it dominates where little was shown.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from moviemotion.statistics import Z95, Float64Array, student_t_quantile

_TINY = 1e-12
_FILM_DEGREES_OF_FREEDOM = 3.0
"""Degrees of freedom of the film's dispersion, in a second with an average amount of emotion.

A few, so that seconds with many viewers keep their own dispersion.
"""


def strength_intervals(
    values: Float64Array, weight: NDArray[np.floating] | None = None
) -> tuple[Float64Array, Float64Array, Float64Array]:
    """Mean over viewers and its 95 % interval.

    Args:
        values: (V, S) or (V, S, F) strengths 0–1, NaN where not seen; S seconds or lines of one film.
        weight: (V, S) quality weights, 0–1; by default all are equal.

    Returns:
        mean, low, high, each (S,) or (S, F): NaN without values; low and high NaN with fewer than two.
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
        # A weighted variance with Kish's correction; with equal weights it is the usual one, with n − 1.
        film_mean = [np.where(enough, each, 0).sum(axis=0) / enough.sum() for each in (variance, product)]
        freedom = np.maximum(n - 1, _TINY)
        scaled_variance = student_t_quantile(freedom) ** 2 * variance
        # The film's dispersion rests on all of its seconds, so its quantile is that of the normal
        # distribution.
        k = (
            (freedom * scaled_variance + _FILM_DEGREES_OF_FREEDOM * Z95**2 * film_mean[0])
            / (freedom * product + _FILM_DEGREES_OF_FREEDOM * film_mean[1])
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
    """95 % interval of the second group's mean minus the first group's.

    The distances from each mean to the ends of its own interval are combined as root sums of squares (Zou &
    Donner, 2008). This needs neither a normal distribution nor equal variances in both groups.

    Args:
        first, second: (V, S) or (V, S, F) of different viewers, as for `strength_intervals`.

    Returns:
        (2, S) or (2, S, F), low then high.
    """
    one, one_low, one_high = strength_intervals(first)
    two, two_low, two_high = strength_intervals(second)
    below, above = np.hypot(two - two_low, one_high - one), np.hypot(two_high - two, one - one_low)
    return np.stack([two - one - below, two - one + above])
