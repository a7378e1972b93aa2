"""Short videos, written frame by frame so that every timestamp is known."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

WIDTH, HEIGHT = 128, 64
TIME_BASE = Fraction(1, 1000)
UPRIGHT = (0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
TURNED_CLOCKWISE = (0, 0x10000, 0, -0x10000, 0, 0, HEIGHT * 0x10000, 0, 0x40000000)


def write_film(
    path: Path,
    times: Sequence[float],
    codec: str = "mpeg4",
    b_frames: int = 0,
    pixel_aspect: Fraction = Fraction(1),
    **options: str,
) -> Path:
    """One picture at each of `times` (seconds): its left half is white, the right half black.

    Args:
        b_frames: pictures in a row that may be stored after one that they precede.
        pixel_aspect: width of a pixel divided by its height, as the file declares it.
    """
    with av.open(str(path), "w", options=options) as container:
        _encode(container, times, codec, b_frames, pixel_aspect)
    return path


class OnlyForwards:
    """A file that cannot seek, like a camera's stream: the duration is never written into the header."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("wb")

    def write(self, data: bytes) -> int:
        return self._file.write(data)

    def close(self) -> None:
        self._file.close()


def write_stream(path: Path, times: Sequence[float], form: str, codec: str) -> Path:
    """Like `write_film`, without a declared duration."""
    file = OnlyForwards(path)
    with av.open(file, "w", format=form) as container:
        _encode(container, times, codec)
    file.close()
    return path


def write_sound(path: Path) -> Path:
    """A second of silence: a media file without a picture."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=8000)
        silence = av.AudioFrame.from_ndarray(np.zeros((1, 8000), np.int16), format="s16", layout="mono")
        silence.sample_rate = 8000
        container.mux(stream.encode(silence))
        container.mux(stream.encode(None))
    return path


def turn(path: Path, matrix: tuple[int, ...] = TURNED_CLOCKWISE) -> Path:
    """Declare in an MP4's track header that frames have to be rotated, as a phone does."""
    data = bytearray(path.read_bytes())
    # tkhd, version 0: type, flags, five times and ids, reserved, layer and volume; then 3 × 3 numbers.
    at = data.find(b"tkhd") + 4 + 4 + 20 + 16
    assert struct.unpack_from(">9i", data, at) == UPRIGHT
    struct.pack_into(">9i", data, at, *matrix)
    path.write_bytes(data)
    return path


def _encode(
    container: av.container.OutputContainer,
    times: Sequence[float],
    codec: str,
    b_frames: int = 0,
    pixel_aspect: Fraction = Fraction(1),
) -> None:
    stream = container.add_stream(codec, rate=1000)
    stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
    stream.time_base = stream.codec_context.time_base = TIME_BASE
    stream.codec_context.max_b_frames = b_frames
    if b_frames:
        stream.options = {"b_strategy": "0", "sc_threshold": "0"}  # as many as allowed, whatever the picture
    stream.codec_context.gop_size = 5
    stream.codec_context.sample_aspect_ratio = pixel_aspect
    stream.bit_rate = 50_000_000
    picture = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    picture[:, : WIDTH // 2] = 255
    rng = np.random.default_rng(0)
    for time in times:
        noisy = picture // 2 + rng.integers(0, 40, picture.shape, np.uint8)  # so that bytes come with time
        frame = av.VideoFrame.from_ndarray(noisy, format="rgb24")
        frame.pts, frame.time_base = round(time / TIME_BASE), TIME_BASE
        container.mux(stream.encode(frame))
    container.mux(stream.encode(None))


def restamp(path: Path, change: Callable[[int, float], float]) -> Path:
    """Overwrite the timestamps of a transport stream with a single track, which no program would write.

    Args:
        change: function of a picture's number and its stamp in seconds that returns its new stamp.
    """
    data = bytearray(path.read_bytes())
    number = 0
    for start in range(0, len(data), 188):
        begins, adapts = data[start + 1] & 0x40, data[start + 3] & 0x20
        at = start + 4 + (1 + data[start + 4] if adapts else 0)
        if not begins or data[at : at + 3] != b"\0\0\1" or data[at + 3] & 0xF0 != 0xE0:
            continue
        stamps = [at + 9, at + 14][: (data[at + 7] >> 6) - 1]  # 2: shown; 3: shown and decoded
        old = [_read_stamp(data, stamp) for stamp in stamps]
        moved = change(number, old[0]) - old[0]
        for stamp, seconds in zip(stamps, old, strict=True):
            _write_stamp(data, stamp, seconds + moved)
        number += 1
    path.write_bytes(data)
    return path


def _read_stamp(data: bytearray, at: int) -> float:
    """A 33-bit stamp in seconds, from the five bytes in which a PES header holds it (ISO/IEC 13818-1)."""
    one, two, three = data[at], *struct.unpack_from(">HH", data, at + 1)
    return ((one >> 1 & 7) << 30 | (two >> 1) << 15 | three >> 1) / 90_000


def _write_stamp(data: bytearray, at: int, seconds: float) -> None:
    ticks = round(seconds * 90_000) % 2**33
    data[at] = data[at] & 0xF1 | (ticks >> 30) << 1
    struct.pack_into(">HH", data, at + 1, (ticks >> 15 & 0x7FFF) << 1 | 1, (ticks & 0x7FFF) << 1 | 1)


def write_tracks(
    path: Path, lengths: Sequence[int], sizes: Sequence[int] = (), rate: int = 10, striped: int = -1
) -> Path:
    """One video track of gray frames for each of `lengths` (frames); track k has the gray level 40 + 40 k.

    Args:
        striped: number of a track whose left half is white.
    """
    with av.open(str(path), "w") as container:
        streams = []
        for k in range(len(lengths)):
            stream = container.add_stream("mpeg4", rate=rate)
            side = sizes[k] if sizes else 64
            stream.width, stream.height, stream.pix_fmt = side, side, "yuv420p"
            streams.append(stream)
        for number in range(max(lengths)):
            for k, stream in enumerate(streams):
                if number < lengths[k]:
                    gray = np.full((stream.height, stream.width, 3), 40 + 40 * k, np.uint8)
                    gray[:, : stream.width // 2 * (k == striped)] = 255
                    frame = av.VideoFrame.from_ndarray(gray, format="rgb24")
                    frame.pts = number
                    container.mux(stream.encode(frame))
        for stream in streams:
            container.mux(stream.encode(None))
    return path


def write_with_sound(path: Path, frames: int, rate: int, seconds: int) -> Path:
    """A film of `frames` frames at `rate` per second, with sound that lasts `seconds`."""
    with av.open(str(path), "w") as container:
        picture = container.add_stream("mpeg4", rate=rate)
        picture.width, picture.height, picture.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        sound = container.add_stream("pcm_s16le" if path.suffix != ".mp4" else "aac", rate=8000)
        gray = np.full((HEIGHT, WIDTH, 3), 90, np.uint8)
        for number in range(frames):
            frame = av.VideoFrame.from_ndarray(gray, format="rgb24")
            frame.pts = number
            container.mux(picture.encode(frame))
        for number in range(seconds):
            samples = av.AudioFrame.from_ndarray(np.zeros((1, 8000), np.int16), format="s16", layout="mono")
            samples.sample_rate, samples.pts = 8000, 8000 * number
            container.mux(sound.encode(samples))
        container.mux(picture.encode(None))
        container.mux(sound.encode(None))
    return path
