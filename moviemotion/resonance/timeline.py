"""The timeline of feels: viewer × second × emotion, with the samples behind each cell."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from moviemotion.emotions import EMOTIONS, FEELINGS


@dataclass(frozen=True)
class Timeline:
    """What each viewer's face showed in each second of film time.

    Attributes:
        viewers: V names.
        start: film second of the first column; column k covers [start + k, start + k + 1).
        scores: (V, S, 8) float32, mean emotion probabilities in the order of `EMOTIONS`;
            NaN where the viewer was not seen. Never filled in.
        samples: (V, S) int32, how many samples each cell is the mean of.
    """

    viewers: tuple[str, ...]
    start: int
    scores: NDArray[np.float32]
    samples: NDArray[np.int32]


def build_timeline(
    readings: Iterable[tuple[str, NDArray[np.float64], NDArray[np.float32]]], end: float
) -> Timeline:
    """Join the samples of all viewers on the film's clock.

    Args:
        readings: for each viewer: name, (n,) seconds of film time, (n, 8) emotion probabilities.
            Samples before the film's start or after `end` are left out.
        end: film time at which the timeline ends, seconds; its last second may be a part.
    """
    seconds = max(0, int(np.floor(end)) + 1)
    names, scores, samples = [], [], []
    for name, time, emotions in readings:
        inside = (time >= 0) & (time <= end)
        second = time[inside].astype(np.int64)
        count = np.bincount(second, minlength=seconds)
        total = np.stack([np.bincount(second, e, minlength=seconds) for e in emotions[inside].T], axis=1)
        with np.errstate(invalid="ignore"):
            scores.append((total / count[:, None]).astype(np.float32))
        samples.append(count.astype(np.int32))
        names.append(name)
    return Timeline(
        viewers=tuple(names),
        start=0,
        scores=np.stack(scores) if scores else np.empty((0, seconds, len(EMOTIONS)), np.float32),
        samples=np.stack(samples) if samples else np.empty((0, seconds), np.int32),
    )


def strength(timeline: Timeline) -> NDArray[np.float64]:
    """How far each face has left its own resting face, for each feeling.

    A viewer's rest is their median probability of the feeling over the film; strength is the rise
    above it as a share of the rise that is possible: (p − rest) / (1 − rest), at least 0.

    Returns:
        (V, S, 7) 0–1 in the order of `FEELINGS`; NaN where the viewer was not seen.
    """
    columns = [EMOTIONS.index(feeling) for feeling in FEELINGS]
    p = timeline.scores[:, :, columns].astype(np.float64)
    rest = np.full((p.shape[0], 1, p.shape[2]), np.nan)
    for viewer, seen in enumerate(timeline.samples > 0):
        if seen.any():
            rest[viewer, 0] = np.median(p[viewer, seen], axis=0)
    return np.maximum((p - rest) / (1 - rest), 0)
