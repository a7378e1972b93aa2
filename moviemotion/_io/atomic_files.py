"""Files appear whole: they are written beside their place and then renamed."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from moviemotion.errors import MoviemotionError


@contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """A path beside `path` to write to; it takes the place of `path` in the end, or goes if that fails."""
    partial = path.with_name(path.name + ".partial")
    try:
        yield partial
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def delete_partial_files(folder: Path) -> None:
    """Delete what was cut off while it was being written, in a folder where nothing is at work."""
    for partial in folder.rglob("*.partial"):
        partial.unlink(missing_ok=True)


def atomic_write_text(path: Path, text: str) -> None:
    """Write UTF-8 text, line ends as they are, in place of what was there; or leave that as it was."""
    with atomic_write(path) as partial:
        partial.write_text(text, encoding="utf-8", newline="")


def check_writable(folder: Path) -> None:
    """Look before long work whether a folder can be made and written; nothing is made.

    Raises:
        MoviemotionError: it cannot.
    """
    place = folder
    while not place.exists():
        place = place.parent
    if not place.is_dir() or not os.access(place, os.W_OK | os.X_OK):
        raise MoviemotionError(f"{folder}: no folder that can be written; choose another --out")


def write_text_files(folder: Path, texts: Mapping[str, str]) -> None:
    """Write files by name into a folder, which is made if need be.

    Raises:
        MoviemotionError: the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            atomic_write_text(folder / name, text)
    except OSError as error:
        raise MoviemotionError(
            f"{folder}: cannot be written ({error.strerror}); choose another --out"
        ) from error
