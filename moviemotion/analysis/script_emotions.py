"""Feelings laid on the page: what the room felt during each line and each scene."""

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
"""A feeling weaker than this is not told as the dominant one."""


@dataclass(frozen=True)
class EmotionSummary:
    """What the room felt during a stretch of film.

    Attributes:
        start, end: seconds of film time.
        emotion: the dominant feeling (never neutral), or None where it was not measured (nobody
            seen, no time known) or none stood out (strength below `MIN_DOMINANT_STRENGTH`, or its interval
            reaches 0, by Student's t).
        strength: mean over viewers of each one's mean strength of that feeling, 0–1; of the strongest
            feeling where none stood out; NaN where not measured.
        strength_interval: its 95 % interval over viewers (see `intervals`); NaNs with fewer than two viewers.
        share: share of the viewers who reacted at least once, 0–1; NaN where not measured.
        share_interval: its 95 % Wilson interval.
        viewers: how many viewers were seen in the stretch.
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
    """One scene: its heading element (index into `Screenplay.elements`) and what the room felt in it.

    Attributes:
        moments: indices into `MomentSearch.moments` of those whose peak is in the scene.
    """

    scene_number: int
    heading_element: int
    summary: EmotionSummary
    moments: tuple[int, ...]


def summarize_emotions(
    strength: Float64Array, first_second: int, spans: Sequence[tuple[float, float]]
) -> tuple[EmotionSummary, ...]:
    """What the room felt in stretches of one film; each second counts by its overlap.

    Args:
        strength: (V, S, 7) of every viewer, NaN where not seen.
        first: film second of the first column.
        stretches: start and end of each, seconds of film time; NaN where it is not in the film.
    """
    if not spans:
        return ()
    of_viewers = np.full((len(strength), len(spans), len(NON_NEUTRAL_EMOTIONS)), np.nan)
    reacted = np.zeros(len(spans), dtype=np.int64)
    for k, (start, end) in enumerate(spans):
        if np.isfinite([start, end]).all():
            of_viewers[:, k] = mean_strength_during(strength, first_second, start, end)
            part = strength[:, _seconds_in_span(strength, first_second, start, end) - first_second]
            reacted[k] = (np.nan_to_num(part) >= REACTION_THRESHOLD).any(axis=(1, 2)).sum()
    viewers = (~np.isnan(of_viewers[:, :, 0])).sum(axis=0)
    mean, low, high = strength_intervals(of_viewers)
    share_low, share_high = wilson_interval(reacted, viewers)
    # Whether a feeling stood out is asked of Student's interval: the other one reaches 0 only at 0.
    _, least, _ = mean_interval(of_viewers)
    feelings = []
    for k, (start, end) in enumerate(spans):
        if not viewers[k]:
            feelings.append(_not_measured(start, end))
            continue
        strongest = int(mean[k].argmax())
        stood_out = mean[k, strongest] >= MIN_DOMINANT_STRENGTH and not least[k, strongest] <= 0
        feelings.append(
            EmotionSummary(
                start=start,
                end=end,
                emotion=NON_NEUTRAL_EMOTIONS[strongest] if stood_out else None,
                strength=float(mean[k, strongest]),
                strength_interval=(float(low[k, strongest]), float(high[k, strongest])),
                reacting_share=float(reacted[k] / viewers[k]),
                reacting_share_interval=(float(share_low[k]), float(share_high[k])),
                viewers=int(viewers[k]),
            )
        )
    return tuple(feelings)


def _not_measured(start: float, end: float) -> EmotionSummary:
    nan = float("nan")
    return EmotionSummary(start, end, None, nan, (nan, nan), nan, (nan, nan), 0)


def mean_strength_during(strength: Float64Array, first_second: int, start: float, end: float) -> Float64Array:
    """Each viewer's mean strength from `start` to `end`; each second counts by its overlap.

    Args:
        strength, first: as for `feelings_during`.
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


def _seconds_in_span(strength: Float64Array, first: int, start: float, end: float) -> NDArray[np.int64]:
    """The film seconds that a stretch touches, at least one, as far as the film was read."""
    seconds = np.arange(int(np.floor(start)), max(int(np.ceil(end)), int(np.floor(start)) + 1))
    return seconds[(seconds >= first) & (seconds < first + strength.shape[1])]


def emotions_by_element(
    script: TimedScript, strength: Float64Array, first_second: int
) -> tuple[EmotionSummary, ...]:
    """The room's feeling during each cue of the script."""
    return summarize_emotions(strength, first_second, [(cue.start, cue.end) for cue in script.cues])


def emotions_by_scene(
    script: TimedScript, strength: Float64Array, first_second: int, moments: tuple[Moment, ...]
) -> tuple[SceneEmotions, ...]:
    """The room's feeling during each scene, from its first to its last second on screen."""
    elements = script.screenplay.elements
    headings = [k for k, element in enumerate(elements) if element.kind is ElementKind.SCENE_HEADING]
    stretches = []
    for heading in headings:
        cues = [cue for cue in script.cues if elements[cue.element].scene == elements[heading].scene]
        starts = [cue.start for cue in cues if np.isfinite(cue.start)]
        ends = [cue.end for cue in cues if np.isfinite(cue.end)]
        stretches.append((min(starts), max(ends)) if starts else (float("nan"), float("nan")))
    feelings = summarize_emotions(strength, first_second, stretches)
    return tuple(
        SceneEmotions(
            elements[heading].scene,
            heading,
            feeling,
            tuple(i for i, moment in enumerate(moments) if start <= moment.peak < end),
        )
        for heading, feeling, (start, end) in zip(headings, feelings, stretches, strict=True)
    )
