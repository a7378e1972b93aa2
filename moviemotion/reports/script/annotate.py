"""Writes the audience's emotions into the screenplay as Fountain notes or Final Draft script notes."""

from __future__ import annotations

import re
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
from moviemotion.screenplay.formats.format_registry import is_fountain
from moviemotion.screenplay.formats.fountain import parse_fountain, strip_notes
from moviemotion.screenplay.formats.fountain_writer import write_fountain
from moviemotion.screenplay.formats.title_page import title_page_length

_INLINE_NOTE_KINDS = (ElementKind.ACTION, ElementKind.DIALOGUE)
"""Element kinds that every Fountain program still recognizes if a note ends their last line."""
_NEUTRAL_COLOR = "#6b6f76"


def annotated_fountain(analysis: Analysis) -> str:
    """Add notes to the source of the screenplay; formats other than Fountain are converted first.

    With the notes removed, the result is parsed into the same elements in the same order as the source.

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
        notes = [_fountain_note(note.text) for note in found]
        last = elements[k].line + elements[k].lines - 1
        if _has_open_note(source, last):
            below[_paragraph_end(source, last)] += notes
        elif elements[k].kind in _INLINE_NOTE_KINDS:
            inline[last] += notes
        else:
            below[last] += notes
    top = title_page_length(source)
    header = _fountain_note(notes_legend(analysis, script))
    lines = [*source[:top], "", header] if top else [header, ""]
    for at, line in enumerate(source[top:], start=top + 1):
        lines.append(" ".join([line, *inline[at]]) if at in inline else line)
        if at in below:
            ends_paragraph = at == len(source) or _is_blank(source[at])
            lines += [*([""] if ends_paragraph else []), " ".join(below[at])]
    return "\n".join(lines) + "\n"


def _fountain_note(text: str) -> str:
    """Enclose a text in the brackets of a Fountain note, which must not contain brackets of this kind."""
    text = re.sub(r"([][])(?=[][])", r"\1 ", text)
    return f"[[{text}]]"


def annotated_final_draft(analysis: Analysis) -> bytes:
    """Add script notes to the user's Final Draft file, leaving every other byte unchanged.

    Other formats are converted to Final Draft first.

    Raises:
        MoviemotionError: the user's file was removed or changed after it was read.
        ValueError: the analysis has no script.
    """
    script = _require_script(analysis)
    screenplay = script.screenplay
    if screenplay.path.suffix.lower() == ".fdx":
        data = read_bytes(screenplay.path, "screenplay")
        if decode_lines(data) != screenplay.source:
            raise MoviemotionError(
                f"{screenplay.path}: the screenplay has changed since it was read; run the command again"
            )
        ranges = dict(enumerate(element_ranges(data, screenplay.path)))
        return _with_notes(data, analysis, script, ranges)
    return _with_notes(write_fdx(screenplay), analysis, script, written_element_ranges(screenplay.elements))


def _with_notes(
    data: bytes, analysis: Analysis, script: TimedScript, ranges: Mapping[int, tuple[int, int]]
) -> bytes:
    """Add the notes at the text positions of their elements.

    Args:
        data: the Final Draft file.
        analysis: the analysis of the screening.
        script: the screenplay with its cues.
        ranges: start and end of each element in the file, keyed by the index of the element.
    """
    written = sorted(ranges)
    notes = [ScriptNote(0, 0, "MoviEmotion", notes_legend(analysis, script), _NEUTRAL_COLOR)]
    for element, found in sorted(element_notes(analysis, script).items()):
        for note in found:
            color = PALETTE[note.emotion].light if note.emotion else _NEUTRAL_COLOR
            # Final Draft has no sections, so the note of a section goes to the element before it.
            at = written[max(bisect_right(written, element) - 1, 0)]
            start, end = ranges[at]
            notes.append(ScriptNote(start, end, note.title, note.text, color))
    return add_script_notes(data, notes)


def _require_script(analysis: Analysis) -> TimedScript:
    if analysis.script is None:
        raise ValueError("the analysis has no script; repeat the analysis with a script")
    return analysis.script


def _is_blank(line: str) -> bool:
    """Whether a line ends a paragraph; in Fountain, a line with two spaces continues a speech."""
    return not line.strip() and len(line) < 2


def _paragraph_end(source: Sequence[str], line: int) -> int:
    """Return the last line number of the paragraph that contains `line`; lines are numbered from 1."""
    while line < len(source) and not _is_blank(source[line]):
        line += 1
    return line


def _has_open_note(source: Sequence[str], line: int) -> bool:
    """Whether the paragraph contains an unclosed `[[`, which would absorb a note placed after it."""
    end = _paragraph_end(source, line)
    start = line
    while start > 1 and not _is_blank(source[start - 2]):
        start -= 1
    return "[[" in strip_notes("\n".join(source[start - 1 : end]))
