"""Script inputs: a screenplay together with the files that provide its times."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from moviemotion.errors import MoviemotionError, SettingError
from moviemotion.screenplay.alignment.align import TimedScript, align_script
from moviemotion.screenplay.alignment.known_film import KnownFilm
from moviemotion.screenplay.alignment.line_times import SPOKEN_KINDS
from moviemotion.screenplay.alignment.scene_times import snap_to_shot_changes
from moviemotion.screenplay.alignment.sound_alignment import FilmSpeech, align_to_sound
from moviemotion.screenplay.alignment.timing_sheet import SceneTime, read_shot_changes, read_timing_sheet
from moviemotion.screenplay.elements import Screenplay
from moviemotion.screenplay.film_file import detect_shot_changes, read_film_seconds, read_film_timecode
from moviemotion.screenplay.film_sound import detect_voice
from moviemotion.screenplay.film_speech import SpeechNotRecognizedError, recognize_speech
from moviemotion.screenplay.formats.format_registry import read_screenplay
from moviemotion.screenplay.subtitles.embedded_track import VIDEO_SUFFIXES
from moviemotion.screenplay.subtitles.parse import Subtitle, read_subtitle_track
from moviemotion.screenplay.subtitles.time_map import TimeMap
from moviemotion.screenplay.subtitles.voice_fit import STEP_SECONDS
from moviemotion.timecode import clock_text

DEFAULT_FRAME_RATE = 24.0
"""Frames per second of an EDL whose frame rate is unknown."""
_MAX_OFFSET_SECONDS = 86_400.0
_MIN_SPEED = 0.5
"""Limits of the offset and, with its reciprocal, of the speed that can be given for subtitles."""
_MAX_LATE_SECONDS = 2.0
"""A film that starts later than this in film time is out of step with its subtitles."""


@dataclass(frozen=True)
class ScriptInputs:
    """A screenplay and all sources of its times.

    Attributes:
        screenplay: the screenplay.
        subtitles: the film's subtitles, or None.
        timing_sheet: the times at which each scene is on screen, or None.
        shot_changes: film times of shot changes in seconds, ascending; empty if unknown.
        files: the files that were read, starting with the script.
        part_starts: times at which a further part of the subtitle file starts; see `SubtitleTrack`.
        repairs: one sentence for each kind of repair to the subtitle file.
        subtitle_clock: the map from the subtitles' times to film time, if it was given.
        film_seconds: the length of the film file, if there is one.
        voice: (T,) probability that somebody speaks in the film file, in steps of 0.1 s; None without a film
            file, or if it has no sound.
        speech: the speech in the film file; None if there are better sources of times.
    """

    screenplay: Screenplay
    subtitles: tuple[Subtitle, ...] | None
    timing_sheet: tuple[SceneTime, ...] | None
    shot_changes: tuple[float, ...]
    files: tuple[Path, ...]
    part_starts: tuple[float, ...] = ()
    repairs: tuple[str, ...] = ()
    subtitle_clock: TimeMap | None = None
    film_seconds: float | None = None
    voice: NDArray[np.float32] | None = None
    speech: FilmSpeech | None = None

    def align(
        self,
        recorded_seconds: float | None,
        film_span: tuple[float, float] | None = None,
        credits_start: float | None = None,
    ) -> TimedScript:
        """Align the screenplay with the film.

        Args:
            recorded_seconds: the recorded length of the film in seconds, if known.
            film_span: film time of the film's first and last picture in seconds, if known.
            credits_start: film time at which the credits start in seconds, if known.

        Raises:
            MoviemotionError: the files do not belong together; the message lists them.
        """
        if self.speech is not None:
            timed = align_to_sound(self.screenplay, self.speech, film_span[0] if film_span else 0.0)
            cues = snap_to_shot_changes(self.screenplay.elements, timed.cues, self.shot_changes)
            return replace(timed, cues=cues)
        end = self.film_seconds if film_span is None else film_span[1]
        try:
            timed = align_script(
                self.screenplay,
                self.subtitles,
                recorded_seconds if self.subtitles is None else None,
                self.timing_sheet,
                self.shot_changes,
                KnownFilm(end, recorded_seconds, credits_start, self.voice),
                self.subtitle_clock,
                self.part_starts,
            )
        except MoviemotionError as error:
            files = ", ".join(str(path) for path in self.files[1:])
            if isinstance(error, SettingError):
                raise SettingError(
                    error.code, "{files}: " + error.template, files=files, **error.parameters
                ) from error
            raise MoviemotionError(f"{files}: {error}") from error
        late = film_span[0] if film_span is not None and self.subtitle_clock is None else 0.0
        problems = (*self.repairs, *timed.problems)
        if self.subtitles is not None and late > _MAX_LATE_SECONDS:
            problems += (
                f"The film starts at {clock_text(late)}, but subtitles count from its first picture, so all "
                f"lines may be timed {late:.0f} s early; set the subtitles' offset to {late:.0f} s, or "
                "choose the cameras' offsets so that the film starts at 0:00.",
            )
        return replace(timed, problems=problems)


def read_script_inputs(  # noqa: PLR0913 (every file that a script may come with)
    script: Path | None,
    subtitles: Path | None = None,
    subtitle_track: int | None = None,
    timing_sheet: Path | None = None,
    shot_changes: Path | None = None,
    frame_rate: float | None = None,
    subtitle_offset: float | None = None,
    subtitle_speed: float | None = None,
    film: Path | None = None,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
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
            detected. If subtitles are given as well, their times are compared with the film's sound.
        frame_rate: frames per second of an EDL's timecode; defaults to the film's frame rate if
            `shot_changes` is a film, otherwise to 24.
        subtitle_offset, subtitle_speed: film time = speed · subtitle time + offset, in seconds. If either is
            given, the times of the subtitles are not corrected automatically.
        film: the film's video file; defaults to `shot_changes` if this is a film. Without subtitles and a
            timing sheet, the script is aligned with its sound.
        progress: called with the seconds of film in which speech was recognized, and their total.

    Returns:
        The inputs; None if there is no script.

    Raises:
        MoviemotionError: a file or setting cannot be used, or there are timing files but no script.
    """
    timing = [path for path in (subtitles, timing_sheet, shot_changes) if path]
    if script is None:
        if timing:
            raise SettingError(
                "no-script", "{path}: cannot be used without a script; add {script}", path=timing[0]
            )
        return None
    clock = _given_clock(subtitles, subtitle_offset, subtitle_speed)
    shown = shot_changes if shot_changes and shot_changes.suffix.lower() in VIDEO_SUFFIXES else None
    film = shown or film
    if frame_rate is None:
        frame_rate = (
            float(read_film_timecode(film).frame_rate) if film and timing_sheet else DEFAULT_FRAME_RATE
        )
    track = read_subtitle_track(subtitles, subtitle_track) if subtitles else None
    screenplay = read_screenplay(script)
    seconds = read_film_seconds(film) if film else None
    by_sound = film is not None and not (subtitles or timing_sheet)
    voice = detect_voice(film) if film and (by_sound or (subtitles and clock is None)) else None
    speech = None
    if film and by_sound and voice is not None:
        speech = _film_speech(film, voice, seconds, screenplay, progress)
    return ScriptInputs(
        screenplay=screenplay,
        subtitles=track.subtitles if track else None,
        timing_sheet=read_timing_sheet(timing_sheet, frame_rate) if timing_sheet else None,
        shot_changes=detect_shot_changes(shown)
        if shown
        else read_shot_changes(shot_changes)
        if shot_changes
        else (),
        files=(script, *timing, *([film] if film and film not in timing else [])),
        part_starts=track.part_starts if track else (),
        repairs=track.repairs if track else (),
        subtitle_clock=clock,
        film_seconds=seconds,
        voice=voice,
        speech=speech,
    )


def _film_speech(
    film: Path,
    voice: NDArray[np.float32],
    seconds: float | None,
    screenplay: Screenplay,
    progress: Callable[[int, int], None],
) -> FilmSpeech:
    length = len(voice) * STEP_SECONDS if seconds is None else seconds
    dialogue = [element.text for element in screenplay.elements if element.kind in SPOKEN_KINDS]
    try:
        return FilmSpeech(length, voice, recognize_speech(film, voice, dialogue, progress))
    except SpeechNotRecognizedError as error:
        return FilmSpeech(length, voice, None, str(error))


def _given_clock(subtitles: Path | None, offset: float | None, speed: float | None) -> TimeMap | None:
    """The map from subtitle time to film time, if an offset or a speed was given."""
    if offset is None and speed is None:
        return None
    for setting, value in (("subtitle_offset", offset), ("subtitle_speed", speed)):
        if value is not None and subtitles is None:
            raise SettingError(
                "no-subtitles",
                f"{{{setting}}} {{value}}: needs subtitles; add {{subtitles}}",
                value=f"{value:g}",
            )
    if offset is not None and not abs(offset) <= _MAX_OFFSET_SECONDS:
        raise SettingError(
            "invalid-subtitle-offset",
            "{subtitle_offset} {value}: not valid; give at most a day, in seconds",
            value=offset,
        )
    if speed is not None and not _MIN_SPEED <= speed <= 1 / _MIN_SPEED:
        raise SettingError(
            "invalid-subtitle-speed",
            "{subtitle_speed} {value}: not valid; give a ratio of frame rates such as 25/23.976",
            value=speed,
        )
    return TimeMap.linear(1.0 if speed is None else speed, 0.0 if offset is None else offset)
