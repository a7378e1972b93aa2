"""How far a face is from its usual place: evidence that somebody stood up, without saying where they sat."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import median_filter

from moviemotion.statistics import grouped_medians

USUAL_SECONDS = 57
"""Number of seconds before a sample from which the usual place of the face is taken."""
RECENT_SECONDS = 3
"""Number of seconds just before a sample that do not count, so that somebody who is leaving is compared with
before."""


def face_displacements(
    viewer: NDArray[np.int16], time: NDArray[np.float64], box: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Measure how far faces are from the median place of the same viewer's face in the minute before.

    The minute is counted in seconds in which the viewer was seen, so that the first place after an absence is
    compared with the place before it.

    Args:
        viewer: (n,) viewer of each sample.
        time: (n,) film time of each sample, in seconds.
        box: (n, 4) left, top, right and bottom of each face box, in pixels; NaN if unknown.

    Returns:
        (n,) distances in units of the usual face size; NaN where too little was seen before.
    """
    result = np.full(len(time), np.nan, np.float32)
    for each in np.unique(viewer):
        rows = np.flatnonzero((viewer == each) & np.isfinite(box).all(axis=1))
        rows = rows[np.argsort(time[rows], kind="stable")]
        if not len(rows):
            continue
        left, top, right, bottom = box[rows].astype(np.float64).T
        place = np.stack([(left + right) / 2, (top + bottom) / 2, np.maximum(right - left, bottom - top)])
        second = np.floor(time[rows]).astype(np.int64)
        seconds, by_second = grouped_medians(place.T, second)
        around = median_filter(by_second, size=(USUAL_SECONDS, 1), mode="nearest")
        # The middle of the window that ends just before the recent seconds.
        middle = np.arange(len(seconds)) - RECENT_SECONDS - USUAL_SECONDS // 2
        usual = around[np.maximum(middle, 0)]
        usual[:RECENT_SECONDS] = np.nan
        x, y, size = usual[np.searchsorted(seconds, second)].T
        result[rows] = np.hypot(place[0] - x, place[1] - y) / np.maximum(size, 1)
    return result
