"""What belongs to a script's paper and not to its film: pages, page numbers, headers, (MORE), (CONTINUED).

Works on text laid out by spaces: a plain-text script, or a PDF's pages laid out as such.
"""

from __future__ import annotations

import html
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

_MORE = re.compile(r"\(?MORE\)?", re.IGNORECASE)
_CONTINUED = re.compile(
    r"(?:[A-Z]?\d+[A-Z]*\s+)?\(?CONTINUED:?\)?:?(?:\s*\(\d+\))?(?:\s+[A-Z]?\d+[A-Z]*)?", re.IGNORECASE
)
_PAGE_NUMBER = re.compile(r"(?:page\s+)?[-–]?\s*(\d{1,3})[A-Z]?\s*[-–.]?(?:\s+of\s+\d+)?", re.IGNORECASE)
_ENDS_IN_NUMBER = re.compile(r"(.*\S)(\s+)(?:page\s+)?(\d{1,3})[A-Z]?\.?", re.IGNORECASE)
_REVISION_MARK = re.compile(r"\s{2,}\*+$")
_MIN_HEADERS = 3
"""Headers and page numbers are believed only where there are as many."""
_MIN_ADJACENT_HEADERS = 10
"""Headers whose number is a single space away; fewer may be GUARD 1, GUARD 2, GUARD 3."""
_TAB_WIDTH = 8
_MAX_UNSPACED_SHARE = 0.15
"""Share of lines that may lack the blank one below in a double-spaced script."""
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>|<!--.*?-->")
_PRE = re.compile(r"<pre\b", re.IGNORECASE)
_PRE_END = re.compile(r"</pre>", re.IGNORECASE)


@dataclass(frozen=True)
class Row:
    """A line on paper.

    Attributes:
        text: without the white space around it; empty for a blank line.
        indent: characters before it.
        line: its number in the source, from 1.
        page: its page, as printed there or else counted; None where the source has no pages.
        more: whether it was a (MORE), after which the speech goes on on the next page.
        furniture: whether it was a page number, a header or another line of the paper's.
    """

    text: str
    indent: int
    line_number: int
    page: int | None
    is_more: bool = False
    is_furniture: bool = False


def parse_rows(source: Sequence[str]) -> list[Row]:
    """The lines of a script; what belongs to the paper has become blank.

    A page begins at a form feed. Without form feeds it begins at a line that is a page's number, or a
    header with the number at its end.
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
    """Without the blank lines that stand after every line of a double-spaced script."""
    inked = [at for at, row in enumerate(rows) if row.text]
    gaps = sorted(after - at - 1 for at, after in pairwise(inked))
    spacing = gaps[int(_MAX_UNSPACED_SHARE * len(gaps))] if gaps else 0
    found: list[Row] = []
    blanks = 0
    for row in rows:
        blanks = 0 if row.text or row.is_furniture else blanks + 1
        if not 0 < blanks <= spacing:
            found.append(row)
    return found


def _blank_outside_pre(source: Sequence[str]) -> list[str]:
    """The lines with those outside <pre> made blank, where the script was saved as a web page."""
    first = next((at for at, line in enumerate(source) if _PRE.search(line)), 0)
    ends = (at for at, line in enumerate(source) if at >= first and _PRE_END.search(line))
    last = next(ends, len(source))
    return [line if first <= at <= last else "" for at, line in enumerate(source)]


def _clean_line(line: str) -> str:
    """A line as it was typed: without marks of HTML or of revision, its tabs as spaces."""
    line = html.unescape(_TAG.sub("", line)).replace("\f", "")
    return _REVISION_MARK.sub("", line.expandtabs(_TAB_WIDTH).rstrip())


def _sheet_numbers(source: Sequence[str]) -> list[int]:
    """The sheet of paper of every line, from 0; all 0 without form feeds."""
    sheets, sheet = [], 0
    for at, line in enumerate(source):
        sheet += "\f" in line and at > 0
        sheets.append(sheet)
    return sheets


def _page_numbers(lines: Sequence[str], sheets: Sequence[int]) -> dict[int, int | None]:
    """Lines that are page numbers, headers or footers, and the number each carries."""
    found: dict[int, int | None] = {}
    for at, line in enumerate(lines):
        number = _PAGE_NUMBER.fullmatch(line.strip())
        if number:
            found[at] = int(number[1])
    found.update(_numbered_headers(lines))
    if sheets and sheets[-1] == 0:
        # Without form feeds a page ends at each line that has its number.
        sheets = list(accumulate(at in found for at in range(len(lines))))
    for at in _repeated_at_edges([("" if at in found else line) for at, line in enumerate(lines)], sheets):
        found.setdefault(at, None)
    return found


def _numbered_headers(lines: Sequence[str]) -> dict[int, int]:
    """Lines that come again and again with a number at their end that only grows."""
    alike: dict[tuple[str, bool], list[tuple[int, int]]] = defaultdict(list)
    for at, line in enumerate(lines):
        match = _ENDS_IN_NUMBER.fullmatch(line.strip())
        # A heading's scene number is at both its ends.
        if match and not re.match(rf"[A-Z]?{match[3]}\b", match[1]):
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
    """First and last lines of sheets that read alike on half of them; not the cue of a speech going on."""
    edges: dict[str, list[int]] = defaultdict(list)
    inked = [at for at, line in enumerate(lines) if line.strip()]
    for before, at in pairwise([-1, *inked]):
        if before < 0 or sheets[before] != sheets[at]:
            edges[_header_key(lines[at])].append(at)
            if before >= 0:
                edges[_header_key(lines[before])].append(before)
    count = sheets[-1] + 1 if sheets else 0
    for skeleton, found in edges.items():
        if len(found) >= max(_MIN_HEADERS, count / 2) and "(cont" not in skeleton:
            yield from found


def _header_key(line: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"\d+", "0", line)).strip().lower()


def _page_of_each_line(sheets: Sequence[int], numbers: dict[int, int | None]) -> list[int | None]:
    """The page of every line."""
    if not sheets or sheets[-1] > 0:
        printed: dict[int, int] = {}
        for at, number in numbers.items():
            if number is not None:
                printed.setdefault(sheets[at], number)
        # The title page is not counted: sheets before the first number count back from it.
        first = min(printed, default=0)
        page = printed.get(first, 1) - first - 1
        pages: dict[int, int | None] = {}
        for sheet in range(sheets[-1] + 1 if sheets else 0):
            page = printed.get(sheet, page + 1)
            pages[sheet] = page
        return [pages[sheet] for sheet in sheets]
    counted = [(at, number) for at, number in sorted(numbers.items()) if number is not None]
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
