"""Script inputs: a screenplay and the files that its times come from, read together."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from moviemotion.errors import MoviemotionError, SettingError
from moviemotion.screenplay.alignment.align import TimedScript, align_script
from moviemotion.screenplay.alignment.timing_sheet import SceneTime, read_shot_changes, read_timing_sheet
from moviemotion.screenplay.elements import Screenplay
from moviemotion.screenplay.film_file import detect_shot_changes, read_film_timecode
from moviemotion.screenplay.formats.registry import read_screenplay
from moviemotion.screenplay.subtitles.embedded_track import VIDEO_SUFFIXES
from moviemotion.screenplay.subtitles.parse import Subtitle, read_subtitles

DEFAULT_FRAME_RATE = 24.0
"""Frames per second of an EDL whose rate is not known."""


@dataclass(frozen=True)
class ScriptInputs:
    """A screenplay and everything that its times come from.

    Attributes:
        screenplay: the screenplay.
        subtitles: the film's subtitles, or None.
        timing_sheet: when each scene is on screen, or None.
        shot_changes: film times of shot changes in seconds, ascending; empty if they are not known.
        files: the files it was read from, the script first.
    """

    screenplay: Screenplay
    subtitles: tuple[Subtitle, ...] | None
    timing_sheet: tuple[SceneTime, ...] | None
    shot_changes: tuple[float, ...]
    files: tuple[Path, ...]

    def film_seconds(self, recorded_seconds: float | None) -> float | None:
        """The length of the film: that of the recordings or the end of the last subtitle, whichever is later.

        Args:
            recorded_seconds: how many seconds of the film the cameras recorded, if that is known.

        Returns:
            Seconds; None if neither is known.
        """
        ends = [
            *([] if recorded_seconds is None else [recorded_seconds]),
            *(subtitle.end for subtitle in self.subtitles or ()),
        ]
        return max(ends, default=None)

    def align(self, recorded_seconds: float | None) -> TimedScript:
        """Align the screenplay with the film.

        Args:
            recorded_seconds: how many seconds of the film the cameras recorded, if that is known.

        Raises:
            MoviemotionError: the files do not belong together; the message names them.
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
            files = ", ".join(str(path) for path in self.files[1:])
            if isinstance(error, SettingError):
                raise SettingError(
                    error.code, "{files}: " + error.template, files=files, **error.parameters
                ) from error
            raise MoviemotionError(f"{files}: {error}") from error


def read_script_inputs(
    script: Path | None,
    subtitles: Path | None = None,
    subtitle_track: int | None = None,
    timing_sheet: Path | None = None,
    shot_changes: Path | None = None,
    frame_rate: float | None = None,
) -> ScriptInputs | None:
    """Read a script and the files that its times come from.

    Args:
        script: the screenplay.
        subtitles: a subtitle file, or a film with a subtitle track. Without it and without a timing sheet,
            times are estimated from the page.
        subtitle_track: which text track, from 1, if `subtitles` is a film with several.
        timing_sheet: when each scene is on screen (CSV or EDL).
        shot_changes: the times of shot changes (.txt), or the film itself, in which they are then detected.
        frame_rate: frames per second of an EDL's timecode; by default that of the film if `shot_changes` is
            one, else 24.

    Returns:
        None if there is no script.

    Raises:
        MoviemotionError: one of the files cannot be used, or there are times but no script.
    """
    timing = [path for path in (subtitles, timing_sheet, shot_changes) if path]
    if script is None:
        if timing:
            raise SettingError(
                "no-script", "{path}: is of no use without a script; add {script}", path=timing[0]
            )
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
