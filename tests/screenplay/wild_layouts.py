"""One script in many plain-text layouts: typed, converted, copied from web pages."""

from __future__ import annotations

import html
import re
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from moviemotion.screenplay.elements import SPEECH_KINDS, Element, ElementKind

_WIDTH = {ElementKind.DIALOGUE: 35, ElementKind.PARENTHETICAL: 28}
_INDENT = {
    ElementKind.CHARACTER: 37,
    ElementKind.DIALOGUE: 25,
    ElementKind.PARENTHETICAL: 31,
    ElementKind.TRANSITION: 60,
}
_MARGIN = 15
_PAGE_LINES = 54
_WORDS = re.findall(
    r"\w+",
    """
    the a you i we they not never lamp kettle harbour window brother salt Tuesday morning spoon letter coat
    remember leave open carry listen under over before after quiet narrow seven because nothing somewhere
    """,
)


def synthetic_script(scenes: int, seed: int) -> list[Element]:
    """Random scenes with action of one to four lines and speeches, some with parentheticals."""
    rng = np.random.default_rng(seed)

    def sentences(most: int) -> str:
        said = (" ".join(rng.choice(_WORDS, rng.integers(2, 13))) for _ in range(rng.integers(1, most + 1)))
        return " ".join(f"{one[0].upper()}{one[1:]}{rng.choice(list('...?!'))}" for one in said)

    found: list[Element] = []
    for scene in range(1, scenes + 1):

        def add(kind: ElementKind, text: str, who: str | None = None, scene: int = scene) -> None:
            found.append(Element(kind, text, 1, 1, scene, who))

        place, time = rng.choice(["INT.", "EXT."]), rng.choice(["DAY", "NIGHT"])
        add(ElementKind.SCENE_HEADING, f"{place} {rng.choice(_WORDS).upper()} {scene} - {time}")
        for _ in range(rng.integers(3, 9)):
            if rng.random() < 0.4:
                add(ElementKind.ACTION, sentences(4))
            who = str(rng.choice(["MARTA", "IVO", "DR. SALT", "OLD MAN #2"]))
            add(ElementKind.CHARACTER, who + str(rng.choice(["", "", "", " (V.O.)", " (CONT'D)"])), who)
            if rng.random() < 0.2:
                add(ElementKind.PARENTHETICAL, f"({' '.join(rng.choice(_WORDS, 2))})", who)
            add(ElementKind.DIALOGUE, sentences(4), who)
        if rng.random() < 0.3:
            add(ElementKind.TRANSITION, "CUT TO:")
    return found


@dataclass(frozen=True)
class Line:
    """A typed line: its kind, its text and the column in which it starts."""

    kind: ElementKind | None
    text: str
    indent: int = 0


BLANK = Line(None, "")


def typed(elements: Sequence[Element], wrap: bool = True, gap_under_cues: bool = False) -> list[Line]:
    """The lines of the script, indented, with a blank line between elements."""
    lines: list[Line] = []
    for element in elements:
        if gap_under_cues or element.kind not in SPEECH_KINDS:
            lines.append(BLANK)
        width = _WIDTH.get(element.kind, 60) if wrap else 10**6
        indent = _INDENT.get(element.kind, _MARGIN)
        lines += [Line(element.kind, part, indent) for part in textwrap.wrap(element.text, width)]
    return lines


def text_of(lines: Sequence[Line]) -> str:
    """The lines joined to a text."""
    return "".join(f"{' ' * line.indent}{line.text}".rstrip() + "\n" for line in lines)


def flat(lines: Sequence[Line]) -> list[Line]:
    """All lines at the left margin."""
    return [replace(line, indent=0) for line in lines]


def double_spaced(lines: Sequence[Line]) -> list[Line]:
    """The lines with a blank line after each."""
    return [each for line in lines for each in (line, BLANK)]


def solid(lines: Sequence[Line]) -> list[Line]:
    """The lines without blank lines."""
    return [line for line in lines if line.text]


def single_gaps(lines: Sequence[Line]) -> list[Line]:
    """The lines with runs of blank lines reduced to one."""
    return [line for before, line in pairwise([BLANK, *lines]) if line.text or before.text]


def sheets(lines: Sequence[Line]) -> list[list[Line]]:
    """Pages of lines; none ends with a character."""
    found: list[list[Line]] = [[]]
    for line in lines:
        if len(found[-1]) >= _PAGE_LINES and not line.text:
            found.append([])
        found[-1].append(line)
    return found


def with_headers(lines: Sequence[Line]) -> list[Line]:
    """Pages with a numbered header, CONTINUED: and (CONTINUED)."""
    return [
        line
        for number, sheet in enumerate(sheets(lines), 1)
        for line in (
            *(Line(None, f"THE SECOND SPOON - Rev. 3/12/03{number:>26}.", _MARGIN), BLANK),
            *(Line(None, "CONTINUED:", _MARGIN), *sheet, BLANK, Line(None, "(CONTINUED)", 60), BLANK),
        )
    ]


def with_page_numbers(lines: Sequence[Line]) -> list[Line]:
    """Pages with their number alone on the last line."""
    return [
        line
        for number, sheet in enumerate(sheets(lines), 1)
        for line in (*sheet, BLANK, Line(None, f"{number}.", 70), BLANK)
    ]


def shifted_pages(lines: Sequence[Line]) -> str:
    """Pages with different left margins, each after a form feed."""
    return "\f".join(
        text_of(
            [replace(line, indent=line.indent + 5 * k % 13 - 10) if line.text else line for line in sheet]
        )
        for k, sheet in enumerate(sheets(lines))
    )


def with_more(lines: Sequence[Line]) -> list[Line]:
    """Speeches split by (MORE) at page breaks, with the character repeated on the next page."""
    found: list[Line] = []
    cue, page = BLANK, 1
    for at, (before, line) in enumerate(pairwise([BLANK, *lines])):
        cue = line if line.kind is ElementKind.CHARACTER else cue
        if at % 7 == 6 and before.kind is line.kind is ElementKind.DIALOGUE:
            page += 1
            found += [Line(None, "(MORE)", 37), BLANK, Line(None, f"{page}.", 70), BLANK]
            found.append(replace(cue, text=f"{cue.text.partition(' (')[0]} (CONT'D)"))
        found.append(line)
    return found


def in_other_columns(lines: Sequence[Line]) -> list[Line]:
    """The second half with other indents, as by another typist."""
    half = len(lines) // 2
    moved = [replace(line, indent=line.indent * 2 // 3) for line in lines[half:]]
    return [*lines[:half], *moved]


def with_gaps_above_cues_only(lines: Sequence[Line]) -> list[Line]:
    """Action directly below speeches."""
    above = (ElementKind.CHARACTER, ElementKind.SCENE_HEADING)
    return [line for line, after in pairwise([*lines, BLANK]) if line.text or after.kind in above]


def centered(lines: Sequence[Line]) -> list[Line]:
    """Every line centered."""
    return [replace(line, indent=(80 - len(line.text)) // 2) for line in lines]


def tabbed(lines: Sequence[Line]) -> str:
    """Lines indented by a mixture of tabs and spaces."""
    tabs = {
        ElementKind.CHARACTER: "\t\t    \t\t",
        ElementKind.DIALOGUE: "\t  \t",
        ElementKind.PARENTHETICAL: "\t\t\t",
    }
    return "".join(f"{tabs.get(line.kind or ElementKind.ACTION, '')}{line.text}\n" for line in lines)


def web_page(lines: Sequence[Line]) -> str:
    """A web page with the script, with characters and headings in bold."""
    bold = (ElementKind.CHARACTER, ElementKind.SCENE_HEADING)
    shown = (html.escape(text_of([line]).rstrip("\n")) for line in lines)
    marked = (
        f"<b>{text}\n</b>" if line.kind in bold else f"{text}\n"
        for line, text in zip(lines, shown, strict=True)
    )
    return f"<html><title>MARTA</title>\n<body><pre>\n{''.join(marked)}</pre>\nAll scripts\n</body></html>\n"


def transcript(elements: Sequence[Element], title_case: bool = False) -> str:
    """A transcript with "NAME: words" speeches and each paragraph on one line."""
    text = ""
    for element in elements:
        if element.kind is ElementKind.CHARACTER:
            name, bracket, extension = element.text.partition(" (")
            text += f"\n{name.title() if title_case else name}{bracket}{extension}:"
        else:
            text += f" {element.text}" if element.kind in SPEECH_KINDS else f"\n\n{element.text}\n"
    return re.sub(r"\n\n\n+", "\n\n", re.sub(r"\n(?=\S)", "\n\n", text))


def wrapped(text: str) -> str:
    """The text wrapped at 65 characters."""
    return "\n".join(textwrap.fill(line, 65) for line in text.split("\n"))


def title_cased(lines: Sequence[Line]) -> list[Line]:
    """Characters in title case."""
    return [
        replace(line, text=re.sub(r"^[^(]+", lambda m: m[0].title(), line.text))
        if line.kind is ElementKind.CHARACTER
        else line
        for line in lines
    ]


def capitals(lines: Sequence[Line]) -> list[Line]:
    """The lines with speeches in capitals."""
    return [replace(line, text=line.text.upper()) if line.kind in SPEECH_KINDS else line for line in lines]


def stray_indents(lines: Sequence[Line], every: int = 40) -> list[Line]:
    """Some speeches indented, as if pasted from elsewhere, in a script that is otherwise flat."""
    speech = 0
    found: list[Line] = []
    for line in lines:
        speech += line.kind is ElementKind.CHARACTER
        spoken = line.kind in (*SPEECH_KINDS, ElementKind.CHARACTER)
        found.append(line if spoken and speech % every == every - 1 else replace(line, indent=0))
    return found


def with_songs(lines: Sequence[Line], song: Sequence[Line]) -> list[Line]:
    """A flat script with a song after every 40th paragraph."""
    found: list[Line] = []
    paragraphs = 0
    for line in flat(lines):
        paragraphs += not line.text
        if not line.text and paragraphs % 40 == 0:
            found += [BLANK, *song]
        found.append(line)
    return found


SONGS = (
    [Line(None, "LA LA LA", 30), Line(None, "THE SEA IS WIDE", 30)],
    [Line(None, "LA LA LA", 30), Line(None, "The sea is wide tonight", 23), Line(None, "LA LA LA", 30)],
)
"""A song in one column, and one whose lines are centered."""


def one_column(lines: Sequence[Line], margin: int = _MARGIN) -> list[Line]:
    """Speeches in the column of the action; only names are indented."""
    return [
        line if line.kind in (ElementKind.CHARACTER, ElementKind.TRANSITION) else replace(line, indent=margin)
        for line in lines
    ]


def speech_left_of_action(lines: Sequence[Line]) -> list[Line]:
    """Speeches further to the left than the action."""
    left = {ElementKind.DIALOGUE: 5, ElementKind.PARENTHETICAL: 5}
    return [replace(line, indent=left.get(line.kind or ElementKind.ACTION, line.indent)) for line in lines]


def half_flat(lines: Sequence[Line], first: bool) -> list[Line]:
    """One half indented and the other flat."""
    half = len(lines) // 2
    return [*flat(lines[:half]), *lines[half:]] if first else [*lines[:half], *flat(lines[half:])]


def layouts(elements: Sequence[Element]) -> dict[str, tuple[str, float]]:
    """The script in each layout, and the share of its speeches that must be read correctly."""
    lines, long = typed(elements), typed(elements, wrap=False)
    loose, long_loose = (typed(elements, wrap, gap_under_cues=True) for wrap in (True, False))
    return {
        "indented": (text_of(lines), 1.0),
        "indented, long lines": (text_of(long), 1.0),
        "indented, no blank lines": (text_of(solid(lines)), 1.0),
        "indented by tabs": (tabbed(lines), 1.0),
        "indented, headers": (text_of(with_headers(lines)), 1.0),
        "indented, a blank line under cues": (text_of(loose), 1.0),
        "double-spaced": (text_of(double_spaced(lines)), 1.0),
        "double-spaced, headers": (text_of(double_spaced(with_headers(lines))), 1.0),
        "double-spaced, single gaps": (text_of(single_gaps(double_spaced(lines))), 1.0),
        "indented, (MORE)": (text_of(with_more(lines)), 1.0),
        "indented, other columns from the middle": (text_of(in_other_columns(lines)), 1.0),
        "double-spaced, (MORE)": (text_of(double_spaced(with_more(lines))), 1.0),
        "pages shifted": (shifted_pages(lines), 1.0),
        "web page": (web_page(lines), 1.0),
        "Title Case cues": (text_of(title_cased(lines)), 1.0),
        "flat": (text_of(flat(lines)), 1.0),
        "flat, headers": (text_of(flat(with_headers(lines))), 1.0),
        "flat, (MORE)": (text_of(flat(with_more(lines))), 1.0),
        "flat, action right under speeches": (text_of(flat(with_gaps_above_cues_only(lines))), 0.95),
        "flat, page numbers": (text_of(flat(with_page_numbers(lines))), 1.0),
        "flat, long lines": (text_of(flat(long)), 1.0),
        "flat, a blank line under cues": (text_of(flat(loose)), 1.0),
        "flat, long lines, a blank line under cues": (text_of(flat(long_loose)), 1.0),
        "flat, no blank lines": (text_of(flat(solid(lines))), 0.95),
        "flat, long lines, no blank lines": (text_of(flat(solid(long))), 1.0),
        "flat, double-spaced": (text_of(flat(double_spaced(lines))), 1.0),
        "flat, Title Case cues": (text_of(flat(title_cased(lines))), 1.0),
        "flat, speeches in capitals": (text_of(flat(capitals(lines))), 1.0),
        "centered": (text_of(centered(lines)), 1.0),
        "flat, songs in a column": (text_of(with_songs(lines, SONGS[0])), 1.0),
        "flat, centered songs": (text_of(with_songs(lines, SONGS[1])), 1.0),
        "flat, some speeches indented": (text_of(stray_indents(lines)), 1.0),
        "flat, some speeches indented, under a line of the web site": (
            "All scripts\n\n" + text_of(stray_indents(lines, 70)),
            1.0,
        ),
        "transcript, some speeches indented": (
            transcript(elements) + text_of(typed(elements[1:12])),
            0.95,
        ),
        "speeches in the column of the action": (text_of(one_column(lines)), 1.0),
        "speeches in the column of the action, under a line of the web site": (
            "All scripts\n\n" + text_of(one_column(lines)),
            1.0,
        ),
        "speeches in the column of the action, headers": (text_of(one_column(with_headers(lines))), 0.98),
        "speeches in the column of the action, page numbers": (
            text_of(one_column(with_page_numbers(lines), 10)),
            1.0,
        ),
        "speeches in the column of the action, long lines": (text_of(one_column(long)), 1.0),
        "speeches left of the action": (text_of(speech_left_of_action(lines)), 1.0),
        "first half flat": (text_of(half_flat(lines, first=True)), 0.98),
        "second half flat": (text_of(half_flat(lines, first=False)), 0.98),
        "transcript": (transcript(elements), 1.0),
        "transcript, Title Case": (transcript(elements, title_case=True), 1.0),
        "transcript, wide gaps": (
            re.sub(r"(?m)^([A-Z# .]+(?:\(.*?\))?):", r"\1\t\t", transcript(elements)),
            1.0,
        ),
        "transcript, wrapped": (wrapped(transcript(elements)), 1.0),
        "transcript, no blank lines": (re.sub(r"\n+", "\n", transcript(elements)), 1.0),
    }
