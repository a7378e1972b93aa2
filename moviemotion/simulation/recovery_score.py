"""How well a screening recovered what an invented audience was made to feel."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import pearsonr

from moviemotion.analysis.analyze import Analysis
from moviemotion.analysis.moments.detection import Moment
from moviemotion.emotions import NON_NEUTRAL_EMOTIONS, Emotion
from moviemotion.errors import MoviemotionError
from moviemotion.simulation.synthetic_audience import EmotionEvent, EmotionSchedule, SyntheticAudience
from moviemotion.statistics import Float64Array

MAX_REACTION_DELAY = 3.0
"""Seconds after a beat's end at which a moment still belongs to it: people react late."""


@dataclass(frozen=True)
class EmotionRecovery:
    """How one acted feeling came back.

    Attributes:
        viewers: how many viewers acted it.
        viewer_correlation: median over them of the correlation, second by second, of strength read
            with intensity acted; `viewer_range` the middle half. NaN where nobody acted it.
        room_correlation: the same for the means over all viewers.
    """

    emotion: Emotion
    viewers: int
    viewer_correlation: float
    viewer_correlation_iqr: tuple[float, float]
    audience_correlation: float


@dataclass(frozen=True)
class RecoveryScore:
    """A screening against the truth.

    Attributes:
        found: beats with a moment of their feeling; missed: beats without.
        invented: moments that belong to no beat.
    """

    emotions: tuple[EmotionRecovery, ...]
    detected: tuple[EmotionEvent, ...]
    missed: tuple[EmotionEvent, ...]
    false_positives: tuple[Moment, ...]


def score_recovery(
    analysis: Analysis, audience: SyntheticAudience, schedule: EmotionSchedule
) -> RecoveryScore:
    """Score a screening of an invented audience.

    Viewers of both are in one order; seconds in which one was not seen do not count.

    Raises:
        MoviemotionError: not as many viewers were read as were filmed.
    """
    read_viewers, filmed = len(analysis.strength), len(audience.viewers)
    if read_viewers != filmed:
        raise MoviemotionError(f"{filmed} viewers were filmed, {read_viewers} read: nothing to compare")
    seconds = min(analysis.strength.shape[1], audience.ground_truth.shape[1])
    read, acted = analysis.strength[:, :seconds], audience.ground_truth[:, :seconds, 1:]
    felt = sorted({beat.emotion for beat in schedule.events}, key=NON_NEUTRAL_EMOTIONS.index)
    emotions = [
        _recovery(e, read[:, :, NON_NEUTRAL_EMOTIONS.index(e)], acted[:, :, NON_NEUTRAL_EMOTIONS.index(e)])
        for e in felt
    ]
    found = tuple(
        b for b in schedule.events if any(_matches_event(m, b) for m in analysis.moment_search.moments)
    )
    return RecoveryScore(
        emotions=tuple(emotions),
        detected=found,
        missed=tuple(beat for beat in schedule.events if beat not in found),
        false_positives=tuple(
            m
            for m in analysis.moment_search.moments
            if not any(_matches_event(m, b) for b in schedule.events)
        ),
    )


def _recovery(emotion: Emotion, read: Float64Array, acted: Float64Array) -> EmotionRecovery:
    own = [
        _correlation(of_viewer[seen], truth[seen])
        for of_viewer, truth in zip(read, acted, strict=True)
        if (seen := ~np.isnan(of_viewer)).any() and truth[seen].max() > 0
    ]
    low, middle, high = np.percentile(own, [25, 50, 75]) if own else np.full(3, np.nan)
    room = _correlation(np.nanmean(read, axis=0), acted.mean(axis=0))
    return EmotionRecovery(emotion, len(own), float(middle), (float(low), float(high)), room)


def _correlation(a: Float64Array, b: Float64Array) -> float:
    return float(pearsonr(a, b).statistic) if np.ptp(a) > 0 and np.ptp(b) > 0 else 0.0


def _matches_event(moment: Moment, beat: EmotionEvent) -> bool:
    return (
        moment.emotion is beat.emotion
        and moment.start < beat.end + MAX_REACTION_DELAY
        and moment.end > beat.start
    )


def format_recovery(score: RecoveryScore) -> list[str]:
    """The score as lines for the terminal."""
    lines = [
        "Against what was acted, second by second (correlation, 1 is perfect). These invented faces were",
        "drawn to be read; real faces are harder, see the reader's card for those.",
    ]
    for one in score.emotions:
        low, high = one.viewer_correlation_iqr
        lines.append(
            f"  {one.emotion:<9} room {one.audience_correlation:.2f}   "
            f"single viewers {one.viewer_correlation:.2f} "
            f"(half of the {one.viewers} lie between {low:.2f} and {high:.2f})"
        )
    beats = len(score.detected) + len(score.missed)
    lines.append(
        f"Moments: {len(score.detected)} of {beats} acted found, {len(score.missed)} missed, "
        f"{len(score.false_positives)} invented."
    )
    return lines
