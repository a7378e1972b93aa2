"""Capture eight live cameras for two hours, with failures; check the memory use and the reported gaps.

Usage: python benchmarks/live.py [--speed 12] [--seconds 7200] [--rate 1]
The cameras repeat short rendered videos at two frames per second. The film clock runs `speed` times as fast
as real time. The exit code is 1 if memory grew by more than 5 % or a gap was not reported.
"""

from __future__ import annotations

import argparse
import math
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import av
import numpy as np

from moviemotion.audience.live.film_clock import FilmClock
from moviemotion.audience.live.finalize import Gap, Offset, camera_samples, count_dropped_pictures, find_gaps
from moviemotion.audience.live.live_capture import LiveCapture
from moviemotion.audience.live.sources import SourceLostError, SourcePicture, subsampled_luma
from moviemotion.emotions import Emotion
from moviemotion.simulation.rendering.seat_videos import write_seat_videos
from moviemotion.simulation.synthetic_audience import EmotionEvent, EmotionSchedule, simulate_audience

CAMERAS = 8
CLIP = 8
"""Duration of each clip in seconds."""
PICTURES = 2
"""Frames per second of each camera."""
FROZEN_AFTER = 10.0
MAX_GROWTH = 0.05
"""Largest allowed growth of memory use, as a share."""
Span = tuple[float, float]


class LoopingCamera:
    """Repeats a clip on the film clock; the camera is unreachable during `lost`, frozen during `frozen`."""

    is_recording = True

    def __init__(
        self, clip: Path, clock: FilmClock, seconds: float, lost: Sequence[Span], frozen: Sequence[Span]
    ) -> None:
        with av.open(str(clip)) as container:
            pictures = list(container.decode(video=0))
        self.shown = pictures[:: len(pictures) // (CLIP * PICTURES)]
        self.clock, self.seconds = clock, seconds
        self.lost, self.frozen = lost, frozen

    def pictures(self) -> Iterator[SourcePicture]:
        first = math.ceil(self.clock.now() * PICTURES)
        self._reach(self.clock.now())
        for step in range(first, int(self.seconds * PICTURES)):
            time_ = step / PICTURES
            self._reach(time_)
            if not self.clock.sleep_until(time_):
                return
            held = next((int(a * PICTURES) for a, b in self.frozen if a <= time_ < b), step)
            picture = self.shown[held % len(self.shown)]
            yield SourcePicture(time_, subsampled_luma(picture), picture)

    def _reach(self, time_: float) -> None:
        if any(a <= time_ < b for a, b in self.lost):
            raise SourceLostError("Connection refused")


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--speed", type=float, default=12)
    options.add_argument("--seconds", type=float, default=7200)
    options.add_argument("--rate", type=float, default=1.0)
    arguments = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        return run(Path(folder), arguments.speed, arguments.seconds, arguments.rate)


def run(folder: Path, speed: float, seconds: float, rate: float) -> int:
    print(f"rendering {CAMERAS} seats …", flush=True)
    schedule = EmotionSchedule((EmotionEvent(2, 6, Emotion.HAPPY, 0.9),))
    audience = simulate_audience(schedule, viewers=CAMERAS, seconds=CLIP, seed=36)
    seated = replace(audience, out_of_frame=np.zeros_like(audience.out_of_frame))
    clips = write_seat_videos(seated, folder / "clips", [(k,) for k in range(CAMERAS)])
    lost = {"seat-2": (seconds * 0.25, seconds * 0.25 + 60), "seat-5": (seconds * 0.6, seconds * 0.6 + 300)}
    frozen = {"seat-7": (seconds * 0.4, seconds * 0.4 + 200)}
    clock = FilmClock(speed)
    cameras = {
        name: LoopingCamera(
            clip,
            clock,
            seconds,
            [lost[name]] if name in lost else [],
            [frozen[name]] if name in frozen else [],
        )
        for name, clip in ((f"seat-{k + 1}", clip) for k, clip in enumerate(clips))
    }
    began, processor = time.monotonic(), time.process_time()
    capture = LiveCapture(cameras, folder / "live", clock, rate, FROZEN_AFTER)
    memory = record_memory(capture, seconds)
    capture.stop()
    wall, processor = time.monotonic() - began, time.process_time() - processor
    gaps = find_gaps(folder / "live", dict.fromkeys(cameras, Offset(0.0, float("nan"), "not measured")), rate)
    for name in cameras:
        samples = camera_samples(folder / "live", name, 0.0, rate)
        dropped = count_dropped_pictures(folder / "live", name, rate)
        print(f"{name}: {len(samples.viewers)} viewer, {samples.frames} frames read, {dropped} dropped")
    print(f"{seconds:.0f} s of {CAMERAS} cameras in {wall:.0f} s, {processor:.0f} s of CPU time")
    slow = [gap for gap in gaps if gap.reason.startswith("dropped")]
    print(f"{len(slow)} gaps because processing did not keep up; all other gaps:")
    for gap in (gap for gap in gaps if gap not in slow):
        print(f"  {gap.camera}: {gap.start:.1f}–{gap.end:.1f} s, {gap.reason}")
    failures = [(name, *span) for name, span in (*lost.items(), *frozen.items())]
    found = [is_reported(gaps, *failure) for failure in failures]
    grown = memory[-1] / memory[0] - 1
    print(f"memory at 10 %: {memory[0]:.1f} MB, at the end: {memory[-1]:.1f} MB ({grown:+.1%})")
    print(f"simulated failures reported: {sum(found)} of {len(found)}; other gaps: {len(gaps) - sum(found)}")
    return 0 if grown <= MAX_GROWTH and all(found) else 1


def record_memory(capture: LiveCapture, seconds: float) -> list[float]:
    """Return the memory use in megabytes at each tenth of the film; the last value is from its end."""
    memory: list[float] = []
    while not capture.wait(0.5):
        if len(memory) < 9 and capture.clock.now() >= seconds * (len(memory) + 1) / 10:
            memory.append(resident())
            read = sum(camera.read for camera in capture.health())
            print(f"{len(memory) * 10:>3} % {memory[-1]:.1f} MB, {read} frames read", flush=True)
    memory.append(resident())
    return memory


def resident() -> float:
    """Return the resident memory of this process in megabytes."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def is_reported(gaps: Sequence[Gap], camera: str, start: float, end: float) -> bool:
    """Return whether a gap of the camera starts within a second of the failure and does not end before it."""
    return any(g.camera == camera and abs(g.start - start) <= 1 and g.end >= end - 0.5 for g in gaps)


if __name__ == "__main__":
    sys.exit(main())
