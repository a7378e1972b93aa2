"""Damaged and missing files of a study end in one line that names the file, and nothing is lost."""

from __future__ import annotations

import json
import shutil
from contextlib import suppress
from pathlib import Path

import pytest

from moviemotion.audience.samples import Samples
from moviemotion.errors import MoviemotionError
from moviemotion.privacy.erasure import erase, find_files_containing, withdraw
from moviemotion.privacy.status import find_viewer, read_status, verify_audit_log
from moviemotion.privacy.study_database import KEYS_FOLDER_VARIABLE
from moviemotion.problems import Harm, Problem
from moviemotion.study.folder import StudyFolder, study_lock
from moviemotion.study.provenance import load_analysis
from moviemotion.workflows.report import report

GOLDEN = Path(__file__).parent / "golden" / "0.1.0"


@pytest.fixture
def earlier(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A finished study of moviemotion 0.1.0."""
    folder = Path(shutil.copytree(GOLDEN, tmp_path / "golden"))
    monkeypatch.setenv(KEYS_FOLDER_VARIABLE, str(folder / "keys"))
    return folder / "finished"


@pytest.fixture
def finished(earlier: Path) -> Path:
    with study_lock(earlier):
        return earlier


def contents(folder: Path) -> dict[str, bytes]:
    files = [path for path in sorted(folder.rglob("*")) if path.is_file() and "study.db" not in path.name]
    return {str(path.relative_to(folder)): path.read_bytes() for path in files if path.name != "study.lock"}


def change(path: Path, **values: object) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text(encoding="utf-8")), **values}), encoding="utf-8")


def one_line(refused: pytest.ExceptionInfo[MoviemotionError]) -> None:
    assert "\n" not in str(refused.value)
    assert ";" in str(refused.value)


@pytest.mark.parametrize("name", ["notes.json", "groups.json", "segments.json", "participants.json"])
@pytest.mark.parametrize("damage", ['[{"text": "VIEWER', "\xff\xfe VIEWER", '{"a": Infinity, "b": "VIEWER"}'])
@pytest.mark.parametrize("version", ["earlier", "finished"])
def test_a_damaged_note_stops_no_erasure(
    request: pytest.FixtureRequest, version: str, name: str, damage: str
) -> None:
    study = request.getfixturevalue(version)
    viewer = find_viewer(study, "A2")
    (study / name).write_text(damage.replace("VIEWER", viewer), encoding="latin-1")
    assert erase(study, viewer).damaged_files == (name,)
    assert list(find_files_containing(study, viewer)) == []
    assert "erased" in (study / name).read_text(encoding="latin-1")
    assert viewer not in load_analysis(study).timeline.viewers


def test_a_damaged_note_stops_no_withdrawal(finished: Path) -> None:
    text = (finished.parent / "finished-receipts.txt").read_text(encoding="utf-8")
    code = next(line.split()[-1] for line in text.splitlines() if line.startswith("A1 Receipt"))
    viewer = find_viewer(finished, "A1")
    (finished / "notes.json").write_text("{", encoding="utf-8")
    withdraw(finished, code)
    assert viewer not in load_analysis(finished).timeline.viewers


def test_missing_samples_are_a_problem(finished: Path) -> None:
    camera = StudyFolder.open_existing(finished).cameras[0]
    (finished / "samples" / f"{camera}.parquet").unlink()
    expected = f"camera {camera}: its samples are missing; restore samples/{camera}.parquet from a backup"
    assert expected in map(str, load_analysis(finished).data_quality.problems)
    assert expected in map(str, report(finished).analysis.data_quality.problems)
    provenance = json.loads((finished / "provenance.json").read_text(encoding="utf-8"))
    skipped = Problem("camera-skipped", Harm.MISSING, "cannot be opened", camera).to_json()
    change(finished / "provenance.json", problems=[*provenance["problems"], skipped])
    assert expected not in map(str, load_analysis(finished).data_quality.problems)


def test_a_viewer_in_two_files_is_a_problem(finished: Path) -> None:
    first, second, *_ = StudyFolder.open_existing(finished).cameras
    shutil.copy(finished / "samples" / f"{first}.parquet", finished / "samples" / f"{second}.parquet")
    problems = list(map(str, load_analysis(finished).data_quality.problems))
    assert any(f"samples/{first}.parquet and samples/{second}.parquet; restore" in line for line in problems)


def test_a_lost_provenance_is_not_replaced_without_the_script(finished: Path) -> None:
    (finished / "provenance.json").unlink()
    before = contents(finished)
    with pytest.raises(MoviemotionError, match=r"provenance\.json: missing.*with script") as refused:
        report(finished)
    one_line(refused)
    assert contents(finished) == before
    report(finished, finished.parent / "film.fountain", finished.parent / "film.srt")


@pytest.mark.parametrize("act", [read_status, verify_audit_log, report])
def test_the_database_of_another_study_is_refused(finished: Path, act) -> None:
    shutil.copy(finished.parent / "interrupted" / "study.db", finished / "study.db")
    with pytest.raises(MoviemotionError, match=r"study\.db: belongs to another study; restore it") as refused:
        act(finished)
    one_line(refused)
    (finished / "study.db").unlink()
    with pytest.raises(MoviemotionError, match=r"its study\.db is missing; restore it"):
        act(finished)


DAMAGES = {
    "told.json": ["[]", "{}", '{"script": {"cues": [{"element": 0}]}}', "{"],
    "capture.json": ["[NaN]", '{"a": Infinity}', "{"],
    "uploads/screening.json": ["{}", "[]"],
}


@pytest.mark.parametrize(("name", "text"), [(name, text) for name in DAMAGES for text in DAMAGES[name]])
def test_a_damaged_file_leaves_the_study_unmigrated(earlier: Path, name: str, text: str) -> None:
    (earlier / "uploads").mkdir()
    (earlier / name).write_text(text, encoding="utf-8")
    before = contents(earlier)
    with pytest.raises(MoviemotionError, match=rf"{name}: damaged; restore it from a backup") as refused:
        report(earlier)
    one_line(refused)
    assert contents(earlier) == before


def test_damaged_samples_leave_the_study_unmigrated(earlier: Path) -> None:
    path = sorted((earlier / "samples").iterdir())[-1]
    data = bytearray(path.read_bytes())
    data[4:400] = bytes(byte ^ 0xFF for byte in data[4:400])
    path.write_bytes(data)
    before = contents(earlier)
    with pytest.raises(MoviemotionError, match=rf"{path.name}: damaged; restore it from a backup$"):
        report(earlier)
    assert contents(earlier) == before


def test_flipped_bytes_of_samples_are_one_line_or_valid_samples(finished: Path) -> None:
    path = sorted((finished / "samples").iterdir())[0]
    intact = path.read_bytes()
    study = StudyFolder.open_existing(finished)
    for at in range(4, len(intact), len(intact) // 200):
        path.write_bytes(intact[:at] + bytes([intact[at] ^ 0xFF]) + intact[at + 1 :])
        with suppress(MoviemotionError):
            assert isinstance(study.read_samples(path.stem), Samples)


@pytest.mark.parametrize(
    "values",
    [
        {"earlier_versions": [5]},
        {"earlier_versions": None},
        {"moviemotion": 5},
        {"version": 0},
        {"version": -5},
        {"version": True},
        {"cameras": []},
        None,
    ],
)
def test_a_damaged_study_json_is_one_line(finished: Path, values: dict[str, object] | None) -> None:
    path = finished / "study.json"
    change(path, **values) if values else path.write_text("[]", encoding="utf-8")
    before = contents(finished)
    for act in (load_analysis, report):
        with pytest.raises(MoviemotionError, match=r"study\.json: .*; restore it from a backup$") as refused:
            act(finished)
        one_line(refused)
    assert contents(finished) == before


def test_a_truncated_study_json_is_restored_from_a_copy(finished: Path) -> None:
    (finished / "study.json").write_text('{"cameras": {', encoding="utf-8")
    with pytest.raises(MoviemotionError, match=r"study\.json: damaged .*; restore it from a backup$"):
        load_analysis(finished)


@pytest.mark.parametrize(
    "values",
    [
        {"baseline": ["a", "b"]},
        {"baseline": [1, float("inf")]},
        {"seed": "x"},
        {"seed": -1},
        {"title": None},
        {"problems": "abc"},
    ],
)
def test_a_damaged_provenance_is_one_line(finished: Path, values: dict[str, object]) -> None:
    change(finished / "provenance.json", **values)
    before = contents(finished)
    for act in (load_analysis, report):
        with pytest.raises(
            MoviemotionError, match=r"provenance\.json: cannot be read; restore it"
        ) as refused:
            act(finished)
        one_line(refused)
    assert contents(finished) == before


@pytest.mark.parametrize("text", ["[null]", '{"cameras": 5}', '{"cameras": [], "gaps": [{}]}', "{"])
def test_a_damaged_capture_report_is_one_line(finished: Path, text: str) -> None:
    (finished / "capture.json").write_text(text, encoding="utf-8")
    film = finished.parent
    with pytest.raises(
        MoviemotionError, match=r"capture\.json: damaged; restore it from a backup"
    ) as refused:
        report(finished, film / "film.fountain", film / "film.srt")
    one_line(refused)
