"""Intervals of mean strengths over viewers, for many seconds (or lines) of one film at once.

Strengths lie between 0 and 1, mostly near 0, and some viewers miss what others feel: Student's interval and
the percentile bootstrap over viewers are then too narrow, above all where by luck nobody reacted
(`benchmarks/validity.py` prints how often each holds the truth). So the interval is Wilson's, as for a share,
with the number of viewers divided by the dispersion φ = variance / (mean · (1 − mean)) (as for shares from
surveys: Korn & Graubard, 1998). A second's own φ, from few viewers, is moderated by the whole film's (as
variances of few samples are: Smyth, 2004), the more the fewer of them felt anything.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from moviemotion.statistics import Z95, Float64Array, student_t_quantile

_TINY = 1e-12
_FILM_DEGREES_OF_FREEDOM = 3.0
"""Degrees of freedom that the film's dispersion has beside a second's own, where as much is felt."""


def strength_intervals(
    values: Float64Array, weight: NDArray[np.floating] | None = None
) -> tuple[Float64Array, Float64Array, Float64Array]:
    """Mean over viewers and its 95 % interval.

    Args:
        values: (V, S) or (V, S, F) strengths 0–1, NaN where not seen; S seconds or lines of one film.
        weight: (V, S) how far each is to be trusted, 0–1; by default all alike.

    Returns:
        mean, low, high, each (S,) or (S, F): NaN without values; low and high NaN with fewer than two.
    """
    x = values if values.ndim == 3 else values[:, :, None]
    seen = ~np.isnan(x[:, :, 0])
    w = np.where(seen, 1.0 if weight is None else weight, 0.0)[:, :, None]
    x = np.nan_to_num(x)
    with np.errstate(invalid="ignore", divide="ignore"):
        total = w.sum(axis=0)
        n = total**2 / (w**2).sum(axis=0)  # as many viewers of one weight would tell as much (Kish, 1965)
        mean = (w * x).sum(axis=0) / total
        variance = (w * (x - mean) ** 2).sum(axis=0) / total * n / (n - 1)
        enough = (seen.sum(axis=0) > 1)[:, None]
        product = np.maximum(mean * (1 - mean), _TINY)
        of_film = [np.where(enough, each, 0).sum(axis=0) / enough.sum() for each in (variance, product)]
        freedom = np.maximum(n - 1, _TINY)
        own = student_t_quantile(freedom) ** 2 * variance
        # The film's dispersion rests on all its seconds, so its quantile is the normal's.
        k = (
            (freedom * own + _FILM_DEGREES_OF_FREEDOM * Z95**2 * of_film[0])
            / (freedom * product + _FILM_DEGREES_OF_FREEDOM * of_film[1])
            / n
        )
        centre = (mean + k / 2) / (1 + k)
        half = np.sqrt(k * mean * (1 - mean) + k**2 / 4) / (1 + k)
        low, high = (np.where(enough, np.clip(c, 0, 1), np.nan) for c in (centre - half, centre + half))
    if values.ndim == 3:
        return mean, low, high
    return mean[:, 0], low[:, 0], high[:, 0]


def difference_intervals(first: Float64Array, second: Float64Array) -> Float64Array:
    """(2, S) or (2, S, F) the 95 % interval of the second group's mean less the first's.

    Each mean's distances to the ends of its own interval are added as squares (Zou & Donner, 2008), so that
    neither a normal distribution nor the same spread in both groups is needed.

    Args:
        first, second: (V, S) or (V, S, F) of other viewers each, as for `strength_intervals`.
    """
    one, one_low, one_high = strength_intervals(first)
    two, two_low, two_high = strength_intervals(second)
    below, above = np.hypot(two - two_low, one_high - one), np.hypot(two_high - two, one - one_low)
    return np.stack([two - one - below, two - one + above])
