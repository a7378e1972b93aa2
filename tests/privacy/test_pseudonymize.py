"""After pseudonymization only the database says which seat or file a viewer comes from."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
from privacy_studies import PLACES, write_study

from moviemotion.analysis.signals.seat_map import Place, SeatMap
from moviemotion.errors import MoviemotionError
from moviemotion.privacy.erasure import erase
from moviemotion.privacy.participant_export import export_viewer
from moviemotion.privacy.pseudonymize import pseudonymize_study, replace_names
from moviemotion.privacy.status import find_viewer, read_status, verify_audit_log
from moviemotion.study.folder import StudyFolder
from moviemotion.study.provenance import load_analysis, read_provenance
from moviemotion.study.seat_table import SeatTable
from moviemotion.workflows.export import export
from moviemotion.workflows.report import report
from moviemotion.workflows.screen import screen

NAMES = (*PLACES, "row-1", "row-2", "row-3")


def test_no_file_but_the_database_has_a_name_of_a_camera(study: Path) -> None:
    export(study, ["csv", "vtt"])
    (study / "uploads").mkdir()
    (study / "uploads" / "cam-a.mp4").write_bytes(b"a recording")
    pseudonymize_study(study)
    for path in study.rglob("*"):
        if path.is_file() and not path.name.startswith("study.db") and path.name != "report.html":
            content = path.read_bytes()
            assert not any(f"{name}".encode() in content for name in NAMES if name != "row"), path
        assert not any(name in path.name for name in NAMES)
    report = (study / "report.html").read_text(encoding="utf-8")
    assert not any(name in report for name in ("cam-a", "cam-b", "row-1", "row-2", "row-3", "row.mp4"))
    assert "fingerprint" not in (study / "study.json").read_text(encoding="utf-8")


def test_the_notes_keep_their_sense(study: Path) -> None:
    pseudonymize_study(study)
    viewer, first, second = (find_viewer(study, seat) for seat in ("cam-a", "row-1", "row-2"))
    problems = list(map(str, load_analysis(study).data_quality.problems))
    assert f"{viewer}: ends at 30 s of 40 s" in problems
    assert any(problem.endswith(f": {first} and {second} changed places") for problem in problems)


def test_what_was_measured_stays_and_the_place_in_the_picture_goes(study: Path, finished: Path) -> None:
    pseudonymize_study(study)
    before, after = load_analysis(finished), load_analysis(study)
    for name in ("row-3", "cam-b"):
        old = before.timeline.viewers.index(name)
        new = after.timeline.viewers.index(find_viewer(study, name))
        np.testing.assert_array_equal(after.timeline.probabilities[new], before.timeline.probabilities[old])
    np.testing.assert_allclose(after.audience_curve.strength, before.audience_curve.strength)
    assert after.timeline.viewers == tuple(
        viewer
        for camera in sorted(StudyFolder.open_existing(study).cameras)
        for viewer in sorted(viewers_of(study, camera))
    )
    for camera in StudyFolder.open_existing(study).cameras:
        samples = StudyFolder.open_existing(study).read_samples(camera)
        assert samples is not None
        assert np.isnan(samples.box).all()


def viewers_of(study: Path, camera: str) -> tuple[str, ...]:
    samples = StudyFolder.open_existing(study).read_samples(camera)
    return samples.viewers if samples else ()


def test_a_second_time_nothing_changes(study: Path) -> None:
    pseudonymize_study(study)
    before = {p: p.read_bytes() for p in study.rglob("*") if p.is_file()}
    pseudonymize_study(study)
    database = ("study.db-wal", "study.db-shm")
    assert {p: p.read_bytes() for p in study.rglob("*") if p.is_file() and p.name not in database} == before
    assert verify_audit_log(study).rows == 2


@pytest.mark.parametrize("step", ["_replace_names_in_files", "rename_viewers", "rebuild_outputs"])
def test_an_interrupted_pseudonymization_is_completed(
    study: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(f"moviemotion.privacy.pseudonymize.{step}", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            pseudonymize_study(study)
    pseudonymize_study(study)
    assert len(load_analysis(study).timeline.viewers) == 5
    assert len(read_status(study).viewers) == 5
    assert {p.stem for p in (study / "samples").iterdir()} == set(StudyFolder.open_existing(study).cameras)


def test_the_command_that_made_it_leaves_it_alone(study: Path, seats: list[Path]) -> None:
    pseudonymize_study(study)
    with pytest.raises(MoviemotionError, match="contains a pseudonymized study"):
        screen(seats, study)


def test_a_study_that_is_not_finished_is_refused(study: Path) -> None:
    (study / "provenance.json").unlink()
    with pytest.raises(MoviemotionError, match="not finished"):
        pseudonymize_study(study)
    assert not (study / "study.db").exists()


def test_a_database_that_was_taken_away_is_not_replaced(study: Path) -> None:
    pseudonymize_study(study)
    (study / "study.db").unlink()
    with pytest.raises(MoviemotionError, match=r"study\.db is missing"):
        pseudonymize_study(study)


@pytest.mark.parametrize(
    ("text", "replaced"),
    [
        ("my films/seat-1.mp4: ends at 3 s", "X: ends at 3 s"),
        ("seat-1: was not read", "X: was not read"),
        ("seat-10 and seat-1-2 stay", "seat-10 and seat-1-2 stay"),
        ("row/seat-1.mp4: nobody was seen", "X: nobody was seen"),
        ("c: seat-1 and seat-2 changed places", "c: X and seat-2 changed places"),
    ],
)
def test_a_name_is_replaced_with_its_path_and_no_other_name_is_touched(text: str, replaced: str) -> None:
    assert replace_names(text, {"seat-1": "X"}) == replaced


def test_a_camera_named_by_folder_and_file_is_identified_by_its_path(tmp_path: Path) -> None:
    assert replace_names("videos/left/a.mp4: ends", {"left-a.mp4": "X"}) == "X: ends"


def test_the_script_is_not_touched(tmp_path: Path) -> None:
    folder = write_study(tmp_path / "study")
    provenance = json.loads((folder / "provenance.json").read_text(encoding="utf-8"))
    provenance["title"] = "The row"
    (folder / "provenance.json").write_text(json.dumps(provenance), encoding="utf-8")
    pseudonymize_study(folder)
    assert load_analysis(folder).title == "The row"


SEATED = {
    **{f"row-{k}": Place("Balcony", 10 + k) for k in (1, 2, 3)},
    "cam-a": Place("Balcony", 20),
    "cam-b": Place("Stalls", 3),
}


def give_seats(study: Path) -> None:
    report(study, seats=SeatTable("seats", SEATED, dict.fromkeys(SEATED, "seats")))


def neighbors(study: Path) -> set[frozenset[str]]:
    places = read_provenance(study).seats or {}
    together = SeatMap.of(tuple(places), places).neighbors()
    names = list(places)
    return {frozenset((names[a], names[b])) for a, b in np.argwhere(together).tolist()}


def test_a_seat_map_keeps_who_sat_together_but_not_where(study: Path) -> None:
    give_seats(study)
    pseudonymize_study(study)
    viewer = {name: find_viewer(study, name) for name in SEATED}
    places = read_provenance(study).seats
    assert places is not None
    assert list(places) == sorted(viewer.values())
    assert neighbors(study) == {
        frozenset((viewer["row-1"], viewer["row-2"])),
        frozenset((viewer["row-2"], viewer["row-3"])),
    }
    assert {place.row for place in places.values()} == {"1", "2"}
    row = sorted(places[viewer[name]].seat for name in SEATED if name != "cam-b")
    assert row in ([1, 2, 3, 6], [1, 4, 5, 6])  # seats 11, 12, 13 and 20, perhaps mirrored
    assert not any(
        b"Balcony" in path.read_bytes() or b"Stalls" in path.read_bytes()
        for path in study.rglob("*")
        if path.is_file()
    )


def test_seats_that_are_given_later_are_pseudonymized_too(study: Path) -> None:
    pseudonymize_study(study)
    places = {find_viewer(study, name): place for name, place in SEATED.items()}
    report(study, seats=SeatTable("seats", places, dict.fromkeys(places, "seats")))
    stored = read_provenance(study).seats
    assert stored is not None
    assert {place.row for place in stored.values()} == {"1", "2"}


def test_a_seat_is_exported_to_its_viewer_and_erased_with_them(study: Path, tmp_path: Path) -> None:
    give_seats(study)
    pseudonymize_study(study)
    viewer = find_viewer(study, "row-2")
    place = (read_provenance(study).seats or {})[viewer]
    with zipfile.ZipFile(export_viewer(study, viewer, tmp_path / "me.zip")) as archive:
        assert json.loads(archive.read("viewer.json"))["seat_map"] == {"row": place.row, "seat": place.seat}
    erase(study, viewer)
    assert viewer not in (read_provenance(study).seats or {})
    assert len(read_provenance(study).seats or {}) == 4
    assert neighbors(study) == set()
    assert len(load_analysis(study).timeline.viewers) == 4


def test_an_interrupted_pseudonymization_of_seats_is_completed(
    study: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    give_seats(study)
    with monkeypatch.context() as broken:
        broken.setattr("moviemotion.privacy.pseudonymize.rename_viewers", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            pseudonymize_study(study)
    pseudonymize_study(study)
    assert set(read_provenance(study).seats or {}) == set(load_analysis(study).timeline.viewers)
    assert len(neighbors(study)) == 2
