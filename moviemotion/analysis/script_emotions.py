"""Emotions by script element: what the audience showed during each element and each scene.

The viewer is the unit of analysis: strength is averaged over the stretch for each viewer first, and then over
viewers. A viewer who was seen for only part of a scene counts once, based on the part in which they were
seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from moviemotion.analysis.moments.detection import Moment
from moviemotion.analysis.signals.audience_curve import REACTION_THRESHOLD
from moviemotion.analysis.signals.strength_intervals import strength_intervals
from moviemotion.emotions import NON_NEUTRAL_EMOTIONS, Emotion
from moviemotion.screenplay.alignment.align import TimedScript
from moviemotion.screenplay.elements import ElementKind
from moviemotion.statistics import Float64Array, mean_interval, wilson_interval

MIN_DOMINANT_STRENGTH = 0.1
"""An emotion weaker than this is not reported as the dominant one."""


@dataclass(frozen=True)
class EmotionSummary:
    """What the audience showed during a stretch of the film.

    Attributes:
        start, end: seconds of film time.
        emotion: the dominant emotion (never neutral). None if nothing was measured (no viewer was seen, or
            the time is unknown) or if no emotion was clear (its strength is below `MIN_DOMINANT_STRENGTH`, or
            its Student's t interval includes 0).
        strength: mean strength of that emotion, averaged over the stretch for each viewer and then over
            viewers, or of the strongest emotion if none was clear, 0–1; NaN if nothing was measured.
        strength_interval: 95 % interval of `strength` over viewers (see `strength_intervals`); NaNs with
            fewer than two viewers.
        reacting_share: share of the viewers who reacted at least once, 0–1; NaN if nothing was measured.
        reacting_share_interval: 95 % Wilson interval of `reacting_share`.
        viewers: number of viewers who were seen in the stretch.
    """

    start: float
    end: float
    emotion: Emotion | None
    strength: float
    strength_interval: tuple[float, float]
    reacting_share: float
    reacting_share_interval: tuple[float, float]
    viewers: int


@dataclass(frozen=True)
class SceneEmotions:
    """What the audience showed during one scene.

    Attributes:
        scene_number: number of the scene in the screenplay.
        heading_element: index of the scene heading in `Screenplay.elements`.
        summary: emotions from the first to the last second of the scene.
        moments: indices in `MomentSearchResult.moments` of the moments whose peak is in the scene.
    """

    scene_number: int
    heading_element: int
    summary: EmotionSummary
    moments: tuple[int, ...]


def summarize_emotions(
    strength: Float64Array, first_second: int, spans: Sequence[tuple[float, float]]
) -> tuple[EmotionSummary, ...]:
    """Summarize what the audience showed in stretches of one film.

    A second that lies partly in a stretch is weighted by its overlap.

    Args:
        strength: (V, S, 7) each viewer's strengths, NaN where not seen.
        first_second: film second of the first column.
        spans: start and end of each stretch in seconds of film time; NaN if the stretch is not in the film.
    """
    if not spans:
        return ()
    by_viewer = np.full((len(strength), len(spans), len(NON_NEUTRAL_EMOTIONS)), np.nan)
    reacted = np.zeros(len(spans), dtype=np.int64)
    for k, (start, end) in enumerate(spans):
        if np.isfinite([start, end]).all():
            by_viewer[:, k] = mean_strength_during(strength, first_second, start, end)
            part = strength[:, _seconds_in_span(strength, first_second, start, end) - first_second]
            reacted[k] = (np.nan_to_num(part) >= REACTION_THRESHOLD).any(axis=(1, 2)).sum()
    viewers = (~np.isnan(by_viewer[:, :, 0])).sum(axis=0)
    mean, low, high = strength_intervals(by_viewer)
    share_low, share_high = wilson_interval(reacted, viewers)
    # The interval from `strength_intervals` includes 0 only if the mean is 0, so Student's t interval decides
    # whether an emotion is clear.
    _, lower_end, _ = mean_interval(by_viewer)
    summaries = []
    for k, (start, end) in enumerate(spans):
        if not viewers[k]:
            summaries.append(_not_measured(start, end))
            continue
        strongest = int(mean[k].argmax())
        # `not <=` rather than `>`: with a single viewer the interval is NaN, and the strength alone decides.
        is_clear = mean[k, strongest] >= MIN_DOMINANT_STRENGTH and not lower_end[k, strongest] <= 0
        summaries.append(
            EmotionSummary(
                start=start,
                end=end,
                emotion=NON_NEUTRAL_EMOTIONS[strongest] if is_clear else None,
                strength=float(mean[k, strongest]),
                strength_interval=(float(low[k, strongest]), float(high[k, strongest])),
                reacting_share=float(reacted[k] / viewers[k]),
                reacting_share_interval=(float(share_low[k]), float(share_high[k])),
                viewers=int(viewers[k]),
            )
        )
    return tuple(summaries)


def _not_measured(start: float, end: float) -> EmotionSummary:
    nan = float("nan")
    return EmotionSummary(start, end, None, nan, (nan, nan), nan, (nan, nan), 0)


def mean_strength_during(strength: Float64Array, first_second: int, start: float, end: float) -> Float64Array:
    """Compute each viewer's mean strength from `start` to `end`; seconds are weighted by their overlap.

    Args:
        strength: (V, S, 7) each viewer's strengths, NaN where not seen.
        first_second: film second of the first column.
        start, end: seconds of film time.

    Returns:
        (V, 7); NaN for a viewer who was not seen in the stretch.
    """
    columns = _seconds_in_span(strength, first_second, start, end)
    overlap = np.minimum(columns + 1, end) - np.maximum(columns, start)
    part = strength[:, columns - first_second]
    weight = ~np.isnan(part[:, :, :1]) * np.maximum(overlap, 1e-6)[None, :, None]
    with np.errstate(invalid="ignore"):
        return np.asarray((np.nan_to_num(part) * weight).sum(axis=1) / weight.sum(axis=1))


def _seconds_in_span(
    strength: Float64Array, first_second: int, start: float, end: float
) -> NDArray[np.int64]:
    """Return the film seconds within the timeline that a stretch overlaps; at least one if it is empty."""
    seconds = np.arange(int(np.floor(start)), max(int(np.ceil(end)), int(np.floor(start)) + 1))
    return seconds[(seconds >= first_second) & (seconds < first_second + strength.shape[1])]


def emotions_by_element(
    script: TimedScript, strength: Float64Array, first_second: int
) -> tuple[EmotionSummary, ...]:
    """Summarize what the audience showed during each cue of the script."""
    return summarize_emotions(strength, first_second, [(cue.start, cue.end) for cue in script.cues])


def emotions_by_scene(
    script: TimedScript, strength: Float64Array, first_second: int, moments: tuple[Moment, ...]
) -> tuple[SceneEmotions, ...]:
    """Summarize what the audience showed during each scene, from its first to its last second on screen."""
    elements = script.screenplay.elements
    headings = [k for k, element in enumerate(elements) if element.kind is ElementKind.SCENE_HEADING]
    spans = []
    for heading in headings:
        cues = [cue for cue in script.cues if elements[cue.element].scene == elements[heading].scene]
        starts = [cue.start for cue in cues if np.isfinite(cue.start)]
        ends = [cue.end for cue in cues if np.isfinite(cue.end)]
        spans.append((min(starts), max(ends)) if starts else (float("nan"), float("nan")))
    summaries = summarize_emotions(strength, first_second, spans)
    return tuple(
        SceneEmotions(
            elements[heading].scene,
            heading,
            summary,
            tuple(i for i, moment in enumerate(moments) if start <= moment.peak < end),
        )
        for heading, summary, (start, end) in zip(headings, summaries, spans, strict=True)
    )
