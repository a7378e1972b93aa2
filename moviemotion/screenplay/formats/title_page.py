"""The title page of a Fountain file: the keys and values before the first blank line.

Note-taking programs put YAML front matter between lines of three hyphens above it; its keys are read too.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from moviemotion.screenplay.formats.emphasis import strip_emphasis
from moviemotion.screenplay.formats.scene_headings import split_heading

_KEY = re.compile(r"([A-Za-z][\w /-]*):(.*)")
_FRONT_MATTER_LINE = re.compile(r"\s*(?:#.*|-( .*)?|[\w\"'][^:]*:(\s.*)?)?|\s+\S.*")
_MAX_FRONT_MATTER_LINES = 200


def title_page_length(source: Sequence[str]) -> int:
    """The number of source lines of the title page, excluding the blank line after it; 0 if there is none."""
    start = _front_matter_length(source)
    blank = _blank_line_count(source[start:])
    length = _key_line_count(source[start + blank :])
    return start + blank + length if length else start


def _blank_line_count(source: Sequence[str]) -> int:
    return next((k for k, line in enumerate(source) if line.strip()), len(source))


def _front_matter_length(source: Sequence[str]) -> int:
    """The number of lines up to the end of the YAML front matter; 0 if there is none."""
    first = _blank_line_count(source)
    if first == len(source) or source[first].rstrip() != "---":
        return 0
    for at, line in enumerate(source[first + 1 : first + _MAX_FRONT_MATTER_LINES], first + 1):
        if line.rstrip() in ("---", "..."):
            return at + 1
        if not _FRONT_MATTER_LINE.fullmatch(line):
            return 0
    return 0


def _key_line_count(source: Sequence[str]) -> int:
    """The number of lines with keys and values at the start of a text."""
    length = next((k for k, line in enumerate(source) if not line.strip()), len(source))
    page = source[:length]
    if not page or split_heading(page[0].strip()) or not _KEY.fullmatch(page[0].rstrip()):
        return 0
    if not all(line[0] in " \t" or _KEY.fullmatch(line.rstrip()) for line in page):
        return 0
    # "FADE IN:" looks like a key, but it starts the film. A title page has at least one value.
    has_value = any(line[0] in " \t" or line.partition(":")[2].strip() for line in page)
    return length if has_value else 0


def parse_title_page(source: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """The keys and values of the title page as written; the lines of a value are joined by newlines.

    The keys of YAML front matter come first.
    """
    start = _front_matter_length(source)
    entries = _parse_keys(source[:start]) + _parse_keys(source[start : title_page_length(source)])
    return tuple((key, "\n".join(values)) for key, values in entries)


def _parse_keys(lines: Sequence[str]) -> list[tuple[str, list[str]]]:
    entries: list[tuple[str, list[str]]] = []
    for line in lines:
        match = _KEY.fullmatch(line.rstrip()) if line[:1] not in " \t" else None
        if match:
            entries.append((match[1], []))
        value = (match[2] if match else line).strip()
        if value and entries and value not in ("---", "..."):
            entries[-1][1].append(value)
    return entries


def parse_title(source: Sequence[str]) -> str:
    """The title from the title page, on one line and without emphasis; an empty string if there is none."""
    titles = [value for key, value in parse_title_page(source) if key.lower() == "title"]
    # A title page below front matter has the last word. YAML may put the title in quotation marks.
    lines = titles[-1].split("\n") if titles else []
    title = " ".join(strip_emphasis(line) for line in lines if line)
    quoted = _front_matter_length(source) and title[:1] == title[-1:] and title[:1] in ("'", '"')
    return title[1:-1] if quoted and len(title) > 1 else title


def format_title_page(title: str, entries: Sequence[tuple[str, str]]) -> str:
    """Format a title page with the given entries, or with only the title if there are no entries."""
    lines = []
    for key, value in entries or (("Title", title),):
        values = value.split("\n")
        lines.append(f"{key}: {value}".rstrip() if len(values) == 1 else f"{key}:")
        lines += [f"    {line}" for line in values if len(values) > 1]
    return "".join(f"{line}\n" for line in lines)
