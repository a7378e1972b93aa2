"""Read a film's length and the brightness of its pictures, to find both in the recordings of an audience."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from moviemotion.errors import MoviemotionError

BRIGHTNESS_INTERVAL = 0.08
"""Minimum number of seconds between two pictures whose brightness is measured."""
PIXELS = 32
"""About the number of rows and columns from which a picture's brightness is computed."""


def film_seconds(path: Path) -> float:
    """Length of a film in seconds.

    Raises:
        MoviemotionError: the file is missing, or is not a film of known length.
    """
    try:
        with av.open(f"file:{path}") as container:
            if not container.streams.video:
                raise MoviemotionError(f"{path}: contains no video; give the film's video file")
            if not container.duration:
                raise MoviemotionError(f"{path}: does not state its length; convert it to MP4")
            return float(container.duration / 1e6)
    except FileNotFoundError:
        raise MoviemotionError(f"{path}: no such file; check the film's path") from None
    except (av.error.FFmpegError, OSError) as error:
        raise MoviemotionError(
            f"{path}: the film cannot be read ({error.strerror}); convert it to MP4"
        ) from None


def film_brightness(path: Path) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
    """Measure the brightness of a film's pictures about ten times a second.

    Returns:
        The time of each picture in seconds, (n,), and its mean brightness, (n,), 0–255. Both are empty if the
        film cannot be decoded.
    """
    times: list[float] = []
    brightness: list[float] = []
    try:
        with av.open(f"file:{path}") as container:
            stream = container.streams.video[0]
            stream.thread_type = "AUTO"
            stream.codec_context.skip_frame = "NONREF"
            origin = (container.start_time or 0) / 1e6
            for picture in container.decode(stream):
                if picture.time is None:
                    continue
                time = picture.time - origin
                if not times or time >= times[-1] + BRIGHTNESS_INTERVAL:
                    small = picture.reformat(PIXELS, PIXELS, "gray", interpolation="POINT")
                    times.append(time)
                    brightness.append(float(small.to_ndarray().mean()))
    except (av.error.FFmpegError, IndexError):
        pass
    return np.array(times), np.array(brightness, np.float32)
