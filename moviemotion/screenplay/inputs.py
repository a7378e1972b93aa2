"""The files that say what is in a film and when: its script, and whatever times the script."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from moviemotion.errors import MoviemotionError
from moviemotion.screenplay.alignment.align import TimedScript, time_script
from moviemotion.screenplay.alignment.timing_sheet import SceneTime, read_shot_changes, read_timing_sheet
from moviemotion.screenplay.elements import Screenplay
from moviemotion.screenplay.film_file import film_timecode, find_shots
from moviemotion.screenplay.formats.registry import read_screenplay
from moviemotion.screenplay.subtitles.embedded_track import FILM_SUFFIXES
from moviemotion.screenplay.subtitles.parse import Subtitle, read_subtitles

FRAME_RATE = 24.0
"""Frames a second of an EDL where nothing says otherwise."""


@dataclass(frozen=True)
class ScriptSources:
    """A screenplay and what times it, as read.

    Attributes:
        subtitles: of the film, or None.
        sheet: when each scene is on screen, or None.
        shots: seconds of film time where shots change, ascending; empty where they are not known.
        files: what it was read from, the script first.
    """

    screenplay: Screenplay
    subtitles: tuple[Subtitle, ...] | None
    sheet: tuple[SceneTime, ...] | None
    shots: tuple[float, ...]
    files: tuple[Path, ...]

    def film_seconds(self, watched: float | None) -> float | None:
        """The film is as long as its cameras or its subtitles tell, whichever is longer."""
        ends = [*([] if watched is None else [watched]), *(subtitle.end for subtitle in self.subtitles or ())]
        return max(ends, default=None)

    def time(self, watched: float | None) -> TimedScript:
        """Lay the script on the film's clock.

        Args:
            watched: seconds of film that the cameras show, where that is known.

        Raises:
            MoviemotionError: the files do not fit together.
        """
        try:
            return time_script(
                self.screenplay, self.subtitles, self.film_seconds(watched), self.sheet, self.shots
            )
        except MoviemotionError as error:
            timing = ", ".join(str(path) for path in self.files[1:])
            raise MoviemotionError(f"{timing}: {error}") from error


def read_sources(
    script: Path | None,
    subtitles: Path | None = None,
    subtitle_track: int | None = None,
    timing_sheet: Path | None = None,
    shots: Path | None = None,
    frame_rate: float | None = None,
) -> ScriptSources | None:
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
    timing = [path for path in (subtitles, timing_sheet, shots) if path]
    if script is None:
        if timing:
            raise MoviemotionError(f"{timing[0]}: times a script; add --script")
        return None
    film = shots if shots and shots.suffix.lower() in FILM_SUFFIXES else None
    if frame_rate is None:
        frame_rate = float(film_timecode(film).rate) if film and timing_sheet else FRAME_RATE
    return ScriptSources(
        screenplay=read_screenplay(script),
        subtitles=read_subtitles(subtitles, subtitle_track) if subtitles else None,
        sheet=read_timing_sheet(timing_sheet, frame_rate) if timing_sheet else None,
        shots=find_shots(film) if film else read_shot_changes(shots) if shots else (),
        files=(script, *timing),
    )
