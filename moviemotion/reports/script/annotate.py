"""The screenplay with the room's feelings beside its lines: Fountain notes, Final Draft's script notes."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence

from moviemotion._io.text_decoding import decode_lines, read_bytes
from moviemotion.analysis.analyze import Analysis
from moviemotion.errors import MoviemotionError
from moviemotion.reports.emotion_style import PALETTE
from moviemotion.reports.script.line_notes import element_notes, notes_legend
from moviemotion.screenplay.alignment.align import TimedScript
from moviemotion.screenplay.elements import ElementKind
from moviemotion.screenplay.formats.fdx import element_ranges
from moviemotion.screenplay.formats.fdx_writer import (
    ScriptNote,
    add_script_notes,
    write_fdx,
    written_element_ranges,
)
from moviemotion.screenplay.formats.fountain import parse_fountain, strip_notes
from moviemotion.screenplay.formats.fountain_writer import write_fountain
from moviemotion.screenplay.formats.registry import is_fountain
from moviemotion.screenplay.formats.title_page import title_page_length

_INLINE_NOTE_KINDS = (ElementKind.ACTION, ElementKind.DIALOGUE)
"""Kinds that stay what they are in any Fountain program when a note follows on their last line."""
_NEUTRAL_COLOR = "#6b6f76"


def annotated_fountain(analysis: Analysis) -> str:
    """The source of the screenplay with notes; a plain-text script is written as Fountain first.

    Apart from its notes the result reads as the source does: the same elements in the same order.

    Raises:
        ValueError: the analysis has no script.
    """
    script = _require_script(analysis)
    screenplay = script.screenplay
    source, elements = list(screenplay.source), screenplay.elements
    if not is_fountain(screenplay.path, source):
        source = write_fountain(screenplay).rstrip("\n").split("\n")
        elements = parse_fountain(source)
    inline: dict[int, list[str]] = defaultdict(list)
    below: dict[int, list[str]] = defaultdict(list)
    for k, found in element_notes(analysis, script).items():
        notes = [f"[[{note.text}]]" for note in found]
        last = elements[k].line + elements[k].lines - 1
        if _has_open_note(source, last):
            below[_paragraph_end(source, last)] += notes
        elif elements[k].kind in _INLINE_NOTE_KINDS:
            inline[last] += notes
        else:
            below[last] += notes
    top = title_page_length(source)
    header = f"[[{notes_legend(script.timing)}]]"
    lines = [*source[:top], "", header] if top else [header, ""]
    for at, line in enumerate(source[top:], start=top + 1):
        lines.append(" ".join([line, *inline[at]]) if at in inline else line)
        if at in below:
            ends_paragraph = at == len(source) or _is_blank(source[at])
            lines += [*([""] if ends_paragraph else []), " ".join(below[at])]
    return "\n".join(lines) + "\n"


def annotated_final_draft(analysis: Analysis) -> bytes:
    """The user's Final Draft file with script notes; every other byte of it stays as it is.

    A script of another kind is written as Final Draft first.

    Raises:
        MoviemotionError: the user's file is gone or not what it was when it was read.
        ValueError: the analysis has no script.
    """
    script = _require_script(analysis)
    screenplay = script.screenplay
    if screenplay.path.suffix.lower() == ".fdx":
        data = read_bytes(screenplay.path, "screenplay")
        if decode_lines(data) != screenplay.source:
            raise MoviemotionError(f"{screenplay.path}: the script was changed meanwhile; run this again.")
        ranges = dict(enumerate(element_ranges(data, screenplay.path)))
        return _with_notes(data, analysis, script, ranges)
    return _with_notes(write_fdx(screenplay), analysis, script, written_element_ranges(screenplay.elements))


def _with_notes(
    data: bytes, analysis: Analysis, script: TimedScript, ranges: Mapping[int, tuple[int, int]]
) -> bytes:
    """Notes at the letters of their elements; `ranges` has those of the elements that the file holds."""
    held = sorted(ranges)
    notes = [ScriptNote(0, 0, "MoviEmotion", notes_legend(script.timing), _NEUTRAL_COLOR)]
    for element, found in sorted(element_notes(analysis, script).items()):
        for note in found:
            colour = PALETTE[note.emotion].light if note.emotion else _NEUTRAL_COLOR
            # A moment over a section alone stands at the line before it, which the file does hold.
            at = held[max(bisect_right(held, element) - 1, 0)]
            start, end = ranges[at]
            notes.append(ScriptNote(start, end, note.title, note.text, colour))
    return add_script_notes(data, notes)


def _require_script(analysis: Analysis) -> TimedScript:
    if analysis.script is None:
        raise ValueError("an analysis without a script cannot be laid on the page")
    return analysis.script


def _is_blank(line: str) -> bool:
    """A line that ends a paragraph; with two spaces on it, a speech goes on."""
    return not line.strip() and len(line) < 2


def _paragraph_end(source: Sequence[str], line: int) -> int:
    """Number of the last line of the paragraph that `line` is in; both count from 1."""
    while line < len(source) and not _is_blank(source[line]):
        line += 1
    return line


def _has_open_note(source: Sequence[str], line: int) -> bool:
    """Whether brackets left open in the paragraph would swallow a note's text up to its end."""
    end = _paragraph_end(source, line)
    start = line
    while start > 1 and not _is_blank(source[start - 2]):
        start -= 1
    return "[[" in strip_notes("\n".join(source[start - 1 : end]))
