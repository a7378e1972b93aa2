"""Title pages without keys: those of Final Draft files, PDFs and plain text."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from moviemotion.screenplay.formats.fdx_writer import write_fdx
from moviemotion.screenplay.formats.format_registry import read_screenplay
from moviemotion.screenplay.formats.printed_title_page import printed_title_page

SHARED = Path(__file__).parents[3] / "shared" / "data" / "scripts"
FOUNTAIN = """Title: THE SECOND SPOON
Credit: written by
Author: Ana Novak
Source: based on the novel by Ivo Jahn
Draft date: 3rd draft, 12 March 2026
Contact:
    Ana Novak
    12 Harbour Street
    ana_novak@example.com

INT. KITCHEN - NIGHT

MARTA
You are late again.
"""


def centered(*lines: str) -> list[tuple[str, bool]]:
    return [(line, True) for line in lines]


def test_title_credit_author_source_draft_and_contact_are_told_apart() -> None:
    lines = [
        *centered("THE SECOND", "", "SPOON", "", "written by", "", "Ana Novak", "and Ivo Jahn", ""),
        *centered("based on the novel by Eva Lind", "", "3rd draft", "12 March 2026"),
        ("Ana Novak", False),
        ("ana_novak@example.com", False),
        ("© 2026 Spoon Films", False),
    ]
    assert dict(printed_title_page("THE SECOND SPOON", lines)) == {
        "Title": "THE SECOND SPOON",
        "Credit": "written by",
        "Author": "Ana Novak\nand Ivo Jahn",
        "Source": "based on the novel by Eva Lind",
        "Draft date": "3rd draft\n12 March 2026",
        "Contact": "Ana Novak\nana\\_novak@example.com",
        "Copyright": "© 2026 Spoon Films",
    }


def test_a_credit_with_its_author_on_one_line() -> None:
    found = dict(printed_title_page("SPOON", centered("SPOON", "", "Written by Ana Novak", "Ivo Jahn")))
    assert (found["Credit"], found["Author"]) == ("Written by", "Ana Novak\nIvo Jahn")


def test_a_title_alone_is_no_title_page() -> None:
    assert printed_title_page("SPOON", centered("", "SPOON", "")) == ()


def test_final_draft_files_keep_the_title_page(tmp_path: Path) -> None:
    path = tmp_path / "spoon.fountain"
    path.write_text(FOUNTAIN, encoding="utf-8")
    script = read_screenplay(path)
    (tmp_path / "spoon.fdx").write_bytes(write_fdx(script))
    again = read_screenplay(tmp_path / "spoon.fdx")
    escaped = [(key, value.replace("_", "\\_")) for key, value in script.title_page]
    assert dict(again.title_page) == dict(escaped)
    assert again.title == "THE SECOND SPOON"
    (tmp_path / "none.fdx").write_bytes(write_fdx(replace(script, title_page=())))
    assert read_screenplay(tmp_path / "none.fdx").title_page == ()


@pytest.mark.skipif(not SHARED.is_dir(), reason="needs ../shared/data/scripts")
def test_the_title_pages_of_real_pdfs() -> None:
    big_fish = dict(read_screenplay(SHARED / "Big-Fish.pdf").title_page)
    assert (big_fish["Author"], big_fish["Source"]) == ("John August", "based on the novel by Daniel Wallace")
    steel = dict(read_screenplay(SHARED / "Brick-and-Steel.pdf").title_page)
    assert steel["Draft date"] == "1/27/2012"
    assert steel["Contact"].startswith("Next Level Productions\n1588 Mission Dr.")
