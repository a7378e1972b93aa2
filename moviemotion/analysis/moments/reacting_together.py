"""Viewers who react together when the others do not: neighbors who infect each other, or duplicates.

A duplicate is one person who was recorded by two cameras. The film affects all viewers, so the part of each
viewer's curves that the rest of the room explains is removed before the curves of two viewers are compared.
Any remaining similarity does not come from the film. Such viewers do not provide independent evidence, and
the null model shifts them as one block.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d
from scipy.special import ndtri

from moviemotion.statistics import Float64Array

MIN_BLOCKS = 3
"""A joined block is limited to the number of viewers divided by this value, so that enough blocks remain."""
MIN_EXCESS = 3.0
"""Smallest residual correlation that joins two viewers, in multiples of its standard deviation by chance."""
NEARLY_IDENTICAL = 0.4
"""Residual correlation above which two viewers may be one person. Among independent viewers in simulated
rooms, the most similar pair reaches 0.3."""
MIN_OUTLIER = 6.0
"""Smallest distance of such a pair from the median pair, in standard deviations over all pairs (estimated
from their MAD). In a film with many reactions, viewers who react equally quickly are similar, but then many
pairs are."""
TAIL_ALLOWANCE = 0.3
"""Added to the normal quantile for many pairs, because correlations of short reactions have heavier tails."""
_TREND_SECONDS = 61
_LAGS = 12
_MIN_NORM = 1e-9


def residual_correlations(strength: Float64Array) -> tuple[Float64Array, Float64Array]:
    """Correlate the parts of two viewers' curves that the rest of the room does not explain, for each pair.

    Args:
        strength: (V, S, 7) each viewer's strengths, NaN where not seen.

    Returns:
        The (V, V) correlations, and the (V, V) standard deviations that they would have by chance. Each
        standard deviation is the root mean square of the correlations of the same curves at large lags, but
        not less than the typical value for these two viewers.
    """
    seen = ~np.isnan(strength[:, :, :1])
    x = np.where(seen, strength, 0.0)
    x = np.where(seen, x - uniform_filter1d(x, _TREND_SECONDS, axis=1, mode="nearest"), 0.0)
    x = uniform_filter1d(x, 3, axis=1, mode="nearest")
    n = seen.sum(axis=0)
    others = np.where(seen, (x.sum(axis=0) - x) / np.maximum(n - seen, 1), 0.0)
    slope = (x * others).sum(axis=1, keepdims=True) / np.maximum(
        (others**2).sum(axis=1, keepdims=True), _MIN_NORM
    )
    residual = x - slope * others
    residual /= np.sqrt(np.maximum((residual**2).sum(axis=(1, 2), keepdims=True), _MIN_NORM))
    flat = residual.reshape(len(x), -1)
    seconds = x.shape[1]
    lagged = np.zeros((len(x), len(x)))
    for k in range(1, _LAGS + 1):
        shifted = np.roll(residual, k * seconds // (_LAGS + 1), axis=1).reshape(len(x), -1)
        lagged += (flat @ shifted.T) ** 2
    variance = (lagged + lagged.T) / (2 * _LAGS)
    # The few coincidences of a pair may be missed at all of these lags, so its variance is set to at least
    # the value that the other pairs of both viewers suggest.
    typical = variance.mean(axis=1)
    variance = np.maximum(variance, np.sqrt(np.outer(typical, typical)))
    return flat @ flat.T, np.sqrt(variance)


def nearly_identical_viewers(strength: Float64Array) -> tuple[tuple[int, int, float], ...]:
    """Find pairs of viewers who may be one person in front of two cameras.

    Args:
        strength: (V, S, 7) each viewer's strengths, NaN where not seen.

    Returns:
        For each pair, the indices of both viewers and their residual correlation, the most similar pair
        first.
    """
    correlation, by_chance = residual_correlations(strength)
    one, other = np.triu_indices(len(correlation), 1)
    r = correlation[one, other]
    if not len(r):
        return ()
    spread = 1.4826 * float(np.median(np.abs(r - np.median(r))))
    outlier = r >= np.median(r) + MIN_OUTLIER * spread
    alike = outlier & (r >= NEARLY_IDENTICAL) & (r >= MIN_EXCESS * by_chance[one, other])
    pairs = ((int(one[k]), int(other[k]), float(r[k])) for k in np.flatnonzero(alike))
    return tuple(sorted(pairs, key=lambda pair: -pair[2]))


def blocks_of_viewers(strength: Float64Array, blocks: NDArray[np.int64]) -> NDArray[np.int64]:
    """Join viewers who react together beyond what the room explains.

    Args:
        strength: (V, S, 7) each viewer's strengths, NaN where not seen.
        blocks: (V,) blocks known from the seats, numbered from 0; one per viewer without a seat map.

    Returns:
        (V,) block of each viewer, numbered from 0; a joined block has at most a third of the viewers, or two
        viewers if that is more.
    """
    correlation, by_chance = residual_correlations(strength)
    excess = correlation / np.maximum(by_chance, _MIN_NORM)
    block, largest = blocks.copy(), max(len(blocks) // MIN_BLOCKS, 2)
    one, other = np.triu_indices(len(block), 1)
    # In larger rooms, more pairs would exceed a fixed limit by chance. This limit lets about one pair do so.
    least = max(MIN_EXCESS, float(ndtri(1 - 1 / len(one))) + TAIL_ALLOWANCE) if len(one) > 1 else MIN_EXCESS
    for k in np.argsort(-excess[one, other]):
        if excess[one[k], other[k]] < least:
            break
        first, second = block[one[k]], block[other[k]]
        if first != second and (block == first).sum() + (block == second).sum() <= largest:
            block[block == second] = first
    return np.unique(block, return_inverse=True)[1].astype(np.int64)
