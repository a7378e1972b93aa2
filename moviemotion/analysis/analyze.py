"""Everything that is known about a screening, computed once; telling asks this record."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from moviemotion.analysis.moments.detection import Moment, MomentSearchResult, find_moments
from moviemotion.analysis.patterns.find_patterns import Patterns, find_patterns
from moviemotion.analysis.script_emotions import (
    EmotionSummary,
    SceneEmotions,
    emotions_by_element,
    emotions_by_scene,
)
from moviemotion.analysis.signals.audience_curve import AudienceCurve, compute_audience_curve
from moviemotion.analysis.signals.baseline import (
    MIN_SECONDS,
    Baseline,
    TimeSpan,
    estimate_baseline,
    strength_above_baseline,
)
from moviemotion.analysis.signals.mixed_emotions import MixedEmotionOccurrence, find_mixed_emotions
from moviemotion.analysis.signals.reaction_delay import RelativeDelay, estimate_relative_delay
from moviemotion.analysis.signals.synchrony import FilmSynchrony, film_synchrony
from moviemotion.analysis.signals.timeline import Timeline
from moviemotion.screenplay.alignment.align import TimedScript
from moviemotion.statistics import Float64Array


@dataclass(frozen=True)
class DataQuality:
    """How good the data are.

    Attributes:
        viewers: how many viewers.
        seconds: length of the timeline.
        seen: share of viewer-seconds with at least one sample, 0–1.
        seen_by_viewer: (V) the same for each viewer.
        samples_per_second: mean samples behind a seen viewer-second.
        refused: reason → share of all faces' samples that were refused for it, the most frequent first.
        problems: plain sentences: seats that could not be read, subtitles that did not fit, …
    """

    viewers: int
    seconds: int
    seen_share: float
    seen_share_by_viewer: tuple[float, ...]
    samples_per_second: float
    rejected_shares: dict[str, float]
    problems: tuple[str, ...]


@dataclass(frozen=True)
class Analysis:
    """One screening, read.

    Attributes:
        title: of the film.
        timeline: what each face showed.
        rest: each viewer's resting face, from which their strength is measured.
        strength: (V, S, 7) float, each viewer's strength of each of `FEELINGS`, 0–1; NaN not seen.
        room: the room, second by second.
        synchrony: how alike the viewers felt through the whole film.
        delay: who reacts later than whom.
        search: the moments, or why there are none.
        quality: how good the data are.
        script: the screenplay on the film's clock, or None without a script.
        lines: one for each `script.cues` (empty without a script).
        scenes: in order (empty without a script).
        moment_elements: for each moment, the indices of the script elements it overlaps.
        moment_mixed: for each moment, the mixed feelings that viewers had in it.
        patterns: of the moments and the curves as a whole.
    """

    title: str
    timeline: Timeline
    baseline: Baseline
    strength: Float64Array
    audience_curve: AudienceCurve
    synchrony: FilmSynchrony
    relative_delay: RelativeDelay
    moment_search: MomentSearchResult
    data_quality: DataQuality
    script: TimedScript | None
    element_emotions: tuple[EmotionSummary, ...]
    scene_emotions: tuple[SceneEmotions, ...]
    moment_elements: tuple[tuple[int, ...], ...]
    moment_mixed_emotions: tuple[tuple[MixedEmotionOccurrence, ...], ...]
    patterns: Patterns


def analyze(
    title: str,
    timeline: Timeline,
    script: TimedScript | None,
    problems: tuple[str, ...],
    seed: int,
    baseline_span: TimeSpan | None = None,
    rejected_counts: Mapping[str, int] | None = None,
) -> Analysis:
    """Read a screening: the room, its moments, and the feeling of each line and scene.

    Args:
        title: of the film.
        script: the screenplay on the film's clock, or None.
        problems: what went wrong before, in plain sentences.
        seed: of the moments' null and of the bootstrap.
        baseline: film time in which nothing is felt, to measure from; without it rest is estimated.
        refused: reason → how many samples were refused for it.

    Raises:
        MoviemotionError: the baseline lies outside the film that was read.
    """
    rest = estimate_baseline(timeline, baseline_span)
    of_viewers = strength_above_baseline(timeline, rest)
    room = compute_audience_curve(timeline, of_viewers)
    search = find_moments(of_viewers, room, seed)
    return Analysis(
        title=title,
        timeline=timeline,
        baseline=rest,
        strength=of_viewers,
        audience_curve=room,
        synchrony=film_synchrony(of_viewers),
        relative_delay=estimate_relative_delay(of_viewers, seed),
        moment_search=search,
        data_quality=_quality(
            timeline, rejected_counts or {}, (*problems, *_baseline_warnings(timeline, rest, baseline_span))
        ),
        script=script,
        element_emotions=emotions_by_element(script, of_viewers, timeline.start) if script else (),
        scene_emotions=emotions_by_scene(script, of_viewers, timeline.start, search.moments)
        if script
        else (),
        moment_elements=tuple(_elements_in_moment(script, moment) for moment in search.moments),
        moment_mixed_emotions=tuple(
            find_mixed_emotions(of_viewers, timeline.start, moment.start, moment.end)
            for moment in search.moments
        ),
        patterns=find_patterns(of_viewers, room, search, script, seed),
    )


def _baseline_warnings(timeline: Timeline, rest: Baseline, baseline: TimeSpan | None) -> Iterator[str]:
    if baseline is not None:
        for viewer, marked, seconds in zip(
            timeline.viewers, rest.from_marked_span, rest.seconds, strict=True
        ):
            if not marked and seconds:
                yield (
                    f"{viewer}: seen for less than {MIN_SECONDS} s of the baseline stretch; "
                    "their resting face was estimated from the whole film"
                )


def _quality(timeline: Timeline, refused: Mapping[str, int], problems: tuple[str, ...]) -> DataQuality:
    seen = timeline.sample_counts > 0
    faces = int(timeline.sample_counts.sum()) + sum(refused.values())
    return DataQuality(
        viewers=seen.shape[0],
        seconds=seen.shape[1],
        seen_share=float(seen.mean()) if seen.size else 0.0,
        seen_share_by_viewer=tuple(seen.mean(axis=1).tolist()),
        samples_per_second=float(timeline.sample_counts[seen].mean()) if seen.any() else 0.0,
        rejected_shares={
            reason: count / faces for reason, count in sorted(refused.items(), key=lambda r: -r[1]) if count
        },
        problems=problems,
    )


def _elements_in_moment(script: TimedScript | None, moment: Moment) -> tuple[int, ...]:
    if script is None:
        return ()
    return tuple(
        cue.element
        for cue in script.cues
        if np.isfinite(cue.start) and cue.start < moment.end and cue.end > moment.start
    )
