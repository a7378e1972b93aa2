"""Lays out a screenplay on pages in standard format: 12-point Courier, 10 characters and 6 lines per inch.

The elements become blocks of lines. A block that does not fit on its page is split, but at least two of its
lines stay together. Headings and character names stay with the text that follows them. A speech that
continues on the next page gets (MORE) and a repeated character name.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from moviemotion.screenplay.elements import Element, ElementKind, TextStyle, speech_end
from moviemotion.screenplay.formats.emphasis import letter_styles

LINES_PER_PAGE = 54
LEFT_COLUMN, RIGHT_COLUMN = 15, 75
"""Columns in characters from the left edge of the paper; the right column is exclusive."""
_COLUMNS = {
    ElementKind.DIALOGUE: (25, 60),
    ElementKind.LYRICS: (25, 60),
    ElementKind.PARENTHETICAL: (31, 56),
    ElementKind.CHARACTER: (37, 75),
}
_HIDDEN_KINDS = (ElementKind.SECTION, ElementKind.SYNOPSIS, ElementKind.PAGE_BREAK)
_DUAL_COLUMNS = ((15, 43), (46, 74))
_DUAL_INDENT = {ElementKind.CHARACTER: 9, ElementKind.PARENTHETICAL: 3}
"""Element kind → its additional indent, in characters, within a column of dual dialogue."""
_MIN_SPLIT_LINES = 2
"""Smallest number of lines that a split paragraph may leave at the bottom or top of a page."""


@dataclass(frozen=True)
class TextRun:
    """A run of text on a line.

    Attributes:
        element: index of the element; None for (MORE), repeated character names and scene numbers.
        column: distance from the left edge of the paper, in characters.
        text: the text.
        styles: one style for each character.
    """

    element: int | None
    column: int
    text: str
    styles: tuple[TextStyle, ...]


PageLine = tuple[TextRun, ...]
"""One line: empty, one run, or several side by side."""


@dataclass(frozen=True)
class _Block:
    """Lines that are kept together if possible.

    Attributes:
        lines: the lines of the block.
        follows_previous: whether the block follows the previous one without a blank line.
        speaker: the character name to repeat if the block continues on the next page.
    """

    lines: tuple[PageLine, ...]
    follows_previous: bool
    speaker: str | None = None


def paginate(elements: Sequence[Element]) -> list[list[PageLine]]:
    """Break a screenplay into pages.

    Returns:
        The lines of each page, at most `LINES_PER_PAGE`.
    """
    pages: list[list[PageLine]] = [[]]
    blocks = list(_blocks(elements))
    for at, block in enumerate(blocks):
        if block is None:
            if pages[-1]:
                pages.append([])
            continue
        gap: list[PageLine] = [] if block.follows_previous or not pages[-1] else [()]
        lines_left = LINES_PER_PAGE - len(pages[-1]) - len(gap)
        if _lines_needed(elements, blocks, at) <= lines_left:
            pages[-1] += [*gap, *block.lines]
            continue
        _split_block(pages, block, gap, lines_left)
    return [page for page in pages if page] or [[]]


def page_numbers(elements: Sequence[Element]) -> tuple[int | None, ...]:
    """The page on which each element starts: that of the file, or else of this layout.

    Returns:
        One page for each element; None for those that are not printed.
    """
    if any(element.page is not None for element in elements):
        return tuple(element.page for element in elements)
    numbers: dict[int, int] = {}
    for number, page in enumerate(paginate(elements), start=1):
        for element in (run.element for line in page for run in line if run.element is not None):
            numbers.setdefault(element, number)
    return tuple(numbers.get(k) for k in range(len(elements)))


def _lines_needed(elements: Sequence[Element], blocks: Sequence[_Block | None], first: int) -> int:
    """Count the lines of a block and of the start of each block that must stay on its page.

    Counting ends when the blocks do not fit on any page.
    """
    needed = 0
    for at in range(first, len(blocks)):
        block = blocks[at]
        if block is None or needed > LINES_PER_PAGE:
            break
        needed += (at > first and not block.follows_previous) + len(block.lines)
        if not _keeps_next(elements, block):
            # A heading or a character name must stay with only the first lines of the text that follows.
            return needed - max(len(block.lines) - _MIN_SPLIT_LINES, 0) if at > first else needed
    return needed


def _split_block(pages: list[list[PageLine]], block: _Block, gap: list[PageLine], lines_left: int) -> None:
    """Place a block that does not fit; if enough lines fit on this page, the rest goes to the next page."""
    lines = list(block.lines)
    more = 1 if block.speaker else 0
    here = min(lines_left - more, len(lines) - _MIN_SPLIT_LINES)
    if here >= _MIN_SPLIT_LINES and not _side_by_side(lines):
        pages[-1] += [*gap, *lines[:here]]
        lines = lines[here:]
        if block.speaker:
            pages[-1].append((_generated_run(_COLUMNS[ElementKind.CHARACTER][0], "(MORE)"),))
            pages.append([(_generated_run(_COLUMNS[ElementKind.CHARACTER][0], f"{block.speaker} (CONT'D)"),)])
        else:
            pages.append([])
    elif block.follows_previous and block.speaker:
        # No line fits below the character name, so the name is repeated on the next page.
        pages[-1].append((_generated_run(_COLUMNS[ElementKind.CHARACTER][0], "(MORE)"),))
        pages.append([(_generated_run(_COLUMNS[ElementKind.CHARACTER][0], f"{block.speaker} (CONT'D)"),)])
    elif pages[-1]:
        pages.append([])
    while len(lines) > LINES_PER_PAGE - len(pages[-1]):
        lines_left = LINES_PER_PAGE - len(pages[-1])
        pages[-1] += lines[:lines_left]
        lines = lines[lines_left:]
        pages.append([])
    pages[-1] += lines


def _generated_run(column: int, text: str) -> TextRun:
    return TextRun(None, column, text, (TextStyle(0),) * len(text))


def _side_by_side(lines: Sequence[PageLine]) -> bool:
    return any(len(line) > 1 for line in lines)


def _keeps_next(elements: Sequence[Element], block: _Block) -> bool:
    """Whether a block must not end a page (headings, character names and parentheticals)."""
    last = block.lines[-1][0].element
    together = (ElementKind.SCENE_HEADING, ElementKind.CHARACTER, ElementKind.PARENTHETICAL)
    return last is not None and elements[last].kind in together and not _side_by_side(block.lines)


def _blocks(elements: Sequence[Element]) -> Iterator[_Block | None]:
    """Convert the elements to blocks of lines; None stands for a page break in the script."""
    at = 0
    while at < len(elements):
        end = _dual_dialogue_end(elements, at)
        if end > at:
            yield _Block(tuple(_dual_dialogue_lines(elements, at, end)), follows_previous=False)
            at = end
            continue
        element = elements[at]
        if element.kind is ElementKind.PAGE_BREAK:
            yield None
        elif element.kind not in _HIDDEN_KINDS:
            tight = element.character is not None and element.kind is not ElementKind.CHARACTER
            speaker = element.character if element.kind is ElementKind.DIALOGUE else None
            yield _Block(tuple(_element_lines(at, element)), tight, speaker)
        at += 1


def _element_lines(index: int, element: Element) -> list[PageLine]:
    """Lay out the lines of one element."""
    left, right = _COLUMNS.get(element.kind, (LEFT_COLUMN, RIGHT_COLUMN))
    numbered = element.kind is ElementKind.SCENE_HEADING and element.number is not None
    runs = []
    for run in _wrap_element(index, element, left, right):
        column = run.column
        if element.kind is ElementKind.TRANSITION:
            column = RIGHT_COLUMN - len(run.text)
        elif element.kind is ElementKind.CENTERED:
            column = LEFT_COLUMN + (RIGHT_COLUMN - LEFT_COLUMN - len(run.text)) // 2
        runs.append(replace(run, column=column))
    if numbered and runs:
        number = str(element.number)
        beside = (
            _generated_run(LEFT_COLUMN - len(number) - 1, number),
            _generated_run(RIGHT_COLUMN + 1, number),
        )
        return [(runs[0], *beside), *((run,) for run in runs[1:])]
    return [(run,) for run in runs]


def _wrap_element(index: int, element: Element, left: int, right: int) -> Iterator[TextRun]:
    """Break the text of an element between words into lines that fit between two columns."""
    usual = TextStyle.BOLD if element.kind is ElementKind.SCENE_HEADING else TextStyle(0)
    styles = [style | usual for style in letter_styles(element.text, element.emphasis)]
    start = 0
    for line in element.text.split("\n"):
        for a, b in _line_breaks(line, right - left):
            yield TextRun(index, left, line[a:b], tuple(styles[start + a : start + b]))
        start += len(line) + 1


def _line_breaks(line: str, width: int) -> Iterator[tuple[int, int]]:
    start = 0
    while len(line) - start > width:
        space = line.rfind(" ", start, start + width + 1)
        end = space if space > start else start + width
        yield start, len(line[:end].rstrip()) if space > start else end
        start = end
        while start < len(line) and line[start] == " ":
            start += 1
    yield start, len(line)


def _dual_dialogue_end(elements: Sequence[Element], at: int) -> int:
    """Return the index after two side-by-side speeches that begin at `at`, or `at` if there are none."""
    first = speech_end(elements, at)
    second = speech_end(elements, first) if first < len(elements) and elements[first].dual else first
    return second if second > first > at else at


def _dual_dialogue_lines(elements: Sequence[Element], at: int, end: int) -> Iterator[PageLine]:
    middle = speech_end(elements, at)
    sides: list[list[TextRun]] = []
    for (left, right), span in zip(_DUAL_COLUMNS, (range(at, middle), range(middle, end)), strict=True):
        side: list[TextRun] = []
        for k in span:
            side += _wrap_element(k, elements[k], left + _DUAL_INDENT.get(elements[k].kind, 0), right)
        sides.append(side)
    for row in range(max(map(len, sides))):
        yield tuple(side[row] for side in sides if row < len(side))
