"""A list of participants is read with its types, and each error names the line and the remedy."""

from __future__ import annotations

from pathlib import Path

import pytest

from moviemotion.analysis.segments.participants import ColumnKind, Participants
from moviemotion.errors import MoviemotionError
from moviemotion.study.participant_table import read_participant_table
from moviemotion.study.stored_segments import read_participants, write_participants


def read(tmp_path: Path, text: str, encoding: str = "utf-8"):
    (path := tmp_path / "people.csv").write_text(text, encoding=encoding)
    return read_participant_table(path)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_types_follow_from_the_values(tmp_path: Path, encoding: str) -> None:
    text = 'Viewer,Age, Frequent moviegoer ,City\na,22,yes,"Rome, Lazio"\n\nb,,No,Ulm\nc,40.5,,n/a\n'
    table = read(tmp_path, text, encoding)
    assert not table.by_seat
    assert table.columns == {
        "age": ColumnKind.NUMBER,
        "frequent_moviegoer": ColumnKind.YES_NO,
        "city": ColumnKind.TEXT,
    }
    assert table.attributes == {
        "a": {"age": 22.0, "frequent_moviegoer": True, "city": "Rome, Lazio"},
        "b": {"frequent_moviegoer": False, "city": "Ulm"},
        "c": {"age": 40.5},
    }


def test_a_spreadsheet_with_semicolons_may_have_decimal_commas(tmp_path: Path) -> None:
    table = read(tmp_path, "seat;age;score\nR1;22;1,5\nR2;31;2\n")
    assert table.by_seat
    assert table.attributes["R1"] == {"age": 22.0, "score": 1.5}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "name,age\na,3\n",
            ": the first line must be viewer (or seat), followed by attributes such as age,sex",
        ),
        (
            "viewer,seat,age\na,R1,3\n",
            ": both a viewer and a seat in each line; keep one of the two columns",
        ),
        ("viewer,age\n", ": contains no participants; the first line must be"),
        ("viewer,age,Age \na,1,2\n", ": two columns are called age; rename or remove one"),
        ("viewer,class\na,1\n", ": column 2 (class) needs another name; use letters, digits"),
        ("viewer,\na,1\n", ": column 2 (without a name) needs another name"),
        (
            "viewer,age\na,1,2\n",
            ", line 2: the number of cells (3) is not that of the columns (2); write one",
        ),
        ("viewer,age\na,1\n,3\n", ", line 3: the viewer is missing; write it, or remove the line"),
        (
            "viewer,age\na,22\nb,1\na,23\n",
            ", line 4: viewer a is listed twice (first in line 2); keep the line of this screening",
        ),
        ("viewer,age\na,250\n", ", line 2: age 250 is not an age; give a number of years from 0 to 120"),
        ("viewer,age\na,-3\n", ", line 2: age -3 is not an age; give a number of years from 0 to 120"),
        ("viewer,age\na,1987\n", ", line 2: age 1987 is not an age; give the age in years, not the year of"),
        ("viewer,age\na,18-24\n", ", line 2: age 18-24 is not an age; give the years as a number, or call"),
        ("viewer,age\na,old\n", ", line 2: age old is not an age; give a number of years"),
        (
            "viewer,score\na,1\nb,2\nc,x\n",
            ", line 4: score x is not a number, as most others are; correct it or leave it empty",
        ),
        ('viewer,city\na,"two\nlines"\n', ", line 3: city is not one line of at most 200 characters"),
        (
            "viewer,name\n" + "".join(f"v{k},Anna {k}\n" for k in range(5)),
            ": name is different for everybody, so it would say who a viewer is; remove this column",
        ),
    ],
)
def test_a_wrong_line_is_named(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(MoviemotionError) as refused:
        read(tmp_path, text)
    assert str(refused.value).startswith(f"{tmp_path}/people.csv{message}")
    assert "\n" not in str(refused.value)


def test_the_list_must_be_of_this_screening(tmp_path: Path) -> None:
    table = read(tmp_path, "seat,age\nR1,22\nR2,23\n")
    people = table.named({"R1": "v-1", "R2": None, "R3": "v-3"})
    assert people == Participants({"age": ColumnKind.NUMBER}, {"v-1": {"age": 22.0}})
    for known, message in (
        ({"A1": "v-1"}, "people.csv: none of its seats is in this study, so it may be the list of another"),
        ({"R1": "v-1"}, "people.csv, line 3: there is no seat R2; choose from R1"),
        ({"R1": "v-1", "R2": "v-1"}, "people.csv, line 3: R2 and R1 are one viewer; remove one of the lines"),
        ({"R1": None, "R2": None}, "people.csv: none of these participants was seen and consented"),
    ):
        with pytest.raises(MoviemotionError) as refused:
            table.named(known)
        assert str(refused.value).startswith(f"{tmp_path}/{message}")


def test_what_is_stored_is_read_back_in_an_order_that_says_nothing(tmp_path: Path) -> None:
    columns = {"age": ColumnKind.NUMBER, "sex": ColumnKind.TEXT, "fan": ColumnKind.YES_NO}
    people = Participants(columns, {"v-9": {"age": 22.5, "sex": "f", "fan": True}, "v-1": {"sex": "m"}})
    write_participants(tmp_path, people)
    assert read_participants(tmp_path) == people
    assert list(read_participants(tmp_path).attributes) == ["v-1", "v-9"]
