"""The privacy routes: verification of the log, erasure, export, and deletion dates."""

from __future__ import annotations

import errno
import io
import json
import sqlite3
import threading
import zipfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from studio_servers import assert_gone, until

from moviemotion.privacy import consent, retention
from moviemotion.privacy.consent import ConsentState
from moviemotion.privacy.erasure import erase, find_files_containing
from moviemotion.privacy.roles import Role
from moviemotion.privacy.seat_links import seat_tokens
from moviemotion.privacy.status import read_status, verify_audit_log
from moviemotion.privacy.study_database import ConsentTerms, database_lock, open_database
from moviemotion.studio.routes.privacy_routes import enforce_all
from moviemotion.studio.screening_state import Stage

FullDisk = Callable[[], AbstractContextManager[None]]


@pytest.fixture
def full_disk() -> FullDisk:
    """A context in which no file can grow."""
    resource = pytest.importorskip("resource", reason="needs limits of Unix")

    @contextmanager
    def limited() -> Iterator[None]:
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    return limited


def test_erasing_through_the_studio_leaves_no_trace(study: Path, root: Path, client: TestClient) -> None:
    known = read_status(study).viewers
    viewer, api = known[0].viewer, f"/api/studies/{study.name}"
    for path in (
        "audience-curves",
        "script",
        "moments",
        f"curves?viewers={viewer}",
        "exports/csv",
        "exports/parquet",
    ):
        client.get(f"{api}/{path}")
    for text in (f"{viewer} laughs", "Everybody laughs"):
        client.post(f"{api}/notes", json={"at": 2, "text": text})
    client.put(f"{api}/segments/front", json={"viewers": [viewer, known[1].viewer]})
    (study / "samples" / "left.parquet.partial").write_text(viewer)
    assert len(list(find_files_containing(root, viewer))) > 3
    before = client.get(f"{api}/audience-curves").content

    erased = client.post(f"{api}/privacy/erase", json={"viewer": viewer})
    assert erased.json()["samples"] > 0
    assert client.get(f"{api}/audience-curves").content != before
    assert_gone(root, viewer)
    assert [note["text"] for note in client.get(f"{api}/notes").json()] == ["Everybody laughs"]
    (group,) = client.get(f"{api}/viewers").json()["segments"]
    assert group["viewers"] == [known[1].viewer]
    assert len(read_status(study).viewers) == len(known) - 1
    assert verify_audit_log(study).errors == ()
    assert client.post(f"{api}/privacy/erase", json={"viewer": viewer}).status_code == 400


def test_a_viewers_data_is_exported_and_no_copy_stays(study: Path, root: Path, client: TestClient) -> None:
    viewer, api = read_status(study).viewers[0].viewer, f"/api/studies/{study.name}/privacy"
    answer = client.post(f"{api}/export", json={"viewer": viewer})
    assert answer.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert json.loads(archive.read("viewer.json"))["viewer"] == viewer
        assert "samples.csv" in archive.namelist()
    assert list(root.rglob("*.zip")) == []
    (last, *_) = client.get(f"{api}/log").json()
    assert (last["action"], last["role"]) == ("exported", Role.RESEARCHER)


def test_dates_can_only_be_brought_forward_and_due_data_is_deleted(study: Path, client: TestClient) -> None:
    api = f"/api/studies/{study.name}/privacy"
    assert client.get(api).json()["held"][1]["kind"] == "samples"
    later = client.post(f"{api}/dates", json={"kind": "samples", "until": "2999-01-01"})
    assert (later.status_code, "give an earlier date" in later.text) == (400, True)
    assert client.post(f"{api}/dates", json={"kind": "samples", "until": "2020-01-01"}).status_code == 200
    assert client.post(f"{api}/enforce").json()["deleted"] == ["samples"]
    assert not (study / "samples").exists()
    assert "deleted on" in client.get(f"/studies/{study.name}/privacy").text


def test_tampering_with_the_log_is_reported(study: Path, client: TestClient) -> None:
    read_status(study)
    database = sqlite3.connect(study / "study.db")
    database.execute("DROP TRIGGER audit_no_update")
    database.execute("UPDATE audit SET role = 'writer' WHERE seq = 1")
    database.commit()
    database.close()
    assert len(client.get(f"/api/studies/{study.name}/privacy/verification").json()["errors"]) == 2
    assert "The audit log was tampered with" in client.get(f"/studies/{study.name}/privacy").text


def test_privacy_is_enforced_when_the_studio_starts(study: Path, root: Path, app: FastAPI) -> None:
    read_status(study)
    with open_database(study) as database, database.transaction():
        database.connection.execute("UPDATE retention SET until = '2020-01-01' WHERE kind = 'samples'")
    (root / "broken").mkdir()
    (root / "broken" / "study.db").write_text("not a database")
    with TestClient(app, base_url="http://localhost"):
        until(lambda: not (study / "samples").exists())
    assert [held.deleted is not None for held in read_status(study).held] == [False, True, False]


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "No space left"), ValueError("tampered")], ids=repr)
def test_an_error_in_one_study_does_not_stop_enforcement_in_another(
    root: Path, app: FastAPI, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    for name in ("first", "second"):
        (root / name).mkdir()
        retention.begin_study(root / name, ConsentTerms("Lantern Films", "privacy@lantern.example"), {})
    seen: list[str] = []

    def keep(folder: Path) -> None:
        seen.append(folder.name)
        raise error

    monkeypatch.setattr("moviemotion.privacy.erasure.enforce_privacy", keep)
    enforce_all(root, app.state.jobs)
    assert seen == ["first", "second"]


def test_an_unavailable_folder_of_studies_is_tried_again(
    root: Path, app: FastAPI, caplog: pytest.LogCaptureFixture
) -> None:
    enforce_all(root / "unmounted", app.state.jobs)
    assert "cannot be enforced" in caplog.text


def test_a_viewer_who_withdraws_during_the_analysis_is_erased_afterwards(
    root: Path, app: FastAPI, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = root / "premiere"
    retention.begin_study(folder, ConsentTerms("Lantern Films", "privacy@lantern.example"), {})
    consent.add_seat(folder, "A1", "cam-a")
    code = consent.record_offline_answer(folder, "A1", True).code
    viewer = consent.viewer_by_receipt(folder, code)
    job = SimpleNamespace(stage=Stage.ANALYZING, thread=SimpleNamespace(is_alive=lambda: False))
    monkeypatch.setitem(app.state.jobs._jobs, folder, job)
    refused = client.post("/api/studies/premiere/privacy/erase", json={"viewer": viewer})
    assert refused.status_code == 409
    assert client.get("/api/studies/premiere/audience-curves").status_code == 409
    client.post("/api/receipts/withdraw", json={"code": code})
    assert consent.state_by_receipt(folder, code) is ConsentState.WITHDRAWN
    job.stage = Stage.FINISHED
    assert client.post("/api/studies/premiere/privacy/enforce").json()["erased"] == 1
    assert_gone(folder, viewer)


def test_a_viewer_erased_while_a_group_is_saved_does_not_reappear(
    study: Path, root: Path, client: TestClient
) -> None:
    viewer, api = read_status(study).viewers[0].viewer, f"/api/studies/{study.name}"
    client.get(f"{api}/audience-curves")
    answers: list[int] = []

    def keep_group() -> None:
        answers.append(client.put(f"{api}/segments/front", json={"viewers": [viewer]}).status_code)

    late = threading.Thread(target=keep_group)
    with database_lock(study):
        late.start()
        late.join(0.5)
        assert late.is_alive()
        erase(study, viewer)
    late.join()
    assert answers == [409]
    assert_gone(root, viewer)


def test_a_full_disk_is_reported(root: Path, client: TestClient, full_disk: FullDisk) -> None:
    folder = root / "premiere"
    retention.begin_study(folder, ConsentTerms("Lantern Films", "privacy@lantern.example"), {})
    consent.add_seat(folder, "A1", "cam-a")
    token = seat_tokens(folder)["A1"]
    disclosure = client.get(f"/api/consent/{token}").json()["disclosure"]
    answer = {"accepts": True, "version": disclosure["version"]}
    with full_disk():
        for asked in (
            client.get(f"/api/consent/{token}"),
            client.post(f"/api/consent/{token}", json=answer),
            client.post("/api/receipts/check", json={"code": "00000000-00000000-00000000-00000000"}),
            client.get("/studies/premiere/privacy"),
        ):
            assert (asked.status_code, "free space" in asked.text) == (507, True)
    assert client.post(f"/api/consent/{token}", json=answer).json()["state"] == ConsentState.ACCEPTED
    assert verify_audit_log(folder).errors == ()
