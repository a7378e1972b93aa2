"""Write a screenplay as Fountain, forcing an element's kind where its text alone would not give it."""

from __future__ import annotations

import re

from moviemotion.story.elements import Element, Kind, Screenplay
from moviemotion.story.fountain import is_centered, is_cue, is_heading, is_transition

_OWN_MARKS = tuple("#=~>!@.")


def write_fountain(screenplay: Screenplay) -> str:
    """The screenplay as Fountain; reading it again gives the same title and elements.

    Emphasis, scene numbers and the depth of sections, which elements do not carry, are not written.
    Fountain cannot spell two opening brackets in a row in its text; they are set apart.
    """
    parts = [f"Title: {_escaped(screenplay.title)}\n"]
    for element in screenplay.elements:
        in_speech = element.kind in (Kind.PARENTHETICAL, Kind.DIALOGUE)
        sung_in_speech = element.kind is Kind.LYRICS and element.character is not None
        parts.append(("" if in_speech or sung_in_speech else "\n") + _written(element) + "\n")
    return "".join(parts)


def _escaped(text: str) -> str:
    return re.sub(r"([\\*_])", r"\\\1", text).replace("[[", "[ [")


def _written(element: Element) -> str:
    text = _escaped(element.text)
    lines = text.split("\n")
    match element.kind:
        case Kind.SCENE_HEADING:
            return text if is_heading(text) else f".{text}"
        case Kind.ACTION:
            forced = is_heading(text) or is_transition(text) or (len(lines) > 1 and is_cue(lines[0]))
            return "\n".join(
                f"!{line}" if line.startswith(_OWN_MARKS) or (forced and k == 0) else line
                for k, line in enumerate(lines)
            )
        case Kind.CHARACTER:
            plain_cue = is_cue(text) and not is_heading(text) and not text.startswith(_OWN_MARKS)
            return ("" if plain_cue else "@") + text + (" ^" if element.dual else "")
        case Kind.DIALOGUE:
            return "\n".join(line or "  " for line in lines)  # two spaces keep the speech going
        case Kind.LYRICS:
            return "\n".join(f"~{line}" for line in lines)
        case Kind.TRANSITION:
            return text if is_transition(text) and not is_centered(f">{text}") else f"> {text}"
        case Kind.CENTERED:
            return "\n".join(f"> {line} <" for line in lines)
        case Kind.SECTION:
            return f"# {text}"
        case Kind.SYNOPSIS:
            return f"= {text}"
        case Kind.PAGE_BREAK:
            return "==="
        case _:
            return text
