"""The timeline of feels: viewer × second × emotion, with the samples behind each cell."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from moviemotion.analysis.signals.smoothing import smooth
from moviemotion.emotions import EMOTIONS

MIN_WEIGHT = 0.5
"""Sum of the weights of a second's samples below which it counts as not seen: half a good sample."""


@dataclass(frozen=True)
class Timeline:
    """What each viewer's face showed in each second of film time.

    Attributes:
        viewers: V names.
        start: film second of the first column; column k covers [start + k, start + k + 1).
        scores: (V, S, 8) float32, mean emotion probabilities in the order of `EMOTIONS`, weighted by the
            samples' quality; NaN where the viewer was not seen, or too badly. Never filled in.
        samples: (V, S) int32, how many samples each cell is the mean of.
        weight: (V, S) float32, mean weight of those samples, 0–1: how far the cell is to be trusted; None
            where all are trusted alike.
    """

    viewers: tuple[str, ...]
    start: int
    probabilities: NDArray[np.float32]
    sample_counts: NDArray[np.int32]
    weight: NDArray[np.float32] | None = None


@dataclass(frozen=True)
class ViewerSamples:
    """The samples of one viewer.

    Attributes:
        viewer: name.
        time: (n,) seconds of film time, ascending.
        emotions: (n, 8) probabilities in the order of `EMOTIONS`.
        weight: (n,) how far each sample is to be trusted, 0 (refused) to 1.
    """

    viewer: str
    time: NDArray[np.float64]
    probabilities: NDArray[np.float32]
    weight: NDArray[np.float32]


def build_timeline(viewer_samples: Iterable[ViewerSamples], end: float) -> Timeline:
    """Join the samples of all viewers, smoothed over time, on the film's clock.

    Args:
        readings: one a viewer. Samples before the film's start or after `end`, and those of weight 0,
            are left out.
        end: film time at which the timeline ends, seconds; its last second may be a part.
    """
    seconds = max(0, int(np.floor(end)) + 1)
    names, scores, samples, weights = [], [], [], []
    for reading in viewer_samples:
        inside = (reading.time >= 0) & (reading.time <= end) & (reading.weight > 0)
        time, weight = reading.time[inside], reading.weight[inside].astype(np.float64)
        emotions, second = smooth(time, reading.probabilities[inside], weight), time.astype(np.int64)
        total = np.bincount(second, weight, minlength=seconds)
        by_emotion = [np.bincount(second, weight * e, minlength=seconds) for e in emotions.T]
        told = total >= MIN_WEIGHT
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = np.where(told[:, None], np.stack(by_emotion, axis=1) / total[:, None], np.nan)
        scores.append(mean.astype(np.float32))
        count = np.where(told, np.bincount(second, minlength=seconds), 0)
        samples.append(count.astype(np.int32))
        weights.append((np.where(told, total, 0) / np.maximum(count, 1)).astype(np.float32))
        names.append(reading.viewer)
    return Timeline(
        viewers=tuple(names),
        start=0,
        probabilities=np.stack(scores) if scores else np.empty((0, seconds, len(EMOTIONS)), np.float32),
        sample_counts=np.stack(samples) if samples else np.empty((0, seconds), np.int32),
        weight=np.stack(weights) if weights else np.empty((0, seconds), np.float32),
    )
