"""Score a screening of a synthetic audience against the ground-truth emotions of its viewers."""

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
"""Moments up to this many seconds after the end of an event are attributed to it, since viewers react
late."""


@dataclass(frozen=True)
class EmotionRecovery:
    """How well one emotion was recovered.

    Attributes:
        emotion: the emotion.
        viewers: number of viewers who showed the emotion.
        viewer_correlation: median over these viewers of the correlation between measured strength and true
            intensity over the seconds of the film; NaN if nobody showed the emotion.
        viewer_correlation_iqr: first and third quartiles of this correlation over the same viewers.
        audience_correlation: correlation between measured strength and true intensity, each averaged over all
            viewers.
    """

    emotion: Emotion
    viewers: int
    viewer_correlation: float
    viewer_correlation_iqr: tuple[float, float]
    audience_correlation: float


@dataclass(frozen=True)
class RecoveryScore:
    """A screening compared with the ground truth.

    Attributes:
        emotions: how well each emotion was recovered.
        detected: events with a matching moment.
        missed: events without a matching moment.
        false_positives: moments that do not match any event.
    """

    emotions: tuple[EmotionRecovery, ...]
    detected: tuple[EmotionEvent, ...]
    missed: tuple[EmotionEvent, ...]
    false_positives: tuple[Moment, ...]


def score_recovery(
    analysis: Analysis, audience: SyntheticAudience, schedule: EmotionSchedule
) -> RecoveryScore:
    """Score a screening of a synthetic audience.

    Seconds in which a viewer was not seen are excluded.

    Args:
        analysis: the analysis of the screening, with viewers in the same order as in the audience.
        audience: the ground truth.
        schedule: the events that the audience reacted to.

    Raises:
        MoviemotionError: the number of viewers found differs from the number rendered.
    """
    found, rendered = len(analysis.strength), len(audience.viewers)
    if found != rendered:
        raise MoviemotionError(
            f"{rendered} viewers were rendered but {found} were found, so they cannot be compared; "
            "use other seats or another seed"
        )
    seconds = min(analysis.strength.shape[1], audience.ground_truth.shape[1])
    measured, true = analysis.strength[:, :seconds], audience.ground_truth[:, :seconds, 1:]
    evoked = sorted({event.emotion for event in schedule.events}, key=NON_NEUTRAL_EMOTIONS.index)
    emotions = [
        _recovery(e, measured[:, :, NON_NEUTRAL_EMOTIONS.index(e)], true[:, :, NON_NEUTRAL_EMOTIONS.index(e)])
        for e in evoked
    ]
    detected = tuple(
        b for b in schedule.events if any(_matches_event(m, b) for m in analysis.moment_search.moments)
    )
    return RecoveryScore(
        emotions=tuple(emotions),
        detected=detected,
        missed=tuple(event for event in schedule.events if event not in detected),
        false_positives=tuple(
            m
            for m in analysis.moment_search.moments
            if not any(_matches_event(m, b) for b in schedule.events)
        ),
    )


def _recovery(emotion: Emotion, measured: Float64Array, true: Float64Array) -> EmotionRecovery:
    """Correlate (V, S) measured strength with (V, S) true intensity."""
    correlations = [
        _correlation(of_viewer[seen], truth[seen])
        for of_viewer, truth in zip(measured, true, strict=True)
        if (seen := ~np.isnan(of_viewer)).any() and truth[seen].max() > 0
    ]
    low, middle, high = np.percentile(correlations, [25, 50, 75]) if correlations else np.full(3, np.nan)
    audience = _correlation(np.nanmean(measured, axis=0), true.mean(axis=0))
    return EmotionRecovery(emotion, len(correlations), float(middle), (float(low), float(high)), audience)


def _correlation(a: Float64Array, b: Float64Array) -> float:
    return float(pearsonr(a, b).statistic) if np.ptp(a) > 0 and np.ptp(b) > 0 else 0.0


def _matches_event(moment: Moment, event: EmotionEvent) -> bool:
    return (
        moment.emotion is event.emotion
        and moment.start < event.end + MAX_REACTION_DELAY
        and moment.end > event.start
    )


def format_recovery(score: RecoveryScore) -> list[str]:
    """Format the score as lines of terminal output."""
    lines = [
        "Correlation with the ground truth over all seconds (1 is perfect). These synthetic faces are drawn",
        "to be easy to read; the model card reports how well real faces are read.",
    ]
    for one in score.emotions:
        low, high = one.viewer_correlation_iqr
        lines.append(
            f"  {one.emotion:<9} audience {one.audience_correlation:.2f}   "
            f"single viewers {one.viewer_correlation:.2f} "
            f"(half of the {one.viewers} lie between {low:.2f} and {high:.2f})"
        )
    events = len(score.detected) + len(score.missed)
    lines.append(
        f"Moments: {len(score.detected)} of {events} detected, {len(score.missed)} missed, "
        f"{len(score.false_positives)} false."
    )
    return lines
