"""Measure a camera's clock offset from the film, using a mark on the screen or the screen's flicker.

Faces are lit by the screen, so a camera's mean brightness follows the film's brightness. Both methods
resample brightness to a regular grid and search for the shift with the highest correlation to a reference.
The reference is either the code of the mark or the changes in the film's brightness.
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
from moviemotion.errors import SettingError

Array = NDArray[np.float64]
BrightnessSeries = tuple[ArrayLike, ArrayLike]
"""The times, (n,), in seconds, and mean brightness, (n,), from 0 to 255, of a camera's or film's frames."""

GRID_STEP = 0.025
"""Seconds between grid points."""
BARKER_CODE = (1, 1, 1, 1, 1, 0, 0, 1, 1, 0, 1, 0, 1)
"""The Barker code of length 13, which has minimal autocorrelation at nonzero shifts (Barker, 1953)."""
ELEMENT_SECONDS = 0.25
"""Seconds for which each element of the code is shown. This allows at most two flashes per second; more than
three can cause seizures (WCAG 2.3.1)."""
LEAD_SECONDS = 1.0
"""Seconds of black before and after the code."""
MIN_MARK_CORRELATION = 0.8
"""Minimum correlation with the code for the mark to be detected. For comparison, the cuts in a two-hour film
reach a correlation of 0.76."""
MIN_BRIGHTNESS_STD = 0.2
"""Standard deviation in gray levels below which a correlation with the code is meaningless."""
CHANGE_SECONDS = 0.1
"""Seconds over which a change in brightness is measured."""
MIN_PEAK_RATIO = 1.5
"""Factor by which the best correlation must exceed the correlation at any clearly different shift."""
PEAK_EXCLUSION_SECONDS = 1.5
"""Shifts at most this many seconds from the best shift do not count as clearly different."""
MAX_SEGMENTS = 8
MIN_SEGMENT_SECONDS = 20.0
SEGMENT_SEARCH_SECONDS = 0.5
"""Seconds on either side of the overall shift within which each segment's shift is searched for."""


@dataclass(frozen=True)
class OffsetEstimate:
    """A measured offset to add to a camera's clock.

    Attributes:
        seconds: the offset in seconds; NaN if it could not be measured.
        half_width: half-width of the 95 % interval in seconds; NaN if it could not be measured.
    """

    seconds: float
    half_width: float


UNKNOWN_OFFSET = OffsetEstimate(float("nan"), float("nan"))


def write_sync_mark(path: Path, width: int = 1280, height: int = 720, rate: int = 24) -> None:
    """Write the synchronization mark as a video, to be shown on the screen before or after the film.

    The video is one second of black, the code, and one second of black. In `seats.toml`, `mark` is the film
    time at which the code begins, `LEAD_SECONDS` into this video.

    Args:
        path: the MP4 file to write.
        width, height: size in pixels.
        rate: frames per second.

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
        raise SettingError(
            "not-writable",
            "{path}: cannot be written ({reason}); choose another {out}",
            path=path,
            reason=error.strerror,
        ) from error


def offset_from_mark(brightness: BrightnessSeries, mark: float) -> OffsetEstimate:
    """Measure the offset of a camera that has seen the mark.

    The interval follows from the frame rate, because brightness may have changed at any moment between two
    frames.

    Args:
        brightness: brightness of the camera's frames.
        mark: film time in seconds at which the code begins.

    Returns:
        The offset; NaN if the code was not found.
    """
    times, grid = _resampled(brightness)
    code = np.repeat(BARKER_CODE, round(ELEMENT_SECONDS / GRID_STEP)).astype(np.float64)
    if len(grid) < len(code) or len(times) < 2:
        return UNKNOWN_OFFSET
    fit = _template_correlation(grid, code)
    best = int(np.argmax(fit))
    if fit[best] < MIN_MARK_CORRELATION:
        return UNKNOWN_OFFSET
    # On average, the first bright grid point lies half a step after the change.
    found = times[0] + (best + _subsample_peak(fit, best) - 0.5) * GRID_STEP
    near = times[(times >= found) & (times <= found + len(code) * GRID_STEP)]
    between = float(np.median(np.diff(near))) if len(near) > 1 else float("nan")
    return OffsetEstimate(mark - found, 0.475 * between)


def offset_from_brightness(
    brightness: BrightnessSeries, reference: BrightnessSeries, max_offset: float
) -> OffsetEstimate:
    """Measure the offset of a camera from the flicker of the screen.

    Changes in log brightness are compared, so that dark cameras and slow automatic exposure have no effect.
    The interval is a Student's t interval over the shifts of up to 8 segments.

    Args:
        brightness: brightness of the camera's frames.
        reference: brightness of the film's frames, or of another camera's frames.
        max_offset: largest offset considered in either direction, in seconds.

    Returns:
        The offset; NaN if no shift fits clearly better than the others.
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
    # The part of the reference that the camera has also seen, in segments.
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


def _resampled(brightness: BrightnessSeries) -> tuple[Array, Array]:
    """The frame times, and the brightness resampled every `GRID_STEP` seconds from the first frame."""
    times, values = (np.asarray(part, np.float64) for part in brightness)
    if not len(times):
        return times, values
    return times, np.interp(np.arange(times[0], times[-1], GRID_STEP), times, values)


def _log_brightness_changes(brightness: BrightnessSeries) -> tuple[Array, Array]:
    """The frame times, and the change in log brightness at each grid point, clipped at 4 SD."""
    times, grid = _resampled(brightness)
    width = round(CHANGE_SECONDS / GRID_STEP)
    if len(grid) <= 2 * width:
        return times, grid[:0]
    logarithm = np.log1p(grid)
    change = np.zeros(len(grid))
    change[width:-width] = logarithm[2 * width :] - logarithm[: -2 * width]
    # A single flash must not outweigh all the cuts in the film.
    return times, np.clip(change, *(np.array((-4, 4)) * (np.std(change) + 1e-12)))


def _cross_correlation(own: Array, other: Array, low: int, high: int) -> tuple[NDArray[np.int64], Array]:
    """Correlate own[k] with other[k + lag].

    Args:
        own, other: two series on the grid.
        low, high: the smallest and the largest lag, in grid steps.

    Returns:
        The lags in grid steps, (n,), and the correlation at each lag, (n,), normalized by the total energy.
    """
    fit = correlate(other, own, method="fft")
    lags = np.arange(len(fit)) - (len(own) - 1)
    inside = (lags >= low) & (lags <= high)
    energy = np.sqrt((own @ own) * (other @ other)) + 1e-12
    return lags[inside], fit[inside] / energy


def _segment_offset(own: Array, other: Array) -> float:
    """Difference between the shift of a segment and the overall shift, in seconds."""
    reach = round(SEGMENT_SEARCH_SECONDS / GRID_STEP)
    lags, fit = _cross_correlation(own, other, -reach, reach)
    best = int(np.argmax(fit))
    return float((lags[best] + _subsample_peak(fit, best)) * GRID_STEP)


def _template_correlation(grid: Array, code: Array) -> Array:
    """Pearson correlation of the code with each equally long window of the grid."""
    n = len(code)
    centered = (code - code.mean()) / code.std()
    mean = np.convolve(grid, np.ones(n) / n, "valid")
    square = np.convolve(grid**2, np.ones(n) / n, "valid")
    spread = np.sqrt(np.maximum(square - mean**2, 0))
    fit = correlate(grid, centered, mode="valid", method="fft") / n
    return np.where(spread > MIN_BRIGHTNESS_STD, fit / np.maximum(spread, MIN_BRIGHTNESS_STD), 0.0)


def _subsample_peak(fit: Sequence[float] | Array, best: int) -> float:
    """Position of the peak relative to `best`, −0.5 to 0.5 steps, from a parabola through three points."""
    if not 0 < best < len(fit) - 1:
        return 0.0
    left, top, right = fit[best - 1], fit[best], fit[best + 1]
    bend = left - 2 * top + right
    return float(np.clip(0.5 * (left - right) / bend, -0.5, 0.5)) if bend < 0 else 0.0
