"""Read the list of participants: a table of what is known about the people in the seats.

| column | content |
| --- | --- |
| `viewer` | name of the viewer, as in the results |
| `seat` | instead of `viewer`: the label of the seat, as on the consent pages |
| any other | an attribute, such as `age`, `sex` or `frequent moviegoer` |

Whether an attribute is a number, a text or yes/no follows from its values. Empty cells are unknown.
"""

from __future__ import annotations

import csv
import keyword
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from moviemotion._io.text_decoding import read_text
from moviemotion.analysis.segments.participants import ColumnKind, Participants, Value
from moviemotion.errors import MoviemotionError
from moviemotion.study.table_cells import cell_text, listed

VIEWER, SEAT, AGE = "viewer", "seat", "age"
MAX_AGE = 120
MAX_COLUMNS, MAX_TEXT_LENGTH = 50, 200
MIN_IDENTIFYING = 5
"""Smallest number of different texts, one for each participant, that is taken for names or addresses."""
_UNKNOWN = {"", "na", "n/a", "<na>", "nan", "nat", "none", "null", "-", "–", "?"}
_YES_NO = {"yes": True, "no": False, "true": True, "false": False, "y": True, "n": False}
_DELIMITERS = ",;\t"
_REMEDY = "the first line must be viewer (or seat), followed by attributes such as age,sex"


@dataclass(frozen=True)
class ParticipantTable:
    """A list of participants, before it is known which of them were seen.

    Attributes:
        source: the file or argument, for error messages.
        by_seat: whether the participants are named by their seats instead of as viewers.
        columns: attribute → what its values are.
        attributes: viewer or seat → attribute → value.
        locations: viewer or seat → file and line, for error messages.
    """

    source: str
    by_seat: bool
    columns: Mapping[str, ColumnKind]
    attributes: Mapping[str, Mapping[str, Value]]
    locations: Mapping[str, str]

    def named(self, viewer_of: Mapping[str, str | None]) -> Participants:
        """Name the participants as in the results.

        Args:
            viewer_of: viewer or seat → viewer; None for someone who is known, but of whom nothing may be
                stored, because they were not seen or did not consent.

        Raises:
            MoviemotionError: a viewer or seat is not known, two lines are about one viewer, or nobody is
                left.
        """
        what = "seat" if self.by_seat else "viewer"
        known = [name for name in self.attributes if name in viewer_of]
        if not known:
            raise MoviemotionError(
                f"{self.source}: none of its {what}s is in this study, so it may be the list of another "
                f"screening; choose from {listed(viewer_of)}"
            )
        found: dict[str, str] = {}
        for name, location in self.locations.items():
            if name not in viewer_of:
                raise MoviemotionError(
                    f"{location}: there is no {what} {name}; choose from {listed(viewer_of)}"
                )
            viewer = viewer_of[name]
            if viewer is not None and viewer in found:
                raise MoviemotionError(
                    f"{location}: {name} and {found[viewer]} are one viewer; remove one of the lines"
                )
            if viewer is not None:
                found[viewer] = name
        if not found:
            raise MoviemotionError(
                f"{self.source}: none of these participants was seen and consented; give the list of this "
                "screening"
            )
        return Participants(self.columns, {viewer: self.attributes[name] for viewer, name in found.items()})


def read_participant_table(path: Path, source: str | None = None) -> ParticipantTable:
    """Read a list of participants from a CSV file, separated by commas, semicolons or tabs.

    Args:
        path: the file.
        source: what messages call the file; defaults to its path.

    Raises:
        MoviemotionError: the file cannot be read, or a line is not valid; the message names the first one.
    """
    source = source or str(path)
    lines = read_text(path, "list of participants", "CSV (.csv)").splitlines(keepends=True)
    delimiter = max(_DELIMITERS, key=lines[0].count)
    rows = csv.reader(lines, delimiter=delimiter, skipinitialspace=True)
    header = next(rows)
    found = []
    for row in rows:
        location = f"{source}, line {rows.line_num}"
        if not any(cell.strip() for cell in row):
            continue
        if len(row) != len(header):
            raise MoviemotionError(
                f"{location}: the number of cells ({len(row)}) is not that of the columns ({len(header)}); "
                "write one cell for each column"
            )
        found.append((location, row))
    return participant_table(source, header, found, decimal_comma=delimiter != ",")


def participant_table(
    source: str,
    header: Sequence[str],
    rows: Iterable[tuple[str, Sequence[object]]],
    decimal_comma: bool = False,
) -> ParticipantTable:
    """Check the rows of a list of participants.

    Args:
        source: the file or argument, for error messages.
        header: names of the columns.
        rows: location (for error messages) and cells of each participant.
        decimal_comma: whether numbers may be written as 1,5.

    Raises:
        MoviemotionError: a column or a value is not valid, or two rows are about one participant.
    """
    columns = [_column_name(name) for name in header]
    keys = [name for name in (VIEWER, SEAT) if name in columns]
    if len(keys) != 1:
        problem = "both a viewer and a seat in each line; keep one of the two columns" if keys else _REMEDY
        raise MoviemotionError(f"{source}: {problem}")
    _check_columns(source, header, columns)
    cells: dict[str, list[str]] = {}
    locations: dict[str, str] = {}
    for location, row in rows:
        texts = [cell_text(cell) for cell in row]
        name = texts[columns.index(keys[0])]
        if not name:
            raise MoviemotionError(f"{location}: the {keys[0]} is missing; write it, or remove the line")
        if name in cells:
            first = locations[name].removeprefix(f"{source}, ")
            raise MoviemotionError(
                f"{location}: {keys[0]} {name} is listed twice (first in {first}); keep the line of this "
                "screening"
            )
        cells[name], locations[name] = texts, location
    if not cells:
        raise MoviemotionError(f"{source}: contains no participants; {_REMEDY}")
    kinds: dict[str, ColumnKind] = {}
    attributes: dict[str, dict[str, Value]] = {name: {} for name in cells}
    for k, column in enumerate(columns):
        if column in keys:
            continue
        known = {name: row[k] for name, row in cells.items() if row[k].casefold() not in _UNKNOWN}
        kinds[column] = _kind(column, list(known.values()), decimal_comma)
        for name, text in known.items():
            attributes[name][column] = _value(locations[name], column, kinds[column], text, decimal_comma)
        if kinds[column] is ColumnKind.TEXT and len(cells) == len(set(known.values())) >= MIN_IDENTIFYING:
            raise MoviemotionError(
                f"{source}: {column} is different for everybody, so it would say who a viewer is; remove "
                "this column, because a segment needs what several people have in common"
            )
    return ParticipantTable(source, keys[0] == SEAT, kinds, attributes, locations)


def _column_name(name: str) -> str:
    """The name of a column as it is written in rules: `Frequent moviegoer` → `frequent_moviegoer`."""
    return re.sub(r"\W+", "_", str(name).strip().casefold()).strip("_")


def _check_columns(source: str, header: Sequence[str], columns: Sequence[str]) -> None:
    for k, (name, column) in enumerate(zip(header, columns, strict=True)):
        if not column.isidentifier() or keyword.iskeyword(column):
            raise MoviemotionError(
                f"{source}: column {k + 1} ({str(name).strip() or 'without a name'}) needs another name; "
                "use letters, digits and underscores"
            )
        if column in columns[:k]:
            raise MoviemotionError(f"{source}: two columns are called {column}; rename or remove one")
    if len(columns) > MAX_COLUMNS:
        raise MoviemotionError(f"{source}: has {len(columns)} columns; keep at most {MAX_COLUMNS}")


def _kind(column: str, texts: Sequence[str], decimal_comma: bool) -> ColumnKind:
    """What the values of a column are; a few slips do not turn numbers into text."""
    numbers = sum(_number(text, decimal_comma) is not None for text in texts)
    if column == AGE or 2 * numbers > len(texts):
        return ColumnKind.NUMBER
    if texts and all(text.casefold() in _YES_NO for text in texts):
        return ColumnKind.YES_NO
    return ColumnKind.TEXT


def _value(location: str, column: str, kind: ColumnKind, text: str, decimal_comma: bool) -> Value:
    if kind is ColumnKind.YES_NO:
        return _YES_NO[text.casefold()]
    if kind is ColumnKind.TEXT:
        if len(text) > MAX_TEXT_LENGTH or not text.isprintable():
            raise MoviemotionError(
                f"{location}: {column} is not one line of at most {MAX_TEXT_LENGTH} characters; shorten it"
            )
        return text
    number = _number(text, decimal_comma)
    if column == AGE and (number is None or not 0 <= number <= MAX_AGE):
        raise MoviemotionError(f"{location}: age {text} is not an age; {_age_remedy(text, number)}")
    if number is None:
        raise MoviemotionError(
            f"{location}: {column} {text} is not a number, as most others are; correct it or leave it empty"
        )
    return number


def _age_remedy(text: str, number: float | None) -> str:
    if number is not None and 1900 <= number <= 2100:
        return "give the age in years, not the year of birth"
    if number is None and re.search(r"\d", text):
        return "give the years as a number, or call a column of ranges something else, such as age group"
    return f"give a number of years from 0 to {MAX_AGE}, or leave it empty"


def _number(text: str, decimal_comma: bool) -> float | None:
    plain = text.replace(",", ".") if decimal_comma else text
    if not re.fullmatch(r"[+-]?(\d{1,15}\.?\d{0,15}|\.\d{1,15})", plain, re.ASCII):
        return None
    return float(plain)
