"""A study's files on their way in: received whole or not at all, looked at, and put where they belong.

The cameras' recordings lie in `uploads/` and are deleted once they have been measured, as viewers are told:
pictures that were asked for are kept apart, encrypted. The film, its script and its subtitles stay.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from moviemotion.audience.live.seats_config import SeatsConfig, read_seats_config
from moviemotion.audience.live.sources import STREAM_SCHEMES
from moviemotion.audience.video import decode
from moviemotion.errors import MoviemotionError
from moviemotion.screenplay.formats.registry import read_screenplay
from moviemotion.screenplay.subtitles.parse import read_subtitles
from moviemotion.study.file_names import SCREENING_STATE_FILE, UPLOADS_FOLDER

CAMERAS_FILE = "seats.toml"
FILE_NAME_PATTERN = r"^[^/\\\x00-\x1f\x7f]{1,100}$"
"""What an uploaded file may be called; it is never a path."""
_BUFFER_BYTES = 1 << 20
_PARTIAL_PREFIX = "incoming-"
_RESERVED_NAMES = (CAMERAS_FILE, SCREENING_STATE_FILE)
_FILM_SUFFIXES = (".mp4", ".m4v", ".webm", ".mov", ".ogv", ".mkv")
"""What browsers play."""


class FileKind(StrEnum):
    """What a file is for."""

    SEATS = "seats"
    """A camera's recording of the audience."""
    CAMERAS = "cameras"
    """seats.toml: the live cameras."""
    FILM = "film"
    SCRIPT = "script"
    SUBTITLES = "subtitles"


MAX_FILE_BYTES = {
    FileKind.SEATS: 64 << 30,
    FileKind.CAMERAS: 1 << 20,
    FileKind.FILM: 64 << 30,
    FileKind.SCRIPT: 64 << 20,
    FileKind.SUBTITLES: 64 << 20,
}
"""Bytes of one file."""


class FileTooLargeError(Exception):
    """A file that is longer than its kind may be."""


@dataclass(frozen=True)
class StudyFile:
    """A file that a study has.

    Attributes:
        name: of a recording as it was given; else the kind with the suffix that was given.
        size: bytes.
    """

    kind: FileKind
    name: str
    size: int


def list_files(folder: Path) -> tuple[StudyFile, ...]:
    """The files that a study has of each kind."""
    found = []
    for kind in FileKind:
        for path in file_paths(folder, kind):
            with suppress(FileNotFoundError):  # it has been read, and is gone
                found.append(StudyFile(kind, path.name, path.stat().st_size))
    return tuple(found)


def file_paths(folder: Path, kind: FileKind) -> list[Path]:
    """The files of a kind: none, one, or for `SEATS` several, by name; links elsewhere do not count."""
    if kind is FileKind.SEATS:
        found = [path for path in (folder / UPLOADS_FOLDER).glob("*") if path.name not in _RESERVED_NAMES]
    else:
        found = list(
            (folder / UPLOADS_FOLDER).glob(CAMERAS_FILE)
            if kind is FileKind.CAMERAS
            else folder.glob(f"{kind}.*")
        )
    return sorted(p for p in found if p.is_file() and not p.is_symlink() and not _is_partial(p))


def find_file(folder: Path, kind: FileKind) -> Path | None:
    """The one file of a kind, if the study has it."""
    return next(iter(file_paths(folder, kind)), None)


async def save_upload(
    folder: Path,
    kind: FileKind,
    name: str,
    body: AsyncIterator[bytes],
    write_guard: Callable[[], AbstractContextManager[None]],
) -> Path:
    """Take a file in, look at it, and put it where it belongs in place of what was there.

    Args:
        name: of the file as its owner calls it.
        putting: held while it is put there, which may be hours later; raises where it must not be any more.

    Raises:
        TooLargeError: it has more bytes than `MOST`.
        MoviemotionError: its name or what is in it cannot be used, or it cannot be written.
    """
    place = _target_path(folder, kind, name)
    partial = folder / UPLOADS_FOLDER / f"{_PARTIAL_PREFIX}{secrets.token_hex(8)}{place.suffix}"
    try:
        partial.parent.mkdir(exist_ok=True)
        left = MAX_FILE_BYTES[kind]
        with partial.open("wb", buffering=_BUFFER_BYTES) as file:
            async for part in body:
                left -= len(part)
                if left < 0:
                    raise FileTooLargeError(f"{name}: more than {MAX_FILE_BYTES[kind] >> 20:,} MiB")
                await run_in_threadpool(file.write, part)
        try:
            await run_in_threadpool(_validate_file, kind, partial)
        except MoviemotionError as error:
            raise MoviemotionError(str(error).replace(str(partial), name)) from error
        await run_in_threadpool(_move_into_place, folder, kind, name, partial, write_guard)
    except ClientDisconnect as error:
        raise MoviemotionError(f"{name}: broke off; send it again") from error
    except OSError as error:
        raise MoviemotionError(f"{name}: cannot be written ({error.strerror}); make room") from error
    finally:
        partial.unlink(missing_ok=True)
        with suppress(OSError):
            partial.parent.rmdir()  # unless something lies in it
    return place


def delete_file(folder: Path, kind: FileKind, name: str) -> None:
    """Delete a file.

    Raises:
        MoviemotionError: the study has none of that name.
    """
    for path in file_paths(folder, kind):
        if path.name == name:
            path.unlink()
            return
    raise MoviemotionError(f"{name}: the study has no such file; check the name")


def read_live_cameras(folder: Path) -> SeatsConfig:
    """The live cameras of a study.

    Raises:
        MoviemotionError: it has no seats.toml, or one that names a file outside the study.
    """
    path = folder / UPLOADS_FOLDER / CAMERAS_FILE
    if not path.is_file():
        raise MoviemotionError(f"{folder}: has no {CAMERAS_FILE}; upload the list of its cameras")
    seats = read_seats_config(path)
    named = [
        camera.source for camera in seats.cameras if camera.source.partition("://")[0] not in STREAM_SCHEMES
    ]
    named += [str(seats.sync.film)] if seats.sync.film else []
    for source in named:
        inside = Path(source).resolve().is_relative_to(folder.resolve())
        if not inside and not re.fullmatch(r"/dev/video\d+", source):
            raise MoviemotionError(
                f"{CAMERAS_FILE}: {Path(source).name} is not a file of this study; upload it"
            )
    return seats


def delete_partial_uploads(folder: Path) -> None:
    """Delete what was on its way in when the studio was stopped."""
    for path in (folder / UPLOADS_FOLDER).glob("*"):
        if _is_partial(path):
            path.unlink()


def _target_path(folder: Path, kind: FileKind, name: str) -> Path:
    suffix = Path(name).suffix.lower()
    if (
        not re.fullmatch(FILE_NAME_PATTERN, name)
        or name[0] == "."
        or not re.fullmatch(r"\.[a-z0-9]{1,10}", suffix)
    ):
        raise MoviemotionError(f"{name!r}: give the file's name with its suffix, and no folder")
    if kind is FileKind.CAMERAS:
        return folder / UPLOADS_FOLDER / CAMERAS_FILE
    if kind is FileKind.FILM and suffix not in _FILM_SUFFIXES:
        raise MoviemotionError(f"{name}: browsers do not play {suffix}; give the film as MP4 or WebM")
    if kind is not FileKind.SEATS:
        return folder / f"{kind}{suffix}"
    place = folder / UPLOADS_FOLDER / name
    if (
        suffix in (".partial", ".toml", ".json")
        or name.startswith(_PARTIAL_PREFIX)
        or len(name.encode()) > 200
    ):
        raise MoviemotionError(f"{name}: cannot be the name of a recording; rename it")
    for other in file_paths(folder, kind):
        if other.stem == place.stem and other != place:
            raise MoviemotionError(f"{name}: another recording is called {other.name}; rename one of them")
    return place


def _move_into_place(
    folder: Path,
    kind: FileKind,
    name: str,
    partial: Path,
    putting: Callable[[], AbstractContextManager[None]],
) -> None:
    with putting():
        place = _target_path(folder, kind, name)  # another may have come meanwhile that is called alike
        for before in file_paths(folder, kind) if kind is not FileKind.SEATS else ():
            before.unlink()
        partial.replace(place)


def _validate_file(kind: FileKind, path: Path) -> None:
    """Refuse a file that could not be used later."""
    match kind:
        case FileKind.SEATS | FileKind.FILM:
            decode.probe(path)
        case FileKind.SCRIPT:
            read_screenplay(path)
        case FileKind.SUBTITLES:
            read_subtitles(path)
        case FileKind.CAMERAS:
            read_seats_config(path)


def _is_partial(path: Path) -> bool:
    return path.name.startswith(_PARTIAL_PREFIX) or path.suffix == ".partial"
