"""What is known about participants follows them: random IDs, erasure, export and retention."""

from __future__ import annotations

import json
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from privacy_studies import REGIONS, TERMS, write_study

from moviemotion.analysis.segments.segment import Segment
from moviemotion.errors import MoviemotionError
from moviemotion.privacy import consent, retention
from moviemotion.privacy.erasure import enforce_privacy, erase, find_files_containing
from moviemotion.privacy.participant_export import export_viewer
from moviemotion.privacy.participants import check_participants, save_participants, save_segments
from moviemotion.privacy.pseudonymize import pseudonymize_study
from moviemotion.privacy.status import find_viewer
from moviemotion.study.folder import StudyFolder
from moviemotion.study.participant_table import ParticipantTable, read_participant_table
from moviemotion.study.stored_segments import read_participants, read_segments

LIST = "viewer,age,city\nrow-1,22,row-2\nrow-2,23,cam-b\nrow-3,40,cam-b\ncam-a,41,row-2\ncam-b,60,row-2\n"


def table(folder: Path, text: str = LIST) -> ParticipantTable:
    (path := folder / "people.csv").write_text(text, encoding="utf-8")
    return read_participant_table(path)


@pytest.fixture
def listed(study: Path, tmp_path: Path) -> Path:
    """A study of five viewers with participants, one segment by rule and one by hand."""
    save_participants(StudyFolder.open_existing(study), table(tmp_path))
    viewers = list(read_participants(study).attributes)
    save_segments(study, viewers, [Segment("young", "age < 30"), Segment("two", chosen=("row-1", "cam-b"))])
    return study


def test_viewers_get_their_random_ids_and_attributes_stay(listed: Path) -> None:
    """A city may have the name of a camera; only viewers are renamed."""
    pseudonymize_study(listed)
    people = read_participants(listed).attributes
    assert people[find_viewer(listed, "row-1")] == {"age": 22.0, "city": "row-2"}
    assert people[find_viewer(listed, "cam-a")] == {"age": 41.0, "city": "row-2"}
    assert list(people) == sorted(people)
    young, two = read_segments(listed)
    assert young == Segment("young", "age < 30")
    assert set(two.chosen) == {find_viewer(listed, "row-1"), find_viewer(listed, "cam-b")}


def test_a_list_by_seat_can_still_be_given_afterward(study: Path, tmp_path: Path) -> None:
    pseudonymize_study(study)
    save_participants(StudyFolder.open_existing(study), table(tmp_path, "seat,age\ncam-a,50\n"))
    assert read_participants(study).attributes == {find_viewer(study, "cam-a"): {"age": 50.0}}


def test_erasing_a_viewer_erases_what_is_known_about_them(listed: Path) -> None:
    pseudonymize_study(listed)
    gone, stays = find_viewer(listed, "row-1"), find_viewer(listed, "cam-b")
    assert erase(listed, gone).unknown_files == ()
    assert gone not in read_participants(listed).attributes
    assert read_segments(listed)[1].chosen == (stays,)
    assert list(find_files_containing(listed, gone)) == []
    page = (listed / "report.html").read_text(encoding="utf-8")
    assert '<option value="1">young, 1 viewer</option>' in page
    assert '<option value="2">two, 1 viewer</option>' in page


def test_a_participant_gets_what_is_known_about_them(listed: Path, tmp_path: Path) -> None:
    pseudonymize_study(listed)
    path = export_viewer(listed, find_viewer(listed, "row-2"), tmp_path / "mine.zip")
    held = json.loads(zipfile.ZipFile(path).read("viewer.json"))
    assert held["attributes"] == {"age": 23.0, "city": "cam-b"}


def test_participants_and_segments_are_deleted_with_the_samples(listed: Path) -> None:
    pseudonymize_study(listed)
    enforce_privacy(listed, datetime(2035, 1, 1, tzinfo=UTC))
    assert not {"participants.json", "segments.json"} & {path.name for path in listed.iterdir()}


def consented(folder: Path) -> Path:
    """A study whose participants in R1 and R3 accept; R2 declines, and R4 is not asked."""
    retention.begin_study(folder, TERMS, {})
    for seat, region in REGIONS.items():
        consent.add_seat(folder, seat, "row", region)
    consent.add_seat(folder, "R4", "cam-a")
    for seat, accepts in (("R1", True), ("R2", False), ("R3", True)):
        consent.record_offline_answer(folder, seat, accepts)
    return write_study(folder)


@pytest.mark.parametrize("finished_first", [False, True])
def test_nothing_is_stored_about_who_did_not_accept(tmp_path: Path, finished_first: bool) -> None:
    folder = consented(tmp_path / "consented")
    if finished_first:
        pseudonymize_study(folder)
    text = "seat,age\nR1,22\nR2,23\nR3,24\nR4,25\n"
    save_participants(StudyFolder.open_existing(folder), table(tmp_path, text))
    pseudonymize_study(folder)
    found = {viewer: own["age"] for viewer, own in read_participants(folder).attributes.items()}
    assert found == {find_viewer(folder, "R1"): 22.0, find_viewer(folder, "R3"): 24.0}


def test_a_list_is_checked_before_the_screening(tmp_path: Path) -> None:
    folder = consented(tmp_path / "consented")
    check_participants(folder, table(tmp_path, "seat,age\nR4,22\n"), ["row"])
    check_participants(folder, table(tmp_path, "viewer,age\nrow-2,22\nrow,23\n"), ["row"])
    with pytest.raises(MoviemotionError, match="line 2: there is no seat R9; choose from R1, R2, R3, R4"):
        check_participants(folder, table(tmp_path, "seat,age\nR9,22\n"), ["row"])
    with pytest.raises(MoviemotionError, match="line 2: there is no viewer rom; choose from row"):
        check_participants(folder, table(tmp_path, "viewer,age\nrom,22\n"), ["row"])


def test_a_wrong_list_leaves_the_stored_one(listed: Path, tmp_path: Path) -> None:
    before = read_participants(listed)
    for text, message in (
        ("viewer,age\nrow-1,22\nrow-9,23\n", "line 3: there is no viewer row-9"),
        ("viewer,age\nother,22\n", "it may be the list of another screening"),
    ):
        with pytest.raises(MoviemotionError, match=message):
            save_participants(StudyFolder.open_existing(listed), table(tmp_path, text))
    assert read_participants(listed) == before


def test_a_wrong_rule_leaves_the_stored_segments(listed: Path) -> None:
    before, viewers = read_segments(listed), list(read_participants(listed).attributes)
    for rule in ("age > 90", "height > 2", "age <"):
        with pytest.raises(MoviemotionError):
            save_segments(listed, viewers, [Segment("new", "age < 99"), Segment("x", rule)])
    assert read_segments(listed) == before
    save_segments(listed, viewers, [Segment("young", "age < 40")])
    assert [segment.rule for segment in read_segments(listed)] == ["age < 40", ""]
