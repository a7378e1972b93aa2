"""Atomic files: written beside their final place, then renamed, so that a file is never incomplete."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from moviemotion.errors import SettingError


@contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """A path beside `path` to write to; it replaces `path` afterwards, or is deleted if that fails."""
    partial = path.with_name(path.name + ".partial")
    try:
        yield partial
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def delete_partial_files(folder: Path) -> None:
    """Delete files that a killed program left incomplete; no program may be writing in the folder."""
    for partial in folder.rglob("*.partial"):
        partial.unlink(missing_ok=True)


def atomic_write_text(path: Path, text: str) -> None:
    """Replace a file by UTF-8 text, with its line ends as they are; on failure the old file stays."""
    with atomic_write(path) as partial:
        partial.write_text(text, encoding="utf-8", newline="")


def check_writable(folder: Path) -> None:
    """Check before long work that a folder can be created and written; nothing is created.

    Raises:
        SettingError: it cannot.
    """
    place = folder
    while not place.exists():
        place = place.parent
    if not place.is_dir() or not os.access(place, os.W_OK | os.X_OK):
        raise SettingError(
            "out-not-writable", "{path}: no folder that can be written; choose another {out}", path=folder
        )


def write_text_files(folder: Path, texts: Mapping[str, str]) -> None:
    """Write text files into a folder, which is created if it does not exist.

    Args:
        folder: to write into.
        texts: file name → text.

    Raises:
        SettingError: the folder cannot be written.
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
