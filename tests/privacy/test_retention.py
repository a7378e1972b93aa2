"""With the clock moved on, what has had its day is gone, and the log says so."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from privacy_studies import TERMS, write_study

from moviemotion.errors import MoviemotionError
from moviemotion.privacy import audit_log, consent, encrypted_pictures, retention
from moviemotion.privacy.disclosure import load_disclosure
from moviemotion.privacy.erasure import enforce_privacy
from moviemotion.privacy.pseudonymize import pseudonymize_study
from moviemotion.privacy.status import read_status, status_lines, verify_audit_log
from moviemotion.privacy.study_database import DataKind, open_database
from moviemotion.workflows.export import export

DAY = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
DAYS = {DataKind.PICTURES: 10, DataKind.SAMPLES: 20, DataKind.REPORTS: 30}


def after(days: float) -> datetime:
    return DAY + timedelta(days=days)


@pytest.fixture
def full(tmp_path: Path) -> Path:
    """A study that holds something of every kind, of five viewers."""
    folder = tmp_path / "full"
    retention.begin_study(folder, TERMS, DAYS, DAY)
    for number, camera in enumerate(("cam-a", "cam-b")):
        consent.add_seat(folder, f"S{number}", camera, now=DAY)
        viewer = consent.ask_for_consent(folder, f"S{number}", DAY)
        consent.record_answer(folder, viewer, True, load_disclosure(folder).version, DAY)
    write_study(folder)
    pseudonymize_study(folder, DAY)
    encrypted_pictures.store_picture(folder, viewer, np.zeros((9, 9), np.uint8), 1.0, DAY)
    export(folder, ["csv", "vtt"])
    return folder


def files(folder: Path) -> set[str]:
    names = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    return {name for name in names if not name.startswith("study.")}


def test_before_its_day_nothing_is_deleted(full: Path) -> None:
    before = files(full)
    assert retention.delete_expired(full, after(9)) == ()
    assert files(full) == before


def test_each_kind_is_deleted_on_its_date_and_the_log_proves_it(full: Path, keys: Path) -> None:
    assert list(keys.glob("*.key"))
    assert retention.delete_expired(full, after(10)) == (DataKind.PICTURES,)
    assert not (full / "pictures").exists()
    assert list(keys.glob("*.key")) == []
    viewers = [known.viewer for known in read_status(full).viewers]
    assert retention.delete_expired(full, after(20)) == (DataKind.SAMPLES, DataKind.REPORTS)
    assert files(full) == set()
    content = b"".join(path.read_bytes() for path in full.rglob("*") if path.is_file())
    assert not any(viewer.encode() in content for viewer in viewers)
    assert retention.delete_expired(full, after(40)) == ()
    with open_database(full) as database:
        records = [e for e in audit_log.read_entries(database.connection) if e.action == "deleted on its day"]
    assert [json.loads(e.details)["kind"] for e in records] == ["pictures", "reports", "samples"]
    assert records[0].time == "2026-12-04T09:00:00+00:00"
    assert json.loads(records[0].details)["files"] == 1
    assert verify_audit_log(full).errors == ()


def test_results_about_five_stay_until_their_own_day(study: Path) -> None:
    pseudonymize_study(study, DAY)
    assert retention.delete_expired(study, after(181)) == (DataKind.PICTURES, DataKind.SAMPLES)
    assert files(study) == {"moments.json"}
    assert retention.delete_expired(study, after(retention.MAX_DAYS)) == (DataKind.REPORTS,)
    assert files(study) == set()


def test_what_comes_in_after_its_day_goes_too(full: Path) -> None:
    enforce_privacy(full, after(31))
    (full / "samples").mkdir()
    (full / "samples" / "late.parquet").write_bytes(b"late")
    assert enforce_privacy(full, after(32)).deleted == (DataKind.SAMPLES,)
    assert files(full) == set()


def test_a_day_may_come_sooner_never_later(full: Path) -> None:
    retention.shorten_retention(full, DataKind.SAMPLES, date(2026, 11, 30))
    with pytest.raises(MoviemotionError, match="give an earlier date"):
        retention.shorten_retention(full, DataKind.SAMPLES, date(2026, 12, 1))
    assert DataKind.SAMPLES in retention.delete_expired(full, after(6))


@pytest.mark.parametrize("days", [0, -1, retention.MAX_DAYS + 1])
def test_nothing_is_kept_for_more_than_three_years(tmp_path: Path, days: int) -> None:
    with pytest.raises(MoviemotionError, match="give a number from 1 to 1095"):
        retention.begin_study(tmp_path / "new", TERMS, {DataKind.SAMPLES: days})
    assert not (tmp_path / "new").exists()


def test_the_status_says_until_when_what_is_overdue_and_what_is_gone(full: Path) -> None:
    lines = "\n".join(status_lines(read_status(full), after(1)))
    assert "Viewers: 2, 2 accepted" in lines
    assert "Pictures: 1 file, 0.0 MB, until 2026-12-04" in lines
    assert "overdue" not in lines
    assert "until 2026-12-14: overdue" in "\n".join(status_lines(read_status(full), after(25)))
    retention.delete_expired(full, after(25))
    assert "Samples: 0 files, 0.0 MB, deleted on 2026-12-19" in "\n".join(
        status_lines(read_status(full), after(26))
    )
