"""Fountain's patterns for single lines: scene headings, transitions, character names."""

from __future__ import annotations

import re

HEADING_PREFIX = r"(?:INT|EXT|EST|INT\.?/EXT|EXT\.?/INT|I/E)[. ]"
"""Regular expression for the start of a scene heading."""
_HEADING_PREFIX = re.compile(HEADING_PREFIX, re.IGNORECASE)


def is_scene_heading(text: str) -> bool:
    """Whether a line is a scene heading without a forcing mark."""
    return bool(_HEADING_PREFIX.match(text.strip()))


def is_transition(text: str) -> bool:
    """Whether a line is a transition without a forcing mark."""
    return text.endswith("TO:") and text == text.upper()


def is_centered(text: str) -> bool:
    """Whether a line is centered, that is, enclosed in > and <."""
    return text.startswith(">") and text.endswith("<") and len(text) > 1


def is_parenthetical(text: str) -> bool:
    """Whether a line of a speech is a parenthetical."""
    return text.startswith("(") and text.endswith(")")


def character_name(text: str) -> str:
    """The name on a character line, such as EDWARD in "EDWARD (V.O.) (CONT'D)"."""
    return re.sub(r"\s*\([^()]*\)?", "", text).strip()


def is_character_line(text: str) -> bool:
    """Whether a line can be a character name: in capitals, but with extensions in any letter case."""
    name = character_name(text.rstrip("^ "))
    return name == name.upper() and any(c.isalpha() for c in name) and not is_transition(text)
