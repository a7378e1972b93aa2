"""Script inputs: a screenplay together with the files that provide its times."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from moviemotion.errors import MoviemotionError, SettingError
from moviemotion.screenplay.alignment.align import TimedScript, align_script
from moviemotion.screenplay.alignment.timing_sheet import SceneTime, read_shot_changes, read_timing_sheet
from moviemotion.screenplay.elements import Screenplay
from moviemotion.screenplay.film_file import detect_shot_changes, read_film_timecode
from moviemotion.screenplay.formats.format_registry import read_screenplay
from moviemotion.screenplay.subtitles.embedded_track import VIDEO_SUFFIXES
from moviemotion.screenplay.subtitles.parse import Subtitle, read_subtitles

DEFAULT_FRAME_RATE = 24.0
"""Frames per second of an EDL whose frame rate is unknown."""


@dataclass(frozen=True)
class ScriptInputs:
    """A screenplay and all sources of its times.

    Attributes:
        screenplay: the screenplay.
        subtitles: the film's subtitles, or None.
        timing_sheet: the times at which each scene is on screen, or None.
        shot_changes: film times of shot changes in seconds, ascending; empty if unknown.
        files: the files that were read, starting with the script.
    """

    screenplay: Screenplay
    subtitles: tuple[Subtitle, ...] | None
    timing_sheet: tuple[SceneTime, ...] | None
    shot_changes: tuple[float, ...]
    files: tuple[Path, ...]

    def film_seconds(self, recorded_seconds: float | None) -> float | None:
        """The length of the film: the recorded length or the end of the last subtitle, whichever is later.

        Args:
            recorded_seconds: the recorded length of the film in seconds, if known.

        Returns:
            The length in seconds; None if neither is known.
        """
        ends = [
            *([] if recorded_seconds is None else [recorded_seconds]),
            *(subtitle.end for subtitle in self.subtitles or ()),
        ]
        return max(ends, default=None)

    def align(self, recorded_seconds: float | None) -> TimedScript:
        """Align the screenplay with the film.

        Args:
            recorded_seconds: the recorded length of the film in seconds, if known.

        Raises:
            MoviemotionError: the files do not belong together; the message lists them.
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
    """Read a script and the files that provide its times.

    Args:
        script: the screenplay.
        subtitles: a subtitle file, or a film with a subtitle track. If neither this nor a timing sheet is
            given, times are estimated from the page.
        subtitle_track: number of the text track, counting from 1; needed if `subtitles` is a film with
            several tracks.
        timing_sheet: a file that states when each scene is on screen (CSV or EDL).
        shot_changes: a list of shot changes (.txt), or the film itself, in which shot changes are then
            detected.
        frame_rate: frames per second of an EDL's timecode; defaults to the film's frame rate if
            `shot_changes` is a film, otherwise to 24.

    Returns:
        The inputs; None if there is no script.

    Raises:
        MoviemotionError: a file cannot be used, or there are timing files but no script.
    """
    timing = [path for path in (subtitles, timing_sheet, shot_changes) if path]
    if script is None:
        if timing:
            raise SettingError(
                "no-script", "{path}: cannot be used without a script; add {script}", path=timing[0]
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
