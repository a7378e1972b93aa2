"""Participants and segments from the command line to the outputs."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pyarrow.csv
import pytest
from typer.testing import CliRunner

from moviemotion.audience.samples import Samples
from moviemotion.cli.commands import app
from moviemotion.errors import MoviemotionError
from moviemotion.study.participant_table import read_participant_table
from moviemotion.study.stored_segments import read_participants
from moviemotion.workflows.export import export
from moviemotion.workflows.screen import screen
from moviemotion.workflows.simulate import simulate

COMMON = "start,end,emotion,strength\n30,36,happy,0.9\n"
OWN = "100,108,happy,0.9\n"
VIEWERS, YOUNG = 24, 12


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A simulated study in which the first twelve of 24 viewers also laugh at 100 s; and their list."""
    folder = tmp_path_factory.mktemp("segments")
    for name, text in (("study", COMMON), ("lively", COMMON + OWN)):
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
        simulate(folder / f"{name}.csv", VIEWERS, 3, folder / name, seed=len(name))
    samples = sorted((folder / "study" / "samples").iterdir())
    for path in samples[:YOUNG]:
        shutil.copy(folder / "lively" / "samples" / path.name, path)
    rows = [
        f"{viewer},{20 + k},{'f' if k % 2 else 'm'}\n"
        for k, path in enumerate(samples)
        for viewer in Samples.read(path).viewers
    ]
    (folder / "people.csv").write_text("viewer,age,sex\n" + "".join(rows), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def study(room: Path) -> Path:
    """The study, reported with two segments."""
    list_, rule = str(room / "people.csv"), f"young=age < {20 + YOUNG}"
    command = ["report", str(room / "study"), "--participants", list_, "--segment", rule]
    done = CliRunner().invoke(app, [*command, "--segment", 'sex == "f"'])
    assert done.exit_code == 0, done.output
    return room / "study"


def test_the_outputs_report_the_segments(study: Path) -> None:
    content = json.loads((study / "moments.json").read_text(encoding="utf-8"))
    young, women = content["segments"]
    assert (young["name"], young["rule"], young["viewers"]) == ("young", f"age < {20 + YOUNG}", YOUNG)
    assert (women["name"], women["viewers"]) == ('sex == "f"', YOUNG)
    assert any(95 <= moment["peak"] < 112 for moment in young["moments"])
    own = [row for row in young["differences"] if 95 <= row["start"] < 112]
    assert own
    assert all(row["emotion"] == "happy" and row["difference"] > 0 for row in own)
    carried = {name for m in content["moments"] for name in [c["segment"] for c in m["carried_by"]]}
    assert carried <= {"young"}
    page = (study / "report.html").read_text(encoding="utf-8")
    assert f'<option value="1">young, {YOUNG} viewers</option>' in page
    assert '<template id="segment-2">' in page
    assert "They differ from everybody else in" in page


def test_a_small_segment_is_not_in_the_file_that_outlasts_the_samples(study: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(study, tmp_path / "study"))
    assert CliRunner().invoke(app, ["report", str(folder), "--segment", "four=age < 24"]).exit_code == 0
    assert CliRunner().invoke(app, ["report", str(folder), "--segment", "most=age >= 24"]).exit_code == 0
    content = json.loads((folder / "moments.json").read_text(encoding="utf-8"))
    assert [segment["name"] for segment in content["segments"]] == ["young", 'sex == "f"']
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert "four, 4 viewers" in page
    assert "most, 20 viewers" in page


def test_viewers_without_a_line_are_counted(study: Path, room: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(study, tmp_path / "study"))
    lines = (room / "people.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    (tmp_path / "some.csv").write_text("".join(lines[:-3]), encoding="utf-8")
    done = CliRunner().invoke(app, ["report", str(folder), "--participants", str(tmp_path / "some.csv")])
    assert "participants: nothing is known about 3 of 24 viewers" in done.output


def test_a_report_made_again_keeps_them(study: Path) -> None:
    before = (study / "moments.json").read_bytes()
    assert CliRunner().invoke(app, ["report", str(study)]).exit_code == 0
    assert (study / "moments.json").read_bytes() == before


def test_tables_of_each_segment_have_the_columns_of_the_room(study: Path) -> None:
    files = export(study, ["csv"])
    own = study / "exports" / "csv" / "segments" / "1-young"
    assert own / "seconds.csv" in files
    seconds, room = (pyarrow.csv.read_csv(folder / "seconds.csv") for folder in (own, own.parents[1]))
    assert seconds.column_names == room.column_names
    assert max(seconds["viewers"].to_pylist()) == YOUNG
    moments = pyarrow.csv.read_csv(own.parents[1] / "moments.csv")
    assert "carried_by" in moments.column_names


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--segment", "old=age > 99"], "segment age > 99: applies to no viewer (age is 20 to 43)"),
        (["--segment", "x=height > 2"], "there is no attribute height; choose from age, sex"),
        (["--segment", "a/b=age > 2"], "needs a name of at most 60 characters without a slash"),
    ],
)
def test_a_segment_that_cannot_be_used_changes_nothing(study: Path, options: list[str], message: str) -> None:
    before = {path: path.read_bytes() for path in study.iterdir() if path.is_file()}
    with pytest.raises(MoviemotionError) as refused:
        CliRunner().invoke(
            app, ["report", str(study), *options], catch_exceptions=False, standalone_mode=False
        )
    assert message in str(refused.value)
    assert {path: path.read_bytes() for path in study.iterdir() if path.is_file()} == before


def test_participants_can_be_given_at_the_screening(seats: list[Path], tmp_path: Path) -> None:
    (path := tmp_path / "people.csv").write_text("seat,age\nseat-01,20\nrow-02-03-2,30\n", encoding="utf-8")
    result = screen(seats, tmp_path / "study", rate=1.0, participants=read_participant_table(path))
    people = read_participants(result.folder)
    assert people.attributes == {"row-02-03-2": {"age": 30.0}, "seat-01": {"age": 20.0}}
    path.write_text("seat,age\nseat-09,20\n", encoding="utf-8")
    with pytest.raises(MoviemotionError, match="line 2: there is no seat seat-09; choose from"):
        screen(seats, tmp_path / "other", rate=1.0, participants=read_participant_table(path))
    assert not (tmp_path / "other").exists()


def test_a_segment_is_compared_with_everybody_else_or_another(study: Path, tmp_path: Path) -> None:
    command = ["compare", str(study), "--out", str(tmp_path / "out"), "--segment", "young"]
    done = CliRunner().invoke(app, command)
    assert done.exit_code == 0, done.output
    assert f"young minus everybody else: {YOUNG} viewers and {YOUNG} viewers" in done.output
    assert "Both segments sat in one room" in done.output
    assert "The same viewers" not in done.output
    page = (tmp_path / "out" / "comparison.html").read_text(encoding="utf-8")
    assert "Two segments compared" in page
    assert "happy" in done.output
    other = CliRunner().invoke(app, [*command, "--segment", f"older=age >= {20 + YOUNG}"])
    assert "older minus young" in other.output


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([], "only one study was given; add another, or segments"),
        (["--segment", "young", "--segment", "age > 20"], "11 viewers belong to both segments"),
        (["--segment", "young", "--paired"], "within one study, one or two segments are compared"),
        (["--segment", "age > 99"], "applies to no viewer"),
    ],
)
def test_what_cannot_be_compared_is_refused(
    study: Path, tmp_path: Path, options: list[str], message: str
) -> None:
    with pytest.raises(MoviemotionError, match=message):
        CliRunner().invoke(
            app,
            ["compare", str(study), "--out", str(tmp_path / "out"), *options],
            catch_exceptions=False,
            standalone_mode=False,
        )
    assert not (tmp_path / "out").exists()


def test_one_segment_of_two_studies_is_compared(study: Path, room: Path, tmp_path: Path) -> None:
    lively = room / "lively"
    done = CliRunner().invoke(app, ["report", str(lively), "--participants", str(room / "people.csv")])
    assert done.exit_code == 0, done.output
    rule = f"older=age >= {20 + YOUNG}"
    done = CliRunner().invoke(
        app, ["compare", str(study), str(lively), "--out", str(tmp_path / "out"), "--segment", rule]
    )
    assert f"lively: older minus study: older: {YOUNG} viewers and {YOUNG} viewers" in done.output
    assert "happy" in done.output
