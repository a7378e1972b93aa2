"""The screenplay as PDF with a coloured margin: what the room felt beside every line, in a word and a bar."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable
from pathlib import Path

from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import LETTER
from reportlab.lib.utils import simpleSplit
from reportlab.pdfbase.pdfmetrics import registerFont
from reportlab.pdfbase.ttfonts import TTFError, TTFont
from reportlab.pdfgen.canvas import Canvas

from moviemotion.analysis.analyze import Analysis
from moviemotion.errors import MoviemotionError
from moviemotion.reports.emotion_style import PALETTE
from moviemotion.reports.number_format import duration, plural
from moviemotion.reports.script.line_notes import ElementNote, element_notes
from moviemotion.reports.script.page_layout import PageLine, TextRun, paginate
from moviemotion.screenplay.elements import TextStyle
from moviemotion.screenplay.formats.emphasis import style_runs

_LETTER_WIDTH, _LINE_HEIGHT = 7.2, 12.0
"""Points a letter is wide and a line is high in 12-point Courier."""
_FIRST_BASELINE = LETTER[1] - 72.0
_BAR_LEFT, _BAR_WIDTH = 82.0, 3.5
_LABEL_RIGHT, _LABEL_SIZE = 78.0, 7.5
_GRAY = HexColor("#6b6f76")
_FONTS = {
    TextStyle(0): "Courier",
    TextStyle.BOLD: "Courier-Bold",
    TextStyle.ITALIC: "Courier-Oblique",
    TextStyle.BOLD | TextStyle.ITALIC: "Courier-BoldOblique",
}


def annotated_pdf(analysis: Analysis, font: Path | None = None) -> bytes:
    """The screenplay's pages with the room's feelings in the left margin.

    Beside each line with a feeling stand a bar in the feeling's colour and its name and strength; beside a
    moment its number; beside what was cut, "not in the film".

    Args:
        font: a TrueType font of even width, for a script with letters that Courier has not, such as Greek
            or Cyrillic.

    Raises:
        MoviemotionError: the script has letters that the font has not, or the font cannot be read.
        ValueError: the analysis has no script.
    """
    if analysis.script is None:
        raise ValueError("an analysis without a script cannot be laid on the page")
    screenplay = analysis.script.screenplay
    faces, has = _load_font(font) if font else (_FONTS, _is_in_courier)
    _check_glyphs([analysis.title, *(e.text for e in screenplay.elements)], has, screenplay.path)
    notes = element_notes(analysis, analysis.script)
    sheet = io.BytesIO()
    canvas = Canvas(sheet, pagesize=LETTER, invariant=True)
    canvas.setTitle(f"{screenplay.title}, with the room's feelings")
    _draw_cover(canvas, analysis, analysis.script.timing, faces)
    told: set[int] = set()
    for number, page in enumerate(paginate(screenplay.elements), start=1):
        if number > 1:
            canvas.setFont(faces[TextStyle(0)], 12)
            canvas.drawRightString(75 * _LETTER_WIDTH, LETTER[1] - 36, f"{number}.")
        for row, line in enumerate(page):
            y = _FIRST_BASELINE - row * _LINE_HEIGHT
            for piece in line:
                _draw_text_run(canvas, piece, y, faces)
        _draw_margin(canvas, page, notes, told)
        canvas.showPage()
    canvas.save()
    return sheet.getvalue()


def _load_font(font: Path) -> tuple[dict[TextStyle, str], Callable[[str], bool]]:
    """The font for every style, and whether it has a letter."""
    try:
        own = TTFont("Script", str(font))
    except (TTFError, OSError):
        raise MoviemotionError(f"{font}: the font cannot be read; give a TrueType font (.ttf).") from None
    registerFont(own)
    return dict.fromkeys(_FONTS, "Script"), lambda letter: ord(letter) in own.face.charToGlyph


def _check_glyphs(texts: Iterable[str], has: Callable[[str], bool], path: Path) -> None:
    missing = sorted({c for text in texts for c in text if c != "\n" and not has(c)})
    if missing:
        raise MoviemotionError(
            f"{path}: the font lacks some of its letters ({' '.join(missing[:8])}); give the PDF a TrueType "
            "font of even width that has them."
        )


def _is_in_courier(letter: str) -> bool:
    """Courier as every PDF reader has it holds the letters of Western Europe."""
    try:
        letter.encode("cp1252")
    except UnicodeEncodeError:
        return False
    return True


def _draw_cover(canvas: Canvas, analysis: Analysis, timing: str, faces: dict[TextStyle, str]) -> None:
    """The title and how to read the margin, with every feeling's colour beside its name."""
    middle = LETTER[0] / 2
    canvas.setFont(faces[TextStyle.BOLD], 18)
    canvas.drawCentredString(middle, 560, analysis.title)
    canvas.setFont(faces[TextStyle(0)], 12)
    canvas.drawCentredString(middle, 530, "with the room's feelings beside its lines")
    canvas.setFont("Helvetica", 9)
    lines = [
        f"{plural(analysis.data_quality.viewers, 'viewer')}, {duration(analysis.data_quality.seconds)} of film.",
        "Beside a line: its main feeling and that feeling's mean strength from 0 to 1.",
        "The report gives every strength its 95 % interval, and every moment its adjusted p-value.",
        timing,
    ]
    y = 470.0
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


def _draw_text_run(canvas: Canvas, piece: TextRun, y: float, faces: dict[TextStyle, str]) -> None:
    """A piece of a line, one style after the other."""
    for start, end, style in style_runs(piece.styles):
        x = (piece.column + start) * _LETTER_WIDTH
        canvas.setFont(faces[style & ~TextStyle.UNDERLINE], 12)
        canvas.drawString(x, y, piece.text[start:end])
        if TextStyle.UNDERLINE in style:
            canvas.setLineWidth(0.6)
            canvas.line(x, y - 1.5, x + (end - start) * _LETTER_WIDTH, y - 1.5)


def _draw_margin(
    canvas: Canvas, page: list[PageLine], notes: dict[int, list[ElementNote]], told: set[int]
) -> None:
    """Bars along the lines of the elements that have notes, and their words at the first line."""
    rows: dict[int, list[int]] = {}
    for row, line in enumerate(page):
        for piece in line:
            if piece.element in notes:
                rows.setdefault(piece.element, []).append(row)
    free = _FIRST_BASELINE + _LINE_HEIGHT
    for element, at in rows.items():
        top, foot = _FIRST_BASELINE - at[0] * _LINE_HEIGHT + 9, _FIRST_BASELINE - at[-1] * _LINE_HEIGHT - 2.5
        y = min(_FIRST_BASELINE - at[0] * _LINE_HEIGHT + 1.5, free)
        for note in notes[element]:
            colour = HexColor(PALETTE[note.emotion].light) if note.emotion else _GRAY
            canvas.setFillColor(colour)
            bold = note.title.startswith("MOMENT")
            words = note.title if element not in told else f"{note.title} …"
            canvas.setFont("Helvetica-Bold" if bold else "Helvetica", _LABEL_SIZE)
            canvas.drawRightString(_LABEL_RIGHT, y, words)
            if not bold:
                canvas.rect(_BAR_LEFT, foot, _BAR_WIDTH, top - foot, stroke=0, fill=1)
            y -= _LABEL_SIZE + 1
        free = y
        told.add(element)
    canvas.setFillColor(HexColor("#000000"))
