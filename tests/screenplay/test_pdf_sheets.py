"""Several pages on each sheet of paper are read one after another."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from reportlab.pdfgen.canvas import Canvas
from wild_layouts import Line, sheets, synthetic_script, typed

from moviemotion.screenplay.elements import ElementKind
from moviemotion.screenplay.formats.format_registry import read_screenplay

SCRIPT = synthetic_script(scenes=20, seed=6)
PAGES = sheets(typed(SCRIPT))
TITLE = [*[Line(None, "")] * 20, Line(None, "THE SPOON", 38), Line(None, ""), Line(None, "written by", 38)]


def print_pages(
    path: Path,
    pages: Sequence[Sequence[Line]],
    per_sheet: int,
    landscape: bool,
    turned: bool = False,
    footer: str = "",
) -> Path:
    """Print two columns of pages on each sheet, on landscape paper or turned on upright paper."""
    width, height = (792, 612) if landscape else (612, 792)
    canvas = Canvas(str(path), pagesize=(height, width) if turned else (width, height))
    wide, high = width / 2, height / (per_sheet // 2)
    scale = min(wide / 612, high / 792)
    for first in range(0, len(pages), per_sheet):
        if turned:
            canvas.translate(height, 0)
            canvas.rotate(90)
        for at, page in enumerate(pages[first : first + per_sheet]):
            left, bottom = wide * (at % 2), height - high * (at // 2 + 1)
            canvas.setFont("Courier", 12 * scale)
            canvas.drawString(left + 530 * scale, bottom + 765 * scale, f"{first + at + 1}.")
            for row, line in enumerate(page):
                x, y = left + 7.2 * scale * line.indent, bottom + scale * (740 - 12 * row)
                if line.text:
                    canvas.drawString(x, y, line.text)
        canvas.setFont("Helvetica", 8)
        canvas.drawCentredString(width / 2, 6, footer)
        canvas.showPage()
    canvas.save()
    return path


@pytest.mark.parametrize("with_title", [False, True])
@pytest.mark.parametrize(
    ("per_sheet", "landscape", "turned", "footer"),
    [
        (2, True, False, ""),
        (2, True, True, ""),
        (2, True, False, "Printed by R. Osk on 3 November 2026"),
        (4, False, False, ""),
    ],
    ids=["two", "two, turned", "two, with a footer", "four"],
)
def test_pages_on_a_sheet_are_read_in_order(
    tmp_path: Path, per_sheet: int, landscape: bool, turned: bool, footer: str, with_title: bool
) -> None:
    pages = [TITLE, *PAGES] if with_title else PAGES
    script = read_screenplay(print_pages(tmp_path / "film.pdf", pages, per_sheet, landscape, turned, footer))
    assert [(e.kind, e.text, e.character) for e in script.elements] == [
        (e.kind, e.text, e.character) for e in SCRIPT
    ]
    assert script.elements[0].page == (2 if with_title else 1)
    assert script.title == ("THE SPOON" if with_title else "film")


def test_speeches_side_by_side_are_not_taken_for_pages(tmp_path: Path) -> None:
    """On every page, two people speak at the same time for a while; other lines lie between them."""
    pair = [Line(None, ""), Line(None, "MARTA                          IVO", 22)]
    pair += [Line(None, "Never the lamp, not now.       Always the lamp.", 15)] * 6
    path, canvas = tmp_path / "film.pdf", Canvas(str(tmp_path / "film.pdf"), pagesize=(612, 792))
    for page in PAGES:
        canvas.setFont("Courier", 12)
        for row, line in enumerate([*page[:30], *pair]):
            canvas.drawString(7.2 * line.indent, 740 - 12 * row, line.text)
        canvas.showPage()
    canvas.save()
    dual = [e for e in read_screenplay(path).elements if e.kind is ElementKind.CHARACTER and e.dual]
    assert len(dual) == len(PAGES)
