"""Viewers who react together when the others do not: neighbors who infect each other, or one person twice.

The film moves all viewers, so each viewer's curves are compared with those of another viewer only after the
part that the rest of the room explains has been removed. What two viewers share beyond that does not come
from the film. Such viewers are not independent witnesses, and the null model shifts them as one block.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d
from scipy.special import ndtri

from moviemotion.statistics import Float64Array

MIN_BLOCKS = 3
"""Viewers are joined as long as this many blocks of the same size would be left to shift."""
MIN_EXCESS = 3.0
"""Smallest residual correlation that joins two viewers, in units of its standard deviation by chance."""
NEARLY_IDENTICAL = 0.4
"""Residual correlation above which two viewers may be one person; of independent viewers in simulated rooms,
the most similar pair reaches 0.3."""
MIN_OUTLIER = 6.0
"""Distance of such a pair from the median pair, in standard deviations of all pairs (from their MAD). In a
film with many reactions, viewers who are equally quick are alike, too, but then so are many pairs."""
TAIL_ALLOWANCE = 0.3
"""Added to the normal quantile for many pairs, because correlations of short reactions have heavier tails."""
_TREND_SECONDS = 61
_LAGS = 12
_MIN_NORM = 1e-9


def residual_correlations(strength: Float64Array) -> tuple[Float64Array, Float64Array]:
    """Correlate what the rest of the room does not explain, for each pair of viewers.

    Args:
        strength: (V, S, 7) each viewer's strengths, NaN where not seen.

    Returns:
        (V, V) correlations, and (V, V) their standard deviation by chance: the root mean square of the
        correlations of the same curves at large lags, but at least the typical one of the two viewers.
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
    # All lags may miss the few coincidences of a pair, so its variance is at least what the other pairs of
    # both viewers suggest.
    typical = variance.mean(axis=1)
    variance = np.maximum(variance, np.sqrt(np.outer(typical, typical)))
    return flat @ flat.T, np.sqrt(variance)


def nearly_identical_viewers(strength: Float64Array) -> tuple[tuple[int, int, float], ...]:
    """Find pairs of viewers who may be one person in front of two cameras.

    Args:
        strength: (V, S, 7) each viewer's strengths, NaN where not seen.

    Returns:
        Index of the first and the second viewer and their residual correlation, the most similar pair first.
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
        (V,) block of each viewer, numbered from 0; a joined block has at most a third of the viewers, or two.
    """
    correlation, by_chance = residual_correlations(strength)
    excess = correlation / np.maximum(by_chance, _MIN_NORM)
    block, largest = blocks.copy(), max(len(blocks) // MIN_BLOCKS, 2)
    one, other = np.triu_indices(len(block), 1)
    # In larger rooms, more pairs exceed a fixed limit by chance: about one pair is allowed to.
    least = max(MIN_EXCESS, float(ndtri(1 - 1 / len(one))) + TAIL_ALLOWANCE) if len(one) > 1 else MIN_EXCESS
    for k in np.argsort(-excess[one, other]):
        if excess[one[k], other[k]] < least:
            break
        first, second = block[one[k]], block[other[k]]
        if first != second and (block == first).sum() + (block == second).sum() <= largest:
            block[block == second] = first
    return np.unique(block, return_inverse=True)[1].astype(np.int64)
