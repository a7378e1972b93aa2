"""The columns of a script laid out by indentation, found from the lines themselves.

Action stands at the left margin, dialogue further in, character cues furthest in. How far differs from
script to script: a cue is a line in capitals after a blank line, with a less indented line right under it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from moviemotion.screenplay.formats.element_patterns import character_name, is_character_line
from moviemotion.screenplay.formats.line_patterns import is_character_name
from moviemotion.screenplay.formats.page_furniture import Row

_MIN_CHARACTER_LINES = 3
_MIN_DIALOGUE_COLUMN_SHARE = 0.75
"""Share of the speeches that begin in the column of dialogue, or there is none."""
_MIN_BLANK_LINES_SHARE = 0.05
"""Share of blank lines below which they part nothing."""
_MIN_COLUMN_DISTANCE = 2
"""Characters between columns; less is a slip of the typist's."""
_CENTERED_SHARE = 0.75
"""Share of lines around one middle in a script that is centred."""
_DIALOGUE_TOLERANCE = 2
"""Characters by which a line of dialogue may miss its column."""
_MAX_PAGE_SHIFT = 40
"""Characters by which a page may be moved to the side."""
_BLANK_ROW = Row("", 0, 0, None)


@dataclass(frozen=True)
class Columns:
    """Indents in characters; a line belongs to the nearest column.

    Attributes:
        capitals: whether cues are in capitals; else any name in the column of cues is one.
    """

    action: int
    dialogue: int
    character: int
    uppercase_names: bool = True

    def is_in_speech(self, row: Row) -> bool:
        return row.indent > (self.action + self.dialogue) / 2

    def is_character(self, row: Row) -> bool:
        # Cues are sometimes centred by name, so their column is loose.
        loose = (
            (self.dialogue + self.character) / 2
            < row.indent
            < self.character + (self.character - self.dialogue)
        )
        return loose and (
            is_character_line(row.text)
            or (not self.uppercase_names and is_character_name(row.text, uppercase=False))
        )

    def is_off_dialogue(self, row: Row) -> bool:
        """Whether a row misses the column of dialogue by more than typing does."""
        return abs(row.indent - self.dialogue) > _DIALOGUE_TOLERANCE


def find_columns(rows: Sequence[Row], min_characters: int = _MIN_CHARACTER_LINES) -> Columns | None:
    """The columns, if at least `fewest` cues stand in theirs."""
    if _is_centered(rows):
        return None
    return _columns_from_names(rows, is_character_line, min_characters) or _columns_from_names(
        rows, _recurring_names(rows), min_characters, uppercase_names=False
    )


def _is_centered(rows: Sequence[Row]) -> bool:
    """Whether nearly all lines have their middle in one place."""
    twice = Counter(2 * row.indent + len(row.text) for row in rows if row.text)
    middle = max(twice, key=lambda at: twice[at], default=0)
    return sum(twice[middle + off] for off in (-1, 0, 1)) > _CENTERED_SHARE * twice.total()


def _recurring_names(rows: Sequence[Row]) -> Callable[[str], bool]:
    names = Counter(character_name(row.text) for row in rows if is_character_name(row.text, uppercase=False))
    return lambda text: names[character_name(text)] > 1


def _columns_from_names(
    rows: Sequence[Row],
    is_character: Callable[[str], bool],
    min_characters: int,
    uppercase_names: bool = True,
) -> Columns | None:
    cues, speech, margins = Counter[int](), Counter[int](), Counter[int]()
    solid = sum(not row.text and not row.is_furniture for row in rows) < _MIN_BLANK_LINES_SHARE * len(rows)
    for before, row, after in zip([_BLANK_ROW, *rows], rows, [*rows[1:], _BLANK_ROW], strict=False):
        if not row.text:
            continue
        opens = not before.text or before.page != row.page or (solid and before.indent < row.indent)
        if opens and after.text and row.indent > after.indent > 0 and is_character(row.text):
            cues[row.indent] += 1
            if not after.text.startswith("("):
                speech[after.indent] += 1
        else:
            margins[row.indent] += 1
    if sum(cues.values()) < min_characters or not speech:
        return None
    dialogue = speech.most_common(1)[0][0]
    cue = cues.most_common(1)[0][0]
    inside = sum(count for indent, count in speech.items() if abs(indent - dialogue) <= _DIALOGUE_TOLERANCE)
    if inside < _MIN_DIALOGUE_COLUMN_SHARE * speech.total():
        return None
    left = [indent for indent in margins if indent < dialogue]
    action = max(left, key=lambda indent: margins[indent]) if left else 0
    apart = min(dialogue - action, cue - dialogue) >= _MIN_COLUMN_DISTANCE
    return Columns(action, dialogue, cue, uppercase_names) if apart else None


def align_pages(rows: Sequence[Row]) -> list[Row]:
    """The rows with each page moved to the side to where its columns best meet those of the pages before."""
    pages: dict[int | None, Counter[int]] = {}
    for row in rows:
        if row.text:
            pages.setdefault(row.page, Counter())[row.indent] += 1
    seen = Counter[int]()
    shifts: dict[int | None, int] = {}
    for page, indents in pages.items():
        shift = max(
            range(-_MAX_PAGE_SHIFT, _MAX_PAGE_SHIFT + 1),
            key=lambda by: (sum(min(n, seen[i + by]) for i, n in indents.items()), -abs(by)),
        )
        shifts[page] = shift
        seen.update({indent + shift: count for indent, count in indents.items()})
    left = min(seen, default=0)
    return [replace(row, indent=row.indent + shifts[row.page] - left) if row.text else row for row in rows]


def remove_gaps_under_characters(rows: Sequence[Row]) -> list[Row]:
    """The rows without the blank ones between a cue, or a parenthetical, and a less indented row."""
    found: list[Row] = []
    gap: list[Row] = []
    for row in rows:
        if not row.text:
            gap.append(row)
            continue
        under = found[-1] if found else _BLANK_ROW
        above = is_character_name(under.text) or (under.text[:1] == "(" and under.text[-1] == ")")
        if not (above and under.indent > row.indent > 0):
            found += gap
        found.append(row)
        gap = []
    return found + gap
