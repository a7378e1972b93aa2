"""After an erasure nothing of the viewer is anywhere in the study folder; of the others nothing is lost."""

from __future__ import annotations

import json
import sqlite3
import zipfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from privacy_studies import PLACES, REGIONS, TERMS, another_program, write_study

from moviemotion._io.locks import LockHeldError
from moviemotion.audience.faces.identity_switches import IdentitySwitch
from moviemotion.audience.samples import Samples
from moviemotion.emotions import EMOTIONS
from moviemotion.errors import MoviemotionError
from moviemotion.privacy import consent, encrypted_pictures, retention
from moviemotion.privacy.consent import ConsentState
from moviemotion.privacy.disclosure import load_disclosure
from moviemotion.privacy.erasure import enforce_privacy, erase, find_files_containing, withdraw
from moviemotion.privacy.pseudonymize import pseudonymize_study
from moviemotion.privacy.status import find_viewer, read_status, verify_audit_log
from moviemotion.privacy.study_database import StudyDatabase, open_database
from moviemotion.study.file_names import LOCK_FILE
from moviemotion.study.folder import StudyFolder
from moviemotion.study.provenance import load_analysis
from moviemotion.workflows.export import export
from moviemotion.workflows.partial_results import analyze_partial_results
from moviemotion.workflows.report import report


def samples_in(folder: Path) -> dict[str, Samples]:
    """Viewer's id → the samples of their camera."""
    study = StudyFolder.open_existing(folder)
    every = [samples for camera in study.cameras if (samples := study.read_samples(camera))]
    return {viewer: samples for samples in every for viewer in samples.viewers}


def readings(samples: Samples, viewer: str) -> np.ndarray:
    return samples.emotions[samples.viewer == samples.viewers.index(viewer)]


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def holds_readings(folder: Path, emotions: np.ndarray) -> list[str]:
    """Files in which one of a viewer's readings is found: in a table's columns, as bytes, or as text."""
    found = []
    for name, content in bytes_of(folder).items():
        texts = {f"{value:.4f},{other:.4f}".encode() for value, other in emotions[:, :2]}
        raw = {row.tobytes() for row in emotions} | {column[:4].tobytes() for column in emotions.T}
        if any(needle in content for needle in texts | raw):
            found.append(name)
        if name.endswith(".parquet"):
            table = pq.read_table(folder / name)
            column = table[str(EMOTIONS[0])].to_numpy()
            if np.isin(column, emotions[:, 0]).any():
                found.append(name)
    return found


@pytest.mark.parametrize("seat", ["cam-a", "row-2"])
def test_no_byte_of_an_erased_viewer_is_left(study: Path, seat: str) -> None:
    viewer = find_viewer(study, seat)
    emotions = readings(samples_in(study)[viewer], viewer)
    assert holds_readings(study, emotions)
    assert {path.name for path in find_files_containing(study, viewer)} >= {
        "timeline.csv",
        "report.html",
        "study.db",
    }
    written = export(study, frame_rate=25)
    assert any(path in written for path in find_files_containing(study, viewer))
    (study / "my copy.csv").write_text(f"{viewer},0.5\n", encoding="utf-8")
    (study / "timeline.csv.partial").write_text(f"{viewer}\n", encoding="utf-8")
    pq.write_table(pa.table({"who": [viewer] * 3}), study / "copy.parquet")
    erased = erase(study, viewer)
    assert erased.samples == 80
    assert erased.files == ("copy.parquet", "my copy.csv")
    assert not any(viewer.encode() in content for content in bytes_of(study).values())
    assert list(find_files_containing(study, viewer)) == []
    assert holds_readings(study, emotions) == []
    assert not any(path.exists() for path in written)


def test_the_others_readings_stay_as_they_were(study: Path) -> None:
    pseudonymize_study(study)
    before = {v: readings(samples, v) for v, samples in samples_in(study).items()}
    gone = find_viewer(study, "row-2")
    erase(study, gone)
    after = {v: readings(samples, v) for v, samples in samples_in(study).items()}
    assert set(after) == set(before) - {gone}
    for viewer, samples in after.items():
        np.testing.assert_array_equal(samples, before[viewer])


def test_the_results_are_those_of_a_study_without_the_viewer(study: Path) -> None:
    pseudonymize_study(study)
    gone = find_viewer(study, "row-3")
    before = load_analysis(study)
    erase(study, gone)
    after = load_analysis(study)
    others = [index for index, viewer in enumerate(before.timeline.viewers) if viewer != gone]
    np.testing.assert_allclose(after.audience_curve.strength, np.nanmean(before.strength[others], axis=0))
    assert json.loads((study / "moments.json").read_text(encoding="utf-8"))["viewers"] == 4


def test_a_camera_without_remaining_viewers_is_removed_with_its_notes(study: Path) -> None:
    pseudonymize_study(study)
    assert any("30 s of 40 s" in str(problem) for problem in load_analysis(study).data_quality.problems)
    erase(study, find_viewer(study, "cam-a"))
    assert len(StudyFolder.open_existing(study).cameras) == 2
    assert not any("30 s of 40 s" in str(problem) for problem in load_analysis(study).data_quality.problems)


def test_the_last_viewer_takes_the_results_with_them(study: Path) -> None:
    for known in read_status(study).viewers:
        erase(study, known.viewer)
    assert {path.name for path in study.iterdir() if path.suffix not in (".lock", ".db-lock")} == {
        "study.db",
        "study.json",
        "provenance.json",
        "samples",
    }
    assert read_status(study).viewers == ()


def test_bytes_that_an_interrupted_erasure_left_are_overwritten_later(
    study: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rows are deleted, but the database file may still hold their bytes until it is scrubbed."""
    viewer = find_viewer(study, "cam-a")
    scrub = StudyDatabase.scrub

    def interrupted(database: StudyDatabase) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(StudyDatabase, "scrub", interrupted)
    with pytest.raises(KeyboardInterrupt):
        erase(study, viewer)
    scrubbed: list[bool] = []

    def counted(database: StudyDatabase) -> None:
        due = database.get_metadata("unscrubbed") is not None
        scrub(database)
        scrubbed.append(due)

    monkeypatch.setattr(StudyDatabase, "scrub", counted)
    enforce_privacy(study)
    assert scrubbed[0]
    with open_database(study) as database:
        assert database.get_metadata("unscrubbed") is None
    assert not any(viewer.encode() in path.read_bytes() for path in study.glob("study.db*"))


def test_after_an_exchange_of_seats_it_is_the_person_who_goes(tmp_path: Path) -> None:
    folder = write_study(tmp_path / "study", (IdentitySwitch(25.0, 0, 1, followed=False),))
    pseudonymize_study(folder)
    first, second = find_viewer(folder, "row-1"), find_viewer(folder, "row-2")
    samples = samples_in(folder)[first]
    a, b = samples.viewers.index(first), samples.viewers.index(second)
    seat_a, seat_b = samples.viewer == a, samples.viewer == b
    early, late = samples.time <= 15.0, samples.time > 25.0
    erase(folder, first)
    left = readings(samples_in(folder)[second], second)
    np.testing.assert_array_equal(
        left, np.concatenate([samples.emotions[seat_b & early], samples.emotions[seat_a & late]])
    )
    assert holds_readings(folder, samples.emotions[seat_a & early]) == []
    assert holds_readings(folder, samples.emotions[seat_b & late]) == []


def test_an_open_database_connection_is_reported_and_a_second_try_finishes(
    study: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    viewer = find_viewer(study, "cam-b")
    reader = sqlite3.connect(study / "study.db", isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT * FROM viewers").fetchall()
    monkeypatch.setattr("moviemotion.privacy.study_database.BUSY_TIMEOUT", 0.1)
    with pytest.raises(MoviemotionError, match="another program is reading the file"):
        erase(study, viewer)
    reader.close()
    enforce_privacy(study)
    assert list(find_files_containing(study, viewer)) == []


def test_what_was_deleted_without_being_overwritten_goes_too(study: Path) -> None:
    viewer = find_viewer(study, "cam-b")
    careless = sqlite3.connect(study / "study.db")
    careless.execute("PRAGMA secure_delete = OFF")
    careless.execute("INSERT INTO disclosures VALUES ('x', ?)", (f"{viewer} told us " * 400,))
    careless.commit()
    careless.execute("DELETE FROM disclosures")
    careless.commit()
    careless.close()
    assert f"{viewer} told us".encode() in (study / "study.db").read_bytes()
    erase(study, viewer)
    assert list(find_files_containing(study, viewer)) == []


def test_an_unknown_file_is_named_and_stays(study: Path) -> None:
    (study / "notes.txt").write_text("the woman in the first row", encoding="utf-8")
    assert erase(study, find_viewer(study, "cam-b")).unknown_files == ("notes.txt",)
    assert (study / "notes.txt").is_file()


def test_an_unknown_file_that_cannot_be_unpacked_does_not_stop_an_erasure(study: Path) -> None:
    viewer = find_viewer(study, "cam-b")
    (study / "mine.parquet").write_bytes(b"PAR1" + b"no table" * 9)
    with zipfile.ZipFile(study / "mine.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("who.txt", f"{viewer} " * 99)
    whole = (study / "mine.zip").read_bytes()
    (study / "mine.zip").write_bytes(whole[:40] + bytes(20) + whole[60:])
    assert erase(study, viewer).unknown_files == ("mine.parquet", "mine.zip")
    assert list(find_files_containing(study, viewer)) == []


def test_an_unknown_viewer_is_refused(study: Path) -> None:
    with pytest.raises(MoviemotionError, match=r"no data .*is stored"):
        erase(study, "v-000000000000")


def governed(folder: Path) -> dict[str, consent.Receipt]:
    """Begin a study with a database, ask its seats, and screen it; seat → receipt."""
    retention.begin_study(folder, TERMS, {})
    for seat, region in REGIONS.items():
        consent.add_seat(folder, seat, "row", region)
    consent.add_seat(folder, "A", "cam-a")
    consent.add_seat(folder, "B", "cam-b")
    version = load_disclosure(folder).version
    receipts = {
        seat: consent.record_answer(folder, consent.ask_for_consent(folder, seat), seat != "R2", version)
        for seat in (*REGIONS, "A", "B")
    }
    write_study(folder)
    return receipts


def test_a_withdrawal_erases_and_its_receipt_can_still_be_checked(tmp_path: Path) -> None:
    receipts = governed(folder := tmp_path / "study")
    pseudonymize_study(folder)
    viewer = consent.viewer_by_receipt(folder, receipts["A"].code)
    name = encrypted_pictures.store_picture(folder, viewer, np.full((8, 8, 3), 77, np.uint8), 3.0)
    picture = (folder / "pictures" / name).read_bytes()
    receipt = withdraw(folder, receipts["A"].code)
    assert not any(viewer.encode() in content for content in bytes_of(folder).values())
    assert not any(picture[12:44] in content for content in bytes_of(folder).values())
    assert consent.find_receipt(folder, receipt.code).state == ConsentState.WITHDRAWN
    assert consent.find_receipt(folder, receipts["A"].code).state == ConsentState.ACCEPTED
    with pytest.raises(MoviemotionError, match=r"no data .*is stored"):
        consent.viewer_by_receipt(folder, receipt.code)
    assert verify_audit_log(folder).errors == ()


def test_who_withdraws_while_it_is_screened_is_erased_at_its_end(tmp_path: Path) -> None:
    receipts = governed(folder := tmp_path / "study")
    record = (folder / "provenance.json").read_bytes()
    (folder / "provenance.json").unlink()
    viewer = consent.viewer_by_receipt(folder, receipts["B"].code)
    withdraw(folder, receipts["B"].code)
    assert consent.camera_masks(folder, PLACES)["cam-b"].hides_everything
    (folder / "provenance.json").write_bytes(record)
    pseudonymize_study(folder)
    assert enforce_privacy(folder).erased == 1
    assert not any(viewer.encode() in content for content in bytes_of(folder).values())
    assert len(load_analysis(folder).timeline.viewers) == 3


def test_a_viewer_who_withdraws_during_a_screening_is_in_no_partial_result(tmp_path: Path) -> None:
    receipts = governed(folder := tmp_path / "study")
    pseudonymize_study(folder)
    viewer = consent.viewer_by_receipt(folder, receipts["B"].code)
    withdraw(folder, receipts["B"].code, defer_erasure=True)
    partial = analyze_partial_results(folder)
    assert partial.finished_cameras == 2
    assert viewer not in partial.analysis.timeline.viewers


def test_only_who_accepted_is_in_the_samples(tmp_path: Path) -> None:
    governed(folder := tmp_path / "study")
    pseudonymize_study(folder)
    accepted = {seat.viewer for seat in consent.list_seats(folder) if seat.state is ConsentState.ACCEPTED}
    assert len(accepted) == 4
    assert set(samples_in(folder)) == accepted


def test_a_crash_before_the_database_is_erased_is_fixed_by_a_second_erasure(
    study: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    viewer = find_viewer(study, "row-1")
    with monkeypatch.context() as broken:
        broken.setattr("moviemotion.privacy.erasure.rebuild_outputs", lambda _: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            erase(study, viewer)
    with open_database(study) as database:
        assert database.connection.execute("SELECT COUNT(*) FROM viewers").fetchone() == (5,)
    erase(study, viewer)
    assert list(find_files_containing(study, viewer)) == []


def test_a_study_locked_by_another_program_is_neither_erased_from_nor_reported_nor_exported(
    study: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pseudonymize_study(study)
    viewer = find_viewer(study, "row-1")
    monkeypatch.setattr("moviemotion.study.folder.LOCK_TIMEOUT", 0.1)
    before = bytes_of(study)
    with another_program(study / LOCK_FILE):
        for attempt in (lambda: erase(study, viewer), lambda: enforce_privacy(study), lambda: report(study)):
            with pytest.raises(LockHeldError, match="another program"):
                attempt()
        with pytest.raises(LockHeldError, match="another program"):
            export(study, ["csv"])
    assert bytes_of(study) == before


def test_a_viewer_who_withdraws_while_another_program_runs_is_erased_after_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    receipts = governed(folder := tmp_path / "study")
    pseudonymize_study(folder)
    viewer = consent.viewer_by_receipt(folder, receipts["A"].code)
    monkeypatch.setattr("moviemotion.study.folder.LOCK_TIMEOUT", 0.1)
    with another_program(folder / LOCK_FILE):
        assert consent.find_receipt(folder, withdraw(folder, receipts["A"].code).code).state == "withdrawn"
    assert list(find_files_containing(folder, viewer)) != []
    assert enforce_privacy(folder).erased == 1
    assert list(find_files_containing(folder, viewer)) == []
