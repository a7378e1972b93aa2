"""Remove page furniture: text that belongs to the printed page rather than to the film.

Page numbers, headers, footers, (MORE) and (CONTINUED) are blanked, HTML and revision marks are removed, and
double spacing is undone. The result is a list of `Row`s for the layout modules.

The input is text laid out with spaces: a plain-text script, or PDF pages converted to such text. Page
furniture is not marked as such, so it is recognized by repetition: a header occurs at the edge of most pages,
with an increasing page number.
"""

from __future__ import annotations

import html
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

_MORE = re.compile(r"\(?MORE\)?", re.IGNORECASE)
_CONTINUED = re.compile(
    r"(?:[A-Z]?\d+[A-Z]*\s+)?\(?CONTINUED:?\)?:?(?:\s*\(\d+\))?(?:\s+[A-Z]?\d+[A-Z]*)?", re.IGNORECASE
)
_PAGE_NUMBER = re.compile(
    r"(?:page\s++)?[-–]?\s*+(\d{1,3})[A-Z]?(?:\s*+[-–.])?(?:\s+of\s+\d+)?", re.IGNORECASE
)
_ENDS_IN_NUMBER = re.compile(r"(.*\S)(\s+)(?:page\s+)?(\d{1,3})[A-Z]?\.?", re.IGNORECASE)
_NUMBER_AT_START = re.compile(r"[A-Z]?(\d+)\b")
_MIN_HEADERS = 3
"""Minimum number of occurrences of a header or page number."""
_MIN_REPEATED_SHARE, _MIN_NUMBERED_SHARE = 0.5, 0.3
"""Minimum fraction of the sheets with a header; odd and even pages can have different numbered headers."""
_MAX_HEADER_RATIO = 2
"""Maximum ratio of all occurrences of a header to those at the edges of sheets."""
_MIN_ADJACENT_HEADERS = 10
"""Minimum number of occurrences if a single space separates a header from its number: GUARD 1, GUARD 2 and
GUARD 3 may be characters."""
_MIN_SORTED_SHEETS, _MIN_SORTED_SHARE = 6, 0.8
"""Minimum number and share of sheets with different numbers for sheets to be sorted by them."""
_TAB_WIDTH = 8
_MIN_MARK_DISTANCE = 2
"""Minimum number of spaces between a line and its revision mark."""
_MAX_UNSPACED_SHARE = 0.15
"""Maximum fraction of lines in a double-spaced script that lack a blank line below them."""
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>|<!--(?:(?!-->|<!--).)*+-->")
_PRE = re.compile(r"<pre\b", re.IGNORECASE)
_PRE_END = re.compile(r"</pre>", re.IGNORECASE)


@dataclass(frozen=True)
class Row:
    """A printed line.

    Attributes:
        text: the text without surrounding whitespace; empty for a blank line and for page furniture.
        indent: the number of characters before the text.
        line_number: the line number in the source, counting from 1.
        page: the printed page number or, if there is none, the number obtained by counting; None if the
            source has no pages.
        is_more: whether the line was (MORE), which means that the speech continues on the next page.
        is_furniture: whether the line was a page number, a header or other page furniture.
    """

    text: str
    indent: int
    line_number: int
    page: int | None
    is_more: bool = False
    is_furniture: bool = False


def parse_rows(source: Sequence[str]) -> list[Row]:
    """Read the lines of a script, blanking page furniture.

    Pages start at form feeds. Without form feeds, a page starts at a page number, or at a header that ends in
    one.

    Args:
        source: the lines of the file.
    """
    lines = [_clean_line(line) for line in _blank_outside_pre(source)]
    sheets = _sheet_numbers(source)
    numbers = _page_numbers(lines, sheets)
    pages = _page_of_each_line(sheets, numbers)
    rows: list[Row] = []
    for at, (line, page) in enumerate(zip(lines, pages, strict=True)):
        text = line.strip()
        more = bool(_MORE.fullmatch(text))
        furniture = at in numbers or more or bool(_CONTINUED.fullmatch(text))
        if furniture:
            text = ""
        rows.append(Row(text, len(line) - len(line.lstrip()), at + 1, page, more, furniture))
    return _remove_double_spacing(rows)


def _remove_double_spacing(rows: list[Row]) -> list[Row]:
    """Remove the blank lines that follow every line of a double-spaced script.

    If nearly every line is followed by n blank lines, n blank lines are removed after each line. Additional
    blank lines separate paragraphs and are kept.
    """
    nonblank = [at for at, row in enumerate(rows) if row.text]
    gaps = sorted(after - at - 1 for at, after in pairwise(nonblank))
    # A low quantile is used instead of the minimum, so that a few missing blank lines do not hide double
    # spacing.
    spacing = gaps[int(_MAX_UNSPACED_SHARE * len(gaps))] if gaps else 0
    result: list[Row] = []
    blanks = 0
    for row in rows:
        blanks = 0 if row.text or row.is_furniture else blanks + 1
        if not 0 < blanks <= spacing:
            result.append(row)
    return result


def _blank_outside_pre(source: Sequence[str]) -> list[str]:
    """Blank the lines outside <pre> if the script was saved as a web page.

    They are blanked rather than removed, so that line numbers still match the file.
    """
    first = next((at for at, line in enumerate(source) if _PRE.search(line)), 0)
    ends = (at for at, line in enumerate(source) if at >= first and _PRE_END.search(line))
    last = next(ends, len(source))
    return [line if first <= at <= last else "" for at, line in enumerate(source)]


def _clean_line(line: str) -> str:
    """Remove HTML and revision marks from a line, and replace tabs with spaces."""
    line = html.unescape(_TAG.sub("", line)).replace("\f", "")
    line = line.expandtabs(_TAB_WIDTH).rstrip()
    unmarked = line.rstrip("*")
    is_marked = len(unmarked) < len(line) and len(unmarked) - len(unmarked.rstrip()) >= _MIN_MARK_DISTANCE
    return unmarked.rstrip() if is_marked else line


def _sheet_numbers(source: Sequence[str]) -> list[int]:
    """Return the number of the sheet each line is printed on, counting from 0; a form feed starts a sheet."""
    sheets, sheet = [], 0
    for at, line in enumerate(source):
        sheet += "\f" in line and at > 0
        sheets.append(sheet)
    return sheets


def _page_numbers(lines: Sequence[str], sheets: Sequence[int]) -> dict[int, int | None]:
    """Find page numbers, headers and footers.

    Args:
        lines: the cleaned lines.
        sheets: the sheet of each line.

    Returns:
        Line index → page number on the line, or None if the line contains no number.
    """
    found: dict[int, int | None] = {}
    for at, line in enumerate(lines):
        number = _PAGE_NUMBER.fullmatch(line.strip())
        if number:
            found[at] = int(number[1])
    found.update(_numbered_headers(lines))
    if sheets and sheets[-1] == 0:
        # Without form feeds, numbered lines are the only indication of page ends.
        sheets = list(accumulate(at in found for at in range(len(lines))))
    for at in _repeated_at_edges([("" if at in found else line) for at, line in enumerate(lines)], sheets):
        found.setdefault(at, None)
    return found


def _numbered_headers(lines: Sequence[str]) -> dict[int, int]:
    """Find lines that recur with an increasing number at the end, such as "THE KITE 12.".

    Returns:
        Line index → number.
    """
    alike: dict[tuple[str, bool], list[tuple[int, int]]] = defaultdict(list)
    for at, line in enumerate(lines):
        match = _ENDS_IN_NUMBER.fullmatch(line.strip())
        # A scene heading can also end in a number, but then it starts with the same number.
        left = _NUMBER_AT_START.match(match[1]) if match else None
        if match and not (left and left[1] == match[3]):
            near = len(match[2]) == 1
            alike[_header_key(match[1]), near].append((at, int(match[3])))
    return {
        at: number
        for (_, near), found in alike.items()
        if len(found) >= (_MIN_ADJACENT_HEADERS if near else _MIN_HEADERS)
        and all(a[1] < b[1] for a, b in pairwise(found))
        for at, number in found
    }


def _repeated_at_edges(lines: Sequence[str], sheets: Sequence[int]) -> Iterator[int]:
    """Find the first and last lines of sheets that are the same, apart from numbers, on many sheets.

    "ANNA (cont'd)" can also recur at the top of pages, but it is a character and not a header. So is ANNA,
    but she recurs elsewhere, too.
    """
    edges: dict[str, list[int]] = defaultdict(list)
    nonblank = [at for at, line in enumerate(lines) if line.strip()]
    for before, at in pairwise([-1, *nonblank]):
        if before < 0 or sheets[before] != sheets[at]:
            edges[_header_key(lines[at])].append(at)
            if before >= 0:
                edges[_header_key(lines[before])].append(before)
    if nonblank:
        edges[_header_key(lines[nonblank[-1]])].append(nonblank[-1])
    count = sheets[-1] + 1 if sheets else 0
    totals = Counter(map(_header_key, lines))
    for key, found in edges.items():
        share = _MIN_NUMBERED_SHARE if "0" in key else _MIN_REPEATED_SHARE
        is_frequent = len(found) >= max(_MIN_HEADERS, share * count)
        if is_frequent and totals[key] <= _MAX_HEADER_RATIO * len(found) and "(cont" not in key:
            yield from found


def sheet_order(sheets: Sequence[Sequence[str]]) -> list[int]:
    """The order in which to read the sheets of a script.

    Scans can be in reverse order, or all odd pages can come first, and booklets are printed in the order in
    which they are folded. Sheets are sorted by their printed numbers if most of these do not count up but are
    complete.

    Args:
        sheets: the lines of each sheet.

    Returns:
        The indices of the sheets.
    """
    numbers = {
        at: int(match[1])
        for at, sheet in enumerate(sheets)
        for line in _edge_lines(sheet)
        if (match := _PAGE_NUMBER.fullmatch(line))
    }
    order = list(range(len(sheets)))
    found = sorted(set(numbers.values()))
    if len(found) < max(_MIN_SORTED_SHEETS, _MIN_SORTED_SHARE * len(sheets)):
        return order
    complete = len(found) >= _MIN_SORTED_SHARE * (found[-1] - found[0] + 1)
    counted = sum(after == before + 1 for before, after in pairwise(numbers.values()))
    if not complete or 2 * counted >= len(numbers):
        return order
    return sorted(order, key=lambda at: numbers.get(at, 0))


def _edge_lines(sheet: Sequence[str]) -> list[str]:
    """The first and the last line with text on a sheet."""
    inked = [text for line in sheet if (text := line.strip())]
    return [inked[-1], inked[0]] if inked else []


def _header_key(line: str) -> str:
    """Normalize a header, so that headers that differ only in numbers, spaces or letter case are equal."""
    return re.sub(r"\s+", " ", re.sub(r"\d+", "0", line)).strip().lower()


def _page_of_each_line(sheets: Sequence[int], numbers: dict[int, int | None]) -> list[int | None]:
    """Return the page number of every line: the printed number or, if there is none, one found by counting.

    Args:
        sheets: the sheet of each line; all 0 if there are no form feeds.
        numbers: line index → page number, for lines with page furniture.
    """
    if not sheets or sheets[-1] > 0:
        printed: dict[int, int] = {}
        for at, number in numbers.items():
            if number is not None:
                printed.setdefault(sheets[at], number)
        # Printed numbers take precedence over counting, since title pages are not counted and revised scripts
        # have pages such as 12A. Sheets before the first printed number are counted backward from it.
        first = min(printed, default=0)
        page = printed.get(first, 1) - first - 1
        pages: dict[int, int | None] = {}
        for sheet in range(sheets[-1] + 1 if sheets else 0):
            page = printed.get(sheet, page + 1)
            pages[sheet] = page
        return [pages[sheet] for sheet in sheets]
    counted = [(at, number) for at, number in sorted(numbers.items()) if number is not None]
    # A line that happens to be a number ("1969") must not start a page, so only increasing numbers count.
    growing = [
        (at, n) for (at, n), (_, before) in zip(counted, [(0, 0), *counted], strict=False) if n > before
    ]
    if len(growing) < _MIN_HEADERS:
        return [None] * len(sheets)
    starts = dict(growing)
    now = growing[0][1] - 1
    result: list[int | None] = []
    for at in range(len(sheets)):
        now = starts.get(at, now)
        result.append(now)
    return result
