"""The printed characters of a PDF's pages, without watermarks and without characters that are drawn twice.

Watermarks are recognized by their angle, by large light type, or because they are at the same place on nearly
every page. Bold type is often imitated by drawing each character twice, a fraction of its width apart, and
underlining by drawing underscores.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from ctypes import byref, c_double, c_uint
from itertools import accumulate, chain, groupby, pairwise
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
_SAME_WIDTH = 0.02
"""Difference in points within which the widths of characters are equal."""
_MAX_SCAN_LETTERS, _MIN_SCAN_SHARE, _IMAGE_DEPTH = 100, 0.5, 3
"""A page with fewer letters, such as a stamp, is a scan if an image covers more than this share of it."""
_MIN_TELLING_LETTERS = 3
"""With so many characters, the place of the last one tells whether a word is level, and in which typeface."""
_MIN_TILT = math.radians(0.1)
_MIN_WIDTH = 0.01
_SIDEWAYS = math.sqrt(0.5)
_REPEATED_SHARE, _MIN_REPEATED_PAGES, _MIN_REPEATED_LETTERS = 0.8, 3, 4
"""Share and number of pages on which runs of this many characters at one place are a watermark."""
_MIN_LIKE_SCRIPT_PAGES, _MIN_LIKE_SCRIPT_LETTERS = 5, 8
"""The same for runs in the size and color of the script."""
_MAX_LIKE_SCRIPT_SHARE = 0.2
"""Where more of the text is the same on nearly every page, the pages are copies of each other."""
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


Word = list[Letter]
"""Characters that follow each other in a line and in the file."""


class Page(NamedTuple):
    """An upright page.

    Attributes:
        words: the words on it, in the order in which they are drawn.
        width, height: its size in points.
        is_scan: whether it is an image with hardly any text.
    """

    words: list[Word]
    width: float
    height: float
    is_scan: bool = False


def read_pages(document: pypdfium2.PdfDocument, max_letters: int) -> list[Page] | None:
    """Read each page.

    Spaces are skipped, since they are inferred from the positions.

    Args:
        document: the opened file.
        max_letters: the limit on the number of characters.

    Returns:
        The pages; None if there are more than `max_letters`.
    """
    pages: list[Page] = []
    total = 0
    for number in range(len(document)):
        page = document[number]
        text = page.get_textpage()
        total += text.count_chars()
        if total > max_letters:
            return None
        words = _words(text)
        is_scan = sum(map(len, words)) < _MAX_SCAN_LETTERS and _shows_image(page)
        pages.append(_upright(words, *page.get_mediabox()[2:])._replace(is_scan=is_scan))
        text.close()
        page.close()
    watermarks = _Watermarks(pages)
    return [watermarks.without(page) for page in pages]


def _shows_image(page: pypdfium2.PdfPage) -> bool:
    """Whether an image covers most of a page."""
    width, height = page.get_size()
    for image in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_IMAGE], max_depth=_IMAGE_DEPTH):
        left, bottom, right, top = image.get_bounds()
        if (right - left) * (top - bottom) > _MIN_SCAN_SHARE * width * height:
            return True
    return False


def _words(text: pypdfium2.PdfTextPage) -> list[Word]:
    """The words of a page in its own coordinates, which may be rotated."""
    reader = _WordReader(text)
    for run in re.finditer(r"\S+", _characters(text)):
        reader.read(run[0], run.start())
    return reader.words


def _characters(text: pypdfium2.PdfTextPage) -> str:
    """The characters of a page, including spaces that PDFium inferred; a space for what cannot be printed."""
    count = text.count_chars()
    whole = text.get_text_range() if count else ""
    # The text as a whole leaves out what is no character, and the indices then no longer match.
    if len(whole) != count:
        whole = "".join(chr(pdfium.FPDFText_GetUnicode(text.raw, k)) for k in range(count))
    if whole.isprintable():
        return whole
    return "".join(letter if letter.isprintable() else " " for letter in whole)


class _WordReader:
    """Looks up where the characters of a page are.

    Each of PDFium's answers takes time. Within a word, the color and the angle are therefore looked up once,
    and characters between the first and the last are where the widths of the characters before them put them.

    Attributes:
        words: what was read.
    """

    def __init__(self, text: pypdfium2.PdfTextPage) -> None:
        self.words: list[Word] = []
        self._text = text.raw
        self._faces = defaultdict[float, dict[str, float]](dict)
        self._widths: dict[str, float] = {}
        self._x, self._y = c_double(), c_double()
        self._origin = byref(self._x), byref(self._y)
        self._box = pdfium.FS_RECTF()
        self._corners = byref(self._box)
        self._rgba = c_uint(), c_uint(), c_uint(), c_uint(255)
        self._color = tuple(map(byref, self._rgba))

    def read(self, run: str, first: int) -> None:
        """Read characters without spaces between them; `first` is the index of the first in the page."""
        while run:
            x, y = self._place(first)
            light = self._is_light(first)
            word = self._evenly_spaced(run, first, x, y, light)
            if word is None:
                self._find_face(run[0], first, x)
                angle = max(pdfium.FPDFText_GetCharAngle(self._text, first), 0.0)
                word = self._as_placed(run, first, angle, light)
                if not angle:
                    self._widths.update((letter.text, letter.width) for letter in word)
            self.words.append(word)
            run, first = run[len(word) :], first + len(word)

    def _find_face(self, letter: str, index: int, x: float) -> None:
        """Look up the known widths of a character's typeface, which is told by its height."""
        measured = self._width(index, x, 0.0)
        self._widths = self._faces[round(self._box.top - self._box.bottom, 2)]
        if abs(measured - self._widths.get(letter, measured)) > _SAME_WIDTH:
            self._widths.clear()  # another typeface of the same height

    def _place(self, index: int) -> tuple[float, float]:
        pdfium.FPDFText_GetCharOrigin(self._text, index, *self._origin)
        return self._x.value, self._y.value

    def _is_light(self, index: int) -> bool:
        """Whether a character is printed in a light or transparent color."""
        pdfium.FPDFText_GetFillColor(self._text, index, *self._color)
        red, green, blue, opacity = (part.value for part in self._rgba)
        lightness = 0.3 * red + 0.59 * green + 0.11 * blue
        return lightness > _MIN_LIGHTNESS or opacity < _MIN_OPACITY

    def _width(self, index: int, x: float, angle: float) -> float:
        pdfium.FPDFText_GetLooseCharBox(self._text, index, self._corners)
        box = self._box
        if abs(math.sin(angle)) > _SIDEWAYS:
            return max(box.top - box.bottom, _MIN_WIDTH)
        return max(box.right - x, x - box.left, _MIN_WIDTH)

    def _evenly_spaced(self, run: str, first: int, x: float, y: float, light: bool) -> Word | None:
        """The run as one level word; None unless its last character is where the widths before it put it."""
        known = self._widths
        if len(run) < _MIN_TELLING_LETTERS or not known.keys() >= set(run):
            return None
        widths = [known[letter] for letter in run]
        places = list(accumulate(widths, initial=x))
        last_x, last_y = self._place(first + len(run) - 1)
        if abs(last_x - places[-2]) > _SAME_WIDTH * len(run) or last_y != y:
            return None
        return [
            Letter(letter, place, width, y, 0.0, light)
            for letter, place, width in zip(run, places, widths, strict=False)
        ]

    def _as_placed(self, run: str, first: int, angle: float, light: bool) -> Word:
        """The characters up to the first that is not beside the one before it."""
        word: Word = []
        for index, letter in enumerate(run, first):
            x, y = self._place(index)
            if word:
                before = word[-1]
                if angle or abs(x - before.x - before.width) >= 1 or abs(y - before.y) >= 1:
                    break
            word.append(Letter(letter, x, self._width(index, x, angle), y, angle, light))
        return word


def _upright(words: list[Word], width: float, height: float) -> Page:
    """Turn a page so that most of its text is horizontal, and drop text at any other angle."""
    if not any(word[0].angle for word in words):
        return Page(words, width, height)
    quarters = Counter(round(letter.angle / (math.pi / 2)) % 4 for letter in chain.from_iterable(words))
    turn = max(quarters, key=lambda quarter: quarters[quarter], default=0)

    def is_horizontal(word: Word) -> bool:
        off = word[0].angle - turn * math.pi / 2
        return abs((off + math.pi) % math.tau - math.pi) <= _ANGLE_TOLERANCE

    level = _straightened([word for word in words if is_horizontal(word)], turn * math.pi / 2)
    if not turn:
        return Page(level, width, height)
    turned = [
        [
            letter._replace(
                x=(height - letter.y, width - letter.x, letter.y)[turn - 1],
                y=(letter.x, height - letter.y, width - letter.x)[turn - 1],
            )
            for letter in word
        ]
        for word in level
    ]
    return Page(turned, *((height, width) if turn % 2 else (width, height)))


def _straightened(words: list[Word], angle: float) -> list[Word]:
    """Turn words of about the given angle so that its median is exact, as on a tilted scan."""
    tilt = median([(word[0].angle - angle + math.pi) % math.tau - math.pi for word in words] or [0.0])
    if abs(tilt) < _MIN_TILT:
        return words
    cosine, sine = math.cos(tilt), math.sin(tilt)
    return [
        [
            letter._replace(x=letter.x * cosine - letter.y * sine, y=letter.x * sine + letter.y * cosine)
            for letter in word
        ]
        for word in words
    ]


def _text(word: Word) -> str:
    return "".join(letter.text for letter in word)


def _place(word: Word) -> tuple[str, int, int]:
    return _text(word), round(word[0].x), round(word[0].y)


class _Watermarks:
    """Tells the words of watermarks from those of the script.

    Args:
        pages: all pages.
    """

    def __init__(self, pages: Sequence[Page]) -> None:
        least = max(_MIN_REPEATED_PAGES, _REPEATED_SHARE * len(pages))
        self._size = median([word[0].width for page in pages for word in page.words] or [1.0])
        places = Counter(place for page in pages for place in {_place(word) for word in page.words})
        self._places = frozenset(place for place, count in places.items() if count >= least)
        letters = sum(len(word) for page in pages for word in page.words)
        same = sum(len(text) * count for (text, _, _), count in places.items() if count >= least)
        self._can_be_like_script = (
            len(pages) >= _MIN_LIKE_SCRIPT_PAGES and same <= _MAX_LIKE_SCRIPT_SHARE * letters
        )

    def without(self, page: Page) -> Page:
        """The page without watermarks."""
        solid = [word for word in page.words if not (word[0].light and word[0].width > _LARGE * self._size)]
        kept: list[Word] = []
        # A single character can be at the same place on many pages by chance.
        for (suspect, like_script), group in groupby(solid, lambda word: self._judge(word, page.height)):
            run = list(group)
            least = _MIN_LIKE_SCRIPT_LETTERS if like_script else _MIN_REPEATED_LETTERS
            if not suspect or sum(map(len, run)) < least:
                kept += run
        return page._replace(words=self._without_rests(solid, kept))

    def _judge(self, word: Word, height: float) -> tuple[bool, bool]:
        """Whether a word can belong to a watermark, and whether it looks like the script."""
        first = word[0]
        if first.light:
            return _place(word) in self._places, False
        if (
            _place(word) not in self._places
            or not _EDGE_SHARE * height < first.y < (1 - _EDGE_SHARE) * height
        ):
            return False, False
        other_size = abs(first.width - self._size) > _SIZE_TOLERANCE * self._size
        return other_size or self._can_be_like_script, not other_size

    def _without_rests(self, words: list[Word], kept: list[Word]) -> list[Word]:
        """Also remove light words beside the words of a watermark, such as a number that differs."""
        if len(kept) == len(words) or not any(word[0].light for word in kept):
            return kept
        remaining = set(map(id, kept))
        for order in (words, words[::-1]):
            for before, word in pairwise(order):
                beside = before[0].light and word[0].light and abs(before[0].y - word[0].y) < 1
                if beside and id(before) not in remaining:
                    remaining.discard(id(word))
        return [word for word in kept if id(word) in remaining]


def without_double_letters(row: Sequence[Letter]) -> list[Letter]:
    """Remove the second drawing of characters, and underlining, from a line sorted from left to right."""
    lines = {round(letter.x) for letter in row if letter.text == "_"}
    if lines and any(round(letter.x) in lines for letter in row if letter.text != "_"):
        row = [letter for letter in row if letter.text != "_"]
    kept: list[Letter] = []
    last: dict[str, float] = {}
    for letter in row:
        before = last.get(letter.text)
        if before is None or letter.x - before >= _TWICE_DISTANCE * letter.width:
            kept.append(letter)
            last[letter.text] = letter.x
    return kept
