"""The title page of a Fountain file: the keys and values before the first blank line."""

from __future__ import annotations

import re
from collections.abc import Sequence

from moviemotion.screenplay.formats.element_patterns import is_scene_heading
from moviemotion.screenplay.formats.emphasis import strip_emphasis

_KEY = re.compile(r"([A-Za-z][\w /-]*):(.*)")


def title_page_length(source: Sequence[str]) -> int:
    """The number of source lines of the title page, excluding the blank line after it; 0 if there is none."""
    length = next((k for k, line in enumerate(source) if not line.strip()), len(source))
    page = source[:length]
    if not page or is_scene_heading(page[0]) or not _KEY.fullmatch(page[0].rstrip()):
        return 0
    if not all(line[0] in " \t" or _KEY.fullmatch(line.rstrip()) for line in page):
        return 0
    # "FADE IN:" looks like a key, but it starts the film. A title page has at least one value.
    has_value = any(line[0] in " \t" or line.partition(":")[2].strip() for line in page)
    return length if has_value else 0


def parse_title_page(source: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """The keys and values of the title page as written; the lines of a value are joined by newlines."""
    entries: list[tuple[str, list[str]]] = []
    for line in source[: title_page_length(source)]:
        match = _KEY.fullmatch(line.rstrip()) if line[0] not in " \t" else None
        if match:
            entries.append((match[1], []))
        value = (match[2] if match else line).strip()
        if value and entries:
            entries[-1][1].append(value)
    return tuple((key, "\n".join(values)) for key, values in entries)


def parse_title(source: Sequence[str]) -> str:
    """The title from the title page, on one line and without emphasis; an empty string if there is none."""
    lines = (value for key, value in parse_title_page(source) if key.lower() == "title")
    return " ".join(strip_emphasis(line) for value in lines for line in value.split("\n") if line)


def format_title_page(title: str, entries: Sequence[tuple[str, str]]) -> str:
    """Format a title page with the given entries, or with only the title if there are no entries."""
    lines = []
    for key, value in entries or (("Title", title),):
        values = value.split("\n")
        lines.append(f"{key}: {value}".rstrip() if len(values) == 1 else f"{key}:")
        lines += [f"    {line}" for line in values if len(values) > 1]
    return "".join(f"{line}\n" for line in lines)
