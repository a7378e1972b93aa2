from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from random_screenplays import screenplay
from refusal import refused_in_one_line

from moviemotion.screenplay.elements import (
    Element,
    ElementKind,
    Emphasis,
    Screenplay,
    ScreenplayNote,
    TextStyle,
)
from moviemotion.screenplay.formats.fdx import element_ranges, read_fdx
from moviemotion.screenplay.formats.fdx_writer import (
    OMITTED_KINDS,
    ScriptNote,
    add_script_notes,
    write_fdx,
    written_element_ranges,
)
from moviemotion.screenplay.formats.format_registry import read_screenplay
from moviemotion.screenplay.formats.fountain import parse_fountain

SHARED = Path(__file__).parents[3] / "shared" / "data" / "scripts"
needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason="needs ../shared/data/scripts")

SCRIPT = """<?xml version="1.0" encoding="UTF-8" standalone="no" ?>
<FinalDraft DocumentType="Script" Template="No" Version="5">
  <Content>
    <Paragraph Number="12A" Type="Scene Heading">
      <SceneProperties Length="1 3/8" Page="14" Title="">
        <Summary><Paragraph><Text>They wait.</Text></Paragraph></Summary>
      </SceneProperties>
      <Text>INT. KITCHEN - NIGHT</Text>
    </Paragraph>
    <Paragraph Type="Action">
      <Text>A </Text><Text Style="Bold+Italic">big </Text><Text>spoon.</Text>
    </Paragraph>
    <Paragraph Type="Character"><Text Style="AllCaps">Marta (v.o.)</Text></Paragraph>
    <Paragraph Type="Parenthetical"><Text>(low)</Text></Paragraph>
    <Paragraph Type="Dialogue"><Text>One &amp; two.</Text></Paragraph>
    <Paragraph Type="Dialogue"><Text>Three.</Text></Paragraph>
    <Paragraph Type="Action"><Text> </Text></Paragraph>
    <Paragraph>
      <DualDialogue>
        <Paragraph Type="Character"><Text>MARTA</Text></Paragraph>
        <Paragraph Type="Dialogue"><Text>Go.</Text></Paragraph>
        <Paragraph Type="Character"><Text>IVO</Text></Paragraph>
        <Paragraph Type="Singing"><Text>Stay.</Text></Paragraph>
      </DualDialogue>
    </Paragraph>
    <Paragraph Type="Scene Heading"><Text>OMITTED</Text><OmittedScene>
      <Paragraph Type="Scene Heading"><Text>INT. GONE</Text></Paragraph></OmittedScene></Paragraph>
    <Paragraph Type="Shot" StartsNewPage="Yes"><Text>THE SPOON</Text></Paragraph>
    <Paragraph Type="General" Alignment="Center"><Text>THE END</Text></Paragraph>
  </Content>
  <TitlePage><Content><Paragraph/><Paragraph><Text>The Spoon</Text></Paragraph></Content></TitlePage>
  <ScriptNotes>
    <ScriptNote Range="21,24">
      <Paragraph><Text>why?</Text></Paragraph><Paragraph><Text>ask</Text></Paragraph>
    </ScriptNote>
    <ScriptNote Range="74,75"><Paragraph><Text>both</Text></Paragraph></ScriptNote>
  </ScriptNotes>
</FinalDraft>
"""


def write(folder: Path, data: bytes | str, name: str = "film.fdx") -> Path:
    path = folder / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


def content(elements: tuple[Element, ...]) -> list[tuple[object, ...]]:
    return [(e.kind, e.text, e.scene, e.character, e.dual, e.number, e.emphasis) for e in elements]


def test_all_kinds_of_elements_in_one_script(tmp_path: Path) -> None:
    script = read_screenplay(write(tmp_path, SCRIPT))
    assert script.title == "The Spoon"
    assert [(e.kind, e.text, e.scene, e.character, e.dual) for e in script.elements] == [
        (ElementKind.SCENE_HEADING, "INT. KITCHEN - NIGHT", 1, None, False),
        (ElementKind.SYNOPSIS, "They wait.", 1, None, False),
        (ElementKind.ACTION, "A big spoon.", 1, None, False),
        (ElementKind.CHARACTER, "MARTA (V.O.)", 1, "MARTA", False),
        (ElementKind.PARENTHETICAL, "(low)", 1, "MARTA", False),
        (ElementKind.DIALOGUE, "One & two.\nThree.", 1, "MARTA", False),
        (ElementKind.CHARACTER, "MARTA", 1, "MARTA", False),
        (ElementKind.DIALOGUE, "Go.", 1, "MARTA", False),
        (ElementKind.CHARACTER, "IVO", 1, "IVO", True),
        (ElementKind.LYRICS, "Stay.", 1, "IVO", True),
        (ElementKind.SCENE_HEADING, "OMITTED", 2, None, False),
        (ElementKind.PAGE_BREAK, "", 2, None, False),
        (ElementKind.ACTION, "THE SPOON", 2, None, False),
        (ElementKind.CENTERED, "THE END", 2, None, False),
    ]
    heading = script.elements[0]
    assert (heading.number, heading.page, heading.eighths) == ("12A", 14, 11)
    assert script.elements[2].emphasis == (Emphasis(2, 5, TextStyle.BOLD | TextStyle.ITALIC),)
    assert script.notes == (ScreenplayNote("why?\nask", 2), ScreenplayNote("both", 6))
    action = script.elements[2]
    assert "spoon" in script.source[action.line]


def test_ranges_count_letters_paragraph_ends_and_blocks(tmp_path: Path) -> None:
    path = write(tmp_path, SCRIPT)
    ranges = element_ranges(path.read_bytes(), path)
    found = {e.text: r for e, r in zip(read_fdx(path).elements, ranges, strict=True)}
    assert found["INT. KITCHEN - NIGHT"] == (0, 20)
    assert found["A big spoon."] == (21, 33)
    assert found["(low)"] == (47, 52)
    assert found["One & two.\nThree."] == (53, 70)
    # The empty paragraph takes 71 to 72, the block of dual dialogue counts two.
    assert found["Go."] == found["Stay."] == (73, 75)
    assert found["OMITTED"] == (76, 85)


BOMB = '<!DOCTYPE lolz [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>\n'
FETCH = '<!DOCTYPE x SYSTEM "file:///etc/passwd">\n'


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (
            "<?xml version='1.0'?>\n" + BOMB + "<FinalDraft><Content>&b;</Content></FinalDraft>",
            "document type",
        ),
        (FETCH + "<FinalDraft/>", "document type"),
        ("<FinalDraft><Content>", "XML is malformed"),
        ("", "XML is malformed"),
        ("<a>" * 5000, "nested too deeply"),
        ("<html><body/></html>", "not a Final Draft script"),
        ("<FinalDraft><Content/></FinalDraft>", "no scene heading or dialogue"),
        ('<?xml version="1.0" encoding="klingon"?><FinalDraft/>', "XML is malformed"),
    ],
)
def test_files_that_are_no_script_are_rejected_in_one_line(tmp_path: Path, data: str, message: str) -> None:
    path = write(tmp_path, data)
    with refused_in_one_line(path, message):
        read_screenplay(path)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=40)
@given(screenplay())
def test_any_screenplay_survives_writing_and_reading(
    tmp_path_factory: pytest.TempPathFactory, written: Screenplay
) -> None:
    spoken = tuple(e for e in written.elements if e.kind is not ElementKind.LYRICS or e.character)
    written = replace(written, elements=spoken)
    path = tmp_path_factory.mktemp("fdx") / "film.fdx"
    path.write_bytes(write_fdx(written))
    kept = [e for e in written.elements if e.kind not in OMITTED_KINDS]
    while kept and kept[-1].kind is ElementKind.PAGE_BREAK:
        kept.pop()
    # One page break after another is one.
    kept = [
        e
        for k, e in enumerate(kept)
        if e.kind is not ElementKind.PAGE_BREAK or kept[k + 1].kind is not e.kind
    ]
    again = read_fdx(path).elements
    assert content(again) == content(tuple(kept))
    read = zip(again, element_ranges(path.read_bytes(), path), strict=True)
    in_order = list(written_element_ranges(written.elements).values())
    assert [found for e, found in read if e.kind is not ElementKind.PAGE_BREAK] == in_order


def test_ranges_are_right_where_reading_joins_and_drops_elements(tmp_path: Path) -> None:
    source = "===\n\n===\n\nINT. A\n\n>\n\nANNA\n~la\n  \n~lo\n\nEnd here."
    elements = parse_fountain(source.split("\n"))
    path = write(tmp_path, write_fdx(Screenplay("A", Path("a.fountain"), (), elements)))
    read = zip(read_fdx(path).elements, element_ranges(path.read_bytes(), path), strict=True)
    ranges = written_element_ranges(elements)
    assert {e.text: found for e, found in read}["End here."] == ranges[len(elements) - 1]
    assert sorted(ranges.values()) == [(0, 6), (7, 7), (8, 12), (13, 15), (16, 16), (17, 19), (20, 29)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "iso-8859-1"])
@pytest.mark.parametrize(
    "block",
    [
        "",
        "<ScriptNotes/>",
        "<ScriptNotes></ScriptNotes>",
        '<ScriptNotes><ScriptNote Range="0,1"/></ScriptNotes>',
    ],
)
def test_notes_are_added_and_nothing_else_changes(tmp_path: Path, encoding: str, block: str) -> None:
    text = (
        f'<?xml version="1.0" encoding="{encoding}"?>\r\n<FinalDraft Version="5"><Content>'
        "<Paragraph Type='Action'><Text>Café  &#233;</Text></Paragraph></Content>"
        f"<!-- kept -->{block}</FinalDraft>\r\n"
    )
    data = text.encode(encoding)
    noted = add_script_notes(data, [ScriptNote(0, 4, "happy", "0:02 · <happy> & …", "#b36200")])
    path = write(tmp_path, noted)
    assert read_fdx(path).notes == (ScreenplayNote("0:02 · <happy> & …", 0),)
    assert read_fdx(path).elements == read_fdx(write(tmp_path, data, "a.fdx")).elements
    before, after = text.split(block) if block else text.split("</FinalDraft>")
    mark = len("".encode(encoding))  # UTF-16 begins with one
    start, end = before.encode(encoding), after.encode(encoding)[mark:]
    assert noted.startswith(start)
    assert noted.endswith(end)


@needs_shared
@pytest.mark.parametrize("name", ["Big-Fish", "Brick-and-Steel"])
def test_a_real_script_survives_writing_and_reading(tmp_path: Path, name: str) -> None:
    script = read_screenplay(SHARED / f"{name}.fdx")
    path = write(tmp_path, write_fdx(script))
    assert content(read_fdx(path).elements) == content(script.elements)
    fountain = read_screenplay(SHARED / f"{name}.fountain")
    kept = [e for e in fountain.elements if e.kind not in OMITTED_KINDS]
    path = write(tmp_path, write_fdx(fountain))
    assert content(read_fdx(path).elements) == content(tuple(kept))


@needs_shared
def test_dual_dialogue_of_another_program() -> None:
    script = read_screenplay(SHARED / "screenplain_dual-dialogue.fdx")
    assert [(e.text, e.dual) for e in script.elements] == [
        ("GIRL", False),
        ("Hey!", False),
        ("GUY", True),
        ("Hello!", True),
    ]
