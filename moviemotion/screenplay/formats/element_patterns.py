"""Fountain's patterns for single lines: transitions, character names, parentheticals."""

from __future__ import annotations

import re

_EXTENSION = re.compile(r"\([^()]*\)?")
_MAX_CASELESS_NAME = 20
_SENTENCE_ENDS = ".!?…。！？」』”؟।"


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
    return "".join(part.rstrip() for part in _EXTENSION.split(text)).strip().removesuffix(":").rstrip()


def is_character_line(text: str) -> bool:
    """Whether a line can be a character name: in capitals, but with extensions in any letter case."""
    name = character_name(text.rstrip("^ "))
    if name != name.upper() or not any(c.isalpha() for c in name) or is_transition(text):
        return False
    # Scripts such as Chinese have no capitals, so sentences are told apart by length and punctuation.
    has_capitals = name != name.lower()
    return has_capitals or (len(name) <= _MAX_CASELESS_NAME and name[-1] not in _SENTENCE_ENDS)
