"""Count how often one person who is recorded twice is found, and how often two people are taken for one.

    python benchmarks/doubles.py                     # simulated rooms and, where present, real clips
    python benchmarks/doubles.py --only rooms --runs 200

In the part `rooms`, contagious audiences laugh together at six places per minute. Without a double, any
double that is found is a false alarm. With one, a viewer is seen by a second camera, which adds its own noise
to each reading's log-odds, starts at another time, or sees little of the film.

In the part `clips`, real people are written to video files as other cameras and streams would show them, and
read as in a screening. All pairs of different people are compared as well. There are only six people, so the
intervals hold for these people and these kinds of copies.
"""

from __future__ import annotations

import argparse
import itertools
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from odd_cases.oracle import SkippedError
from odd_cases.video import DATA_VARIABLE, RATE, Pictures, person, resized, write
from PIL import Image

from moviemotion.analysis.signals.doubles import find_doubles
from moviemotion.analysis.signals.timeline import ViewerSamples
from moviemotion.audience.recordings import Camera, CameraProcessor
from moviemotion.emotions import Emotion
from moviemotion.simulation.synthetic_audience import EmotionEvent, EmotionSchedule
from moviemotion.simulation.synthetic_samples import simulate_screening, simulate_viewer
from moviemotion.statistics import wilson_interval

SAMPLES_PER_SECOND = 5.0
CONTAGION = 0.3
ROOMS = ((2, 60), (8, 120), (24, 300))
"""Viewers and seconds of the simulated rooms."""
COPIED_ROOM = (8, 120)
"""Viewers and seconds of the rooms in which somebody is seen twice."""
COPIES = {
    "the same readings": (0.0, 0.0, 1.0),
    "noise of 0.3": (0.3, 0.0, 1.0),
    "noise of 0.5, 3.1 s late": (0.5, 3.1, 1.0),
    "noise of 0.8": (0.8, 0.0, 1.0),
    "noise of 1.2": (1.2, 0.0, 1.0),
    "noise of 0.5, seen for 30 s": (0.5, 0.0, 0.25),
    "noise of 0.5, seen for 12 s": (0.5, 0.0, 0.1),
}
"""Name → deviation of the noise in log-odds, seconds by which the copy is late, share of the film it sees."""
CLIPS = {"seat-a1": 40, "seat-a2": 11, "seat-a3": 33, "seat-b1": 19, "seat-b2": 17, "seat-b3": 19}
"""Clips of real people, and how many of their seconds are used."""


def rooms(runs: int) -> Iterator[str]:
    """Simulated rooms without and with a double."""
    for viewers, seconds in ROOMS:
        alarms = sum(bool(find_doubles(audience(viewers, seconds, seed))) for seed in range(runs))
        yield line(f"nobody twice: rooms of {viewers} viewers, {seconds} s", alarms, runs, "false alarms in")
    viewers, seconds = COPIED_ROOM
    for name, (deviation, late, share) in COPIES.items():
        found = false = 0
        for seed in range(runs):
            people = audience(viewers, seconds, seed)
            copy = seen_again(people[0], deviation, late, share * seconds, np.random.default_rng(seed))
            pairs = [{one.kept, one.left_out} for one in find_doubles([*people, copy])]
            found += {0, viewers} in pairs
            false += any(pair != {0, viewers} for pair in pairs)
        label = f"one of {viewers} viewers twice, {seconds} s, {name}"
        yield f"{line(label, found, runs, 'found in')}; others taken for one person in {false}"


def audience(viewers: int, seconds: int, seed: int) -> list[ViewerSamples]:
    """The samples of a contagious audience that laughs every ten seconds."""
    laughs = [EmotionEvent(t, t + 2.0, Emotion.HAPPY, 0.9) for t in range(5, seconds - 5, 10)]
    screening = simulate_screening(EmotionSchedule(tuple(laughs)), viewers, seconds, seed, CONTAGION)
    return [simulate_viewer(screening, viewer).reading for viewer in range(viewers)]


def seen_again(
    reading: ViewerSamples, deviation: float, late: float, seconds: float, rng: np.random.Generator
) -> ViewerSamples:
    """What another camera reads of the same person in the first seconds of the film."""
    rows = reading.time < seconds
    log_odds = np.log(reading.probabilities[rows] + 1e-6)
    p = np.exp(log_odds + rng.normal(0, deviation, log_odds.shape))
    return replace(
        reading,
        time=reading.time[rows] + late,
        probabilities=(p / p.sum(axis=1, keepdims=True)).astype(np.float32),
        weight=reading.weight[rows],
    )


def compressed(folder: Path, pictures: Pictures) -> Path:
    """A second stream with a third of the resolution and strong compression."""
    return write(folder / "stream.mp4", resized(pictures, 120, 120), crf=32)


def mirrored(folder: Path, pictures: Pictures) -> Path:
    """A mirror image, darker and smaller."""
    small = (resized(pictures[:, :, ::-1], 160, 160) * 0.7).astype(np.uint8)
    return write(folder / "mirror.mp4", small)


def infrared(folder: Path, pictures: Pictures) -> Path:
    """A gray camera at half the rate."""
    gray = np.repeat(pictures.mean(axis=-1, keepdims=True), 3, axis=-1).astype(np.uint8)
    return write(folder / "infrared.mp4", gray[::2], lambda k: 2 * k / RATE, crf=28)


def at_an_angle(folder: Path, pictures: Pictures) -> Path:
    """A camera further to the side: narrower, tilted, with noise of its own."""
    rng, side = np.random.default_rng(1), pictures.shape[1]
    matrix = (1.18, 0.12, -0.12 * side, -0.06, 1.02, 0.02 * side)
    tilted = [
        np.asarray(Image.fromarray(p).transform((side, side), Image.Transform.AFFINE, matrix))
        for p in pictures
    ]
    noisy = np.stack(tilted) + rng.normal(0, 4, (len(tilted), side, side, 1))
    return write(folder / "side.mp4", noisy.clip(0, 255).astype(np.uint8), crf=24)


def started_later(folder: Path, pictures: Pictures) -> Path:
    """The same picture, but the recording starts 1.7 s later, so its clock is wrong by that."""
    return write(folder / "later.mp4", pictures[round(1.7 * RATE) :], crf=24)


CAMERAS: dict[str, Callable[[Path, Pictures], Path]] = {
    "small and compressed": compressed,
    "mirrored, darker, smaller": mirrored,
    "gray, half the rate": infrared,
    "at an angle, with noise": at_an_angle,
    "started 1.7 s later": started_later,
}


def clips(_: int) -> Iterator[str]:
    """Real people in pairs, and each of them in two files."""
    processor = CameraProcessor(SAMPLES_PER_SECOND)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        pictures = {clip: person(clip, seconds) for clip, seconds in CLIPS.items()}
        seen = {
            clip: read(processor, write(folder / f"{clip}.mp4", shown)) for clip, shown in pictures.items()
        }
        pairs = list(itertools.combinations(CLIPS, 2))
        alarms = sum(bool(find_doubles([seen[a], seen[b]])) for a, b in pairs)
        yield line("two different people", alarms, len(pairs), "false alarms in")
        alarms = len(find_doubles(list(seen.values())))
        yield f"all {len(CLIPS)} people in one room: {alarms} false alarms"
        for kind, make in CAMERAS.items():
            copies = {clip: read(processor, make(folder, shown)) for clip, shown in pictures.items()}
            missed = [clip for clip in CLIPS if not find_doubles([seen[clip], copies[clip]])]
            which = f" (not {', '.join(missed)})" if missed else ""
            found = line(f"the same person, {kind}", len(CLIPS) - len(missed), len(CLIPS), "found in")
            others = list(itertools.permutations(CLIPS, 2))
            alarms = sum(bool(find_doubles([seen[a], copies[b]])) for a, b in others)
            yield f"{found}{which}; {line('copy and another person', alarms, len(others), 'false alarms in')}"


def read(processor: CameraProcessor, video: Path) -> ViewerSamples:
    """The samples of the only person in a recording."""
    samples = processor.process(Camera(video.stem, video))
    return ViewerSamples(video.stem, samples.time, samples.emotions, samples.weight, samples.box)


def line(label: str, hits: int, of: int, what: str) -> str:
    """A count with the 95 % interval of its share."""
    low, high = (float(end) for end in wilson_interval(hits, of))
    return f"{label}: {what} {hits} of {of} ({100 * low:.0f} to {100 * high:.0f} %)"


PARTS: dict[str, Callable[[int], Iterator[str]]] = {"rooms": rooms, "clips": clips}


def main(words: Sequence[str] | None = None) -> int:
    """Print one line per kind of room or copy."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="folder with seats/*.mp4")
    parser.add_argument("--only", choices=PARTS, help="run one part")
    parser.add_argument("--runs", type=int, default=100, help="simulated rooms of each kind")
    given = parser.parse_args(words)
    os.environ[DATA_VARIABLE] = str(given.data.resolve())
    for name in [given.only] if given.only else PARTS:
        try:
            for text in PARTS[name](given.runs):
                print(text, flush=True)
        except SkippedError as reason:
            print(f"{name}: skipped, {reason}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
