"""What the consent page promises: who learns which seat said what, and who looked at whom."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from studio_servers import renew_token

from moviemotion.analysis.segments.segment import Segment
from moviemotion.privacy import audit_log, consent, retention
from moviemotion.privacy.consent import record_offline_answer
from moviemotion.privacy.participants import save_segments
from moviemotion.privacy.pseudonymize import pseudonymize_study
from moviemotion.privacy.roles import Role
from moviemotion.privacy.status import read_status
from moviemotion.privacy.study_database import ConsentTerms, open_database
from moviemotion.studio.accounts import AccountStore
from moviemotion.studio.app import create_app
from moviemotion.studio.uploads import UPLOADS_FOLDER
from moviemotion.study.provenance import load_analysis

PASSWORD = "four words and more"
NAMES = {Role.RESEARCHER: "rosa", Role.WRITER: "wim", Role.PRIVACY_OFFICER: "olga", Role.SEAT: "kiosk"}
SignIn = Callable[[Role], TestClient]


@pytest.fixture
def accounts(root: Path) -> AccountStore:
    return AccountStore(root)


@pytest.fixture
def app(root: Path, accounts: AccountStore) -> FastAPI:
    return create_app(root, accounts)


@pytest.fixture
def sign_in(app: FastAPI, accounts: AccountStore) -> Iterator[SignIn]:
    with ExitStack() as clients:

        def signed_in(role: Role) -> TestClient:
            accounts.add(NAMES[role], role, PASSWORD)
            client = clients.enter_context(TestClient(app, base_url="https://studio.example"))
            renew_token(client)
            credentials = {"name": NAMES[role], "password": PASSWORD}
            assert client.post("/api/session", json=credentials).is_success
            renew_token(client)
            return client

        yield signed_in


@pytest.fixture
def asked(root: Path) -> Path:
    """A study in which the viewers of two of three seats have declined; each camera shows one seat."""
    retention.begin_study(folder := root / "preview", ConsentTerms("Lantern", "privacy@lantern.example"), {})
    for seat, accepts in (("A1", True), ("A2", False), ("A3", False)):
        consent.add_seat(folder, seat, f"camera-{seat}")
        record_offline_answer(folder, seat, accepts)
        (folder / UPLOADS_FOLDER).mkdir(exist_ok=True)
        (folder / UPLOADS_FOLDER / f"camera-{seat}.mp4").write_bytes(b"recording")
    return folder


def test_a_writer_does_not_learn_who_declined(asked: Path, sign_in: SignIn) -> None:
    """Recordings that are excluded show viewers who declined, and their names say which seats they are."""
    seen = sign_in(Role.RESEARCHER).get("/api/studies/preview").json()
    assert set(seen["excluded_recordings"]) == {"camera-A2.mp4", "camera-A3.mp4"}
    assert seen["answers"] == {"accepted": 1, "declined": 2}
    writer = sign_in(Role.WRITER)
    for study in (writer.get("/api/studies/preview").json(), *writer.get("/api/studies").json()):
        assert study.get("excluded_recordings", {}) == {}
        assert study["answers"] == {}
    for page in ("/", "/studies/preview"):
        text = writer.get(page).text
        assert not any(word in text.lower() for word in ("camera-a2", "camera-a3", "has not accepted"))
    assert writer.get("/api/studies/preview/seats").status_code == 403


def log_of(folder: Path) -> list[tuple[str, str, dict]]:
    with open_database(folder) as database:
        entries = list(audit_log.read_entries(database.connection))
        assert list(audit_log.integrity_errors(database.connection, None)) == []
    return [(entry.role, entry.action, json.loads(entry.details)) for entry in entries]


def test_seats_are_sealed_after_the_screening_and_each_opening_is_logged(
    matinee: Path, sign_in: SignIn
) -> None:
    pseudonymize_study(matinee)
    with open_database(matinee) as database:
        rows = dict(database.connection.execute("SELECT id, seat FROM viewers"))
    viewer, seat = next(iter(rows.items()))
    researcher, officer = sign_in(Role.RESEARCHER), sign_in(Role.PRIVACY_OFFICER)
    at = "/api/studies/matinee/privacy"
    for client in (researcher, officer):
        listed = client.get(at).json()["viewers"]
        assert [one["viewer"] for one in listed] == sorted(rows), "the order would reveal the seats"
        assert {one["seat"] for one in listed} == {""}
        assert not any(f">{one}<" in client.get("/studies/matinee/privacy").text for one in rows.values())
    assert researcher.post(f"{at}/open-seat", json={"viewer": viewer}).status_code == 403
    assert log_of(matinee)[-1][1] != "seat opened"
    assert officer.post(f"{at}/open-seat", json={"viewer": viewer}).json()["seat"] == seat
    role, action, details = log_of(matinee)[-1]
    assert (role, action, details["account"]) == ("privacy officer", "seat opened", "olga")
    assert details["subject"]
    assert seat not in json.dumps(details)


def test_seats_are_listed_until_the_screening_is_over(asked: Path) -> None:
    assert [one.seat for one in read_status(asked).viewers] == ["A1", "A2", "A3"]


def test_the_log_names_who_downloaded_and_who_looked_at_single_viewers(
    matinee: Path, sign_in: SignIn
) -> None:
    pseudonymize_study(matinee)
    viewers = load_analysis(matinee).timeline.viewers
    researcher, writer = sign_in(Role.RESEARCHER), sign_in(Role.WRITER)
    before = len(log_of(matinee))
    assert researcher.get("/api/studies/matinee/exports/csv").is_success
    assert writer.get("/api/studies/matinee/exports/moments").is_success
    researcher.get("/api/studies/matinee/curves", params={"viewer": viewers[0]})
    save_segments(matinee, viewers, [Segment("two", chosen=tuple(viewers[:2]))])
    researcher.get("/api/studies/matinee/curves", params={"segment": "two"})
    researcher.get("/api/studies/matinee/curves", params={"viewer": list(viewers)})
    rows = [row for row in log_of(matinee)[before:] if row[1] != "released"]
    assert [(role, action, details["account"]) for role, action, details in rows] == [
        ("researcher", "downloaded", "rosa"),
        ("writer", "downloaded", "wim"),
        ("researcher", "viewers shown", "rosa"),
        ("researcher", "viewers shown", "rosa"),
    ]
    assert [len(details.get("subjects", [])) for *_, details in rows] == [0, 0, 1, 2]
    assert not any(viewer in json.dumps(rows) for viewer in viewers)


def test_the_studio_log_records_sign_ins(accounts: AccountStore, sign_in: SignIn) -> None:
    officer = sign_in(Role.PRIVACY_OFFICER)
    for name, password in (("olga", "a wrong password"), (PASSWORD, PASSWORD)):
        assert officer.post("/api/session", json={"name": name, "password": password}).status_code == 401
    writer = sign_in(Role.WRITER)
    assert writer.get("/api/log").status_code == 403
    assert writer.delete("/api/session").status_code == 204
    rows = officer.get("/api/log").json()[::-1]
    assert [(row["action"], json.loads(row["details"])["account"]) for row in rows] == [
        ("account saved", "olga"),
        ("signed in", "olga"),
        ("sign-in refused", "olga"),
        ("sign-in refused", "unknown"),
        ("account saved", "wim"),
        ("signed in", "wim"),
        ("signed out", "wim"),
    ]
    assert PASSWORD not in json.dumps(rows)
