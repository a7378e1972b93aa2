"""The cameras of a live capture, as written in seats.toml."""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from moviemotion.audience.live.sources import STREAMS
from moviemotion.errors import MoviemotionError

RATE = 5.0
FROZEN_AFTER = 10.0
WITHIN = 60.0
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_KEYS = {
    "": {"rate", "frozen_after", "sync", "camera"},
    "sync": {"method", "mark", "film", "within"},
    "camera": {"name", "source", "offset"},
}


class SyncMethod(StrEnum):
    """How the cameras are put on the film's clock."""

    NONE = "none"
    """Their pictures are taken for what is on the screen when they come."""
    MARK = "mark"
    """By the black-and-white code of `write_mark`, shown on the screen."""
    LIGHT = "light"
    """By the film's own flicker on the audience."""


@dataclass(frozen=True)
class Sync:
    """How offsets are measured.

    Attributes:
        mark: film second at which the mark begins.
        film: the film's file; without it the cameras are only put in step with the first of them.
        within: seconds by which a camera may be off.
    """

    method: SyncMethod = SyncMethod.NONE
    mark: float = 0.0
    film: Path | None = None
    within: float = WITHIN


@dataclass(frozen=True)
class SeatCamera:
    """One camera.

    Attributes:
        name: unique; viewers are named after it.
        source: URL, device or file.
        offset: seconds added to its clock to give film time; None where it is to be measured.
    """

    name: str
    source: str
    offset: float | None = None

    @property
    def public_source(self) -> str:
        """The source without the user and password that a URL may carry."""
        parts = urlsplit(self.source)
        return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="").geturl()


@dataclass(frozen=True)
class Seats:
    """What is to be captured.

    Attributes:
        cameras: in the order of the file.
        rate: samples a second.
        frozen_after: seconds of one and the same picture after which a camera counts as frozen.
        sync: how the cameras are put on the film's clock.
    """

    cameras: tuple[SeatCamera, ...]
    rate: float = RATE
    frozen_after: float = FROZEN_AFTER
    sync: Sync = Sync()


def read_seats(path: Path) -> Seats:
    """Read seats.toml; files named in it are looked for beside it.

    Raises:
        MoviemotionError: not readable, or faults in it: a line each, naming the key.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise MoviemotionError(f"{path}: not valid TOML: {error}") from error
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8 text"
        raise MoviemotionError(f"{path}: cannot be read ({reason}); check the name") from error
    reading = _Reading(path.parent)
    seats = reading.seats(table)
    if reading.faults:
        raise MoviemotionError("\n".join(f"{path}: {fault}" for fault in reading.faults))
    return seats


class _Reading:
    """Collects every fault, so that a file is mended in one go."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.faults: list[str] = []

    def seats(self, table: Mapping[str, Any]) -> Seats:
        self._known(table, "", "")
        rate = self._number(table, "rate", RATE, 0.1, 60)
        frozen_after = self._number(table, "frozen_after", FROZEN_AFTER, 1, 3600)
        sync = self._sync(self._table(table, "sync"))
        listed = table.get("camera", [])
        if not isinstance(listed, list) or not all(isinstance(c, dict) for c in listed) or not listed:
            self.faults.append("camera: none; write a [[camera]] with name and source for each camera")
            listed = []
        cameras = tuple(self._camera(f"camera {k}: ", c) for k, c in enumerate(listed, 1))
        self._tell_apart(cameras)
        return Seats(cameras, rate, frozen_after, sync)

    def _sync(self, table: Mapping[str, Any]) -> Sync:
        self._known(table, "sync", "sync.")
        method = table.get("method", SyncMethod.NONE)
        if method not in list(SyncMethod):
            self.faults.append(f'sync.method: "{method}" is unknown; write {_either(SyncMethod)}')
            return Sync()
        needed = {"mark": SyncMethod.MARK, "film": SyncMethod.LIGHT, "within": SyncMethod.LIGHT}
        for key, wanted in needed.items():
            if key in table and method != wanted:
                self.faults.append(f'sync.{key}: of no use with method "{method}"; remove one of them')
        mark = self._number(table, "mark", 0.0, -3600, 86400, "sync.")
        within = self._number(table, "within", WITHIN, 1, 600, "sync.")
        film = table.get("film")
        if film is not None and not isinstance(film, str):
            self.faults.append('sync.film: not a file name; write it in quotes, such as "film.mp4"')
            film = None
        return Sync(SyncMethod(method), mark, self.folder / film if film else None, within)

    def _camera(self, where: str, table: Mapping[str, Any]) -> SeatCamera:
        self._known(table, "camera", where)
        name, source = table.get("name"), table.get("source")
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            self.faults.append(f"{where}name: missing or unusable; write letters, digits, '-' and '_'")
            name = ""
        if not isinstance(source, str) or not source:
            self.faults.append(f'{where}source: missing; write a URL, "/dev/video0" or a file')
            source = "/dev/null"
        scheme = urlsplit(source).scheme
        if "://" in source and scheme not in STREAMS:
            self.faults.append(f"{where}source: {scheme}:// is not supported; write {_either(STREAMS)}")
        if "://" not in source and not source.startswith("/dev/"):
            source = str(self.folder / source)
        offset = self._number(table, "offset", 0.0, -86400, 86400, where) if "offset" in table else None
        return SeatCamera(name, source, offset)

    def _tell_apart(self, cameras: tuple[SeatCamera, ...]) -> None:
        names = [camera.name for camera in cameras if camera.name]
        for name in dict.fromkeys(names):
            row, _, number = name.rpartition("-")
            if names.count(name) > 1:
                self.faults.append(f'camera name: "{name}" is given twice; rename one of them')
            # Two viewers of "row" are "row-1" and "row-2".
            elif row in names and number.isdecimal():
                self.faults.append(
                    f'camera name: "{name}" reads like a viewer of "{row}"; rename one of them'
                )

    def _known(self, table: Mapping[str, Any], section: str, where: str) -> None:
        for key in table.keys() - _KEYS[section]:
            remedy = "pictures are never stored; remove it" if key == "store" else None
            self.faults.append(f"{where}{key}: {remedy or f'unknown; use {_either(sorted(_KEYS[section]))}'}")

    def _table(self, table: Mapping[str, Any], key: str) -> Mapping[str, Any]:
        value = table.get(key, {})
        if isinstance(value, dict):
            return value
        self.faults.append(f"{key}: not a table; write [{key}]")
        return {}

    def _number(
        self, table: Mapping[str, Any], key: str, default: float, low: float, high: float, where: str = ""
    ) -> float:
        value = table.get(key, default)
        number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
        if number and low <= value <= high:
            return float(value)
        self.faults.append(f"{where}{key}: {value!r} cannot be used; write a number from {low:g} to {high:g}")
        return default


def _either(words: Any) -> str:
    *most, last = map(str, words)
    return f"{', '.join(most)} or {last}" if most else last
