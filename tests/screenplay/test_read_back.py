"""The figures of a script, and which of them are doubted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from wild_layouts import synthetic_script

from moviemotion.screenplay.elements import Element, ElementKind, Screenplay
from moviemotion.screenplay.formats.format_registry import read_screenplay
from moviemotion.screenplay.read_back import ReadBack, read_back

SHARED = Path(__file__).parents[3] / "shared"
SCRIPTS = [
    path
    for path in sorted(SHARED.glob("data/scripts/**/*"))
    if path.suffix in (".fountain", ".fdx", ".pdf", ".txt") and "screenplain" not in path.name
]
PLAIN = synthetic_script(scenes=80, seed=6)


def read(elements: Sequence[Element], name: str = "film.fountain") -> ReadBack:
    return read_back(Screenplay("T", Path(name), (), tuple(elements)))


def as_kind(old: ElementKind, new: ElementKind, every: int = 1) -> list[Element]:
    """The script with elements of one kind taken for another."""
    count = 0
    changed = []
    for element in PLAIN:
        if element.kind is old:
            count += 1
            element = replace(element, kind=new) if count % every == 0 else element  # noqa: PLW2901
        changed.append(element)
    return changed


def test_figures() -> None:
    found = read(PLAIN)
    speeches = sum(e.kind is ElementKind.CHARACTER for e in PLAIN)
    assert found.doubts == ()
    assert found.sentence() == f"80 scenes, {speeches} speeches, 4 speakers, about {found.pages} pages"
    assert sum(found.speeches_of.values()) == speeches
    assert list(found.speeches_of.values()) == sorted(found.speeches_of.values(), reverse=True)
    assert 40 < found.pages < 80
    pages = [replace(e, page=3 + k // 30) for k, e in enumerate(PLAIN[:60])]
    assert read(pages).sentence().endswith(" speakers, 2 pages")
    one = read([Element(ElementKind.SCENE_HEADING, "INT. A", 1, 1, 1)])
    assert one.sentence() == "1 scene, 0 speeches, 0 speakers, about 1 page"


@pytest.mark.parametrize(
    ("elements", "doubt"),
    [
        (as_kind(ElementKind.SCENE_HEADING, ElementKind.ACTION), "no scene heading was found"),
        (
            [e for e in PLAIN if e.kind is not ElementKind.SCENE_HEADING or e.scene == 1],
            "only 1 scene on about",
        ),
        ([e for e in PLAIN if e.kind is not ElementKind.CHARACTER], "only 0 speeches on about"),
        (as_kind(ElementKind.ACTION, ElementKind.CENTERED), "action was taken for centered text"),
        (as_kind(ElementKind.DIALOGUE, ElementKind.SCENE_HEADING), "scenes on about"),
        (
            [replace(e, text=e.text * 30) if e.kind is ElementKind.DIALOGUE else e for e in PLAIN],
            "words on average",
        ),
        ([replace(e, character=f"{e.character} {k}") for k, e in enumerate(PLAIN)], "speak only once"),
    ],
    ids=["no scenes", "one scene", "no speeches", "centered", "scenes", "long speeches", "names"],
)
def test_implausible_figures_are_doubted(elements: Sequence[Element], doubt: str) -> None:
    doubts = read(elements).doubts
    assert any(doubt in one for one in doubts), doubts
    assert all(one.startswith("film.fountain: ") and "; " in one for one in doubts)


def test_headings_told_by_capitals_alone_are_doubted() -> None:
    bare = [
        replace(e, text="THE KITCHEN", number=None) if e.kind is ElementKind.SCENE_HEADING else e
        for e in PLAIN
    ]
    assert "in capitals were taken for headings" in "".join(read(bare, "film.txt").doubts)
    assert read(bare, "film.fountain").doubts == ()
    assert read(PLAIN, "film.txt").doubts == ()


@pytest.mark.skipif(not SCRIPTS, reason="needs ../shared/data/scripts")
@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_real_scripts_are_not_doubted(path: Path) -> None:
    assert read_back(read_screenplay(path)).doubts == ()
