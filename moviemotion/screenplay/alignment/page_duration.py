"""Screen time from the page: a page of screenplay is about a minute of film."""

from __future__ import annotations

import math

from moviemotion.screenplay.elements import IN_SPEECH, Element, Kind

LINES_A_PAGE = 55
SECONDS_A_PAGE = 60.0
_WIDTH = {Kind.DIALOGUE: 35, Kind.LYRICS: 35, Kind.PARENTHETICAL: 25}
"""Characters a line in a script set in 12-point Courier; other elements take the full 60."""
_FULL_WIDTH = 60
_NOT_PRINTED = (Kind.SECTION, Kind.SYNOPSIS, Kind.PAGE_BREAK)


def page_lines(element: Element) -> int:
    """How many printed lines an element takes, with the blank line before it."""
    if element.kind in _NOT_PRINTED:
        return 0
    width = _WIDTH.get(element.kind, _FULL_WIDTH)
    printed = sum(max(1, math.ceil(len(line) / width)) for line in element.text.split("\n"))
    return printed + (element.kind not in IN_SPEECH)


def page_seconds(element: Element) -> float:
    """How long an element takes on screen, by its length on the page."""
    return page_lines(element) * SECONDS_A_PAGE / LINES_A_PAGE
