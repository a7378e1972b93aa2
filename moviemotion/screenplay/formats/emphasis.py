"""Emphasis in Fountain: *italic*, **bold**, ***both*** and _underlined_ letters."""

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
_ESCAPED = re.compile(r"\\([*_\\])")
# Private letters stand for marks while they are paired, one to open and one to close each style.
_OPEN, _CLOSE = 0xE010, 0xE020


def strip_emphasis(text: str) -> str:
    """The text without emphasis marks and escapes."""
    return parse_emphasis(text)[0]


def parse_emphasis(text: str) -> tuple[str, tuple[Emphasis, ...]]:
    """The text without emphasis marks and escapes, and its emphasised letters."""

    def pair(match: re.Match[str]) -> str:
        style = _STYLE[match[1]]
        return chr(_OPEN + style) + match[2] + chr(_CLOSE + style)

    before = None
    while before != text:  # marks nest: _**title**_
        before, text = text, _EMPHASIS_MARKS.sub(pair, text)
    letters: list[str] = []
    styles: list[TextStyle] = []
    now: list[TextStyle] = []
    for letter in _ESCAPED.sub(r"\1", text):
        if _OPEN < ord(letter) < _OPEN + 8:
            now.append(TextStyle(ord(letter) - _OPEN))
        elif _CLOSE < ord(letter) < _CLOSE + 8:
            now.remove(TextStyle(ord(letter) - _CLOSE))
        else:
            letters.append(letter)
            styles.append(reduce(or_, now, TextStyle(0)))
    return "".join(letters), emphasis_runs(styles)


def style_runs(styles: Sequence[TextStyle]) -> list[tuple[int, int, TextStyle]]:
    """Start, end and style of neighbouring letters of one style; one style a letter, 0 for none."""
    cuts = [0, *(k for k in range(1, len(styles)) if styles[k] != styles[k - 1]), len(styles)]
    return [(a, b, styles[a]) for a, b in pairwise(cuts) if a < b]


def emphasis_runs(styles: Sequence[TextStyle]) -> tuple[Emphasis, ...]:
    """The stretches that are emphasised."""
    return tuple(Emphasis(*stretch) for stretch in style_runs(styles) if stretch[2])


def letter_styles(text: str, emphasis: Sequence[Emphasis]) -> list[TextStyle]:
    """The style of each letter."""
    styles = [TextStyle(0)] * len(text)
    for run in emphasis:
        styles[run.start : run.end] = [run.style] * (run.end - run.start)
    return styles


def mark_emphasis(text: str, emphasis: Sequence[Emphasis]) -> str:
    """The text with escapes and emphasis marks, so that `styled` gives both back.

    A line whose emphasis Fountain cannot spell, such as two styles meeting within a word, is written
    without it.
    """
    styles = letter_styles(text, emphasis)
    lines, at = [], 0
    for line in text.split("\n"):
        wanted = styles[at : at + len(line)]
        attempt = _mark_line(line, wanted)
        lines.append(
            attempt if parse_emphasis(attempt) == (line, emphasis_runs(wanted)) else escape_marks(line)
        )
        at += len(line) + 1
    return "\n".join(lines)


def escape_marks(text: str) -> str:
    """The text with a backslash before what would be read as a mark."""
    return re.sub(r"([\\*_])", r"\\\1", text)


def _mark_line(line: str, styles: Sequence[TextStyle]) -> str:
    """Underlining goes outside of bold and italic."""
    parts = []
    for start, end, underlined in style_runs([style & TextStyle.UNDERLINE for style in styles]):
        mark = _MARK[TextStyle.UNDERLINE] if underlined else ""
        parts.append(mark)
        for a, b, style in style_runs([s & ~TextStyle.UNDERLINE for s in styles[start:end]]):
            letters = escape_marks(line[start + a : start + b])
            parts.append(f"{_MARK[style]}{letters}{_MARK[style]}" if style else letters)
        parts.append(mark)
    return "".join(parts)
