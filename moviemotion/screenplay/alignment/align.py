"""Align a screenplay with the film: every element gets a cue with its start and end in film time.

This is the entry point of the package. It chooses among three sources of times (subtitles, timing sheet, page
length) and describes in words which one was used.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from moviemotion.problems import Harm, Problem
from moviemotion.screenplay.alignment.cues import Cue, TimeSource
from moviemotion.screenplay.alignment.interpolate import interpolate_cues, with_speech_times
from moviemotion.screenplay.alignment.known_film import KnownFilm
from moviemotion.screenplay.alignment.line_times import SPOKEN_KINDS, LineTimes, find_line_times
from moviemotion.screenplay.alignment.page_duration import SECONDS_PER_PAGE, page_seconds
from moviemotion.screenplay.alignment.scene_times import cues_from_timing_sheet, snap_to_shot_changes
from moviemotion.screenplay.alignment.subtitle_clock import (
    SubtitleClock,
    check_given_clock,
    find_missing_parts,
    find_subtitle_clock,
)
from moviemotion.screenplay.alignment.timing_sheet import SceneTime
from moviemotion.screenplay.elements import ElementKind, Screenplay
from moviemotion.screenplay.subtitles.parse import Subtitle
from moviemotion.screenplay.subtitles.retiming import Retiming, fit_retiming
from moviemotion.screenplay.subtitles.time_map import TimeMap
from moviemotion.timecode import clock_text

_MIN_PAGE_SCALE = 0.4
"""Least film seconds per estimated second of the page. Fast dialogue takes half a minute per page; a film
that leaves less time was not made from this script, or not from all of it."""
_COMPLETE_SHARE = 0.95
"""Recordings that end before this share of the subtitles' time are reported."""

__all__ = ["Cue", "TimeSource", "TimedScript", "align_script"]


@dataclass(frozen=True)
class TimedScript:
    """A screenplay with its cues.

    Attributes:
        screenplay: the screenplay.
        cues: one cue for each element, in the order of the elements.
        timing: a human-readable description of where the times come from and how many lines matched.
        problems: one sentence for each correction of the times, and for each doubt about them.
    """

    screenplay: Screenplay
    cues: tuple[Cue, ...]
    timing: str
    problems: tuple[str, ...] = ()

    def data_problems(self) -> tuple[Problem, ...]:
        """The corrections and doubts as problems of a screening."""
        return tuple(Problem("script-times", Harm.WRONG, text) for text in self.problems)


def align_script(
    screenplay: Screenplay,
    subtitles: Sequence[Subtitle] | None,
    film_seconds: float | None,
    timing_sheet: Sequence[SceneTime] | None = None,
    shot_changes: Sequence[float] = (),
    film: KnownFilm | None = None,
    subtitle_clock: TimeMap | None = None,
    part_starts: Sequence[float] = (),
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
        film: what else is known of the film; used to check and correct the times of the subtitles.
        subtitle_clock: the map from the subtitles' times to film time, if given; otherwise, it is determined.
        part_starts: times at which a further part of the subtitle file starts.

    Raises:
        MoviemotionError: the script has no dialogue, the subtitles belong to a different film, or the timing
            sheet names a scene that is not in the script.

    Example:
        >>> timed = align_script(screenplay, read_subtitles("film.srt"), 5400.0)  # doctest: +SKIP
        >>> timed.cues[0].start, timed.cues[0].source  # doctest: +SKIP
    """
    known = film or KnownFilm()
    if subtitles is not None:
        timed = _align_to_subtitles(
            screenplay, subtitles, film_seconds, timing_sheet, known, subtitle_clock, part_starts
        )
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
    film: KnownFilm,
    given_clock: TimeMap | None,
    part_starts: Sequence[float],
) -> TimedScript:
    if given_clock is not None:
        clock = check_given_clock(given_clock, subtitles, film)
        subtitles = clock.time_map.apply(subtitles)
    found = find_line_times(screenplay, subtitles)
    note = ""
    if given_clock is None and sheet is None:
        clock = find_subtitle_clock(screenplay.elements, found, subtitles, part_starts, film)
        if not clock.time_map.is_identity:
            subtitles = clock.time_map.apply(subtitles)
            found = find_line_times(screenplay, subtitles)
    if sheet is not None:
        clock = SubtitleClock(TimeMap.linear())
        retiming = _fit_subtitle_retiming(found, cues_from_timing_sheet(screenplay, sheet, film_seconds))
        if retiming is None:
            note = " The timing sheet and the subtitles contradict each other, so the sheet was not used."
        # An offset within the median error is noise, because scenes seldom start exactly with their first
        # line.
        elif retiming.speed != 1.0 or abs(retiming.offset) > retiming.median_error:
            subtitles = retiming.apply(subtitles)
            found = find_line_times(screenplay, subtitles)
            note = (
                f" According to the timing sheet, the subtitles run at {1 / retiming.speed:.4f} times the "
                f"film's speed and start {-retiming.offset / retiming.speed:+.1f} s off; this was corrected "
                f"(n = {retiming.n_points} lines, median error {retiming.median_error:.1f} s)."
            )
    last = max(s.end for s in subtitles)
    end = (
        film_seconds if film_seconds is not None else max(last, film.seconds or film.recorded_seconds or 0.0)
    )
    missing = find_missing_parts(screenplay.elements, found, subtitles, film)
    uncovered = {k for part in missing for k in part.lines}
    # These lines may well be in the film, so they are timed like all others that have no subtitles.
    found = replace(
        found, absent_probability={k: p for k, p in found.absent_probability.items() if k not in uncovered}
    )
    cues = _with_doubt(interpolate_cues(screenplay.elements, found, end), clock.doubtful_from)
    note = note or (f" {clock.basis}" if clock.basis else "")
    timing = _describe_subtitle_timing(screenplay, found, cues) + note
    problems = (*clock.notes, *(part.note for part in missing), *_unrecorded_notes(last, film))
    return TimedScript(screenplay, cues, timing, problems)


def _unrecorded_notes(last: float, film: KnownFilm) -> Iterator[str]:
    """Report subtitles that run on after the recordings end."""
    recorded = film.recorded_seconds
    if recorded is not None and recorded < last * _COMPLETE_SHARE:
        yield (
            f"The subtitles run to {last:.0f} s, but the cameras end at {recorded:.0f} s; "
            "there is no data for later lines"
        )


def _with_doubt(cues: Sequence[Cue], doubtful_from: float) -> tuple[Cue, ...]:
    """Turn times that may be wrong by an unknown amount into estimates."""
    return tuple(
        replace(cue, source=TimeSource.INTERPOLATED, confidence=0.0)
        if cue.source is TimeSource.SUBTITLES and cue.start >= doubtful_from
        else cue
        for cue in cues
    )


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
    problems: tuple[str, ...] = ()
    if film_seconds is not None and scale < _MIN_PAGE_SCALE:
        # Squeezed into the film, every line would have a time, and nearly all would be wrong.
        scale = 1.0
        pages = max(round(total / SECONDS_PER_PAGE), 1)
        problems = (
            f"The script has {pages} {'page' if pages == 1 else 'pages'}, about {clock_text(total)} of film, "
            f"but the film lasts {clock_text(film_seconds)}: it cannot be the script of this film alone. Its "
            "times were not squeezed into the film; give this film's script, subtitles or timing sheet.",
        )
    cues, at = [], 0.0
    for k, length in enumerate(seconds):
        cues.append(Cue(k, at, at + length * scale, TimeSource.PAGE_ESTIMATE, 0.0))
        at += length * scale
    fitted = "" if film_seconds is None or problems else ", scaled to the length of the film"
    timing = f"Times are estimated from the page, one minute per page{fitted}: there were no subtitles."
    return TimedScript(screenplay, with_speech_times(screenplay.elements, cues), timing, problems)


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
