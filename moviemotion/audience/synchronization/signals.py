"""Signals by which recordings are compared: changes of sound in several bands, and changes of brightness.

A signal keeps what all recordings of one room have in common, and discards what differs between microphones
and cameras: gain, tone, automatic level control, steady noise. Values are stored as 8-bit integers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

UNIT = 32
"""Stored value of one standard deviation; values are clipped at ±`CLIP` standard deviations."""
CLIP = 3.0
BRIGHTNESS_STEP = 0.1
"""Seconds between the values of a brightness signal."""
BRIGHTNESS_CHANGE_SECONDS = 0.2
"""Seconds before and after each value between which brightness is compared."""
NORMALIZED_SECONDS = 120.0
"""Seconds of brightness over which a standard deviation is computed."""
MIN_BRIGHTNESS_DEVIATION = 0.002
"""Standard deviation of changes in log brightness below which a picture is unlit by the screen."""


@dataclass(frozen=True)
class Signal:
    """A signal of one recording.

    Attributes:
        values: (n, bands) int8 changes, in units of 1/`UNIT` standard deviations; 0 where nothing is known.
        step: seconds between values.
        start: time of the first value on the file's clock, in seconds.
    """

    values: NDArray[np.int8]
    step: float
    start: float = 0.0

    @property
    def seconds(self) -> float:
        """Length in seconds."""
        return len(self.values) * self.step

    @property
    def is_silent(self) -> bool:
        """Whether less than one in twenty of the values is known."""
        return not len(self.values) or bool((self.values != 0).any(axis=1).mean() < 0.05)


def quantized(values: NDArray[np.floating]) -> NDArray[np.int8]:
    """Convert values in standard deviations to the values of a signal."""
    return np.round(np.clip(values, -CLIP, CLIP) * UNIT).astype(np.int8)


def brightness_signal(times: ArrayLike, brightness: ArrayLike) -> Signal:
    """Compute the signal of a recording's brightness.

    Changes in log brightness are compared, so that neither the exposure nor the distance from the screen
    matters. One flash does not outweigh many cuts.

    Args:
        times: (n,) seconds, ascending.
        brightness: (n,) mean brightness from 0 to 255; NaN where unknown.
    """
    time, value = np.asarray(times, np.float64), np.asarray(brightness, np.float64)
    known = np.isfinite(value)
    time, value = time[known], value[known]
    reach = round(BRIGHTNESS_CHANGE_SECONDS / BRIGHTNESS_STEP)
    if len(time) < 2 or time[-1] - time[0] < 4 * BRIGHTNESS_CHANGE_SECONDS:
        return Signal(np.zeros((0, 1), np.int8), BRIGHTNESS_STEP)
    grid = np.arange(time[0], time[-1], BRIGHTNESS_STEP)
    log = np.log1p(np.interp(grid, time, value))
    change = np.zeros(len(grid))
    change[reach:-reach] = log[2 * reach :] - log[: -2 * reach]
    # In a gap, interpolation invents a slow change.
    nearest = np.searchsorted(time, grid).clip(1, len(time) - 1)
    usual = float(np.median(np.diff(time)))
    change[time[nearest] - time[nearest - 1] > max(1.0, 3 * usual)] = 0.0
    block = round(NORMALIZED_SECONDS / BRIGHTNESS_STEP)
    for first in range(0, len(change), block):
        part = change[first : first + block]
        # Half of the film has no cuts, and what is left there is the camera's noise.
        deviation = float(np.sqrt(np.mean(np.clip(part, *np.quantile(part, (0.002, 0.998))) ** 2)))
        part /= max(deviation, MIN_BRIGHTNESS_DEVIATION)
    return Signal(quantized(change)[:, None], BRIGHTNESS_STEP, float(grid[0]))
