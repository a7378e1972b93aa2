"""The null model for moments: audiences whose viewers are shifted circularly in time by random amounts.

A shift preserves each viewer's temporal structure and breaks the link to the film and to the other viewers,
as in tests of inter-subject correlation (Kauppi et al., 2010). For each second and emotion, the test
statistic is the sum of the viewers' deviations from their own means, divided by the standard deviation that
the sum would have if the viewers were independent. This standardization matters when viewers enter or leave
the view of the camera, because a sum over fewer viewers varies less.

The null distribution consists of the maximum over all seconds of each shifted audience, so no assumption
about the dependence between seconds is needed (Westfall & Young, 1993).
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
"""Number of shifted audiences that one thread computes at a time."""


@dataclass(frozen=True)
class ViewerDeviations:
    """Deviations of each viewer's curves from that viewer's own mean.

    Attributes:
        deviation: (V, S, F) float32, deviations; 0 where the viewer was not seen.
        seen: (V, S) bool, whether the viewer was seen.
        variance: (V, F) variance of each viewer's curves over the seconds in which the viewer was seen.
    """

    deviation: NDArray[np.float32]
    seen: NDArray[np.bool_]
    variance: Float64Array

    @classmethod
    def from_curves(cls, curves: Float64Array) -> ViewerDeviations:
        """Compute the deviations of (V, S, F) curves, NaN where not seen."""
        seen = ~np.isnan(curves[:, :, 0])
        n = np.maximum(seen.sum(axis=1), 1)[:, None]
        mean = np.nansum(curves, axis=1) / n
        deviation = np.nan_to_num(curves - mean[:, None])
        return cls(deviation.astype(np.float32), seen, (deviation**2).sum(axis=1) / n)

    def standardized_sum(self) -> Float64Array:
        """(S, F) sum of the deviations divided by its standard deviation for independent viewers."""
        return _standardized(self.deviation.sum(axis=0), self.seen.T.astype(float) @ self.variance)

    def null_maxima(self, count: int, rng: np.random.Generator) -> Float64Array:
        """Compute the largest standardized sum of each of `count` shifted audiences.

        Returns:
            (count, F) maximum over all seconds for each audience and emotion.
        """
        viewers, seconds, _ = self.deviation.shape
        shifts = rng.integers(0, seconds, size=(count, viewers))
        twice = np.concatenate([self.deviation, self.deviation], axis=1)  # a circular shift is a slice
        changes = _VisibilityChanges.from_deviations(self)

        def maxima(batch: NDArray[np.int64]) -> list[Float64Array]:
            return self._batch_maxima(twice, changes, batch)

        batches = [shifts[at : at + _BATCH_SIZE] for at in range(0, count, _BATCH_SIZE)]
        with ThreadPoolExecutor(os.cpu_count()) as pool:  # NumPy releases the GIL during addition
            return np.array([maximum for batch in pool.map(maxima, batches) for maximum in batch])

    def _batch_maxima(
        self, twice: NDArray[np.float32], changes: _VisibilityChanges, shifts: NDArray[np.int64]
    ) -> list[Float64Array]:
        seconds = self.deviation.shape[1]
        totals = [np.zeros_like(self.deviation[0]) for _ in shifts]
        # Process one viewer at a time, so that the curve stays in the CPU cache while it is added to all
        # audiences.
        for curve, of_viewer in zip(twice, shifts.T.tolist(), strict=True):
            for total, by in zip(totals, of_viewer, strict=True):
                np.add(total, curve[seconds - by : 2 * seconds - by], out=total)
        return [
            _standardized(total, changes.variance_of_sum(shift)).max(axis=0)
            for total, shift in zip(totals, shifts, strict=True)
        ]


@dataclass(frozen=True)
class _VisibilityChanges:
    """Seconds in which viewers enter or leave the view; between these, the variance of the sum is constant.

    Attributes:
        deviations: the deviations of the viewers.
        viewer, second: (n,) which viewer enters or leaves, and in which second.
        change: (F, n) resulting change of the variance.
    """

    deviations: ViewerDeviations
    viewer: NDArray[np.int64]
    second: NDArray[np.int64]
    change: Float64Array

    @classmethod
    def from_deviations(cls, deviations: ViewerDeviations) -> _VisibilityChanges:
        seen = deviations.seen.astype(np.int8)
        step = seen - np.roll(seen, 1, axis=1)
        viewer, second = np.nonzero(step)
        return cls(deviations, viewer, second, deviations.variance[viewer].T * step[viewer, second])

    def variance_of_sum(self, shift: NDArray[np.int64]) -> Float64Array:
        """Compute the (S, F) variance of the sum if each viewer is shifted by `shift` (V,)."""
        viewers, seconds = self.deviations.seen.shape
        at = (self.second + shift[self.viewer]) % seconds
        by_second = np.empty((seconds, len(self.change)))
        for column, change in enumerate(self.change):
            by_second[:, column] = np.bincount(at, change, minlength=seconds)
        by_second[0] = self.deviations.seen[np.arange(viewers), -shift % seconds] @ self.deviations.variance
        return np.asarray(np.cumsum(by_second, axis=0))


def _standardized(total: NDArray[np.float32], variance: Float64Array) -> Float64Array:
    return np.asarray(total / np.sqrt(np.maximum(variance, _MIN_VARIANCE)))


def adjusted_p_values(observed: Float64Array, null_maxima: Float64Array) -> Float64Array:
    """Adjust p-values for all seconds and emotions (Westfall & Young, 1993, single-step minP).

    Comparison with the maxima corrects for the seconds within one emotion. Because the tails differ between
    emotions, these are combined on the scale of p-values: each raw p-value is compared with the smallest
    p-value of every shifted audience. Counting the observed audience as one of the permutations (the 1 in
    both counts) keeps the test exact and p above 0 (Phipson & Smyth, 2010).

    Args:
        observed: (S, F) standardized sums.
        null_maxima: (n, F) largest standardized sum of each shifted audience.

    Returns:
        (S, F) p-values adjusted for every second and emotion.
    """
    ranked = np.sort(null_maxima, axis=0)

    def raw_p_values(statistic: Float64Array, column: int) -> Float64Array:
        at_least = len(ranked) - np.searchsorted(ranked[:, column], statistic, side="left")
        return np.asarray((1 + at_least) / (1 + len(ranked)))

    columns = range(observed.shape[1])
    raw = np.stack([raw_p_values(observed[:, k], k) for k in columns], axis=1)
    smallest = np.sort(np.stack([raw_p_values(null_maxima[:, k], k) for k in columns], axis=1).min(axis=1))
    return np.asarray((1 + np.searchsorted(smallest, raw, side="right")) / (1 + len(smallest)))
