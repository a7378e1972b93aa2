"""Each viewer's baseline, and the strength of emotions above it.

Some faces look sad or amused at rest. If this were ignored, such viewers would seem to react throughout the
film. Each viewer's emotion probabilities at rest are therefore estimated first, and strength measures what a
face shows beyond them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from moviemotion.analysis.signals.timeline import Timeline
from moviemotion.emotions import EMOTIONS, NON_NEUTRAL_EMOTIONS, Emotion
from moviemotion.errors import SettingError
from moviemotion.statistics import Float64Array

MIN_SECONDS = 5
"""Smallest number of seconds for which a viewer must be seen in the marked stretch for it to be used."""
NEUTRAL_SHARE = 0.6
"""Fraction of a viewer's seconds, starting with the most neutral, from which the baseline is estimated."""
MAX_EMOTION_AT_REST = 0.6
"""Largest total probability of the seven emotions in a baseline that is estimated from the film.

Of 20 faces that annotators label neutral, 19 have about this total or less (`benchmarks/people.py`).
"""
MIN_HEADROOM = 0.5
"""Lower limit for the denominator of strength, the fraction of annotators not choosing an emotion at rest."""
_MIN_PROBABILITY = 1e-4
_CLOCK_TIME = re.compile(r"(?:(?:(\d+):)?(\d+):)?(\d+(?:\.\d+)?)")


@dataclass(frozen=True)
class TimeSpan:
    """A stretch of the film in seconds of film time; the end is exclusive."""

    start: float
    end: float


@dataclass(frozen=True)
class Baseline:
    """Each viewer's emotion probabilities at rest.

    Attributes:
        probabilities: (V, 8) emotion probabilities in the order of `EMOTIONS`; NaN for a viewer who was never
            seen.
        seconds: (V,) number of seconds on which each estimate is based; 0 for a viewer who was never seen.
        from_marked_span: (V,) whether these seconds lie in the marked stretch; if not, they were chosen from
            the entire film.
    """

    probabilities: Float64Array
    seconds: NDArray[np.int64]
    from_marked_span: NDArray[np.bool_]


def parse_time_span(text: str) -> TimeSpan:
    """Parse a stretch of film time such as `0:00-0:20`, `1:02:05-1:03:00` or `0-20`.

    Args:
        text: two film times, in clock notation or in seconds, joined by a hyphen or an en dash.

    Raises:
        SettingError: the text has a different form, or the stretch does not end after it starts.

    Example:
        >>> parse_time_span("1:02:05-1:03:00")
        TimeSpan(start=3725.0, end=3780.0)
    """
    ends = [_CLOCK_TIME.fullmatch(part.strip()) for part in re.split("[-–]", text)]
    if len(ends) != 2 or None in ends:
        raise SettingError(
            "invalid-time-span",
            "{baseline} {text}: not a valid stretch of film time; enter START-END, such as 0:00-0:20",
            text=text,
        )
    start, end = (
        sum(float(part or 0) * unit for part, unit in zip(m.groups(), (3600, 60, 1), strict=True))
        for m in ends
        if m
    )
    if not start < end:
        raise SettingError(
            "empty-time-span",
            "{baseline} {text}: the end is not after the start; enter START-END, such as 0:00-0:20",
            text=text,
        )
    return TimeSpan(start, end)


def estimate_baseline(timeline: Timeline, marked_span: TimeSpan | None = None) -> Baseline:
    """Estimate each viewer's baseline.

    If a stretch is marked, the baseline is the mean over it. Without a marked stretch, or for a viewer who
    was seen in it for less than `MIN_SECONDS`, the baseline is estimated from the entire film as the state to
    which the face keeps returning: the mode of each emotion's log-odds over the more neutral seconds. The
    mode reflects the resting face even for a viewer who smiles through half of the film, whereas the median
    would lie between rest and smile. The total is limited to `MAX_EMOTION_AT_REST`, since otherwise the
    crying of a viewer who cries throughout would become the baseline and would never be reported.

    Args:
        timeline: the timeline of all viewers.
        marked_span: film time in which viewers are known to be at rest, such as before the titles.

    Raises:
        SettingError: the marked stretch lies outside the timeline.
    """
    viewers, seconds = timeline.sample_counts.shape
    seen = timeline.sample_counts > 0
    within = np.zeros(seconds, dtype=bool)
    if marked_span is not None:
        film_second = timeline.start + np.arange(seconds)
        within = (film_second >= np.floor(marked_span.start)) & (film_second < marked_span.end)
        if not within.any():
            raise SettingError(
                "time-span-outside-film",
                "{baseline} {span}: outside the analyzed film time, {first}–{last} s; "
                "choose a stretch within this time",
                span=f"{marked_span.start:g}-{marked_span.end:g}",
                first=timeline.start,
                last=timeline.start + seconds,
            )
    probabilities = np.full((viewers, len(EMOTIONS)), np.nan)
    count, is_marked = np.zeros(viewers, dtype=np.int64), np.zeros(viewers, dtype=bool)
    for v in range(viewers):
        marked = seen[v] & within
        marked_seconds, all_seconds = int(marked.sum()), int(seen[v].sum())
        if marked_seconds >= MIN_SECONDS:
            probabilities[v] = timeline.probabilities[v, marked].astype(np.float64).mean(axis=0)
            count[v], is_marked[v] = marked_seconds, True
        elif all_seconds:
            probabilities[v] = _resting_probabilities(timeline.probabilities[v, seen[v]].astype(np.float64))
            count[v] = _neutral_count(all_seconds)
    return Baseline(probabilities, count, is_marked)


def strength_above_baseline(timeline: Timeline, baseline: Baseline) -> Float64Array:
    """Compute the strength of each emotion above the viewer's baseline.

    The probability of an emotion is the fraction of ten annotators who would choose it (the emotion model is
    trained on annotators' votes and calibrated; Barsoum et al., 2016). This fraction increases with the
    intensity of the expression (Hess, Blairy & Kleck, 1997). Strength is the fraction of annotators choosing
    the emotion now among those who would not choose it for this viewer at rest: (p − rest) / (1 − rest), at
    least 0. For example, 0.6 means that of ten annotators who saw no joy in the face at rest, six see it now.

    If more than half of the annotators already choose the emotion at rest, few are left to change their
    answer, and dividing by such a small number would amplify noise. The denominator is therefore at least
    `MIN_HEADROOM`, in which case strength cannot reach 1.

    Args:
        timeline: the timeline of all viewers.
        baseline: the baseline of the same viewers.

    Returns:
        (V, S, 7) strengths 0–1 in the order of `NON_NEUTRAL_EMOTIONS`; NaN where the viewer was not seen.
    """
    columns = [EMOTIONS.index(emotion) for emotion in NON_NEUTRAL_EMOTIONS]
    p = timeline.probabilities[:, :, columns].astype(np.float64)
    at_rest = baseline.probabilities[:, None, columns]
    return np.maximum((p - at_rest) / np.maximum(1 - at_rest, MIN_HEADROOM), 0)


def _resting_probabilities(probabilities: Float64Array) -> Float64Array:
    """(n, 8) → (8,) probabilities from the mode of each emotion's log-odds over the more neutral seconds."""
    # Probabilities accumulate near 0 and 1, where the mode would depend on clipping; log-odds do not.
    most_neutral_first = np.argsort(-probabilities[:, EMOTIONS.index(Emotion.NEUTRAL)], kind="stable")
    chosen = probabilities[most_neutral_first[: _neutral_count(len(probabilities))]]
    p = np.clip(chosen, _MIN_PROBABILITY, 1 - _MIN_PROBABILITY)
    modes = np.array([_half_sample_mode(log_odds) for log_odds in np.log(p / (1 - p)).T])
    resting = 1 / (1 + np.exp(-modes))
    resting /= resting.sum()
    # The modes of the emotions need not sum to 1, and may describe a viewer who is never at rest.
    emotion_total = 1 - resting[EMOTIONS.index(Emotion.NEUTRAL)]
    at_rest = min(emotion_total, MAX_EMOTION_AT_REST)
    resting *= at_rest / max(emotion_total, _MIN_PROBABILITY)
    resting[EMOTIONS.index(Emotion.NEUTRAL)] = 1 - at_rest
    return resting


def _neutral_count(seconds: int) -> int:
    return int(np.ceil(NEUTRAL_SHARE * seconds))


def _half_sample_mode(values: Float64Array) -> float:
    """Estimate the mode as the mean of the densest quarter of the values.

    The half-sample mode (Bickel & Frühwirth, 2006) takes the shortest interval that contains half of the
    values and repeats this step within it until two values are left. Here, the procedure stops after two
    steps, because the densest quarter is nearly as close to the mode, and its mean varies less.
    """
    x = np.sort(values)
    for _ in range(2):
        half = (len(x) + 1) // 2
        start = int((x[half - 1 :] - x[: len(x) - half + 1]).argmin())
        x = x[start : start + half]
    return float(x.mean())
