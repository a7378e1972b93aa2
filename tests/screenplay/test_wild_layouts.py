from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from difflib import SequenceMatcher
from pathlib import Path

import pytest
from refusal import refused_in_one_line
from wild_layouts import Line, flat, layouts, synthetic_script, text_of, typed

from moviemotion.screenplay.elements import Element, ElementKind
from moviemotion.screenplay.formats.format_registry import read_screenplay

SCRIPT = synthetic_script(scenes=40, seed=3)
LONG_SCRIPT = synthetic_script(scenes=70, seed=4)
LAYOUTS = layouts(SCRIPT)


def speeches(elements: Iterable[Element]) -> list[str]:
    """Speakers and their words, regardless of case and parentheticals."""
    found: list[str] = []
    for element in elements:
        if element.kind is ElementKind.CHARACTER:
            found.append(f"{element.character}:")
        elif element.kind is ElementKind.DIALOGUE:
            found[-1] += f" {element.text}"
    return [" ".join(re.sub(r"\([^)]*\)", "", speech).lower().split()) for speech in found]


def headings(elements: Iterable[Element]) -> list[str]:
    return [element.text for element in elements if element.kind is ElementKind.SCENE_HEADING]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_speeches_are_read_in_every_layout(tmp_path: Path, layout: str) -> None:
    text, bar = LAYOUTS[layout]
    path = tmp_path / "film.txt"
    path.write_text(text, encoding="utf-8")
    read = read_screenplay(path).elements
    true, found = speeches(SCRIPT), speeches(read)
    blocks = SequenceMatcher(None, true, found, autojunk=False).get_matching_blocks()
    assert sum(block.size for block in blocks) >= bar * max(len(true), len(found))
    assert headings(read) == headings(SCRIPT)


@pytest.mark.parametrize("make", [typed, lambda elements: flat(typed(elements))], ids=["indented", "flat"])
@pytest.mark.parametrize(
    "printed",
    [
        "THE {place}",
        "{place} - NIGHT",
        "{place} – NACHT",
        "{number}   {place}",
        "{number}   INT. {place} - DAY     {number}",
        "INTERIOR: {place}",
        "{place} - INT. JOUR",
        "Int. {place} - Day",
        "int. {place}",
        "SZENE {number}. {place}",
        "{number}. ИНТ. {place}. ДЕНЬ",
        "CUT TO: EXT. {place}",
    ],
)
def test_every_scene_is_found(
    tmp_path: Path, printed: str, make: Callable[[Sequence[Element]], list[Line]]
) -> None:
    written, scene = list[Element](), 0
    places = ["HARBOUR", "HOUSE", "GARDEN", "ATTIC"]
    for element in LONG_SCRIPT:
        if element.kind is ElementKind.SCENE_HEADING:
            scene += 1
            place = f"{element.text.split()[1]} {places[scene % 4]}"
            element = replace(element, text=printed.format(place=place, number=scene))  # noqa: PLW2901
        written.append(element)
    path = tmp_path / "film.txt"
    path.write_text(text_of(make(written)), encoding="utf-8")
    read = read_screenplay(path).elements
    assert len(headings(read)) == scene
    assert speeches(read) == speeches(written)


@pytest.mark.parametrize(
    ("printed", "number", "read"),
    [
        ("12   A STREET - DAY", "12", "A STREET - DAY"),
        ("12A  A STREET - DAY      12A", "12A", "A STREET - DAY"),
        ("A STREET - NIGHT", None, "A STREET - NIGHT"),
        ("INT - A STREET", None, "INT - A STREET"),
        ("INTERIOR: A STREET", None, "INTERIOR: A STREET"),
        ("I/E. CAR - DAY", None, "I/E. CAR - DAY"),
        ("EXT/INT CAR - DAY", None, "EXT/INT CAR - DAY"),
        ("Int. Car - Day", None, "Int. Car - Day"),
    ],
)
def test_printed_scene_headings(tmp_path: Path, printed: str, number: str | None, read: str) -> None:
    speech = text_of(typed([e for e in SCRIPT[:12] if e.kind is not ElementKind.SCENE_HEADING]))
    path = tmp_path / "film.txt"
    path.write_text(f"{' ' * 15}{printed}\n{speech}", encoding="utf-8")
    found = [e for e in read_screenplay(path).elements if e.kind is ElementKind.SCENE_HEADING]
    assert [(e.number, e.text) for e in found] == [(number, read)]


def test_a_script_without_recognizable_speakers_is_rejected(tmp_path: Path) -> None:
    path = tmp_path / "film.txt"
    path.write_text("INT. SHED - DAY\n\nANNA Hello. And the boat?\n\nBO Gone.\n", encoding="utf-8")
    with refused_in_one_line(path, "scenes were found, but no speakers"):
        read_screenplay(path)
