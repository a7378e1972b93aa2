"""The printed characters of a PDF's pages, without watermarks and without characters that are drawn twice.

Watermarks are recognized by their angle, by large light type, or because type in another size or color is
at the same place on nearly every page. Bold type is often imitated by drawing each character twice, a
fraction of its width apart.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from ctypes import byref, c_double, c_uint
from itertools import groupby
from statistics import median
from typing import NamedTuple

import pypdfium2
import pypdfium2.raw as pdfium

_ANGLE_TOLERANCE = math.radians(5)
"""Text may be tilted by this much, as on scanned pages."""
_TWICE_DISTANCE = 0.45
"""Equal characters closer than this fraction of their width are one character, drawn twice."""
_LARGE = 1.5
"""Light type that is larger than the script's by this factor is a watermark."""
_SIZE_TOLERANCE = 0.2
"""Relative difference in width at which a character is set in another size."""
_MIN_LIGHTNESS, _MIN_OPACITY = 128, 180
"""Colors above this lightness, or below this opacity, of 255 each."""
_SIDEWAYS = math.sqrt(0.5)
_REPEATED_SHARE, _MIN_REPEATED_PAGES, _MIN_REPEATED_LETTERS = 0.8, 3, 4
"""Share and number of pages on which runs of this many characters at one place are a watermark."""
_EDGE_SHARE = 0.12
"""Headers and footers, which lie within this fraction of the page's height, are left to `page_furniture`."""


class Letter(NamedTuple):
    """A printed character, with coordinates in points from the left and bottom edges of the upright page.

    Attributes:
        text: the character.
        x: the left edge.
        width: the distance to the place where the next character can start, at least 0.01.
        y: the baseline.
        angle: the angle of the baseline in radians, clockwise, 0 to 2π.
        light: whether it is printed in a light or transparent color.
    """

    text: str
    x: float
    width: float
    y: float
    angle: float
    light: bool


def page_letters(document: pypdfium2.PdfDocument, max_letters: int) -> list[list[Letter]] | None:
    """The characters on each page, in the order in which they are drawn.

    Spaces are skipped, since they are inferred from the positions.

    Args:
        document: the opened file.
        max_letters: the limit on the number of characters.

    Returns:
        The characters; None if there are more than `max_letters`.
    """
    pages: list[list[Letter]] = []
    heights: list[float] = []
    total = 0
    for number in range(len(document)):
        page = document[number]
        text = page.get_textpage()
        total += text.count_chars()
        if total > max_letters:
            return None
        letters, height = _upright(list(_letters(text)), *page.get_mediabox()[2:])
        pages.append(letters)
        heights.append(height)
        text.close()
        page.close()
    size = median([letter.width for page in pages for letter in page] or [1.0])
    repeated = _repeated_places(pages, heights)
    return [_without_watermarks(page, size, repeated) for page in pages]


def _letters(text: pypdfium2.PdfTextPage) -> Iterator[Letter]:
    """The characters of a page in its own coordinates, which may be rotated."""
    x, y = c_double(), c_double()
    red, green, blue, opacity = c_uint(), c_uint(), c_uint(), c_uint(255)
    origin, color = (byref(x), byref(y)), (byref(red), byref(green), byref(blue), byref(opacity))
    box = pdfium.FS_RECTF()
    corners, handle = byref(box), text.raw
    angle, light, sideways = 0.0, False, False
    expected = (math.nan, math.nan)
    for k in range(text.count_chars()):
        letter = chr(pdfium.FPDFText_GetUnicode(handle, k))
        if letter.isspace() or not letter.isprintable():
            expected = (math.nan, math.nan)
            continue
        pdfium.FPDFText_GetCharOrigin(handle, k, *origin)
        pdfium.FPDFText_GetLooseCharBox(handle, k, corners)
        # Angle and color are the same throughout a word, and looking them up takes time.
        if not (abs(x.value - expected[0]) < 1 and abs(y.value - expected[1]) < 1):
            pdfium.FPDFText_GetFillColor(handle, k, *color)
            angle = max(pdfium.FPDFText_GetCharAngle(handle, k), 0.0)
            lightness = 0.3 * red.value + 0.59 * green.value + 0.11 * blue.value
            light = lightness > _MIN_LIGHTNESS or opacity.value < _MIN_OPACITY
            sideways = abs(math.sin(angle)) > _SIDEWAYS
        width = box.top - box.bottom if sideways else max(box.right - x.value, x.value - box.left)
        expected = (math.nan, math.nan) if angle else (x.value + width, y.value)
        yield Letter(letter, x.value, max(width, 0.01), y.value, angle, light)


def _upright(letters: list[Letter], width: float, height: float) -> tuple[list[Letter], float]:
    """Turn a page so that most of its text is horizontal, and drop text at any other angle.

    Returns:
        The characters, and the height of the page after turning it.
    """
    quarters = Counter(round(letter.angle / (math.pi / 2)) % 4 for letter in letters)
    turn = max(quarters, key=lambda quarter: quarters[quarter], default=0)

    def is_horizontal(letter: Letter) -> bool:
        off = letter.angle - turn * math.pi / 2
        return abs((off + math.pi) % math.tau - math.pi) <= _ANGLE_TOLERANCE

    level = [letter for letter in letters if is_horizontal(letter)]
    if not turn:
        return level, height
    turned = [
        letter._replace(
            x=(height - letter.y, width - letter.x, letter.y)[turn - 1],
            y=(letter.x, height - letter.y, width - letter.x)[turn - 1],
        )
        for letter in level
    ]
    return turned, width if turn % 2 else height


def _place(letter: Letter) -> tuple[str, int, int]:
    return letter.text, round(letter.x), round(letter.y)


def _repeated_places(
    pages: Sequence[Sequence[Letter]], heights: Sequence[float]
) -> frozenset[tuple[str, int, int]]:
    """Characters at the same place on nearly every page, apart from headers and footers."""
    least = max(_MIN_REPEATED_PAGES, _REPEATED_SHARE * len(pages))
    counts = Counter(
        place
        for page, height in zip(pages, heights, strict=True)
        for place in {
            _place(letter) for letter in page if _EDGE_SHARE * height < letter.y < (1 - _EDGE_SHARE) * height
        }
    )
    return frozenset(place for place, count in counts.items() if count >= least)


def _without_watermarks(
    page: Sequence[Letter], size: float, repeated: frozenset[tuple[str, int, int]]
) -> list[Letter]:
    kept: list[Letter] = []

    def is_suspect(letter: Letter) -> bool:
        other_size = abs(letter.width - size) > _SIZE_TOLERANCE * size
        return (letter.light or other_size) and _place(letter) in repeated

    solid = [letter for letter in page if not (letter.light and letter.width > _LARGE * size)]
    # A single character can be at the same place on many pages by chance.
    for suspect, group in groupby(solid, is_suspect):
        run = list(group)
        if not suspect or len(run) < _MIN_REPEATED_LETTERS:
            kept += run
    return kept


def without_double_letters(row: Sequence[Letter]) -> list[Letter]:
    """Remove the second drawing of characters from a line that is sorted from left to right."""
    kept: list[Letter] = []
    for letter in row:
        near = _TWICE_DISTANCE * letter.width
        for before in reversed(kept[-8:]):
            if before.text == letter.text and abs(letter.x - before.x) < near:
                break
        else:
            kept.append(letter)
    return kept
