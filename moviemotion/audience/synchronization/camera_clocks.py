"""Find the clocks of all cameras of a screening, and say in words what could not be found."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from moviemotion.audience.synchronization.alignment import (
    FILM,
    MAX_DISAGREEMENT,
    Alignment,
    Disagreement,
    Group,
    Recording,
)
from moviemotion.audience.synchronization.clock import CameraClock, ClockSource, shifted
from moviemotion.audience.synchronization.creation_times import (
    HALF_WIDTH,
    FileTime,
    offsets_like_aligned,
    offsets_of_unaligned,
    read_creation_time,
)
from moviemotion.audience.synchronization.film import film_brightness
from moviemotion.audience.synchronization.house_lights import MIN_CAMERAS_SHARE, find_house_lights
from moviemotion.audience.synchronization.matching import LIGHT_MATCH, SOUND_MATCH, Mismatch
from moviemotion.audience.synchronization.signals import Signal, brightness_signal
from moviemotion.audience.synchronization.sound import NoSoundError, read_sound_signal

COST = "cameras 10 s apart hide about a quarter of the moments, 20 s apart about half"
"""What it means if a clock is wrong: 11 and 21 of 48 planted moments are lost."""


@dataclass(frozen=True)
class Recorded:
    """A camera's recording, after its pictures were read.

    Attributes:
        name: the camera's name.
        path: the video file.
        offset: film time of the file's start if it was given, else None.
        seconds: the file's length.
        picture_time: (m,) time of each sampled picture on the file's clock, in seconds.
        picture_brightness: (m,) mean brightness of each picture, 0–255.
    """

    name: str
    path: Path
    offset: float | None
    seconds: float
    picture_time: NDArray[np.float64]
    picture_brightness: NDArray[np.float32]


@dataclass(frozen=True)
class ScreenedFilm:
    """The film that was shown.

    Attributes:
        path: the film's file.
        seconds: its length.
    """

    path: Path
    seconds: float


@dataclass(frozen=True)
class FoundClocks:
    """The clocks of a screening's cameras.

    Attributes:
        clocks: camera → its clock, for every camera.
        notes: one sentence for each camera or group of cameras whose clock is in doubt.
        placed: one sentence if cameras were placed relative to one whose offset was given; else empty.
        film_found: whether the film was found in at least one recording, so that film time is the film's own.
    """

    clocks: dict[str, CameraClock]
    notes: tuple[str, ...]
    film_found: bool
    placed: str = ""


def find_clocks(
    recordings: Sequence[Recorded],
    film: ScreenedFilm | None,
    workers: int,
    progress: Callable[[str], None] = lambda _name: None,
) -> FoundClocks:
    """Find the clock of each camera: by sound, then by light, then by the files' creation times.

    Args:
        recordings: the cameras whose recordings could be read.
        film: the film, if it was given.
        workers: number of recordings whose sound is read at the same time.
        progress: called with each camera whose sound has been read, from several threads.
    """
    undecided = [r for r in recordings if r.offset is None]
    if not undecided or (len(recordings) == 1 and film is None):
        clocks = {
            r.name: CameraClock() if r.offset is None else CameraClock.of_offset(r.offset, ClockSource.GIVEN)
            for r in recordings
        }
        return FoundClocks(clocks, (), False)
    search = _Search(recordings, film)
    search.compare_sound(workers, progress)
    search.compare_light()
    return search.result()


def room_lights(
    recordings: Sequence[Recorded], clocks: Mapping[str, CameraClock]
) -> tuple[float | None, float | None]:
    """Film times at which the lights in the room went down and came up, as in `find_house_lights`.

    Cameras whose clock is assumed are left out, unless that is so for all of them: then, all are taken to
    have started together, and they must agree about the lights.
    """
    known = [r for r in recordings if clocks[r.name].source is not ClockSource.ASSUMED]
    return find_house_lights(
        (
            (clocks[r.name].film_times(r.picture_time), r.picture_brightness.astype(np.float64))
            for r in known or recordings
        ),
        MIN_CAMERAS_SHARE if known else 1.0,
    )


@dataclass
class _Search:
    recordings: Sequence[Recorded]
    film: ScreenedFilm | None
    alignment: Alignment = field(init=False)
    silence: dict[str, str] = field(default_factory=dict)
    """Recording → why its sound cannot be compared."""

    def __post_init__(self) -> None:
        known = [Recording(r.name, r.seconds, r.offset) for r in self.recordings]
        if self.film:
            known.append(Recording(FILM, self.film.seconds))
        self.alignment = Alignment(known)

    def compare_sound(self, workers: int, progress: Callable[[str], None]) -> None:
        files = {r.name: r.path for r in self.recordings} | ({FILM: self.film.path} if self.film else {})
        with TemporaryDirectory(ignore_cleanup_errors=True) as folder, ThreadPoolExecutor(workers) as pool:

            def read(number: int, name: str) -> Signal | None:
                try:
                    signal = read_sound_signal(files[name], Path(folder) / str(number))
                except NoSoundError as error:
                    self.silence[name] = str(error)
                    return None
                progress(name)
                if signal.is_silent:
                    self.silence[name] = "its sound track is silent"
                    return None
                return signal

            read_signals = pool.map(read, range(len(files)), files)
            signals = {name: s for name, s in zip(files, read_signals, strict=True) if s is not None}
            self.alignment.join(signals, SOUND_MATCH, ClockSource.SOUND)
            del signals, read_signals

    def compare_light(self) -> None:
        signals = {r.name: brightness_signal(r.picture_time, r.picture_brightness) for r in self.recordings}
        signals = {name: signal for name, signal in signals.items() if not signal.is_silent}
        apart = [group for group in self.alignment.groups if group.cameras]
        without_film = [group for group in apart if FILM not in group.clocks]
        if self.film and without_film and signals:
            signals[FILM] = brightness_signal(*film_brightness(self.film.path))
        if len(apart) > 1 or (self.film and without_film):
            self.alignment.join(signals, LIGHT_MATCH, ClockSource.LIGHT)
        self.alignment.check(signals, LIGHT_MATCH, ClockSource.LIGHT)

    def result(self) -> FoundClocks:
        clocks, floating = self.alignment.film_clocks()
        film_found = any(FILM in group.clocks and group.cameras for group in self.alignment.groups)
        lost = [name for group in floating for name in group.cameras]
        notes = list(self._jumps(clocks))
        notes += [self._contradiction(one) for one in self.alignment.disagreements]
        notes += self._place_lost(clocks, lost, floating)
        if self.film and not film_found:
            notes.append(
                f"{self.film.path}: this film was found neither in the sound nor in the light of the "
                f"recordings{_because(self.silence.get(FILM))}, so film time starts with the earliest "
                "recording; check that it is the film that was shown, or give the film time of its first and "
                "last picture (film START-END)"
            )
        return FoundClocks(clocks, tuple(notes), film_found, "" if film_found else self._placed(clocks))

    def _placed(self, clocks: Mapping[str, CameraClock]) -> str:
        """Say where the cameras without an offset were placed, if they were not taken to start with the film.

        An offset with the wrong sign, or given for the wrong camera, contradicts nothing; it only moves the
        others.
        """
        given = {r.name: r.offset for r in self.recordings if r.offset is not None}
        measured = (ClockSource.SOUND, ClockSource.LIGHT)
        found = {n: c.offset for n, c in clocks.items() if n not in given and c.source in measured}
        if not given or not found or min(map(abs, found.values())) <= MAX_DISAGREEMENT:
            return ""
        name, offset = next(iter(given.items()))
        first = min(found, key=lambda other: found[other])
        return (
            f"the offset of {name} was given as {offset:+.1f} s, and the others were placed relative to it: "
            f"{first} starts at {found[first]:+.1f} s of film time; if {first} started with the film, "
            f"the offset of {name} is {offset - found[first]:+.1f} s"
        )

    def _place_lost(
        self, clocks: dict[str, CameraClock], lost: Sequence[str], floating: Sequence[Group]
    ) -> Iterator[str]:
        """Place the cameras that could not be aligned, in `clocks`, and say so."""
        if not lost:
            return
        times = {
            r.name: FileTime(created, r.seconds)
            for r in self.recordings
            if (created := read_creation_time(r.path)) is not None and not math.isnan(r.seconds)
        }
        aligned = {name: clock.offset for name, clock in clocks.items() if name not in lost}
        by_time, width = offsets_like_aligned(times, aligned)
        if not aligned and len(lost) == len(self.recordings):
            by_time, width = offsets_of_unaligned(times), HALF_WIDTH
        measured = [
            offset for name, offset in aligned.items() if clocks[name].source is not ClockSource.GIVEN
        ]
        usual = float(np.median(measured)) if measured else 0.0
        assumed = []
        for group in floating:
            timed = [name for name in group.cameras if name in by_time]
            for name in group.cameras:
                if timed:
                    # The recordings of a group stay where they fit each other.
                    offset = by_time[timed[0]] + clocks[name].offset - clocks[timed[0]].offset
                    clocks[name] = CameraClock.of_offset(offset, ClockSource.CREATION_TIME, width)
                else:
                    assumed.append(name)
                    own = CameraClock(clocks[name].pieces, ClockSource.ASSUMED)
                    clocks[name] = shifted(own, usual)
        timed = [name for name in lost if name not in assumed]
        if timed:
            yield (
                f"{self._paths(timed)}: the clock was set by the time at which the file was created, because "
                f"neither sound nor light fits ({self._why(timed)}); this is right within about "
                f"{width:.0f} s only if the cameras' own clocks were; {COST}; give the offset if you know it "
                f"(offsets {timed[0]}=SECONDS)"
            )
        if len(assumed) == len(self.recordings):
            yield (
                f"{self._paths(assumed)}: the clock could not be compared with that of any other camera "
                f"({self._why(assumed)}), so all cameras are taken to have started together; {COST}; if they "
                f"were started by hand, give the offsets (offsets {assumed[0]}=SECONDS)"
            )
            return
        for group in floating:
            names = [name for name in group.cameras if name in assumed]
            if names:
                fits = "clocks fit each other but not" if len(names) > 1 else "clock does not fit"
                yield (
                    f"{self._paths(names)}: the {fits} the other cameras' ({self._why(names)}), so it is "
                    f"taken to have started when most others did, at {usual:.0f} s; {COST}; leave it out if "
                    f"it shows another room or another film, or give the offset (offsets {names[0]}=SECONDS)"
                )

    def _jumps(self, clocks: Mapping[str, CameraClock]) -> Iterator[str]:
        for recorded in self.recordings:
            for before, after in pairwise(clocks[recorded.name].pieces):
                gap = after.film_time(after.start) - before.film_time(after.start)
                low, high = (after.start + sign * after.start_half_width for sign in (-1, 1))
                where = f"at {after.start:.0f} s" if high - low < 2 else f"between {low:.0f} and {high:.0f} s"
                yield (
                    f"{recorded.path}: the clock jumps by {gap:+.1f} s against the other cameras' {where} "
                    f"of the file, where it was probably paused or cut; the parts before "
                    "and after were aligned separately"
                )

    def _contradiction(self, one: Disagreement) -> str:
        path = next(r.path for r in self.recordings if r.name == one.camera)
        if one.used is ClockSource.GIVEN:
            later = "earlier" if one.seconds > 0 else "later"
            return (
                f"{path}: the clock was given, but by its {one.other} it should be {abs(one.seconds):.1f} s "
                f"{later}; the given offset was used; check it (offsets {one.camera}=SECONDS)"
            )
        return (
            f"{path}: the clock differs between {one.other} and {one.used} by {abs(one.seconds):.1f} s, so "
            "sound and pictures of the file are out of step; the light was used, because faces are measured "
            "in the pictures"
        )

    def _why(self, names: Sequence[str]) -> str:
        reasons = []
        for name in names:
            found = self.alignment.reasons.get(name, {})
            sound = self.silence.get(name) or _sound_reason(found.get(ClockSource.SOUND))
            light = _light_reason(found.get(ClockSource.LIGHT))
            reasons.append(f"{sound}; {light}")
        return max(set(reasons), key=reasons.count)

    def _paths(self, names: Sequence[str]) -> str:
        paths = [str(r.path) for r in self.recordings if r.name in names]
        return paths[0] if len(paths) == 1 else ", ".join(names)


def _because(reason: str | None) -> str:
    return f" ({reason})" if reason else ""


def _sound_reason(reason: Mismatch | None) -> str:
    return {
        None: "there is no sound to compare it with",
        Mismatch.TOO_SHORT: "it is too short to compare sound",
        Mismatch.NOTHING_KNOWN: "its sound track is silent",
        Mismatch.DIFFERENT: "its sound does not resemble theirs",
        Mismatch.AMBIGUOUS: "its sound repeats itself and fits at several times",
    }[reason]


def _light_reason(reason: Mismatch | None) -> str:
    return {
        None: "its pictures do not show the screen's light",
        Mismatch.TOO_SHORT: "it is too short to compare the screen's light",
        Mismatch.NOTHING_KNOWN: "its pictures do not show the screen's light",
        Mismatch.DIFFERENT: "the light in its pictures does not change as in theirs",
        Mismatch.AMBIGUOUS: "the light in its pictures fits at several times",
    }[reason]
