"""Read typed or printed scripts in plain text, including PDF pages converted to text.

`page_furniture` removes page numbers and headers; `indented_layout` finds the columns, or `flat_layout`
infers them; `printed_elements` then creates elements. A few stray lines can suggest the wrong layout, so each
layout is judged by what is read with it: how many of the lines that are almost certainly character names
become names, and how much of the text outside of speeches becomes action.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from moviemotion.screenplay.elements import Element, ElementKind
from moviemotion.screenplay.formats.flat_layout import FLAT_COLUMNS, indent_by_context, name_rows
from moviemotion.screenplay.formats.indented_layout import (
    Columns,
    align_pages,
    find_columns,
    remove_gaps_under_characters,
)
from moviemotion.screenplay.formats.line_patterns import is_byline, is_transition_line, parse_scene_heading
from moviemotion.screenplay.formats.page_furniture import Row, parse_rows
from moviemotion.screenplay.formats.printed_elements import read_rows
from moviemotion.screenplay.formats.printed_title_page import printed_title_page

_MAX_TITLE_PAGE_LINES = 30
_MAX_TITLE_LINES = 3
"""Maximum number of lines above the writers' names, for a title without a separate page."""
MAX_LINES = 50_000
"""A script of 500 pages has about 30,000 lines."""
GOOD_QUALITY = 0.85
"""A layout that reaches this quality is used without trying the others."""
_MIN_GAIN = 0.1
"""Another layout is preferred only if its quality is higher by at least this much."""
_MIN_CERTAIN_NAMES = 8
"""With fewer lines that are certainly character names, the share that was read says nothing."""
_MIN_WORDS = 30
"""With fewer words outside of speeches, the share of action among them says nothing."""


@dataclass(frozen=True)
class PlainTextReading:
    """A script in plain text, as read with one layout.

    Attributes:
        title: the title from the title page; without one, the first centered line in capitals above the first
            scene; an empty string if there is neither.
        elements: the elements in order, without title page and page furniture.
        quality: how well the layout fits the script, 0–1 (see `reading_quality`).
        title_page: keys and values of the title page; empty if there is none.
    """

    title: str
    elements: tuple[Element, ...]
    quality: float
    title_page: tuple[tuple[str, str], ...] = ()


def read_plain_text(source: Sequence[str]) -> PlainTextReading | None:
    """Read a printed script with the layout that fits it best.

    Args:
        source: all lines of the file.

    Returns:
        The reading; None if no layout contains speakers.
    """
    rows = parse_rows(source)
    best: PlainTextReading | None = None
    for laid_out, columns in _layouts(rows):
        start = _title_page_row_count(laid_out, columns)
        elements = read_rows(laid_out[start:], columns)
        quality = reading_quality(elements, rows)
        if best is None or quality >= best.quality + _MIN_GAIN:
            film = tuple(element for element in elements if not _is_title(element))
            title = _title(laid_out, columns, start, elements)
            page = [(row.text, columns.is_in_speech(row)) for row in laid_out[:start] if not row.is_furniture]
            best = PlainTextReading(title, film, quality, printed_title_page(title, page))
        if best.quality >= GOOD_QUALITY:
            break
    return best


def _layouts(rows: list[Row]) -> Iterator[tuple[list[Row], Columns]]:
    """Lay out a script in every way in which speakers are found, the most reliable way first."""
    # Each correction comes after the rows as they are, since it could corrupt a script that does not need it.
    for correct in (list, align_pages, remove_gaps_under_characters):
        corrected = correct(rows)
        if correct is not list and _same_apart_from_margin(corrected, rows):
            continue
        if (columns := find_columns(corrected)) is None:
            continue
        yield corrected, columns
        # Where speeches start in the column of the action, only the names can be told by their indent.
        if (flat := indent_by_context(corrected, columns)) is not None:
            yield flat, FLAT_COLUMNS
    if (flat := indent_by_context(rows)) is not None:
        yield flat, FLAT_COLUMNS


def _same_apart_from_margin(rows: Sequence[Row], others: Sequence[Row]) -> bool:
    """Whether the rows have the same texts, and indents that differ by a constant."""
    pairs = list(zip(rows, others, strict=False))
    return len(rows) == len(others) and len({a.indent - b.indent for a, b in pairs if a.text}) <= 1


def reading_quality(elements: Sequence[Element], rows: Sequence[Row]) -> float:
    """Judge how well a script was read.

    Args:
        elements: what was read.
        rows: the rows of the script.

    Returns:
        The fraction of the rows that are almost certainly character names and were read as such, times the
        fraction of the words outside of speeches that are action and not centered.
    """
    names = name_rows(rows)
    read = {element.line for element in elements if element.kind is ElementKind.CHARACTER}
    found = len(names & read) / len(names) if len(names) >= _MIN_CERTAIN_NAMES else 1.0
    words = Counter[ElementKind]()
    for element in elements:
        if element.scene or element.kind is ElementKind.ACTION:
            words[element.kind] += len(element.text.split())
    outside = words[ElementKind.ACTION] + words[ElementKind.CENTERED]
    return found * (words[ElementKind.ACTION] / outside if outside >= _MIN_WORDS else 1.0)


def _title(rows: Sequence[Row], columns: Columns, title_rows: int, elements: Sequence[Element]) -> str:
    if columns is FLAT_COLUMNS:
        return _title_at_top(rows)
    lines = [row.text for row in rows[:title_rows] if row.text]
    by_line = next((k for k, text in enumerate(lines) if is_byline(text)), 1)
    if lines and by_line:
        return " ".join(lines[:by_line]).strip('"“” ')
    for element in elements:
        if _is_title(element) and element.text == element.text.upper():
            return element.text.splitlines()[0].strip('"“” ')
    return ""


def _is_title(element: Element) -> bool:
    return element.kind is ElementKind.CENTERED and element.scene == 0


def _title_at_top(rows: Sequence[Row]) -> str:
    """The first lines of a script without columns, if the line below them credits the writers."""
    lines = [row.text for row in rows if row.text][: _MAX_TITLE_LINES + 1]
    by_line = next((k for k, text in enumerate(lines) if is_byline(text)), 0)
    return " ".join(lines[:by_line]).strip('"“” ')


def _title_page_row_count(rows: Sequence[Row], columns: Columns) -> int:
    """The number of rows of the title page if it is a separate page; otherwise 0."""
    if not rows or rows[0].page == rows[-1].page:
        return 0
    length = next(k for k, row in enumerate(rows) if row.page != rows[0].page)
    nonblank = [row for row in rows[:length] if row.text]
    if not 0 < len(nonblank) <= _MAX_TITLE_PAGE_LINES or not columns.is_in_speech(nonblank[0]):
        return 0
    script = any(parse_scene_heading(row.text) or is_transition_line(row.text) for row in nonblank)
    return 0 if script or find_columns(rows[:length], min_characters=1) else length
