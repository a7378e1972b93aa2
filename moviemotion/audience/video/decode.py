"""Files → timestamped frames. Decoding is streamed: one frame is held at a time."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from moviemotion.errors import MoviemotionError

MAX_FILM_SECONDS = 24 * 3600.0
"""Seconds. A later timestamp is a broken clock: a timeline has a cell for every second."""
TRUNCATED_SHARE = 0.9
"""A file whose last frame comes before this share of its declared length was cut off."""
MIN_GAP_SECONDS = 1.0
"""Seconds: a timeline shows that nothing was seen for so long."""
REORDER_WINDOW = 16
"""Pictures within which a codec may store them out of order."""


@dataclass(frozen=True)
class Frame:
    """One picture.

    Attributes:
        time: seconds of film time.
        image: (height, width, 3) uint8 RGB, upright.
    """

    time: float
    image: NDArray[np.uint8]


@dataclass(frozen=True)
class VideoInfo:
    """What a file says of itself: its length in seconds (NaN where it does not say)."""

    path: Path
    duration: float


def probe(path: Path) -> VideoInfo:
    """Open a file far enough to know that it is a video.

    Raises:
        MoviemotionError: missing, empty, not a video, or without a picture.
    """
    with _open(path) as container:
        stream = container.streams.video[0]
        if stream.duration is not None and stream.time_base is not None:
            return VideoInfo(path, float(stream.duration * stream.time_base))
        return VideoInfo(path, container.duration / 1e6 if container.duration else float("nan"))


def read_frames(
    path: Path,
    rate: float,
    offset: float = 0.0,
    on_gap: Callable[[tuple[float, float]], None] = lambda stretch: None,
) -> Iterator[Frame]:
    """The first frame at or after each tick of a clock of `rate` ticks a second.

    Time comes from the stream's own timestamps, so variable frame rates keep their place; pictures
    that a phone recorded on its side are turned upright. What is damaged is left out, up to the next picture
    that needs no other.

    Args:
        rate: frames a second to keep; a slower file gives all of its frames.
        offset: seconds added to the file's clock to give film time.
        blank: called with each stretch, film time from and to, that is longer than `BLANK` and than the usual
            step from picture to picture, and has none: damaged, cut off, or not recorded.

    Raises:
        MoviemotionError: the file cannot be opened, has no picture that can be decoded, or a broken clock.
    """
    declared = probe(path).duration
    last = step = float("nan")
    usual = float("inf")
    with _open(path) as container:
        origin = (container.start_time or 0) / 1e6
        next_tick = 0
        for picture in _needed_pictures(container, rate):
            if picture.time is None:
                continue
            step, before, last = picture.time - origin - last, last, picture.time - origin
            if last > MAX_FILM_SECONDS:
                raise MoviemotionError(
                    f"{path}: a picture is stamped {last / 3600:.0f} hours after the start; "
                    "its clock is broken, convert it to MP4"
                )
            if step > max(MIN_GAP_SECONDS, 3 * usual):
                on_gap((before + offset, last + offset))
            usual = min(usual, step) if step > 0 else usual
            tick = _tick_index(last, rate)
            if tick < next_tick:
                continue
            next_tick = tick + 1
            yield Frame(last + offset, to_upright_rgb(picture))
    if np.isnan(last):
        raise MoviemotionError(f"{path}: no picture could be decoded; copy it again from the camera")
    # Matroska declares its end on a clock that need not start at zero; the last picture may stand for long.
    if last + origin < declared * TRUNCATED_SHARE and declared - last > np.nanmax(
        [MIN_GAP_SECONDS, 2 * step]
    ):
        on_gap((last + offset, declared + offset))


def _needed_pictures(container: av.container.InputContainer, rate: float) -> Iterator[av.VideoFrame]:
    """Decoded pictures, less those that are neither the first after a tick nor needed to decode others."""
    stream = container.streams.video[0]
    # Cameras are watched in parallel, so threads within one would only cost.
    stream.codec_context.thread_count = 1
    origin = (container.start_time or 0) / 1e6
    recent: deque[float] = deque(maxlen=REORDER_WINDOW)
    damaged = False
    for packet in _packets(container, stream):
        if damaged and not packet.is_keyframe:
            continue  # it refers to what is damaged
        if damaged:
            stream.codec_context.flush_buffers()
            damaged = False
        needed = True
        if packet.pts is not None and stream.time_base is not None:
            time = float(packet.pts * stream.time_base) - origin
            before = max((other for other in recent if other < time), default=float("-inf"))
            needed = before < 0 or _tick_index(before, rate) < _tick_index(time, rate)
            recent.append(time)
        stream.codec_context.skip_frame = "DEFAULT" if needed else "NONREF"
        try:
            pictures = packet.decode()
        except av.error.FFmpegError:
            pictures, damaged = [], True
        for picture in pictures:
            damaged = damaged or picture.is_corrupt
            if not damaged:
                yield picture
        if damaged and container.format.name == "avi":
            return  # it stamps no picture but counts them: after a lost one its clock is wrong


def _packets(container: av.container.InputContainer, stream: av.video.VideoStream) -> Iterator[av.Packet]:
    """What the file holds of a stream; twice in a row unreadable is its end."""
    readable = True
    while True:
        try:
            for packet in container.demux(stream):
                readable = True
                yield packet
            return
        except av.error.FFmpegError:
            if not readable:
                return
            readable = False


def _tick_index(time: float, rate: float) -> int:
    """The last tick at a time in seconds; half a millisecond of slack, as stamps are rounded."""
    return int((time + 5e-4) * rate)


def _open(path: Path) -> av.container.InputContainer:
    try:
        exists = path.exists()
    except OSError as error:
        raise MoviemotionError(f"{path}: cannot be opened ({error.strerror}); rename it") from error
    if not exists:
        raise MoviemotionError(f"{path}: no such file; check the name")
    if path.is_dir():
        raise MoviemotionError(f"{path}: a folder, not a video; name the files in it, such as {path}/*.mp4")
    if path.stat().st_size == 0:
        raise MoviemotionError(f"{path}: the file is empty; copy it again from the camera")
    try:
        # Without the prefix a name with a colon would be taken for a URL.
        container = av.open(f"file:{path}")
    except (av.error.FFmpegError, OSError) as error:
        raise MoviemotionError(
            f"{path}: not a readable video ({error.strerror}); convert it to MP4, or copy it again"
        ) from error
    if not container.streams.video:
        container.close()
        raise MoviemotionError(f"{path}: has no picture, only sound or text; give the camera's video file")
    return container


def to_upright_rgb(picture: av.VideoFrame) -> NDArray[np.uint8]:
    """A decoded picture as (height, width, 3) uint8 RGB, turned as its file says."""
    # Cameras are watched in parallel: threads for one picture cost more than they save.
    image: NDArray[np.uint8] = picture.to_ndarray(format="rgb24", threads=1)
    turns = round(picture.rotation / 90) % 4
    return np.ascontiguousarray(np.rot90(image, turns)) if turns else image
