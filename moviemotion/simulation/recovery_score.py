"""How well a screening recovered what an invented audience was made to feel."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import pearsonr

from moviemotion.analysis.analyze import Analysis
from moviemotion.analysis.moments.detection import Moment
from moviemotion.emotions import FEELINGS, Emotion
from moviemotion.errors import MoviemotionError
from moviemotion.simulation.synthetic_audience import Audience, Beat, FeelingScript
from moviemotion.statistics import Float

LATEST = 3.0
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
    viewer_range: tuple[float, float]
    room_correlation: float


@dataclass(frozen=True)
class Recovery:
    """A screening against the truth.

    Attributes:
        found: beats with a moment of their feeling; missed: beats without.
        invented: moments that belong to no beat.
    """

    emotions: tuple[EmotionRecovery, ...]
    found: tuple[Beat, ...]
    missed: tuple[Beat, ...]
    invented: tuple[Moment, ...]


def compare_with_truth(analysis: Analysis, audience: Audience, script: FeelingScript) -> Recovery:
    """Score a screening of an invented audience.

    Viewers of both are in one order; seconds in which one was not seen do not count.

    Raises:
        MoviemotionError: not as many viewers were read as were filmed.
    """
    read_viewers, filmed = len(analysis.strength), len(audience.viewers)
    if read_viewers != filmed:
        raise MoviemotionError(f"{filmed} viewers were filmed, {read_viewers} read: nothing to compare")
    seconds = min(analysis.strength.shape[1], audience.truth.shape[1])
    read, acted = analysis.strength[:, :seconds], audience.truth[:, :seconds, 1:]
    felt = sorted({beat.emotion for beat in script.beats}, key=FEELINGS.index)
    emotions = [_recovery(e, read[:, :, FEELINGS.index(e)], acted[:, :, FEELINGS.index(e)]) for e in felt]
    found = tuple(b for b in script.beats if any(_belongs(m, b) for m in analysis.search.moments))
    return Recovery(
        emotions=tuple(emotions),
        found=found,
        missed=tuple(beat for beat in script.beats if beat not in found),
        invented=tuple(m for m in analysis.search.moments if not any(_belongs(m, b) for b in script.beats)),
    )


def _recovery(emotion: Emotion, read: Float, acted: Float) -> EmotionRecovery:
    own = [
        _correlation(of_viewer[seen], truth[seen])
        for of_viewer, truth in zip(read, acted, strict=True)
        if (seen := ~np.isnan(of_viewer)).any() and truth[seen].max() > 0
    ]
    low, middle, high = np.percentile(own, [25, 50, 75]) if own else np.full(3, np.nan)
    room = _correlation(np.nanmean(read, axis=0), acted.mean(axis=0))
    return EmotionRecovery(emotion, len(own), float(middle), (float(low), float(high)), room)


def _correlation(a: Float, b: Float) -> float:
    return float(pearsonr(a, b).statistic) if np.ptp(a) > 0 and np.ptp(b) > 0 else 0.0


def _belongs(moment: Moment, beat: Beat) -> bool:
    return moment.emotion is beat.emotion and moment.start < beat.end + LATEST and moment.end > beat.start


def recovery_lines(recovery: Recovery) -> list[str]:
    """The score as lines for the terminal."""
    lines = [
        "Against what was acted, second by second (correlation, 1 is perfect). These invented faces were",
        "drawn to be read; real faces are harder, see the reader's card for those.",
    ]
    for one in recovery.emotions:
        low, high = one.viewer_range
        lines.append(
            f"  {one.emotion:<9} room {one.room_correlation:.2f}   "
            f"single viewers {one.viewer_correlation:.2f} "
            f"(half of the {one.viewers} lie between {low:.2f} and {high:.2f})"
        )
    beats = len(recovery.found) + len(recovery.missed)
    lines.append(
        f"Moments: {len(recovery.found)} of {beats} acted found, {len(recovery.missed)} missed, "
        f"{len(recovery.invented)} invented."
    )
    return lines
