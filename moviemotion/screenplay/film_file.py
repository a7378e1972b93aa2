"""The film's own file: where its shots change, and the timecode of its frames."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import av

from moviemotion.errors import MoviemotionError
from moviemotion.timecode import DEFAULT_START_TIMECODE, TimecodeFormat, exact_frame_rate

DETECTION_HEIGHT = 120
"""Pixels; a cut is as visible in a small image, and small images are compared faster."""
SCENE_CHANGE_THRESHOLD = 10.0
"""FFmpeg's default: by how much of 100 an image differs from the one before where a shot starts."""


def detect_shot_changes(path: Path) -> tuple[float, ...]:
    """Detect cuts with FFmpeg's scene change detection (scdet).

    Dissolves are not detected, nor are cuts between shots that change as much from frame to frame.

    Args:
        path: the film.

    Returns:
        Film times in seconds at which a shot starts after a cut, ascending.

    Raises:
        MoviemotionError: the file is missing or not a film.
    """
    with _open_film(path) as (film, stream):
        graph = av.filter.Graph()
        graph.link_nodes(
            graph.add_buffer(template=stream),
            graph.add("scale", f"-2:{DETECTION_HEIGHT}"),
            graph.add("scdet", f"threshold={SCENE_CHANGE_THRESHOLD}:sc_pass=1"),
            graph.add("buffersink"),
        ).configure()
        origin = (film.start_time or 0) / 1e6
        stream.thread_type = "AUTO"
        return tuple(time - origin for time in _filtered_frame_times(graph, film.decode(stream)))


def read_film_timecode(path: Path) -> TimecodeFormat:
    """Read how a film's frames are numbered: from the timecode in its file, else `DEFAULT_START_TIMECODE`.

    Args:
        path: the film.

    Raises:
        MoviemotionError: the file is missing or not a film, or there is no timecode at its frame rate.
    """
    with _open_film(path) as (film, stream):
        rate = stream.average_rate or stream.guessed_rate
        noted = (data.metadata.get("timecode") for data in (*film.streams, film))
        start = next((code for code in noted if code), DEFAULT_START_TIMECODE)
        try:
            return TimecodeFormat.from_start_timecode(start, exact_frame_rate(float(rate or 0)))
        except ValueError as error:
            raise MoviemotionError(f"{path}: {error}") from None


def _filtered_frame_times(graph: av.filter.Graph, frames: Iterator[av.VideoFrame]) -> Iterator[float]:
    """The times in seconds of the frames that pass the filters."""
    for number, frame in enumerate(frames):
        graph.push(frame)
        while True:
            try:
                picture = graph.vpull()
            except (av.error.BlockingIOError, av.error.EOFError):
                break
            # scdet compares each change with the one before it. The second frame has none to compare with and
            # always passes, which does not make it a cut.
            if number > 1 and picture.time is not None:
                yield picture.time


@contextmanager
def _open_film(path: Path) -> Iterator[tuple[av.container.InputContainer, av.video.stream.VideoStream]]:
    try:
        # Without the prefix, a file name with a colon would be taken for a URL.
        with av.open(f"file:{path}") as film:
            if not film.streams.video:
                raise MoviemotionError(f"{path}: contains no video; give the film's video file")
            yield film, film.streams.video[0]
    except FileNotFoundError:
        raise MoviemotionError(f"{path}: there is no such file; check the film's path") from None
    except (av.error.FFmpegError, OSError) as error:
        raise MoviemotionError(
            f"{path}: the film cannot be read ({error.strerror}); convert it to MP4"
        ) from None
