"""Align a screenplay with the film: every element gets a cue with its start and end in film time.

This is the entry point of the package. It chooses among three sources of times (subtitles, timing sheet, page
length) and describes in words which one was used.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from moviemotion.screenplay.alignment.cues import Cue, TimeSource
from moviemotion.screenplay.alignment.interpolate import interpolate_cues, with_speech_times
from moviemotion.screenplay.alignment.line_times import SPOKEN_KINDS, LineTimes, find_line_times
from moviemotion.screenplay.alignment.page_duration import page_seconds
from moviemotion.screenplay.alignment.scene_times import cues_from_timing_sheet, snap_to_shot_changes
from moviemotion.screenplay.alignment.timing_sheet import SceneTime
from moviemotion.screenplay.elements import ElementKind, Screenplay
from moviemotion.screenplay.subtitles.parse import Subtitle
from moviemotion.screenplay.subtitles.retiming import Retiming, fit_retiming

__all__ = ["Cue", "TimeSource", "TimedScript", "align_script"]


@dataclass(frozen=True)
class TimedScript:
    """A screenplay with its cues.

    Attributes:
        screenplay: the screenplay.
        cues: one cue for each element, in the order of the elements.
        timing: a human-readable description of where the times come from and how many lines matched.
    """

    screenplay: Screenplay
    cues: tuple[Cue, ...]
    timing: str


def align_script(
    screenplay: Screenplay,
    subtitles: Sequence[Subtitle] | None,
    film_seconds: float | None,
    timing_sheet: Sequence[SceneTime] | None = None,
    shot_changes: Sequence[float] = (),
) -> TimedScript:
    """Assign a time in the film to every element of a screenplay.

    With subtitles, dialogue is timed by its words in the subtitles, and other elements are placed between the
    lines. Lines that are probably absent from the film are marked as cut. Without subtitles, scenes take
    their times from a timing sheet; without either, times are estimated from the page. If both are given, the
    timing sheet is used to retime subtitles that were made for another transfer of the film.

    Args:
        screenplay: the screenplay.
        subtitles: the film's subtitles in chronological order, or None.
        film_seconds: length of the film in seconds, if known; no cue ends after it.
        timing_sheet: the times at which each scene is on screen, or None.
        shot_changes: film times of shot changes in seconds, ascending. An estimated scene start is moved to
            the nearest shot change if it is within 2 s.

    Raises:
        MoviemotionError: the script has no dialogue, the subtitles belong to a different film, or the timing
            sheet names a scene that is not in the script.

    Example:
        >>> timed = align_script(screenplay, read_subtitles("film.srt"), 5400.0)  # doctest: +SKIP
        >>> timed.cues[0].start, timed.cues[0].source  # doctest: +SKIP
    """
    if subtitles is not None:
        timed = _align_to_subtitles(screenplay, subtitles, film_seconds, timing_sheet)
    elif timing_sheet is not None:
        cues = with_speech_times(
            screenplay.elements, cues_from_timing_sheet(screenplay, timing_sheet, film_seconds)
        )
        timed = TimedScript(screenplay, cues, _describe_sheet_timing(screenplay, cues))
    else:
        timed = _time_by_page(screenplay, film_seconds)
    return replace(timed, cues=snap_to_shot_changes(screenplay.elements, timed.cues, shot_changes))


def _align_to_subtitles(
    screenplay: Screenplay,
    subtitles: Sequence[Subtitle],
    film_seconds: float | None,
    sheet: Sequence[SceneTime] | None,
) -> TimedScript:
    found = find_line_times(screenplay, subtitles)
    note = ""
    if sheet is not None:
        clock = _fit_subtitle_retiming(found, cues_from_timing_sheet(screenplay, sheet, film_seconds))
        if clock is None:
            note = " The timing sheet and the subtitles contradict each other, so the sheet was not used."
        # An offset within the median error is noise, because scenes seldom start exactly with their first
        # line.
        elif clock.speed != 1.0 or abs(clock.offset) > clock.median_error:
            subtitles = clock.apply(subtitles)
            found = find_line_times(screenplay, subtitles)
            note = (
                f" According to the timing sheet, the subtitles run at {1 / clock.speed:.4f} times the "
                f"film's speed and start {-clock.offset / clock.speed:+.1f} s off; this was corrected "
                f"(n = {clock.n_points} lines, median error {clock.median_error:.1f} s)."
            )
    end = film_seconds if film_seconds is not None else max(s.end for s in subtitles)
    cues = interpolate_cues(screenplay.elements, found, end)
    return TimedScript(screenplay, cues, _describe_subtitle_timing(screenplay, found, cues) + note)


def _fit_subtitle_retiming(found: LineTimes, scenes: Sequence[Cue]) -> Retiming | None:
    """The retiming that best matches the timed lines to the scenes of the timing sheet.

    Args:
        found: the lines as timed by the subtitles.
        scenes: the cues from the timing sheet.
    """
    points = [
        (line.start, scenes[k].start)
        for k, line in found.lines.items()
        if not line.moved and not math.isnan(scenes[k].start)
    ]
    return fit_retiming([subtitle for subtitle, _ in points], [film for _, film in points])


def _describe_sheet_timing(screenplay: Screenplay, cues: Sequence[Cue]) -> str:
    scenes = [
        cue for cue, e in zip(cues, screenplay.elements, strict=True) if e.kind is ElementKind.SCENE_HEADING
    ]
    named = sum(cue.source is TimeSource.TIMING_SHEET for cue in scenes)
    return (
        f"Times come from a timing sheet: {named} of {len(scenes)} scenes are in it, and the others are not "
        "in the film; within a scene, times are estimated from the page."
    )


def _time_by_page(screenplay: Screenplay, film_seconds: float | None) -> TimedScript:
    seconds = [page_seconds(element) for element in screenplay.elements]
    total = sum(seconds)
    scale = film_seconds / total if film_seconds is not None and total else 1.0
    cues, at = [], 0.0
    for k, length in enumerate(seconds):
        cues.append(Cue(k, at, at + length * scale, TimeSource.PAGE_ESTIMATE, 0.0))
        at += length * scale
    fitted = "" if film_seconds is None else ", scaled to the length of the film"
    timing = f"Times are estimated from the page, one minute per page{fitted}: there were no subtitles."
    return TimedScript(screenplay, with_speech_times(screenplay.elements, cues), timing)


def _describe_subtitle_timing(screenplay: Screenplay, found: LineTimes, cues: Sequence[Cue]) -> str:
    spoken = sum(e.kind in SPOKEN_KINDS for e in screenplay.elements)
    moved = sum(line.moved for line in found.lines.values())
    cut = sum(
        cue.source is TimeSource.CUT and e.kind in SPOKEN_KINDS
        for cue, e in zip(cues, screenplay.elements, strict=True)
    )
    elsewhere = f" ({moved} of them in a different order than in the script)" if moved else ""
    absent = f", {cut} {'is' if cut == 1 else 'are'} not in the film" if cut else ""
    rough = (
        " The script differs considerably from the film, so most times are rough."
        if len(found.lines) < spoken / 4
        else ""
    )
    return (
        f"Times come from the subtitles: {len(found.lines)} of {spoken} lines of dialogue were found in "
        f"them{elsewhere}{absent}; all other times are interpolated.{rough}"
    )
