"""Decides whether a value describes fewer than five people, although more were seen.

A mean over twelve viewers describes one viewer if only that viewer felt anything: multiplied by twelve, it is
that viewer's strength. Statistical agencies therefore withhold a total if a few contributors account for
nearly all of it (the dominance rule; Hundepool et al., 2012, Statistical Disclosure Control, section 4.2.2).
The same rule is used here for means, and the threshold rule for counts.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from moviemotion.analysis.script_emotions import MIN_DOMINANT_STRENGTH
from moviemotion.privacy.disclosure import MIN_GROUP_SIZE
from moviemotion.statistics import Float64Array

MIN_REST_SHARE = 0.1
"""Smallest share of a total that must come from viewers other than the four who contribute most."""


def is_count_of_few(count: ArrayLike) -> NDArray[np.bool_]:
    """Whether a number of viewers is 1 to 4. Zero says nothing about anyone in particular."""
    return np.asarray((np.asarray(count) > 0) & (np.asarray(count) < MIN_GROUP_SIZE))


def is_mean_of_few(
    contributions: Float64Array, noticeable: float = MIN_DOMINANT_STRENGTH
) -> NDArray[np.bool_]:
    """Whether fewer than five viewers account for nearly all of a mean, and at least one noticeably.

    Args:
        contributions: (V, ...) each viewer's value, NaN where not seen; only its size matters.
        noticeable: largest contribution that says nothing about anyone. A weaker emotion than the default is
            not reported as one anywhere.

    Returns:
        (...) whether the mean over the viewers describes fewer than five of them.
    """
    size = np.abs(np.nan_to_num(contributions))
    few = MIN_GROUP_SIZE - 1
    if len(size) <= few:
        return np.asarray((size > noticeable).any(axis=0))
    ordered = np.partition(size, len(size) - few, axis=0)
    largest, rest = ordered[-few:], ordered[:-few].sum(axis=0)
    is_noticeable = largest.max(axis=0) > noticeable
    return np.asarray(is_noticeable & (rest < MIN_REST_SHARE * (rest + largest.sum(axis=0))))


def is_spread_of_few(
    contributions: Float64Array, noticeable: float = MIN_DOMINANT_STRENGTH
) -> NDArray[np.bool_]:
    """Whether an interval around a mean describes fewer than five viewers; see `is_mean_of_few`.

    An interval follows from the squares of the viewers' values. Together with the mean, it would reveal a
    single large value among many small ones.
    """
    return is_mean_of_few(contributions**2, noticeable**2)
