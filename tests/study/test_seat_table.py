"""A seat map is read, and each error names the file and the line."""

from __future__ import annotations

from pathlib import Path

import pytest

from moviemotion.analysis.signals.seat_map import Place
from moviemotion.errors import MoviemotionError
from moviemotion.study.seat_table import read_seat_table


def read(tmp_path: Path, text: str, encoding: str = "utf-8"):
    (path := tmp_path / "seats.csv").write_text(text, encoding=encoding)
    return read_seat_table(path)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_rows_are_names_and_seats_are_numbers(tmp_path: Path, encoding: str) -> None:
    table = read(tmp_path, "Seat, Row ,VIEWER,note\n 3,F,seat-01,late\n4.0,12.0,row-1,\n", encoding)
    assert table.places == {"seat-01": Place("F", 3), "row-1": Place("12", 4)}
    assert table.of_viewers(["row-1"], ["seat-01"]) == {"row-1": Place("12", 4)}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,b,c\n1,2,3\n", "seats.csv: column names are missing; the first line must be viewer,row,seat"),
        ("viewer,row,seat\n", "seats.csv: contains no seats; give one line per viewer (viewer,row,seat)"),
        (
            "viewer,row,seat\na,A,1\nb,,2\n",
            "seats.csv, line 3: the entry is incomplete; give the viewer, the row and the seat",
        ),
        (
            "viewer,row,seat\na,A\n",
            "seats.csv, line 2: the entry is incomplete; give the viewer, the row and the seat",
        ),
        (
            "viewer,row,seat\na,A,aisle\n",
            "seats.csv, line 2: seat aisle is not a whole number; give the position within the row",
        ),
        (
            "viewer,row,seat\na,A,1.5\n",
            "seats.csv, line 2: seat 1.5 is not a whole number; give the position within the row",
        ),
        (
            "viewer,row,seat\na,A,1\nb,A,1\n",
            "seats.csv, line 3: row A, seat 1 is already taken by a; give each viewer a seat of their own",
        ),
        (
            "viewer,row,seat\na,A,1\na,A,2\n",
            "seats.csv, line 3: viewer a is listed twice; remove one of the lines",
        ),
    ],
)
def test_a_wrong_line_is_named(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(MoviemotionError) as refused:
        read(tmp_path, text)
    assert str(refused.value) == f"{tmp_path}/{message}"


def test_viewers_of_the_table_and_of_the_study_are_the_same(tmp_path: Path) -> None:
    table = read(tmp_path, "viewer,row,seat\na,A,1\nrow-2,A,2\n")
    with pytest.raises(MoviemotionError) as unknown:
        table.of_viewers(["a", "b"])
    assert str(unknown.value).endswith("seats.csv, line 3: there is no viewer row-2; choose from a, b")
    with pytest.raises(MoviemotionError) as missing:
        table.of_viewers(["a", "b", "row-2"])
    assert str(missing.value).endswith("seats.csv: no seat for b; add a line for each viewer")
    assert set(table.of_viewers(["a"], other_cameras=["row"])) == {"a"}


def test_a_missing_file_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(MoviemotionError, match=r"seats\.csv") as refused:
        read_seat_table(tmp_path / "seats.csv")
    assert "\n" not in str(refused.value)
