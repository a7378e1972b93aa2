"""Smoothing of one viewer's samples over time.

Faces change slowly, but the output of the emotion model fluctuates from frame to frame. Each sample is
replaced by the mean of the samples around it, weighted by a Gaussian that is truncated at `RADIUS_SECONDS`.
The kernel is symmetric, so it does not shift reactions in time. As a consequence, a live sample is final only
`RADIUS_SECONDS` later. A causal filter would avoid this delay, but measurements (`benchmarks/people.py`) show
that its lag costs as much accuracy as its smoothing gains.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

SIGMA_SECONDS = 0.6
"""Standard deviation of the Gaussian, in seconds."""
RADIUS_SECONDS = 1.2
"""Radius of the kernel, in seconds; also the delay after which a live sample is final."""


def smooth(
    time: NDArray[np.float64], probabilities: NDArray[np.floating], weight: NDArray[np.floating]
) -> NDArray[np.float64]:
    """Smooth the samples of one viewer.

    Args:
        time: (n,) seconds in ascending order, not necessarily evenly spaced.
        probabilities: (n, 8) emotion probabilities.
        weight: (n,) quality weights, greater than 0.

    Returns:
        (n, 8) mean around each sample, weighted by quality and by distance in time; rows still sum to 1.
    """
    w = weight.astype(np.float64)[:, None]
    own = w * probabilities
    total, norm = own.copy(), w.copy()
    # Adds the samples k places before and after each one, for all samples at once. Since times are ascending,
    # the loop can stop at the first k for which every pair is farther apart than the radius of the kernel.
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
