"""A person's own neutral, and the strength of a feeling measured from it.

Some faces look sad, or amused, when nothing is felt. What a face reads as at rest is found for each
viewer, and a feeling is what goes beyond it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from moviemotion.analysis.signals.timeline import Timeline
from moviemotion.emotions import EMOTIONS, NON_NEUTRAL_EMOTIONS, Emotion
from moviemotion.errors import MoviemotionError
from moviemotion.statistics import Float64Array

MIN_SECONDS = 5
"""Seconds of the marked stretch in which a viewer must be seen."""
NEUTRAL_SHARE = 0.6
"""Share of a viewer's seconds, the most neutral ones, in which their resting face is looked for."""
MAX_EMOTION_AT_REST = 0.6
"""Probability of all feelings together beyond which a face is not at rest, when its rest is estimated from
the film: 19 of 20 faces that annotators call neutral have about that or less (`benchmarks/people.py`)."""
MIN_HEADROOM = 0.5
"""Share of annotators, not naming a feeling at rest, on which its strength can be measured."""
_MIN_PROBABILITY = 1e-4
_CLOCK_TIME = re.compile(r"(?:(?:(\d+):)?(\d+):)?(\d+(?:\.\d+)?)")


@dataclass(frozen=True)
class TimeSpan:
    """A stretch of film, seconds of film time, end exclusive."""

    start: float
    end: float


@dataclass(frozen=True)
class Baseline:
    """What each viewer's face reads as when nothing is felt.

    Attributes:
        emotions: (V, 8) probabilities in the order of `EMOTIONS`; NaN for a viewer who was never seen.
        seconds: (V,) how many seconds each was found in; 0 for a viewer who was never seen.
        marked: (V,) whether they lie in the marked stretch; elsewhere they were chosen from the film.
    """

    probabilities: Float64Array
    seconds: NDArray[np.int64]
    from_marked_span: NDArray[np.bool_]


def parse_time_span(text: str) -> TimeSpan:
    """Read `0:00-0:20`, `1:02:05-1:03:00` or `0-20`: two film times, of clock or seconds, and a hyphen.

    Raises:
        MoviemotionError: it is written otherwise, or does not end after it starts.
    """
    ends = [_CLOCK_TIME.fullmatch(part.strip()) for part in re.split("[-–]", text)]
    if len(ends) != 2 or None in ends:
        raise MoviemotionError(f"--baseline {text}: write it as START-END in film time, such as 0:00-0:20")
    start, end = (
        sum(float(part or 0) * unit for part, unit in zip(m.groups(), (3600, 60, 1), strict=True))
        for m in ends
        if m
    )
    if not start < end:
        raise MoviemotionError(f"--baseline {text}: ends before it begins; write it as 0:00-0:20")
    return TimeSpan(start, end)


def estimate_baseline(timeline: Timeline, marked_span: TimeSpan | None = None) -> Baseline:
    """Find each viewer's resting face.

    In a marked stretch it is the mean. Without one, or where a viewer was seen in it for less than
    `FEWEST_SECONDS`, it is estimated from the whole film, as the state to which the face keeps returning:
    the mode of each emotion's log-odds over the more neutral seconds. That holds for somebody who smiles
    through half of the film, where a median would be half a smile. Of somebody who weeps throughout, no more
    than `MOST_AT_REST` is taken for rest.

    Raises:
        MoviemotionError: the marked stretch lies outside the film that was read.
    """
    viewers, seconds = timeline.sample_counts.shape
    seen = timeline.sample_counts > 0
    within = np.zeros(seconds, dtype=bool)
    if marked_span is not None:
        at = timeline.start + np.arange(seconds)
        within = (at >= np.floor(marked_span.start)) & (at < marked_span.end)
        if not within.any():
            raise MoviemotionError(
                f"--baseline {marked_span.start:g}-{marked_span.end:g}: outside the film that was read, "
                f"{timeline.start}–{timeline.start + seconds} s; mark a stretch inside it"
            )
    emotions = np.full((viewers, len(EMOTIONS)), np.nan)
    count, is_marked = np.zeros(viewers, dtype=np.int64), np.zeros(viewers, dtype=bool)
    for v in range(viewers):
        own = seen[v] & within
        marked_seconds, all_seconds = int(own.sum()), int(seen[v].sum())
        if marked_seconds >= MIN_SECONDS:
            emotions[v] = timeline.probabilities[v, own].astype(np.float64).mean(axis=0)
            count[v], is_marked[v] = marked_seconds, True
        elif all_seconds:
            emotions[v] = _resting_probabilities(timeline.probabilities[v, seen[v]].astype(np.float64))
            count[v] = _neutral_count(all_seconds)
    return Baseline(emotions, count, is_marked)


def strength_above_baseline(timeline: Timeline, baseline: Baseline) -> Float64Array:
    """How strongly each feeling shows beyond the viewer's own resting face.

    The reader's probability of an emotion is the share of ten annotators who would name it (it is
    trained on their votes and calibrated: Barsoum et al., 2016), and that share grows with the intensity
    of the expression (Hess, Blairy & Kleck, 1997). Strength is the share of the annotators who would not
    name the feeling at this viewer's rest, but name it now: (p − rest) / (1 − rest), at least 0. Its unit
    is a share of annotators: 0.6 means that six of ten who saw no joy in the resting face see it now.
    Where more than half name the feeling at rest already, so few are left to be won over that noise would
    pass for feeling: the rise is then a share of half of the annotators, and cannot reach 1.

    Returns:
        (V, S, 7) 0–1 in the order of `FEELINGS`; NaN where the viewer was not seen.
    """
    columns = [EMOTIONS.index(feeling) for feeling in NON_NEUTRAL_EMOTIONS]
    p = timeline.probabilities[:, :, columns].astype(np.float64)
    at_rest = baseline.probabilities[:, None, columns]
    return np.maximum((p - at_rest) / np.maximum(1 - at_rest, MIN_HEADROOM), 0)


def _resting_probabilities(scores: Float64Array) -> Float64Array:
    """(n, 8) → (8,): the mode of each emotion's log-odds over the more neutral seconds."""
    order = np.argsort(-scores[:, EMOTIONS.index(Emotion.NEUTRAL)], kind="stable")
    p = np.clip(scores[order[: _neutral_count(len(scores))]], _MIN_PROBABILITY, 1 - _MIN_PROBABILITY)
    modes = np.array([_half_sample_mode(log_odds) for log_odds in np.log(p / (1 - p)).T])
    resting = 1 / (1 + np.exp(-modes))
    resting /= resting.sum()
    felt = 1 - resting[EMOTIONS.index(Emotion.NEUTRAL)]
    at_rest = min(felt, MAX_EMOTION_AT_REST)
    resting *= at_rest / max(felt, _MIN_PROBABILITY)
    resting[EMOTIONS.index(Emotion.NEUTRAL)] = 1 - at_rest
    return resting


def _neutral_count(seconds: int) -> int:
    return int(np.ceil(NEUTRAL_SHARE * seconds))


def _half_sample_mode(values: Float64Array) -> float:
    """The mean of the closest half of the closest half (Bickel & Frühwirth, 2006).

    They go on halving to the last two values; a quarter is nearly as near to the mode and varies less.
    """
    x = np.sort(values)
    for _ in range(2):
        half = (len(x) + 1) // 2
        start = int((x[half - 1 :] - x[: len(x) - half + 1]).argmin())
        x = x[start : start + half]
    return float(x.mean())
