"""The files that say what is in a film and when: its script, and whatever times the script."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from moviemotion.errors import MoviemotionError
from moviemotion.screenplay.alignment.align import TimedScript, align_script
from moviemotion.screenplay.alignment.timing_sheet import SceneTime, read_shot_changes, read_timing_sheet
from moviemotion.screenplay.elements import Screenplay
from moviemotion.screenplay.film_file import detect_shot_changes, read_film_timecode
from moviemotion.screenplay.formats.registry import read_screenplay
from moviemotion.screenplay.subtitles.embedded_track import VIDEO_SUFFIXES
from moviemotion.screenplay.subtitles.parse import Subtitle, read_subtitles

DEFAULT_FRAME_RATE = 24.0
"""Frames a second of an EDL where nothing says otherwise."""


@dataclass(frozen=True)
class ScriptInputs:
    """A screenplay and what times it, as read.

    Attributes:
        subtitles: of the film, or None.
        sheet: when each scene is on screen, or None.
        shots: seconds of film time where shots change, ascending; empty where they are not known.
        files: what it was read from, the script first.
    """

    screenplay: Screenplay
    subtitles: tuple[Subtitle, ...] | None
    timing_sheet: tuple[SceneTime, ...] | None
    shot_changes: tuple[float, ...]
    files: tuple[Path, ...]

    def film_seconds(self, recorded_seconds: float | None) -> float | None:
        """The film is as long as its cameras or its subtitles tell, whichever is longer."""
        ends = [
            *([] if recorded_seconds is None else [recorded_seconds]),
            *(subtitle.end for subtitle in self.subtitles or ()),
        ]
        return max(ends, default=None)

    def align(self, recorded_seconds: float | None) -> TimedScript:
        """Lay the script on the film's clock.

        Args:
            watched: seconds of film that the cameras show, where that is known.

        Raises:
            MoviemotionError: the files do not fit together.
        """
        try:
            return align_script(
                self.screenplay,
                self.subtitles,
                self.film_seconds(recorded_seconds),
                self.timing_sheet,
                self.shot_changes,
            )
        except MoviemotionError as error:
            timing = ", ".join(str(path) for path in self.files[1:])
            raise MoviemotionError(f"{timing}: {error}") from error


def read_script_inputs(
    script: Path | None,
    subtitles: Path | None = None,
    subtitle_track: int | None = None,
    timing_sheet: Path | None = None,
    shot_changes: Path | None = None,
    frame_rate: float | None = None,
) -> ScriptInputs | None:
    """Read a script and what times it; None without a script.

    Args:
        script: the screenplay.
        subtitles: of the film; without them and a sheet, times are estimated from the page.
        subtitle_track: which text track, from 1, where `subtitles` is a film with several.
        timing_sheet: when each scene is on screen (CSV or EDL).
        shots: the times of shot changes (.txt), or the film itself, in which they are then found.
        frame_rate: frames a second of an EDL's timecode; else the film's, where `shots` is one, or 24.

    Raises:
        MoviemotionError: one of the files cannot be used, or there is something to time but no script.
    """
    timing = [path for path in (subtitles, timing_sheet, shot_changes) if path]
    if script is None:
        if timing:
            raise MoviemotionError(f"{timing[0]}: times a script; add --script")
        return None
    film = shot_changes if shot_changes and shot_changes.suffix.lower() in VIDEO_SUFFIXES else None
    if frame_rate is None:
        frame_rate = (
            float(read_film_timecode(film).frame_rate) if film and timing_sheet else DEFAULT_FRAME_RATE
        )
    return ScriptInputs(
        screenplay=read_screenplay(script),
        subtitles=read_subtitles(subtitles, subtitle_track) if subtitles else None,
        timing_sheet=read_timing_sheet(timing_sheet, frame_rate) if timing_sheet else None,
        shot_changes=detect_shot_changes(film)
        if film
        else read_shot_changes(shot_changes)
        if shot_changes
        else (),
        files=(script, *timing),
    )
