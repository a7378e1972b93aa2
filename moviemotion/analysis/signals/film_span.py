"""The film's span: the seconds in which the film was running.

Before the film, people arrive and chat; after it, the lights go up and people leave. At these times, people
react together, but not to the film. Reactions that people share during the credits are rarely caused by the
film, either. Such seconds are measured and shown, but they are never evidence.
"""

from __future__ import annotations

from math import isfinite
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from moviemotion.analysis.signals.baseline import TimeSpan, parse_time_span
from moviemotion.errors import SettingError


def film_argument(text: str) -> TimeSpan | Path:
    """Parse the setting `film`: the film's span, or the path of the film's file.

    Raises:
        SettingError: the text looks like a stretch of film time, but is not valid.

    Example:
        >>> film_argument("0:45-1:52:10")
        TimeSpan(start=45.0, end=6730.0)
    """
    # A file name has letters, at least in its suffix.
    return Path(text) if any(map(str.isalpha, text)) else parse_time_span(text, "film")


def seconds_in_film(
    first_second: int, seconds: int, film: TimeSpan | None, credits: TimeSpan | None
) -> NDArray[np.bool_]:
    """Find the seconds of a timeline that lie within the film and outside its credits.

    A second that is only partly within the film, or partly within the credits, does not count.

    Args:
        first_second: film second at which the timeline starts.
        seconds: length S of the timeline.
        film: film time of the first and the last picture; None if unknown, in which case all seconds count.
        credits: film time of the credits; the end may be infinite. None if there are none.

    Returns:
        (S,) whether the film was running.

    Raises:
        SettingError: the film or the credits lie outside the timeline, or the credits cover the whole film.

    Example:
        >>> seconds_in_film(0, 6, TimeSpan(0.5, 6), TimeSpan(4.5, float("inf"))).tolist()
        [False, True, True, True, False, False]
    """
    second = first_second + np.arange(seconds)
    in_film = np.ones(seconds, dtype=bool)
    if film is not None:
        in_film = (second >= film.start) & (second + 1 <= film.end)
        if not in_film.any():
            raise outside_timeline_error("film", film, first_second, first_second + seconds)
    if credits is not None:
        in_credits = (second + 1 > credits.start) & (second < credits.end)
        if not in_credits.any():
            raise outside_timeline_error("credits", credits, first_second, first_second + seconds)
        in_film &= ~in_credits
        if not in_film.any():
            raise SettingError(
                "only-credits",
                "{credits} {span}: covers the entire film; give the stretch of the credits only",
                span=span_text(credits),
            )
    return in_film


def film_part(in_film: NDArray[np.bool_]) -> slice:
    """Return the columns from the first to the last second of the film, including any credits in between.

    Args:
        in_film: (S,) whether the film was running.
    """
    running = np.flatnonzero(in_film)
    return slice(int(running[0]), int(running[-1]) + 1) if len(running) else slice(0, 0)


def outside_timeline_error(setting: str, span: TimeSpan, first: float, last: float) -> SettingError:
    """Return the error for a stretch that lies outside the analyzed film time.

    Args:
        setting: the setting that contains the stretch, such as `film`.
        span: the stretch.
        first, last: start and end of the analyzed film time, in seconds.
    """
    return SettingError(
        "time-span-outside-film",
        f"{{{setting}}} "
        "{span}: outside the analyzed film time, {first:g}–{last:g} s; choose a stretch within this time",
        span=span_text(span),
        first=first,
        last=last,
    )


def span_text(span: TimeSpan) -> str:
    """Format a stretch in seconds as users enter it, without its end if it lasts until the film's end."""
    return f"{span.start:g}-{span.end:g}" if isfinite(span.end) else f"{span.start:g}"


def stretches(mask: NDArray[np.bool_], first_second: int) -> list[tuple[int, int]]:
    """Find the stretches in which a mask is true.

    Args:
        mask: (S,) one value per second.
        first_second: film second of the first value.

    Returns:
        The start and the end of each stretch, in seconds of film time; the end is exclusive.

    Example:
        >>> stretches(np.array([True, True, False, True]), 10)
        [(10, 12), (13, 14)]
    """
    edges = first_second + np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]])))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))
