"""Writes the screenplay as a PDF with the audience's emotion in the margin beside each line."""

from __future__ import annotations

import io
from pathlib import Path

from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import LETTER
from reportlab.lib.utils import simpleSplit
from reportlab.pdfgen.canvas import Canvas

from moviemotion.analysis.analyze import Analysis
from moviemotion.analysis.signals.audience_curve import MIN_VIEWERS
from moviemotion.reports.emotion_style import PALETTE
from moviemotion.reports.number_format import audience_size, inconclusive_notice
from moviemotion.reports.script.line_notes import ElementNote, element_notes
from moviemotion.reports.script.page_layout import PageLine, TextRun, paginate
from moviemotion.reports.script.pdf_fonts import LETTER_WIDTH, Typefaces
from moviemotion.screenplay.elements import TextStyle
from moviemotion.screenplay.formats.emphasis import style_runs

_LINE_HEIGHT = 12.0
"""Line height of 12-point Courier in points."""
_FIRST_BASELINE = LETTER[1] - 72.0
_BAR_LEFT, _BAR_WIDTH = 82.0, 3.5
_LABEL_RIGHT, _LABEL_SIZE = 78.0, 7.5
_GRAY = HexColor("#6b6f76")


def annotated_pdf(analysis: Analysis, font: Path | None = None) -> bytes:
    """Draw the pages of the screenplay with the audience's emotions in the left margin.

    A line with an emotion has a bar in the emotion's color beside it, along with the name and strength of the
    emotion. Moments are marked with their numbers, and lines that were cut are marked "not in the film".

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
    _draw_cover(canvas, analysis, analysis.script.timing, faces)
    labeled: set[int] = set()
    for number, page in enumerate(paginate(screenplay.elements), start=1):
        if number > 1:
            canvas.setFont("Courier", 12)
            canvas.drawRightString(75 * LETTER_WIDTH, LETTER[1] - 36, f"{number}.")
        for row, line in enumerate(page):
            y = _FIRST_BASELINE - row * _LINE_HEIGHT
            for run in line:
                _draw_text_run(canvas, run, y, faces)
        _draw_margin(canvas, page, notes, labeled)
        canvas.showPage()
    canvas.save()
    return sheet.getvalue()


def replaced_characters(analysis: Analysis) -> list[str]:
    """The characters of the script that the PDF shows as question marks, the most frequent first."""
    script = analysis.script
    texts = [element.text.replace("\n", "") for element in script.screenplay.elements] if script else []
    return Typefaces().replaced([analysis.title, *texts])


def _draw_cover(canvas: Canvas, analysis: Analysis, timing: str, faces: Typefaces) -> None:
    """Draw the title, an explanation of the margin, and the color of each emotion."""
    middle, notice = LETTER[0] / 2, inconclusive_notice(analysis)
    title_width = LETTER_WIDTH * 1.5 * len(analysis.title)
    faces.draw(canvas, middle - title_width / 2, 560, analysis.title, TextStyle.BOLD, 18)
    canvas.setFont("Courier", 12)
    canvas.drawCentredString(middle, 530, "with the audience's emotions beside its lines")
    canvas.setFont("Helvetica", 9)
    lines = [
        f"{audience_size(analysis)}.",
        "Beside each line: the strongest emotion and its mean strength, from 0 to 1. Where fewer "
        f"than {MIN_VIEWERS} viewers were seen at once, the reaction is unknown and no emotion is named.",
        "The report contains the 95 % interval of every strength and the adjusted p-value of every moment.",
        timing,
    ]
    y = 490.0
    canvas.setFont("Helvetica-Bold", 9)
    for line in simpleSplit(notice, "Helvetica-Bold", 9, 380):
        canvas.drawString(116, y, line)
        y -= 13
    canvas.setFont("Helvetica", 9)
    y -= 7
    for line in (part for text in lines for part in simpleSplit(text, "Helvetica", 9, 380)):
        canvas.drawString(116, y, line)
        y -= 13
    y -= 12
    for emotion, style in PALETTE.items():
        canvas.setFillColor(HexColor(style.light))
        canvas.rect(116, y - 2, 3.5, 11, stroke=0, fill=1)
        canvas.drawString(126, y, str(emotion))
        y -= 15
    canvas.setFillColor(HexColor("#000000"))
    canvas.showPage()


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
