"""What a single line of a screenplay looks like: a heading, a transition, a cue."""

from __future__ import annotations

import re

HEADING = r"(?:INT|EXT|EST|INT\.?/EXT|EXT\.?/INT|I/E)[. ]"
"""How a scene heading begins, as a regular expression."""
_HEADING = re.compile(HEADING, re.IGNORECASE)


def is_heading(text: str) -> bool:
    """Whether a line opens a scene without being forced to."""
    return bool(_HEADING.match(text.strip()))


def is_transition(text: str) -> bool:
    """Whether a line is a transition without being forced to."""
    return text.endswith("TO:") and text == text.upper()


def is_centered(text: str) -> bool:
    """Whether a line is centred between > and <."""
    return text.startswith(">") and text.endswith("<") and len(text) > 1


def is_parenthetical(text: str) -> bool:
    """Whether a line within a speech says how it is spoken."""
    return text.startswith("(") and text.endswith(")")


def character_name(cue: str) -> str:
    """The name in a character cue: "EDWARD (V.O.) (CONT'D)" is EDWARD."""
    return re.sub(r"\s*\([^()]*\)?", "", cue).strip()


def is_cue(text: str) -> bool:
    """Whether a line reads as a character cue: a name in capitals, extensions in any case."""
    name = character_name(text.rstrip("^ "))
    return name == name.upper() and any(c.isalpha() for c in name) and not is_transition(text)
