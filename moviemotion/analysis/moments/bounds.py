"""Where a moment starts and ends: the times by which half of the reacting viewers have started and stopped.

The bounds come from the viewers' own reactions rather than from a fraction of the peak of the audience curve.
In a room in which some viewers smile throughout, the curve never falls to half of its peak, so that moments
would have no end.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from moviemotion.analysis.signals.audience_curve import REACTION_THRESHOLD
from moviemotion.statistics import Float64Array

PEAK_SECONDS = 1
"""Seconds before and after the peak in which a viewer must react to count as reacting at the peak."""
MAX_GAP = 2
"""Longest interruption, in seconds, that does not end a viewer's reaction."""
_SHARE_OF_OWN_PEAK = 0.5


def reacting_viewers(curves: Float64Array, peak: int) -> NDArray[np.bool_]:
    """Find the viewers who react within `PEAK_SECONDS` of a peak.

    Args:
        curves: (V, S) strengths of one emotion, NaN where not seen.
        peak: column of the peak.

    Returns:
        (V,) whether each viewer reaches `REACTION_THRESHOLD`.
    """
    near = np.nan_to_num(curves[:, max(peak - PEAK_SECONDS, 0) : peak + PEAK_SECONDS + 1])
    return np.asarray(near.max(axis=1) >= REACTION_THRESHOLD)


def moment_bounds(curves: Float64Array, peak: int) -> tuple[int, int]:
    """Find the start and the end of a moment from the viewers who react at its peak.

    Each of these viewers' reactions extends from the peak in both directions as long as the strength is at
    least half of its value at the peak, apart from gaps of up to `MAX_GAP` seconds.

    Args:
        curves: (V, S) strengths of one emotion, NaN where not seen.
        peak: column of the peak, at which at least one viewer reacts.

    Returns:
        The first column and the column after the last one, each as the median over these viewers.
    """
    starts, stops = [], []
    first = max(peak - PEAK_SECONDS, 0)
    for viewer in np.flatnonzero(reacting_viewers(curves, peak)):
        curve = np.nan_to_num(curves[viewer])
        own_peak = first + int(curve[first : peak + PEAK_SECONDS + 1].argmax())
        on = curve >= _SHARE_OF_OWN_PEAK * curve[own_peak]
        starts.append(own_peak - _length(on[own_peak::-1]) + 1)
        stops.append(own_peak + _length(on[own_peak:]))
    start, stop = int(np.median(starts)), int(np.ceil(np.median(stops)))
    return min(start, peak), max(stop, peak + 1)


def _length(on: NDArray[np.bool_]) -> int:
    """Number of seconds before the first gap of more than `MAX_GAP`; the first second is always on."""
    at = np.flatnonzero(on)
    gap = np.flatnonzero(np.diff(at) > MAX_GAP + 1)
    return int(at[gap[0]] if len(gap) else at[-1]) + 1
