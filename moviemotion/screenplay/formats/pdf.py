"""Read screenplays saved as PDF: each letter goes back to its column on a page of text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from ctypes import byref, c_double
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from statistics import median

import pypdfium2
import pypdfium2.raw as pdfium

from moviemotion._io.text_decoding import read_bytes
from moviemotion.errors import MoviemotionError
from moviemotion.screenplay.elements import Screenplay
from moviemotion.screenplay.formats.plain_text import has_script_layout, parse_plain_text, plain_text_title

_BASELINE_TOLERANCE = 0.35
"""Letters whose baselines differ by less than this share of a line are on one line."""
_MIN_SPACE_WIDTH = 0.3
"""A gap wider than this share of a letter is a space."""
_MIN_STEP_SHARE = 0.1
"""Share of the steps from line to line that makes one common."""
_MIN_LETTERS_PER_PAGE = 20
"""Pages with fewer letters on average are pictures of pages."""


@dataclass(frozen=True)
class _Letter:
    """A letter on a page, in points from its left and bottom edge; `end` is where the next may start."""

    text: str
    x: float
    end: float
    y: float


def read_pdf(path: Path) -> Screenplay:
    """The screenplay in a PDF, as writing programs export it.

    Raises:
        MoviemotionError: the file is missing, broken, locked, a scan without text, or not laid out as a
            screenplay.
    """
    source = extract_pdf_lines(read_bytes(path, "screenplay"), path)
    if not has_script_layout(source):
        raise MoviemotionError(
            f"{path}: its pages are not laid out as a screenplay; export the script as Fountain (.fountain) "
            "or Final Draft (.fdx)."
        )
    return Screenplay(plain_text_title(source) or path.stem, path, source, parse_plain_text(source))


def extract_pdf_lines(data: bytes, path: Path) -> tuple[str, ...]:
    """The pages as lines of text, each letter in its column; a page's first line begins with a form feed.

    Raises:
        MoviemotionError: the file is broken, locked or holds no text.
    """
    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        locked = "password" in str(error).lower()
        raise MoviemotionError(
            f"{path}: the PDF is locked with a password; save it without one."
            if locked
            else f"{path}: the PDF is broken; export it again, or give the script as Fountain or Final Draft."
        ) from None
    try:
        pages = [list(_letters(document[k])) for k in range(len(document))]
    finally:
        document.close()
    if sum(map(len, pages)) < _MIN_LETTERS_PER_PAGE * len(pages):
        raise MoviemotionError(
            f"{path}: its pages are pictures without text (a scan); export the script as text, or run text "
            "recognition (OCR) on it first."
        )
    rows = [_rows(page) for page in pages]
    width, height = _letter_width(rows), _line_height(rows)
    return tuple(line for page in rows for line in _page_to_text(page, width, height))


def _letters(page: pypdfium2.PdfPage) -> Iterator[_Letter]:
    text = page.get_textpage()
    x, y = c_double(), c_double()
    box = pdfium.FS_RECTF()
    for k in range(text.count_chars()):
        letter = chr(pdfium.FPDFText_GetUnicode(text, k))
        if letter.isspace() or not letter.isprintable() or pdfium.FPDFText_IsGenerated(text, k) == 1:
            continue
        pdfium.FPDFText_GetCharOrigin(text, k, byref(x), byref(y))
        pdfium.FPDFText_GetLooseCharBox(text, k, byref(box))
        yield _Letter(letter, x.value, box.right, y.value)
    text.close()


def _rows(letters: Sequence[_Letter]) -> list[list[_Letter]]:
    """Letters of one line together, lines from top to bottom, letters from left to right."""
    rows: list[list[_Letter]] = []
    for letter in sorted(letters, key=lambda c: -c.y):
        if (
            rows
            and rows[-1][0].y - letter.y < _BASELINE_TOLERANCE * max(rows[-1][0].end - rows[-1][0].x, 1) / 0.6
        ):
            rows[-1].append(letter)
        else:
            rows.append([letter])
    return [sorted(row, key=lambda c: c.x) for row in rows]


def _letter_width(pages: Sequence[Sequence[Sequence[_Letter]]]) -> float:
    """Points a letter takes: its width in the most usual type."""
    widths = Counter(round(c.end - c.x, 1) for page in pages for row in page for c in row)
    return max(median(widths.elements()), 1.0)


def _line_height(pages: Sequence[Sequence[Sequence[_Letter]]]) -> float:
    """Points from line to line within a paragraph: the smallest step that is common."""
    steps = Counter(round(above[0].y - below[0].y, 1) for page in pages for above, below in pairwise(page))
    common = [step for step, count in steps.items() if count >= _MIN_STEP_SHARE * steps.total()]
    return max(min(common, default=12.0), 1.0)


def _page_to_text(rows: Sequence[Sequence[_Letter]], width: float, height: float) -> Iterator[str]:
    yield "\f"
    before = None
    for row in rows:
        y = row[0].y
        if before is not None:
            yield from [""] * (round((before - y) / height) - 1)
        before = y
        yield _row_to_text(row, width)


def _row_to_text(row: Sequence[_Letter], width: float) -> str:
    line, end = "", 0.0
    for letter in row:
        gap, own = letter.x - end, letter.end - letter.x  # a title may be set larger
        if not line:
            line = " " * round(letter.x / width)
        elif gap > _MIN_SPACE_WIDTH * own:
            line += " " * max(1, round(gap / own))
        line += letter.text
        end = letter.end
    return line
