"""By how much a camera's clock is off the film's: from a mark on the screen, or from the screen's flicker.

Faces are lit by the screen, so a camera's mean brightness follows the film's. Both ways look for the
shift at which two series of brightness fit each other best.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.signal import correlate
from scipy.stats import t as student

from moviemotion._io.atomic_files import atomic_write
from moviemotion.errors import MoviemotionError

Array = NDArray[np.float64]
BrightnessSeries = tuple[ArrayLike, ArrayLike]
"""Times (n,) in seconds and brightness (n,) 0–255 of the pictures of a camera or of a film."""

GRID_STEP = 0.025
"""Seconds between the points at which brightness is compared."""
BARKER_CODE = (1, 1, 1, 1, 1, 0, 0, 1, 1, 0, 1, 0, 1)
"""Barker's code of 13: shifted against itself it fits nowhere else (Barker, 1953)."""
ELEMENT_SECONDS = 0.25
"""Seconds each element is shown: two flashes a second at most, for more than three may hurt (WCAG 2.3.1)."""
LEAD_SECONDS = 1.0
"""Seconds of black before and after the code."""
MIN_MARK_CORRELATION = 0.8
"""Correlation with the code from which it is believed; cuts of a film reach 0.76 in two hours."""
MIN_BRIGHTNESS_STD = 0.2
"""Standard deviation in grey levels below which a fit with the code means nothing."""
CHANGE_SECONDS = 0.1
"""Seconds over which a change of light is measured."""
MIN_PEAK_RATIO = 1.5
"""The best shift must fit this many times better than any other …"""
PEAK_EXCLUSION_SECONDS = 1.5
"""… that is this many seconds away."""
MAX_SEGMENTS = 8
MIN_SEGMENT_SECONDS = 20.0
SEGMENT_SEARCH_SECONDS = 0.5
"""Seconds around the shift of the whole in which the shift of a stretch is looked for."""


@dataclass(frozen=True)
class OffsetEstimate:
    """Seconds to add to a camera's clock, and how sure that is.

    Attributes:
        seconds: NaN where nothing could be measured.
        half_width: of the 95 % interval, seconds; NaN where it could not be measured.
    """

    seconds: float
    half_width: float


UNKNOWN_OFFSET = OffsetEstimate(float("nan"), float("nan"))


def write_sync_mark(path: Path, width: int = 1280, height: int = 720, rate: int = 24) -> None:
    """Write the mark as a video, to be shown on the screen before or after the film.

    A second of black, the code, a second of black. Film time `mark` of seats.toml is where the code
    begins: `LEAD` seconds into this video.

    Raises:
        MoviemotionError: the file cannot be written.
    """
    lit = np.repeat(BARKER_CODE, round(ELEMENT_SECONDS * rate))
    dark = np.zeros(round(LEAD_SECONDS * rate), int)
    try:
        with atomic_write(path) as partial, av.open(str(partial), "w", format="mp4") as container:
            stream = container.add_stream(
                "libx264" if "libx264" in av.codecs_available else "mpeg4", rate=rate
            )
            stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
            for on in (*dark, *lit, *dark):
                picture = np.full((height, width, 3), 255 * on, np.uint8)
                container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
            container.mux(stream.encode(None))
    except (av.error.FFmpegError, OSError) as error:
        raise MoviemotionError(
            f"{path}: cannot be written ({error.strerror}); choose another --out"
        ) from error


def offset_from_mark(brightness: BrightnessSeries, mark: float) -> OffsetEstimate:
    """The shift that puts the code at film second `mark`.

    The interval is that of a change which may have come at any moment between two pictures.
    """
    times, grid = _resampled(brightness)
    code = np.repeat(BARKER_CODE, round(ELEMENT_SECONDS / GRID_STEP)).astype(np.float64)
    if len(grid) < len(code) or len(times) < 2:
        return UNKNOWN_OFFSET
    fit = _template_correlation(grid, code)
    best = int(np.argmax(fit))
    if fit[best] < MIN_MARK_CORRELATION:
        return UNKNOWN_OFFSET
    # The first point that is lit lies half a step after the change, on average.
    found = times[0] + (best + _subsample_peak(fit, best) - 0.5) * GRID_STEP
    near = times[(times >= found) & (times <= found + len(code) * GRID_STEP)]
    between = float(np.median(np.diff(near))) if len(near) > 1 else float("nan")
    return OffsetEstimate(mark - found, 0.475 * between)


def offset_from_brightness(
    brightness: BrightnessSeries, reference: BrightnessSeries, max_offset: float
) -> OffsetEstimate:
    """The shift that puts a camera's flicker upon the reference's (a film's, or another camera's).

    Compared are the changes of the logarithm of brightness, so that a dark camera and a slow automatic
    exposure do not matter. The interval is Student's t over the shifts of up to 8 stretches.

    Args:
        within: seconds by which the camera may be off, either way.
    """
    (times, own), (other_times, other) = (
        _log_brightness_changes(brightness),
        _log_brightness_changes(reference),
    )
    if min(len(own), len(other)) * GRID_STEP < MIN_SEGMENT_SECONDS:
        return UNKNOWN_OFFSET
    start = times[0] - other_times[0]
    lags, fit = _cross_correlation(
        own, other, round((start - max_offset) / GRID_STEP), round((start + max_offset) / GRID_STEP)
    )
    if not len(fit):
        return UNKNOWN_OFFSET
    best = int(np.argmax(fit))
    elsewhere = np.abs(lags - lags[best]) * GRID_STEP > PEAK_EXCLUSION_SECONDS
    if fit[best] <= 0 or fit[best] < MIN_PEAK_RATIO * np.abs(fit[elsewhere]).max(initial=0.0):
        return UNKNOWN_OFFSET
    shift = float((lags[best] + _subsample_peak(fit, best)) * GRID_STEP)
    # Stretches of the reference that the camera has seen too.
    first, last = max(0, lags[best]), min(len(other), lags[best] + len(own))
    count = min(MAX_SEGMENTS, int((last - first) * GRID_STEP // MIN_SEGMENT_SECONDS))
    edges = np.linspace(first, last, count + 1).astype(int)
    shifts = [
        _segment_offset(own[a - lags[best] : b - lags[best]], other[a:b]) for a, b in pairwise(edges.tolist())
    ]
    half_width = float("nan")
    if count > 1:
        spread = float(np.std(shifts, ddof=1)) / np.sqrt(count)
        half_width = float(student.ppf(0.975, count - 1)) * spread
    return OffsetEstimate(shift - start, half_width)


def _resampled(light: BrightnessSeries) -> tuple[Array, Array]:
    """The pictures' times, and brightness every `STEP` seconds from the first of them."""
    times, values = (np.asarray(part, np.float64) for part in light)
    if not len(times):
        return times, values
    return times, np.interp(np.arange(times[0], times[-1], GRID_STEP), times, values)


def _log_brightness_changes(light: BrightnessSeries) -> tuple[Array, Array]:
    times, grid = _resampled(light)
    width = round(CHANGE_SECONDS / GRID_STEP)
    if len(grid) <= 2 * width:
        return times, grid[:0]
    logarithm = np.log1p(grid)
    change = np.zeros(len(grid))
    change[width:-width] = logarithm[2 * width :] - logarithm[: -2 * width]
    # One flash must not outweigh all cuts of the film.
    return times, np.clip(change, *(np.array((-4, 4)) * (np.std(change) + 1e-12)))


def _cross_correlation(own: Array, other: Array, low: int, high: int) -> tuple[NDArray[np.int64], Array]:
    """Correlation of own[k] with other[k + lag], for each lag in steps, over their whole energy."""
    fit = correlate(other, own, method="fft")
    lags = np.arange(len(fit)) - (len(own) - 1)
    inside = (lags >= low) & (lags <= high)
    energy = np.sqrt((own @ own) * (other @ other)) + 1e-12
    return lags[inside], fit[inside] / energy


def _segment_offset(own: Array, other: Array) -> float:
    """Seconds by which a stretch is off the shift of the whole."""
    reach = round(SEGMENT_SEARCH_SECONDS / GRID_STEP)
    lags, fit = _cross_correlation(own, other, -reach, reach)
    best = int(np.argmax(fit))
    return float((lags[best] + _subsample_peak(fit, best)) * GRID_STEP)


def _template_correlation(grid: Array, code: Array) -> Array:
    """Pearson's correlation of the code with each part of the grid as long as it."""
    n = len(code)
    centred = (code - code.mean()) / code.std()
    mean = np.convolve(grid, np.ones(n) / n, "valid")
    square = np.convolve(grid**2, np.ones(n) / n, "valid")
    spread = np.sqrt(np.maximum(square - mean**2, 0))
    fit = correlate(grid, centred, mode="valid", method="fft") / n
    return np.where(spread > MIN_BRIGHTNESS_STD, fit / np.maximum(spread, MIN_BRIGHTNESS_STD), 0.0)


def _subsample_peak(fit: Sequence[float] | Array, best: int) -> float:
    """Where the top lies between the points, −0.5…0.5 steps: a parabola through three of them."""
    if not 0 < best < len(fit) - 1:
        return 0.0
    left, top, right = fit[best - 1], fit[best], fit[best + 1]
    bend = left - 2 * top + right
    return float(np.clip(0.5 * (left - right) / bend, -0.5, 0.5)) if bend < 0 else 0.0
