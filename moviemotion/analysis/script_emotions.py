"""Emotions by script element: what the audience showed in response to each element and each scene.

The viewer is the unit of analysis: strength is averaged over the stretch for each viewer first, and then over
viewers. A viewer who was seen for only part of a scene counts once, based on the part in which they were
seen.

People react to what they have just seen. The stretch in which the reaction to an element is measured
therefore begins and ends `AUDIENCE_DELAY` later than the element itself. Without this delay, a laugh about
the last line of a scene would be attributed to the first line of the next scene.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from moviemotion.analysis.moments.detection import Moment
from moviemotion.analysis.signals.audience_curve import MIN_VIEWERS, REACTION_THRESHOLD
from moviemotion.analysis.signals.reaction_delay import AUDIENCE_DELAY
from moviemotion.analysis.signals.strength_intervals import strength_intervals
from moviemotion.emotions import NON_NEUTRAL_EMOTIONS, Emotion
from moviemotion.screenplay.alignment.align import TimedScript
from moviemotion.screenplay.elements import ElementKind
from moviemotion.statistics import Float64Array, mean_interval

MIN_DOMINANT_STRENGTH = 0.1
"""An emotion weaker than this is not reported as the dominant one."""


@dataclass(frozen=True)
class EmotionSummary:
    """What the audience showed during a stretch of the film.

    Attributes:
        start, end: when the stretch is on screen, in seconds of film time; the reaction to it is measured
            `AUDIENCE_DELAY` later.
        emotion: the dominant emotion (never neutral). None if nothing was measured (no viewer was seen, or
            the time is unknown), if too few viewers were seen at once (see `has_enough_viewers`), or if no
            emotion was clear (its strength is below `MIN_DOMINANT_STRENGTH`, or its Student's t interval
            includes 0).
        strength: mean strength of that emotion, or of the strongest emotion if none was clear, averaged over
            the stretch for each viewer and then over viewers, 0–1; NaN if nothing was measured.
        strength_interval: 95 % interval of `strength` over viewers (see `strength_intervals`); NaNs with
            fewer than two viewers.
        mean_reacting_share: fraction of the stretch in which a viewer reacted (with a strength ≥
            `REACTION_THRESHOLD` in at least one emotion), averaged over viewers, 0–1; NaN if nothing was
            measured. Unlike the share of viewers who react at least once, it does not grow with the length of
            the stretch.
        mean_reacting_share_interval: 95 % interval of `mean_reacting_share` over viewers (see
            `strength_intervals`); NaNs with fewer than two viewers.
        viewers: number of viewers who were seen in the stretch, however briefly.
        usual_viewers: number of viewers seen in a typical (the median) second of the stretch.
    """

    start: float
    end: float
    emotion: Emotion | None
    strength: float
    strength_interval: tuple[float, float]
    mean_reacting_share: float
    mean_reacting_share_interval: tuple[float, float]
    viewers: int
    usual_viewers: int

    @property
    def has_enough_viewers(self) -> bool:
        """Whether enough viewers were seen at once; otherwise, the audience's reaction is unknown."""
        return self.usual_viewers >= MIN_VIEWERS


@dataclass(frozen=True)
class SceneEmotions:
    """What the audience showed during one scene.

    Attributes:
        scene_number: number of the scene in the screenplay.
        heading_element: index of the scene heading in `Screenplay.elements`.
        summary: emotions in response to the scene, from its first to its last second.
        moments: indices in `MomentSearchResult.moments` of the moments whose peak is a response to the scene.
    """

    scene_number: int
    heading_element: int
    summary: EmotionSummary
    moments: tuple[int, ...]


def summarize_emotions(
    strength: Float64Array, first_second: int, spans: Sequence[tuple[float, float]]
) -> tuple[EmotionSummary, ...]:
    """Summarize what the audience showed in response to stretches of one film.

    The response to a stretch is measured `AUDIENCE_DELAY` later. A second that lies partly in the response is
    weighted by its overlap.

    Args:
        strength: (V, S, 7) each viewer's strengths, NaN where not seen.
        first_second: film second of the first column.
        spans: when each stretch is on screen, as start and end in seconds of film time; NaN if the stretch is
            not in the film.
    """
    if not spans:
        return ()
    values = np.concatenate([strength, _is_reacting(strength)], axis=2)
    by_viewer = np.full((len(strength), len(spans), values.shape[2]), np.nan)
    for k, (start, end) in enumerate(spans):
        if np.isfinite([start, end]).all():
            by_viewer[:, k] = mean_strength_during(
                values, first_second, start + AUDIENCE_DELAY, end + AUDIENCE_DELAY
            )
    viewers = (~np.isnan(by_viewer[:, :, 0])).sum(axis=0)
    usual = _usual_viewers(strength, first_second, spans)
    mean, low, high = _intervals_by_length(by_viewer, values, spans)
    (mean, share), (low, share_low), (high, share_high) = (
        (each[:, :-1], each[:, -1]) for each in (mean, low, high)
    )
    by_viewer = by_viewer[:, :, :-1]
    # The interval from `strength_intervals` includes 0 only if the mean is 0, so Student's t interval decides
    # whether an emotion is clear.
    _, lower_end, _ = mean_interval(by_viewer)
    summaries = []
    for k, (start, end) in enumerate(spans):
        if not viewers[k]:
            summaries.append(_not_measured(start, end))
            continue
        strongest = int(mean[k].argmax())
        is_clear = mean[k, strongest] >= MIN_DOMINANT_STRENGTH and lower_end[k, strongest] > 0
        summaries.append(
            EmotionSummary(
                start=start,
                end=end,
                emotion=NON_NEUTRAL_EMOTIONS[strongest] if is_clear and usual[k] >= MIN_VIEWERS else None,
                strength=float(mean[k, strongest]),
                strength_interval=(float(low[k, strongest]), float(high[k, strongest])),
                mean_reacting_share=float(share[k]),
                mean_reacting_share_interval=(float(share_low[k]), float(share_high[k])),
                viewers=int(viewers[k]),
                usual_viewers=usual[k],
            )
        )
    return tuple(summaries)


def _usual_viewers(
    strength: Float64Array, first_second: int, spans: Sequence[tuple[float, float]]
) -> list[int]:
    """Number of viewers seen in the median second of the response to each stretch."""
    seen = (~np.isnan(strength[:, :, 0])).sum(axis=0)
    usual = []
    for start, end in spans:
        columns = np.zeros(0, np.int64)
        if np.isfinite([start, end]).all():
            columns = _seconds_in_span(strength, first_second, start + AUDIENCE_DELAY, end + AUDIENCE_DELAY)
        usual.append(int(np.median(seen[columns - first_second])) if len(columns) else 0)
    return usual


def _is_reacting(strength: Float64Array) -> Float64Array:
    """(V, S, 7) → (V, S, 1) 1 where the viewer reacts, 0 where not, NaN where not seen."""
    reacting = (strength >= REACTION_THRESHOLD).any(axis=2, keepdims=True)
    return np.where(np.isnan(strength[:, :, :1]), np.nan, reacting)


def _intervals_by_length(
    by_viewer: Float64Array, values: Float64Array, spans: Sequence[tuple[float, float]]
) -> tuple[Float64Array, Float64Array, Float64Array]:
    """Compute the means of stretches over viewers, with their 95 % intervals (see `strength_intervals`).

    The longer a stretch is, the less the viewers' means differ by chance. For each length, the film is
    therefore cut into stretches of that length, and their dispersion is used to moderate the intervals.

    Args:
        by_viewer: (V, K, F) each viewer's mean in each stretch.
        values: (V, S, F) the values of each second, NaN where not seen.
        spans: start and end of each stretch.

    Returns:
        The means and the lower and upper ends of their intervals, each (K, F).
    """
    seen = ~np.isnan(values[:, :, :1])
    running, count = (
        np.pad(np.cumsum(x, axis=1), ((0, 0), (1, 0), (0, 0))) for x in (np.where(seen, values, 0), seen)
    )
    length = np.array([max(round(end - start), 1) if np.isfinite(end - start) else 0 for start, end in spans])
    result = np.full((3, *by_viewer.shape[1:]), np.nan)
    for seconds in np.unique(length[length > 0]):
        with np.errstate(invalid="ignore"):
            of_film = np.diff(running[:, ::seconds], axis=1) / np.diff(count[:, ::seconds], axis=1)
        same = length == seconds
        together = np.concatenate([by_viewer[:, same], of_film], axis=1)
        result[:, same] = np.stack(strength_intervals(together))[:, : same.sum()]
    return result[0], result[1], result[2]


def _not_measured(start: float, end: float) -> EmotionSummary:
    nan = float("nan")
    return EmotionSummary(start, end, None, nan, (nan, nan), nan, (nan, nan), 0, 0)


def mean_strength_during(strength: Float64Array, first_second: int, start: float, end: float) -> Float64Array:
    """Compute each viewer's mean strength from `start` to `end`; seconds are weighted by their overlap.

    Args:
        strength: (V, S, F) each viewer's strengths, or other values, NaN where not seen.
        first_second: film second of the first column.
        start, end: seconds of film time.

    Returns:
        (V, F) mean strengths; NaN for a viewer who was not seen in the stretch.
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
    """Summarize what the audience showed in response to each cue of the script."""
    return summarize_emotions(strength, first_second, [(cue.start, cue.end) for cue in script.cues])


def emotions_by_scene(
    script: TimedScript, strength: Float64Array, first_second: int, moments: tuple[Moment, ...]
) -> tuple[SceneEmotions, ...]:
    """Summarize what the audience showed in response to each scene, from its first to its last second."""
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
            tuple(i for i, moment in enumerate(moments) if start <= moment.peak - AUDIENCE_DELAY < end),
        )
        for heading, summary, (start, end) in zip(headings, summaries, spans, strict=True)
    )
