from __future__ import annotations

from pathlib import Path

import pytest
from refusal import refused_in_one_line

from moviemotion.errors import MoviemotionError
from moviemotion.screenplay.elements import ElementKind
from moviemotion.screenplay.formats.format_registry import read_screenplay

SHARED = Path(__file__).parents[3] / "shared" / "data" / "scripts"
needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason="needs ../shared/data/scripts")

SHOOTING_SCRIPT = """
                         THE SECOND SPOON

     12   INT. KITCHEN - NIGHT                                12

     MARTA lays a table for two. The lamp goes
     out and comes back.

                         MARTA (O.S.)
                   (to the coat, as if
                   it could hear)
               You are late again, and the soup has
               gone to sleep.
     She sits.

                         IVO
               (beat) I knocked.
                                                  (CONTINUED)
     2.

                         MARTA
               It answers.

                                             CUT TO:

     EXT. CLIFF - DAWN

     Wind.
"""


def write(folder: Path, data: bytes | str, name: str = "film.fountain") -> Path:
    path = folder / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


def test_an_indented_shooting_script(tmp_path: Path) -> None:
    screenplay = read_screenplay(write(tmp_path, SHOOTING_SCRIPT, "film.txt"))
    assert screenplay.title == "THE SECOND SPOON"
    assert [(e.kind, e.text, e.scene, e.character) for e in screenplay.elements] == [
        (ElementKind.SCENE_HEADING, "INT. KITCHEN - NIGHT", 1, None),
        (ElementKind.ACTION, "MARTA lays a table for two. The lamp goes out and comes back.", 1, None),
        (ElementKind.CHARACTER, "MARTA (O.S.)", 1, "MARTA"),
        (ElementKind.PARENTHETICAL, "(to the coat, as if it could hear)", 1, "MARTA"),
        (ElementKind.DIALOGUE, "You are late again, and the soup has gone to sleep.", 1, "MARTA"),
        (ElementKind.ACTION, "She sits.", 1, None),
        (ElementKind.CHARACTER, "IVO", 1, "IVO"),
        (ElementKind.DIALOGUE, "(beat) I knocked.", 1, "IVO"),
        (ElementKind.CHARACTER, "MARTA", 1, "MARTA"),
        (ElementKind.DIALOGUE, "It answers.", 1, "MARTA"),
        (ElementKind.TRANSITION, "CUT TO:", 1, None),
        (ElementKind.SCENE_HEADING, "EXT. CLIFF - DAWN", 2, None),
        (ElementKind.ACTION, "Wind.", 2, None),
    ]
    speech = screenplay.elements[4]
    assert screenplay.source[speech.line - 1].strip() == "You are late again, and the soup has"
    assert speech.lines == 2


def test_text_without_indents_is_read_as_fountain(tmp_path: Path) -> None:
    screenplay = read_screenplay(write(tmp_path, "INT. SHED - DAY\n\nANNA\nHello.\n", "film.txt"))
    assert [e.kind for e in screenplay.elements] == [
        ElementKind.SCENE_HEADING,
        ElementKind.CHARACTER,
        ElementKind.DIALOGUE,
    ]
    assert screenplay.title == "film"


@pytest.mark.parametrize(
    "data",
    [
        "INT. CAFÉ\r\n\r\nZOË\r\nHé.\r\n".encode("utf-8-sig"),
        "INT. CAFÉ\n\nZOË\nHé.\n".encode("cp1252"),
        "INT. CAFÉ\n\nZOË\nHé.\n".encode("utf-16"),
        "INT. CAFÉ\r\rZOË\rHé.".encode(),
        "INT. CAFÉ\r\r\n\r\r\nZOË\r\r\nHé.\r\r\n".encode(),
    ],
    ids=["utf-8 with mark and CRLF", "Windows-1252", "UTF-16", "old Macintosh line ends", "CR CR LF"],
)
def test_encodings_and_line_ends(tmp_path: Path, data: bytes) -> None:
    screenplay = read_screenplay(write(tmp_path, data))
    assert [e.text for e in screenplay.elements] == ["INT. CAFÉ", "ZOË", "Hé."]
    assert screenplay.source == ("INT. CAFÉ", "", "ZOË", "Hé.")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "is empty"),
        (b" \n\t\n", "is empty"),
        (b"%PDF-1.4 \xe2\xe3", "this is a PDF"),
        (b"PK\x03\x04\x14\0\x06\0", "word-processor"),
        (b"\0\x01\x02\xff" * 40, "not a text file"),
        (b"Dear diary,\n\ntoday nothing happened.\n", "no scene heading or dialogue"),
    ],
)
def test_files_that_are_no_screenplay_are_rejected_in_one_line(
    tmp_path: Path, data: bytes, message: str
) -> None:
    path = write(tmp_path, data)
    with refused_in_one_line(path, message):
        read_screenplay(path)


def test_a_missing_file_and_a_folder(tmp_path: Path) -> None:
    with pytest.raises(MoviemotionError, match="no such file"):
        read_screenplay(tmp_path / "gone.fountain")
    with pytest.raises(MoviemotionError, match="cannot be read"):
        read_screenplay(tmp_path)


@needs_shared
@pytest.mark.parametrize(
    ("name", "title", "cues", "headings"),
    [
        ("mission_impossible", "MISSION: IMPOSSIBLE", 640, 200),
        ("mystery_men", "MYSTERY MEN", 850, 90),
    ],
)
def test_real_shooting_scripts(name: str, title: str, cues: int, headings: int) -> None:
    screenplay = read_screenplay(SHARED / "pairs" / f"{name}.txt")
    assert screenplay.title == title
    assert sum(e.kind is ElementKind.CHARACTER for e in screenplay.elements) >= cues
    assert sum(e.kind is ElementKind.SCENE_HEADING for e in screenplay.elements) >= headings
    # The lines of the elements do not overlap, and every line with text but page furniture is in one.
    covered = [n for e in screenplay.elements for n in range(e.line, e.line + e.lines)]
    assert len(covered) == len(set(covered))
    text = {n for n, line in enumerate(screenplay.source, 1) if line.strip()}
    assert len(text - set(covered)) < 0.01 * len(text)


def test_files_that_are_too_large_for_a_screenplay(tmp_path: Path) -> None:
    path = write(tmp_path, "INT. A\n\nANNA\nYes.\n\n" * 300_000)
    with refused_in_one_line(path, "has 6 MB, but a Fountain file of one screenplay has at most 5 MB"):
        read_screenplay(path)
    path = write(tmp_path, "A\n\n" * 30_000, "film.txt")
    with refused_in_one_line(path, "has 60,000 lines, but one screenplay has at most 50,000"):
        read_screenplay(path)
