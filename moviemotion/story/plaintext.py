"""Plain-text shooting scripts, whose layout is their indentation.

Such a script has columns: action at the left margin, dialogue further in, character cues furthest in.
How far differs from script to script, so the columns are found from the lines themselves: a cue is a line
in capitals after a blank line, with a less indented line right under it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from moviemotion.story.elements import Element, Kind
from moviemotion.story.line_tests import character_name, is_cue

_HEADING = re.compile(r"(?:[A-Z]?\d+[A-Z]*\.?\s+)?((?:INT|EXT|EST|INT\.?/EXT|EXT\.?/INT|I/E)[. ].*)")
_NUMBER_AT_END = re.compile(r"\s{2,}[A-Z]?\d+[A-Z]*\.?$")
_TRANSITION = re.compile(r"(.*\bTO|FADE (IN|OUT|INTO|UP)|CUT TO [A-Z ]+|.*\bINTO)[:.]?")
_PAGE_FURNITURE = re.compile(r"\(?CONTINUED:?( \(\d+\))?\)?|\(MORE\)|(Page )?\d+\.?", re.IGNORECASE)
_FEWEST_CUES = 3
_TAB = 8


@dataclass(frozen=True)
class _Columns:
    """Indents in characters; a line belongs to the nearest column."""

    action: int
    dialogue: int
    cue: int

    def in_speech(self, indent: int) -> bool:
        return indent > (self.action + self.dialogue) / 2

    def is_cue(self, indent: int) -> bool:
        # Cues are sometimes centred by name, so their column is loose.
        return (self.dialogue + self.cue) / 2 < indent < self.cue + (self.cue - self.dialogue)


def is_indented_script(source: Sequence[str]) -> bool:
    """Whether the lines are laid out by indentation, cues furthest in."""
    return _columns(_tidy(source)) is not None


def title_of_plain_text(source: Sequence[str]) -> str:
    """The first centred line in capitals before the first scene, or an empty string."""
    for element in _all_elements(source):
        if _on_title_page(element) and element.text == element.text.upper():
            return element.text.splitlines()[0].strip('"“” ')
    return ""


def parse_plain_text(source: Sequence[str]) -> tuple[Element, ...]:
    """The elements of an indented shooting script, in order; lines wrapped by hand are joined.

    The centred lines of its title page are not of the film and left out.

    Raises:
        ValueError: the lines are not laid out by indentation (see `is_indented_script`).
    """
    return tuple(element for element in _all_elements(source) if not _on_title_page(element))


def _all_elements(source: Sequence[str]) -> tuple[Element, ...]:
    lines = _tidy(source)
    columns = _columns(lines)
    if columns is None:
        raise ValueError("no columns of cues and dialogue found")
    return _Reader(lines, columns).elements()


def _on_title_page(element: Element) -> bool:
    return element.kind is Kind.CENTERED and element.scene == 0


def _tidy(source: Sequence[str]) -> list[str]:
    """Spaces for tabs; page numbers, (MORE) and (CONTINUED) are furniture of the paper, not the film."""
    lines = [line.replace("\f", " ").expandtabs(_TAB).rstrip() for line in source]
    return ["" if _PAGE_FURNITURE.fullmatch(line.strip()) else line for line in lines]


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _columns(lines: list[str]) -> _Columns | None:
    cues, speech, margins = Counter[int](), Counter[int](), Counter[int]()
    for before, line, after in zip(["", *lines], lines, [*lines[1:], ""], strict=False):
        if not line:
            continue
        text = line.strip()
        if not before and after and _indent(line) > _indent(after) > 0 and is_cue(text):
            cues[_indent(line)] += 1
            if not after.lstrip().startswith("("):
                speech[_indent(after)] += 1
        else:
            margins[_indent(line)] += 1
    if sum(cues.values()) < _FEWEST_CUES or not speech:
        return None
    dialogue = speech.most_common(1)[0][0]
    cue = cues.most_common(1)[0][0]
    left = [indent for indent in margins if indent < dialogue]
    action = max(left, key=lambda indent: margins[indent]) if left else 0
    return _Columns(action, dialogue, cue) if action < dialogue < cue else None


def _opens_parenthetical(line: str) -> bool:
    """Whether a line is a parenthetical or the first line of one; "(beat) Well." is dialogue."""
    text = line.strip()
    return text.startswith("(") and (text.endswith(")") or ")" not in text)


class _Reader:
    """One pass over the lines, paragraph by paragraph."""

    def __init__(self, lines: list[str], columns: _Columns) -> None:
        self._lines = lines
        self._columns = columns
        self._at = 0
        self._scene = 0
        self._found: list[Element] = []

    def elements(self) -> tuple[Element, ...]:
        while self._at < len(self._lines):
            line = self._lines[self._at]
            if not line:
                self._at += 1
            elif self._starts_speech():
                self._speech()
            else:
                self._paragraph(line.strip(), _indent(line))
        return tuple(self._found)

    def _starts_speech(self) -> bool:
        line = self._lines[self._at]
        after = self._lines[self._at + 1] if self._at + 1 < len(self._lines) else ""
        return (
            self._columns.is_cue(_indent(line))
            and is_cue(line.strip())
            and self._columns.in_speech(_indent(after))
            and (_indent(after) < _indent(line) or after.lstrip().startswith("("))
        )

    def _add(self, kind: Kind, text: str, first: int, who: str | None = None) -> None:
        self._found.append(Element(kind, text, first + 1, self._at - first, self._scene, who))

    def _take(self, first: int, joint: str = " ") -> str:
        """The lines from `first` up to here; a space undoes the wrapping by hand."""
        return joint.join(line.strip() for line in self._lines[first : self._at])

    def _speech(self) -> None:
        cue = self._lines[self._at].strip()
        who = character_name(cue)
        self._at += 1
        self._add(Kind.CHARACTER, cue, self._at - 1, who)
        while self._in_speech():
            first = self._at
            self._at += 1
            kind = Kind.DIALOGUE
            if _opens_parenthetical(self._lines[first]):
                kind = Kind.PARENTHETICAL
                while not self._lines[self._at - 1].endswith(")") and self._in_speech():
                    self._at += 1
            else:
                while self._in_speech() and not _opens_parenthetical(self._lines[self._at]):
                    self._at += 1
            self._add(kind, self._take(first), first, who)

    def _in_speech(self) -> bool:
        if self._at >= len(self._lines):
            return False
        line = self._lines[self._at]
        return bool(line) and self._columns.in_speech(_indent(line)) and not self._starts_speech()

    def _paragraph(self, text: str, indent: int) -> None:
        first = self._at
        self._at += 1
        heading = _HEADING.fullmatch(text)
        if heading:
            self._scene += 1
            self._add(Kind.SCENE_HEADING, _NUMBER_AT_END.sub("", heading[1]), first)
        elif _TRANSITION.fullmatch(text):
            self._add(Kind.TRANSITION, text, first)
        else:
            centred = self._columns.in_speech(indent)
            while self._goes_on(centred):
                self._at += 1
            if centred:
                self._add(Kind.CENTERED, self._take(first, "\n"), first)
            else:
                self._add(Kind.ACTION, self._take(first), first)

    def _goes_on(self, centred: bool) -> bool:
        if self._at >= len(self._lines):
            return False
        line = self._lines[self._at]
        return (
            bool(line)
            and self._columns.in_speech(_indent(line)) == centred
            and not _HEADING.fullmatch(line.strip())
            and not self._starts_speech()
        )
