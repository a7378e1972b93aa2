"""The moment test of version 0.1.0, kept as the reference to which `rooms.py` compares today's test.

Each viewer's curves were smoothed over 3 s and shifted in a circle over the whole film. The statistic of a
second was the sum of the viewers' deviations from their own means, divided by its standard deviation.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from moviemotion.analysis.moments.null_model import adjusted_p_values

Float64Array = NDArray[np.float64]

MIN_VARIANCE = 1e-12
SHIFTS = 1000


def p_values(strength: Float64Array, seed: int) -> Float64Array:
    """Compute the adjusted p-value of each second and emotion.

    Args:
        strength: (V, S, 7) each viewer's strengths, NaN where not seen.
        seed: random seed for the shifts.
    """
    curves = smooth(strength)
    seen = ~np.isnan(curves[:, :, :1])
    n = np.maximum(seen.sum(axis=1, keepdims=True), 1)
    x = np.where(seen, curves, 0.0)
    deviation = np.where(seen, x - x.sum(axis=1, keepdims=True) / n, 0.0)
    variance = (deviation**2).sum(axis=1, keepdims=True) / n * seen
    rng = np.random.default_rng(seed)
    both = np.concatenate([deviation, variance], axis=2).astype(np.float32)
    twice = np.concatenate([both, both], axis=1)
    viewers, seconds = seen.shape[:2]
    maxima = []
    for shifts in rng.integers(0, seconds, (SHIFTS, viewers)):
        total = np.zeros_like(both[0])
        for viewer, by in enumerate(shifts.tolist()):
            total += twice[viewer, seconds - by : 2 * seconds - by]
        maxima.append(standardized(total).max(axis=0))
    return adjusted_p_values(standardized(both.sum(axis=0)), np.array(maxima, np.float64))


def standardized(total: NDArray[np.float32]) -> Float64Array:
    """(S, 2F) sums of deviations and of variances → (S, F) standardized sums."""
    emotions = total.shape[1] // 2
    return np.asarray(total[:, :emotions] / np.sqrt(np.maximum(total[:, emotions:], MIN_VARIANCE)))


def smooth(strength: Float64Array) -> Float64Array:
    """Running mean of the seen seconds over 3 s; unseen seconds stay NaN."""
    seen = ~np.isnan(strength)
    edge = ((0, 0), (1, 1), (0, 0))
    filled, count = np.pad(np.where(seen, strength, 0), edge), np.pad(seen.astype(float), edge)
    spans = [slice(k, k + strength.shape[1]) for k in range(3)]
    total = np.sum([filled[:, span] for span in spans], axis=0)
    n = np.sum([count[:, span] for span in spans], axis=0)
    return np.where(seen, total / np.maximum(n, 1), np.nan)
