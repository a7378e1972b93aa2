"""Checks of the Python API's arguments; each error names the argument and says how to correct it."""

from __future__ import annotations

import errno
import math
import os
from collections.abc import Iterable, Mapping
from numbers import Integral, Real
from pathlib import Path

from moviemotion._io.text_decoding import is_unprintable
from moviemotion.analysis.from_table import column_names
from moviemotion.analysis.signals.baseline import TimeSpan, parse_time_span
from moviemotion.analysis.signals.film_span import film_argument
from moviemotion.errors import MoviemotionError
from moviemotion.study.participant_table import (
    ParticipantTable,
    participant_table,
    read_participant_table,
)
from moviemotion.study.seat_table import COLUMNS, SeatTable, seat_table
from moviemotion.workflows.settings_checks import check_rate, check_time_spans

MAX_NAME_BYTES = 255
"""Maximum length in bytes of a file or folder name on common file systems."""


def checked_path(name: str, value: object) -> Path:
    """Convert text or a path object to a path.

    Args:
        name: name of the argument, for the error message.
        value: the value that was passed.

    Raises:
        MoviemotionError: the value is not a path, or no file can have this name.
    """
    if not isinstance(value, str | os.PathLike) or not isinstance(os.fspath(value), str):
        raise MoviemotionError(f"{name}: expected a path, got {_kind(value)}; pass text or a pathlib.Path")
    text = os.fspath(value)
    if not text:
        raise MoviemotionError(f"{name}: the path is empty; pass the name of a file or folder")
    try:
        long = any(len(os.fsencode(part)) > MAX_NAME_BYTES for part in Path(text).parts)
        os.lstat(text)
    except ValueError:  # a NUL, or characters that the file system cannot encode
        raise MoviemotionError(f"{name}: {_shown(text)} is not a valid file name; correct it") from None
    except OSError as error:
        long |= error.errno == errno.ENAMETOOLONG
    if long:
        raise MoviemotionError(f"{name}: {_shown(text)} is too long for a file name; shorten it")
    return Path(text)


def optional_path(name: str, value: object) -> Path | None:
    """Convert a value to a path as `checked_path` does; None stays None."""
    return None if value is None else checked_path(name, value)


def checked_paths(name: str, values: object) -> list[Path]:
    """Convert a list of text or path objects to paths.

    Raises:
        MoviemotionError: the value is not a list of paths.
    """
    if isinstance(values, str | os.PathLike):
        raise MoviemotionError(
            f"{name}: expected a list, got one path, {_shown(str(values))}; pass a list of paths"
        )
    if isinstance(values, bytes | Mapping) or not isinstance(values, Iterable):
        raise MoviemotionError(f"{name}: expected a list of paths, got {_kind(values)}; pass a list of paths")
    return [checked_path(f"{name}[{k}]", value) for k, value in enumerate(values)]


def checked_integer(name: str, value: object, lowest: int) -> int:
    """Convert a Python or NumPy integer to an int.

    Raises:
        MoviemotionError: the value is not an integer, or is less than `lowest`.
    """
    if not isinstance(value, Integral) or isinstance(value, bool) or value < lowest:
        raise MoviemotionError(f"{name}: {_shown(value)} is not valid; pass an integer of at least {lowest}")
    return int(value)


def checked_seed(value: object) -> int:
    """Check that a seed is a non-negative integer, and return it."""
    return checked_integer("seed", value, 0)


def checked_number(name: str, value: object, remedy: str = "pass a finite number") -> float:
    """Convert a finite Python or NumPy number to a float.

    Raises:
        MoviemotionError: the value is not a finite number.
    """
    try:
        number = float(value) if isinstance(value, Real) and not isinstance(value, bool) else math.nan
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise MoviemotionError(f"{name}: {_shown(value)} is not valid; {remedy}")
    return number


def checked_rate(value: object) -> float:
    """Check the number of samples per second against the limits in `settings_checks`, and return it."""
    rate = checked_number("rate", value, "pass the number of samples per second")
    check_rate(rate)
    return rate


def checked_offsets(value: object) -> dict[str, float]:
    """Check offsets, and return camera → seconds; the result is empty for None."""
    return _checked_per_camera("offsets", value, "seconds", "1.5", "pass a finite number of seconds")


def checked_rotations(value: object) -> dict[str, int]:
    """Check rotations, and return camera → clockwise degrees; the result is empty for None."""
    remedy = "pass 0, 90, 180 or 270"
    numbers = _checked_per_camera("rotations", value, "degrees", "90", remedy)
    if wrong := next((camera for camera, degrees in numbers.items() if degrees != int(degrees)), None):
        raise MoviemotionError(f"rotations[{_shown(wrong)}]: {numbers[wrong]:g} is not valid; {remedy}")
    return {camera: int(degrees) for camera, degrees in numbers.items()}


def _checked_per_camera(name: str, value: object, unit: str, example: str, remedy: str) -> dict[str, float]:
    if value is None:
        return {}
    if not isinstance(value, Mapping) or not all(isinstance(camera, str) for camera in value):
        raise MoviemotionError(
            f"{name}: {_shown(value)} is not valid; pass a mapping of camera names to {unit}, "
            f"such as {{'seat-01': {example}}}"
        )
    return {
        camera: checked_number(f"{name}[{_shown(camera)}]", number, remedy)
        for camera, number in value.items()
    }


def checked_text(name: str, value: object) -> str:
    """Check that a value is text that can be printed on one line, and return it.

    Raises:
        MoviemotionError: the value is not text of this kind, or is empty.
    """
    if not isinstance(value, str) or not value.strip() or is_unprintable(value):
        raise MoviemotionError(
            f"{name}: {_shown(value)} is not valid; pass one line of text that is not empty"
        )
    return value


def checked_names(value: object) -> tuple[str, str]:
    """Check that a value consists of two different names, and return them."""
    if not isinstance(value, tuple | list) or len(value) != 2:
        raise MoviemotionError(
            f"names: {_shown(value)} is not valid; pass two names, such as ('first cut', 'second cut')"
        )
    first, second = (checked_text(f"names[{k}]", name) for k, name in enumerate(value))
    if first.strip() == second.strip():
        raise MoviemotionError(f"names: both are {first!r}; pass two different names")
    return first, second


def checked_flag(name: str, value: object) -> bool:
    """Check that a value is True or False, and return it.

    Raises:
        MoviemotionError: the value is neither True nor False.
    """
    if not isinstance(value, bool):
        raise MoviemotionError(f"{name}: {_shown(value)} is not valid; pass True or False")
    return value


def time_span(name: str, value: object) -> TimeSpan | None:
    """Convert text such as "0:00-0:20", or two times in seconds, to a stretch of film time; None stays None.

    Credits may also be given by their start alone; they then last until the film's end.

    Args:
        name: name of the argument: `baseline`, `film` or `credits`.
        value: the value that was passed.

    Raises:
        MoviemotionError: the value has none of these forms, or the stretch does not end after it starts.
    """
    if value is None:
        return None
    remedy = 'pass two film times in seconds, such as (0, 20), or text such as "0:00-0:20"'
    until_end = name == "credits"
    if isinstance(value, str):
        span = parse_time_span(value, name, until_end)
    elif isinstance(value, tuple | list) and len(value) == 2:
        span = TimeSpan(*(checked_number(name, seconds, remedy) for seconds in value))
    elif until_end and isinstance(value, Real):
        span = TimeSpan(checked_number(name, value, remedy), math.inf)
    else:
        raise MoviemotionError(f"{name}: {_shown(value)} is not valid; {remedy}")
    check_time_spans(**{"baseline": None, "film": None, "credits": None, name: span})
    return span


def film_or_span(value: object) -> TimeSpan | Path | None:
    """Convert the film's span, as in `time_span`, or the path of its file; None stays None.

    Raises:
        MoviemotionError: the value is neither.
    """
    if isinstance(value, str):
        value = film_argument(value)
    return value if isinstance(value, Path | TimeSpan) else time_span("film", value)


def checked_seats(value: object) -> SeatTable | None:
    """Check a seat map, and convert it to a `SeatTable`; None stays None.

    Args:
        value: a mapping of viewers to (row, seat), or a pandas, Polars or Arrow table or a mapping of columns
            with the columns `viewer`, `row` and `seat`.

    Raises:
        MoviemotionError: the value is neither, or a place is not valid.
    """
    if value is None:
        return None
    remedy = 'pass a table with the columns viewer, row and seat, or a mapping such as {"seat-01": ("A", 1)}'
    if isinstance(value, Mapping) and not set(COLUMNS) <= set(value):
        for viewer, place in value.items():
            if not isinstance(place, tuple | list) or len(place) != 2:
                raise MoviemotionError(f"seats[{_shown(viewer)}]: {_shown(place)} is not valid; {remedy}")
        return seat_table("seats", ((f"seats[{_shown(v)}]", v, *place) for v, place in value.items()))
    try:
        columns = [list(value[name]) for name in COLUMNS]  # type: ignore[index]
    except Exception as error:  # tables of other libraries may raise any error
        raise MoviemotionError(f"seats: {_shown(value)} is not valid; {remedy}") from error
    columns = [[cell.as_py() if hasattr(cell, "as_py") else cell for cell in column] for column in columns]
    if len({len(column) for column in columns}) > 1:
        raise MoviemotionError(f"seats: the columns have different lengths; {remedy}")
    rows = zip(*columns, strict=True)
    return seat_table("seats", ((f"seats, row {k}", *row) for k, row in enumerate(rows, 1)))


def checked_participants(value: object) -> ParticipantTable | None:
    """Check a list of participants, and convert it to a `ParticipantTable`; None stays None.

    Args:
        value: the path of a CSV file, or a pandas, Polars or Arrow table or a mapping of columns, with the
            column `viewer` or `seat` and any other columns.

    Raises:
        MoviemotionError: the value is neither, or a row is not valid.
    """
    if value is None:
        return None
    if isinstance(value, str | os.PathLike):
        return read_participant_table(checked_path("participants", value))
    remedy = "pass a CSV file, or a table with the column viewer or seat and others such as age and sex"
    try:
        names = column_names(value)
        columns = [list(value[name]) for name in names]  # type: ignore[index]
    except Exception as error:  # tables of other libraries may raise any error
        raise MoviemotionError(f"participants: {_shown(value)} is not valid; {remedy}") from error
    columns = [[cell.as_py() if hasattr(cell, "as_py") else cell for cell in column] for column in columns]
    if len({len(column) for column in columns}) > 1:
        raise MoviemotionError(f"participants: the columns have different lengths; {remedy}")
    rows = ((f"participants, row {k}", row) for k, row in enumerate(zip(*columns, strict=True), 1))
    return participant_table("participants", list(map(str, names)), rows)


def _kind(value: object) -> str:
    return type(value).__name__


def _shown(value: object) -> str:
    """Format a value on one short line."""
    line = " ".join(ascii(value).split())
    return line if len(line) <= 60 else line[:57] + "..."
