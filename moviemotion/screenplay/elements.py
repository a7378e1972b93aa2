"""What a screenplay is made of: the records that every reader of screenplay files fills."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntFlag, StrEnum
from pathlib import Path


class ElementKind(StrEnum):
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


SPEECH_KINDS = (ElementKind.PARENTHETICAL, ElementKind.DIALOGUE, ElementKind.LYRICS)
"""What stands under a character cue."""


class TextStyle(IntFlag):
    """How letters are set apart."""

    ITALIC = 1
    BOLD = 2
    UNDERLINE = 4


@dataclass(frozen=True)
class Emphasis:
    """A run of emphasised letters: `text[start:end]` of its element, within one line."""

    start: int
    end: int
    style: TextStyle


@dataclass(frozen=True)
class Element:
    """One element of a screenplay.

    Attributes:
        kind: what it is.
        text: its text without Fountain marks; lines joined by newlines.
        line: number of its first line in `Screenplay.source`, from 1.
        lines: how many source lines it takes.
        scene: number of the scene it is in, from 1 in order of appearance; 0 before the first heading.
        character: who speaks (dialogue, parentheticals, lyrics and the character element), else None;
            without extensions such as (V.O.).
        dual: true where the speech stands beside the one before it.
        number: a scene heading's number as the script prints it, such as 12A.
        level: depth of a section, from 1; 0 for all else.
        page: the page it starts on: as printed there, else counted; None where the file has no pages.
        eighths: a scene heading's scene in eighths of a page, at least 1; None for all else, and where the
            file neither says so nor has pages.
        emphasis: its emphasised letters, in order and apart.
    """

    kind: ElementKind
    text: str
    line: int
    lines: int
    scene: int
    character: str | None = None
    dual: bool = False
    number: str | None = None
    level: int = 0
    page: int | None = None
    eighths: int | None = None
    emphasis: tuple[Emphasis, ...] = ()


def speech_end(elements: Sequence[Element], index: int) -> int:
    """The index after a cue at `at` and what is said under it; `at` where no cue is."""
    if elements[index].kind is not ElementKind.CHARACTER:
        return index
    end = index + 1
    while end < len(elements) and elements[end].character and elements[end].kind is not ElementKind.CHARACTER:
        end += 1
    return end


@dataclass(frozen=True)
class ScreenplayNote:
    """A writer's note beside the script, which is not of the film.

    Attributes:
        text: what it says; lines joined by newlines.
        element: index of the element it stands in or after; -1 before the first.
    """

    text: str
    element: int


@dataclass(frozen=True)
class Screenplay:
    """A screenplay: its title, its source lines as read, and its elements in order.

    Attributes:
        source: the file's lines; of a PDF its pages laid out as text, each page's first line beginning with
            a form feed.
        title_page: keys and values of the title page, as written; lines joined by newlines.
        notes: the writer's notes, in order.
    """

    title: str
    path: Path
    source: tuple[str, ...]
    elements: tuple[Element, ...]
    title_page: tuple[tuple[str, str], ...] = ()
    notes: tuple[ScreenplayNote, ...] = ()
