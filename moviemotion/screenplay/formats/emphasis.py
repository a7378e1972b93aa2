"""Emphasis in Fountain: *italic*, **bold**, ***bold italic*** and _underlined_ text.

Emphasis is stored as ranges of emphasized text (`Emphasis`). In this module, it is represented as one style
per character, which simplifies nested marks and comparisons.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import reduce
from itertools import pairwise
from operator import or_

from moviemotion.screenplay.elements import Emphasis, TextStyle

_EMPHASIS_MARKS = re.compile(r"(?<!\\)(\*{1,3}|_)(?=[^\s*_])((?:\\.|[^\\\n*_])+?)(?<=\S)\1")
_STYLE = {
    "*": TextStyle.ITALIC,
    "**": TextStyle.BOLD,
    "***": TextStyle.BOLD | TextStyle.ITALIC,
    "_": TextStyle.UNDERLINE,
}
_MARK = {style: mark for mark, style in _STYLE.items()}
_MARK_LETTER = re.compile(r"[*_\\]")
_ESCAPED = re.compile(r"\\([*_\\])")
# While marks are being paired, they are represented by private-use characters: one to open and one to close
# each style.
_OPEN, _CLOSE = 0xE010, 0xE020
_RESERVED = re.compile("[\ue010-\ue028]")
_MAX_LETTERS = 20_000
"""In longer paragraphs, which only damaged files have, marks stay text, because resolving them takes long."""
_MAX_LEVELS = 8
"""Marks that are nested more deeply than all styles together stay text."""


def strip_emphasis(text: str) -> str:
    """Remove emphasis marks and escapes from a text."""
    return parse_emphasis(text)[0]


def parse_emphasis(text: str) -> tuple[str, tuple[Emphasis, ...]]:
    """Parse a text with emphasis marks.

    Returns:
        The text without marks and escapes, and the runs of emphasized characters.
    """

    def pair(match: re.Match[str]) -> str:
        style = _STYLE[match[1]]
        return chr(_OPEN + style) + match[2] + chr(_CLOSE + style)

    if len(text) > _MAX_LETTERS or not _MARK_LETTER.search(text):
        return text, ()
    text = _RESERVED.sub("\ufffd", text)
    # Marks nest, as in _**title**_, and one substitution resolves one level.
    for _ in range(_MAX_LEVELS):
        before, text = text, _EMPHASIS_MARKS.sub(pair, text)
        if before == text:
            break
    letters: list[str] = []
    styles: list[TextStyle] = []
    active: list[TextStyle] = []
    style = TextStyle(0)
    for letter in _ESCAPED.sub(r"\1", text):
        if not "\ue010" < letter < "\ue028":
            letters.append(letter)
            styles.append(style)
            continue
        if _OPEN < ord(letter) < _OPEN + 8:
            active.append(TextStyle(ord(letter) - _OPEN))
        else:
            active.remove(TextStyle(ord(letter) - _CLOSE))
        style = reduce(or_, active, TextStyle(0))
    return "".join(letters), emphasis_runs(styles)


def style_runs(styles: Sequence[TextStyle]) -> list[tuple[int, int, TextStyle]]:
    """Start, end and style of each run of characters with the same style, including unstyled runs.

    Args:
        styles: one style per character, 0 for none.
    """
    cuts = [0, *(k for k in range(1, len(styles)) if styles[k] != styles[k - 1]), len(styles)]
    return [(a, b, styles[a]) for a, b in pairwise(cuts) if a < b]


def emphasis_runs(styles: Sequence[TextStyle]) -> tuple[Emphasis, ...]:
    """The runs of emphasized characters, given one style per character."""
    return tuple(Emphasis(*stretch) for stretch in style_runs(styles) if stretch[2])


def letter_styles(text: str, emphasis: Sequence[Emphasis]) -> list[TextStyle]:
    """The style of each character."""
    styles = [TextStyle(0)] * len(text)
    for run in emphasis:
        styles[run.start : run.end] = [run.style] * (run.end - run.start)
    return styles


def mark_emphasis(text: str, emphasis: Sequence[Emphasis]) -> str:
    """Write a text with emphasis marks and escapes; `parse_emphasis` reverses this.

    A line is written without emphasis if Fountain cannot express the emphasis, for example if two styles meet
    within a word.
    """
    styles = letter_styles(text, emphasis)
    lines, at = [], 0
    for line in text.split("\n"):
        wanted = styles[at : at + len(line)]
        marked = _mark_line(line, wanted)
        # It is easier to test what Fountain's rules treat as a mark than to predict it.
        survives = parse_emphasis(marked) == (line, emphasis_runs(wanted))
        lines.append(marked if survives else escape_marks(line))
        at += len(line) + 1
    return "\n".join(lines)


def escape_marks(text: str) -> str:
    """Add a backslash before every character that would be parsed as an emphasis marker."""
    return re.sub(r"([\\*_])", r"\\\1", text)


def _mark_line(line: str, styles: Sequence[TextStyle]) -> str:
    """Add marks to a line; underline marks enclose bold and italic marks."""
    parts = []
    for start, end, underlined in style_runs([style & TextStyle.UNDERLINE for style in styles]):
        mark = _MARK[TextStyle.UNDERLINE] if underlined else ""
        parts.append(mark)
        for a, b, style in style_runs([s & ~TextStyle.UNDERLINE for s in styles[start:end]]):
            letters = escape_marks(line[start + a : start + b])
            parts.append(f"{_MARK[style]}{letters}{_MARK[style]}" if style else letters)
        parts.append(mark)
    return "".join(parts)
