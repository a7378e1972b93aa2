"""Write a screenplay as PDF with each text at a given position, like a screenwriting program."""

from __future__ import annotations

import io
from collections.abc import Sequence

from reportlab.pdfgen.canvas import Canvas

Sheet = Sequence[tuple[float, float, str]]
"""The texts on a sheet: inches from the left, lines from the top, text."""


def print_sheets(sheets: Sequence[Sheet], face: str = "Courier", password: str | None = None) -> bytes:
    """The sheets as a PDF on letter paper, six lines per inch."""
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(612, 792), encrypt=password)
    for sheet in sheets:
        for left, line, text in sheet:
            canvas.setFont(face, 12)
            canvas.drawString(72 * left, 720 - 12 * line, text)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


TITLE: Sheet = [
    (3.6, 15, "The Second Spoon"),
    (3.9, 18, "written by"),
    (4.0, 20, "A. B."),
    (1.5, 40, "1 May"),
]
FIRST: Sheet = [
    (1.0, 0, "12A"),
    (1.5, 0, "INT. KITCHEN - NIGHT"),
    (7.5, 0, "12A"),
    (1.5, 2, "MARTA lays a table. The lamp goes"),
    (1.5, 3, "out."),
    (8.0, 3, "*"),
    (3.7, 5, "MARTA (O.S.)"),
    (3.1, 6, "(low)"),
    (2.5, 7, "You are late."),
    (2.4, 9, "MARTA"),
    (5.5, 9, "IVO"),
    (1.5, 10, "Go. Go"),
    (4.6, 10, "Stay."),
    (1.5, 11, "now."),
    (3.7, 13, "IVO"),
    (2.5, 14, "I knocked, but"),
    (3.7, 15, "(MORE)"),
    (6.6, 53, "(CONTINUED)"),
]
SECOND: Sheet = [
    (1.0, -3, "THE SECOND SPOON - Blue Rev. 1/5/26"),
    (7.2, -3, "2."),
    (1.5, -1, "CONTINUED:"),
    (3.7, 1, "IVO (CONT'D)"),
    (2.5, 2, "nobody came."),
    (1.5, 4, "The wind takes the door and"),
]
THIRD: Sheet = [
    (1.0, -3, "THE SECOND SPOON - Blue Rev. 1/5/26"),
    (7.2, -3, "3."),
    (1.5, 0, "throws it shut."),
    (6.6, 2, "CUT TO:"),
    (1.5, 4, "EXT. CLIFF - DAWN"),
    (3.7, 6, "MARTA"),
    (2.5, 7, "Wind."),
]
FOURTH: Sheet = [
    (1.0, -3, "THE SECOND SPOON - Blue Rev. 1/5/26"),
    (7.2, -3, "4."),
    (3.7, 0, "IVO"),
    (2.5, 1, "Only wind."),
]
SHEETS = (TITLE, FIRST, SECOND, THIRD, FOURTH)
