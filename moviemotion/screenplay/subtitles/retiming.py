"""Subtitles made for another transfer of the film run on another clock: find it, and set it right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.stats import theilslopes

from moviemotion.screenplay.subtitles.parse import Subtitle

_FRAME_RATES = (23.976, 24.0, 25.0, 29.97, 30.0)
_RATIO_TOLERANCE = 0.002
"""A fitted speed this near to a ratio of frame rates is that ratio."""
_MIN_POINTS = 5
_MAX_MEDIAN_ERROR = 5.0
"""Seconds of error at the median beyond which the points do not lie on one clock."""


@dataclass(frozen=True)
class Retiming:
    """Film time of a subtitle's time: `speed` · t + `offset`, seconds.

    Attributes:
        error: median absolute distance of the points from it, seconds.
        n: how many points it was fitted to.
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
    """Fit a clock to points known in both times, such as scenes in a timing sheet.

    The slope is Theil and Sen's median of slopes, which bears up to 29 % of wrong points; a speed near a
    ratio of frame rates in use is taken to be that ratio.

    Returns:
        None where there are fewer than five points, or they do not lie on one clock.
    """
    x, y = np.asarray(subtitle_times, float), np.asarray(film_times, float)
    if len(x) < _MIN_POINTS or np.ptp(x) == 0:
        return None
    speed = float(theilslopes(y, x).slope)
    ratios = [a / b for a in _FRAME_RATES for b in _FRAME_RATES]
    nearest = min(ratios, key=lambda ratio: abs(ratio - speed))
    if abs(nearest - speed) <= _RATIO_TOLERANCE:
        speed = nearest
    offset = float(np.median(y - speed * x))
    error = float(np.median(np.abs(y - speed * x - offset)))
    return Retiming(speed, offset, error, len(x)) if error <= _MAX_MEDIAN_ERROR else None
