"""Uploaded files: receive each file completely or not at all, validate it, and move it into the study.

Recordings of the audience are stored in `uploads/` and deleted when the screening has finished, as
participants are told. Pictures that a study keeps are stored separately and encrypted. The film, the script
and the subtitles are kept.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from moviemotion._io.atomic_files import PRIVATE_FILE, PRIVATE_FOLDER
from moviemotion.audience.live.addresses import pinned_address
from moviemotion.audience.live.seats_config import SeatsConfig, read_seats_config
from moviemotion.audience.live.sources import STREAM_SCHEMES
from moviemotion.audience.video import decode
from moviemotion.errors import MoviemotionError
from moviemotion.screenplay.formats.format_registry import read_screenplay
from moviemotion.screenplay.subtitles.parse import read_subtitles
from moviemotion.study.file_names import SCREENING_STATE_FILE, UPLOADS_FOLDER

CAMERAS_FILE = "seats.toml"
FILE_NAME_PATTERN = r"^[^/\\\x00-\x1f\x7f]{1,100}$"
"""Valid names of an uploaded file; paths are never valid."""
_BUFFER_BYTES = 1 << 20
_PARTIAL_PREFIX = "incoming-"
_RESERVED_NAMES = (CAMERAS_FILE, SCREENING_STATE_FILE)
_FILM_SUFFIXES = (".mp4", ".m4v", ".webm", ".mov", ".ogv", ".mkv")
"""Formats that browsers can play."""


class FileKind(StrEnum):
    """The purpose of an uploaded file."""

    RECORDING = "recording"
    """A recording of the audience by one camera."""
    CAMERAS = "cameras"
    """seats.toml, the list of live cameras."""
    FILM = "film"
    SCRIPT = "script"
    SUBTITLES = "subtitles"


MAX_FILE_BYTES = {
    FileKind.RECORDING: 64 << 30,
    FileKind.CAMERAS: 1 << 20,
    FileKind.FILM: 64 << 30,
    FileKind.SCRIPT: 64 << 20,
    FileKind.SUBTITLES: 64 << 20,
}
"""Kind → maximum file size in bytes."""


class FileTooLargeError(Exception):
    """An uploaded file exceeds `MAX_FILE_BYTES`."""


@dataclass(frozen=True)
class StudyFile:
    """An uploaded file of a study.

    Attributes:
        kind: what the file is used for.
        name: the original file name of a recording; for other files, the kind with the original suffix.
        size: size in bytes.
    """

    kind: FileKind
    name: str
    size: int


def list_files(folder: Path) -> tuple[StudyFile, ...]:
    """The uploaded files of a study, by kind."""
    files = []
    for kind in FileKind:
        for path in file_paths(folder, kind):
            with suppress(FileNotFoundError):  # a screening has just finished and deleted it
                files.append(StudyFile(kind, path.name, path.stat().st_size))
    return tuple(files)


def file_paths(folder: Path, kind: FileKind) -> list[Path]:
    """The files of one kind, sorted by name. All kinds except recordings have at most one file.

    Symbolic links are skipped, since they could lead outside the study.
    """
    if kind is FileKind.RECORDING:
        paths = [path for path in (folder / UPLOADS_FOLDER).glob("*") if path.name not in _RESERVED_NAMES]
    elif kind is FileKind.CAMERAS:
        paths = list((folder / UPLOADS_FOLDER).glob(CAMERAS_FILE))
    else:
        paths = list(folder.glob(f"{kind}.*"))
    return sorted(p for p in paths if p.is_file() and not p.is_symlink() and not _is_partial(p))


def find_file(folder: Path, kind: FileKind) -> Path | None:
    """The first file of a kind, or None if the study has none."""
    return next(iter(file_paths(folder, kind)), None)


async def save_upload(
    folder: Path,
    kind: FileKind,
    name: str,
    body: AsyncIterator[bytes],
    write_guard: Callable[[], AbstractContextManager[None]],
) -> Path:
    """Receive a file, validate it, and move it into the study, replacing any existing file.

    Args:
        folder: the study folder.
        kind: what the file is used for.
        name: the file name on the user's computer.
        body: the content, in chunks.
        write_guard: context manager entered while the file is moved into place, which may be hours after the
            upload started. It raises an error if the study can no longer be changed.

    Returns:
        Path of the stored file.

    Raises:
        FileTooLargeError: the file exceeds `MAX_FILE_BYTES`.
        MoviemotionError: the name or the content cannot be used, the connection was interrupted, or the file
            cannot be written.
    """
    target = _target_path(folder, kind, name)
    partial = folder / UPLOADS_FOLDER / f"{_PARTIAL_PREFIX}{secrets.token_hex(8)}{target.suffix}"
    try:
        partial.parent.mkdir(PRIVATE_FOLDER, exist_ok=True)
        partial.touch(PRIVATE_FILE)
        remaining = MAX_FILE_BYTES[kind]
        with partial.open("wb", buffering=_BUFFER_BYTES) as file:
            async for chunk in body:
                remaining -= len(chunk)
                if remaining < 0:
                    limit = f"{MAX_FILE_BYTES[kind] >> 20:,} MiB"
                    raise FileTooLargeError(f"{name}: larger than {limit}; upload a smaller file")
                await run_in_threadpool(file.write, chunk)
        try:
            await run_in_threadpool(_validate_file, kind, partial)
        except MoviemotionError as error:
            raise MoviemotionError(str(error).replace(str(partial), name)) from error
        await run_in_threadpool(_move_into_place, folder, kind, name, partial, write_guard)
    except ClientDisconnect as error:
        raise MoviemotionError(f"{name}: the upload was interrupted; upload it again") from error
    except OSError as error:
        raise MoviemotionError(f"{name}: cannot be written ({error.strerror}); free some space") from error
    finally:
        partial.unlink(missing_ok=True)
        with suppress(OSError):
            partial.parent.rmdir()  # fails if the folder is not empty, as intended
    return target


def delete_file(folder: Path, kind: FileKind, name: str) -> None:
    """Delete an uploaded file.

    Raises:
        MoviemotionError: the study has no such file.
    """
    for path in file_paths(folder, kind):
        if path.name == name:
            path.unlink()
            return
    raise MoviemotionError(f"{name}: the study has no such file; check the name")


def read_live_cameras(folder: Path, allow_own: bool) -> SeatsConfig:
    """The live cameras of a study. The names of their computers are replaced with IP addresses.

    Args:
        folder: the study folder.
        allow_own: whether a camera may be on the studio's own computer.

    Raises:
        MoviemotionError: the study has no seats.toml, or it names a file outside the study, or an address
            that cameras must not have (see `pinned_address`).
    """
    path = folder / UPLOADS_FOLDER / CAMERAS_FILE
    if not path.is_file():
        raise MoviemotionError(f"{folder}: has no {CAMERAS_FILE}; upload the list of live cameras")
    config = read_seats_config(path)
    # The file was uploaded by a browser, so it must not make the server open other files on this computer.
    sources = [
        camera.source for camera in config.cameras if camera.source.partition("://")[0] not in STREAM_SCHEMES
    ]
    sources += [str(config.sync.film)] if config.sync.film else []
    for source in sources:
        is_inside = Path(source).resolve().is_relative_to(folder.resolve())
        if not is_inside and not re.fullmatch(r"/dev/video\d+", source):
            raise MoviemotionError(
                f"{CAMERAS_FILE}: {Path(source).name} does not belong to this study; upload the file"
            )
    cameras = tuple(
        replace(camera, source=pinned_address(camera.source, allow_own))
        if camera.source.partition("://")[0] in STREAM_SCHEMES
        else camera
        for camera in config.cameras
    )
    return replace(config, cameras=cameras)


def delete_partial_uploads(folder: Path) -> None:
    """Delete the remains of uploads that were interrupted when the studio stopped."""
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
        raise MoviemotionError(
            f"{name!r}: not a valid file name; use a name with a suffix and without folders"
        )
    if kind is FileKind.CAMERAS:
        return folder / UPLOADS_FOLDER / CAMERAS_FILE
    if kind is FileKind.FILM and suffix not in _FILM_SUFFIXES:
        raise MoviemotionError(f"{name}: browsers cannot play {suffix}; upload the film as MP4 or WebM")
    if kind is not FileKind.RECORDING:
        return folder / f"{kind}{suffix}"
    target = folder / UPLOADS_FOLDER / name
    if (
        suffix in (".partial", ".toml", ".json")
        or name.startswith(_PARTIAL_PREFIX)
        or len(name.encode()) > 200
    ):
        raise MoviemotionError(f"{name}: a recording cannot have this name; rename the file")
    # A recording's stem is its camera's name, so every recording needs a different stem.
    for other in file_paths(folder, kind):
        if other.stem == target.stem and other != target:
            raise MoviemotionError(f"{name}: another recording is called {other.name}; rename one of them")
    return target


def _move_into_place(
    folder: Path,
    kind: FileKind,
    name: str,
    partial: Path,
    write_guard: Callable[[], AbstractContextManager[None]],
) -> None:
    with write_guard():
        # Checked again: a recording with the same stem may have been uploaded in the meantime.
        target = _target_path(folder, kind, name)
        for previous in file_paths(folder, kind) if kind is not FileKind.RECORDING else ():
            previous.unlink()
        partial.replace(target)


def _validate_file(kind: FileKind, path: Path) -> None:
    """Raise an error if the program cannot read the file, which would otherwise be noticed only later."""
    match kind:
        case FileKind.RECORDING | FileKind.FILM:
            decode.probe(path)
        case FileKind.SCRIPT:
            read_screenplay(path)
        case FileKind.SUBTITLES:
            read_subtitles(path)
        case FileKind.CAMERAS:
            read_seats_config(path)


def _is_partial(path: Path) -> bool:
    return path.name.startswith(_PARTIAL_PREFIX) or path.suffix == ".partial"
