"""Atomic file writes: a file is written to a temporary path and then renamed, so it is never incomplete."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from moviemotion.errors import SettingError

PRIVATE_FILE, PRIVATE_FOLDER = 0o600, 0o700
"""Permissions of files and folders that only their owner can use."""


@contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """Yield a temporary path to write to; it replaces `path` on success and is deleted on failure.

    The path is that of an empty file that only its owner can read. What this program writes is about people.
    """
    partial = path.with_name(path.name + ".partial")
    try:
        partial.unlink(missing_ok=True)
        partial.touch(mode=PRIVATE_FILE)
        yield partial
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def delete_partial_files(folder: Path) -> None:
    """Delete incomplete files left by a killed program; no other program may be writing to the folder."""
    for partial in folder.rglob("*.partial"):
        partial.unlink(missing_ok=True)


def atomic_write_text(path: Path, text: str) -> None:
    """Replace a file with UTF-8 text, keeping the text's line endings; on failure, the old file remains."""
    with atomic_write(path) as partial:
        partial.write_text(text, encoding="utf-8", newline="")


def check_writable(folder: Path) -> None:
    """Check before a long task that a folder is writable or can be created; nothing is created.

    Raises:
        SettingError: the folder cannot be created or is not writable.
    """
    place = folder
    while not place.exists():
        place = place.parent
    if not place.is_dir() or not os.access(place, os.W_OK | os.X_OK):
        raise SettingError(
            "out-not-writable", "{path}: not a writable folder; choose another {out}", path=folder
        )


def write_text_files(folder: Path, texts: Mapping[str, str]) -> None:
    """Write text files to a folder, which is created if it does not exist.

    Args:
        folder: the folder to write to.
        texts: file name → text.

    Raises:
        SettingError: the folder is not writable.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            atomic_write_text(folder / name, text)
    except OSError as error:
        raise SettingError(
            "not-written",
            "{path}: cannot be written ({reason}); choose another {out}",
            path=folder,
            reason=error.strerror,
        ) from error
