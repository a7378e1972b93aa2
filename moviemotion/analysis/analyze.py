"""Everything that is known about a screening, computed once; telling asks this record."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from moviemotion.analysis.moments.detection import Moment, MomentSearch, find_moments
from moviemotion.analysis.patterns.find_patterns import Patterns, find_patterns
from moviemotion.analysis.script_emotions import Feeling, SceneFeeling, feel_lines, feel_scenes
from moviemotion.analysis.signals.audience_curve import Room, read_room
from moviemotion.analysis.signals.baseline import FEWEST_SECONDS, Rest, Stretch, find_rest, strength
from moviemotion.analysis.signals.mixed_emotions import MixedFeeling, mixed_feelings
from moviemotion.analysis.signals.reaction_delay import RelativeDelay, relative_delay
from moviemotion.analysis.signals.synchrony import FilmSynchrony, film_synchrony
from moviemotion.analysis.signals.timeline import Timeline
from moviemotion.screenplay.alignment.align import TimedScript
from moviemotion.statistics import Float


@dataclass(frozen=True)
class Quality:
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
    seen: float
    seen_by_viewer: tuple[float, ...]
    samples_per_second: float
    refused: dict[str, float]
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
    rest: Rest
    strength: Float
    room: Room
    synchrony: FilmSynchrony
    delay: RelativeDelay
    search: MomentSearch
    quality: Quality
    script: TimedScript | None
    lines: tuple[Feeling, ...]
    scenes: tuple[SceneFeeling, ...]
    moment_elements: tuple[tuple[int, ...], ...]
    moment_mixed: tuple[tuple[MixedFeeling, ...], ...]
    patterns: Patterns


def analyse(
    title: str,
    timeline: Timeline,
    script: TimedScript | None,
    problems: tuple[str, ...],
    seed: int,
    baseline: Stretch | None = None,
    refused: Mapping[str, int] | None = None,
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
    rest = find_rest(timeline, baseline)
    of_viewers = strength(timeline, rest)
    room = read_room(timeline, of_viewers)
    search = find_moments(of_viewers, room, seed)
    return Analysis(
        title=title,
        timeline=timeline,
        rest=rest,
        strength=of_viewers,
        room=room,
        synchrony=film_synchrony(of_viewers),
        delay=relative_delay(of_viewers, seed),
        search=search,
        quality=_quality(timeline, refused or {}, (*problems, *_without_baseline(timeline, rest, baseline))),
        script=script,
        lines=feel_lines(script, of_viewers, timeline.start) if script else (),
        scenes=feel_scenes(script, of_viewers, timeline.start, search.moments) if script else (),
        moment_elements=tuple(_elements_during(script, moment) for moment in search.moments),
        moment_mixed=tuple(
            mixed_feelings(of_viewers, timeline.start, moment.start, moment.end) for moment in search.moments
        ),
        patterns=find_patterns(of_viewers, room, search, script, seed),
    )


def _without_baseline(timeline: Timeline, rest: Rest, baseline: Stretch | None) -> Iterator[str]:
    if baseline is not None:
        for viewer, marked, seconds in zip(timeline.viewers, rest.marked, rest.seconds, strict=True):
            if not marked and seconds:
                yield (
                    f"{viewer}: seen for less than {FEWEST_SECONDS} s of the baseline stretch; "
                    "their resting face was estimated from the whole film"
                )


def _quality(timeline: Timeline, refused: Mapping[str, int], problems: tuple[str, ...]) -> Quality:
    seen = timeline.samples > 0
    faces = int(timeline.samples.sum()) + sum(refused.values())
    return Quality(
        viewers=seen.shape[0],
        seconds=seen.shape[1],
        seen=float(seen.mean()) if seen.size else 0.0,
        seen_by_viewer=tuple(seen.mean(axis=1).tolist()),
        samples_per_second=float(timeline.samples[seen].mean()) if seen.any() else 0.0,
        refused={
            reason: count / faces for reason, count in sorted(refused.items(), key=lambda r: -r[1]) if count
        },
        problems=problems,
    )


def _elements_during(script: TimedScript | None, moment: Moment) -> tuple[int, ...]:
    if script is None:
        return ()
    return tuple(
        cue.element
        for cue in script.cues
        if np.isfinite(cue.start) and cue.start < moment.end and cue.end > moment.start
    )
