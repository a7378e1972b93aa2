"""What a screenplay is made of: the records that every reader of screenplay files fills."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class Kind(StrEnum):
    """What an element of a screenplay is."""

    SECTION = "section"
    SYNOPSIS = "synopsis"
    SCENE_HEADING = "scene heading"
    ACTION = "action"
    CHARACTER = "character"
    PARENTHETICAL = "parenthetical"
    DIALOGUE = "dialogue"
    LYRICS = "lyrics"
    TRANSITION = "transition"
    CENTERED = "centered"
    PAGE_BREAK = "page break"


@dataclass(frozen=True)
class Element:
    """One element of a screenplay.

    Attributes:
        kind: what it is.
        text: its text without Fountain marks; lines joined by newlines.
        line: number of its first line in the source file, from 1.
        lines: how many source lines it takes.
        scene: number of the scene it is in, from 1 in order of appearance; 0 before the first heading.
        character: who speaks (dialogue, parentheticals, lyrics and the character element), else None;
            without extensions such as (V.O.).
        dual: true where the speech stands beside the one before it.
    """

    kind: Kind
    text: str
    line: int
    lines: int
    scene: int
    character: str | None = None
    dual: bool = False


@dataclass(frozen=True)
class Screenplay:
    """A screenplay: its title, its source lines as read, and its elements in order."""

    title: str
    path: Path
    source: tuple[str, ...]
    elements: tuple[Element, ...]
