"""Read PDF screenplays by putting each printed character back into its column on a page of text.

A PDF stores printed characters with coordinates, but no lines, spaces or paragraphs. Screenplays are set in a
monospaced typeface, so dividing a horizontal coordinate by the character width gives the column. `plain_text`
reads the resulting lines exactly like a typed script.
"""

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
from moviemotion.screenplay.formats.plain_text import read_plain_text

_BASELINE_TOLERANCE = 0.35
"""Characters whose baselines differ by less than this fraction of the line height are on the same line."""
_MIN_SPACE_WIDTH = 0.3
"""A gap wider than this fraction of a character's width is a space."""
_MIN_STEP_SHARE = 0.1
"""Minimum fraction of all distances between lines that a distance must account for to count as common."""
_MIN_LETTERS_PER_PAGE = 20
"""Average number of characters per page below which the pages are considered scans without text."""


@dataclass(frozen=True)
class _Letter:
    """A printed character, with coordinates in points from the left and bottom edges of the page.

    Attributes:
        text: the character.
        x: the left edge.
        end: the position where the next character can start.
        y: the baseline.
    """

    text: str
    x: float
    end: float
    y: float


def read_pdf(path: Path) -> Screenplay:
    """Read a PDF that was exported by a screenwriting program.

    Raises:
        MoviemotionError: the file is missing, corrupt, password-protected, a scan without text, or not laid
            out as a screenplay.
    """
    source = extract_pdf_lines(read_bytes(path, "screenplay"), path)
    reading = read_plain_text(source)
    if reading is None:
        raise MoviemotionError(
            f"{path}: the pages are not laid out as a screenplay; export the script as Fountain (.fountain) "
            "or Final Draft (.fdx)"
        )
    return Screenplay(reading.title or path.stem, path, source, reading.elements)


def extract_pdf_lines(data: bytes, path: Path) -> tuple[str, ...]:
    """The pages of a PDF as lines of text, with each character in its column.

    Args:
        data: the contents of the file.
        path: the file, for error messages.

    Returns:
        The lines; the first line of each page starts with a form feed.

    Raises:
        MoviemotionError: the file is corrupt, password-protected, or contains no text.
    """
    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        locked = "password" in str(error).lower()
        raise MoviemotionError(
            f"{path}: the PDF is password-protected; save it without a password"
            if locked
            else f"{path}: the PDF is corrupt; export it again, or give the script as Fountain or Final Draft"
        ) from None
    try:
        pages = [list(_letters(document[k])) for k in range(len(document))]
    finally:
        document.close()
    if sum(map(len, pages)) < _MIN_LETTERS_PER_PAGE * len(pages):
        raise MoviemotionError(
            f"{path}: the pages are images without text (a scan); export the script as text, or run text "
            "recognition (OCR) on it first"
        )
    rows = [_rows(page) for page in pages]
    width, height = _letter_width(rows), _line_height(rows)
    return tuple(line for page in rows for line in _page_to_text(page, width, height))


def _letters(page: pypdfium2.PdfPage) -> Iterator[_Letter]:
    """The characters on a page. Spaces are skipped, since they are inferred from the column positions."""
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
    """Group characters into lines, from top to bottom, and sort each line from left to right."""
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
    """The median character width in points, which is the character width of the script's typeface."""
    widths = Counter(round(c.end - c.x, 1) for page in pages for row in page for c in row)
    return max(median(widths.elements()), 1.0)


def _line_height(pages: Sequence[Sequence[Sequence[_Letter]]]) -> float:
    """The distance in points between the lines of a paragraph: the smallest common distance between lines."""
    steps = Counter(round(above[0].y - below[0].y, 1) for page in pages for above, below in pairwise(page))
    common = [step for step, count in steps.items() if count >= _MIN_STEP_SHARE * steps.total()]
    return max(min(common, default=12.0), 1.0)


def _page_to_text(rows: Sequence[Sequence[_Letter]], width: float, height: float) -> Iterator[str]:
    """The lines of a page, after a line with a form feed; gaps between lines become blank lines."""
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
        # Gaps are measured relative to the width of this character, since a title may be set in larger type.
        gap, own = letter.x - end, letter.end - letter.x
        if not line:
            line = " " * round(letter.x / width)
        elif gap > _MIN_SPACE_WIDTH * own:
            line += " " * max(1, round(gap / own))
        line += letter.text
        end = letter.end
    return line
