"""The screenplay's data model: `Screenplay`, `Element` and the records they hold.

Every parser in `moviemotion.screenplay.formats` returns these, and everything downstream reads them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntFlag, StrEnum
from pathlib import Path


class ElementKind(StrEnum):
    """The kinds of screenplay elements."""

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
"""The kinds that follow a character and are spoken by it, or say how it speaks."""


class TextStyle(IntFlag):
    """Type styles; they can be combined."""

    ITALIC = 1
    BOLD = 2
    UNDERLINE = 4


@dataclass(frozen=True)
class Emphasis:
    """A run of emphasized letters: `text[start:end]` of its element, within one line."""

    start: int
    end: int
    style: TextStyle


@dataclass(frozen=True)
class Element:
    """One element of a screenplay.

    Attributes:
        kind: what it is.
        text: its text without markup; lines are joined by newlines.
        line: number of its first line in `Screenplay.source`, from 1.
        lines: how many source lines it takes.
        scene: number of the scene it is in, counted from 1; 0 before the first heading.
        character: the speaker's name without extensions such as (V.O.), for characters, dialogue,
            parentheticals and lyrics; else None.
        dual: whether the speech is spoken at the same time as the one before it (dual dialogue).
        number: a scene heading's number as the script prints it, such as 12A.
        level: depth of a section, from 1; 0 for other elements.
        page: the page it starts on, as printed or else counted; None if the file has no pages.
        eighths: for a scene heading, the length of the scene in eighths of a page, at least 1; None for other
            elements, and if the file has neither pages nor scene lengths.
        emphasis: its emphasized letters, in order and without overlap.
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
    """The index after the speech that starts with the character at `index`; without one, `index` itself."""
    if elements[index].kind is not ElementKind.CHARACTER:
        return index
    end = index + 1
    while end < len(elements) and elements[end].character and elements[end].kind is not ElementKind.CHARACTER:
        end += 1
    return end


@dataclass(frozen=True)
class ScreenplayNote:
    """A writer's note in the script; it is not part of the film.

    Attributes:
        text: its text; lines are joined by newlines.
        element: index of the element it is in or follows; -1 before the first.
    """

    text: str
    element: int


@dataclass(frozen=True)
class Screenplay:
    """A screenplay.

    Attributes:
        title: its title, or the stem of its file's name.
        path: the file it was read from.
        source: the lines of the file; for a PDF, its pages as lines of text, where the first line of each
            page starts with a form feed.
        elements: its elements in order.
        title_page: keys and values of the title page as written; lines are joined by newlines.
        notes: the writer's notes, in order.
    """

    title: str
    path: Path
    source: tuple[str, ...]
    elements: tuple[Element, ...]
    title_page: tuple[tuple[str, str], ...] = ()
    notes: tuple[ScreenplayNote, ...] = ()
