"""Read PDF screenplays by putting each printed character back into its column on a page of text.

A PDF stores printed characters with coordinates, but no lines, spaces or paragraphs. Screenplays are set in a
monospaced typeface, so dividing a horizontal coordinate by the character width gives the column. `plain_text`
reads the resulting lines exactly like a typed script.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from operator import attrgetter
from pathlib import Path
from statistics import median

import pypdfium2

from moviemotion._io.text_decoding import read_bytes, repair_characters
from moviemotion.errors import MoviemotionError
from moviemotion.screenplay.elements import Screenplay
from moviemotion.screenplay.formats.margin_marks import without_margin_marks
from moviemotion.screenplay.formats.page_furniture import sheet_order
from moviemotion.screenplay.formats.pdf_letters import Letter, Page, read_pages, without_double_letters
from moviemotion.screenplay.formats.pdf_sheets import single_pages
from moviemotion.screenplay.formats.plain_text import MAX_LINES, read_plain_text

_BASELINE_TOLERANCE = 0.35
"""Characters whose baselines differ by less than this fraction of the line height are on the same line."""
_MIN_SPACE_WIDTH = 0.3
"""A gap wider than this fraction of a character's width is a space."""
_MIN_STEP_SHARE = 0.1
"""Minimum fraction of all distances between lines that a distance must account for to count as common."""
_MIN_LETTERS_PER_PAGE = 20
"""Average number of characters per page below which the pages are considered scans without text."""
_MAX_SCANNED_SHARE = 0.9
"""Where more pages are images without text, the file is considered a scan."""
_MAX_LETTERS = 4_000_000
"""A script has about 2,000 characters per page; files with more than this are refused."""
_MAX_COLUMN, _MAX_BLANK_LINES = 300, 60
"""Limits for gaps, which damaged files can make endless."""


def read_pdf(path: Path) -> Screenplay:
    """Read a PDF that was exported by a screenwriting program.

    Raises:
        MoviemotionError: the file is missing, corrupt, password-protected, a scan without text, or not laid
            out as a screenplay.
    """
    source, scans = _extract_lines(read_bytes(path, "screenplay"), path)
    reading = read_plain_text(source)
    if reading is None:
        raise MoviemotionError(
            f"{path}: the pages are not laid out as a screenplay; export the script as Fountain (.fountain) "
            "or Final Draft (.fdx)"
        )
    return Screenplay(
        reading.title or path.stem,
        path,
        source,
        reading.elements,
        reading.title_page,
        scanned_pages=scans,
    )


def _extract_lines(data: bytes, path: Path) -> tuple[tuple[str, ...], int]:
    """Put each character of a PDF into its column on a page of text.

    Args:
        data: the contents of the file.
        path: the file, for error messages.

    Returns:
        The lines, where the first line of each page starts with a form feed, and the number of pages after
        the cover that are images without text.

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
        sheets = read_pages(document, _MAX_LETTERS)
    except pypdfium2.PdfiumError:  # a page is damaged
        sheets = []
    finally:
        document.close()
    if sheets is None:
        raise _too_long(path)
    pages = single_pages(sheets)
    scans = sum(sheet.is_scan for sheet in sheets)
    few_letters = sum(map(len, pages)) < _MIN_LETTERS_PER_PAGE * max(len(pages), 1)
    if few_letters or scans > _MAX_SCANNED_SHARE * len(sheets):
        raise MoviemotionError(
            f"{path}: the pages are blank or images without text (a scan); export the script as text, or run "
            "text recognition (OCR) on it first"
        )
    rows = [_rows(page) for page in pages]
    width, height = _letter_width(sheets), _line_height(rows)
    texts = [list(_page_to_text(page, width, height)) for page in rows]
    lines = tuple(line for at in sheet_order(texts) for line in texts[at])
    if len(lines) > MAX_LINES:
        raise _too_long(path)
    return without_margin_marks(lines), scans - (scans > 0 and sheets[0].is_scan)


def _too_long(path: Path) -> MoviemotionError:
    return MoviemotionError(
        f"{path}: the PDF has more than {_MAX_LETTERS:,} characters or {MAX_LINES:,} lines, which no "
        "screenplay has; give one file per screenplay, without other material"
    )


def _rows(letters: Sequence[Letter]) -> list[list[Letter]]:
    """Group characters into lines, from top to bottom, and sort each line from left to right."""
    rows: list[list[Letter]] = []
    lowest = math.inf  # the lowest baseline that still belongs to the row
    for letter in sorted(letters, key=attrgetter("y"), reverse=True):
        if letter.y > lowest and rows:
            rows[-1].append(letter)
        else:
            rows.append([letter])
            lowest = letter.y - _BASELINE_TOLERANCE * max(letter.width, 1) / 0.6
    return [without_double_letters(sorted(row, key=attrgetter("x"))) for row in rows]


def _letter_width(sheets: Sequence[Page]) -> float:
    """The median character width in points, which is the character width of the script's typeface."""
    return max(median(word[len(word) // 2].width for sheet in sheets for word in sheet.words), 1.0)


def _line_height(pages: Sequence[Sequence[Sequence[Letter]]]) -> float:
    """The distance in points between the lines of a paragraph: the smallest common distance between lines."""
    steps = Counter(round(above[0].y - below[0].y, 1) for page in pages for above, below in pairwise(page))
    common = [step for step, count in steps.items() if count >= _MIN_STEP_SHARE * steps.total()]
    return max(min(common, default=12.0), 1.0)


def _page_to_text(rows: Sequence[Sequence[Letter]], width: float, height: float) -> Iterator[str]:
    """The lines of a page, after a line with a form feed; gaps between lines become blank lines."""
    yield "\f"
    before = None
    for row in rows:
        y = row[0].y
        if before is not None:
            yield from [""] * min(round((before - y) / height) - 1, _MAX_BLANK_LINES)
        before = y
        yield _row_to_text(row, width)


def _row_to_text(row: Sequence[Letter], width: float) -> str:
    line, end = "", 0.0
    usual = median(letter.width for letter in row)
    before = row[0]
    for letter in row:
        # Gaps are measured relative to the characters beside them, since titles may be set in larger type and
        # notes in smaller type. In proportional type, spaces are narrower than some characters.
        gap, own = letter.x - end, min(max(before.width, letter.width), usual)
        if not line:
            line = " " * min(round(letter.x / width), _MAX_COLUMN)
        elif gap > _MIN_SPACE_WIDTH * own:
            line += " " * min(max(1, round(gap / own)), _MAX_COLUMN)
        line += letter.text
        end, before = letter.x + letter.width, letter
    return repair_characters(line)
