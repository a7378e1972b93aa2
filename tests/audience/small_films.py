"""Short videos, written frame by frame so that every timestamp is known."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

WIDTH, HEIGHT = 128, 64
TIME_BASE = Fraction(1, 1000)
UPRIGHT = (0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
TURNED_CLOCKWISE = (0, 0x10000, 0, -0x10000, 0, 0, HEIGHT * 0x10000, 0, 0x40000000)


def write_film(
    path: Path, times: Sequence[float], codec: str = "mpeg4", b_frames: int = 0, **options: str
) -> Path:
    """One picture at each of `times` (seconds): its left half is white, the right half black.

    Args:
        b_frames: pictures in a row that may be stored after one that they precede.
    """
    with av.open(str(path), "w", options=options) as container:
        _encode(container, times, codec, b_frames)
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
    container: av.container.OutputContainer, times: Sequence[float], codec: str, b_frames: int = 0
) -> None:
    stream = container.add_stream(codec, rate=1000)
    stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
    stream.time_base = stream.codec_context.time_base = TIME_BASE
    stream.codec_context.max_b_frames = b_frames
    if b_frames:
        stream.options = {"b_strategy": "0", "sc_threshold": "0"}  # as many as allowed, whatever the picture
    stream.codec_context.gop_size = 5
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
