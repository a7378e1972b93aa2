"""Retiming: find and correct the clock of subtitles that were made for another transfer of the film.

Films shot at 24 frames per second are shown at 25 on PAL video and at 23.976 on NTSC video, so subtitles of
another transfer drift by up to 4 %, which is minutes at the end of a film. The relation is linear: film time
= speed · subtitle time + offset, and the speed is a ratio of two frame rates.
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
"""Median error in seconds above which the points do not belong to one clock."""


@dataclass(frozen=True)
class Retiming:
    """The film time of a subtitle time t is `speed` · t + `offset`, in seconds.

    Attributes:
        speed: film seconds per subtitle second.
        offset: film time in seconds of subtitle time 0.
        median_error: median absolute error of the points it was fitted to, in seconds.
        n_points: how many points it was fitted to.
    """

    speed: float
    offset: float
    median_error: float
    n_points: int

    def apply(self, subtitles: Sequence[Subtitle]) -> tuple[Subtitle, ...]:
        """The subtitles in film time."""
        return tuple(
            replace(s, start=self.speed * s.start + self.offset, end=self.speed * s.end + self.offset)
            for s in subtitles
        )


def fit_retiming(subtitle_times: Sequence[float], film_times: Sequence[float]) -> Retiming | None:
    """Fit a retiming to points whose time is known on both clocks, such as scenes in a timing sheet.

    The speed is the Theil-Sen estimator, the median of the slopes between all pairs of points, which
    tolerates up to 29 % of wrong points. A speed within 0.002 of a ratio of common frame rates is replaced by
    it.

    Args:
        subtitle_times: times of the points by the subtitles, in seconds.
        film_times: their film times, in seconds.

    Returns:
        None if there are fewer than five points, or if they do not belong to one clock.
    """
    x, y = np.asarray(subtitle_times, float), np.asarray(film_times, float)
    if len(x) < _MIN_POINTS or np.ptp(x) == 0:
        return None
    speed = float(theilslopes(y, x).slope)
    ratios = [a / b for a in _FRAME_RATES for b in _FRAME_RATES]
    nearest = min(ratios, key=lambda ratio: abs(ratio - speed))
    if abs(nearest - speed) <= _RATIO_TOLERANCE:
        # An error of 0.001 in speed is 7 s after two hours; the exact ratio has no drift.
        speed = nearest
    offset = float(np.median(y - speed * x))
    error = float(np.median(np.abs(y - speed * x - offset)))
    return Retiming(speed, offset, error, len(x)) if error <= _MAX_MEDIAN_ERROR else None
