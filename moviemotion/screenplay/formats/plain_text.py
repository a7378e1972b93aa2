"""Read typed or printed scripts in plain text, including PDF pages converted to text.

`page_furniture` removes page numbers and headers; `indented_layout` finds the columns, or `flat_layout`
infers them; `_Reader` then creates elements in one pass over the rows.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from moviemotion.screenplay.elements import Element, ElementKind
from moviemotion.screenplay.formats.element_patterns import character_name, is_character_line
from moviemotion.screenplay.formats.flat_layout import FLAT_COLUMNS, indent_by_context, starts_parenthetical
from moviemotion.screenplay.formats.fountain import has_fountain_marks
from moviemotion.screenplay.formats.indented_layout import (
    Columns,
    align_pages,
    find_columns,
    remove_gaps_under_characters,
)
from moviemotion.screenplay.formats.line_patterns import (
    continues_sentence,
    headings_lack_prefix,
    is_byline,
    is_transition_line,
    parse_scene_heading,
)
from moviemotion.screenplay.formats.page_furniture import Row, parse_rows

_MIN_GUTTER_WIDTH = 3
"""Minimum number of spaces between two speeches side by side."""
_MAX_TITLE_PAGE_LINES = 30
_MAX_TITLE_LINES = 3
"""Maximum number of lines above the writers' names, for a title without a separate page."""


def _detect_layout(source: Sequence[str]) -> tuple[list[Row], Columns] | None:
    """The rows of a script and their columns; None if no speakers are found."""
    rows = parse_rows(source)
    # Each correction is tried only if no columns are found without it, since it could corrupt a script that
    # does not need it.
    for correct in (list, align_pages, remove_gaps_under_characters):
        if (columns := find_columns(corrected := correct(rows))) is not None:
            return corrected, columns
    flat = None if has_fountain_marks(source) else indent_by_context(rows)
    return None if flat is None else (flat, FLAT_COLUMNS)


def has_script_layout(source: Sequence[str]) -> bool:
    """Whether the lines have the layout of a printed script, so that speakers can be recognized."""
    return _detect_layout(source) is not None


def plain_text_title(source: Sequence[str]) -> str:
    """The title from the title page; without one, the first centered line in capitals above the first scene.

    Returns:
        The title; an empty string if there is neither.
    """
    laid_out = _detect_layout(source)
    if laid_out is None:
        return ""
    rows, columns = laid_out
    if columns is FLAT_COLUMNS:
        return _title_at_top(rows)
    page = rows[: _title_page_row_count(rows, columns)]
    lines = [row.text for row in page if row.text]
    by_line = next((k for k, text in enumerate(lines) if is_byline(text)), 1)
    if lines and by_line:
        return " ".join(lines[:by_line]).strip('"“” ')
    for element in _Reader(rows, columns).elements():
        if _is_title(element) and element.text == element.text.upper():
            return element.text.splitlines()[0].strip('"“” ')
    return ""


def parse_plain_text(source: Sequence[str]) -> tuple[Element, ...]:
    """The elements of a printed script, in order.

    Wrapped lines are joined, and a speech or paragraph that continues on the next page becomes one element.
    The title page and page furniture are skipped.

    Args:
        source: all lines of the file.

    Raises:
        ValueError: the lines do not have the layout of a script (see `has_script_layout`).
    """
    laid_out = _detect_layout(source)
    if laid_out is None:
        raise ValueError("no characters or dialogue found")
    rows, columns = laid_out
    film = rows[_title_page_row_count(rows, columns) :]
    found = [element for element in _Reader(film, columns).elements() if not _is_title(element)]
    return tuple(_with_scene_lengths(found, film))


def _is_title(element: Element) -> bool:
    return element.kind is ElementKind.CENTERED and element.scene == 0


def _title_at_top(rows: Sequence[Row]) -> str:
    """The first lines of a script without columns, if the line below them credits the writers."""
    lines = [row.text for row in rows if row.text][: _MAX_TITLE_LINES + 1]
    by_line = next((k for k, text in enumerate(lines) if is_byline(text)), 0)
    return " ".join(lines[:by_line]).strip('"“” ')


def _title_page_row_count(rows: Sequence[Row], columns: Columns) -> int:
    """The number of rows of the title page if it is a separate page; otherwise 0."""
    if not rows or rows[0].page == rows[-1].page:
        return 0
    length = next(k for k, row in enumerate(rows) if row.page != rows[0].page)
    nonblank = [row for row in rows[:length] if row.text]
    if not 0 < len(nonblank) <= _MAX_TITLE_PAGE_LINES or not columns.is_in_speech(nonblank[0]):
        return 0
    script = any(parse_scene_heading(row.text) or is_transition_line(row.text) for row in nonblank)
    return 0 if script or find_columns(rows[:length], min_characters=1) else length


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

    def _starts_speech(self) -> bool:
        row, after = self._row_ahead(0), self._row_ahead()
        return (
            self._columns.is_character(row)
            and bool(after.text)
            and self._columns.is_in_speech(after)
            and (after.indent < row.indent or after.text.startswith("("))
            and not self._is_centered_pair(row, after)
        )

    def _is_centered_pair(self, row: Row, after: Row) -> bool:
        """Whether two rows are a centered title card rather than a character name above a speech."""
        off_column = self._columns.is_off_dialogue(after) and after.text[0] != "("
        return off_column and abs(2 * (row.indent - after.indent) + len(row.text) - len(after.text)) <= 2

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
        self._at += 1
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
        while end < len(self._rows) and self._rows[end].text:
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
            if centered and new_page and last is not None and last.kind is ElementKind.DIALOGUE:
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
