"""Read Fountain, the plain-text markup for screenplays (https://fountain.io/syntax).

Reading has two steps. First, notes and boneyard (commented-out text) are removed while source line numbers
are preserved. Then one pass over the visible lines creates the elements.

Where the syntax page is ambiguous, this parser follows the reference parser by the format's authors. A scene
heading needs a blank line before it but not after it, and a line that can only stand alone (a heading, a
transition, a section, a synopsis, a page break) ends its paragraph.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from moviemotion.screenplay.elements import Element, ElementKind, Screenplay, ScreenplayNote
from moviemotion.screenplay.formats.element_patterns import (
    character_name,
    is_centered,
    is_character_line,
    is_parenthetical,
    is_transition,
)
from moviemotion.screenplay.formats.emphasis import parse_emphasis, strip_emphasis
from moviemotion.screenplay.formats.scene_headings import is_scene_label, split_heading
from moviemotion.screenplay.formats.title_page import parse_title, parse_title_page, title_page_length

_FORCED_HEADING = re.compile(r"\.(?![.\s…])(?!\d{2,3}[\s-].*[a-z])")
"""A period that forces a heading; not ". . . and", nor ".45 caliber"."""
_NOTE_OR_BONEYARD = re.compile(r"/\*|\[\[")
_NOTE = re.compile(r"\[\[((?:(?!\n ?\n|\[\[).)*?)\]\]", re.DOTALL)
_FOUNTAIN_MARK = re.compile(r"\[\[|/\*|[.!@][A-Za-z]|> *\S.*|.*#[\w.-]+#$|[A-Z .]+ \^$|#{1,6} \w|~\w")
_MARKDOWN_MARK = re.compile(r"(?:#{1,6}|[*+>•-])\s{1,9}(?=\S)")
_MIN_MARKDOWN_RATIO = 3
"""Minimum number of headings with a mark of Markdown for each heading without one."""
_PAGE_BREAK = re.compile(r"={3,}")
_NOTE_PLACEHOLDER = "\ue000"
"""Placeholder for a note, so that a line that contains only a note differs from a blank line."""


@dataclass(frozen=True)
class _Line:
    """A line without notes and boneyard; it may span several lines of the file, from `first` to `last`."""

    text: str
    first: int
    last: int

    @property
    def is_blank(self) -> bool:
        return not self.text.strip()

    @property
    def continues_speech(self) -> bool:
        """Whether this line, if blank, continues a speech; Fountain marks such lines with two spaces."""
        return len(self.text) >= 2


def has_fountain_marks(source: Sequence[str]) -> bool:
    """Whether the lines contain a feature unique to Fountain: a title page, notes or forced elements."""
    return title_page_length(source) > 0 or any(_FOUNTAIN_MARK.match(line) for line in source)


def has_markdown_headings(source: Sequence[str]) -> bool:
    """Whether most scene headings have a mark of Markdown, such as ## or **bold** type."""
    marked = plain = 0
    for text in map(str.strip, source):
        if _marked_heading(text) or (text[:1] in ("*", "_") and split_heading(_without_emphasis(text))):
            marked += 1
        elif text and split_heading(text):
            plain += 1
    return marked > plain


def _marked_heading(text: str) -> str | None:
    """A scene heading without the mark of a Markdown heading, quote or item; None if the line is not one."""
    mark = _MARKDOWN_MARK.match(text)
    bare = text[mark.end() :] if mark else ""
    return bare if bare and split_heading(_without_emphasis(bare)) else None


def screenplay_from_fountain(text: str, path: Path) -> Screenplay:
    """Parse a complete Fountain text.

    Args:
        text: the text, with newlines as line ends.
        path: the source file; its stem is used as the title if the text has none.
    """
    source = tuple(text.removesuffix("\n").split("\n"))
    elements = parse_fountain(source)
    return Screenplay(
        title=parse_title(source) or path.stem,
        path=path,
        source=source,
        elements=elements,
        title_page=parse_title_page(source),
        notes=parse_notes(source, elements),
    )


def parse_fountain(source: Sequence[str]) -> tuple[Element, ...]:
    """The elements of a Fountain file, in order.

    Args:
        source: all lines of the file, including the title page.
    """
    lines = _visible_lines(source, title_page_length(source))
    return _Parser(_without_markdown(lines)).elements()


def parse_notes(source: Sequence[str], elements: Sequence[Element]) -> tuple[ScreenplayNote, ...]:
    """The notes of a Fountain file.

    Args:
        source: all lines of the file.
        elements: the elements that `parse_fountain` returned for these lines.
    """
    top = title_page_length(source)
    text = "\n".join(source[top:])
    notes = []
    starts = [element.line for element in elements]
    line, before = top + 1, 0
    for start, _, note in _notes_and_boneyard(text):
        if note is not None:
            line += text.count("\n", before, start)
            before = start
            notes.append(ScreenplayNote(note.strip(), bisect_right(starts, line) - 1))
    return tuple(notes)


def _notes_and_boneyard(text: str) -> Iterator[tuple[int, int, str | None]]:
    """The start and end of each note, with its text, and of each boneyard, with None."""
    at, is_closed = 0, True
    while opened := _NOTE_OR_BONEYARD.search(text, at):
        start = opened.start()
        at = start + 1
        if opened[0] == "/*":
            end = text.find("*/", start + 2) if is_closed else -1
            is_closed = end >= 0
            if is_closed:
                at = end + 2
                yield start, at, None
        elif note := _NOTE.match(text, start):
            at = note.end()
            yield start, at, note[1]


def strip_notes(text: str) -> str:
    """Remove notes and boneyard from a text."""
    return _replace_notes(text, lambda _text, _is_note: "")


def _replace_notes(text: str, replacement: Callable[[str, bool], str]) -> str:
    """Replace each note and boneyard by what a function of its text, and of whether it is a note, returns."""
    parts, before = list[str](), 0
    for start, end, note in _notes_and_boneyard(text):
        parts += [text[before:start], replacement(text[start:end], note is not None)]
        before = end
    return "".join([*parts, text[before:]])


def _visible_lines(source: Sequence[str], skip: int) -> list[_Line]:
    """Remove notes and boneyard, preserving the line numbers of the remaining text.

    A line that contains only a note is removed completely, because a note must not end a speech. Boneyard
    leaves a blank line.

    Args:
        source: all lines of the file.
        skip: the number of lines in the title page.
    """
    text = "\n".join(source[skip:])

    def hide(hidden: str, is_note: bool) -> str:
        # Each \r marks a removed line break, so that lines can still be counted.
        return (_NOTE_PLACEHOLDER if is_note else "") + "\r" * hidden.count("\n")

    lines = []
    number = skip + 1
    for raw in _replace_notes(text, hide).split("\n"):
        last = number + raw.count("\r")
        shown = raw.replace("\r", "").replace(_NOTE_PLACEHOLDER, "")
        if shown.strip() or _NOTE_PLACEHOLDER not in raw:
            lines.append(_Line(shown, number, last))
        number = last + 1
    return lines


def _without_markdown(lines: list[_Line]) -> list[_Line]:
    """Take Markdown's headings, quotes and items that name a place as scene headings, if there are no others.

    In Fountain, # starts a section, which may well be named like the scene below it.
    """
    texts = [line.text.strip() for line in lines]
    marked = {at: heading for at, text in enumerate(texts) if (heading := _marked_heading(text))}
    headings = sum(bool(text and split_heading(_without_emphasis(text))) for text in texts) if marked else 0
    if headings * _MIN_MARKDOWN_RATIO > len(marked):
        return lines
    return [replace(line, text=marked.get(at, line.text)) for at, line in enumerate(lines)]


def _split_scene_number(heading: str) -> tuple[str, str | None]:
    """Split off the number at the end of a heading, as in INT. KITCHEN #12A#; emphasis may enclose it."""
    core = heading.rstrip("*_ \t")
    before, mark, number = core[:-1].rpartition("#")
    if not core.endswith("#") or not mark or not number or number[0].isspace():
        return heading, None
    return before.rstrip() + heading[len(core) :].rstrip(), number.strip()


def _without_emphasis(text: str) -> str:
    return strip_emphasis(text) if "*" in text or "_" in text else text


class _Parser:
    """Creates elements in one pass over the visible lines."""

    def __init__(self, lines: list[_Line]) -> None:
        self._lines = lines
        self._at = 0
        self._scene = 0
        self._elements: list[Element] = []

    def elements(self) -> tuple[Element, ...]:
        starts_paragraph = True
        while self._at < len(self._lines):
            if self._lines[self._at].is_blank:
                self._at += 1
                starts_paragraph = True
            else:
                starts_paragraph = self._element(starts_paragraph)
        return tuple(self._elements)

    def _element(self, starts_paragraph: bool) -> bool:  # noqa: PLR0911 - one return statement per kind
        """Read one element.

        Returns:
            Whether the next line can start a heading, transition or speech without a blank line before it.
        """
        text = self._lines[self._at].text.strip()
        if _PAGE_BREAK.fullmatch(text):
            return self._add_single(ElementKind.PAGE_BREAK, "")
        if text.startswith("#") and not (starts_paragraph and split_heading(text)):
            bare = text.lstrip("#")
            return self._add_single(ElementKind.SECTION, bare, level=len(text) - len(bare))
        if text.startswith("="):
            return self._add_single(ElementKind.SYNOPSIS, text[1:])
        if text.startswith("~"):
            return self._add_consecutive(ElementKind.LYRICS, lambda t: t.startswith("~"), lambda t: t[1:])
        if is_centered(text):
            return self._add_consecutive(ElementKind.CENTERED, is_centered, lambda t: t[1:-1])
        if text.startswith(">"):
            return self._add_single(ElementKind.TRANSITION, text[1:])
        if starts_paragraph:
            plain = _without_emphasis(text)
            if _FORCED_HEADING.match(text):
                return self._heading(*_split_scene_number(text[1:]))
            if found := split_heading(plain):
                if is_scene_label(plain) and self._heading_follows():
                    return self._add_single(ElementKind.ACTION, text)
                # A number before the heading is not part of its text, but other emphasis is kept.
                heading, number = _split_scene_number(text if found[0] is None else found[1])
                return self._heading(heading, number or found[0])
            if is_transition(plain):
                return self._add_single(ElementKind.TRANSITION, text)
            followed = self._at + 1 < len(self._lines) and not self._lines[self._at + 1].is_blank
            if followed and (text.startswith("@") or (text[0] != "!" and is_character_line(text))):
                return self._speech(text)
        return self._action()

    def _heading(self, text: str, number: str | None) -> bool:
        self._scene += 1
        return self._add_single(ElementKind.SCENE_HEADING, text, number=number)

    def _heading_follows(self) -> bool:
        """Whether the next line with text is a scene heading."""
        after = next((line.text for line in self._lines[self._at + 1 :] if not line.is_blank), "").strip()
        return bool(_FORCED_HEADING.match(after) or split_heading(_without_emphasis(after)))

    def _add(
        self,
        kind: ElementKind,
        text: str,
        first: int,
        count: int,
        who: str | None = None,
        dual: bool = False,
        number: str | None = None,
        level: int = 0,
    ) -> None:
        """Add an element made of `count` visible lines, starting at `first`."""
        line, last = self._lines[first].first, self._lines[first + count - 1].last
        bare, emphasis = parse_emphasis(text.strip())
        element = Element(
            kind,
            bare,
            line,
            last - line + 1,
            self._scene,
            who,
            dual,
            number,
            level,
            emphasis=emphasis,
        )
        self._elements.append(element)

    def _add_single(self, kind: ElementKind, text: str, number: str | None = None, level: int = 0) -> bool:
        self._add(kind, text, self._at, 1, number=number, level=level)
        self._at += 1
        return True

    def _add_consecutive(
        self,
        kind: ElementKind,
        belongs: Callable[[str], bool],
        bare: Callable[[str], str],
        who: str | None = None,
        dual: bool = False,
    ) -> bool:
        """Add consecutive lines of one kind as one element.

        Args:
            kind: the kind of the element.
            belongs: whether a stripped line is of this kind.
            bare: removes the marks of this kind from a stripped line.
            who: the speaker, for lines of a speech.
            dual: whether the speech is simultaneous with the previous speech.
        """
        first, texts = self._at, list[str]()
        while self._at < len(self._lines) and belongs(self._lines[self._at].text.strip()):
            texts.append(bare(self._lines[self._at].text.strip()).strip())
            self._at += 1
        self._add(kind, "\n".join(texts), first, len(texts), who, dual)
        return True

    def _action(self) -> bool:
        def belongs(text: str) -> bool:
            return bool(text) and text[0] not in "#=~>"

        first = self._at
        return self._add_consecutive(
            ElementKind.ACTION,
            lambda text: self._at == first or belongs(text),
            lambda text: text.removeprefix("!"),
        )

    def _speech(self, character_line: str) -> bool:
        dual = character_line.endswith("^")
        character = character_line.rstrip("^ ").removeprefix("@")
        who = strip_emphasis(character_name(character))
        self._add(ElementKind.CHARACTER, character, self._at, 1, who, dual)
        self._at += 1
        while self._at < len(self._lines):
            line = self._lines[self._at]
            text = line.text.strip()
            if line.is_blank and not (line.continues_speech and self._speech_continues()):
                break
            if is_parenthetical(_without_emphasis(text)):
                self._add(ElementKind.PARENTHETICAL, text, self._at, 1, who, dual)
                self._at += 1
            elif text.startswith("~"):
                self._add_consecutive(
                    ElementKind.LYRICS, lambda t: t.startswith("~"), lambda t: t[1:], who, dual
                )
            else:
                self._dialogue(who, dual)
        return False

    def _speech_continues(self) -> bool:
        return self._at + 1 < len(self._lines) and not self._lines[self._at + 1].is_blank

    def _dialogue(self, who: str, dual: bool) -> None:
        first, texts = self._at, list[str]()
        while self._at < len(self._lines):
            line = self._lines[self._at]
            text = line.text.strip()
            if line.is_blank and not (line.continues_speech and self._speech_continues()):
                break
            if text.startswith("~") or is_parenthetical(_without_emphasis(text)):
                break
            texts.append(text)
            self._at += 1
        self._add(ElementKind.DIALOGUE, "\n".join(texts), first, len(texts), who, dual)
