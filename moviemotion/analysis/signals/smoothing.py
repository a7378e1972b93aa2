"""Smoothing over time, without delay on a recording and with a known one live.

A face moves slowly and a reading flickers. Each sample becomes the mean of those around it, by a Gaussian
cut off at `REACH`. As it looks as far ahead as back it shifts nothing: a smile keeps its second. A live
reading is therefore final `REACH` seconds later. A causal filter, which need not wait, was measured
(benchmarks/people.py): its lag costs as much as its smoothing gains.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

SIGMA_SECONDS = 0.6
"""Standard deviation of the Gaussian, seconds."""
RADIUS_SECONDS = 1.2
"""Seconds ahead and back: the delay after which a live reading is final."""


def smooth(
    time: NDArray[np.float64], probabilities: NDArray[np.floating], weight: NDArray[np.floating]
) -> NDArray[np.float64]:
    """The readings of one viewer, smoothed.

    Args:
        time: (n,) seconds, ascending.
        emotions: (n, 8) probabilities.
        weight: (n,) above 0.

    Returns:
        (n, 8) the mean around each sample, by weight and nearness; rows still sum to one.
    """
    w = weight.astype(np.float64)[:, None]
    own = w * probabilities
    total, norm = own.copy(), w.copy()
    for k in range(1, len(time)):
        apart = time[k:] - time[:-k]
        if apart.min() > RADIUS_SECONDS:
            break
        near = np.where(apart <= RADIUS_SECONDS, np.exp(-0.5 * (apart / SIGMA_SECONDS) ** 2), 0)[:, None]
        total[k:] += near * own[:-k]
        total[:-k] += near * own[k:]
        norm[k:] += near * w[:-k]
        norm[:-k] += near * w[k:]
    return total / norm
