"""Decode video files to frames with film times, holding one frame in memory at a time.

Recordings of a screening are long and often imperfect. Times come from the stream's timestamps, which handles
variable frame rates. Damaged stretches are skipped and reported as gaps. Frames that are neither sampled nor
needed to decode other frames are not decoded.
"""

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
"""Latest valid timestamp in seconds; later ones mean a broken clock and would make the timeline too long."""
TRUNCATED_SHARE = 0.9
"""A file counts as truncated if its last frame comes before this fraction of the declared duration."""
MIN_GAP_SECONDS = 1.0
"""Minimum number of seconds without a frame that count as a gap."""
REORDER_WINDOW = 16
"""Number of frames within which a codec may reorder frames."""


@dataclass(frozen=True)
class Frame:
    """One frame of a recording.

    Attributes:
        time: film time in seconds.
        image: (height, width, 3) uint8 RGB, upright.
    """

    time: float
    image: NDArray[np.uint8]


@dataclass(frozen=True)
class VideoInfo:
    """Information declared in a video file.

    Attributes:
        duration: duration in seconds; NaN if the file does not declare it.
    """

    path: Path
    duration: float


def probe(path: Path) -> VideoInfo:
    """Check that a file is a video, without decoding it.

    Raises:
        MoviemotionError: the file is missing, empty, not a video, or has no video stream.
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
    on_gap: Callable[[tuple[float, float]], None] | None = None,
) -> Iterator[Frame]:
    """Yield the first frame at or after each tick of a clock that ticks `rate` times per second.

    Frames recorded sideways by a phone are rotated upright. After damage, frames are skipped until the next
    keyframe.

    Args:
        path: the video file.
        rate: frames per second to yield; a file with a lower frame rate yields all of its frames.
        offset: seconds added to the file's clock to give film time.
        on_gap: called with the start and end, in film time, of each stretch without frames, whether damaged,
            truncated or not recorded. Stretches of up to `MIN_GAP_SECONDS`, or up to three times the usual
            interval between frames, do not count as gaps.

    Raises:
        MoviemotionError: the file cannot be opened, none of its frames can be decoded, or its clock is
            broken.
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
                    f"{path}: the timestamps are broken (a frame {last / 3600:.0f} h after the start); "
                    "convert the file to MP4"
                )
            if on_gap and step > max(MIN_GAP_SECONDS, 3 * usual):
                on_gap((before + offset, last + offset))
            usual = min(usual, step) if step > 0 else usual
            tick = _tick_index(last, rate)
            if tick < next_tick:
                continue
            next_tick = tick + 1
            yield Frame(last + offset, to_upright_rgb(picture))
    if np.isnan(last):
        raise MoviemotionError(f"{path}: no frame could be decoded; copy the file again from the camera")
    # The end declared in a Matroska file refers to a clock that need not start at zero, and the last frame
    # may be long.
    truncated = last + origin < declared * TRUNCATED_SHARE
    if on_gap and truncated and declared - last > np.nanmax([MIN_GAP_SECONDS, 2 * step]):
        on_gap((last + offset, declared + offset))


def _needed_pictures(container: av.container.InputContainer, rate: float) -> Iterator[av.VideoFrame]:
    """Decode the first frame after each tick and the frames to which other frames refer; skip the rest.

    Packet timestamps reveal, before any decoding, which frame is the first after a tick. Packets come in
    decoding order, so a window of recent timestamps is compared.
    """
    stream = container.streams.video[0]
    # Cameras are already processed in parallel; threads within one decoder would only add overhead.
    stream.codec_context.thread_count = 1
    origin = (container.start_time or 0) / 1e6
    recent: deque[float] = deque(maxlen=REORDER_WINDOW)
    damaged = False
    for packet in _packets(container, stream):
        if damaged and not packet.is_keyframe:
            continue  # the frame refers to a damaged frame
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
            return  # AVI counts frames instead of storing timestamps, so a lost frame breaks the clock


def _packets(container: av.container.InputContainer, stream: av.video.VideoStream) -> Iterator[av.Packet]:
    """The packets of a stream, until two consecutive reads fail or the file ends."""
    readable = True
    while True:
        try:
            for packet in container.demux(stream):
                readable = True
                yield packet
        except av.error.FFmpegError:
            if not readable:
                return
            readable = False
        else:
            return


def _tick_index(time: float, rate: float) -> int:
    """The last tick at or before a time in seconds, with 0.5 ms of tolerance for rounded timestamps."""
    return int((time + 5e-4) * rate)


def _open(path: Path) -> av.container.InputContainer:
    try:
        exists = path.exists()
    except OSError as error:
        raise MoviemotionError(f"{path}: cannot be opened ({error.strerror}); rename the file") from error
    if not exists:
        raise MoviemotionError(f"{path}: no such file; check the name")
    if path.is_dir():
        raise MoviemotionError(
            f"{path}: this is a folder, not a video; give the files in it, such as {path}/*.mp4"
        )
    if path.stat().st_size == 0:
        raise MoviemotionError(f"{path}: the file is empty; copy the video again from the camera")
    try:
        # Without the prefix, FFmpeg would interpret a name with a colon as a URL.
        container = av.open(f"file:{path}")
    except (av.error.FFmpegError, OSError) as error:
        raise MoviemotionError(
            f"{path}: not a readable video ({error.strerror}); convert the file to MP4, or copy it again"
        ) from error
    if not container.streams.video:
        container.close()
        raise MoviemotionError(
            f"{path}: has no video stream, only sound or text; give the camera's video file"
        )
    return container


def to_upright_rgb(picture: av.VideoFrame) -> NDArray[np.uint8]:
    """Convert a decoded frame to (height, width, 3) uint8 RGB, rotated as its file declares."""
    # Starting a thread pool for each frame costs more than the conversion itself.
    image: NDArray[np.uint8] = picture.to_ndarray(format="rgb24", threads=1)
    turns = round(picture.rotation / 90) % 4
    return np.ascontiguousarray(np.rot90(image, turns)) if turns else image
