"""Measure how cameras that were started by hand are aligned: how many, how well, and how many falsely.

    python benchmarks/camera_clocks.py               # about 45 minutes on 2 cores
    python benchmarks/camera_clocks.py --rooms 3

Each room shows an invented film of four minutes to cameras that start at random times. Their recordings are
written as video files: the film's sound after the room's echo, with each microphone's noise and neighbors,
and the screen's light on what the camera sees. Three cameras of each room are of another room, or see and
hear nothing of this one; for them, each clock that is found is false. The exit
status is 1 if a target is missed.
"""

from __future__ import annotations

import argparse
import math
import os
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

os.environ.setdefault("OMP_NUM_THREADS", "1")  # one process per core; read when NumPy is loaded

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "audience"))
from room_recordings import (
    Film,
    Microphone,
    Recording,
    make_film,
    read_recording,
    record,
    true_film_times,
    write_film,
)

from moviemotion.audience.synchronization.camera_clocks import ScreenedFilm, find_clocks
from moviemotion.audience.synchronization.clock import CameraClock, ClockSource
from moviemotion.audience.video.decode import probe
from moviemotion.statistics import wilson_interval

SEED = 36
FILM = 240.0
SAMPLE = 0.2
"""Seconds between two samples."""
MIN_WITHIN_SAMPLE = 0.95
FOUND = (ClockSource.SOUND, ClockSource.LIGHT)


@dataclass(frozen=True)
class Camera:
    """A camera of a room.

    Attributes:
        recording: what it records, apart from its start.
        other_film: whether it is in another room with another film.
        alignable: whether it has anything in common with the others.
    """

    recording: Recording
    other_film: bool = False
    alignable: bool = True


def cameras(rng: np.random.Generator) -> dict[str, Camera]:
    """The cameras of a room, with random starts and lengths."""

    def taken(drift: float = 0.0, seconds: float | None = None, **rest: object) -> Recording:
        start = float(rng.uniform(-20, 30))
        length = float(rng.uniform(0.7, 0.95) * FILM) if seconds is None else seconds
        return Recording(start, length, drift, **rest)  # type: ignore[arg-type]

    infrared = {"coupling": 0.0}
    return {
        "good microphone": Camera(taken()),
        "noisy microphone, 0 dB": Camera(taken(microphone=Microphone(noise=0.08, neighbors=0.2), **infrared)),
        "automatic gain, echo, 100 ppm": Camera(
            taken(1e-4, microphone=Microphone(0.02, 1, 1.0, 0.5, True), **infrared)
        ),
        "29.97 instead of 30": Camera(taken(1e-3)),
        "begins late, 40 s": Camera(Recording(float(rng.uniform(60, 180)), 40.0)),
        "paused for 4 to 40 s": Camera(taken(pause=(100.0, 100.0 + float(rng.uniform(4, 40))), **infrared)),
        "no sound track": Camera(taken(microphone=None)),
        "microphone hears only itself": Camera(taken(microphone=Microphone(loudness=0.0))),
        "another room": Camera(taken(), other_film=True, alignable=False),
        "another room, no sound": Camera(taken(microphone=None), other_film=True, alignable=False),
        "no sound, infrared": Camera(taken(microphone=None, **infrared), alignable=False),
    }


SETTINGS = ("cameras alone", "with the film", "with a silent film", "film that repeats")


@dataclass(frozen=True)
class Result:
    """How one camera was aligned.

    Attributes:
        error: largest error over the recording, in seconds; NaN if the camera was not aligned.
        covered: whether the interval contains the true clock in the middle.
        named: whether a note names the camera.
    """

    setting: str
    camera: str
    alignable: bool
    error: float
    covered: bool
    named: bool


def run_room(room: int, setting: str) -> list[Result]:
    """Record a room, find the clocks, and compare them with the true ones."""
    rng = np.random.default_rng([SEED, room, SETTINGS.index(setting)])
    seed = int(rng.integers(2**31))
    repeats = 12.0 if setting == "film that repeats" else None
    film = make_film(FILM, seed, loop=repeats, silent=setting == "with a silent film")
    other = make_film(FILM, seed + 1)
    kinds = cameras(rng)
    if repeats:
        # Two cameras of another room would rightly fit each other.
        kinds = {name: camera for name, camera in kinds.items() if not camera.other_film}
    if setting == "with a silent film":
        # What is left is the screen's light.
        lit = {name: c for name, c in kinds.items() if c.recording.coupling and c.recording.seconds > 60}
        kinds = {**lit, "no sound, infrared": kinds["no sound, infrared"]}
    with TemporaryDirectory() as folder:
        recordings = []
        for k, (name, camera) in enumerate(kinds.items()):
            path = Path(folder) / f"camera-{k}.mp4"
            shown: Film = other if camera.other_film else film
            record(shown, camera.recording, path, seed + k)
            recordings.append(read_recording(path, name))
        screened = None
        if setting.startswith("with"):
            path = write_film(film, Path(folder) / "film.mp4")
            screened = ScreenedFilm(path, probe(path).duration)
        found = find_clocks(recordings, screened, 1)
    return list(_results(setting, kinds, found.clocks, " ".join(found.notes)))


def _results(
    setting: str, kinds: Mapping[str, Camera], clocks: Mapping[str, CameraClock], notes: str
) -> Iterator[Result]:
    reference = next(iter(kinds))
    # Without the film, film time starts anywhere.
    shift = 0.0
    if not setting.startswith("with"):
        true = true_film_times(kinds[reference].recording, np.zeros(1))[0]
        shift = float(clocks[reference].film_times(0.0) - true)
    for k, (name, camera) in enumerate(kinds.items()):
        clock, recording = clocks[name], camera.recording
        length = recording.seconds / (1 + recording.drift)
        times = np.linspace(0.02, 0.98, 25) * length
        if recording.pause:
            # The place of the pause is known only within about a second.
            times = times[np.abs(true_film_times(recording, times) - recording.pause[1]) > 3]
            times = times[np.abs(true_film_times(recording, times) - recording.pause[0]) > 3]
        errors = clock.film_times(times) - true_film_times(recording, times) - shift
        aligned = clock.source in FOUND
        yield Result(
            setting,
            name,
            camera.alignable and "repeats" not in setting,
            float(np.abs(errors).max()) if aligned else math.nan,
            bool(abs(float(np.median(errors))) <= clock.half_width) if aligned else False,
            f"camera-{k}.mp4" in notes or name in notes,
        )


def main() -> int:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--rooms", type=int, default=20, help="rooms per setting")
    options.add_argument("--workers", type=int, default=os.cpu_count())
    arguments = options.parse_args()
    missed = False
    print(f"seed {SEED}; error within one sample: {SAMPLE} s")
    with ProcessPoolExecutor(arguments.workers) as pool:
        for setting in SETTINGS:
            rooms = pool.map(partial(run_room, setting=setting), range(arguments.rooms))
            results = [result for room in rooms for result in room]
            for camera in dict.fromkeys(result.camera for result in results):
                line, ok = _line([result for result in results if result.camera == camera])
                print(f"{setting}, {camera}: {line}", flush=True)
                missed |= not ok
            false = sum(_is_false(result) for result in results)
            low, high = wilson_interval(false, len(results))
            print(f"{setting}: false alignments {false} of {len(results)} (95 % {low:.1%} to {high:.1%})")
    return int(missed)


def _is_false(result: Result) -> bool:
    return not math.isnan(result.error) and (not result.alignable or result.error > 1.0)


def _line(results: list[Result]) -> tuple[str, bool]:
    """Describe one kind of camera, and whether it reaches its target."""
    n = len(results)
    errors = np.array([result.error for result in results])
    found = ~np.isnan(errors)
    false = sum(map(_is_false, results))
    silent = sum(bool(not f and not result.named) for f, result in zip(found, results, strict=True))
    if not results[0].alignable:
        return f"{false} of {n} falsely aligned, {silent} not named", false == 0 and silent == 0
    within = int((errors[found] <= SAMPLE).sum())
    low, high = wilson_interval(within, n)
    covered = sum(result.covered for result in results)
    largest = f"{np.max(errors[found]):.3f} s" if found.any() else "–"
    return (
        f"{int(found.sum())} of {n} aligned, {within} within one sample ({low:.0%} to {high:.0%}), largest "
        f"error {largest}, true clock inside the interval {covered}, {false} false, {silent} neither aligned "
        "nor named",
        false == 0 and silent == 0 and within >= MIN_WITHIN_SAMPLE * n,
    )


if __name__ == "__main__":
    sys.exit(main())
