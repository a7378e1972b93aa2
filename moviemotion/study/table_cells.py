"""What the tables that users give have in common: text in cells, and names in messages."""

from __future__ import annotations

from collections.abc import Iterable
from math import isnan

_SHOWN_NAMES = 8
"""Maximum number of names that are listed in a message."""


def cell_text(value: object) -> str:
    """A cell as text; empty if it is missing (None or NaN)."""
    return "" if value is None or (isinstance(value, float) and isnan(value)) else str(value).strip()


def listed(names: Iterable[str]) -> str:
    """The first names, and how many more there are."""
    every = list(names)
    more = f" and {len(every) - _SHOWN_NAMES} more" if len(every) > _SHOWN_NAMES else ""
    return ", ".join(every[:_SHOWN_NAMES]) + more
