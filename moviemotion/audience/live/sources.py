"""Sources of live frames: network streams, camera devices, and files played as if they were live."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

import av
import numpy as np
from numpy.typing import NDArray

from moviemotion.audience.live.film_clock import FilmClock
from moviemotion.audience.video import decode
from moviemotion.audience.video.tracks import recording_tracks
from moviemotion.audience.video.upright import PixelAspect, upright_rgb
from moviemotion.errors import MoviemotionError

STREAM_SCHEMES = ("rtsp", "rtsps", "http", "https")
STREAM_PROTOCOLS = "rtsp,rtsps,rtp,srtp,udp,tcp,tls,http,https,httpproxy,crypto"
"""FFmpeg protocols that a network camera may use."""
STREAM_FORMATS = (
    "mpjpeg,mjpeg,jpeg_pipe,image2pipe,mpegts,mov,mp4,matroska,webm,flv,h264,hevc,av1,ogg,asf,m4v,avi"
)
"""FFmpeg formats that a network camera may send over HTTP; playlists, which name other addresses, are not."""
TIMEOUT_SECONDS = 5.0
"""Seconds without data after which a network camera counts as lost."""
GRAY_ROWS, GRAY_COLUMNS = 48, 64
"""Approximate size of the subsampled gray image used to measure brightness and detect frozen cameras."""
_PLANAR_LUMA_FORMATS = {"gray", "nv12", *(f"yuv{j}{sub}p" for j in ("", "j") for sub in (420, 422, 444))}


class SourceLostError(Exception):
    """A camera cannot be reached or was lost, but may come back."""


@dataclass(frozen=True)
class SourcePicture:
    """A frame from a camera, converted to color only on request.

    Attributes:
        time: timestamp on the camera's own clock, in seconds from any origin; None if it sends none.
        gray: (about 48, about 64) uint8, every n-th pixel of the frame's luma. Pixels are not averaged, so
            that the sensor noise, which shows that the camera is not frozen, is preserved.
        video_frame: the decoded frame.
        pixel_aspect: width of a pixel divided by its height.
    """

    time: float | None
    gray: NDArray[np.uint8]
    video_frame: av.VideoFrame
    pixel_aspect: float = 1.0

    def to_rgb(self, quarter_turns: int = 0) -> NDArray[np.uint8]:
        """Convert to (height, width, 3) uint8 RGB with square pixels, upright.

        Args:
            quarter_turns: number of clockwise quarter turns after those that the camera declares.
        """
        return upright_rgb(self.video_frame, self.pixel_aspect, quarter_turns)


class Source(Protocol):
    """A source of live frames.

    Attributes:
        is_recording: whether the source is a file played as if it were live. Its timestamps are then film
            times, and reaching the last frame counts as the end rather than as a loss.
    """

    is_recording: bool

    def pictures(self) -> Iterator[SourcePicture]:
        """Connect, and yield every frame from then on.

        Raises:
            SourceLostError: the camera cannot be reached, or was lost.
        """


class StreamSource:
    """A network camera: RTSP over TCP, or HTTP."""

    is_recording = False

    def __init__(self, url: str) -> None:
        self._url = url

    def pictures(self) -> Iterator[SourcePicture]:
        """Connect, and yield every frame from then on."""
        # FFmpeg would measure the frame rate first, which delays a slow camera's frames by seconds.
        # A redirect or a playlist could lead to a computer that the address itself must not lead to.
        options = {"fpsprobesize": "0", "protocol_whitelist": STREAM_PROTOCOLS}
        if urlsplit(self._url).scheme.startswith("http"):
            options |= {"max_redirects": "0", "format_whitelist": STREAM_FORMATS}
        if urlsplit(self._url).scheme.startswith("rtsp"):
            options["rtsp_transport"] = "tcp"  # over UDP, a lost packet would corrupt the image
        yield from _decode_stream(self._url, None, options)


class DeviceSource:
    """A camera attached to this computer, accessed through Video4Linux."""

    is_recording = False

    def __init__(self, device: Path) -> None:
        self._device = device

    def pictures(self) -> Iterator[SourcePicture]:
        """Open the device, and yield every frame from then on."""
        yield from _decode_stream(str(self._device), "v4l2", {})


class FileSource:
    """A recording played as if it were live: each frame is yielded at its film time.

    After an interruption, the frames that were missed are skipped, as with a live camera.
    """

    is_recording = True

    def __init__(self, path: Path, clock: FilmClock) -> None:
        self._path = path
        self._clock = clock

    def pictures(self) -> Iterator[SourcePicture]:
        """Yield frames at their film times, starting at the current film time."""
        start = self._clock.now()
        for time, picture in _decode_file(self._path):
            if time < start:
                continue
            if not self._clock.sleep_until(time):
                return
            yield picture


def source_at(address: str, clock: FilmClock) -> Source:
    """The source at an address: a URL, a device such as /dev/video0, or a video file.

    Args:
        address: as in `seats.toml`.
        clock: the film clock, which times the playback of files.

    Raises:
        MoviemotionError: the file is missing or is not a video.
    """
    if urlsplit(address).scheme in STREAM_SCHEMES:
        return StreamSource(address)
    if address.startswith("/dev/"):
        return DeviceSource(Path(address))
    decode.probe(Path(address))
    return FileSource(Path(address), clock)


def film_brightness(path: Path, seconds: float) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
    """Measure the mean brightness of each frame in the first `seconds` of a film.

    Returns:
        The time of each frame in seconds, (n,), and the mean brightness of each frame, (n,), from 0 to 255.

    Raises:
        MoviemotionError: the film is not a readable video.
    """
    decode.probe(path)
    times, brightness = [], []
    for time, picture in _decode_file(path):
        if time > seconds:
            break
        times.append(time)
        brightness.append(float(picture.gray.mean()))
    return np.array(times), np.array(brightness, np.float32)


def _decode_file(path: Path) -> Iterator[tuple[float, SourcePicture]]:
    """Yield every frame of a file with its film time in seconds."""
    try:
        for time, picture, pixel_aspect in decode.read_pictures(path):
            yield time, SourcePicture(time, subsampled_luma(picture), picture, pixel_aspect)
    except MoviemotionError as error:  # the file was readable at the start of the capture
        raise SourceLostError(str(error)) from error


def _decode_stream(url: str, form: str | None, options: dict[str, str]) -> Iterator[SourcePicture]:
    """Yield every frame of a stream from now on."""
    options = options | decode.DECODER_OPTIONS
    try:
        with av.open(url, format=form, options=options, timeout=TIMEOUT_SECONDS) as container:
            tracks = recording_tracks(container)
            if not tracks:
                raise SourceLostError("the source sends no video")
            context = tracks[0].codec_context
            # Decoding on several threads delays frames, and each camera already has its own thread.
            context.thread_count = 1
            aspect = PixelAspect(tracks[0])
            has_clock = container.format.name not in decode.UNCLOCKED_FORMATS
            for picture in container.decode(tracks[0]):
                time = picture.time if has_clock else None
                yield SourcePicture(time, subsampled_luma(picture), picture, aspect.current())
    except av.error.ExitError as error:  # PyAV reports a timeout as this error
        raise SourceLostError(f"no response for {TIMEOUT_SECONDS:.0f} s") from error
    except (av.error.FFmpegError, OSError) as error:
        raise SourceLostError(error.strerror or type(error).__name__) from error


def subsampled_luma(picture: av.VideoFrame) -> NDArray[np.uint8]:
    """Every n-th pixel of a frame's luma: (about 48, about 64) uint8."""
    if picture.format.name not in _PLANAR_LUMA_FORMATS:
        picture = picture.reformat(format="gray")
    plane = picture.planes[0]
    rows = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)[: picture.height, : picture.width]
    return rows[:: max(1, picture.height // GRAY_ROWS), :: max(1, picture.width // GRAY_COLUMNS)].copy()
