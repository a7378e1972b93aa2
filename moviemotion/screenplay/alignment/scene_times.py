"""Scene times: cues from a timing sheet, and estimated scene starts snapped to shot changes."""

from __future__ import annotations

import math
from bisect import bisect
from collections.abc import Sequence
from dataclasses import replace

from rapidfuzz import fuzz

from moviemotion.errors import MoviemotionError, SettingError
from moviemotion.screenplay.alignment.cues import Cue, TimeSource
from moviemotion.screenplay.alignment.normalize import normalize_words
from moviemotion.screenplay.alignment.page_duration import page_seconds
from moviemotion.screenplay.alignment.timing_sheet import SceneTime
from moviemotion.screenplay.elements import Element, ElementKind, Screenplay

_MIN_HEADING_SIMILARITY = 85.0
"""Minimum rapidfuzz ratio (0 to 100) at which a heading of the sheet matches a heading of the script."""
_SPOKEN = (TimeSource.SUBTITLES, TimeSource.SOUND)
"""Sources of times at which words end; a shot change does not move them."""
_MAX_SHOT_DISTANCE_SECONDS = 2.0
"""Largest time in seconds by which an estimated scene start is moved to a shot change."""


def cues_from_timing_sheet(
    screenplay: Screenplay, timing_sheet: Sequence[SceneTime], film_seconds: float | None
) -> tuple[Cue, ...]:
    """Create one cue for each element from a timing sheet.

    Scenes take their times from the sheet, and the time of a scene is divided among its elements in
    proportion to their length on the page. Scenes that are not in the sheet are assumed to be cut from the
    film. If the sheet contains a scene more than once, its first time is used.

    Args:
        screenplay: the screenplay.
        timing_sheet: the times at which each scene is on screen, in chronological order.
        film_seconds: length of the film in seconds, if known; no cue ends after it.

    Raises:
        MoviemotionError: the script has no scene headings, or the sheet contains a scene that is not in the
            script.
    """
    starts = {e.scene: e for e in screenplay.elements if e.kind is ElementKind.SCENE_HEADING}
    if not starts:
        raise SettingError(
            "no-scene-headings",
            "{path}: the script has no scene headings to match a timing sheet; run without {timing_sheet}",
            path=screenplay.path,
        )
    times: dict[int, tuple[float, float]] = {}
    for n, time in enumerate(timing_sheet):
        scene = _find_scene(time, starts, set(times))
        if scene is None:
            name = time.scene_number or time.heading
            raise MoviemotionError(
                f"{screenplay.path}: scene {name!r} of the timing sheet is not in the script; use the scene "
                "numbers or headings of this draft"
            )
        after = min((t.start for t in timing_sheet[n + 1 :] if t.start > time.start), default=film_seconds)
        end = time.end if time.end is not None else after
        length = sum(page_seconds(e) for e in screenplay.elements if e.scene == scene)
        end = end if end is not None else time.start + length
        times.setdefault(scene, (time.start, end if film_seconds is None else min(end, film_seconds)))
    return tuple(_cues_from_scene_times(screenplay.elements, times))


def _find_scene(time: SceneTime, headings: dict[int, Element], taken: set[int]) -> int | None:
    """Find the script scene to which an entry of the sheet refers.

    If several scenes have the same heading, the first one that has no time yet is chosen.

    Args:
        time: the entry of the sheet.
        headings: scene → its heading in the script.
        taken: the scenes that already have a time.
    """
    numbered = any(e.number for e in headings.values())
    if time.scene_number is not None:
        for scene, heading in headings.items():
            name = heading.number if numbered else str(scene)
            if name is not None and name.strip(".").upper() == time.scene_number.strip(".").upper():
                return scene
        return None
    wanted = " ".join(normalize_words(time.heading or ""))
    scores = {
        scene: fuzz.ratio(wanted, " ".join(normalize_words(heading.text)))
        for scene, heading in headings.items()
    }
    best = max(scores.values())
    same = [scene for scene, score in scores.items() if score == best]
    return (
        next((scene for scene in same if scene not in taken), same[0])
        if best >= _MIN_HEADING_SIMILARITY
        else None
    )


def _cues_from_scene_times(elements: Sequence[Element], times: dict[int, tuple[float, float]]) -> list[Cue]:
    total = {scene: sum(page_seconds(e) for e in elements if e.scene == scene) for scene in times}
    elapsed = dict.fromkeys(times, 0.0)
    cues: list[Cue] = []
    for k, element in enumerate(elements):
        if element.scene not in times:
            cues.append(Cue(k, math.nan, math.nan, TimeSource.CUT, 0.0))
            continue
        start, end = times[element.scene]
        scale = (end - start) / max(total[element.scene], 1e-9)
        at = start + elapsed[element.scene] * scale
        elapsed[element.scene] += page_seconds(element)
        until = min(start + elapsed[element.scene] * scale, end)
        known = element.kind is ElementKind.SCENE_HEADING
        source = TimeSource.TIMING_SHEET if known else TimeSource.INTERPOLATED
        cues.append(Cue(k, at, max(at, until), source, 1.0 if known else 0.0))
    return cues


def snap_to_shot_changes(
    elements: Sequence[Element], cues: Sequence[Cue], shot_changes: Sequence[float]
) -> tuple[Cue, ...]:
    """Move estimated scene starts to the nearest shot change, if it is within 2 s.

    The end of the preceding element moves as well if it coincided with the scene start. No other times
    change.

    Args:
        elements: the elements of the screenplay.
        cues: one cue for each element.
        shot_changes: film times of shot changes in seconds, ascending.
    """
    moved = list(cues)
    for k, cue in enumerate(cues):
        if elements[k].kind is not ElementKind.SCENE_HEADING or not cue.is_estimated or not shot_changes:
            continue
        at = bisect(shot_changes, cue.start)
        shot = min(shot_changes[max(at - 1, 0) : at + 1], key=lambda time: abs(time - cue.start))
        before = moved[k - 1] if k else None
        floor = before.start if before is not None and before.start <= cue.start else 0.0
        if abs(shot - cue.start) <= _MAX_SHOT_DISTANCE_SECONDS and floor <= shot <= cue.end:
            moved[k] = replace(cue, start=shot)
            if before is not None and before.end == cue.start and before.source not in _SPOKEN:
                moved[k - 1] = replace(before, end=shot)
    return tuple(moved)
