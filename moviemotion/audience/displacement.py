"""How far a face is from its usual place: evidence that somebody stood up, without saying where they sat."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

USUAL_SECONDS = 60
"""Seconds before a sample from which the usual place of the face is taken."""
RECENT_SECONDS = 3
"""Seconds before a sample that do not count, so that somebody who is just leaving is compared with before."""


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
        _, first, index = np.unique(second, return_index=True, return_inverse=True)
        by_second = np.array([np.median(part, axis=1) for part in np.split(place, first[1:], axis=1)])
        usual = np.full_like(by_second, np.nan)
        for k in range(RECENT_SECONDS, len(by_second)):
            usual[k] = np.median(by_second[max(k - USUAL_SECONDS, 0) : k - RECENT_SECONDS + 1], axis=0)
        x, y, size = usual[index].T
        result[rows] = np.hypot(place[0] - x, place[1] - y) / np.maximum(size, 1)
    return result
