"""Hypothesis strategies for random screenplays, for properties that hold for every screenplay."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from hypothesis import strategies as st

from moviemotion.screenplay.elements import (
    Element,
    ElementKind,
    Emphasis,
    Screenplay,
    ScreenplayNote,
    TextStyle,
)

WORD = st.builds(str.__add__, st.sampled_from("abéABC"), st.text("ab0'*_\\#.,?-", max_size=4))
PLACE = st.sampled_from(
    ["INT. KITCHEN - DAY", "EXT. SEA/SHORE - NIGHT", "I/E CAR", "Somewhere else", "EST. CITY"]
)
NAME = st.sampled_from(["ANNA", "Mc'BO", "R2D2", "THE OLD MAN", "ÉMILE"])
EXTENSION = st.sampled_from(["", "", " (V.O.)", " (O.S.) (CONT'D)"])


@st.composite
def line(draw: st.DrawFn, emphasized: bool = True) -> tuple[str, tuple[Emphasis, ...]]:
    """A line of words, some of them emphasized."""
    text, runs = "", list[Emphasis]()
    for word in draw(st.lists(WORD, min_size=1, max_size=3)):
        start = len(text) + bool(text)
        text += " " * bool(text) + word
        style = draw(st.sampled_from([0, 0, 1, 2, 3, 4, 5, 6, 7])) if emphasized else 0
        if style:
            runs.append(Emphasis(start, len(text), TextStyle(style)))
    return text, tuple(runs)


@st.composite
def lines(draw: st.DrawFn, most: int = 3) -> tuple[str, tuple[Emphasis, ...]]:
    """A few lines of words and their emphasis."""
    text, runs = "", list[Emphasis]()
    for one, emphasis in draw(st.lists(line(), min_size=1, max_size=most)):
        start = len(text) + bool(text)
        text += "\n" * bool(text) + one
        runs += [Emphasis(start + e.start, start + e.end, e.style) for e in emphasis]
    return text, tuple(runs)


@st.composite
def speech(draw: st.DrawFn, dual: bool) -> list[Element]:
    """A character and its speech."""
    name = draw(NAME)

    def said(kind: ElementKind, text: str, emphasis: tuple[Emphasis, ...] = ()) -> Element:
        return Element(kind, text, 1, 1, 0, name, dual, emphasis=emphasis)

    found = [said(ElementKind.CHARACTER, name + draw(EXTENSION))]
    if draw(st.booleans()):
        found.append(said(ElementKind.PARENTHETICAL, f"({draw(WORD)})"))
    found.append(said(ElementKind.DIALOGUE, *draw(lines())))
    if draw(st.booleans()):
        found.append(
            said(draw(st.sampled_from([ElementKind.LYRICS, ElementKind.PARENTHETICAL])), f"({draw(WORD)})")
        )
        found.append(said(ElementKind.DIALOGUE, *draw(lines())))
    return found


@st.composite
def screenplay(draw: st.DrawFn) -> Screenplay:
    """A screenplay with elements of every kind, scene numbers, dual dialogue, emphasis and notes."""
    found: list[Element] = []
    for kind in draw(st.lists(st.sampled_from([*ElementKind]), min_size=1, max_size=6)):
        match kind:
            case ElementKind.CHARACTER | ElementKind.DIALOGUE | ElementKind.PARENTHETICAL:
                found += draw(speech(dual=False))
                if draw(st.booleans()):
                    found += draw(speech(dual=True))
            case ElementKind.SCENE_HEADING:
                number = draw(st.sampled_from([None, "1", "12A", "A-3.1"]))
                found.append(Element(kind, draw(PLACE), 1, 1, 0, number=number))
            case ElementKind.ACTION:
                text, emphasis = draw(lines())
                found.append(Element(kind, text, 1, 1, 0, emphasis=emphasis))
            case ElementKind.TRANSITION:
                found.append(Element(kind, draw(st.sampled_from(["CUT TO:", "Fade to black."])), 1, 1, 0))
            case ElementKind.PAGE_BREAK:
                found.append(Element(kind, "", 1, 1, 0))
            case ElementKind.SECTION:
                text, emphasis = draw(line())
                level = draw(st.integers(1, 4))
                found.append(Element(kind, text, 1, 1, 0, level=level, emphasis=emphasis))
            case ElementKind.SYNOPSIS:
                text, emphasis = draw(line())
                found.append(Element(kind, text, 1, 1, 0, emphasis=emphasis))
            case _:
                text, emphasis = draw(lines(most=2))
                if found and found[-1].kind is kind:
                    continue  # neighbours of these kinds are one element
                found.append(Element(kind, text, 1, 1, 0, emphasis=emphasis))
    scene, numbered = 0, list[Element]()
    for element in found:
        scene += element.kind is ElementKind.SCENE_HEADING
        numbered.append(replace(element, scene=scene))
    places = st.integers(-1, len(found) - 1)
    notes = draw(
        st.lists(st.tuples(st.sampled_from(["why?", "two\nlines", "a ] b *c*"]), places), max_size=3)
    )
    ordered = sorted((ScreenplayNote(*n) for n in notes), key=lambda note: note.element)
    page = (("Title", draw(WORD)), ("Author", "A. B.\nC. D."), ("Draft date", ""))
    return Screenplay("x", Path("x.fountain"), (), tuple(numbered), page, tuple(ordered))
