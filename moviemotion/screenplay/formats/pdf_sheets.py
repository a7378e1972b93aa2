"""Cut sheets of paper on which two or four pages of a script are printed into these pages.

Between pages that lie side by side is a gutter: a vertical band in the middle of the sheet without any text.
On a sheet with a single page, cues, speeches and action lie there.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby
from statistics import median

from moviemotion.screenplay.formats.pdf_letters import Letter, Page, Word

_STRIPS = 400
"""The sheet is divided into this many strips, each of which has text or none."""
_MIDDLE = range(round(0.38 * _STRIPS), round(0.62 * _STRIPS))
_MIN_GUTTER, _MIN_GAP = 3.0, 6.0
"""Minimum width of the gutter, and height of the gap between pages above each other, in characters."""
_MAX_COVERED_SHARE = 0.3
"""Maximum fraction of the sheets with text in the gutter; a title page can have some."""
_MIN_SIDE_SHARE = 0.15
"""Minimum fraction of the text on either side."""
_EDGE_SHARE = 0.08
"""Headers and footers of a sheet lie within this fraction of its height."""
_MIN_LETTERS = 40
"""Sheets with fewer characters say nothing."""
_MAX_SHEETS = 30
"""So many sheets are enough to find a gutter."""


def single_pages(sheets: Sequence[Page]) -> list[list[Letter]]:
    """The characters on each page of the script.

    Args:
        sheets: the words on each sheet.

    Returns:
        The characters on each page, in reading order; coordinates start at the left edge of the page.
    """
    width = median([word[0].width for sheet in sheets for word in sheet.words] or [1.0])
    telling = [sheet for sheet in sheets if sum(map(len, sheet.words)) >= _MIN_LETTERS]
    telling = telling[:: max(1, len(telling) // _MAX_SHEETS)]
    gutter = _free_band(telling, across=True, least=_MIN_GUTTER * width)
    if gutter is None:
        return [_letters(sheet.words) for sheet in sheets]
    gap = _free_band(telling, across=False, least=_MIN_GAP * width)
    return [_letters(page) for sheet in sheets for page in _cut(sheet, gutter, gap)]


def _letters(words: Sequence[Word]) -> list[Letter]:
    return [letter for word in words for letter in word]


def _is_at_edge(word: Word, sheet: Page) -> bool:
    edge = _EDGE_SHARE * sheet.height
    return not edge < word[0].y < sheet.height - edge


def _extent(word: Word, across: bool) -> tuple[float, float]:
    """Where a word starts and ends, from left to right or from bottom to top."""
    return (word[0].x, word[-1].x + word[-1].width) if across else (word[0].y, word[0].y)


def _free_band(sheets: Sequence[Page], across: bool, least: float) -> float | None:
    """Find a band in the middle of the sheets with text on both sides of it and none, or hardly any, in it.

    Args:
        sheets: the sheets.
        across: whether to search from left to right, and not from bottom to top.
        least: minimum width of the band in points.

    Returns:
        Where to cut, as a fraction of the sheet: in its middle or, if the middle is not in the band, as on
        scanned books, in the center of the band. None if there is no band.
    """
    covered, before, total = Counter[int](), Counter[int](), 0
    for sheet in sheets:
        size = sheet.width if across else sheet.height
        strips = set[int]()
        for word in sheet.words:
            if _is_at_edge(word, sheet):
                continue
            start, end = (int(at / size * _STRIPS) for at in _extent(word, across))
            strips.update(range(max(start, 0), min(end, _STRIPS) + 1))
            before[start] += len(word)
            total += len(word)
        covered.update(strips)
    best = 0.0
    edges: tuple[float, float] | None = None
    sizes = median([sheet.width if across else sheet.height for sheet in sheets] or [1.0])
    free = (strip for strip in _MIDDLE if covered[strip] <= _MAX_COVERED_SHARE * len(sheets))
    for _, group in groupby(enumerate(free), lambda pair: pair[1] - pair[0]):
        band = [strip for _, strip in group]
        left = sum(count for strip, count in before.items() if strip < band[0])
        both = _MIN_SIDE_SHARE * total <= left <= (1 - _MIN_SIDE_SHARE) * total
        if both and len(band) * sizes / _STRIPS > max(best, least):
            best, edges = len(band) * sizes / _STRIPS, (band[0] / _STRIPS, (band[-1] + 1) / _STRIPS)
    if edges is None:
        return None
    return 0.5 if edges[0] <= 0.5 <= edges[1] else sum(edges) / 2


def _cut(sheet: Page, gutter: float, gap: float | None) -> Iterator[list[Word]]:
    """Cut a sheet at its gutter and gap, unless text crosses the gutter.

    Lines at the edges of the sheet that cross the gutter are not part of either page.
    """
    middle = gutter * sheet.width
    crossing = {
        round(word[0].y)
        for word in sheet.words
        if word[0].x - word[0].width < middle < word[-1].x + 2 * word[-1].width
    }
    if not all(_is_at_edge(word, sheet) for word in sheet.words if round(word[0].y) in crossing):
        yield sheet.words
        return
    of_pages = [word for word in sheet.words if round(word[0].y) not in crossing]
    low = -math.inf if gap is None else gap * sheet.height
    for upper in (True, False):
        for right in (False, True):
            words = [
                word for word in of_pages if (word[0].x > middle) == right and (word[0].y > low) == upper
            ]
            shift = sheet.width / 2 if right else 0.0
            if words:
                yield [[letter._replace(x=letter.x - shift) for letter in word] for word in words]
