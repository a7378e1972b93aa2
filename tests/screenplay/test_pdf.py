from __future__ import annotations

import sys
from pathlib import Path

import pytest
from printed_script import SHEETS, print_sheets
from refusal import refused_in_one_line

from moviemotion.screenplay.elements import ElementKind
from moviemotion.screenplay.formats.format_registry import read_screenplay

ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared" / "data" / "scripts"
needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason="needs ../shared/data/scripts")


def write(folder: Path, data: bytes) -> Path:
    path = folder / "film.pdf"
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("face", ["Courier", "Courier-Bold"])
def test_a_printed_script_reads_like_its_source(tmp_path: Path, face: str) -> None:
    script = read_screenplay(write(tmp_path, print_sheets(SHEETS, face)))
    assert script.title == "The Second Spoon"
    assert [(e.kind, e.text, e.scene, e.character, e.dual, e.page) for e in script.elements] == [
        (ElementKind.SCENE_HEADING, "INT. KITCHEN - NIGHT", 1, None, False, 1),
        (ElementKind.ACTION, "MARTA lays a table. The lamp goes out.", 1, None, False, 1),
        (ElementKind.CHARACTER, "MARTA (O.S.)", 1, "MARTA", False, 1),
        (ElementKind.PARENTHETICAL, "(low)", 1, "MARTA", False, 1),
        (ElementKind.DIALOGUE, "You are late.", 1, "MARTA", False, 1),
        (ElementKind.CHARACTER, "MARTA", 1, "MARTA", False, 1),
        (ElementKind.DIALOGUE, "Go. Go now.", 1, "MARTA", False, 1),
        (ElementKind.CHARACTER, "IVO", 1, "IVO", True, 1),
        (ElementKind.DIALOGUE, "Stay.", 1, "IVO", True, 1),
        (ElementKind.CHARACTER, "IVO", 1, "IVO", False, 1),
        (ElementKind.DIALOGUE, "I knocked, but nobody came.", 1, "IVO", False, 1),
        (ElementKind.ACTION, "The wind takes the door and throws it shut.", 1, None, False, 2),
        (ElementKind.TRANSITION, "CUT TO:", 1, None, False, 3),
        (ElementKind.SCENE_HEADING, "EXT. CLIFF - DAWN", 2, None, False, 3),
        (ElementKind.CHARACTER, "MARTA", 2, "MARTA", False, 3),
        (ElementKind.DIALOGUE, "Wind.", 2, "MARTA", False, 3),
        (ElementKind.CHARACTER, "IVO", 2, "IVO", False, 4),
        (ElementKind.DIALOGUE, "Only wind.", 2, "IVO", False, 4),
    ]
    assert script.elements[0].number == "12A"
    assert all(e.eighths is not None for e in script.elements if e.kind is ElementKind.SCENE_HEADING)
    knocked = script.elements[10]
    assert "I knocked" in script.source[knocked.line - 1]
    assert "nobody came" in script.source[knocked.line + knocked.lines - 2]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"%PDF-1.4 broken", "the PDF is corrupt"),
        (b"", "the PDF is corrupt"),
        (print_sheets([[]]), "images without text"),
        (print_sheets(SHEETS, password="x"), "password-protected"),
        (
            print_sheets([[(1, k, "Dear diary, nothing happened.") for k in range(9)]]),
            "not laid out as a screenplay",
        ),
    ],
    ids=["broken", "empty", "scan", "locked", "letter"],
)
def test_files_that_are_no_script_are_rejected_in_one_line(tmp_path: Path, data: bytes, message: str) -> None:
    path = write(tmp_path, data)
    with refused_in_one_line(path, message):
        read_screenplay(path)


@needs_shared
@pytest.mark.parametrize(
    ("name", "forced"),
    [("Big-Fish.fdx", 0), ("Big-Fish.pdf", 0), ("Brick-and-Steel.fdx", 0), ("Brick-and-Steel.pdf", 2)],
)
def test_three_files_of_one_screenplay_read_alike(name: str, forced: int) -> None:
    sys.path.insert(0, str(ROOT / "benchmarks"))
    from scripts import BAR, agreement, forced_headings

    fountain, other = (
        read_screenplay((SHARED / name).with_suffix(".fountain")),
        read_screenplay(SHARED / name),
    )
    assert len(forced_headings(fountain, other)) == forced
    found = agreement(fountain, other)
    assert found.share(forced) >= BAR
    assert found.spoken[0] >= 0.99 * found.spoken[1]
