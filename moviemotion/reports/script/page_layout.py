"""A screenplay set on pages as is the custom: 12-point Courier, ten letters an inch, six lines an inch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from moviemotion.screenplay.elements import Element, ElementKind, TextStyle, speech_end
from moviemotion.screenplay.formats.emphasis import letter_styles

LINES_PER_PAGE = 54
LEFT_COLUMN, RIGHT_COLUMN = 15, 75
"""Columns in letters from the paper's left edge; `RIGHT` is the one after the last."""
_COLUMNS = {
    ElementKind.DIALOGUE: (25, 60),
    ElementKind.LYRICS: (25, 60),
    ElementKind.PARENTHETICAL: (31, 56),
    ElementKind.CHARACTER: (37, 75),
}
_HIDDEN_KINDS = (ElementKind.SECTION, ElementKind.SYNOPSIS, ElementKind.PAGE_BREAK)
_DUAL_COLUMNS = ((15, 43), (46, 74))
_DUAL_INDENT = {ElementKind.CHARACTER: 9, ElementKind.PARENTHETICAL: 3}
"""How much further in these stand in a column of dual dialogue."""
_MIN_SPLIT_LINES = 2
"""Lines of a paragraph that may stand alone at the foot or the head of a page."""


@dataclass(frozen=True)
class TextRun:
    """Letters on a line of a page.

    Attributes:
        element: index of the element they are of; None for (MORE) and a cue that is repeated.
        column: letters from the paper's left edge.
        text: the letters.
        styles: one a letter.
    """

    element: int | None
    column: int
    text: str
    styles: tuple[TextStyle, ...]


PageLine = tuple[TextRun, ...]
"""What stands on one line: nothing, a piece, or two side by side."""


@dataclass(frozen=True)
class _Block:
    """Lines that are kept together where they can be; `speaker` is the cue to repeat on the next page."""

    lines: tuple[PageLine, ...]
    follows_previous: bool
    speaker: str | None = None


def paginate(elements: Sequence[Element]) -> list[list[PageLine]]:
    """The lines of each page, `LINES_A_PAGE` at the most."""
    pages: list[list[PageLine]] = [[]]
    blocks = list(_blocks(elements))
    for at, block in enumerate(blocks):
        if block is None:
            if pages[-1]:
                pages.append([])
            continue
        gap: list[PageLine] = [] if block.follows_previous or not pages[-1] else [()]
        room = LINES_PER_PAGE - len(pages[-1]) - len(gap)
        if _lines_needed(elements, blocks[at:]) <= room:
            pages[-1] += [*gap, *block.lines]
            continue
        _split_block(pages, block, gap, room)
    return [page for page in pages if page] or [[]]


def _lines_needed(elements: Sequence[Element], blocks: Sequence[_Block | None]) -> int:
    """Lines that a block needs on its page, with the start of what it must not be parted from."""
    needed = 0
    for at, block in enumerate(blocks):
        if block is None:
            break
        needed += (at > 0 and not block.follows_previous) + len(block.lines)
        if not _keeps_next(elements, block):
            # Of what follows a heading or a cue, a few lines are enough.
            return needed - max(len(block.lines) - _MIN_SPLIT_LINES, 0) if at else needed
    return needed


def _split_block(pages: list[list[PageLine]], block: _Block, gap: list[PageLine], room: int) -> None:
    """Set a block that does not fit: part of it here if enough of it can stand, the rest overleaf."""
    lines = list(block.lines)
    more = 1 if block.speaker else 0
    here = min(room - more, len(lines) - _MIN_SPLIT_LINES)
    if here >= _MIN_SPLIT_LINES and not _side_by_side(lines):
        pages[-1] += [*gap, *lines[:here]]
        lines = lines[here:]
        if block.speaker:
            pages[-1].append((_generated_run(_COLUMNS[ElementKind.CHARACTER][0], "(MORE)"),))
            pages.append([(_generated_run(_COLUMNS[ElementKind.CHARACTER][0], f"{block.speaker} (CONT'D)"),)])
        else:
            pages.append([])
    elif block.follows_previous and block.speaker:
        # What cannot follow its cue takes it along.
        pages[-1].append((_generated_run(_COLUMNS[ElementKind.CHARACTER][0], "(MORE)"),))
        pages.append([(_generated_run(_COLUMNS[ElementKind.CHARACTER][0], f"{block.speaker} (CONT'D)"),)])
    elif pages[-1]:
        pages.append([])
    while len(lines) > LINES_PER_PAGE - len(pages[-1]):
        room = LINES_PER_PAGE - len(pages[-1])
        pages[-1] += lines[:room]
        lines = lines[room:]
        pages.append([])
    pages[-1] += lines


def _generated_run(column: int, text: str) -> TextRun:
    return TextRun(None, column, text, (TextStyle(0),) * len(text))


def _side_by_side(lines: Sequence[PageLine]) -> bool:
    return any(len(line) > 1 for line in lines)


def _keeps_next(elements: Sequence[Element], block: _Block) -> bool:
    """Whether a block must not be the last of a page: a heading, a cue, a parenthetical."""
    last = block.lines[-1][0].element
    together = (ElementKind.SCENE_HEADING, ElementKind.CHARACTER, ElementKind.PARENTHETICAL)
    return last is not None and elements[last].kind in together and not _side_by_side(block.lines)


def _blocks(elements: Sequence[Element]) -> Iterator[_Block | None]:
    """The elements as blocks of lines; None where the script breaks the page."""
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
    """An element's printed lines."""
    left, right = _COLUMNS.get(element.kind, (LEFT_COLUMN, RIGHT_COLUMN))
    numbered = element.kind is ElementKind.SCENE_HEADING and element.number is not None
    pieces = []
    for piece in _wrap_element(index, element, left, right):
        if element.kind is ElementKind.TRANSITION:
            piece = replace(piece, column=RIGHT_COLUMN - len(piece.text))
        elif element.kind is ElementKind.CENTERED:
            piece = replace(piece, column=LEFT_COLUMN + (RIGHT_COLUMN - LEFT_COLUMN - len(piece.text)) // 2)
        pieces.append(piece)
    if numbered and pieces:
        number = str(element.number)
        beside = (
            _generated_run(LEFT_COLUMN - len(number) - 1, number),
            _generated_run(RIGHT_COLUMN + 1, number),
        )
        return [(pieces[0], *beside), *((piece,) for piece in pieces[1:])]
    return [(piece,) for piece in pieces]


def _wrap_element(index: int, element: Element, left: int, right: int) -> Iterator[TextRun]:
    """An element's text broken between words into lines no wider than its column."""
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
    """The index after two speeches side by side; `at` where there are none."""
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
