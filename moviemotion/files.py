"""Files appear whole: they are written beside their place and then renamed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def appearing(path: Path) -> Iterator[Path]:
    """A path beside `path` to write to; it takes the place of `path` in the end, or goes if that fails."""
    partial = path.with_name(path.name + ".partial")
    try:
        yield partial
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def write_whole(path: Path, text: str) -> None:
    """Write UTF-8 text, line ends as they are, in place of what was there; or leave that as it was."""
    with appearing(path) as partial:
        partial.write_text(text, encoding="utf-8", newline="")
