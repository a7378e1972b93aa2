"""Find when the lights in the room went down and up, as a proposal for the film's start and end.

House lights are steady and brighter than the screen's light, which flickers with each cut. If they are on at
the start or the end of the recordings, the step to the film's light is found in the room's brightness.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]

MIN_LIT_SECONDS = 10
"""Shortest stretch of house lights."""
MIN_STEP = 0.4
"""Smallest step in log brightness: half as bright again."""
MAX_UNSTEADINESS = 0.12
"""Largest standard deviation of log brightness while the house lights are on."""
FADE_SECONDS = 10
"""Longest time in which the lights fade."""
MIN_FILM_SECONDS, USUAL_FILM_SECONDS = 25, 60
"""Shortest stretch of film that is compared with the lit stretch, and the usual one if the film is longer."""
MIN_CAMERAS_SHARE = 0.5
"""Fraction of the cameras recording at that time in which the step must usually be seen."""


def find_house_lights(
    cameras: Iterable[tuple[Float, Float]], min_share: float = MIN_CAMERAS_SHARE
) -> tuple[float | None, float | None]:
    """Find the seconds at which the lights were down and before which they had been on, and the reverse.

    Args:
        cameras: for each camera, the film times of its pictures in seconds, (m,), and their brightness from 0
            to 255, (m,).
        min_share: fraction of the cameras recording at that time in which the step must be seen.

    Returns:
        Film time at which the lights were down, and film time at which they came up again; None where no such
        change was found.
    """
    downs: list[tuple[float, float | None]] = []
    ups: list[tuple[float, float | None]] = []
    for times, brightness in cameras:
        known = np.isfinite(brightness)
        if known.sum() < 2 or np.ptp(times[known]) < MIN_FILM_SECONDS + MIN_LIT_SECONDS:
            continue
        first = int(np.floor(times[known][0]))
        second = (np.floor(times[known]) - first).astype(int)
        count = np.bincount(second)
        with np.errstate(invalid="ignore", divide="ignore"):
            level = np.log1p(np.bincount(second, brightness[known]) / count)
        filled = np.interp(np.arange(len(level)), np.flatnonzero(count), level[count > 0])
        down, up = _lit_seconds(filled), _lit_seconds(filled[::-1])
        last = first + len(filled)
        downs.append((first, None if down is None else first + down))
        ups.append((-last, None if up is None else up - last))
    down, up = _agreed(downs, min_share), _agreed(ups, min_share)
    return down, None if up is None else -up


def _lit_seconds(level: Float) -> float | None:
    """Seconds from the start until the house lights were down; None if they were not on at the start."""
    half = len(level) // 2
    # The reference is the darker half of the recording: most of the film, and no house lights.
    best: float | None = None
    for lit in range(MIN_LIT_SECONDS, half):
        before = level[max(0, lit - 60) : lit]
        if level[lit] > level[lit - 1] - MIN_STEP / FADE_SECONDS:
            continue  # nothing falls here
        dark = level[lit + FADE_SECONDS : max(half, lit + FADE_SECONDS + USUAL_FILM_SECONDS)]
        if len(dark) < min(USUAL_FILM_SECONDS, max(half, MIN_FILM_SECONDS)):
            break
        steady = float(np.std(before)) <= MAX_UNSTEADINESS
        if steady and float(np.quantile(before, 0.1)) - float(np.quantile(dark, 0.98)) >= MIN_STEP:
            below = np.flatnonzero(level[lit:] <= float(np.quantile(dark, 0.98)))
            best = float(lit + below[0])
    return best


def _agreed(found: list[tuple[float, float | None]], min_share: float) -> float | None:
    """The median of a time, if enough of the cameras that recorded it show it at about the same time.

    Args:
        found: for each camera, when its recording began and the time it shows, if any.
        min_share: as in `find_house_lights`.
    """
    known = [time for _, time in found if time is not None]
    if not known:
        return None
    middle = float(np.median(known))
    near = [time for time in known if abs(time - middle) <= FADE_SECONDS]
    asked = [begin for begin, _ in found if begin <= middle - MIN_LIT_SECONDS]
    return middle if len(near) >= min_share * len(asked) else None
