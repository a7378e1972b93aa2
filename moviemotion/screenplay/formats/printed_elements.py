"""Create the elements of a printed script in one pass over its rows and columns."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from moviemotion.screenplay.elements import SPEECH_KINDS, Element, ElementKind
from moviemotion.screenplay.formats.element_patterns import character_name, is_character_line
from moviemotion.screenplay.formats.flat_layout import starts_parenthetical
from moviemotion.screenplay.formats.indented_layout import Columns, are_centered
from moviemotion.screenplay.formats.line_patterns import (
    continues_sentence,
    headings_lack_prefix,
    is_slug_line,
    is_transition_line,
    parse_scene_heading,
)
from moviemotion.screenplay.formats.page_furniture import Row

_MIN_GUTTER_WIDTH = 3
"""Minimum number of spaces between two speeches side by side."""
_MAX_COLUMN = 250
_MAX_BLOCK_ROWS = 200
"""Speeches side by side are searched for only within this many columns and rows, which bounds the time."""
_MIN_WORDS, _MAX_WORDS_PER_SCENE, _MIN_WORDS_PER_SCENE = 4000, 2000, 40
"""A script of at least so many words should have a scene per 2000 words, and scenes of 40 words on average.
Feature films have a scene per 150 to 400 words."""
_MIN_SLUGS = 10


def read_rows(rows: Sequence[Row], columns: Columns) -> tuple[Element, ...]:
    """The elements of a printed script, in order.

    Wrapped lines are joined, and a speech or paragraph that continues on the next page becomes one element.

    Args:
        rows: the rows of the script, without the title page.
        columns: the columns of the script.
    """
    elements = _capitals_as_headings(_Reader(rows, columns).elements())
    return tuple(_with_scene_lengths(elements, rows))


def _capitals_as_headings(elements: Sequence[Element]) -> Sequence[Element]:
    """Take lone lines in capitals as scene headings if a long script has next to no others.

    Some writers use neither INT. nor EXT. nor times of day: THE KITCHEN.
    """
    headings = sum(element.kind is ElementKind.SCENE_HEADING for element in elements)
    words = sum(len(element.text.split()) for element in elements)
    if words < _MIN_WORDS or headings * _MAX_WORDS_PER_SCENE > words:
        return elements
    speakers = {element.character for element in elements}
    slugs = {
        at
        for at, element in enumerate(elements)
        if element.kind is ElementKind.ACTION
        and element.lines == 1
        and is_slug_line(element.text)
        and element.text not in speakers
    }
    if not max(_MIN_SLUGS, 3 * headings) <= len(slugs) <= words / _MIN_WORDS_PER_SCENE:
        return elements
    result: list[Element] = []
    scene = 0
    for at, element in enumerate(elements):
        kind = ElementKind.SCENE_HEADING if at in slugs else element.kind
        scene += kind is ElementKind.SCENE_HEADING
        result.append(replace(element, kind=kind, scene=scene))
    return result


def _with_scene_lengths(elements: Sequence[Element], rows: Sequence[Row]) -> list[Element]:
    """Add scene lengths to headings, measured relative to the number of lines on the longest page."""
    pages = Counter(row.page for row in rows)
    if None in pages or not pages:
        return list(elements)
    at = {row.line_number: k for k, row in enumerate(rows)}
    starts = [at[e.line] for e in elements if e.kind is ElementKind.SCENE_HEADING] + [len(rows)]
    full = max(pages.values())
    lengths = iter(max(1, round(8 * (b - a) / full)) for a, b in pairwise(starts))
    return [replace(e, eighths=next(lengths)) if e.kind is ElementKind.SCENE_HEADING else e for e in elements]


def _split_at_gaps(row: Row) -> list[tuple[int, str]]:
    """The pieces of a row between wide gaps, each with its starting column."""
    return [
        (row.indent + m.start(), m[0])
        for m in re.finditer(rf"\S+(?: {{1,{_MIN_GUTTER_WIDTH - 1}}}\S+)*", row.text)
    ]


class _Reader:
    """Creates elements in one pass over the rows, paragraph by paragraph.

    Args:
        rows: the rows of the script, without the title page.
        columns: the columns of the script.
    """

    def __init__(self, rows: Sequence[Row], columns: Columns) -> None:
        self._rows = rows
        self._columns = columns
        self._headings_lack_prefix = headings_lack_prefix(row.text for row in rows)
        self._at = 0
        self._scene = 0
        self._elements: list[Element] = []

    def elements(self) -> tuple[Element, ...]:
        while self._at < len(self._rows):
            row = self._rows[self._at]
            if not row.text:
                self._at += 1
            elif (split := self._find_gutter()) is not None:
                self._dual_dialogue(split)
            elif self._starts_speech():
                self._speech()
            else:
                self._paragraph(row)
        return tuple(self._elements)

    def _row_ahead(self, ahead: int = 1) -> Row:
        at = self._at + ahead
        return self._rows[at] if at < len(self._rows) else Row("", 0, 0, None)

    def _below(self) -> int:
        """The index of the row below the current row.

        It is the next row or, at the end of a page, the first row with text on the next page.
        """
        at = self._at + 1
        while at < len(self._rows) and not self._rows[at].text and not self._rows[at].is_more:
            at += 1
        new_page = at < len(self._rows) and self._rows[at].page != self._rows[self._at].page
        return at if new_page else self._at + 1

    def _starts_speech(self) -> bool:
        row = self._row_ahead(0)
        if not self._columns.is_character(row):
            return False
        after = self._row_ahead(self._below() - self._at)
        return (
            bool(after.text)
            and self._columns.is_in_speech(after)
            and (after.indent < row.indent or after.text.startswith("("))
            and not self._is_centered_pair(row, after)
        )

    def _is_centered_pair(self, row: Row, after: Row) -> bool:
        """Whether two rows are a centered title card rather than a character name above a speech."""
        off_column = self._columns.is_off_dialogue(after) and after.text[0] != "("
        return off_column and are_centered(row, after)

    def _add(
        self, kind: ElementKind, rows: Sequence[Row], text: str, who: str | None = None, dual: bool = False
    ) -> None:
        first, last = rows[0], rows[-1]
        element = Element(
            kind,
            text,
            first.line_number,
            last.line_number - first.line_number + 1,
            self._scene,
            who,
            dual,
            page=first.page,
        )
        self._elements.append(element)

    def _append_to_last(self, rows: Sequence[Row], text: str) -> None:
        last = self._elements[-1]
        self._elements[-1] = replace(
            last, text=f"{last.text} {text}", lines=rows[-1].line_number - last.line + 1
        )

    def _speech(self) -> None:
        character = self._rows[self._at]
        who = character_name(character.text)
        continues = self._is_repeated_character(who)
        self._at = self._below()
        rows = self._read_speech_rows()
        if not continues:
            self._add(ElementKind.CHARACTER, [character], character.text, who)
        self._add_speech(who, rows, continues=continues)

    def _is_repeated_character(self, who: str) -> bool:
        """Whether a character name only repeats the speaker after a (MORE) on the previous page."""
        before = self._at - 1
        while before >= 0 and not self._rows[before].text and not self._rows[before].is_more:
            before -= 1
        last = self._elements[-1] if self._elements else None
        return before >= 0 and self._rows[before].is_more and last is not None and last.character == who

    def _read_speech_rows(self) -> list[Row]:
        first = self._at
        while (
            (row := self._row_ahead(0)).text
            and self._columns.is_in_speech(row)
            and not self._at_right_edge(row)
            and not self._starts_speech()
        ):
            self._at += 1
        return list(self._rows[first : self._at])

    def _add_speech(
        self, who: str | None, rows: list[Row], dual: bool = False, continues: bool = False
    ) -> None:
        """Add the parentheticals and dialogue of one speech.

        Args:
            who: the speaker.
            rows: the rows of the speech.
            dual: whether the speech is simultaneous with the previous speech.
            continues: whether the speech started on the previous page.
        """
        while rows:
            end = 1
            kind = ElementKind.PARENTHETICAL if starts_parenthetical(rows[0].text) else ElementKind.DIALOGUE
            if kind is ElementKind.PARENTHETICAL:
                while end < len(rows) and not rows[end - 1].text.endswith(")"):
                    end += 1
            else:
                while end < len(rows) and not starts_parenthetical(rows[end].text):
                    end += 1
            text = " ".join(row.text for row in rows[:end])
            if continues and self._elements[-1].kind is kind:
                self._append_to_last(rows[:end], text)
            else:
                self._add(kind, rows[:end], text, who, dual)
            continues, rows = False, rows[end:]

    def _find_gutter(self) -> int | None:
        """The column that separates two speeches side by side, if this row contains two character names.

        It is the rightmost column that is not crossed by text and has text on both sides.
        """
        parts = _split_at_gaps(self._row_ahead(0))
        if (
            len(parts) != 2
            or not all(is_character_line(text) for _, text in parts)
            or not self._row_ahead().text
        ):
            return None
        (left, name), (right, _) = parts
        if right > _MAX_COLUMN:
            return None
        end = left + len(name)
        block = self._block()
        return next(
            (
                column
                for column in range(right, end + 1, -1)
                if all(
                    not any(start < column <= start + len(text) for start, text in _split_at_gaps(row))
                    for row in block
                )
                and any(start >= column for row in block[1:] for start, _ in _split_at_gaps(row))
                and any(start < column for row in block[1:] for start, _ in _split_at_gaps(row))
            ),
            None,
        )

    def _block(self) -> list[Row]:
        """The rows from the current row to the next blank row."""
        end = self._at
        while end < min(len(self._rows), self._at + _MAX_BLOCK_ROWS) and self._rows[end].text:
            end += 1
        return list(self._rows[self._at : end])

    def _dual_dialogue(self, split: int) -> None:
        block = self._block()
        self._at += len(block)
        for dual in (False, True):
            side = [
                replace(row, text=" ".join(texts))
                for row in block
                if (texts := [text for start, text in _split_at_gaps(row) if (start >= split) == dual])
            ]
            who = character_name(side[0].text)
            self._add(ElementKind.CHARACTER, side[:1], side[0].text, who, dual)
            self._add_speech(who, side[1:], dual)

    def _paragraph(self, row: Row) -> None:
        first = self._at
        self._at += 1
        heading = parse_scene_heading(row.text, self._headings_lack_prefix)
        centered = self._columns.is_in_speech(row)
        if heading:
            self._heading(*heading)
        elif is_transition_line(row.text) or self._at_right_edge(row):
            self._add(ElementKind.TRANSITION, [row], row.text)
        else:
            while self._continues_paragraph(centered):
                self._at += 1
            rows = self._rows[first : self._at]
            text = " ".join(r.text for r in rows)
            last = self._elements[-1] if self._elements else None
            new_page = last is not None and self._starts_new_page(first)
            # A page break may split a speech or an action paragraph without a (MORE).
            if centered and new_page and last is not None and last.kind in SPEECH_KINDS:
                self._add_speech(last.character, list(rows), last.dual, continues=True)
            elif centered:
                self._add(ElementKind.CENTERED, rows, "\n".join(r.text for r in rows))
            elif (
                new_page
                and last is not None
                and last.kind is ElementKind.ACTION
                and continues_sentence(last.text, text)
            ):
                self._append_to_last(rows, text)
            else:
                self._add(ElementKind.ACTION, rows, text)

    def _heading(self, number: str | None, text: str) -> None:
        """Add a scene heading; a second line in capitals still belongs to it."""
        rows = [self._rows[self._at - 1]]
        while self._continues_paragraph(centered=False) and self._row_ahead(0).text.isupper():
            rows.append(self._row_ahead(0))
            text += " " + rows[-1].text
            self._at += 1
        self._scene += 1
        self._add(ElementKind.SCENE_HEADING, rows, text)
        self._elements[-1] = replace(self._elements[-1], number=number)

    def _at_right_edge(self, row: Row) -> bool:
        """Whether a row in capitals is indented more than any character name.

        Such a row is treated as a transition even if its wording is not a standard one.
        """
        return row.indent > 2 * self._columns.character - self._columns.dialogue and row.text.isupper()

    def _starts_new_page(self, at: int) -> bool:
        """Whether a row is the first one with text on its page."""
        before = at - 1
        while before >= 0 and not self._rows[before].text:
            before -= 1
        return before >= 0 and self._rows[before].page != self._rows[at].page

    def _continues_paragraph(self, centered: bool) -> bool:
        """Whether the current row belongs to the same paragraph as the previous row."""
        row, before = self._row_ahead(0), self._row_ahead(-1)
        return (
            bool(row.text)
            and row.page == before.page
            and self._columns.is_in_speech(row) == centered
            and not parse_scene_heading(row.text, self._headings_lack_prefix)
            and not self._starts_speech()
        )
