"""The screenplay's data model: `Screenplay`, `Element` and the records they contain.

Every parser in `moviemotion.screenplay.formats` returns a `Screenplay`, and all later steps read it.
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
"""The kinds that follow a character name: what the character says, or how it is said."""


class TextStyle(IntFlag):
    """Type styles, which can be combined."""

    ITALIC = 1
    BOLD = 2
    UNDERLINE = 4


@dataclass(frozen=True)
class Emphasis:
    """A run of emphasized characters: `text[start:end]` of its element, within one line."""

    start: int
    end: int
    style: TextStyle


@dataclass(frozen=True)
class Element:
    """One element of a screenplay.

    Attributes:
        kind: the kind of element.
        text: the text without markup; lines are joined by newlines.
        line: number of the element's first line in `Screenplay.source`, counting from 1.
        lines: the number of source lines that the element occupies.
        scene: number of the scene that contains the element, counting from 1; 0 before the first heading.
        character: the speaker's name without extensions such as (V.O.), for characters, dialogue,
            parentheticals and lyrics; otherwise None.
        dual: whether the speech is simultaneous with the previous speech (dual dialogue).
        number: a scene heading's number as printed in the script, such as 12A.
        level: depth of a section, counting from 1; 0 for other elements.
        page: number of the page on which the element starts. It is the printed number if there is one,
            otherwise the number obtained by counting pages. None if the file has no pages.
        eighths: for a scene heading, the length of the scene in eighths of a page, at least 1; None for other
            elements, or if the file has neither pages nor scene lengths.
        emphasis: runs of emphasized characters, in order and without overlaps.
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
    """The index just after the speech of the character at `index`; `index` itself if there is no speech."""
    if elements[index].kind is not ElementKind.CHARACTER:
        return index
    end = index + 1
    while end < len(elements) and elements[end].character and elements[end].kind is not ElementKind.CHARACTER:
        end += 1
    return end


@dataclass(frozen=True)
class ScreenplayNote:
    """A writer's note in the script, which is not part of the film.

    Attributes:
        text: the note; lines are joined by newlines.
        element: index of the element that contains or precedes the note; -1 before the first element.
    """

    text: str
    element: int


@dataclass(frozen=True)
class Screenplay:
    """A screenplay as a sequence of elements.

    Attributes:
        title: the title, or the file name without its suffix.
        path: the file from which the screenplay was read.
        source: the lines of the file; for a PDF, its pages as lines of text, where the first line of each
            page starts with a form feed.
        elements: the elements in order.
        title_page: keys and values of the title page as written; lines are joined by newlines.
        notes: the writer's notes, in order.
        scanned_pages: the number of pages that are images without text, apart from a cover.
    """

    title: str
    path: Path
    source: tuple[str, ...]
    elements: tuple[Element, ...]
    title_page: tuple[tuple[str, str], ...] = ()
    notes: tuple[ScreenplayNote, ...] = ()
    scanned_pages: int = 0
