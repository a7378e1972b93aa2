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

from moviemotion.audience.live.seats_config import Seats, read_seats
from moviemotion.audience.live.sources import STREAMS
from moviemotion.audience.video import decode
from moviemotion.errors import MoviemotionError
from moviemotion.screenplay.formats.registry import read_screenplay
from moviemotion.screenplay.subtitles.parse import read_subtitles
from moviemotion.studio.screening_state import RECORD
from moviemotion.study.folder import UPLOADS

CAMERAS_FILE = "seats.toml"
NAME = r"^[^/\\\x00-\x1f\x7f]{1,100}$"
"""What an uploaded file may be called; it is never a path."""
_BLOCK = 1 << 20
_INCOMING = "incoming-"
_KEPT = (CAMERAS_FILE, RECORD)
_FILMS = (".mp4", ".m4v", ".webm", ".mov", ".ogv", ".mkv")
"""What browsers play."""


class Kind(StrEnum):
    """What a file is for."""

    SEATS = "seats"
    """A camera's recording of the audience."""
    CAMERAS = "cameras"
    """seats.toml: the live cameras."""
    FILM = "film"
    SCRIPT = "script"
    SUBTITLES = "subtitles"


MOST = {
    Kind.SEATS: 64 << 30,
    Kind.CAMERAS: 1 << 20,
    Kind.FILM: 64 << 30,
    Kind.SCRIPT: 64 << 20,
    Kind.SUBTITLES: 64 << 20,
}
"""Bytes of one file."""


class TooLargeError(Exception):
    """A file that is longer than its kind may be."""


@dataclass(frozen=True)
class Given:
    """A file that a study has.

    Attributes:
        name: of a recording as it was given; else the kind with the suffix that was given.
        size: bytes.
    """

    kind: Kind
    name: str
    size: int


def given(folder: Path) -> tuple[Given, ...]:
    """The files that a study has of each kind."""
    found = []
    for kind in Kind:
        for path in paths(folder, kind):
            with suppress(FileNotFoundError):  # it has been read, and is gone
                found.append(Given(kind, path.name, path.stat().st_size))
    return tuple(found)


def paths(folder: Path, kind: Kind) -> list[Path]:
    """The files of a kind: none, one, or for `SEATS` several, by name; links elsewhere do not count."""
    if kind is Kind.SEATS:
        found = [path for path in (folder / UPLOADS).glob("*") if path.name not in _KEPT]
    else:
        found = list(
            (folder / UPLOADS).glob(CAMERAS_FILE) if kind is Kind.CAMERAS else folder.glob(f"{kind}.*")
        )
    return sorted(p for p in found if p.is_file() and not p.is_symlink() and not _is_passing(p))


def first(folder: Path, kind: Kind) -> Path | None:
    """The one file of a kind, if the study has it."""
    return next(iter(paths(folder, kind)), None)


async def receive(
    folder: Path,
    kind: Kind,
    name: str,
    body: AsyncIterator[bytes],
    putting: Callable[[], AbstractContextManager[None]],
) -> Path:
    """Take a file in, look at it, and put it where it belongs in place of what was there.

    Args:
        name: of the file as its owner calls it.
        putting: held while it is put there, which may be hours later; raises where it must not be any more.

    Raises:
        TooLargeError: it has more bytes than `MOST`.
        MoviemotionError: its name or what is in it cannot be used, or it cannot be written.
    """
    place = _place(folder, kind, name)
    partial = folder / UPLOADS / f"{_INCOMING}{secrets.token_hex(8)}{place.suffix}"
    try:
        partial.parent.mkdir(exist_ok=True)
        left = MOST[kind]
        with partial.open("wb", buffering=_BLOCK) as file:
            async for part in body:
                left -= len(part)
                if left < 0:
                    raise TooLargeError(f"{name}: more than {MOST[kind] >> 20:,} MiB")
                await run_in_threadpool(file.write, part)
        try:
            await run_in_threadpool(_look_at, kind, partial)
        except MoviemotionError as error:
            raise MoviemotionError(str(error).replace(str(partial), name)) from error
        await run_in_threadpool(_put, folder, kind, name, partial, putting)
    except ClientDisconnect as error:
        raise MoviemotionError(f"{name}: broke off; send it again") from error
    except OSError as error:
        raise MoviemotionError(f"{name}: cannot be written ({error.strerror}); make room") from error
    finally:
        partial.unlink(missing_ok=True)
        with suppress(OSError):
            partial.parent.rmdir()  # unless something lies in it
    return place


def remove(folder: Path, kind: Kind, name: str) -> None:
    """Delete a file.

    Raises:
        MoviemotionError: the study has none of that name.
    """
    for path in paths(folder, kind):
        if path.name == name:
            path.unlink()
            return
    raise MoviemotionError(f"{name}: the study has no such file; check the name")


def live_seats(folder: Path) -> Seats:
    """The live cameras of a study.

    Raises:
        MoviemotionError: it has no seats.toml, or one that names a file outside the study.
    """
    path = folder / UPLOADS / CAMERAS_FILE
    if not path.is_file():
        raise MoviemotionError(f"{folder}: has no {CAMERAS_FILE}; upload the list of its cameras")
    seats = read_seats(path)
    named = [camera.source for camera in seats.cameras if camera.source.partition("://")[0] not in STREAMS]
    named += [str(seats.sync.film)] if seats.sync.film else []
    for source in named:
        inside = Path(source).resolve().is_relative_to(folder.resolve())
        if not inside and not re.fullmatch(r"/dev/video\d+", source):
            raise MoviemotionError(
                f"{CAMERAS_FILE}: {Path(source).name} is not a file of this study; upload it"
            )
    return seats


def sweep(folder: Path) -> None:
    """Delete what was on its way in when the studio was stopped."""
    for path in (folder / UPLOADS).glob("*"):
        if _is_passing(path):
            path.unlink()


def _place(folder: Path, kind: Kind, name: str) -> Path:
    suffix = Path(name).suffix.lower()
    if not re.fullmatch(NAME, name) or name[0] == "." or not re.fullmatch(r"\.[a-z0-9]{1,10}", suffix):
        raise MoviemotionError(f"{name!r}: give the file's name with its suffix, and no folder")
    if kind is Kind.CAMERAS:
        return folder / UPLOADS / CAMERAS_FILE
    if kind is Kind.FILM and suffix not in _FILMS:
        raise MoviemotionError(f"{name}: browsers do not play {suffix}; give the film as MP4 or WebM")
    if kind is not Kind.SEATS:
        return folder / f"{kind}{suffix}"
    place = folder / UPLOADS / name
    if suffix in (".partial", ".toml", ".json") or name.startswith(_INCOMING) or len(name.encode()) > 200:
        raise MoviemotionError(f"{name}: cannot be the name of a recording; rename it")
    for other in paths(folder, kind):
        if other.stem == place.stem and other != place:
            raise MoviemotionError(f"{name}: another recording is called {other.name}; rename one of them")
    return place


def _put(
    folder: Path, kind: Kind, name: str, partial: Path, putting: Callable[[], AbstractContextManager[None]]
) -> None:
    with putting():
        place = _place(folder, kind, name)  # another may have come meanwhile that is called alike
        for before in paths(folder, kind) if kind is not Kind.SEATS else ():
            before.unlink()
        partial.replace(place)


def _look_at(kind: Kind, path: Path) -> None:
    """Refuse a file that could not be used later."""
    match kind:
        case Kind.SEATS | Kind.FILM:
            decode.probe(path)
        case Kind.SCRIPT:
            read_screenplay(path)
        case Kind.SUBTITLES:
            read_subtitles(path)
        case Kind.CAMERAS:
            read_seats(path)


def _is_passing(path: Path) -> bool:
    return path.name.startswith(_INCOMING) or path.suffix == ".partial"
