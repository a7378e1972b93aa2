"""The moving mean of one viewer's samples, from which the peak of each second is taken.

The output of the emotion model fluctuates from frame to frame. A single sample is therefore no evidence of an
expression, but a mean over the time that a brief laugh lasts is.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

WINDOW_SECONDS = 0.6
"""Width of the window in seconds: the shortest expression that is measured at its full strength.

In rendered faces, peaks over this window agree with the true intensity as well as means over whole seconds do
(`benchmarks/people.py`).
"""


def moving_mean(
    time: NDArray[np.float64], probabilities: NDArray[np.floating], weight: NDArray[np.floating]
) -> NDArray[np.float64]:
    """Average the samples of one viewer in a window around each sample.

    Args:
        time: (n,) seconds in ascending order, not necessarily evenly spaced.
        probabilities: (n, 8) emotion probabilities.
        weight: (n,) quality weights, greater than 0.

    Returns:
        (n, 8) mean of the samples at most half of `WINDOW_SECONDS` away, weighted by quality.
    """
    w = weight.astype(np.float64)[:, None]
    own = w * probabilities
    total, norm = own.copy(), w.copy()
    # Adds the samples k places before and after each one, for all samples at once. Since times are ascending,
    # the loop can stop at the first k for which every pair is too far apart.
    for k in range(1, len(time)):
        near = (time[k:] - time[:-k] <= WINDOW_SECONDS / 2 + 1e-6)[:, None]
        if not near.any():
            break
        total[k:] += near * own[:-k]
        total[:-k] += near * own[k:]
        norm[k:] += near * w[:-k]
        norm[:-k] += near * w[k:]
    return total / norm
