"""What a single line of a screenplay looks like: a heading, a transition, a cue."""

from __future__ import annotations

import re

HEADING_PREFIX = r"(?:INT|EXT|EST|INT\.?/EXT|EXT\.?/INT|I/E)[. ]"
"""How a scene heading begins, as a regular expression."""
_HEADING_PREFIX = re.compile(HEADING_PREFIX, re.IGNORECASE)


def is_scene_heading(text: str) -> bool:
    """Whether a line opens a scene without being forced to."""
    return bool(_HEADING_PREFIX.match(text.strip()))


def is_transition(text: str) -> bool:
    """Whether a line is a transition without being forced to."""
    return text.endswith("TO:") and text == text.upper()


def is_centered(text: str) -> bool:
    """Whether a line is centred between > and <."""
    return text.startswith(">") and text.endswith("<") and len(text) > 1


def is_parenthetical(text: str) -> bool:
    """Whether a line within a speech says how it is spoken."""
    return text.startswith("(") and text.endswith(")")


def character_name(text: str) -> str:
    """The name in a character cue: "EDWARD (V.O.) (CONT'D)" is EDWARD."""
    return re.sub(r"\s*\([^()]*\)?", "", text).strip()


def is_character_line(text: str) -> bool:
    """Whether a line reads as a character cue: a name in capitals, extensions in any case."""
    name = character_name(text.rstrip("^ "))
    return name == name.upper() and any(c.isalpha() for c in name) and not is_transition(text)
