"""Writes the screenplay as a PDF with the audience's emotion in the margin beside each line."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path

from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import LETTER
from reportlab.pdfgen.canvas import Canvas

from moviemotion.analysis.analyze import Analysis
from moviemotion.reports.emotion_style import PALETTE
from moviemotion.reports.script.line_notes import ElementNote, element_notes
from moviemotion.reports.script.page_layout import PageLine, TextRun, paginate
from moviemotion.reports.script.pdf_cover import draw_cover
from moviemotion.reports.script.pdf_fonts import LETTER_WIDTH, Typefaces
from moviemotion.screenplay.elements import TextStyle
from moviemotion.screenplay.formats.emphasis import style_runs

_LINE_HEIGHT = 12.0
"""Line height of 12-point Courier in points."""
_FIRST_BASELINE = LETTER[1] - 72.0
_BAR_LEFT, _BAR_WIDTH = 82.0, 3.5
_MOMENT_LEFT, _MOMENT_WIDTH, _MOMENT_STEP = 77.0, 2.5, 4.0
"""The bar of a moment, and how far to its left the bar of a moment lies that overlaps it."""
_LABEL_RIGHT, _LABEL_SIZE = 70.0, 9.0
_GRAY = HexColor("#6b6f76")


def annotated_pdf(analysis: Analysis, font: Path | None = None) -> bytes:
    """Draw the pages of the screenplay with the audience's emotions in the left margin.

    The first page is the script's title page with an explanation. A line with an emotion has a bar in the
    emotion's color beside it, along with the name and strength of the emotion. A thinner bar extends over all
    lines of a moment. Lines that were cut are marked "not in the film".

    Args:
        analysis: an analysis with a script.
        font: a monospaced TrueType font that is preferred to Courier.

    Returns:
        The PDF file.

    Raises:
        MoviemotionError: the font cannot be read.
        ValueError: the analysis has no script.
    """
    if analysis.script is None:
        raise ValueError("the analysis has no script; repeat the analysis with a script")
    screenplay = analysis.script.screenplay
    faces = Typefaces(font)
    notes = element_notes(analysis, analysis.script)
    sheet = io.BytesIO()
    canvas = Canvas(sheet, pagesize=LETTER, invariant=True)
    canvas.setTitle(f"{screenplay.title}, with the audience's emotions")
    draw_cover(canvas, analysis, analysis.script, faces)
    labeled: set[int] = set()
    moments = [
        (PALETTE[moment.emotion].light, frozenset(overlapped))
        for moment, overlapped in zip(analysis.moment_search.moments, analysis.moment_elements, strict=True)
    ]
    for number, page in enumerate(paginate(screenplay.elements), start=1):
        if number > 1:
            canvas.setFont("Courier", 12)
            canvas.drawRightString(75 * LETTER_WIDTH, LETTER[1] - 36, f"{number}.")
        for row, line in enumerate(page):
            y = _FIRST_BASELINE - row * _LINE_HEIGHT
            for run in line:
                _draw_text_run(canvas, run, y, faces)
        _draw_margin(canvas, page, notes, labeled)
        _draw_moment_bars(canvas, page, moments)
        canvas.showPage()
    canvas.save()
    return sheet.getvalue()


def replaced_characters(analysis: Analysis) -> list[str]:
    """The characters of the script that the PDF shows as question marks, the most frequent first."""
    script = analysis.script
    texts = [element.text.replace("\n", "") for element in script.screenplay.elements] if script else []
    return Typefaces().replaced([analysis.title, *texts])


def _draw_text_run(canvas: Canvas, run: TextRun, y: float, faces: Typefaces) -> None:
    """Draw a run of text, one style after another."""
    for start, end, style in style_runs(run.styles):
        x = (run.column + start) * LETTER_WIDTH
        faces.draw(canvas, x, y, run.text[start:end], style & ~TextStyle.UNDERLINE)
        if TextStyle.UNDERLINE in style:
            canvas.setLineWidth(0.6)
            canvas.line(x, y - 1.5, x + (end - start) * LETTER_WIDTH, y - 1.5)


def _draw_margin(
    canvas: Canvas, page: list[PageLine], notes: dict[int, list[ElementNote]], labeled: set[int]
) -> None:
    """Draw a bar beside the lines of each element with notes, and a label beside the element's first line.

    Args:
        canvas: the page to draw on.
        page: the lines of the page.
        notes: the notes, keyed by the index of the element.
        labeled: elements already labeled on an earlier page; those labeled on this page are added.
    """
    rows: dict[int, list[int]] = {}
    for row, line in enumerate(page):
        for run in line:
            if run.element in notes:
                rows.setdefault(run.element, []).append(row)
    free = _FIRST_BASELINE + _LINE_HEIGHT
    for element, at in rows.items():
        top, foot = _FIRST_BASELINE - at[0] * _LINE_HEIGHT + 9, _FIRST_BASELINE - at[-1] * _LINE_HEIGHT - 2.5
        y = min(_FIRST_BASELINE - at[0] * _LINE_HEIGHT + 1.5, free)
        for note in notes[element]:
            color = HexColor(PALETTE[note.emotion].light) if note.emotion else _GRAY
            canvas.setFillColor(color)
            label = note.title if element not in labeled else f"{note.title} …"
            canvas.setFont("Helvetica-Bold" if note.is_moment else "Helvetica", _LABEL_SIZE)
            canvas.drawRightString(_LABEL_RIGHT, y, label)
            if not note.is_moment:
                canvas.rect(_BAR_LEFT, foot, _BAR_WIDTH, top - foot, stroke=0, fill=1)
            y -= _LABEL_SIZE + 1
        free = y
        labeled.add(element)
    canvas.setFillColor(HexColor("#000000"))


def _draw_moment_bars(
    canvas: Canvas, page: list[PageLine], moments: Sequence[tuple[str, frozenset[int]]]
) -> None:
    """Draw a bar beside all lines of each moment; where two moments overlap, the bars lie side by side.

    Args:
        canvas: the page to draw on.
        page: the lines of the page.
        moments: color and element indices of each moment.
    """
    taken: set[tuple[int, int]] = set()
    for color, elements in moments:
        rows = [row for row, line in enumerate(page) if any(run.element in elements for run in line)]
        for first, last in _joined_rows(page, rows):
            places = range(first, last + 1)
            lane = next(n for n in count() if not taken & {(n, row) for row in places})
            taken |= {(lane, row) for row in places}
            top, foot = (
                _FIRST_BASELINE - first * _LINE_HEIGHT + 9,
                _FIRST_BASELINE - last * _LINE_HEIGHT - 2.5,
            )
            canvas.setFillColor(HexColor(color))
            left = _MOMENT_LEFT - lane * _MOMENT_STEP
            canvas.rect(left, foot, _MOMENT_WIDTH, top - foot, stroke=0, fill=1)
    canvas.setFillColor(HexColor("#000000"))


def _joined_rows(page: list[PageLine], rows: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Join rows to stretches; rows between them interrupt a stretch unless they are blank."""
    start = 0
    for k in range(1, len(rows) + 1):
        if k == len(rows) or any(page[row] for row in range(rows[k - 1] + 1, rows[k])):
            yield rows[start], rows[k - 1]
            start = k
