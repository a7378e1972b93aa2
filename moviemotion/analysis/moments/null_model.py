"""The null of the moments: rooms in which each viewer is shifted in time, in a circle, by a random amount.

Their own rhythm stays; the tie to the film and to the others goes.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from moviemotion.statistics import Float64Array

_MIN_VARIANCE = 1e-12
_BATCH_SIZE = 16
"""Rooms made at once."""


@dataclass(frozen=True)
class ViewerDeviations:
    """How far each viewer is from their own mean.

    Attributes:
        deviation: (V, S, F) float32; 0 where the viewer was not seen.
        seen: (V, S) bool.
        variance: (V, F) of each viewer where seen.
    """

    deviation: NDArray[np.float32]
    seen: NDArray[np.bool_]
    variance: Float64Array

    @classmethod
    def from_curves(cls, curves: Float64Array) -> ViewerDeviations:
        """From (V, S, F) curves, NaN where not seen."""
        seen = ~np.isnan(curves[:, :, 0])
        n = np.maximum(seen.sum(axis=1), 1)[:, None]
        mean = np.nansum(curves, axis=1) / n
        deviation = np.nan_to_num(curves - mean[:, None])
        return cls(deviation.astype(np.float32), seen, (deviation**2).sum(axis=1) / n)

    def standardized_sum(self) -> Float64Array:
        """(S, F) the room's sum of departures over its standard deviation, were the viewers strangers."""
        return _standardized(self.deviation.sum(axis=0), self.seen.T.astype(float) @ self.variance)

    def null_maxima(self, count: int, rng: np.random.Generator) -> Float64Array:
        """(count, F) the largest standardised sum of each shifted room."""
        viewers, seconds, _ = self.deviation.shape
        shifts = rng.integers(0, seconds, size=(count, viewers))
        twice = np.concatenate([self.deviation, self.deviation], axis=1)  # a circle is a slice of two films
        edges = _VisibilityChanges.from_deviations(self)

        def maxima(rooms: NDArray[np.int64]) -> list[Float64Array]:
            return self._batch_maxima(twice, edges, rooms)

        blocks = [shifts[at : at + _BATCH_SIZE] for at in range(0, count, _BATCH_SIZE)]
        with ThreadPoolExecutor(os.cpu_count()) as pool:  # numpy's sums leave the lock
            return np.array([room for block in pool.map(maxima, blocks) for room in block])

    def _batch_maxima(
        self, twice: NDArray[np.float32], edges: _VisibilityChanges, rooms: NDArray[np.int64]
    ) -> list[Float64Array]:
        seconds = self.deviation.shape[1]
        totals = [np.zeros_like(self.deviation[0]) for _ in rooms]
        # Viewer by viewer: one's curve stays in the processor's cache while it is added to all rooms.
        for curve, shifts in zip(twice, rooms.T.tolist(), strict=True):
            for total, by in zip(totals, shifts, strict=True):
                total += curve[seconds - by : 2 * seconds - by]
        return [
            _standardized(total, edges.variance_of_sum(shift)).max(axis=0)
            for total, shift in zip(totals, rooms, strict=True)
        ]


@dataclass(frozen=True)
class _VisibilityChanges:
    """Where viewers come and go: between these seconds the variance of a room's sum stays as it is.

    Attributes:
        departures: of the room.
        viewer, second: (n,) who comes or goes, and when.
        change: (F, n) what that adds to the variance.
    """

    deviations: ViewerDeviations
    viewer: NDArray[np.int64]
    second: NDArray[np.int64]
    change: Float64Array

    @classmethod
    def from_deviations(cls, departures: ViewerDeviations) -> _VisibilityChanges:
        seen = departures.seen.astype(np.int8)
        step = seen - np.roll(seen, 1, axis=1)
        viewer, second = np.nonzero(step)
        return cls(departures, viewer, second, departures.variance[viewer].T * step[viewer, second])

    def variance_of_sum(self, shift: NDArray[np.int64]) -> Float64Array:
        """(S, F) the variance of the sum, with each viewer shifted."""
        viewers, seconds = self.deviations.seen.shape
        at = (self.second + shift[self.viewer]) % seconds
        by_second = np.empty((seconds, len(self.change)))
        for feeling, change in enumerate(self.change):
            by_second[:, feeling] = np.bincount(at, change, minlength=seconds)
        by_second[0] = self.deviations.seen[np.arange(viewers), -shift % seconds] @ self.deviations.variance
        return np.asarray(np.cumsum(by_second, axis=0))


def _standardized(total: NDArray[np.float32], variance: Float64Array) -> Float64Array:
    return np.asarray(total / np.sqrt(np.maximum(variance, _MIN_VARIANCE)))


def adjusted_p_values(observed: Float64Array, null_maxima: Float64Array) -> Float64Array:
    """Single-step minP (Westfall & Young, 1993).

    Args:
        observed: (S, F) standardised sums.
        null: (n, F) the largest of each shifted room.

    Returns:
        (S, F) p-values adjusted for every second and feeling.
    """
    ranked = np.sort(null_maxima, axis=0)

    def p_of(statistic: Float64Array, feeling: int) -> Float64Array:
        at_least = len(ranked) - np.searchsorted(ranked[:, feeling], statistic, side="left")
        return np.asarray((1 + at_least) / (1 + len(ranked)))

    feelings = range(observed.shape[1])
    raw = np.stack([p_of(observed[:, f], f) for f in feelings], axis=1)
    smallest = np.sort(np.stack([p_of(null_maxima[:, f], f) for f in feelings], axis=1).min(axis=1))
    return np.asarray((1 + np.searchsorted(smallest, raw, side="right")) / (1 + len(smallest)))
