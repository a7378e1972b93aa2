"""Real people from short clips, and video files with any stamps, flags, tracks and sound."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterable
from fractions import Fraction
from functools import lru_cache
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from odd_cases.oracle import Person, SkippedError, Viewer, command, viewers_of

RATE = 12
"""Pictures per second of all videos."""
SIDE = 240
"""Sides of a square picture of one person, in pixels."""
TICKS = 90_000
DATA_VARIABLE = "ODD_INPUTS_DATA"
"""Environment variable with the folder that contains the clips."""

Pictures = NDArray[np.uint8]


@lru_cache(maxsize=16)
def person(name: str, seconds: int = 10, first: float = 0.0, side: int = SIDE) -> Pictures:
    """(n, side, side, 3) pictures of a real person, square; a clip that is too short runs back and forth."""
    path = Path(os.environ.get(DATA_VARIABLE, "")) / "seats" / f"{name}.mp4"
    if not path.is_file():
        raise SkippedError(f"needs {path.name}")
    wanted, pictures, tick = seconds * RATE, [], 0
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            if frame.time is None or frame.time - first < tick / RATE - 1e-6:
                continue
            tick += 1
            image = Image.fromarray(frame.to_ndarray(format="rgb24", threads=1))
            shorter = min(image.size)
            left, top = (image.width - shorter) // 2, (image.height - shorter) // 2
            box = (left, top, left + shorter, top + shorter)
            pictures.append(np.asarray(image.resize((side, side), Image.Resampling.BILINEAR, box)))
            if tick == wanted:
                break
    order = [*range(len(pictures)), *range(len(pictures) - 2, 0, -1)]
    return np.stack([pictures[order[k % len(order)]] for k in range(wanted)])


def write(
    path: Path,
    pictures: Iterable[Pictures],
    stamps: Callable[[int], float] = lambda k: k / RATE,
    codec: str = "libx264",
    sound: NDArray[np.float64] | None = None,
    sound_rate: int = 16_000,
    aspect: Fraction | None = None,
    pixels: str = "yuv420p",
    form: str | None = None,
    crf: int = 20,
    created: str = "",
    options: dict[str, str] | None = None,
) -> Path:
    """Write a video.

    Args:
        pictures: (height, width, 3) uint8 RGB each; all of one size.
        stamps: number of a picture → its time in seconds.
        sound: −1 to 1, from time 0 on.
        aspect: pixel aspect ratio.
        created: creation time, UTC.
        options: of the codec.
    """
    with av.open(str(path), "w", format=form) as container:
        if created:
            container.metadata["creation_time"] = created
        add_video(container, pictures, stamps, codec, aspect, pixels, crf, options, sound, sound_rate)
    return path


def add_video(
    container: av.container.OutputContainer,
    pictures: Iterable[Pictures],
    stamps: Callable[[int], float] = lambda k: k / RATE,
    codec: str = "libx264",
    aspect: Fraction | None = None,
    pixels: str = "yuv420p",
    crf: int = 20,
    options: dict[str, str] | None = None,
    sound: NDArray[np.float64] | None = None,
    sound_rate: int = 16_000,
) -> None:
    """Add a video track and, if given, a sound track; the two are interleaved."""
    iterator = iter(pictures)
    first = next(iterator)
    stream = container.add_stream(codec, rate=RATE)
    stream.height, stream.width = first.shape[:2]
    stream.pix_fmt = pixels
    stream.codec_context.time_base = Fraction(1, RATE if codec in ("mjpeg", "mpeg4", "ffv1") else TICKS)
    stream.codec_context.max_b_frames = 0
    quality = {
        "libx264": {"crf": str(crf), "preset": "veryfast", "g": "24"},
        "mjpeg": {"qmin": "3", "qmax": "3"},
    }
    stream.options = {**quality.get(codec, {}), **(options or {})}
    if codec == "mpeg4":
        stream.bit_rate = 2_000_000
    if aspect:
        stream.codec_context.sample_aspect_ratio = aspect
    audio = None
    if sound is not None:
        audio = container.add_stream("aac", rate=sound_rate, layout="mono")
    base, heard = stream.codec_context.time_base, 0
    for k, picture in enumerate(_chained(first, iterator)):
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), "rgb24").reformat(format=pixels)
        frame.pts, frame.time_base = round(stamps(k) / base), base
        container.mux(stream.encode(frame))
        if audio is not None and sound is not None:
            until = min(len(sound), round((stamps(k) + 1 / RATE) * sound_rate))
            heard = _add_sound(container, audio, sound, heard, until, sound_rate)
    container.mux(stream.encode(None))
    if audio is not None and sound is not None:
        _add_sound(container, audio, sound, heard, len(sound), sound_rate)
        container.mux(audio.encode(None))


def _chained(first: Pictures, others: Iterable[Pictures]) -> Iterable[Pictures]:
    yield first
    yield from others


def _add_sound(
    container: av.container.OutputContainer,
    audio: av.AudioStream,
    sound: NDArray[np.float64],
    heard: int,
    until: int,
    rate: int,
) -> int:
    while heard < until:
        part = sound[heard : heard + 1024].astype(np.float32)[None]
        frame = av.AudioFrame.from_ndarray(part, "fltp", "mono")
        frame.sample_rate, frame.pts, frame.time_base = rate, heard, Fraction(1, rate)
        container.mux(audio.encode(frame))
        heard += part.shape[1]
    return heard


def transport_stream(path: Path, pictures: Pictures, start: float) -> Path:
    """A transport stream whose stamps begin at `start` seconds."""
    return write(path, pictures, lambda k: start + k / RATE, options={"g": "1"}, form="mpegts", crf=23)


def joined(path: Path, parts: Iterable[Path]) -> Path:
    """Join files byte by byte, as `cat` does."""
    path.write_bytes(b"".join(part.read_bytes() for part in parts))
    return path


def plain_readings(pictures: Pictures, start: int = 0, **how: object) -> Person:
    """Screen a plain recording of the same pictures alone, and return the person in it."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        viewers = screened_alone(write(folder / "plain.mp4", pictures, **how), folder)  # type: ignore[arg-type]
    if not viewers:
        raise SkippedError("nobody is seen in the plain recording")
    best = max(viewers, key=lambda viewer: len(viewer.seconds))
    return Person(best.readings, start)


def screened_alone(video: Path, folder: Path) -> tuple[Viewer, ...]:
    """The viewers of a plain recording."""
    study = folder / "plain-study"
    command(study, "screen", video, "--out", study)
    viewers = viewers_of(study)
    shutil.rmtree(study, ignore_errors=True)
    return viewers


@lru_cache(maxsize=64)
def plain(name: str, seconds: int = 10, first: float = 0.0, side: int = SIDE) -> Person:
    """The plain readings of a real person."""
    return plain_readings(person(name, seconds, first, side))


def from_second(one: Person, start: int) -> Person:
    """The same readings from another film second on."""
    return Person(one.readings, start)


def beside(*pictures: Pictures) -> Pictures:
    """People side by side in one picture."""
    return np.concatenate(pictures, axis=2)


def resized(pictures: Pictures, width: int, height: int) -> Pictures:
    """Pictures of another size."""
    scaled = [
        np.asarray(Image.fromarray(p).resize((width, height), Image.Resampling.BILINEAR)) for p in pictures
    ]
    return np.stack(scaled)
