"""Find the columns of a script that is laid out by indentation.

Action starts at the left margin, dialogue is indented, and character names are indented most. The indents
differ from script to script, so they are measured. A character name is a line in capitals after a blank line,
with a less indented line directly below it. The most common indents of such lines and of the lines below them
define the columns.

Two common defects of converted scripts are corrected: pages with different left margins (`align_pages`), and
blank lines below character names (`remove_gaps_under_characters`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from moviemotion.screenplay.formats.element_patterns import character_name, is_character_line
from moviemotion.screenplay.formats.line_patterns import is_character_name
from moviemotion.screenplay.formats.page_furniture import Row

_MIN_CHARACTER_LINES = 3
"""Minimum number of character names in a script."""
_MIN_DIALOGUE_COLUMN_SHARE = 0.75
"""Fraction of speeches that must start in a column for it to be the dialogue column."""
_MIN_BLANK_LINES_SHARE = 0.05
"""Minimum fraction of blank lines for blank lines to be treated as paragraph separators."""
_MIN_COLUMN_DISTANCE = 2
"""Minimum distance between two columns in characters; smaller differences are typing errors."""
_CENTERED_SHARE = 0.75
"""Maximum fraction of lines with the same center; beyond it, a script counts as centered, without columns."""
_DIALOGUE_TOLERANCE = 2
"""Maximum distance of a dialogue line from its column, in characters."""
_MAX_PAGE_SHIFT = 40
"""Maximum shift of a page to the left or right, in characters."""
_BLANK_ROW = Row("", 0, 0, None)


@dataclass(frozen=True)
class Columns:
    """The indents of a script's columns, in characters. A line belongs to the nearest column.

    Attributes:
        action: indent of action and scene headings.
        dialogue: indent of dialogue.
        character: indent of character names.
        uppercase_names: whether character names are in capitals; if not, any name in the character column
            counts as one.
    """

    action: int
    dialogue: int
    character: int
    uppercase_names: bool = True

    def is_in_speech(self, row: Row) -> bool:
        """Whether a row is indented like part of a speech."""
        return row.indent > (self.action + self.dialogue) / 2

    def is_character(self, row: Row) -> bool:
        """Whether a row is a character name."""
        # Some programs center each name, so long names start further left and short names further right. The
        # column therefore extends half the distance to the dialogue column on the left, and the full distance
        # on the right.
        in_column = (
            (self.dialogue + self.character) / 2
            < row.indent
            < self.character + (self.character - self.dialogue)
        )
        return in_column and (
            is_character_line(row.text)
            or (not self.uppercase_names and is_character_name(row.text, uppercase=False))
        )

    def is_off_dialogue(self, row: Row) -> bool:
        """Whether a row is too far from the dialogue column for the difference to be a typing error."""
        return abs(row.indent - self.dialogue) > _DIALOGUE_TOLERANCE


def find_columns(rows: Sequence[Row], min_characters: int = _MIN_CHARACTER_LINES) -> Columns | None:
    """Find the columns of a script.

    Args:
        rows: the lines of the script.
        min_characters: the minimum number of character names.

    Returns:
        The columns; None if the script has none.
    """
    # In a centered script, the indent depends only on the length of the line.
    if _is_centered(rows):
        return None
    return _columns_from_names(rows, is_character_line, min_characters) or _columns_from_names(
        rows, _recurring_names(rows), min_characters, uppercase_names=False
    )


def _is_centered(rows: Sequence[Row]) -> bool:
    """Whether most lines have the same center."""
    # Twice the center is an integer. Rounding odd lengths shifts it by at most one.
    doubled_centers = Counter(2 * row.indent + len(row.text) for row in rows if row.text)
    common = max(doubled_centers, key=lambda at: doubled_centers[at], default=0)
    same = sum(doubled_centers[common + offset] for offset in (-1, 0, 1))
    return same > _CENTERED_SHARE * doubled_centers.total()


def are_centered(row: Row, after: Row) -> bool:
    """Whether two rows have the same center."""
    return abs(2 * (row.indent - after.indent) + len(row.text) - len(after.text)) <= 2


def _recurring_names(rows: Sequence[Row]) -> Callable[[str], bool]:
    """Return a test for names in any letter case: names recur, sentences that look like names rarely do."""
    names = Counter(character_name(row.text) for row in rows if is_character_name(row.text, uppercase=False))
    return lambda text: names[character_name(text)] > 1


def _columns_from_names(
    rows: Sequence[Row],
    is_character: Callable[[str], bool],
    min_characters: int,
    uppercase_names: bool = True,
) -> Columns | None:
    """Find the columns by means of a test for character names; return None if there are none.

    Args:
        rows: the lines of the script.
        is_character: whether a text can be a character name.
        min_characters: the minimum number of character names.
        uppercase_names: the value of `Columns.uppercase_names` in the result.
    """
    names, speeches, margins = Counter[int](), Counter[int](), Counter[int]()
    # Converters drop blank lines from some scripts. In such scripts, a line indented further than the
    # previous line can start a speech.
    no_blanks = sum(not row.text and not row.is_furniture for row in rows) < _MIN_BLANK_LINES_SHARE * len(
        rows
    )
    for before, row, after in zip([_BLANK_ROW, *rows], rows, [*rows[1:], _BLANK_ROW], strict=False):
        if not row.text:
            continue
        starts = not before.text or before.page != row.page or (no_blanks and before.indent < row.indent)
        if starts and after.text and row.indent > after.indent > 0 and is_character(row.text):
            names[row.indent] += 1
            # Parentheticals have their own indent, between dialogue and character names.
            if not after.text.startswith("("):
                speeches[after.indent] += 1
        else:
            margins[row.indent] += 1
    if sum(names.values()) < min_characters or not speeches:
        return None
    dialogue = speeches.most_common(1)[0][0]
    character = names.most_common(1)[0][0]
    in_column = sum(
        count for indent, count in speeches.items() if abs(indent - dialogue) <= _DIALOGUE_TOLERANCE
    )
    if in_column < _MIN_DIALOGUE_COLUMN_SHARE * speeches.total():
        return None
    left = [indent for indent in margins if indent < dialogue]
    action = max(left, key=lambda indent: margins[indent]) if left else 0
    separate = min(dialogue - action, character - dialogue) >= _MIN_COLUMN_DISTANCE
    return Columns(action, dialogue, character, uppercase_names) if separate else None


def align_pages(rows: Sequence[Row]) -> list[Row]:
    """Shift each page to the left or right so that its columns best match the columns of previous pages.

    A shift is scored by the overlap of two histograms of indents. The smallest shift wins ties.
    """
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
    """Remove blank rows between a character name, or a parenthetical, and a less indented row."""
    result: list[Row] = []
    gap: list[Row] = []
    for row in rows:
        if not row.text:
            gap.append(row)
            continue
        above = result[-1] if result else _BLANK_ROW
        in_speech = is_character_name(above.text) or (above.text[:1] == "(" and above.text[-1] == ")")
        if not (in_speech and above.indent > row.indent > 0):
            result += gap
        result.append(row)
        gap = []
    return result + gap
