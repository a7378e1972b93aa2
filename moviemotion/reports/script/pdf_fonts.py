"""The typefaces of the annotated PDF: Courier, and others for the characters that Courier lacks.

A character in a script must never prevent the PDF. Greek, Cyrillic and many other characters are printed in
DejaVu Sans Mono, which is part of the package. Chinese, Japanese and Korean characters use fonts that PDF
readers provide. All others are replaced by a similar character or, failing that, by a question mark.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from pathlib import Path

from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.pdfmetrics import registerFont
from reportlab.pdfbase.ttfonts import TTFError, TTFont
from reportlab.pdfgen.canvas import Canvas

from moviemotion.errors import MoviemotionError
from moviemotion.screenplay.elements import TextStyle

LETTER_WIDTH = 7.2
"""Width of a character of 12-point Courier in points."""
REPLACEMENT = "?"
_COURIER = {
    TextStyle(0): "Courier",
    TextStyle.BOLD: "Courier-Bold",
    TextStyle.ITALIC: "Courier-Oblique",
    TextStyle.BOLD | TextStyle.ITALIC: "Courier-BoldOblique",
}
_DEJAVU = Path(__file__).parent / "fonts" / "DejaVuSansMono.ttf"
_HANGUL, _KANA, _HAN = (
    "[\u1100-\u11ff\u3130-\u318f\uac00-\ud7a3]",
    "[\u3041-\u30ff]",
    "[\u2e80-\u9fff\uf900-\uffef]",
)
_CJK = re.compile(f"{_HANGUL}|{_KANA}|{_HAN}")
_CJK_FONTS = {_HANGUL: "HYSMyeongJo-Medium", _KANA: "HeiseiMin-W3", _HAN: "STSong-Light"}
"""Characters in a text → the font for all of its Chinese, Japanese and Korean characters."""
_CJK_SCALE = 0.6
"""Size relative to Courier at which a full-width character fills its cell."""
_INVISIBLE = ("Cc", "Cf", "Mn", "Me", "Zl", "Zp")


@dataclass(frozen=True)
class Glyph:
    """How one character is printed.

    Attributes:
        font: name of the registered font; None for Courier or, at its scale, a font that the reader provides.
        text: the character that is printed; empty if it is invisible.
        scale: the size of the font relative to Courier.
        is_replaced: whether the character is printed as a question mark.
    """

    font: str | None
    text: str
    scale: float = 1.0
    is_replaced: bool = False


class Typefaces:
    """Chooses the typeface of each character.

    Args:
        font: a TrueType font that is preferred to Courier, or None.

    Raises:
        MoviemotionError: the font cannot be read.
    """

    def __init__(self, font: Path | None = None) -> None:
        self._preferred = _load_true_type("Script", font) if font else None
        self._glyphs: dict[str, Glyph] = {}

    def replaced(self, texts: Iterable[str]) -> list[str]:
        """The characters of the texts that are printed as question marks, the most frequent first."""
        counts: dict[str, int] = {}
        for text in texts:
            for letter in text:
                if self._glyph(letter).is_replaced:
                    counts[letter] = counts.get(letter, 0) + 1
        return sorted(counts, key=lambda letter: -counts[letter])

    def draw(self, canvas: Canvas, x: float, y: float, text: str, style: TextStyle, size: float = 12) -> None:
        """Draw a text in cells of equal width.

        Args:
            canvas: the page.
            x: left edge in points.
            y: baseline in points.
            text: one line.
            style: bold, italic or both.
            size: size in points.
        """
        cell = LETTER_WIDTH * size / 12
        for start, font, scale, run in self._runs(text, _COURIER[style]):
            canvas.setFont(font, size * scale)
            canvas.drawString(x + start * cell, y, run)

    def _runs(self, text: str, courier: str) -> Iterator[tuple[int, str, float, str]]:
        """Split a text into runs of one font: the cell in which the run starts, font, scale and text."""
        glyphs = list(enumerate(map(self._glyph, text)))
        for (font, scale), group in groupby(glyphs, lambda each: (each[1].font, each[1].scale)):
            run = list(group)
            # An invisible character leaves its cell empty, so the run is split there.
            for visible, part in groupby(run, lambda each: bool(each[1].text)):
                cells = list(part)
                if visible:
                    words = "".join(glyph.text for _, glyph in cells)
                    default = _load_cjk_font(words) if scale == _CJK_SCALE else courier
                    yield cells[0][0], font or default, scale, words

    def _glyph(self, letter: str) -> Glyph:
        if letter not in self._glyphs:
            self._glyphs[letter] = self._choose(letter)
        return self._glyphs[letter]

    def _choose(self, letter: str) -> Glyph:
        if unicodedata.category(letter) in _INVISIBLE:
            return Glyph(None, "")
        if found := self._find(letter):
            return found
        # NFKD separates letters from their accents and replaces characters such as ligatures.
        similar = next(iter(unicodedata.normalize("NFKD", letter)))
        return (similar != letter and self._find(similar)) or Glyph(None, REPLACEMENT, is_replaced=True)

    def _find(self, letter: str) -> Glyph | None:
        if self._preferred and ord(letter) in self._preferred.face.charToGlyph:
            return Glyph(self._preferred.fontName, letter)
        if _is_in_courier(letter):
            return Glyph(None, letter)
        dejavu = _load_true_type("DejaVuSansMono", _DEJAVU)
        if ord(letter) in dejavu.face.charToGlyph:
            return Glyph(dejavu.fontName, letter)
        return Glyph(None, letter, _CJK_SCALE) if _CJK.match(letter) else None


@cache
def _load_true_type(name: str, path: Path) -> TTFont:
    try:
        font = TTFont(name, str(path))
    except (TTFError, OSError):
        raise MoviemotionError(f"{path}: the font cannot be read; choose a TrueType font (.ttf)") from None
    registerFont(font)
    return font


def _load_cjk_font(text: str) -> str:
    name = next(font for letters, font in _CJK_FONTS.items() if re.search(letters, text))
    return _load_cid_font(name)


@cache
def _load_cid_font(name: str) -> str:
    registerFont(UnicodeCIDFont(name))
    return name


def _is_in_courier(letter: str) -> bool:
    """Whether a character is in PDF readers' built-in Courier, which covers Western European languages."""
    try:
        letter.encode("cp1252")
    except UnicodeEncodeError:
        return False
    return True
