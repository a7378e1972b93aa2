"""Studies of earlier versions open, resume, report and erase viewers in this one; measurements are kept."""

from __future__ import annotations

import csv
import json
import re
import shutil
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from moviemotion._io.schemas import NewerVersionError
from moviemotion.audience.faces.emotion_model import OnnxEmotionModel
from moviemotion.audience.samples import Samples
from moviemotion.errors import MoviemotionError
from moviemotion.privacy.consent import camera_masks, find_receipt, state_by_receipt, viewer_by_receipt
from moviemotion.privacy.erasure import enforce_privacy, erase, find_files_containing, withdraw
from moviemotion.privacy.pseudonymize import is_finished
from moviemotion.privacy.status import find_viewer, read_status, verify_audit_log
from moviemotion.privacy.study_database import KEYS_FOLDER_VARIABLE, open_database
from moviemotion.study import manifest as study_manifest
from moviemotion.study.analysis_cache import cached_analysis
from moviemotion.study.file_names import AUDIENCE_OUTPUTS, VIEWER_OUTPUTS
from moviemotion.study.folder import StudyFolder, study_lock
from moviemotion.study.provenance import load_analysis
from moviemotion.study.schema import migrate_study
from moviemotion.workflows.report import report
from moviemotion.workflows.screen import screen

GOLDEN = Path(__file__).parent / "golden"
VERSIONS = sorted(path.name for path in GOLDEN.iterdir() if path.is_dir())
NOW = datetime(2026, 12, 1, tzinfo=UTC)
"""A day on which nothing of these studies has expired yet."""
RECORDINGS = ("seat-01.mp4", "seat-02.mp4", "row-03-04.mp4")


@pytest.fixture(params=VERSIONS)
def golden(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the studies of one version, with their folder of keys."""
    folder = Path(shutil.copytree(GOLDEN / request.param, tmp_path / "golden"))
    monkeypatch.setenv(KEYS_FOLDER_VARIABLE, str(folder / "keys"))
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def finished(golden: Path) -> Path:
    return golden / "finished"


def receipts(study: Path) -> dict[str, str]:
    """Seat → code of its receipt."""
    text = study.with_name(f"{study.name}-receipts.txt").read_text(encoding="utf-8")
    return dict(re.findall(r"^(\w+) Receipt (\S+)$", text, re.MULTILINE))


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def assert_facts_of_moments(earlier: Path, now: Path) -> None:
    """What was measured is the same; strength and synchrony have been defined differently since."""
    before, after = (json.loads(path.read_text(encoding="utf-8")) for path in (earlier, now))
    for fact in ("film", "viewers", "seconds", "conclusive"):
        assert after[fact] == before[fact]
    assert (after["method"]["seed"], after["method"]["alpha"]) == (
        before["method"]["seed"],
        before["method"]["alpha"],
    )
    assert len(after["moments"]) == len(before["moments"])


def readings(path: Path) -> list[tuple[str, ...]]:
    """The rows of timeline.csv without the viewers' random IDs, and without columns that are new."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = [
            {key: value for key, value in row.items() if key != "in_film" and not key.endswith("_peak")}
            for row in csv.DictReader(file)
        ]
    return sorted(tuple(row.values())[1:] for row in rows)


def assert_similar_readings(first: list[tuple[str, ...]], second: list[tuple[str, ...]]) -> None:
    """Earlier versions smoothed the samples, so probabilities are only similar."""
    assert [row[:2] for row in first] == [row[:2] for row in second]
    one, other = (np.array([row[2:] for row in rows if row[2]], float) for rows in (first, second))
    assert np.abs(one - other).mean() < 0.02
    assert np.abs(one.mean(axis=0) - other.mean(axis=0)).max() < 0.01


def test_reading_a_study_changes_nothing(finished: Path) -> None:
    before = contents(finished)
    assert load_analysis(finished).timeline.viewers
    assert len(StudyFolder.open_existing(finished).cameras) == 3
    assert is_finished(finished)
    assert verify_audit_log(finished).errors == ()
    assert {name: bytes_ for name, bytes_ in contents(finished).items() if "study.db" not in name} == {
        name: bytes_ for name, bytes_ in before.items() if "study.db" not in name
    }


def test_a_report_can_be_made_again(finished: Path) -> None:
    timeline = readings(finished / "timeline.csv")
    shutil.copy(finished / "moments.json", finished.with_name("moments-before.json"))
    report(finished)
    assert_similar_readings(readings(finished / "timeline.csv"), timeline)
    assert_facts_of_moments(finished.with_name("moments-before.json"), finished / "moments.json")
    assert (finished / "report.html").stat().st_size > 10_000


def test_a_study_is_migrated_when_its_lock_is_taken(finished: Path) -> None:
    before = load_analysis(finished)
    (finished / "notes.json").write_text('[{"id": "1", "at": 2, "text": "!", "by": "", "written": ""}]')
    (finished / "groups.json").write_text('{"schema": ["v-1"], "left": ["v-2"]}')
    with study_lock(finished):
        pass
    names = {path.name for path in finished.iterdir()}
    assert "provenance.json" in names
    assert "told.json" not in names
    record = json.loads((finished / "study.json").read_text(encoding="utf-8"))
    assert (record["schema"], record["version"]) == ("moviemotion/study", 5)
    assert not {"format", "reader", "register"} & set(record)
    assert record["emotion_model"] == {"name": "shipped", "fingerprint": "166927117759bfd0"}  # that of 0.1.0
    assert json.loads((finished / "notes.json").read_text())["notes"][0]["at"] == 2
    assert "groups.json" not in names
    segments = json.loads((finished / "segments.json").read_text())["segments"]
    assert segments == [{"name": "schema", "viewers": ["v-1"]}, {"name": "left", "viewers": ["v-2"]}]
    for camera in StudyFolder.open_existing(finished).cameras:
        samples = finished / "samples" / f"{camera}.parquet"
        migrated = samples.read_bytes()
        Samples.read(samples).write(samples)
        assert samples.read_bytes() == migrated
    after = load_analysis(finished)
    assert (after.timeline.probabilities == before.timeline.probabilities).all()
    assert after.script == before.script
    migrated_files = contents(finished)
    with study_lock(finished):
        pass
    assert contents(finished) == migrated_files


def test_an_interrupted_migration_is_completed(finished: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written = []

    def breaks_off(samples: Samples, path: Path) -> None:
        if written:
            raise KeyboardInterrupt
        written.append(path)
        write(samples, path)

    write = Samples.write
    monkeypatch.setattr(Samples, "write", breaks_off)
    with pytest.raises(KeyboardInterrupt), study_lock(finished):
        pass
    assert load_analysis(finished).timeline.viewers  # a mixture of versions is readable too
    monkeypatch.undo()
    monkeypatch.setenv(KEYS_FOLDER_VARIABLE, str(finished.with_name("keys")))
    with study_lock(finished):
        pass
    assert json.loads((finished / "study.json").read_text(encoding="utf-8"))["version"] == 5


def test_an_interrupted_screening_resumes(golden: Path) -> None:
    study, done = golden / "interrupted", golden / "interrupted" / "samples" / "seat-02.parquet"
    before = Samples.read(done)
    processed: list[str] = []
    result = screen(
        [Path("recordings") / name for name in RECORDINGS],
        Path("interrupted"),
        Path("film.fountain"),
        Path("film.srt"),
        rate=2,
        progress=lambda camera, seconds: processed.append(camera.name),
        masks=camera_masks,
    )
    assert set(processed) == {"seat-01", "row-03-04"}
    assert (Samples.read(done).emotions == before.emotions).all()
    assert result.analysis.data_quality.viewers == 4
    assert "mixed-networks" in {problem.code for problem in result.analysis.data_quality.problems}
    enforce_privacy(study, NOW)
    # The remaining cameras are read by the current model, so readings are only close.
    resumed, whole = (readings(folder / "timeline.csv") for folder in (study, golden / "finished"))
    assert sorted(row[:2] for row in resumed) == sorted(row[:2] for row in whole)
    means = [np.array([row[2:] for row in rows], float).mean(axis=0) for rows in (resumed, whole)]
    assert means[0] == pytest.approx(means[1], abs=0.06)
    assert_facts_of_moments(golden / "finished" / "moments.json", study / "moments.json")


def test_a_resumed_study_says_which_setting_differs(golden: Path) -> None:
    def resume(rate: float = 2, subtitles: Path | None = Path("film.srt"), seed: int = 36) -> None:
        videos = [Path("recordings") / name for name in RECORDINGS]
        screen(videos, Path("interrupted"), Path("film.fountain"), subtitles, rate=rate, seed=seed)

    before = contents(golden / "interrupted")
    with pytest.raises(MoviemotionError, match=r"made with rate 2, not 5;") as refused:
        resume(rate=5)
    assert "\n" not in str(refused.value)
    with pytest.raises(MoviemotionError, match=r"made with seed 36, not 7; film\.srt;"):
        resume(seed=7, subtitles=None)
    assert contents(golden / "interrupted") == before


def test_a_killed_capture_is_finished(golden: Path) -> None:
    study, expected = golden / "killed-capture", golden / "killed-capture-outputs"
    report(study)
    assert_similar_readings(readings(study / "timeline.csv"), readings(expected / "timeline.csv"))
    assert (study / "gaps.csv").read_bytes() == (expected / "gaps.csv").read_bytes()
    assert_facts_of_moments(expected / "moments.json", study / "moments.json")
    assert not (study / "live").exists()
    # The report of a capture of that version can be made again too.
    shutil.copy(expected / "capture.json", study)
    for name in ("provenance.json", *VIEWER_OUTPUTS, *AUDIENCE_OUTPUTS):
        (study / name).unlink(missing_ok=True)
    report(study)


def test_the_audit_log_is_verified_and_continues(finished: Path) -> None:
    status = read_status(finished, NOW)
    assert Counter(str(known.state) for known in status.viewers) == {"accepted": 4}
    assert verify_audit_log(finished).anchored
    for code in receipts(finished).values():
        assert find_receipt(finished, code).row <= status.row
    with open_database(finished) as database, database.transaction():
        pass
    with open_database(finished) as database:
        assert database.connection.execute("PRAGMA user_version").fetchone() == (2,)
        assert database.connection.execute("PRAGMA application_id").fetchone()[0] > 0
    assert verify_audit_log(finished).errors == ()


def test_a_viewer_withdraws_with_a_receipt_of_that_version(finished: Path) -> None:
    code = receipts(finished)["A1"]
    viewer = viewer_by_receipt(finished, code)
    before = load_analysis(finished)
    proof = withdraw(finished, code, NOW)
    assert state_by_receipt(finished, code) is None
    assert list(find_files_containing(finished, viewer)) == []
    after = load_analysis(finished)
    assert set(before.timeline.viewers) - set(after.timeline.viewers) == {viewer}
    assert find_receipt(finished, proof.code).row == proof.row
    assert verify_audit_log(finished).errors == ()


def test_a_viewer_is_erased(finished: Path) -> None:
    viewer = find_viewer(finished, "A2")
    result = erase(finished, viewer, now=NOW)
    assert result.samples > 0
    assert result.unknown_files == ()
    assert viewer not in load_analysis(finished).timeline.viewers
    assert list(find_files_containing(finished, viewer)) == []


def test_what_has_expired_is_deleted(finished: Path) -> None:
    enforce_privacy(finished, datetime(2035, 1, 1, tzinfo=UTC))
    assert not {"told.json", "provenance.json", "samples", "timeline.csv"} & {
        path.name for path in finished.iterdir()
    }


def test_another_version_of_the_program_is_a_problem_of_the_report(
    golden: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(study_manifest, "__version__", "9.0.0")
    monkeypatch.setattr(OnnxEmotionModel, "fingerprint", "another")
    monkeypatch.setattr(study_manifest, "weights_fingerprint", lambda path: "another")
    videos = [Path("recordings") / name for name in RECORDINGS]
    result = screen(videos, Path("interrupted"), Path("film.fountain"), Path("film.srt"), rate=2)
    problems = " ".join(map(str, result.analysis.data_quality.problems))
    assert "Cameras were measured with moviemotion 0.1.0" in problems
    assert "this analysis was made with 9.0.0" in problems
    assert "different versions of the emotion model" in problems
    assert "different versions of the emotion model" in (golden / "interrupted" / "report.html").read_text(
        encoding="utf-8"
    )
    enforce_privacy(golden / "interrupted", NOW)  # which renames the cameras, and keeps this
    assert "different versions of the emotion model" in " ".join(
        map(str, load_analysis(golden / "interrupted").data_quality.problems)
    )
    assert "another version of the emotion model than" in " ".join(
        map(str, load_analysis(golden / "finished").data_quality.problems)
    )


@pytest.mark.parametrize("name", ["study.json", "provenance.json", "notes.json", "samples"])
def test_a_file_of_a_newer_version_is_refused_in_one_line(finished: Path, name: str) -> None:
    with study_lock(finished):
        (finished / "notes.json").write_text('{"schema": "moviemotion/notes", "version": 2, "notes": []}')
    path = finished / name
    if name == "samples":
        path = next(path.iterdir())
        table = pq.read_table(path)
        metadata = {**table.schema.metadata, b"version": b"99"}
        pq.write_table(table.replace_schema_metadata(metadata), path)
    else:
        record = json.loads(path.read_text(encoding="utf-8"))
        path.write_text(json.dumps({**record, "version": 99}), encoding="utf-8")
    study = json.loads((finished / "study.json").read_text(encoding="utf-8"))
    if name != "study.json":
        (finished / "study.json").write_text(json.dumps({**study, "version": 1}), encoding="utf-8")
    before = contents(finished)
    with pytest.raises(
        NewerVersionError, match=rf"{path.name}: uses version 99 .*; upgrade moviemotion"
    ) as refused:
        migrate_study(finished)
    assert "\n" not in str(refused.value)
    assert contents(finished) == before


def test_a_database_of_a_newer_version_is_refused_in_one_line(finished: Path) -> None:
    with open_database(finished) as database:
        database.connection.execute("PRAGMA user_version = 99")
    with pytest.raises(NewerVersionError, match=r"study\.db: uses version 99 .*; upgrade moviemotion"):
        read_status(finished, NOW)


def test_a_study_is_cached_once_it_is_migrated(finished: Path) -> None:
    cached_analysis(finished)
    assert (finished / "exports" / "analysis.npz").is_file()
    assert (finished / "provenance.json").is_file()
