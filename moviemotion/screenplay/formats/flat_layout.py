"""Scripts without columns: every line begins at the left margin, or is centred, or names who says it.

Who speaks is told by context, and each line is given the indent it would have in columns.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise, takewhile

from moviemotion.screenplay.formats.element_patterns import character_name
from moviemotion.screenplay.formats.indented_layout import Columns
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
"""Where `by_context` puts lines."""
_NAME_AND_SPEECH = re.compile(r"([^\s:()](?:(?!   )[^:()]){0,30}?\s*(?:\([^)]*\)\s*)*)(?::\s+|\s{3,})(\S.*)")
"""A name, a colon or a wide gap, and words."""
_MIN_CHARACTER_LINES = 3
"""Cues of names that come again; with fewer a text is no script of this kind."""
_ANY_CASE_RATIO = 3
"""Speakers are not in capitals where so many times more names come again in any case than in capitals."""
_MIN_FULL_LINES_SHARE = 0.25
"""Share of lines that nearly fill the column where lines are wrapped by hand."""
_FULL_LINE_SHARE = 0.75
_MIN_WIDE_LINES_SHARE = 0.1
"""Share of speeches with a line wider than their column under them that is more than chance."""


def indent_by_context(rows: Sequence[Row]) -> list[Row] | None:
    """The rows in `COLUMNS`, or None where no speakers are found.

    A speaker's name stands on a line of its own above the speech or, in a transcript, before a colon. A
    speech ends at a blank line; in a script without blank lines, where a line had room for the next word.
    """
    flat = [replace(row, indent=FLAT_COLUMNS.action) for row in rows]
    if (transcript := _split_transcript(flat)) is not None:
        return _FlatLayout(*transcript).indented_rows()
    names, any_case = _possible_names(flat, uppercase=True), _possible_names(flat, uppercase=False)
    if _recurring_names(any_case).total() > _ANY_CASE_RATIO * _recurring_names(names).total():
        names = any_case
    if _recurring_names(names).total() < _MIN_CHARACTER_LINES:
        return None
    return _FlatLayout(flat, names).indented_rows()


def starts_parenthetical(text: str) -> bool:
    """Whether a line is a parenthetical or the first line of one; "(beat) Well." is dialogue."""
    return text.startswith("(") and (text.endswith(")") or ")" not in text)


def _split_transcript(rows: Sequence[Row]) -> tuple[list[Row], dict[int, str]] | None:
    """The rows of a transcript with each "NAME: words" as two rows, and the names; None if it is none."""
    said = {
        at: match
        for at, row in enumerate(rows)
        if (match := _NAME_AND_SPEECH.fullmatch(row.text))
        and is_character_name(match[1], uppercase=match[1].isupper())
        and not is_character_name(match[2])
    }
    recurring = _recurring_names({at: character_name(match[1]) for at, match in said.items()}).total()
    if recurring < max(_MIN_CHARACTER_LINES, sum(is_character_name(row.text) for row in rows)):
        return None
    parted: list[Row] = []
    names: dict[int, str] = {}
    for at, row in enumerate(rows):
        if match := said.get(at):
            names[len(parted)] = character_name(match[1])
            parted += [replace(row, text=match[1].rstrip()), replace(row, text=match[2])]
        else:
            parted.append(row)
    return parted, names


def _possible_names(rows: Sequence[Row], uppercase: bool) -> dict[int, str]:
    """The rows that can be cues, by what they and the rows after them say, and the names there."""
    inked = [at for at, row in enumerate(rows) if row.text]
    opening = (at for at in inked if parse_scene_heading(rows[at].text) or is_transition_line(rows[at].text))
    first = next(opening, 0)
    return {
        at: character_name(rows[at].text.removesuffix(":"))
        for at, after in pairwise(inked)
        if is_character_name(rows[at].text, uppercase)
        and not parse_scene_heading(rows[after].text)
        and not (at < first and is_byline(rows[after].text))
    }


def _recurring_names(names: Mapping[int, str]) -> Counter[str]:
    """How often each name comes, of those that come again."""
    return Counter({name: n for name, n in Counter(names.values()).items() if n > 1})


def _wrap_width(rows: Sequence[Row]) -> int:
    """Characters of a column whose lines are wrapped; 0 where each paragraph is one line."""
    lengths = sorted(len(row.text) for row in rows)
    width = lengths[int(0.98 * (len(lengths) - 1))] if lengths else 0
    return (
        width
        if sum(n >= _FULL_LINE_SHARE * width for n in lengths) >= _MIN_FULL_LINES_SHARE * len(lengths)
        else 0
    )


def _is_full(row: Row, after: Row, width: int) -> bool:
    """Whether a line had no room for the first word of the next one."""
    return len(row.text) + 1 + len(after.text.split()[0]) > width > 0


class _FlatLayout:
    """What the lines of a flat script are by what stands around them."""

    def __init__(self, rows: Sequence[Row], names: Mapping[int, str]) -> None:
        self._rows = rows
        self._headings_lack_prefix = headings_lack_prefix(row.text for row in rows)
        inked = [at for at, row in enumerate(rows) if row.text]
        around = dict(zip(inked, zip([-2, *inked], [*inked[1:], len(rows) + 1], strict=False), strict=True))
        turned = {at for at in names if any(row.is_furniture for row in rows[at : around[at][1]])}
        gaps = {at: (at - around[at][0] > 1, around[at][1] - at > 1 and at not in turned) for at in names}
        first = next((at for at in inked if self._cannot_be_speech(rows[at])), 0)
        often = _recurring_names(names)
        known = [at for at, name in names.items() if name in often]
        self._blank_after_name = 2 * sum(gaps[at][1] for at in known) > len(known)
        mine = [at for at in known if gaps[at][1] == self._blank_after_name]
        self._no_blank_after_speech = 2 * sum(gaps[at][0] for at in mine) < len(mine)
        self._character_rows = {
            at
            for at, name in names.items()
            if gaps[at][1] == self._blank_after_name
            and (gaps[at][0] or self._no_blank_after_speech)
            and (
                name in often
                or (at > first and at not in turned and not rows[around[at][1]].text[0].islower())
            )
        }
        said = [rows[around[at][1]] for at in self._character_rows]
        self._speech_width = _wrap_width([row for row in said if row.text[0] != "("])
        self._no_blank_after_speech |= self._has_action_under_speech()
        self._action_width = _wrap_width([rows[at] for at in inked if at not in self._character_rows])

    def _has_action_under_speech(self) -> bool:
        """Whether wider lines often follow right under those of speeches: blank lines part cues only."""
        wider = 0
        for cue in self._character_rows:
            if self._rows[cue].line_number == self._rows[cue + 1].line_number:
                continue  # in a transcript the name takes some of the first line
            under = takewhile(lambda row: row.text, self._rows[cue + 1 :])
            wider += any(len(row.text) > self._speech_width > 0 for row in under)
        return wider > _MIN_WIDE_LINES_SHARE * len(self._character_rows)

    def _cannot_be_speech(self, row: Row) -> bool:
        """Whether a row can be no speech."""
        ends_scene = is_transition_line(row.text) and row.text.endswith(":")
        return ends_scene or parse_scene_heading(row.text, self._headings_lack_prefix) is not None

    def indented_rows(self) -> list[Row]:
        """The rows with the indents of what they are."""
        found: list[Row] = []
        held: list[Row] = []  # blank rows
        last, spoken = Row("", 0, 0, None), False
        for at, row in enumerate(self._rows):
            if not row.text:
                held.append(row)
                continue
            is_cue = at in self._character_rows and not (spoken and last.indent == FLAT_COLUMNS.character)
            spoken = is_cue or (spoken and self._continues_speech(last, at, held))
            if not held and (is_cue or (not spoken and self._new_paragraph(last, row))):
                held = [Row("", 0, row.line_number, row.page)]
            if is_cue or not spoken:
                found += held
            held = []
            indent = (
                FLAT_COLUMNS.character if is_cue else FLAT_COLUMNS.dialogue if spoken else FLAT_COLUMNS.action
            )
            last = replace(row, indent=indent, text=row.text.removesuffix(":") if is_cue else row.text)
            found.append(last)
        return found

    def _continues_speech(self, last: Row, at: int, gap: Sequence[Row]) -> bool:
        """Whether a speech whose last row is given goes on in the row at `at` after a gap."""
        row = self._rows[at]
        if last.indent == FLAT_COLUMNS.character:
            return True
        if self._cannot_be_speech(row):
            return False
        if (starts_parenthetical(last.text) or starts_parenthetical(row.text)) and (
            self._blank_after_name or not gap
        ):
            return True
        within = continues_sentence(last.text, row.text)
        if gap:
            return within and any(blank.is_furniture for blank in gap)
        if not self._no_blank_after_speech:
            return True
        full = _is_full(last, row, self._speech_width)
        return len(row.text) <= self._speech_width and (within or full or self._is_wrapped(at))

    def _is_wrapped(self, at: int) -> bool:
        """Whether a row goes on in the next one."""
        if at + 1 >= len(self._rows) or at + 1 in self._character_rows or self._rows[at].text.isupper():
            return False
        row, after = self._rows[at : at + 2]
        return (
            bool(after.text)
            and not self._cannot_be_speech(after)
            and continues_sentence(row.text, after.text)
        )

    def _new_paragraph(self, last: Row, row: Row) -> bool:
        """Whether a row begins something of its own in a script that does not part things by blank lines."""
        if (
            not self._no_blank_after_speech
            or last.indent != FLAT_COLUMNS.action
            or self._cannot_be_speech(last)
        ):
            return self._no_blank_after_speech
        return ends_sentence(last.text) and not _is_full(last, row, self._action_width)
