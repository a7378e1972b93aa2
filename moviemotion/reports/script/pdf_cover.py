"""Draws the first page of the annotated PDF: the script's title page, and how to read the margin."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import LETTER
from reportlab.lib.utils import simpleSplit
from reportlab.pdfgen.canvas import Canvas

from moviemotion.analysis.analyze import Analysis
from moviemotion.analysis.signals.audience_curve import MIN_VIEWERS
from moviemotion.reports.emotion_style import PALETTE
from moviemotion.reports.number_format import audience_size, cautions
from moviemotion.reports.script.pdf_fonts import LETTER_WIDTH, Typefaces
from moviemotion.screenplay.alignment.align import TimedScript
from moviemotion.screenplay.elements import TextStyle
from moviemotion.screenplay.formats.emphasis import strip_emphasis

_TITLE_BASELINE, _TITLE_SIZE = 640.0, 18.0
_LEFT, _RIGHT, _FOOT = 108.0, LETTER[0] - 72.0, 72.0
_LINE_HEIGHT = 12.0
_LEGEND_SIZE, _LEGEND_LINE_HEIGHT = 9.0, 13.0
_FOOT_KEYS = ("contact", "copyright")
"""Keys of the title page that stand at the foot of the page; the others are centered below the title."""
_MAX_CENTERED_LINES, _MAX_FOOT_LINES = 14, 8


def draw_cover(canvas: Canvas, analysis: Analysis, script: TimedScript, faces: Typefaces) -> None:
    """Draw the title, the authors, the draft, the contact, and an explanation of the margin."""
    y = _draw_centered(
        canvas, analysis.title.split("\n"), _TITLE_BASELINE, faces, TextStyle.BOLD, _TITLE_SIZE
    )
    entries = [(key.lower(), strip_emphasis(value)) for key, value in script.screenplay.title_page]
    middle = [
        line
        for key, value in entries
        if key not in ("title", *_FOOT_KEYS)
        for line in ("", *value.split("\n"))
    ]
    y = _draw_centered(canvas, middle[:_MAX_CENTERED_LINES], y, faces)
    about = ["", "with the audience's emotions beside its lines"]
    screening = [analysis.cut, f"screened {analysis.date}" if analysis.date else ""]
    if any(screening):
        about.append(", ".join(filter(None, screening)))
    y = _draw_centered(canvas, about, y, faces)
    foot = [line for key, value in entries if key in _FOOT_KEYS for line in value.split("\n")]
    foot = foot[:_MAX_FOOT_LINES]
    for row, line in enumerate(reversed(foot)):
        faces.draw(canvas, _LEFT, _FOOT + row * _LINE_HEIGHT, line, TextStyle(0))
    _draw_legend(canvas, analysis, script.timing, y - 2 * _LINE_HEIGHT)
    canvas.showPage()


def _draw_centered(
    canvas: Canvas,
    lines: Sequence[str],
    y: float,
    faces: Typefaces,
    style: TextStyle = TextStyle(0),  # noqa: B008 (an immutable flag)
    size: float = 12.0,
) -> float:
    """Draw centered lines, broken where they are too long; return the baseline of the next line."""
    cell = LETTER_WIDTH * size / 12
    for line in lines:
        for part in _broken(line, int((_RIGHT - _LEFT) / cell)):
            faces.draw(canvas, (_LEFT + _RIGHT - len(part) * cell) / 2, y, part, style, size)
            y -= _LINE_HEIGHT * size / 12
    return y


def _broken(line: str, width: int) -> Iterator[str]:
    while len(line) > width:
        space = line.rfind(" ", 0, width + 1)
        end = space if space > 0 else width
        yield line[:end]
        line = line[end:].lstrip()
    yield line


def _draw_legend(canvas: Canvas, analysis: Analysis, timing: str, y: float) -> None:
    """Draw the cautions, how to read the margin, and the color of each emotion."""
    texts = [
        ("Helvetica-Bold", cautions(analysis)),
        ("Helvetica", f"{audience_size(analysis)}."),
        (
            "Helvetica",
            "Beside each line: the strongest emotion and its mean strength, from 0 to 1. Where fewer "
            f"than {MIN_VIEWERS} viewers were seen at once, the reaction is unknown and no emotion is named. "
            "A thin bar extends over all lines of a moment, in which the audience reacted together.",
        ),
        (
            "Helvetica",
            "The report contains the 95 % interval of every strength and the adjusted p-value of every "
            "moment.",
        ),
        ("Helvetica", timing),
    ]
    for font, text in texts:
        canvas.setFont(font, _LEGEND_SIZE)
        for line in simpleSplit(text, font, _LEGEND_SIZE, _RIGHT - _LEFT):
            canvas.drawString(_LEFT, y, line)
            y -= _LEGEND_LINE_HEIGHT
    y -= 6
    canvas.setFont("Helvetica", _LEGEND_SIZE)
    x = _LEFT
    for emotion, style in PALETTE.items():
        canvas.setFillColor(HexColor(style.light))
        canvas.rect(x, y - 2, 3.5, 11, stroke=0, fill=1)
        canvas.drawString(x + 7, y, str(emotion))
        x += 7 + canvas.stringWidth(str(emotion), "Helvetica", _LEGEND_SIZE) + 14
    canvas.setFillColor(HexColor("#000000"))
