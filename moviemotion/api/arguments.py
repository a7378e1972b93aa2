"""Arguments of the Python API, checked before they are used; an error names the argument and the remedy."""

from __future__ import annotations

import errno
import math
import os
import unicodedata
from collections.abc import Iterable, Mapping
from numbers import Integral, Real
from pathlib import Path

from moviemotion.analysis.signals.baseline import TimeSpan, parse_time_span
from moviemotion.errors import MoviemotionError
from moviemotion.workflows.settings_checks import check_baseline, check_rate

MAX_NAME_BYTES = 255
"""Longest name of a file or folder that common file systems allow."""


def checked_path(name: str, value: object) -> Path:
    """A path from text or a path object.

    Args:
        name: name of the argument, for the error message.
        value: the value that was passed.

    Raises:
        MoviemotionError: it is something else, or no file can have this name.
    """
    if not isinstance(value, str | os.PathLike) or not isinstance(os.fspath(value), str):
        raise MoviemotionError(f"{name}: {_kind(value)} instead of a path; pass text or a pathlib.Path")
    text = os.fspath(value)
    if not text:
        raise MoviemotionError(f"{name}: an empty path; pass the name of a file or folder")
    try:
        long = any(len(os.fsencode(part)) > MAX_NAME_BYTES for part in Path(text).parts)
        os.lstat(text)
    except ValueError:  # a NUL, or characters that the file system cannot encode
        raise MoviemotionError(f"{name}: {_shown(text)} cannot be the name of a file; correct it") from None
    except OSError as error:
        long |= error.errno == errno.ENAMETOOLONG
    if long:
        raise MoviemotionError(f"{name}: {_shown(text)} is too long for the name of a file; shorten it")
    return Path(text)


def optional_path(name: str, value: object) -> Path | None:
    """A path as `checked_path` gives it, or None."""
    return None if value is None else checked_path(name, value)


def checked_paths(name: str, values: object) -> list[Path]:
    """A list of paths.

    Raises:
        MoviemotionError: it is something else.
    """
    if isinstance(values, str | os.PathLike):
        raise MoviemotionError(f"{name}: one path, {_shown(str(values))}; pass a list of paths")
    if isinstance(values, bytes | Mapping) or not isinstance(values, Iterable):
        raise MoviemotionError(f"{name}: {_kind(values)} instead of a list of paths; pass a list of paths")
    return [checked_path(f"{name}[{k}]", value) for k, value in enumerate(values)]


def checked_integer(name: str, value: object, lowest: int) -> int:
    """A whole number, also one of NumPy.

    Raises:
        MoviemotionError: it is something else or too small.
    """
    if not isinstance(value, Integral) or isinstance(value, bool) or value < lowest:
        raise MoviemotionError(f"{name}: {_shown(value)}; pass a whole number from {lowest}")
    return int(value)


def checked_seed(value: object) -> int:
    """A seed: a whole number from 0."""
    return checked_integer("seed", value, 0)


def checked_number(name: str, value: object, remedy: str = "pass a finite number") -> float:
    """A finite number, also one of NumPy.

    Raises:
        MoviemotionError: it is something else.
    """
    try:
        number = float(value) if isinstance(value, Real) and not isinstance(value, bool) else math.nan
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise MoviemotionError(f"{name}: {_shown(value)}; {remedy}")
    return number


def checked_rate(value: object) -> float:
    """Samples per second, also as a number of NumPy; the limits are those of `settings_checks`."""
    rate = checked_number("rate", value, "pass the number of samples per second")
    check_rate(rate)
    return rate


def checked_offsets(value: object) -> dict[str, float]:
    """Camera → seconds; empty for None."""
    if value is None:
        return {}
    if not isinstance(value, Mapping) or not all(isinstance(camera, str) for camera in value):
        raise MoviemotionError(
            f"offsets: {_shown(value)}; pass a mapping of camera names to seconds, such as {{'seat-01': 1.5}}"
        )
    return {
        camera: checked_number(f"offsets[{_shown(camera)}]", seconds, "pass a finite number of seconds")
        for camera, seconds in value.items()
    }


def checked_text(name: str, value: object) -> str:
    """Text that can be printed in one line.

    Raises:
        MoviemotionError: it is something else, or empty.
    """
    if not isinstance(value, str) or not value.strip() or _is_unprintable(value):
        raise MoviemotionError(f"{name}: {_shown(value)}; pass non-empty text of one line")
    return value


def checked_names(value: object) -> tuple[str, str]:
    """Two different names."""
    if not isinstance(value, tuple | list) or len(value) != 2:
        raise MoviemotionError(f"names: {_shown(value)}; pass two names, such as ('first cut', 'second cut')")
    first, second = (checked_text(f"names[{k}]", name) for k, name in enumerate(value))
    if first.strip() == second.strip():
        raise MoviemotionError(f"names: both are {first!r}; pass two different names")
    return first, second


def checked_flag(name: str, value: object) -> bool:
    """True or False.

    Raises:
        MoviemotionError: it is something else.
    """
    if not isinstance(value, bool):
        raise MoviemotionError(f"{name}: {_shown(value)}; pass True or False")
    return value


def time_span(baseline: object) -> TimeSpan | None:
    """A marked stretch of film time, from text such as "0:00-0:20" or from two seconds; None for None.

    Raises:
        MoviemotionError: it is something else, or does not end after it starts.
    """
    if baseline is None:
        return None
    remedy = 'pass two film times in seconds, such as (0, 20), or text such as "0:00-0:20"'
    if isinstance(baseline, str):
        span = parse_time_span(baseline)
    elif isinstance(baseline, tuple | list) and len(baseline) == 2:
        span = TimeSpan(*(checked_number("baseline", seconds, remedy) for seconds in baseline))
    else:
        raise MoviemotionError(f"baseline: {_shown(baseline)}; {remedy}")
    check_baseline(span)
    return span


def _is_unprintable(text: str) -> bool:
    """Whether a text holds control characters, lone surrogates or line ends."""
    return any(unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"} for character in text)


def _kind(value: object) -> str:
    return type(value).__name__


def _shown(value: object) -> str:
    """A value in one short line."""
    line = " ".join(ascii(value).split())
    return line if len(line) <= 60 else line[:57] + "..."
