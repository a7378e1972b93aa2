"""Everything that is known about a screening, computed once; telling asks this record."""

from __future__ import annotations

from dataclasses import dataclass

from moviemotion.resonance.lines import Feeling, SceneFeeling
from moviemotion.resonance.moments import MomentSearch
from moviemotion.resonance.room import Float, Room
from moviemotion.resonance.timeline import Timeline
from moviemotion.story.alignment import TimedScript


@dataclass(frozen=True)
class Quality:
    """How good the data are.

    Attributes:
        viewers: how many viewers.
        seconds: length of the timeline.
        seen: share of viewer-seconds with at least one sample, 0–1.
        seen_by_viewer: (V) the same for each viewer.
        samples_per_second: mean samples behind a seen viewer-second.
        problems: plain sentences: seats that could not be read, subtitles that did not fit, …
    """

    viewers: int
    seconds: int
    seen: float
    seen_by_viewer: tuple[float, ...]
    samples_per_second: float
    problems: tuple[str, ...]


@dataclass(frozen=True)
class Analysis:
    """One screening, read.

    Attributes:
        title: of the film.
        timeline: what each face showed.
        strength: (V, S, 7) float, each viewer's strength of each of `FEELINGS`, 0–1; NaN not seen.
        room: the room, second by second.
        search: the moments, or why there are none.
        quality: how good the data are.
        script: the screenplay on the film's clock, or None without a script.
        lines: one for each `script.cues` (empty without a script).
        scenes: in order (empty without a script).
        moment_elements: for each moment, the indices of the script elements it overlaps.
    """

    title: str
    timeline: Timeline
    strength: Float
    room: Room
    search: MomentSearch
    quality: Quality
    script: TimedScript | None
    lines: tuple[Feeling, ...]
    scenes: tuple[SceneFeeling, ...]
    moment_elements: tuple[tuple[int, ...], ...]
