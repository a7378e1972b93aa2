"""The title page of a printed script as the keys and values of a Fountain title page.

A printed title page has no keys. Its middle contains the title, a credit ("written by"), the authors, a
source ("based on …") and notes such as the draft. What stands at the side, usually at the foot, is the
contact.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from moviemotion.screenplay.formats.emphasis import escape_marks
from moviemotion.screenplay.formats.line_patterns import is_byline

_SOURCE = re.compile(r"(based|adapted|story|from)\b", re.IGNORECASE)
_NAMED_CREDIT = re.compile(r"((?:\w+ ){0,3}by:?)\s+(\S.*)", re.IGNORECASE)
_COPYRIGHT = re.compile(r"©|\(c\)|copyright", re.IGNORECASE)
_DRAFT = re.compile(r"draft|revis|\b(19|20)\d\d\b|\d[./-]\d", re.IGNORECASE)

TitlePageLine = tuple[str, bool]
"""A line of a printed title page, and whether it is centered; blank lines separate the parts."""


def printed_title_page(title: str, lines: Sequence[TitlePageLine]) -> tuple[tuple[str, str], ...]:
    """Sort the lines of a printed title page by key.

    Args:
        title: the title, which may extend over several of the lines.
        lines: the lines from top to bottom.

    Returns:
        Keys and values as of `Screenplay.title_page`; empty if there are no lines beside the title.
    """
    entries: dict[str, list[str]] = {"Title": [title]}
    before = ""
    for text, is_centered in lines:
        if not text or (is_centered and text in title):
            # The names may stand apart from "written by".
            before = before if before == "Credit" else ""
            continue
        before = key = _key(text, is_centered, before)
        if key == "Credit" and (named := _NAMED_CREDIT.fullmatch(text)):
            entries.setdefault("Credit", []).append(named[1])
            entries.setdefault("Author", []).append(named[2])
            before = "Author"
        else:
            entries.setdefault(key, []).append(text)
    if len(entries) == 1:
        return ()
    return tuple((key, escape_marks("\n".join(values))) for key, values in entries.items())


def _key(text: str, is_centered: bool, before: str) -> str:
    """The key of a line, given that of the line before, which is empty after a blank line."""
    if _COPYRIGHT.search(text):
        return "Copyright"
    if _DRAFT.search(text) and "@" not in text:
        return "Draft date"
    if not is_centered:
        return "Contact"
    if _SOURCE.match(text):
        return "Source"
    if is_byline(text):
        return "Credit"
    return "Author" if before in ("Credit", "Author") else "Notes"
