"""Read the times of lines that were set by hand from a CSV file.

The file is the table `lines` that `moviemotion export` writes, after somebody has edited it, or a shorter one
with the same column names:

| column | content |
| --- | --- |
| `element` | number of the element in the script, counting from 1 |
| `text` | its text, which shows that the file was made for this draft |
| `start_s` | film time at which it starts, in seconds or [h:]m:s |
| `end_s` | film time at which it ends; if it is empty or missing, the element keeps its length |
| `time_source` | "by hand", or empty, if the time was set by hand; other rows are not used |
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from moviemotion._io.text_decoding import read_text
from moviemotion.errors import MoviemotionError
from moviemotion.problems import Harm, Problem
from moviemotion.screenplay.alignment.align import TimedScript
from moviemotion.screenplay.alignment.cues import Cue, TimeSource
from moviemotion.screenplay.alignment.line_corrections import (
    CORRECTABLE_KINDS,
    LineCorrection,
    make_correction,
    spoken_words,
    with_corrections,
)
from moviemotion.screenplay.alignment.timing_sheet import parse_seconds

UNMARKED = "script-line-times-unmarked"
"""Code of the problem of rows that were changed, but are not marked as set by hand."""
_COLUMNS = ("element", "text", "start_s")
_NUMBER = re.compile(r"[0-9]{1,9}")
_HEADER = ",".join(_COLUMNS) + "[,end_s][,time_source]"
_SAME_SECONDS = 0.01
"""Times that differ by at most this much are the same; programs round them."""


@dataclass(frozen=True)
class LineTimeRow:
    """One row of the file.

    Attributes:
        where: file and line, for messages.
        element: index into `Screenplay.elements`.
        text: the text of the element.
        start: seconds of film time; None if the row has no time.
        end: seconds of film time, or None.
        by_hand: whether the time was set by hand.
    """

    where: str
    element: int
    text: str
    start: float | None
    end: float | None
    by_hand: bool


def read_line_times(path: Path) -> tuple[LineTimeRow, ...]:
    """Read a table of line times.

    Raises:
        MoviemotionError: the file cannot be read, or a row is not valid; the message names its line.
    """
    text = read_text(path, "table of line times", "CSV (.csv)")
    header = text.partition("\n")[0]
    delimiter = max(",;\t", key=header.count)  # some spreadsheets write semicolons
    table = csv.DictReader(io.StringIO(text), delimiter=delimiter, skipinitialspace=True, strict=True)
    try:
        names = {name.strip().lower(): name for name in table.fieldnames or () if name}
        if not set(_COLUMNS) <= set(names):
            raise MoviemotionError(f"{path}: column names are missing; the first line must be {_HEADER}")
        rows = tuple(_rows(path, table, names))
    except csv.Error as error:
        raise MoviemotionError(
            f"{path}, line {table.line_num}: not valid CSV ({error}); save the table as CSV again"
        ) from error
    if not rows:
        raise MoviemotionError(f"{path}: contains no lines; give one row for each time that was set by hand")
    return rows


def _rows(path: Path, table: csv.DictReader[str], names: dict[str, str]) -> Iterator[LineTimeRow]:
    first_line: dict[int, int] = {}
    line = table.line_num + 1
    for row in table:
        where, line = f"{path}, line {line}", table.line_num + 1
        cells = {key: (row[name] or "").strip() for key, name in names.items()}
        if not any(cells.values()):
            continue
        if not _NUMBER.fullmatch(cells["element"]):
            raise MoviemotionError(
                f"{where}: {cells['element']!r} is not the number of an element; copy it from the exported "
                "table"
            )
        element = int(cells["element"]) - 1
        start, end = (parse_seconds(cells.get(key, ""), key, where) for key in ("start_s", "end_s"))
        by_hand = cells.get("time_source", "").lower() in ("", TimeSource.BY_HAND)
        if by_hand and start is None:
            raise MoviemotionError(f"{where}: the time is missing; give start_s, or remove the row")
        if by_hand and element in first_line:
            raise MoviemotionError(
                f"{where}: element {element + 1} was already set in line {first_line[element]}; remove one "
                "of the rows"
            )
        if by_hand:
            first_line[element] = int(where.rpartition(" ")[2])
        yield LineTimeRow(where, element, cells["text"], start, end, by_hand)


def corrections_of_table(
    rows: Sequence[LineTimeRow], script: TimedScript, film: tuple[float, float]
) -> tuple[tuple[LineCorrection, ...], tuple[Problem, ...]]:
    """Check the rows against the script, and return the times that were set by hand.

    Args:
        rows: the rows of a table of line times.
        script: the script as it was aligned, without corrections.
        film: film time of the first and the last picture, in seconds.

    Returns:
        The corrections in the order of the rows, and a problem if rows were changed but not marked.

    Raises:
        MoviemotionError: a row does not belong to this script or its time is not valid, or no row was set by
            hand although times were changed. The message names the row's line.
    """
    corrections = tuple(
        _correction(row, script, film) for row in rows if row.by_hand and not _follows_speech(row, script)
    )
    scripts = (script, with_corrections(script, corrections))
    changed = [
        row
        for row in rows
        if (not row.by_hand or _follows_speech(row, script))
        and 0 <= row.element < len(script.cues)
        and not any(_is_at(row, timed.cues[row.element]) for timed in scripts)
    ]
    for row in changed:
        if row.by_hand:  # raises an error, because only the speech has a time of its own
            _correction(row, script, film)
    if not changed:
        return corrections, ()
    marked = f'write "{TimeSource.BY_HAND}" into the column time_source'
    if not corrections:
        raise MoviemotionError(
            f"{changed[0].where}: the time was changed, but the row does not say that this was done by hand; "
            f"{marked} of each row whose time you have set"
        )
    text = (
        f"{len(changed)} of the rows {'has another time' if len(changed) == 1 else 'have other times'} than "
        f"this study, but no mark of having been set by hand, so they were not used (first: "
        f"{changed[0].where}); if you have set them, {marked}"
    )
    return corrections, (Problem(UNMARKED, Harm.WRONG, text),)


def _follows_speech(row: LineTimeRow, script: TimedScript) -> bool:
    """Whether a row is about a character or the like, which has the time of its speech."""
    elements = script.screenplay.elements
    return 0 <= row.element < len(elements) and elements[row.element].kind not in CORRECTABLE_KINDS


def _correction(row: LineTimeRow, script: TimedScript, film: tuple[float, float]) -> LineCorrection:
    elements = script.screenplay.elements
    words = spoken_words(row.text)
    if 0 <= row.element < len(elements) and words != spoken_words(elements[row.element].text):
        same = [k + 1 for k, element in enumerate(elements) if spoken_words(element.text) == words]
        remedy = (
            f"this text is now element {' or '.join(map(str, same))}" if same else "export the table again"
        )
        raise MoviemotionError(
            f"{row.where}: element {row.element + 1} has another text in this script; {remedy}"
        )
    assert row.start is not None
    try:
        return make_correction(script, row.element, row.start, row.end, film)
    except MoviemotionError as error:
        raise MoviemotionError(f"{row.where}: {error}") from error


def _is_at(row: LineTimeRow, cue: Cue) -> bool:
    """Whether a row has the time of a cue; neither has one if the element is not in the film."""
    if row.start is None or math.isnan(cue.start):
        return row.start is None and math.isnan(cue.start)
    end = cue.end if row.end is None else row.end
    return abs(row.start - cue.start) <= _SAME_SECONDS and abs(end - cue.end) <= _SAME_SECONDS
