"""Smoothing of one viewer's samples over time.

A face changes slowly, but the output of the emotion model flickers from frame to frame. Each sample is
replaced by the mean of the samples around it, weighted by a Gaussian that is cut off at `RADIUS_SECONDS`.
The kernel is symmetric, so it does not shift a reaction in time. The price is that a live sample is final
only `RADIUS_SECONDS` later. A causal filter, which would not have to wait, was measured
(`benchmarks/people.py`): its lag costs as much accuracy as its smoothing gains.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

SIGMA_SECONDS = 0.6
"""Standard deviation of the Gaussian, seconds."""
RADIUS_SECONDS = 1.2
"""Reach of the kernel in both directions, seconds: the delay after which a live sample is final."""


def smooth(
    time: NDArray[np.float64], probabilities: NDArray[np.floating], weight: NDArray[np.floating]
) -> NDArray[np.float64]:
    """Smooth the samples of one viewer.

    Args:
        time: (n,) seconds, ascending; need not be evenly spaced.
        probabilities: (n, 8).
        weight: (n,) quality weights above 0.

    Returns:
        (n, 8) mean around each sample, weighted by quality and by distance in time; rows still sum to one.
    """
    w = weight.astype(np.float64)[:, None]
    own = w * probabilities
    total, norm = own.copy(), w.copy()
    # Adds the samples k places before and after each one, for all samples at once. As time ascends, the loop
    # can stop at the first k at which every pair is farther apart than the kernel reaches.
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
