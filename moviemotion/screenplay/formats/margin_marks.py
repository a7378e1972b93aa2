"""Remove what programs put into the margins: line numbers, revision marks, and the > of quoted mail.

Scripts that were copied from a listing, a text editor or a mail have a mark on nearly every line. Revision
marks are on some lines, but always in the same column, outside of the text.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import accumulate, pairwise

_QUOTE = re.compile(r"(\f?)[ \t]{0,3}(?:[>|][ \t]?){1,9}")
_NUMBER_AT_LEFT = re.compile(r"^\f?[ \t]{0,12}(\d{1,6})(?:[.:|)\]]|[ \t]\|)?(?=\s|$)")
_NUMBER_AT_RIGHT = re.compile(r"(?:(?<=[ \t]{2})|(?<=\t)|^)(\d{1,6})\.?[ \t]{0,9}$")
_REVISION_MARK = r"([*|¦+#%§†•!]{1,3}|\([A-Z*]\)|\*[A-Z]|[A-Z]\*)"
_REVISION_AT_LEFT = re.compile(rf"\s*+{_REVISION_MARK}(?=\s\s|\t|$)")
_REVISION_AT_RIGHT = re.compile(rf"(?:^|\s\s|\t){_REVISION_MARK}$")
_MAX_TAIL = 6
"""A revision mark at the right is found in the last characters of a line, so that long lines take no time."""
_MIN_REVISIONS = 5
"""Minimum number of lines with a revision mark."""
_COLUMN_TOLERANCE = 1
"""Converters of PDFs round columns."""
_MAX_OUTSIDE_SHARE = 0.1
"""Maximum fraction of the lines with text in the margin, such as scene numbers and headers."""
_MIN_LINES = 12
"""Minimum number of lines with a mark."""
_MIN_MARKED_SHARE = 0.9
_MIN_REGULAR_SHARE = 0.9
"""Minimum fraction of the numbers that follow from the number before them."""
_STEPS = (10, 5, 2)
"""Some programs number only every fifth line."""
_MIN_SPARSE_SHARE = 0.8
"""Minimum fraction of the lines that such numbers account for."""


def without_margin_marks(source: Sequence[str]) -> tuple[str, ...]:
    """The lines without line numbers, revision marks, and the marks of quoted mail.

    Args:
        source: all lines of the file.
    """
    lines = tuple(source)
    inked = sum(bool(line.strip()) for line in lines)
    quoted = sum(bool(_QUOTE.match(line)) for line in lines)
    if quoted >= max(_MIN_LINES, _MIN_MARKED_SHARE * inked):
        lines = _without_margin([_QUOTE.sub(r"\1", line, count=1) for line in lines])
    lines = _without_revision_marks(lines)
    for pattern in (_NUMBER_AT_LEFT, _NUMBER_AT_RIGHT):
        lines = _without_numbers(lines, pattern)
    return lines


def _without_revision_marks(lines: tuple[str, ...]) -> tuple[str, ...]:
    """Replace revision marks with blanks."""
    for at_left in (True, False):
        marked = {at: found for at, line in enumerate(lines) if (found := _without_mark(line, at_left))}
        counts = Counter(column for column, _ in marked.values())
        usual = max(counts, key=lambda column: counts[column], default=0)
        marked = {at: found for at, found in marked.items() if abs(found[0] - usual) <= _COLUMN_TOLERANCE}
        unmarked = [marked[at][1] if at in marked else line for at, line in enumerate(lines)]
        if len(marked) >= _MIN_REVISIONS and _is_margin(unmarked, usual, at_left):
            lines = tuple(unmarked)
    return lines


def _without_mark(line: str, at_left: bool) -> tuple[int, str] | None:
    """The column of a revision mark at the left or right end, and the line with blanks in its place."""
    text = line.rstrip()
    tail = max(0, len(text) - _MAX_TAIL)
    match = _REVISION_AT_LEFT.match(text) if at_left else _REVISION_AT_RIGHT.search(text[tail:])
    if match is None:
        return None
    start = match.start(1) + (0 if at_left else tail)
    end = start + len(match[1])
    return len(text[:start].expandtabs()), text[:start] + " " * (end - start) + text[end:]


def _is_margin(lines: Sequence[str], column: int, at_left: bool) -> bool:
    """Whether hardly any line has text in a column or further outside."""
    inked = [line.rstrip().expandtabs() for line in lines if line.strip()]
    outside = sum(
        (len(line) - len(line.lstrip()) <= column if at_left else len(line) > column) for line in inked
    )
    return outside <= _MAX_OUTSIDE_SHARE * len(inked)


def _without_numbers(lines: tuple[str, ...], pattern: re.Pattern[str]) -> tuple[str, ...]:
    """Remove line numbers from one margin."""
    found = {at: match for at, line in enumerate(lines) if (match := pattern.search(line))}
    every = _numbered_lines(lines, {at: int(match[1]) for at, match in found.items()})
    if every == 0:
        return lines
    if every > 1:  # the other lines have blanks in place of the number
        return tuple(
            line[: found[at].start(1)]
            + " " * (found[at].end() - found[at].start(1))
            + line[found[at].end() :]
            if at in found
            else line
            for at, line in enumerate(lines)
        )
    if pattern is _NUMBER_AT_RIGHT:
        return tuple(
            line[: found[at].start()].rstrip(" \t") if at in found else line for at, line in enumerate(lines)
        )
    return _without_margin(
        [
            "\f" * line.startswith("\f") + line[found[at].end() :] if at in found else line
            for at, line in enumerate(lines)
        ]
    )


def _numbered_lines(lines: Sequence[str], numbers: dict[int, int]) -> int:
    """How many lines there are for each line number: 1, 2, 5 or 10; 0 if the numbers do not count lines.

    Args:
        lines: all lines.
        numbers: line index → number on the line.
    """
    if len(numbers) < _MIN_LINES:
        return 0
    # The numbers count all lines or only those with text, and may start again on each page.
    inked = [0, *accumulate(bool(line.strip()) for line in lines)]
    pages = list(accumulate("\f" in line for line in lines))
    pairs = list(pairwise(numbers.items()))
    regular = sum(
        after[1] - before[1] in (after[0] - before[0], inked[after[0]] - inked[before[0]])
        or after[1] < before[1]
        for before, after in pairs
    )
    restarts = sum(after[1] <= before[1] and pages[after[0]] == pages[before[0]] for before, after in pairs)
    if regular < _MIN_REGULAR_SHARE * len(pairs) or restarts > (1 - _MIN_REGULAR_SHARE) * len(pairs):
        return 0
    if len(numbers) >= _MIN_MARKED_SHARE * inked[-1]:
        return 1
    step = next((step for step in _STEPS if all(number % step == 0 for number in numbers.values())), 0)
    return step if step * len(numbers) >= _MIN_SPARSE_SHARE * inked[-1] else 0


def _without_margin(lines: Sequence[str]) -> tuple[str, ...]:
    """Remove the blanks with which all lines start."""
    margins = {line[: len(line) - len(line.lstrip(" \t"))] for line in lines if line.strip()}
    shortest = min(margins, key=len, default="")
    width = len(shortest) if all(margin.startswith(shortest) for margin in margins) else 0
    return tuple(line if line[:1] == "\f" else line[width:] for line in lines)
