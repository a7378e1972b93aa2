"""Decode video files to frames with film times, holding one frame in memory at a time.

Recordings of a screening are long and often imperfect. Times come from the stream's timestamps, which handles
variable frame rates; `file_clock` corrects stamps that are wrong. Damaged stretches are skipped and reported
as gaps. Frames that are neither sampled nor needed to decode other frames are not decoded.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.video.stream import VideoStream
from numpy.typing import NDArray

from moviemotion.audience.video.file_clock import REORDER_WINDOW, FileClock
from moviemotion.audience.video.tracks import declared_length, is_blank, longest_tracks, recording_tracks
from moviemotion.audience.video.upright import PixelAspect, upright_rgb
from moviemotion.errors import MoviemotionError

MAX_FILM_SECONDS = 24 * 3600.0
"""Latest valid timestamp in seconds; later ones mean a broken clock and would make the timeline too long."""
MAX_SIZE = "8192×4352 pixels"
MAX_FRAME_PIXELS = 8192 * 4352
"""Largest number of pixels in a frame (8K); decoding larger ones would take gigabytes of memory."""
DEFAULT_RATE = 25
"""Frames per second assumed if neither a clock nor a rate is known."""
UNCLOCKED_FORMATS = {"h264", "hevc", "vvc", "m4v", "mjpeg", "mpegvideo", "obu", "av1", "mpjpeg"}
"""FFmpeg's names of formats without timestamps: the bare output of an encoder."""
MIN_SOUND_DIFFERENCE, MIN_SOUND_SHARE = 2.0, 0.05
"""A file's sound and frames that differ in length by more than this many seconds and this fraction of the
sound cannot both be right."""
EVERY_FRAME = 1000.0
"""A number of frames per second at which every frame is needed."""
MAX_START_SECONDS = 60.0
"""Largest plausible time in seconds between the start of a file, such as that of its sound, and its first
frame."""
PICTURE_FORMAT = "_pipe"
"""Last part of FFmpeg's names of formats that contain pictures one after another, often only one."""
DECODER_OPTIONS = {"max_pixels": str(MAX_FRAME_PIXELS)}
"""Options for FFmpeg's decoders, which then refuse larger frames, also those that start in mid-stream."""
TRUNCATED_SHARE = 0.9
"""A file counts as truncated if its last frame comes before this fraction of the declared duration."""
MIN_GAP_SECONDS = 1.0
"""Minimum number of seconds without a frame that count as a gap."""


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
        MoviemotionError: the file is missing, empty, not a video, has no video stream, or has frames with
            more than `MAX_FRAME_PIXELS`.
    """
    with _open(path) as container:
        stream = recording_tracks(container)[0]
        if stream.duration is not None and stream.time_base is not None:
            return VideoInfo(path, float(stream.duration * stream.time_base))
        if not container.duration:
            return VideoInfo(path, float("nan"))
        start, duration = (container.start_time or 0) / 1e6, container.duration / 1e6
        # In Matroska files, the declared duration ends on a clock that may have started years before.
        return VideoInfo(path, duration - start if duration > start > MAX_START_SECONDS else duration)


def read_frames(
    path: Path,
    rate: float,
    offset: float = 0.0,
    on_gap: Callable[[tuple[float, float]], None] | None = None,
    on_doubt: Callable[[str], None] | None = None,
    quarter_turns: int = 0,
) -> Iterator[Frame]:
    """Yield the first frame at or after each tick of a clock that ticks `rate` times per second.

    Frames are shown as by a player: with square pixels, and rotated as the file declares. After damage,
    frames are skipped until the next keyframe.

    Args:
        path: the video file.
        rate: frames per second to yield; a file with a lower frame rate yields all of its frames.
        offset: seconds added to the file's clock to give film time.
        on_gap: called with the start and end, in film time, of each stretch without frames, whether damaged,
            truncated or not recorded. Stretches of up to `MIN_GAP_SECONDS`, or up to three times the usual
            interval between frames, do not count as gaps.
        on_doubt: called after the last frame with one line, without the file's name, for each reason to doubt
            the frames' times or the choice of track.
        quarter_turns: number of clockwise quarter turns by which the frames are rotated in addition.

    Raises:
        MoviemotionError: the file cannot be opened, none of its frames can be decoded, or its clock is
            broken.
    """
    declared = probe(path).duration
    track, doubts = _choose_track(path)
    last = step = float("nan")
    usual = float("inf")
    with _open(path) as container:
        stream = container.streams[track]
        assert isinstance(stream, VideoStream)
        reader = _PictureReader(container, stream)
        next_tick = 0
        for time, picture in reader.needed_pictures(rate):
            step, before, last = time - last, last, time
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
            yield Frame(last + offset, upright_rgb(picture, reader.pixel_aspect.current(), quarter_turns))
    if np.isnan(last):
        # FFmpeg does not report the size of frames that it refuses to decode.
        remedy = "copy the file again from the camera"
        if stream.codec_context.width == 0:
            remedy += f", or convert it to MP4 if it is an animation or has frames larger than {MAX_SIZE}"
        raise MoviemotionError(f"{path}: no frame could be decoded; {remedy}")
    if reader.pictures == 1 and reader.format.endswith(PICTURE_FORMAT):
        raise MoviemotionError(f"{path}: a single picture; give the camera's video file")
    # The end declared in a Matroska file refers to a clock that need not start at zero, and the last frame
    # may be long. If the clock was set, the declared duration cannot be trusted.
    start = reader.origin if reader.origin <= MAX_START_SECONDS else 0.0
    truncated = last + start < declared * TRUNCATED_SHARE and not reader.clock.faults.restarts
    end = declared if truncated else reader.end
    if on_gap and end - last > np.nanmax([MIN_GAP_SECONDS, 2 * step]):
        on_gap((last + offset, end + offset))
    for doubt in (*doubts, *reader.doubts(offset)):
        if on_doubt:
            on_doubt(doubt)


def read_pictures(path: Path) -> Iterator[tuple[float, av.VideoFrame, float]]:
    """Yield every frame as it is decoded, with its film time in seconds and the width/height of its pixels.

    Raises:
        MoviemotionError: the file cannot be opened.
    """
    track, _ = _choose_track(path)
    with _open(path) as container:
        stream = container.streams[track]
        assert isinstance(stream, VideoStream)
        reader = _PictureReader(container, stream)
        for time, picture in reader.needed_pictures(EVERY_FRAME):
            yield time, picture, reader.pixel_aspect.current()


def _choose_track(path: Path) -> tuple[int, list[str]]:
    """The index of the track to read, and a line for the user if the file has other recordings as well."""
    with _open(path) as container:
        tracks = recording_tracks(container)
        if len(tracks) > 1:
            long = longest_tracks(container, tracks)
            tracks = [track for track in tracks if track.index in long] or tracks[:1]
        if len(tracks) == 1:
            return tracks[0].index, []
        chosen = next((track for track in tracks if not is_blank(container, track)), tracks[0])
        size = f"{chosen.codec_context.width}×{chosen.codec_context.height}"
        return chosen.index, [
            f"contains {len(tracks)} video tracks, of which only track {chosen.index + 1} ({size}) was read; "
            "if the others show other viewers, save each track as a file of its own"
        ]


class _PictureReader:
    """Decodes one video track of an open file.

    Attributes:
        clock: the clock of the file's timestamps.
        origin: time of the file's start on that clock, in seconds.
        end: time of the last frame, whether or not it could be decoded, in seconds since the start.
        format: FFmpeg's name of the file's format.
        pixel_aspect: the shape of the pixels.
        pictures: number of frames decoded so far.
    """

    def __init__(self, container: av.container.InputContainer, stream: VideoStream) -> None:
        self.clock = FileClock()
        self.origin = self.end = 0.0
        self._container, self._stream = container, stream
        self.format = container.format.name
        context = stream.codec_context
        # Cameras are already processed in parallel; threads within one decoder would only add overhead.
        context.thread_count = 1
        context.copy_opaque = True
        context.options = DECODER_OPTIONS
        self.pixel_aspect = PixelAspect(stream)
        self._sound_length = max((declared_length(s) or 0.0 for s in container.streams.audio), default=0.0)
        self._started = False
        self._unstamped = self.pictures = 0

    def needed_pictures(self, rate: float) -> Iterator[tuple[float, av.VideoFrame]]:
        """Decode the first frame after each tick and those to which other frames refer; skip the rest.

        Timestamps reveal, before any decoding, which frame is the first after a tick. Packets come in
        decoding order, so a window of recent timestamps is compared.

        Yields:
            The time of each frame in seconds since the file's start, and the frame.
        """
        context = self._stream.codec_context
        recent: deque[float] = deque(maxlen=REORDER_WINDOW)
        damaged, skipped, last = False, 0, None
        for packet, stamp in self.clock.timed_packets(_packets(self._container, self._stream)):
            time = None if stamp is None else self._since_start(stamp)
            self.end = self.end if time is None else max(self.end, time)
            if damaged and not packet.is_keyframe:
                skipped += packet.size > 0
                continue  # the frame refers to a damaged frame
            if damaged:
                context.flush_buffers()
                damaged = False
            needed = True
            if time is not None:
                before = max((other for other in recent if other < time), default=float("-inf"))
                needed = before < 0 or _tick_index(before, rate) < _tick_index(time, rate)
                recent.append(time)
                packet.opaque = time
            context.skip_frame = "DEFAULT" if needed else "NONREF"
            try:
                pictures = packet.decode()
            except av.error.FFmpegError:
                pictures, damaged = [], True
                skipped += 1
            for picture in pictures:
                damaged = damaged or picture.is_corrupt
                if damaged:
                    skipped += 1
                    continue
                known = picture.opaque if isinstance(picture.opaque, float) else None
                if known is None and picture.time is not None:
                    known = self._since_start(picture.time + self.clock.shift)
                self.pictures += 1
                self._unstamped += known is None
                step = 1 / float(self._declared_rate or self._stream.guessed_rate or DEFAULT_RATE)
                last = known if known is not None else 0.0 if last is None else last + (1 + skipped) * step
                skipped = 0
                yield last, picture
            if damaged and self.format == "avi":
                return  # AVI counts frames instead of storing timestamps, so a lost frame breaks the clock

    def doubts(self, offset: float) -> Iterator[str]:
        """One line for each reason to doubt the times of the frames that were read.

        Args:
            offset: seconds to add to the times of the frames.
        """
        faults = self.clock.faults
        unclocked = self.format in UNCLOCKED_FORMATS or self.format.endswith(PICTURE_FORMAT)
        if unclocked or self._unstamped > self.pictures / 2:
            if self._declared_rate:
                yield (
                    "contains no timestamps; its frames were counted at the declared rate of "
                    f"{float(self._declared_rate):.5g} per second; if the camera recorded at another rate, "
                    "convert the file to MP4 with that rate"
                )
            else:
                yield (
                    "contains no timestamps and no frame rate; its frames were counted at "
                    f"{float(self._stream.guessed_rate or DEFAULT_RATE):.5g} per second; if the camera "
                    "recorded at another rate, convert the file to MP4 with that rate"
                )
        sound = self._sound_length
        if sound and abs(sound - self.end) > max(MIN_SOUND_DIFFERENCE, MIN_SOUND_SHARE * sound):
            yield (
                f"its frames last {self.end:.0f} s, but its sound {sound:.0f} s; if the sound is complete, "
                "the frames have a wrong frame rate and their times are wrong: convert the file to MP4 with "
                "the right rate"
            )
        if faults.restarts:
            count = f" and {faults.restarts - 1} more times" if faults.restarts > 1 else ""
            yield (
                f"its clock was set or started again at {self._after(faults.first_restart, offset)}{count}; "
                "the frames after that were placed directly after those before; if the camera did not record "
                "for a while, split the file there and give each part its own offset"
            )
        if faults.misplaced:
            frames = (
                "1 frame has a timestamp"
                if faults.misplaced == 1
                else f"{faults.misplaced} frames have timestamps"
            )
            yield (
                f"{frames} that cannot be right, at {self._after(faults.first_misplaced, offset)}"
                f"{' and later' if faults.misplaced > 1 else ''}; placed between the neighboring frames"
            )

    @property
    def _declared_rate(self) -> Fraction | None:
        """The frame rate that the video itself declares, in frames per second."""
        return self._stream.codec_context.framerate

    def _since_start(self, time: float) -> float:
        if not self._started:
            start = (self._container.start_time or 0) / 1e6
            self.origin = start if abs(time - start) <= MAX_START_SECONDS else time
            self._started = True
        return time - self.origin

    def _after(self, time: float, offset: float) -> str:
        return f"{max(0.0, self._since_start(time)) + offset:.1f} s"


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
        container = av.open(f"file:{path}", options=DECODER_OPTIONS)
    except (av.error.FFmpegError, OSError) as error:
        raise MoviemotionError(
            f"{path}: not a readable video ({error.strerror}); convert the file to MP4, or copy it again"
        ) from error
    tracks = recording_tracks(container)
    if not tracks:
        container.close()
        raise MoviemotionError(
            f"{path}: has no video stream, only sound, text or a still picture; give the camera's video file"
        )
    width, height = tracks[0].codec_context.width, tracks[0].codec_context.height
    if width * height > MAX_FRAME_PIXELS:
        container.close()
        raise MoviemotionError(
            f"{path}: its frames have {width}×{height} pixels, which is more than can be read; "
            f"convert the video to at most {MAX_SIZE}"
        )
    return container
