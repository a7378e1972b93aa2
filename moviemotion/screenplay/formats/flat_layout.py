"""Infer columns for scripts without indentation: flush-left or centered lines, or "NAME: words" transcripts.

The surrounding lines determine the kind of a line. Each line is given the indent that it would have in
columns, so that `plain_text` can read all scripts in the same way. The decision is based on two observations:

- character names recur, while sentences that look like names do not;
- a script uses blank lines consistently, so whether a blank line follows a name, and whether one follows a
  speech, is decided by majority for the whole script and not line by line.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise, takewhile

from moviemotion.screenplay.formats.element_patterns import character_name
from moviemotion.screenplay.formats.indented_layout import Columns, are_centered
from moviemotion.screenplay.formats.line_patterns import (
    continues_sentence,
    ends_sentence,
    headings_lack_prefix,
    is_byline,
    is_character_name,
    is_transition_line,
    parse_scene_heading,
)
from moviemotion.screenplay.formats.page_furniture import Row

FLAT_COLUMNS = Columns(action=0, dialogue=10, character=20, uppercase_names=False)
"""The columns that `indent_by_context` assigns to lines."""
_NAME_AND_SPEECH = re.compile(
    r"([^\s:()](?:(?!   )[^:()]){0,30}+(?:\s{0,2}\([^()]*+\))*+)\s*+(?::\s++|(?<=\s\s\s))(\S.*)"
)
"""A name, followed by a colon or a wide gap, and words on the same line."""
_MIN_CHARACTER_LINES = 3
"""Minimum number of character lines with recurring names in a script."""
_MIN_RECURRENCES = 3
"""Minimum number of occurrences of a name for its lines to be almost certainly character names."""
_MAX_SPEECH_ROWS = 30
_ANY_CASE_RATIO = 3
"""Names are assumed not to be in capitals if recurring names in any letter case are more than this many times
as frequent as recurring names in capitals."""
_MIN_FULL_LINES_SHARE = 0.25
"""Minimum fraction of nearly full lines for lines to be considered wrapped."""
_FULL_LINE_SHARE = 0.75
"""Minimum fraction of the width that a line must fill to count as nearly full."""
_MIN_FLUSH_SHARE = 0.8
"""Minimum fraction of the lines that start at the margin for the others to be considered centered."""
_MIN_CENTERED_INDENT = 8
_MIN_WIDE_LINES_SHARE = 0.1
"""If at most this fraction of speeches have a wider line directly below them, this is assumed to be a
coincidence."""


def indent_by_context(rows: Sequence[Row], columns: Columns | None = None) -> list[Row] | None:
    """Indent rows into `FLAT_COLUMNS` according to the surrounding rows.

    A character name is on a separate line above the speech or, in a transcript, before a colon. A speech ends
    at a blank line; in a script without blank lines, it ends at the first line that had room for the next
    line's first word.

    Args:
        rows: the lines of the script; existing indents are ignored.
        columns: the columns of the script, if only lines in the column of its character names can be names.

    Returns:
        The indented rows, or None if no speakers are found.
    """
    flat = [replace(row, indent=FLAT_COLUMNS.action) for row in rows]
    if columns is not None:
        possible = _possible_names(flat, columns.uppercase_names)
        names = {at: name for at, name in possible.items() if columns.is_character(rows[at])}
        found = _recurring_names(names).total() >= _MIN_CHARACTER_LINES
        return _FlatLayout(flat, names).indented_rows() if found else None
    if (transcript := _split_transcript(flat)) is not None:
        return _FlatLayout(*transcript).indented_rows()
    centered = _centered_rows(rows)
    names, any_case = (
        {at: name for at, name in _possible_names(flat, uppercase).items() if at not in centered}
        for uppercase in (True, False)
    )
    if _recurring_names(any_case).total() > _ANY_CASE_RATIO * _recurring_names(names).total():
        names = any_case
    if _recurring_names(names).total() < _MIN_CHARACTER_LINES:
        return None
    return _FlatLayout(flat, names).indented_rows()


def name_rows(rows: Sequence[Row]) -> set[int]:
    """The line numbers of rows that are almost certainly character names, whatever their indent.

    Such a row is in capitals, stands above words that are neither in capitals nor a heading, and its name
    recurs. A name that only continues a speech from the previous page is not included.
    """
    found: dict[int, str] = {}
    nonblank = [row for row in rows if row.text or row.is_more]
    for before, row, after in zip([Row("", 0, 0, None), *nonblank], nonblank, nonblank[1:], strict=False):
        named = _NAME_AND_SPEECH.fullmatch(row.text)
        if named and named[1].isupper() and is_character_name(named[1]) and not named[2].isupper():
            found[row.line_number] = character_name(named[1])
        elif row.text and not before.is_more and is_character_name(row.text) and _can_be_speech(after.text):
            found[row.line_number] = character_name(row.text)
    counts = Counter(found.values())
    return {line for line, name in found.items() if counts[name] >= _MIN_RECURRENCES}


def _can_be_speech(text: str) -> bool:
    return bool(text) and not text.isupper() and text[0] not in "-–—" and parse_scene_heading(text) is None


def starts_parenthetical(text: str) -> bool:
    """Whether a line is a parenthetical or the first line of one; "(beat) Well." is dialogue."""
    return text.startswith("(") and (text.endswith(")") or ")" not in text)


def _split_transcript(rows: Sequence[Row]) -> tuple[list[Row], dict[int, str]] | None:
    """Split each "NAME: words" row of a transcript into two rows.

    Returns:
        The rows, and a mapping from row index to name; None if the script is not a transcript.
    """
    speeches = {
        at: match
        for at, row in enumerate(rows)
        if (match := _NAME_AND_SPEECH.fullmatch(row.text))
        and is_character_name(match[1], uppercase=match[1].isupper())
        and not is_character_name(match[2])
    }
    recurring = _recurring_names({at: character_name(match[1]) for at, match in speeches.items()}).total()
    # Scripts contain colons too ("TITLE: Paris"). In a transcript, such rows outnumber names on separate
    # lines.
    if recurring < max(_MIN_CHARACTER_LINES, sum(is_character_name(row.text) for row in rows)):
        return None
    result: list[Row] = []
    names: dict[int, str] = {}
    for at, row in enumerate(rows):
        if match := speeches.get(at):
            names[len(result)] = character_name(match[1])
            result += [replace(row, text=match[1].rstrip()), replace(row, text=match[2])]
        else:
            result.append(row)
    return result, names


def _possible_names(rows: Sequence[Row], uppercase: bool) -> dict[int, str]:
    """The rows that can be character names, judged by their text and the next row.

    Returns:
        Row index → name.
    """
    nonblank = [at for at, row in enumerate(rows) if row.text]
    opening = (
        at for at in nonblank if parse_scene_heading(rows[at].text) or is_transition_line(rows[at].text)
    )
    first = next(opening, 0)
    return {
        at: character_name(rows[at].text.removesuffix(":"))
        for at, after in pairwise(nonblank)
        if is_character_name(rows[at].text, uppercase)
        and not parse_scene_heading(rows[after].text)
        and not (at < first and is_byline(rows[after].text))  # the title of the script
    }


def _centered_rows(rows: Sequence[Row]) -> set[int]:
    """The rows that are centered above other centered rows, such as songs, if nearly all rows are flush left.

    Some names above their speeches may be indented, too; they also occur at the margin.
    """
    indents = Counter(row.indent for row in rows if row.text)
    margin = max(indents, key=lambda indent: indents[indent], default=0)
    if indents[margin] < _MIN_FLUSH_SHARE * indents.total():
        return set()
    flush = {row.text for row in rows if row.indent == margin}
    return {
        at
        for at, (row, after) in enumerate(pairwise(rows))
        if row.text not in flush
        and min(row.indent, after.indent) >= margin + _MIN_CENTERED_INDENT
        and after.text
        and (row.indent <= after.indent or are_centered(row, after))
    }


def _recurring_names(names: Mapping[int, str]) -> Counter[str]:
    """The number of occurrences of each name that occurs more than once."""
    return Counter({name: n for name, n in Counter(names.values()).items() if n > 1})


def _wrap_width(rows: Sequence[Row]) -> int:
    """The width in characters at which lines are wrapped; 0 if each paragraph is one line."""
    lengths = sorted(len(row.text) for row in rows)
    # A high quantile is used instead of the maximum, because a few lines may be too long.
    width = lengths[int(0.98 * (len(lengths) - 1))] if lengths else 0
    return (
        width
        if sum(n >= _FULL_LINE_SHARE * width for n in lengths) >= _MIN_FULL_LINES_SHARE * len(lengths)
        else 0
    )


def _is_full(row: Row, after: Row, width: int) -> bool:
    """Whether a line had no room for the first word of the next line, so that it was merely wrapped there."""
    return len(row.text) + 1 + len(after.text.split()[0]) > width > 0


class _FlatLayout:
    """Determines the kind of each line of a flat script from the surrounding lines.

    Args:
        rows: the lines, which all have the same indent.
        names: row index → name, for rows that can be character names.
    """

    def __init__(self, rows: Sequence[Row], names: Mapping[int, str]) -> None:
        self._rows = rows
        self._headings_lack_prefix = headings_lack_prefix(row.text for row in rows)
        nonblank = [at for at, row in enumerate(rows) if row.text]
        neighbors = dict(
            zip(nonblank, zip([-2, *nonblank], [*nonblank[1:], len(rows) + 1], strict=False), strict=True)
        )
        # A page break leaves a blank line, which reveals nothing about how the script uses blank lines.
        at_page_end = {at for at in names if any(row.is_furniture for row in rows[at : neighbors[at][1]])}
        gaps = {
            at: (at - neighbors[at][0] > 1, neighbors[at][1] - at > 1 and at not in at_page_end)
            for at in names
        }
        first = next((at for at in nonblank if self._cannot_be_speech(rows[at])), 0)
        recurring = _recurring_names(names)
        # Recurring names are nearly certain, so they decide how this script uses blank lines …
        known = [at for at, name in names.items() if name in recurring]
        self._blank_after_name = 2 * sum(gaps[at][1] for at in known) > len(known)
        regular = [at for at in known if gaps[at][1] == self._blank_after_name]
        self._no_blank_after_speech = 2 * sum(gaps[at][0] for at in regular) < len(regular)
        # … and this usage decides which names are accepted. A name that occurs once must come after the first
        # scene heading and must not be followed by the rest of a sentence.
        self._character_rows = {
            at
            for at, name in names.items()
            if gaps[at][1] == self._blank_after_name
            and (gaps[at][0] or self._no_blank_after_speech)
            and (
                name in recurring
                or (at > first and at not in at_page_end and not rows[neighbors[at][1]].text[0].islower())
            )
        }
        first_lines = [rows[neighbors[at][1]] for at in self._character_rows]
        self._speech_width = _wrap_width([row for row in first_lines if row.text[0] != "("])
        self._no_blank_after_speech |= self._has_action_under_speech()
        self._action_width = _wrap_width([rows[at] for at in nonblank if at not in self._character_rows])

    def _has_action_under_speech(self) -> bool:
        """Whether lines wider than a speech often appear directly below a speech.

        Such lines are action, so in this script blank lines only precede character names and do not separate
        paragraphs.
        """
        wider = 0
        for at in self._character_rows:
            if self._rows[at].line_number == self._rows[at + 1].line_number:
                continue  # in a transcript the name takes up part of the first line
            below = takewhile(lambda row: row.text, self._rows[at + 1 : at + 1 + _MAX_SPEECH_ROWS])
            wider += any(len(row.text) > self._speech_width > 0 for row in below)
        return wider > _MIN_WIDE_LINES_SHARE * len(self._character_rows)

    def _cannot_be_speech(self, row: Row) -> bool:
        """Whether a row is a scene heading, or a transition that ends a scene."""
        ends_scene = is_transition_line(row.text) and row.text.endswith(":")
        return ends_scene or parse_scene_heading(row.text, self._headings_lack_prefix) is not None

    def indented_rows(self) -> list[Row]:
        """The rows, indented according to their kinds.

        Blank rows are dropped within speeches and added between paragraphs where they are missing, since
        `plain_text` uses them to separate paragraphs.
        """
        result: list[Row] = []
        blanks: list[Row] = []
        last, in_speech = Row("", 0, 0, None), False
        for at, row in enumerate(self._rows):
            if not row.text:
                blanks.append(row)
                continue
            # A name directly below another name is the first line of the other name's speech.
            is_character = at in self._character_rows and not (
                in_speech and last.indent == FLAT_COLUMNS.character
            )
            in_speech = is_character or (in_speech and self._continues_speech(last, at, blanks))
            if not blanks and (is_character or (not in_speech and self._new_paragraph(last, row))):
                blanks = [Row("", 0, row.line_number, row.page)]
            if is_character or not in_speech:
                result += blanks
            blanks = []
            text = row.text
            if is_character:
                indent, text = FLAT_COLUMNS.character, text.removesuffix(":")
            else:
                indent = FLAT_COLUMNS.dialogue if in_speech else FLAT_COLUMNS.action
            last = replace(row, indent=indent, text=text)
            result.append(last)
        return result

    def _continues_speech(self, last: Row, at: int, gap: Sequence[Row]) -> bool:
        """Whether a speech continues in a row.

        Args:
            last: the last row of the speech before this one, indented.
            at: index of the row in question.
            gap: the blank rows between `last` and that row.
        """
        row = self._rows[at]
        if last.indent == FLAT_COLUMNS.character:
            return True
        if self._cannot_be_speech(row):
            return False
        if (starts_parenthetical(last.text) or starts_parenthetical(row.text)) and (
            self._blank_after_name or not gap
        ):
            return True
        same_sentence = continues_sentence(last.text, row.text)
        if gap:
            # Only a page break may interrupt a speech, and only within a sentence.
            return same_sentence and any(blank.is_furniture for blank in gap)
        if not self._no_blank_after_speech:
            return True
        full = _is_full(last, row, self._speech_width)
        return len(row.text) <= self._speech_width and (same_sentence or full or self._is_wrapped(at))

    def _is_wrapped(self, at: int) -> bool:
        """Whether a sentence continues from a row into the next one."""
        if at + 1 >= len(self._rows) or at + 1 in self._character_rows or self._rows[at].text.isupper():
            return False
        row, after = self._rows[at : at + 2]
        return (
            bool(after.text)
            and not self._cannot_be_speech(after)
            and continues_sentence(row.text, after.text)
        )

    def _new_paragraph(self, last: Row, row: Row) -> bool:
        """Whether a row starts a new paragraph in a script without blank lines between paragraphs."""
        if (
            not self._no_blank_after_speech
            or last.indent != FLAT_COLUMNS.action
            or self._cannot_be_speech(last)
        ):
            return self._no_blank_after_speech
        return ends_sentence(last.text) and not _is_full(last, row, self._action_width)
