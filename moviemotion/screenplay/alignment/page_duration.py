"""Screen time estimated from the page: one page of screenplay is about one minute of film."""

from __future__ import annotations

import math

from moviemotion.screenplay.elements import SPEECH_KINDS, Element, ElementKind

LINES_PER_PAGE = 55
SECONDS_PER_PAGE = 60.0
_LINE_WIDTHS = {ElementKind.DIALOGUE: 35, ElementKind.LYRICS: 35, ElementKind.PARENTHETICAL: 25}
"""Characters per line in a script set in 12-point Courier; other elements use the full 60."""
_DEFAULT_LINE_WIDTH = 60
_UNPRINTED_KINDS = (ElementKind.SECTION, ElementKind.SYNOPSIS, ElementKind.PAGE_BREAK)


def printed_line_count(element: Element) -> int:
    """The number of printed lines that an element takes, including the blank line before it."""
    if element.kind in _UNPRINTED_KINDS:
        return 0
    width = _LINE_WIDTHS.get(element.kind, _DEFAULT_LINE_WIDTH)
    printed = sum(max(1, math.ceil(len(line) / width)) for line in element.text.split("\n"))
    return printed + (element.kind not in SPEECH_KINDS)


def page_seconds(element: Element) -> float:
    """Estimated screen time of an element, in seconds."""
    return printed_line_count(element) * SECONDS_PER_PAGE / LINES_PER_PAGE
