"""Measure how many viewers one core can process, and compare that with other packages.

    python benchmarks/throughput.py --data ../shared/data [--rivals-python PYTHON]

A viewer-second is one second of samples, each of which contains a face. A core-second is one second of user
and system time of all threads. The time for loading models is not counted. Recordings of a screening are
long, so MoviEmotion is measured on clips that are repeated until they last a minute. In comparisons, it is
measured on the original clips at the same rate, before and after the other package. The other packages need
an environment of their own:

    python3.11 -m venv rivals
    rivals/bin/pip install fer deepface tf-keras werkzeug 'numpy<2' \\
        'opencv-contrib-python<4.12' 'opencv-contrib-python-headless<4.12'

The exit code is 1 if a target was missed.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import av
import numpy as np

from moviemotion.audience.faces.detect import CenterFaceDetector, crop_face
from moviemotion.audience.faces.emotion_model import OnnxEmotionModel
from moviemotion.audience.faces.face_scheduler import FaceScheduler
from moviemotion.audience.faces.quality import quality_weights
from moviemotion.audience.recordings import BATCH_SIZE, Camera, CameraProcessor
from moviemotion.audience.video.decode import probe, read_frames
from moviemotion.workflows.screen import DEFAULT_RATE

RIVALS = ("fer", "fer with mtcnn", "deepface")
RIVALS_SCRIPT = Path(__file__).with_name("rivals.py")
LEAST_SPEED, LEAST_RATIO = 20.0, 15.0
REPEATED = 60.0
"""Duration in seconds to which each clip is repeated."""
RUNS = 3

Line = tuple[str, str, str, bool | None]
"""Name, measurement, target, and whether the target was met (None: no verdict)."""


class NotInstalledError(Exception):
    """A package cannot be run in the given interpreter."""


@dataclass(frozen=True)
class Speed:
    """The amount that was processed, and the user and system time it took."""

    viewer_seconds: float
    core_seconds: float

    @property
    def rate(self) -> float:
        """Viewer-seconds per core-second, which equals audience-hours per core-hour."""
        return self.viewer_seconds / self.core_seconds


def total(speeds: Sequence[Speed]) -> Speed:
    return Speed(sum(s.viewer_seconds for s in speeds), sum(s.core_seconds for s in speeds))


def ours(clips: Sequence[Path]) -> list[Speed]:
    """Process each clip as `moviemotion screen` does."""
    processor = CameraProcessor(DEFAULT_RATE)
    speeds = []
    for clip in clips:
        start = time.process_time()
        samples = processor.process(Camera(clip.stem, clip), lambda camera, seconds: None)
        spent = time.process_time() - start
        speeds.append(Speed(len(np.unique(samples.time)) / DEFAULT_RATE, spent))
    return speeds


def theirs(python: Path, name: str, clips: Sequence[Path]) -> tuple[list[Speed], str]:
    """Process each clip with another package.

    Returns:
        The speed on each clip; a note about how the package was run.

    Raises:
        NotInstalledError: the package fails; the message is the last line of its error output.
    """
    command = [str(python), str(RIVALS_SCRIPT), name, str(DEFAULT_RATE), *map(str, clips)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise NotInstalledError((done.stderr.strip().splitlines() or ["no reason given"])[-1])
    answer = json.loads(done.stdout.splitlines()[-1])
    return [Speed(*pair) for pair in answer["speeds"]], answer["note"]


def loop_clip(clip: Path, seconds: float, out: Path) -> Path:
    """Repeat the packets of a clip until they fill a duration, without encoding them again."""
    length = probe(clip).duration
    with av.open(str(out), "w") as written:
        target = None
        for turn in count():
            with av.open(str(clip)) as read:
                source = read.streams.video[0]
                target = target or written.add_stream_from_template(source)
                shift = round(turn * length / source.time_base)
                for packet in read.demux(source):
                    if packet.dts is None:
                        continue  # the end of the stream
                    packet.dts += shift
                    packet.pts += shift
                    if packet.dts * source.time_base >= seconds:
                        return out
                    packet.stream = target
                    written.mux(packet)
    raise AssertionError


def stage_milliseconds(clip: Path) -> dict[str, float]:
    """Return the CPU time of each stage in ms per sampled frame; the stages run one after the other."""
    scheduler, model = FaceScheduler(CenterFaceDetector()), OnnxEmotionModel()
    seconds: dict[str, float] = {}

    @contextmanager
    def clock(stage: str) -> Iterator[None]:
        start = time.process_time()
        yield
        seconds[stage] = time.process_time() - start

    with clock("decode"):
        images = [frame.image for frame in read_frames(clip, DEFAULT_RATE)]
    with clock("detect"):
        found = [
            faces
            for k in range(0, len(images), BATCH_SIZE)
            for faces in scheduler.detect(images[k : k + BATCH_SIZE])
        ]
    faces = [face for in_frame in found for face in in_frame]
    with clock("crop"):
        crops = [crop_face(i, face) for i, in_frame in zip(images, found, strict=True) for face in in_frame]
    with clock("weigh"):
        for k in range(0, len(crops), BATCH_SIZE):
            quality_weights(faces[k : k + BATCH_SIZE], crops[k : k + BATCH_SIZE])
    with clock("read"):
        for k in range(0, len(crops), BATCH_SIZE):
            model.predict(crops[k : k + BATCH_SIZE])
    return {stage: 1e3 * spent / len(images) for stage, spent in seconds.items()}


def size_of(clip: Path) -> str:
    image = next(read_frames(clip, DEFAULT_RATE)).image
    return f"{image.shape[1]}×{image.shape[0]}"


def own_lines(clips: Sequence[Path], work: Path) -> Iterator[Line]:
    """Measure how many viewers one core processes, and how long each stage takes."""
    films = [loop_clip(clip, REPEATED, work / clip.name) for clip in clips]
    for film in films:
        stages = ", ".join(f"{stage} {spent:.1f}" for stage, spent in stage_milliseconds(film).items())
        yield f"throughput: {film.stem}, {size_of(film)}", f"ms per frame: {stages}", "reported", None
    runs = [total(ours(films)).rate for _ in range(RUNS)]
    yield (
        f"throughput: audience-hours per core-hour, {DEFAULT_RATE:g} samples per second",
        f"{np.median(runs):.1f} ({min(runs):.1f} to {max(runs):.1f}, "
        f"n={RUNS} runs of {len(films)} seats of {REPEATED:g} s)",
        f"≥ {LEAST_SPEED:g}",
        bool(np.median(runs) >= LEAST_SPEED),
    )


def rival_lines(clips: Sequence[Path], python: Path | None) -> Iterator[Line]:
    """Compare the speed with that of each other package, on the same clips."""
    for name in RIVALS:
        title, bar = f"throughput: compared with {name}", f"≥ {LEAST_RATIO:g}"
        if python is None:
            yield (
                title,
                "not measured: set --rivals-python to an interpreter in which it is installed",
                bar,
                None,
            )
            continue
        before = ours(clips)
        try:
            speeds, note = theirs(python, name, clips)
        except NotInstalledError as error:
            yield title, f"not measured: cannot be run with {python} ({error})", bar, None
            continue
        our, their = total([*before, *ours(clips)]), total(speeds)
        each = ", ".join(f"{clip.stem} {s.rate:.2f}" for clip, s in zip(clips, speeds, strict=True))
        yield (
            title,
            f"{our.rate / their.rate:.1f} times as fast: {our.rate:.1f} and {their.rate:.2f} viewer-seconds "
            f"per core-second; it found {their.viewer_seconds:.0f} of our {our.viewer_seconds / 2:.0f} "
            f"viewer-seconds ({each}){note and f'; {note}'}",
            bar,
            our.rate >= LEAST_RATIO * their.rate,
        )


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="folder with seats/seat-*.mp4")
    parser.add_argument(
        "--rivals-python", type=Path, help="Python interpreter in which fer or deepface is installed"
    )
    options = parser.parse_args()
    clips = sorted((options.data / "seats").glob("seat-*.mp4"))
    if not clips:
        parser.error(f"{options.data}/seats: contains no seat-*.mp4 files")
    av.logging.set_level(av.logging.ERROR)
    print(f"{os.cpu_count()} cores; load before the start {os.getloadavg()[0]:.1f}\n", flush=True)
    short = False
    with TemporaryDirectory() as work:
        parts: tuple[Callable[[], Iterator[Line]], ...] = (
            lambda: own_lines(clips, Path(work)),
            lambda: rival_lines(clips, options.rivals_python),
        )
        for part in parts:
            for name, measured, bar, met in part():
                short |= met is False
                verdict = {True: "pass", False: "fail", None: "–"}[met]
                print(f"{verdict:<6}{name}: {measured}   [{bar}]", flush=True)
    return int(short)


if __name__ == "__main__":
    sys.exit(main())
