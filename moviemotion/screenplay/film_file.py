"""Read shot changes and the timecode from a film file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import av

from moviemotion.errors import MoviemotionError
from moviemotion.timecode import DEFAULT_START_TIMECODE, TimecodeFormat, exact_frame_rate

DETECTION_HEIGHT = 120
"""Height in pixels to which frames are scaled; cuts are just as visible in small frames, which are faster to
compare."""
SCENE_CHANGE_THRESHOLD = 10.0
"""Difference between consecutive frames (0 to 100) at which a shot starts; this is FFmpeg's default."""


def detect_shot_changes(path: Path) -> tuple[float, ...]:
    """Detect cuts with FFmpeg's scene change detection (scdet).

    Dissolves are not detected. A cut is also missed if consecutive frames within the shots differ as much as
    the frames at the cut.

    Args:
        path: the film.

    Returns:
        Film times in seconds at which a shot starts after a cut, ascending.

    Raises:
        MoviemotionError: the file is missing or is not a film.
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
    """Read a film's start timecode and frame rate; without a timecode, `DEFAULT_START_TIMECODE` is used.

    Args:
        path: the film.

    Raises:
        MoviemotionError: the file is missing or is not a film, or timecode is not defined for its frame rate.
    """
    with _open_film(path) as (film, stream):
        rate = stream.average_rate or stream.guessed_rate
        noted = (data.metadata.get("timecode") for data in (*film.streams, film))
        start = next((code for code in noted if code), DEFAULT_START_TIMECODE)
        try:
            return TimecodeFormat.from_start_timecode(start, exact_frame_rate(float(rate or 0)))
        except ValueError as error:
            raise MoviemotionError(f"{path}: {error}") from None


def read_film_seconds(path: Path) -> float | None:
    """Read the length of a film in seconds; None if the file does not state it.

    Args:
        path: the film.

    Raises:
        MoviemotionError: the file is missing or is not a film.
    """
    with _open_film(path) as (film, stream):
        if stream.duration is not None and stream.time_base is not None:
            return float(stream.duration * stream.time_base)
        return None if film.duration is None else film.duration / av.time_base


def _filtered_frame_times(graph: av.filter.Graph, frames: Iterator[av.VideoFrame]) -> Iterator[float]:
    """The times in seconds of the frames that pass the filters."""
    for number, frame in enumerate(frames):
        graph.push(frame)
        while True:
            try:
                picture = graph.vpull()
            except (av.error.BlockingIOError, av.error.EOFError):
                break
            # scdet compares each change with the previous change. The second frame has no previous change and
            # always passes, so it must not count as a cut.
            if number > 1 and picture.time is not None:
                yield picture.time


@contextmanager
def _open_film(path: Path) -> Iterator[tuple[av.container.InputContainer, av.video.stream.VideoStream]]:
    try:
        # Without the prefix, a file name with a colon would be interpreted as a URL.
        with av.open(f"file:{path}") as film:
            if not film.streams.video:
                raise MoviemotionError(f"{path}: contains no video; give the film's video file")
            yield film, film.streams.video[0]
    except FileNotFoundError:
        raise MoviemotionError(f"{path}: no such file; check the film's path") from None
    except (av.error.FFmpegError, OSError) as error:
        raise MoviemotionError(
            f"{path}: the film cannot be read ({error.strerror}); convert it to MP4"
        ) from None
