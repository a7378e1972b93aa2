"""The timeline: viewer × second × emotion, with the number of samples behind each cell.

Samples arrive at each camera's frame rate and at irregular intervals, because some are rejected. The timeline
averages them per second of film time, so that viewers can be compared, and marks the seconds in which too
little was seen. It never interpolates: gaps stay NaN, and each later step decides how to treat unseen
seconds.

A laugh may last half a second, so a second's mean would halve it. The timeline therefore also keeps each
emotion's peak, from which strength is computed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from moviemotion.analysis.signals.attention_states import attention_states
from moviemotion.analysis.signals.moving_mean import moving_mean
from moviemotion.emotions import EMOTIONS, NON_NEUTRAL_EMOTIONS

MIN_WEIGHT = 0.5
"""Smallest sum of quality weights for which a second counts as seen; equals half of one perfect sample."""
_EMOTION_COLUMNS = [EMOTIONS.index(emotion) for emotion in NON_NEUTRAL_EMOTIONS]


PEAK_COLUMNS = tuple(f"{emotion}_peak" for emotion in NON_NEUTRAL_EMOTIONS)
"""Names of the columns with `Timeline.peak` in tables with one row per viewer and second."""


@dataclass(frozen=True)
class Timeline:
    """What each viewer's face showed in each second of film time.

    Attributes:
        viewers: names of the V viewers.
        start: film second of the first column; column k covers [start + k, start + k + 1).
        probabilities: (V, S, 8) float32, mean emotion probabilities in the order of `EMOTIONS`, weighted by
            the quality of the samples; NaN where the viewer was not seen, or not seen well enough. Gaps are
            never filled in.
        sample_counts: (V, S) int32, number of samples averaged in each cell; 0 where not seen.
        weight: (V, S) float32, mean quality weight of these samples, 0–1; None if all cells have equal
            weight.
        peak: (V, S, 7) float32, peak of each emotion in the order of `NON_NEUTRAL_EMOTIONS`: its largest mean
            over `WINDOW_SECONDS` around any sample of the second, and at least the second's mean; NaN where
            not seen. None if only means are known, which then serve as peaks.
        attention: (V, S) int8 index into `ATTENTION_STATES`; None if no pose was measured.
    """

    viewers: tuple[str, ...]
    start: int
    probabilities: NDArray[np.float32]
    sample_counts: NDArray[np.int32]
    weight: NDArray[np.float32] | None = None
    peak: NDArray[np.float32] | None = None
    attention: NDArray[np.int8] | None = None

    def at_peak(self) -> NDArray[np.float32]:
        """Return neutral's mean and the other emotions' peaks, (V, S, 8), NaN where not seen.

        Each emotion has its peak at another time of the second, so the values do not sum to 1.
        """
        if self.peak is None:
            return self.probabilities
        values = self.probabilities.copy()
        values[:, :, _EMOTION_COLUMNS] = self.peak
        return values

    def of_viewers(self, rows: Sequence[int] | Sequence[bool] | NDArray[np.int64]) -> Timeline:
        """Return the timeline of some viewers, given by their indices or by a mask."""
        chosen = np.asarray(rows)
        index = np.arange(len(self.viewers))[chosen if chosen.size else []]
        return replace(
            self,
            viewers=tuple(self.viewers[k] for k in index),
            probabilities=self.probabilities[index],
            sample_counts=self.sample_counts[index],
            weight=None if self.weight is None else self.weight[index],
            peak=None if self.peak is None else self.peak[index],
            attention=None if self.attention is None else self.attention[index],
        )


@dataclass(frozen=True)
class ViewerSamples:
    """The samples of one viewer.

    Attributes:
        viewer: name of the viewer.
        time: (n,) seconds of film time, ascending.
        probabilities: (n, 8) emotion probabilities in the order of `EMOTIONS`.
        weight: (n,) quality weight of each sample, from 0 (rejected) to 1.
        box: (n, 4) left, top, right and bottom of the face box in pixels; None if unknown.
        pose: (n, 2) yaw and pitch of the head in degrees; NaN where it cannot be trusted, None if unknown.
        displacement: (n,) distance of the face from its usual place, in face sizes; None if unknown.
        gaps: stretches of film time in which the camera did not run.
        moves: film times at which the camera was moved or changed.
    """

    viewer: str
    time: NDArray[np.float64]
    probabilities: NDArray[np.float32]
    weight: NDArray[np.float32]
    box: NDArray[np.float32] | None = None
    pose: NDArray[np.float32] | None = None
    displacement: NDArray[np.float32] | None = None
    gaps: tuple[tuple[float, float], ...] = ()
    moves: tuple[float, ...] = ()


def build_timeline(viewer_samples: Iterable[ViewerSamples], end: float) -> Timeline:
    """Average the samples of all viewers per second of film time, and find the peak of each second.

    Args:
        viewer_samples: one item per viewer. Samples before film time 0 or after `end`, and samples of
            weight 0, are ignored.
        end: film time at which the timeline ends, seconds; the last second may be incomplete.

    Returns:
        A timeline that starts at second 0 and includes the second that contains `end`.
    """
    seconds = max(0, int(np.floor(end)) + 1)
    names, probabilities, counts, weights, peaks, attention = [], [], [], [], [], []
    for samples in viewer_samples:
        usable = (samples.time >= 0) & (samples.time <= end) & (samples.weight > 0)
        time, weight = samples.time[usable], samples.weight[usable].astype(np.float64)
        values, second = samples.probabilities[usable].astype(np.float64), time.astype(np.int64)
        total_weight = np.bincount(second, weight, minlength=seconds)
        sums = [np.bincount(second, weight * p, minlength=seconds) for p in values.T]
        seen = total_weight >= MIN_WEIGHT
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = np.where(seen[:, None], np.stack(sums, axis=1) / total_weight[:, None], np.nan)
        highest = mean[:, _EMOTION_COLUMNS]
        np.maximum.at(highest, second, moving_mean(time, values, weight)[:, _EMOTION_COLUMNS])
        probabilities.append(mean.astype(np.float32))
        peaks.append(highest.astype(np.float32))
        count = np.where(seen, np.bincount(second, minlength=seconds), 0)
        counts.append(count.astype(np.int32))
        weights.append((np.where(seen, total_weight, 0) / np.maximum(count, 1)).astype(np.float32))
        names.append(samples.viewer)
        attention.append(_attention(samples, seconds))
    return Timeline(
        viewers=tuple(names),
        start=0,
        probabilities=np.stack(probabilities) if names else np.empty((0, seconds, len(EMOTIONS)), np.float32),
        sample_counts=np.stack(counts) if names else np.empty((0, seconds), np.int32),
        weight=np.stack(weights) if names else np.empty((0, seconds), np.float32),
        peak=np.stack(peaks) if names else np.empty((0, seconds, len(NON_NEUTRAL_EMOTIONS)), np.float32),
        attention=np.stack(attention) if names else np.empty((0, seconds), np.int8),
    )


def _attention(samples: ViewerSamples, seconds: int) -> NDArray[np.int8]:
    """(S,) codes of a viewer's states."""
    n = len(samples.time)
    pose = np.full((n, 2), np.nan, np.float32) if samples.pose is None else samples.pose
    displacement = np.full(n, np.nan, np.float32) if samples.displacement is None else samples.displacement
    return attention_states(samples.time, pose, displacement, seconds, samples.gaps, samples.moves)
