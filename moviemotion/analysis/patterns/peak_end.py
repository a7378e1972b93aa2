"""The peak and the end of a screening.

How people remember an experience depends mostly on its strongest moment and its end, and hardly on its
duration (Kahneman et al., 1993, Psychological Science 4:401).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from moviemotion.analysis.moments.detection import Moment
from moviemotion.emotions import NON_NEUTRAL_EMOTIONS, Emotion
from moviemotion.statistics import Float64Array, mean_interval, paired_difference_interval

END_SECONDS = 120
"""Length of the part that counts as the end of a film, in seconds; a tenth of the film if that is shorter."""


@dataclass(frozen=True)
class PeakEnd:
    """The strongest moment, and the reactions in the last minutes.

    Attributes:
        peak: index of the strongest moment, or None if no moment was found. The strongest of several moments
            owes its strength partly to chance, so it is likely to be slightly weaker in another audience.
        start, end: the last minutes, in seconds of film time.
        emotion: strongest emotion in the last minutes; None if no viewer was seen.
        strength: mean strength of that emotion in the last minutes, 0–1.
        strength_interval: 95 % interval of `strength` over viewers (Student's t).
        change: `strength` minus the mean strength before the last minutes, over the viewers seen in both.
        change_interval: 95 % interval of `change` (paired Student's t).
        viewers: number of viewers who were seen in the last minutes.
    """

    peak: int | None
    start: float
    end: float
    emotion: Emotion | None
    strength: float
    strength_interval: tuple[float, float]
    change: float
    change_interval: tuple[float, float]
    viewers: int


def find_peak_end(
    strength: Float64Array, first_second: int, end: float, moments: tuple[Moment, ...]
) -> PeakEnd:
    """Find the peak and the end of a screening.

    Args:
        strength: (V, S, 7) each viewer's strengths, NaN where not seen.
        first_second: film second of the first column.
        end: film time at which the story ends.
        moments: the moments of the screening.
    """
    peak = max(range(len(moments)), key=lambda k: moments[k].strength, default=None)
    stop = round(end) - first_second
    start = max(0, stop - min(END_SECONDS, stop // 10))
    before, during = _viewer_means(strength[:, :start]), _viewer_means(strength[:, start:stop])
    viewers = int((~np.isnan(during[:, 0])).sum())
    nan = float("nan")
    if not viewers:
        return PeakEnd(
            peak,
            float(first_second + start),
            float(first_second + stop),
            None,
            nan,
            (nan, nan),
            nan,
            (nan, nan),
            0,
        )
    mean, low, high = mean_interval(during)
    k = int(mean.argmax())
    change, change_low, change_high = paired_difference_interval(before[:, k], during[:, k])
    return PeakEnd(
        peak=peak,
        start=float(first_second + start),
        end=float(first_second + stop),
        emotion=NON_NEUTRAL_EMOTIONS[k],
        strength=float(mean[k]),
        strength_interval=(float(low[k]), float(high[k])),
        change=float(change),
        change_interval=(float(change_low), float(change_high)),
        viewers=viewers,
    )


def _viewer_means(strength: Float64Array) -> Float64Array:
    """(V, S, 7) → (V, 7) each viewer's mean over the seen seconds; NaN if never seen."""
    seen = ~np.isnan(strength)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(seen, strength, 0).sum(axis=1) / seen.sum(axis=1))
