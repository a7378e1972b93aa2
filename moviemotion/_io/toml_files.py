"""Read TOML files that people write, within limits that keep the time to parse them short."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from moviemotion.errors import MoviemotionError

MAX_CHARACTERS, MAX_LINE = 1_000_000, 1000
"""Longest file and longest line: the time to parse a line grows with the square of its dotted keys."""


def read_toml(path: Path) -> dict[str, Any]:
    """Read a TOML file.

    Raises:
        MoviemotionError: the file cannot be read, is not valid TOML or is too long.
    """
    try:
        text = path.read_text(encoding="utf-8")
        if len(text) > MAX_CHARACTERS or any(len(line) > MAX_LINE for line in text.splitlines()):
            raise MoviemotionError(
                f"{path}: longer than {MAX_CHARACTERS:,} characters, or a line is longer than {MAX_LINE:,}; "
                "check that it is the right file"
            )
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        reason = "nested too deeply" if isinstance(error, RecursionError) else error
        raise MoviemotionError(f"{path}: not valid TOML ({reason}); correct the file") from error
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8 text"
        raise MoviemotionError(f"{path}: cannot be read ({reason}); check the file") from error
