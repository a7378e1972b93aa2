"""Write a screenplay as Fountain.

If the kind of an element cannot be inferred from its text, it is forced with a Fountain mark.
"""

from __future__ import annotations

from collections import defaultdict

from moviemotion.screenplay.elements import SPEECH_KINDS, Element, ElementKind, Screenplay
from moviemotion.screenplay.formats.element_patterns import (
    is_centered,
    is_character_line,
    is_transition,
)
from moviemotion.screenplay.formats.emphasis import escape_marks, mark_emphasis, strip_emphasis
from moviemotion.screenplay.formats.scene_headings import has_fountain_prefix, split_heading
from moviemotion.screenplay.formats.title_page import format_title_page

_ELEMENT_MARKS = tuple("#=~>!@.")


def write_fountain(screenplay: Screenplay) -> str:
    """Write a screenplay as Fountain. Reading the text again gives the same title page, elements and notes.

    There are three exceptions. Two opening brackets are separated by a space, because they would otherwise
    start a note. Emphasis that changes within a word is dropped. Page information is dropped, because
    Fountain does not support it.
    """
    notes = defaultdict(list)
    for note in screenplay.notes:
        notes[note.element].append(f"[[{note.text}]]\n")
    parts = [format_title_page(escape_marks(screenplay.title), screenplay.title_page)]
    parts += [f"\n{note}" for note in notes[-1]]
    for k, element in enumerate(screenplay.elements):
        continues_speech = element.kind in SPEECH_KINDS and element.character is not None
        parts.append(("" if continues_speech else "\n") + _format_element(element) + "\n")
        in_speech = element.character is not None
        # Within a speech, a note must not follow a blank line, because a blank line would end the speech.
        parts += [note if in_speech else f"\n{note}" for note in notes[k]]
    return "".join(parts)


def _format_element(element: Element) -> str:  # noqa: PLR0911 - one return statement per kind
    text = mark_emphasis(element.text, element.emphasis).replace("[[", "[ [")
    lines = text.split("\n")
    match element.kind:
        case ElementKind.SCENE_HEADING:
            number = f" #{element.number}#" if element.number else ""
            # Other programs know only Fountain's own forms, so all others are forced.
            return (text if has_fountain_prefix(text) else f".{text}") + number
        case ElementKind.ACTION:
            forced = (
                split_heading(strip_emphasis(lines[0])) is not None
                or is_transition(strip_emphasis(text))
                or (len(lines) > 1 and is_character_line(lines[0]))
            )
            return "\n".join(
                f"!{line}" if line.startswith(_ELEMENT_MARKS) or (forced and k == 0) else line
                for k, line in enumerate(lines)
            )
        case ElementKind.CHARACTER:
            recognized = (
                is_character_line(text)
                and split_heading(strip_emphasis(text)) is None
                and not text.startswith(_ELEMENT_MARKS)
            )
            return ("" if recognized else "@") + text + (" ^" if element.dual else "")
        case ElementKind.DIALOGUE:
            return "\n".join(line or "  " for line in lines)  # two spaces: the speech does not end here
        case ElementKind.LYRICS:
            return "\n".join(f"~{line}" for line in lines)
        case ElementKind.TRANSITION:
            return text if is_transition(text) and not is_centered(f">{text}") else f"> {text}"
        case ElementKind.CENTERED:
            return "\n".join(f"> {line} <" for line in lines)
        case ElementKind.SECTION:
            return "#" * max(element.level, 1) + f" {text}"
        case ElementKind.SYNOPSIS:
            return f"= {text}"
        case ElementKind.PAGE_BREAK:
            return "==="
        case _:
            return text
