"""A backup of a study folder does not bring back a viewer who was erased after it was made."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from privacy_studies import PLACES, TERMS, write_study

from moviemotion.api.study import Study
from moviemotion.errors import MoviemotionError
from moviemotion.privacy import consent, retention
from moviemotion.privacy.consent import record_offline_answer
from moviemotion.privacy.erased_viewers import restored_viewers
from moviemotion.privacy.erasure import enforce_privacy, erase, find_files_containing, withdraw
from moviemotion.privacy.pseudonymize import pseudonymize_study
from moviemotion.privacy.status import enforcement_lines, read_status, verify_audit_log
from moviemotion.workflows.export import export
from moviemotion.workflows.report import report


def restore(study: Path, backup: Path) -> None:
    shutil.rmtree(study)
    shutil.copytree(backup, study)


@pytest.fixture
def backup(study: Path, tmp_path: Path) -> Path:
    """A backup of the study, made when its viewers had random IDs."""
    pseudonymize_study(study)
    return Path(shutil.copytree(study, tmp_path / "backup"))


def test_an_erased_viewer_who_is_brought_back_is_found_and_erased_again(study: Path, backup: Path) -> None:
    viewer = read_status(study).viewers[0].viewer
    erase(study, viewer)
    restore(study, backup)
    assert restored_viewers(study) == (viewer,)
    assert any("a backup has brought back a viewer" in error for error in verify_audit_log(study).errors)
    done = enforce_privacy(study)
    assert (done.erased, done.restored) == (1, 1)
    assert list(enforcement_lines(done)) == ["Erased again, because a backup had brought them back: 1"]
    assert list(find_files_containing(study, viewer)) == []
    assert restored_viewers(study) == ()
    assert enforce_privacy(study).erased == 0


@pytest.mark.parametrize("act", [report, lambda study: export(study, ("csv",)), Study])
def test_nothing_is_made_of_a_viewer_who_was_brought_back(
    study: Path, backup: Path, act: Callable[[Path], object]
) -> None:
    erase(study, read_status(study).viewers[0].viewer)
    restore(study, backup)
    with pytest.raises(MoviemotionError, match=r"brought back a viewer who was erased; run .* enforce"):
        act(study)
    enforce_privacy(study)
    act(study)


def test_samples_that_are_restored_alone_are_found(study: Path, backup: Path) -> None:
    """The database is the current one, which no longer has a row for the viewer."""
    viewer = read_status(study).viewers[0].viewer
    erase(study, viewer)
    for name in ("samples", "study.json", "provenance.json"):
        (shutil.rmtree if (study / name).is_dir() else Path.unlink)(study / name)
        (shutil.copytree if (backup / name).is_dir() else shutil.copy)(backup / name, study / name)
    assert restored_viewers(study) == (viewer,)
    assert enforce_privacy(study).restored == 1
    assert list(find_files_containing(study, viewer)) == []


def test_a_withdrawal_before_the_screening_survives_a_restore(tmp_path: Path) -> None:
    study = tmp_path / "study"
    retention.begin_study(study, TERMS, {})
    consent.add_seat(study, "A", "cam-a")
    code = record_offline_answer(study, "A", True).code
    shutil.copytree(study, tmp_path / "backup")
    withdraw(study, code)
    restore(study, tmp_path / "backup")
    assert len(restored_viewers(study)) == 1
    assert enforce_privacy(study).restored == 1
    assert [seat.viewer for seat in consent.list_seats(study)] == [None]


def test_a_copy_of_another_study_is_left_alone(study: Path, tmp_path: Path) -> None:
    other = write_study(tmp_path / "other")
    pseudonymize_study(other)
    erase(study, read_status(study).viewers[0].viewer)
    assert restored_viewers(study) == restored_viewers(other) == ()
    assert len(read_status(other).viewers) == sum(map(len, PLACES.values()))
