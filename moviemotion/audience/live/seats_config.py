"""Read `seats.toml`, which lists the cameras of a live capture.

Example::

    rate = 5                     # samples per second
    frozen_after = 10            # seconds without a change in the image

    [sync]
    method = "light"             # or "mark", or "none"
    film = "film.mp4"

    [[camera]]
    name = "row-1"
    source = "rtsp://user:password@192.0.2.7/stream"
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from moviemotion._io.toml_files import read_toml
from moviemotion.audience.live.sources import STREAM_SCHEMES
from moviemotion.audience.video.upright import ROTATIONS
from moviemotion.errors import MoviemotionError

DEFAULT_RATE = 5.0
DEFAULT_FROZEN_AFTER = 10.0
DEFAULT_WITHIN = 60.0
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_KEYS = {
    "": {"rate", "frozen_after", "sync", "camera"},
    "sync": {"method", "mark", "film", "within"},
    "camera": {"name", "source", "offset", "rotate"},
}


class SyncMethod(StrEnum):
    """How the offsets of the cameras are measured."""

    NONE = "none"
    """Offsets are not measured; each frame is assumed to have been recorded when it arrives."""
    MARK = "mark"
    """Measured from the black-and-white code that `sync.write_sync_mark` writes, shown on the screen."""
    LIGHT = "light"
    """Measured from the flickering light of the film, which is reflected by the audience."""


@dataclass(frozen=True)
class SyncConfig:
    """Settings for measuring camera offsets.

    Attributes:
        method: the measurement method.
        mark: film time in seconds at which the mark begins.
        film: the film file; without it, cameras are only synchronized with the first camera.
        within: largest offset considered, in seconds.
    """

    method: SyncMethod = SyncMethod.NONE
    mark: float = 0.0
    film: Path | None = None
    within: float = DEFAULT_WITHIN


@dataclass(frozen=True)
class CameraConfig:
    """The configuration of one camera.

    Attributes:
        name: the camera's unique name; viewers are named after it.
        source: a URL, device or file.
        offset: seconds added to the camera's clock to give film time; None to measure the offset.
        rotate: degrees by which the frames are rotated clockwise: 0, 90, 180 or 270; None to rotate them if
            the faces in them are not upright.
    """

    name: str
    source: str
    offset: float | None = None
    rotate: int | None = None

    @property
    def source_without_credentials(self) -> str:
        """The source, without the user name, password and query of a URL."""
        parts = urlsplit(self.source)
        return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="").geturl()


@dataclass(frozen=True)
class SeatsConfig:
    """The contents of `seats.toml`.

    Attributes:
        cameras: the cameras, in the order of the file.
        rate: samples per second.
        frozen_after: seconds without a change in the image after which a camera counts as frozen.
        sync: settings for measuring the camera offsets.
    """

    cameras: tuple[CameraConfig, ...]
    rate: float = DEFAULT_RATE
    frozen_after: float = DEFAULT_FROZEN_AFTER
    sync: SyncConfig = SyncConfig()


def read_seats_config(path: Path) -> SeatsConfig:
    """Read `seats.toml`. Relative file names are resolved against the folder of `seats.toml`.

    Raises:
        MoviemotionError: the file cannot be read or contains errors; the message has one line per error,
            which names the key.
    """
    table = read_toml(path)
    parser = _ConfigParser(path.parent)
    seats = parser.seats(table)
    if parser.errors:
        raise MoviemotionError("\n".join(f"{path}: {error}" for error in parser.errors))
    return seats


class _ConfigParser:
    """Parses the configuration and collects all errors, so that the user can correct them together."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.errors: list[str] = []

    def seats(self, table: Mapping[str, Any]) -> SeatsConfig:
        self._check_keys(table, "", "")
        rate = self._number(table, "rate", DEFAULT_RATE, 0.1, 60)
        frozen_after = self._number(table, "frozen_after", DEFAULT_FROZEN_AFTER, 1, 3600)
        sync = self._sync(self._table(table, "sync"))
        listed = table.get("camera", [])
        if not isinstance(listed, list) or not all(isinstance(c, dict) for c in listed) or not listed:
            self.errors.append(
                "camera: missing; write a [[camera]] section with a name and a source for each camera"
            )
            listed = []
        cameras = tuple(self._camera(f"camera {k}: ", c) for k, c in enumerate(listed, 1))
        self._check_names(cameras)
        return SeatsConfig(cameras, rate, frozen_after, sync)

    def _sync(self, table: Mapping[str, Any]) -> SyncConfig:
        self._check_keys(table, "sync", "sync.")
        method = table.get("method", SyncMethod.NONE)
        if method not in list(SyncMethod):
            self.errors.append(f'sync.method: "{method}" is unknown; write {_or_list(SyncMethod)}')
            return SyncConfig()
        needed = {"mark": SyncMethod.MARK, "film": SyncMethod.LIGHT, "within": SyncMethod.LIGHT}
        for key, wanted in needed.items():
            if key in table and method != wanted:
                self.errors.append(
                    f'sync.{key}: not used with method "{method}"; remove this key or change the method'
                )
        mark = self._number(table, "mark", 0.0, -3600, 86400, "sync.")
        within = self._number(table, "within", DEFAULT_WITHIN, 1, 600, "sync.")
        film = table.get("film")
        if film is not None and not isinstance(film, str):
            self.errors.append('sync.film: not a file name; write a file name in quotes, such as "film.mp4"')
            film = None
        return SyncConfig(SyncMethod(method), mark, self.folder / film if film else None, within)

    def _camera(self, where: str, table: Mapping[str, Any]) -> CameraConfig:
        self._check_keys(table, "camera", where)
        name, source = table.get("name"), table.get("source")
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            self.errors.append(f"{where}name: missing or invalid; use letters, digits, '-' and '_'")
            name = ""
        if not isinstance(source, str) or not source:
            self.errors.append(f'{where}source: missing; write a URL, "/dev/video0" or a file')
            source = "/dev/null"
        scheme = urlsplit(source).scheme
        if "://" in source and scheme not in STREAM_SCHEMES:
            self.errors.append(
                f"{where}source: {scheme}:// is not supported; write {_or_list(STREAM_SCHEMES)}"
            )
        if "://" not in source and not source.startswith("/dev/"):
            source = str(self.folder / source)
        offset = self._number(table, "offset", 0.0, -86400, 86400, where) if "offset" in table else None
        rotate = table.get("rotate")
        if rotate is not None and (type(rotate) is not int or rotate not in ROTATIONS):
            self.errors.append(f"{where}rotate: {rotate!r} is invalid; write {_or_list(ROTATIONS)}")
            rotate = None
        return CameraConfig(name, source, offset, rotate)

    def _check_names(self, cameras: tuple[CameraConfig, ...]) -> None:
        names = [camera.name for camera in cameras if camera.name]
        for name in dict.fromkeys(names):
            row, _, number = name.rpartition("-")
            if names.count(name) > 1:
                self.errors.append(f'camera name: "{name}" is used twice; rename one of them')
            # Two viewers in the camera "row" are named "row-1" and "row-2".
            elif row in names and number.isdecimal():
                self.errors.append(
                    f'camera name: "{name}" could also be the name of a viewer in "{row}"; rename one of them'
                )

    def _check_keys(self, table: Mapping[str, Any], section: str, where: str) -> None:
        for key in table.keys() - _KEYS[section]:
            remedy = "frames are never stored; remove this key" if key == "store" else None
            self.errors.append(
                f"{where}{key}: {remedy or f'unknown; use {_or_list(sorted(_KEYS[section]))}'}"
            )

    def _table(self, table: Mapping[str, Any], key: str) -> Mapping[str, Any]:
        value = table.get(key, {})
        if isinstance(value, dict):
            return value
        self.errors.append(f"{key}: not a table; write [{key}]")
        return {}

    def _number(
        self, table: Mapping[str, Any], key: str, default: float, low: float, high: float, where: str = ""
    ) -> float:
        value = table.get(key, default)
        number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
        if number and low <= value <= high:
            return float(value)
        self.errors.append(f"{where}{key}: {value!r} is invalid; write a number from {low:g} to {high:g}")
        return default


def _or_list(words: Any) -> str:
    *most, last = map(str, words)
    return f"{', '.join(most)} or {last}" if most else last
