"""A check that bad input is rejected in one line that names the file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from moviemotion.errors import MoviemotionError


@contextmanager
def refused_in_one_line(path: Path, message: str) -> Iterator[None]:
    """Expect an error in the block: one line that names the file and matches a regular expression."""
    with pytest.raises(MoviemotionError, match=message) as caught:
        yield
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)
