from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from random_screenplays import screenplay

from moviemotion.screenplay.elements import Element, ElementKind, Emphasis, Screenplay, TextStyle
from moviemotion.screenplay.formats.element_patterns import is_character_line
from moviemotion.screenplay.formats.format_registry import read_screenplay
from moviemotion.screenplay.formats.fountain import parse_fountain, parse_notes
from moviemotion.screenplay.formats.fountain_writer import write_fountain
from moviemotion.screenplay.formats.title_page import parse_title, parse_title_page, title_page_length

SHARED = Path(__file__).parents[3] / "shared" / "data" / "scripts"
needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason="needs ../shared/data/scripts")


def parse(text: str) -> tuple[Element, ...]:
    return parse_fountain(text.split("\n"))


def kinds(text: str) -> list[tuple[ElementKind, str]]:
    return [(e.kind, e.text) for e in parse(text)]


def content(elements: tuple[Element, ...]) -> list[tuple[object, ...]]:
    """The elements without their positions in the file."""
    return [(e.kind, e.text, e.scene, e.character, e.dual, e.number, e.level, e.emphasis) for e in elements]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("INT. KITCHEN - NIGHT #12A#", [(ElementKind.SCENE_HEADING, "INT. KITCHEN - NIGHT")]),
        ("i/e car - day", [(ElementKind.SCENE_HEADING, "i/e car - day")]),
        (".SNIPER SCOPE", [(ElementKind.SCENE_HEADING, "SNIPER SCOPE")]),
        ("...and then", [(ElementKind.ACTION, "...and then")]),
        ("INTERIOR light falls.", [(ElementKind.ACTION, "INTERIOR light falls.")]),
        ("!INT. NOT A SCENE", [(ElementKind.ACTION, "INT. NOT A SCENE")]),
        ("CUT TO:\n\nShe runs.", [(ElementKind.TRANSITION, "CUT TO:"), (ElementKind.ACTION, "She runs.")]),
        ("> Burn to pink.", [(ElementKind.TRANSITION, "Burn to pink.")]),
        ("> ONE <\n> TWO <", [(ElementKind.CENTERED, "ONE\nTWO")]),
        ("# Act\n\n= What happens", [(ElementKind.SECTION, "Act"), (ElementKind.SYNOPSIS, "What happens")]),
        (
            "One.\n\n====\n\nTwo.",
            [(ElementKind.ACTION, "One."), (ElementKind.PAGE_BREAK, ""), (ElementKind.ACTION, "Two.")],
        ),
        ("~la la\n~la", [(ElementKind.LYRICS, "la la\nla")]),
        (
            "Steel's _face *fills*_ the **scope**, 5\\*.",
            [(ElementKind.ACTION, "Steel's face fills the scope, 5*.")],
        ),
        ("BANG", [(ElementKind.ACTION, "BANG")]),
        ("BANG\n\nSilence.", [(ElementKind.ACTION, "BANG"), (ElementKind.ACTION, "Silence.")]),
    ],
)
def test_each_kind_of_element(text: str, expected: list[tuple[ElementKind, str]]) -> None:
    assert kinds(text) == expected


def test_a_speech_with_all_kinds_of_elements() -> None:
    speech = parse("@McAVOY (V.O.) (CONT'D)\n(low)\nFirst line\nsecond line.\n~sung\n  \nAfter the gap.")
    assert [(e.kind, e.text) for e in speech] == [
        (ElementKind.CHARACTER, "McAVOY (V.O.) (CONT'D)"),
        (ElementKind.PARENTHETICAL, "(low)"),
        (ElementKind.DIALOGUE, "First line\nsecond line."),
        (ElementKind.LYRICS, "sung"),
        (ElementKind.DIALOGUE, "\nAfter the gap.".strip()),
    ]
    assert {e.character for e in speech} == {"McAVOY"}


def test_emphasis_is_stored_as_runs_of_letters() -> None:
    (action,) = parse("A *b* **c** ***d*** _e *f*_ g\\*h")
    assert action.text == "A b c d e f g*h"
    assert action.emphasis == (
        Emphasis(2, 3, TextStyle.ITALIC),
        Emphasis(4, 5, TextStyle.BOLD),
        Emphasis(6, 7, TextStyle.BOLD | TextStyle.ITALIC),
        Emphasis(8, 10, TextStyle.UNDERLINE),
        Emphasis(10, 11, TextStyle.UNDERLINE | TextStyle.ITALIC),
    )
    assert parse("2 * 3 * 4 and snake_case")[0].emphasis == ()


def test_scene_numbers_and_depths_of_sections() -> None:
    elements = parse("### Beat\n\nINT. A - DAY #12-B.1#\n\nINT. B #\n\nINT. C")
    assert [(e.text, e.number, e.level) for e in elements] == [
        ("Beat", None, 3),
        ("INT. A - DAY", "12-B.1", 0),
        ("INT. B #", None, 0),
        ("INT. C", None, 0),
    ]


def test_notes_are_stored_beside_the_elements() -> None:
    source = [
        "[[first]]",
        "",
        "INT. A",
        "",
        "ANNA",
        "Hello [[softer",
        "here]] there.",
        "",
        "Not [[a",
        "",
        "note]]",
    ]
    notes = parse_notes(source, parse_fountain(source))
    assert [(n.text, n.element) for n in notes] == [("first", -1), ("softer\nhere", 2)]


def test_dual_dialogue_marks_the_second_speech_only() -> None:
    assert [e.dual for e in parse("ANNA\nNow!\n\nBO (O.S.) ^\n(shouting)\nNow!")] == [False] * 2 + [True] * 3


def test_notes_are_removed_without_ending_a_speech() -> None:
    speech = parse("ANNA\n[[why\nthis?]]\nHello [[softer]] there.\n[[end]]\nStill me.")
    assert [(e.kind, e.text, e.line, e.lines) for e in speech] == [
        (ElementKind.CHARACTER, "ANNA", 1, 1),
        (ElementKind.DIALOGUE, "Hello  there.\nStill me.", 4, 3),
    ]


def test_a_note_with_an_empty_line_is_text() -> None:
    assert kinds("Not [[a\n\nnote]]") == [(ElementKind.ACTION, "Not [[a"), (ElementKind.ACTION, "note]]")]
    assert kinds("Yes [[a\n  \nnote]]") == [(ElementKind.ACTION, "Yes")]


def test_boneyard_is_removed_and_line_numbers_stay() -> None:
    elements = parse("CUT TO:\n/*\nINT. GONE - DAY\n\nBO\nGone.\n*/\nEXT. KEPT - DAY\n\nWind.")
    assert [(e.text, e.line, e.scene) for e in elements] == [
        ("CUT TO:", 1, 0),
        ("EXT. KEPT - DAY", 8, 1),
        ("Wind.", 10, 1),
    ]


def test_title_page() -> None:
    source = ["Title:", "\t_**SEA**_", "\tWITHOUT END", "Author: A. B.", "", "INT. SHIP - DAY"]
    assert parse_title(source) == "SEA WITHOUT END"
    assert title_page_length(source) == 4
    assert [e.line for e in parse_fountain(source)] == [6]
    assert title_page_length(["FADE IN:", "", "INT. SHIP - DAY"]) == 0
    assert title_page_length(["INT. SHIP: DECK - DAY", ""]) == 0


def test_scenes_are_counted_in_order() -> None:
    elements = parse("Dark.\n\nINT. A - DAY #7#\n\nOne.\n\nEXT. B - DAY\n\nTwo.")
    assert [e.scene for e in elements] == [0, 1, 1, 2, 2]


LINE = st.text("aBC.:!#=~>@^()[]*_<\\/ é1-", min_size=1, max_size=14).filter(
    lambda s: s.strip() == s and "[[" not in s and not s.startswith("=") and not s.endswith(("]", "["))
)


@given(st.lists(LINE, min_size=1, max_size=3))
def test_any_action_survives_writing_and_reading(lines: list[str]) -> None:
    text = "\n".join(lines)
    screenplay = Screenplay("T", Path("t"), (), (Element(ElementKind.ACTION, text, 1, len(lines), 0),))
    written = write_fountain(screenplay)
    assert content(parse(written)) == content(screenplay.elements), written


@given(st.text("ABÉ. '", min_size=1, max_size=8).filter(lambda s: s.strip() == s), st.lists(LINE, min_size=1))
def test_any_speech_survives_writing_and_reading(name: str, lines: list[str]) -> None:
    lines = [line for line in lines if line[0] not in "(~"] or ["Yes."]
    cue = Element(ElementKind.CHARACTER, name, 1, 1, 0, name)
    said = Element(ElementKind.DIALOGUE, "\n".join(lines), 2, len(lines), 0, name)
    written = write_fountain(Screenplay("T", Path("t"), (), (cue, said)))
    assert content(parse(written)) == content((cue, said)), written


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(screenplay())
def test_any_screenplay_survives_writing_and_reading(written: Screenplay) -> None:
    source = write_fountain(written).split("\n")
    elements = parse_fountain(source)
    assert content(elements) == content(written.elements), "\n".join(source)
    assert parse_title_page(source) == written.title_page
    assert parse_notes(source, elements) == written.notes, "\n".join(source)


@needs_shared
@pytest.mark.parametrize("name", ["Big-Fish", "Brick-and-Steel"])
def test_a_real_screenplay_survives_writing_and_reading(name: str) -> None:
    screenplay = read_screenplay(SHARED / f"{name}.fountain")
    written = write_fountain(screenplay).split("\n")
    assert parse_title(written) == screenplay.title
    assert parse_title_page(written) == screenplay.title_page
    assert content(parse_fountain(written)) == content(screenplay.elements)
    assert sum(len(e.emphasis) for e in screenplay.elements) > 2


@needs_shared
def test_big_fish_reads_like_its_final_draft_version() -> None:
    screenplay = read_screenplay(SHARED / "Big-Fish.fountain")
    count = {kind: sum(e.kind is kind for e in screenplay.elements) for kind in ElementKind}
    # Its Final Draft file: 768 cues, 97 parentheticals, 34 transitions, 190 headings and two EXT/INT. that
    # it holds to be action.
    assert screenplay.title == "Big Fish"
    assert (
        count[ElementKind.CHARACTER],
        count[ElementKind.PARENTHETICAL],
        count[ElementKind.TRANSITION],
    ) == (768, 97, 34)
    assert count[ElementKind.SCENE_HEADING] == 192
    # Every line of the file that is not blank, not the title page and not in between is in one element.
    covered = {n for e in screenplay.elements for n in range(e.line, e.line + e.lines)}
    assert {n for n, line in enumerate(screenplay.source, 1) if line.strip() and n > 9} == covered - {
        n for n in covered if not screenplay.source[n - 1].strip()
    }


@needs_shared
@pytest.mark.parametrize("path", sorted(SHARED.glob("screenplain_*.fountain")), ids=lambda p: p.stem)
def test_single_feature_files(path: Path) -> None:
    expected = {
        "screenplain_boneyard": "action transition heading action",
        "screenplain_dual-dialogue": "character dialogue character dialogue",
        "screenplain_forced-action": "action",
        "screenplain_notes": "action " * 10,
        "screenplain_parenthetical": "character parenthetical dialogue",
        "screenplain_scene-numbers": "heading action " * 5,
        "screenplain_sections": "section synopsis " * 2 + "heading synopsis action section heading action",
    }
    found = parse(path.read_text(encoding="utf-8"))
    assert [e.kind.split()[-1] for e in found] == expected[path.stem].split()
    assert not any("#" in e.text for e in found if e.kind is ElementKind.SCENE_HEADING)


def test_a_character_is_in_capitals() -> None:
    assert is_character_line("MOTHER'S VOICE (on the phone)")
    assert not is_character_line("Mother")
    assert not is_character_line("123")
    assert not is_character_line("SMASH CUT TO:")
