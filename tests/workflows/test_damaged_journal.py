"""A capture whose journal is damaged is finished, says what was lost, and keeps the journal."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from moviemotion.audience.live.finalize import Offset, find_gaps
from moviemotion.audience.live.journal import read_brightness, read_faces, read_state_changes
from moviemotion.workflows.report import report

GOLDEN = Path(__file__).parents[1] / "study" / "golden" / "0.1.0" / "killed-capture"


@pytest.fixture
def study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A capture that was killed."""
    for name in ("film.fountain", "film.srt", "recordings", "seats.toml"):
        source = GOLDEN.parent / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, tmp_path / name)
    monkeypatch.chdir(tmp_path)
    return Path(shutil.copytree(GOLDEN, tmp_path / "study"))


def damage(path: Path, at: float) -> None:
    data = bytearray(path.read_bytes())
    start = int(len(data) * at) // 8 * 8
    data[start : start + 64] = b"\x5a" * 64
    path.write_bytes(data)


@pytest.mark.parametrize("at", [0.0, 0.2, 0.4])
@pytest.mark.parametrize("kind", ["faces", "light"])
def test_a_damaged_stream_is_named_and_stays(study: Path, kind: str, at: float) -> None:
    whole = sum(len(read_faces(study / "live", c).frame_times) for c in ("seat-01", "row-03-04"))
    path = study / "live" / f"seat-01.{kind}.arrows"
    damage(path, at)
    problems = list(map(str, report(study).analysis.data_quality.problems))
    assert any(f"live/{path.name}: damaged" in line and "restore the file" in line for line in problems)
    assert path.is_file()
    assert not any("did not keep up" in line for line in problems)
    shutil.copy(GOLDEN / "live" / path.name, path)
    problems = list(map(str, report(study).analysis.data_quality.problems))
    assert not any("damaged" in line for line in problems)
    assert whole
    assert not (study / "live").exists()


def test_a_missing_stream_is_named(study: Path) -> None:
    (study / "live" / "seat-01.faces.arrows").unlink()
    problems = list(map(str, report(study).analysis.data_quality.problems))
    assert any("live/seat-01.faces.arrows: damaged" in line for line in problems)
    assert (study / "live").is_dir()


@pytest.mark.parametrize("garbage", ["\xff\x00garbage", "[1]", '{"camera": "seat-01", "time": "x"}'])
def test_garbage_among_the_states_hides_no_later_line(study: Path, garbage: str) -> None:
    path = study / "live" / "states.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines()
    changes = read_state_changes(study / "live")
    path.write_text("\n".join([lines[0], garbage, *lines[1:]]) + "\n", encoding="latin-1")
    assert read_state_changes(study / "live") == changes
    problems = list(map(str, report(study).analysis.data_quality.problems))
    assert any("live/states.jsonl: damaged" in line for line in problems)
    assert path.is_file()


def test_an_incomplete_last_record_is_no_damage(study: Path) -> None:
    with (study / "live" / "states.jsonl").open("a", encoding="utf-8") as file:
        file.write('{"camera": "seat-01", "ti')
    faces = study / "live" / "seat-01.faces.arrows"
    faces.write_bytes(faces.read_bytes()[:-24])
    problems = list(map(str, report(study).analysis.data_quality.problems))
    assert not any("damaged" in line for line in problems)
    assert not (study / "live").exists()


def test_a_gap_at_the_end_of_a_journal_that_was_cut_off_has_that_reason(study: Path) -> None:
    live = study / "live"
    faces = live / "seat-01.faces.arrows"
    faces.write_bytes(faces.read_bytes()[: faces.stat().st_size // 2])
    assert read_brightness(live, "seat-01")[0][-1] > 4
    gaps = find_gaps(live, {"seat-01": Offset(0.0, float("nan"), "given")}, 5.0)
    assert [gap.reason for gap in gaps][-1] == "lost: the journal of the camera's faces is cut off"
