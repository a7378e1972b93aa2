"""Retiming: correct the times of subtitles that were made for another transfer of the film.

Films shot at 24 frames per second are shown at 25 on PAL video and at 23.976 on NTSC video. Subtitles made
for another transfer therefore drift by up to 4 %, which amounts to minutes by the end of a film. The
relationship is linear: film time = speed · subtitle time + offset, where the speed is a ratio of two frame
rates.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.stats import theilslopes

from moviemotion.screenplay.subtitles.parse import Subtitle

_FRAME_RATES = (23.976, 24.0, 25.0, 29.97, 30.0)
_RATIO_TOLERANCE = 0.002
"""A fitted speed this close to a ratio of frame rates is replaced by that ratio."""
_MIN_POINTS = 5
_MAX_MEDIAN_ERROR = 5.0
"""Median error in seconds above which no single linear relationship fits the points."""


@dataclass(frozen=True)
class Retiming:
    """A linear map from subtitle time t to film time, `speed` · t + `offset`, in seconds.

    Attributes:
        speed: film seconds per subtitle second.
        offset: film time at subtitle time 0, in seconds.
        median_error: median absolute error at the fitted points, in seconds.
        n_points: the number of fitted points.
    """

    speed: float
    offset: float
    median_error: float
    n_points: int

    def apply(self, subtitles: Sequence[Subtitle]) -> tuple[Subtitle, ...]:
        """Convert subtitles to film time."""
        return tuple(
            replace(s, start=self.speed * s.start + self.offset, end=self.speed * s.end + self.offset)
            for s in subtitles
        )


def fit_retiming(subtitle_times: Sequence[float], film_times: Sequence[float]) -> Retiming | None:
    """Fit a retiming to points with known subtitle and film times, such as scenes in a timing sheet.

    The speed is the Theil-Sen estimate: the median slope over all pairs of points. It tolerates up to 29 %
    outliers. A speed within 0.002 of a ratio of common frame rates is replaced by that ratio.

    Args:
        subtitle_times: subtitle times of the points, in seconds.
        film_times: film times of the points, in seconds.

    Returns:
        The retiming; None if there are fewer than five points or no retiming fits them.
    """
    x, y = np.asarray(subtitle_times, float), np.asarray(film_times, float)
    if len(x) < _MIN_POINTS or np.ptp(x) == 0:
        return None
    speed = float(theilslopes(y, x).slope)
    ratios = [a / b for a in _FRAME_RATES for b in _FRAME_RATES]
    nearest = min(ratios, key=lambda ratio: abs(ratio - speed))
    if abs(nearest - speed) <= _RATIO_TOLERANCE:
        # An error of 0.001 in the speed amounts to 7 s after two hours; the exact ratio does not drift.
        speed = nearest
    offset = float(np.median(y - speed * x))
    error = float(np.median(np.abs(y - speed * x - offset)))
    return Retiming(speed, offset, error, len(x)) if error <= _MAX_MEDIAN_ERROR else None
