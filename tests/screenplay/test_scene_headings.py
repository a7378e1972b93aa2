"""Scene headings as people write them: in other languages, with scene numbers, in emphasis."""

from __future__ import annotations

from pathlib import Path

import pytest

from moviemotion.screenplay.elements import Element, ElementKind, Screenplay
from moviemotion.screenplay.formats.format_registry import read_screenplay
from moviemotion.screenplay.formats.fountain import parse_fountain, screenplay_from_fountain
from moviemotion.screenplay.formats.fountain_writer import write_fountain
from moviemotion.screenplay.formats.line_patterns import parse_scene_heading
from moviemotion.screenplay.formats.scene_headings import split_heading

CASES = Path(__file__).parents[3] / "shared" / "cases" / "scripts"
needs_cases = pytest.mark.skipif(not CASES.is_dir(), reason="needs ../shared/cases/scripts")

HEADINGS = """
INT. A - DAY
int. a - day
EST. CITY
I/E CAR - DAY
INT./EXT. CAR
INNEN. FÄHRE - NACHT
AUSSEN. HAFEN - MORGEN
INNEN/AUSSEN. AUTO - TAG
1. KÜCHE – INNEN/TAG
KÜCHE - INNEN - TAG
KÜCHE. INNEN. NACHT
12. Küche – Innen/Tag
INT. JOUR – CUISINE
INTÉRIEUR NUIT – CAFÉ
CUISINE - INT. JOUR
CUISINE – INT. / JOUR
CUISINE (INT. JOUR)
COCINA. INT. DÍA
INTERIOR. COCINA - DÍA
INTERNO CASA - GIORNO
INT. CASA – GIORNO
EST. STRADA – NOTTE
CUCINA – INTERNO GIORNO
CENA 4 – INT. COZINHA – DIA
ИНТ. КВАРТИРА — ДЕНЬ
НАТ. УЛИЦА. НОЧЬ
ИНТ./НАТ. МАШИНА
КВАРТИРА. ИНТ. ДЕНЬ
1-1. ИНТ. КВАРТИРА. ДЕНЬ
1. INT. KÖK – DAG
EXT. GATA - NATT
INNE. KÖK - DAG
INTERIÖR. KÖK
S#1. 카페 - 낮
S#1 카페/낮
#1. 카페 (낮)
씬 3. 거리 - 밤
○ 喫茶店・中（昼）
○喫茶店（夜）
1. 内景 咖啡馆 日
内景。咖啡馆－日
第1场 咖啡馆 日 内
1-1 日 内 咖啡馆
1、咖啡馆 内 日
İÇ. EV - GÜN
EV - İÇ - GÜN
SAHNE 1 İÇ/GÜN EV
WN. MIESZKANIE - DZIEŃ
PLENER. LAS - NOC
ΕΣΩΤ. ΣΠΙΤΙ - ΜΕΡΑ
SIS. KEITTIÖ - PÄIVÄ
BELSŐ. LAKÁS - NAPPAL
SCENE 12
SCENE 12: INT. KITCHEN - DAY
SZENE 3 - KÜCHE
SÉQUENCE 4. CUISINE - JOUR
1 INT. HALL
12A INT. HALL
1) INT. HALL
פנים. בית - יום
داخلي. بيت - ليل
12. INNEN. KÜCHE - TAG
BINNEN. KEUKEN - DAG
NỘI. NHÀ - NGÀY
""".strip().split("\n")
NO_HEADINGS = """
UTE
UTE (O.S.)
SIS
SIS (CONT'D)
INNEN
Innen ist es dunkel.
Außen: es regnet.
MR. EXT
ANNA
ANNA (INT)
Scene 12 was shot twice.
SCENE STEALER
BILD
ESTHER
INTERN
INTERCUT - PHONE
EXTRA #1
SC 12 was
PL
PLUMBER
DIS MAN
#1 fan
# Act
#3
2. Buy milk
1969
BO - DIS GUY
THE INTERIOR
INTERIORS
THE INTERNATIONAL - DAY
NATASHA
НАТАША
ИНТЕРЕСНО
ПАВЕЛ
BELLA
BEL AIR
ENTER ANNA
EKSTRA
DIŞÇI
1. ANNA
ROOM 12
SECOND MAN
SECRETARY 2
SEC 2
CENA
外婆
内田
外の音が聞こえる。
SEQUEL 2
CHAPTER 1
INT
EXT
A.M. - DAY SHIFT WORKER
""".strip().split("\n")


def headings(source: str) -> list[tuple[str | None, str]]:
    elements = parse_fountain(source.split("\n"))
    return [(e.number, e.text) for e in elements if e.kind is ElementKind.SCENE_HEADING]


@pytest.mark.parametrize("text", HEADINGS)
def test_headings_in_many_languages(text: str) -> None:
    assert split_heading(text)
    found = headings(f"{text}\n\nWind.")
    assert len(found) == 1
    heading = Element(ElementKind.SCENE_HEADING, found[0][1], 1, 1, 1, number=found[0][0])
    written = write_fountain(Screenplay("T", Path("t"), (), (heading,)))
    assert headings(written.partition("\n\n")[2]) == found


@pytest.mark.parametrize("text", NO_HEADINGS)
def test_lines_that_resemble_headings(text: str) -> None:
    assert split_heading(text) is None


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("**INT. FERRY - NIGHT**", [(None, "INT. FERRY - NIGHT")]),
        ("***INT. FERRY - NIGHT***", [(None, "INT. FERRY - NIGHT")]),
        ("_EXT. SEA_ - DAY", [(None, "EXT. SEA - DAY")]),
        ("**INT. FERRY #12A#**", [("12A", "INT. FERRY")]),
        ("INT. FERRY #12A#", [("12A", "INT. FERRY")]),
        ("*INNEN. HAFEN - TAG*", [(None, "INNEN. HAFEN - TAG")]),
        (".**THE HARBOUR**", [(None, "THE HARBOUR")]),
        (". . . and then", []),
        ("...and then", []),
        ("… and then", []),
        (".45 CALIBER GUN on the table.", []),
        (".38 special", []),
        (".221B BAKER STREET", [(None, "221B BAKER STREET")]),
        ("SCENE 4\n\nINT. HALL - DAY", [(None, "INT. HALL - DAY")]),
        ("SCENE 4\n\nA hall.", [("4", "SCENE 4")]),
        ("S#1. 카페 - 낮\n\n지수가 들어온다.\n창밖을 본다.", [("1", "카페 - 낮")]),
    ],
)
def test_headings_in_fountain(source: str, expected: list[tuple[str | None, str]]) -> None:
    assert headings(source) == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("CUT TO: INT. HOUSE - DAY", (None, "INT. HOUSE - DAY")),
        ("[INT. HOUSE - DAY]", (None, "INT. HOUSE - DAY")),
        ("(INT. HOUSE - DAY)", (None, "INT. HOUSE - DAY")),
        ("-- EXT. SEA", (None, "EXT. SEA")),
        ("INT, HOUSE", (None, "INT, HOUSE")),
        ("Exterior: the sea", (None, "Exterior: the sea")),
        ("SCENE 12: INT. HALL  12", ("12", "INT. HALL")),
        ("7. EXT. SEA        7.", ("7", "EXT. SEA")),
        ("KÜCHE - INNEN/TAG", (None, "KÜCHE - INNEN/TAG")),
        ("Interior decorators arrive.", None),
        ("HOTEL INTERNATIONAL", None),
        ("ANNA", None),
    ],
)
def test_headings_in_printed_scripts(line: str, expected: tuple[str | None, str] | None) -> None:
    assert parse_scene_heading(line) == expected


def test_emphasis_in_speeches() -> None:
    source = [
        "INT. A",
        "",
        "**MARGE**",
        "*(starting the engine)*",
        "Yes.",
        "_(quietly)_",
        "No.",
        "",
        "BO:",
        "So.",
    ]
    found = [(e.kind, e.text, e.character) for e in parse_fountain(source)[1:]]
    assert found == [
        (ElementKind.CHARACTER, "MARGE", "MARGE"),
        (ElementKind.PARENTHETICAL, "(starting the engine)", "MARGE"),
        (ElementKind.DIALOGUE, "Yes.", "MARGE"),
        (ElementKind.PARENTHETICAL, "(quietly)", "MARGE"),
        (ElementKind.DIALOGUE, "No.", "MARGE"),
        (ElementKind.CHARACTER, "BO:", "BO"),
        (ElementKind.DIALOGUE, "So.", "BO"),
    ]


@pytest.mark.parametrize(
    ("source", "title"),
    [
        ("---\ntitle: The Ferry\ntags: [draft, fountain]\n---\n\nINT. A", "The Ferry"),
        ('---\ncssclass: fountain\ntitle: "The: Ferry"\n---\nINT. A', "The: Ferry"),
        ("\n---\ntags:\n  - a\n- b\n# note\n\n...\n\nTitle: The Ferry\nAuthor: X\n\nINT. A", "The Ferry"),
        ("\n\nTitle: The Ferry\n\nINT. A", "The Ferry"),
        ("---\n\nINT. A", "film"),
        ("---\nA line. Another.\n---\n\nINT. A", "film"),
    ],
)
def test_front_matter(source: str, title: str) -> None:
    script = screenplay_from_fountain(source, Path("film.fountain"))
    assert script.title == title
    assert script.elements[-1].text == "INT. A"
    assert len(script.elements) == (1 if title != "film" else 2)


@needs_cases
@pytest.mark.parametrize(
    ("name", "scenes"),
    [
        ("script_emphasis/bold.fountain", 2),
        ("script_front_matter/frontmatter.fountain", 1),
        ("script_headings_de/german_nonum.txt", 2),
        ("script_dots/misc.fountain", 2),
    ],
)
def test_reported_cases(name: str, scenes: int) -> None:
    elements = read_screenplay(CASES / name).elements
    assert sum(e.kind is ElementKind.SCENE_HEADING for e in elements) == scenes
    assert not any("---" in e.text for e in elements)
