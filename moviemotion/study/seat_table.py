"""Read a seat map: a table that states the row and the seat of each viewer.

| column | content |
| --- | --- |
| `viewer` | name of the viewer, as in the results: the camera's name, numbered if it shows several viewers |
| `row` | name or number of the row |
| `seat` | position within the row, a whole number; seats n and n + 1 are next to each other |
"""

from __future__ import annotations

import csv
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from moviemotion._io.text_decoding import read_text
from moviemotion.analysis.signals.seat_map import Place
from moviemotion.errors import MoviemotionError
from moviemotion.study.table_cells import cell_text, listed

COLUMNS = ("viewer", "row", "seat")
_HEADER = ",".join(COLUMNS)


@dataclass(frozen=True)
class SeatTable:
    """The places of viewers, and where they were read.

    Attributes:
        source: the file or argument, for error messages.
        places: viewer → place.
        locations: viewer → file and line, for error messages.
    """

    source: str
    places: Mapping[str, Place]
    locations: Mapping[str, str]

    def of_viewers(self, viewers: Collection[str], other_cameras: Collection[str] = ()) -> dict[str, Place]:
        """Return the places of the viewers who were seen.

        Args:
            viewers: the viewers who were seen.
            other_cameras: cameras in which nobody has been seen so far; the table may contain their viewers.

        Raises:
            MoviemotionError: a viewer has no place, or the table contains an unknown viewer.
        """
        for viewer, location in self.locations.items():
            camera = re.sub(r"-\d+$", "", viewer)
            if viewer not in viewers and not {viewer, camera} & set(other_cameras):
                raise MoviemotionError(
                    f"{location}: there is no viewer {viewer}; choose from "
                    f"{listed([*viewers, *other_cameras])}"
                )
        missing = [viewer for viewer in viewers if viewer not in self.places]
        if missing:
            raise MoviemotionError(
                f"{self.source}: no seat for {listed(missing)}; add a line for each viewer"
            )
        return {viewer: self.places[viewer] for viewer in viewers}


def read_seat_table(path: Path) -> SeatTable:
    """Read a seat map from a CSV file with the columns `viewer`, `row` and `seat`.

    Raises:
        MoviemotionError: the file cannot be read, or a line is not valid; the message names the first one.
    """
    rows = csv.DictReader(read_text(path, "seat map", "CSV (.csv)").splitlines(), skipinitialspace=True)
    names = {name.strip().lower(): name for name in rows.fieldnames or () if name}
    if not set(COLUMNS) <= set(names):
        raise MoviemotionError(f"{path}: column names are missing; the first line must be {_HEADER}")
    return seat_table(
        str(path),
        (
            (f"{path}, line {rows.line_num}", row[names["viewer"]], row[names["row"]], row[names["seat"]])
            for row in rows
        ),
    )


def seat_table(source: str, rows: Iterable[tuple[str, object, object, object]]) -> SeatTable:
    """Check the rows of a seat map.

    Args:
        source: the file or argument, for error messages.
        rows: location (for error messages), viewer, row and seat of each viewer.

    Raises:
        MoviemotionError: a value is missing, a seat is not a whole number, a viewer is listed twice, or two
            viewers have the same seat.
    """
    places: dict[str, Place] = {}
    locations: dict[str, str] = {}
    taken: dict[Place, str] = {}
    for location, viewer, row, seat in rows:
        name, row_name, position = (
            cell_text(viewer),
            _without_decimals(cell_text(row)),
            _without_decimals(cell_text(seat)),
        )
        if not (name and row_name and position):
            raise MoviemotionError(
                f"{location}: the entry is incomplete; give the viewer, the row and the seat"
            )
        if not re.fullmatch(r"[+-]?\d{1,6}", position, re.ASCII):
            raise MoviemotionError(
                f"{location}: seat {position} is not a whole number; give the position within the row"
            )
        if name in places:
            raise MoviemotionError(f"{location}: viewer {name} is listed twice; remove one of the lines")
        place = Place(row_name, int(position))
        if place in taken:
            raise MoviemotionError(
                f"{location}: row {place.row}, seat {place.seat} is already taken by {taken[place]}; "
                "give each viewer a seat of their own"
            )
        places[name], locations[name], taken[place] = place, location, name
    if not places:
        raise MoviemotionError(f"{source}: contains no seats; give one line per viewer ({_HEADER})")
    return SeatTable(source, places, locations)


def _without_decimals(text: str) -> str:
    """The text of a whole number that a spreadsheet or data frame wrote as 3.0."""
    return re.sub(r"^([+-]?\d+)\.0+$", r"\1", text)
