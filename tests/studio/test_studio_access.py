"""Accounts, sessions and roles under attack."""

from __future__ import annotations

import sqlite3
import stat
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from fastapi import FastAPI
from fastapi.testclient import TestClient
from studio_servers import renew_token

from moviemotion.errors import MoviemotionError
from moviemotion.privacy import retention
from moviemotion.privacy.roles import Role
from moviemotion.privacy.status import read_status
from moviemotion.privacy.study_database import ConsentTerms
from moviemotion.studio.accounts import (
    ACCOUNT_ROLES,
    DATABASE_FILE,
    SESSION_COOKIE,
    SESSION_LIFETIME,
    AccountStore,
)
from moviemotion.studio.app import create_app
from moviemotion.studio.routes import consent_routes, page_routes

PASSWORD = "four words and more"
SignIn = Callable[[Role | None], TestClient]

OPEN_TO_ALL = {
    ("GET", "/api/session"),
    ("POST", "/api/session"),
    ("DELETE", "/api/session"),
    ("GET", "/api/consent/{token}"),
    ("POST", "/api/consent/{token}"),
    ("POST", "/api/receipts/check"),
    ("POST", "/api/receipts/withdraw"),
}
"""Routes without an account: signing in, and those of participants with the code of a seat or receipt."""
WRITERS = {
    ("GET", "/api/studies"),
    ("GET", "/api/studies/{study}"),
    *(
        ("GET", f"/api/studies/{{study}}/{what}")
        for what in (
            "audience-curves",
            "script",
            "moments",
            "curves",
            "viewers",
            "notes",
            "film",
            "exports/{kind}",
        )
    ),
    ("GET", "/api/compare"),
    ("POST", "/api/studies/{study}/notes"),
    ("PUT", "/api/studies/{study}/notes/{note}"),
    ("DELETE", "/api/studies/{study}/notes/{note}"),
}
STAFF = {Role.RESEARCHER, Role.WRITER, Role.PRIVACY_OFFICER}
OPEN_PAGES = (
    "GET /sign-in",
    "GET /api",
    "GET /c/receipt",
    "POST /c/receipt",
    "GET /c/{token}",
    "POST /c/{token}",
)
PAGES: dict[tuple[str, str], set[Role | None]] = {
    **{(page.split()[0], page.split()[1]): {None, *ACCOUNT_ROLES} for page in OPEN_PAGES},
    ("GET", "/"): {*ACCOUNT_ROLES},
    ("GET", "/compare"): STAFF,
    ("GET", "/plan"): STAFF,
    ("GET", "/studies/{study}"): STAFF,
    ("GET", "/studies/{study}/analysis"): STAFF,
    ("GET", "/studies/{study}/privacy"): {Role.RESEARCHER, Role.PRIVACY_OFFICER},
    ("GET", "/studies/new"): {Role.RESEARCHER},
    ("GET", "/studies/{study}/seats"): {Role.RESEARCHER},
    ("GET", "/studies/{study}/kiosk"): {Role.RESEARCHER, Role.SEAT},
    ("GET", "/studies/{study}/kiosk/{seat:path}"): {Role.RESEARCHER, Role.SEAT},
    ("POST", "/studies/{study}/kiosk/{seat:path}"): {Role.RESEARCHER, Role.SEAT},
}
"""Page → roles that can open it; None stands for a user who has not signed in."""
PRIVACY = "/api/studies/{study}/privacy"
OFFICERS_ALONE = {
    ("POST", f"{PRIVACY}/erase"),
    ("POST", f"{PRIVACY}/export"),
    ("POST", f"{PRIVACY}/open-seat"),
    ("POST", f"{PRIVACY}/dates"),
    ("POST", f"{PRIVACY}/enforce"),
}
OFFICERS = {
    *WRITERS,
    *OFFICERS_ALONE,
    ("GET", "/api/studies/{study}/seats"),
    ("GET", PRIVACY),
    ("GET", f"{PRIVACY}/verification"),
    ("GET", f"{PRIVACY}/log"),
    ("GET", "/api/log"),
}


@pytest.fixture(scope="module")
def accounts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A `studio.db` with an account for each role. Tests only read it."""
    folder = tmp_path_factory.mktemp("accounts")
    access = AccountStore(folder)
    for role in ACCOUNT_ROLES:
        access.add(str(role), role, PASSWORD)
    return folder / DATABASE_FILE


@pytest.fixture
def access(accounts: Path, root: Path) -> AccountStore:
    (root / DATABASE_FILE).write_bytes(accounts.read_bytes())
    return AccountStore(root)


@pytest.fixture
def guarded(access: AccountStore, study: Path, root: Path) -> FastAPI:
    """A studio with accounts and one finished study."""
    return create_app(root, access)


@pytest.fixture
def sign_in(guarded: FastAPI) -> Iterator[SignIn]:
    with ExitStack() as clients:

        def signed_in(role: Role | None) -> TestClient:
            client = clients.enter_context(TestClient(guarded, base_url="https://studio.example"))
            renew_token(client)
            if role:
                given = {"name": str(role), "password": PASSWORD}
                assert client.post("/api/session", json=given).status_code == 204
                renew_token(client)
            return client

        yield signed_in


def routes(app: FastAPI) -> set[tuple[str, str]]:
    return {(method.upper(), path) for path, methods in app.openapi()["paths"].items() for method in methods}


def ask(client: TestClient, route: tuple[str, str]) -> int:
    """Status of a request with valid path parameters; the role is checked before the body."""
    path = (
        route[1]
        .replace("{seat:path}", "A1")
        .format(
            study="the-last-ferry",
            kind="film" if "files" in route[1] else "csv",
            name="film.mp4",
            note="0" * 12,
            element="0",
            token="a" * 24,
            seat="A1",
        )
    )
    return client.request(route[0], path, follow_redirects=False).status_code


# Signing in


def test_a_wrong_password_and_an_unknown_name_are_indistinguishable(
    sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, checked = sign_in(None), []
    verify = PasswordHasher.verify

    def counted(hasher: PasswordHasher, *given: str) -> bool:
        checked.append(given)
        return verify(hasher, *given)

    monkeypatch.setattr(PasswordHasher, "verify", counted)
    answers = [
        client.post("/api/session", json={"name": name, "password": password})
        for name, password in (("researcher", "wrong"), ("nobody", "wrong"), ("nobody", PASSWORD), ("", ""))
    ]
    assert {(a.status_code, a.text) for a in answers} == {
        (401, '{"detail":"the name or the password is wrong; try again"}')
    }
    assert len(checked) == len(answers)  # so that all take as long
    assert client.get("/api/session").json()["role"] is None


def test_scripts_and_other_sites_cannot_use_the_session_cookie(sign_in: SignIn) -> None:
    client = sign_in(None)
    answer = client.post("/api/session", json={"name": "writer", "password": PASSWORD})
    cookie = answer.headers["set-cookie"]
    assert {"HttpOnly", "SameSite=Strict", "Secure", "Path=/"} <= set(cookie.split("; "))
    assert client.get("/api/session").json()["role"] == "writer"


def test_passwords_and_tokens_are_stored_as_hashes_only(access: AccountStore, root: Path) -> None:
    token = access.sign_in("writer", PASSWORD)
    kept = b"".join(path.read_bytes() for path in root.glob(f"{DATABASE_FILE}*"))
    assert token is not None
    assert token.encode() not in kept
    assert PASSWORD.encode() not in kept
    assert b"$argon2id$" in kept


def test_only_the_owner_can_read_the_accounts(root: Path) -> None:
    AccountStore(root)
    assert stat.S_IMODE((root / DATABASE_FILE).stat().st_mode) == 0o600


def test_a_planted_token_does_not_become_the_session(sign_in: SignIn) -> None:
    client = sign_in(None)
    client.cookies.set(SESSION_COOKIE, "planted", domain="studio.example")
    renew_token(client)
    client.post("/api/session", json={"name": "writer", "password": PASSWORD})
    assert [c.value for c in client.cookies.jar if c.name == SESSION_COOKIE and c.value == "planted"] == []


def test_a_csrf_token_belongs_to_one_session(sign_in: SignIn) -> None:
    client = sign_in(None)
    given = {"name": "researcher", "password": PASSWORD}
    client.post("/api/session", json=given)
    assert client.post("/api/studies", json={}).status_code == 403  # the token from before
    renew_token(client)
    assert client.post("/api/studies", json={}).status_code == 422


# Sessions end


def test_a_session_expires(access: AccountStore) -> None:
    now = datetime.now(UTC)
    token = access.sign_in("writer", PASSWORD, now)
    assert access.session_user(token, now + SESSION_LIFETIME - timedelta(seconds=1)) is not None
    assert access.session_user(token, now + SESSION_LIFETIME) is None
    assert access.session_user(token, now + 2 * SESSION_LIFETIME) is None


def test_signing_out_ends_the_session_on_the_server(sign_in: SignIn) -> None:
    client = sign_in(Role.WRITER)
    token = client.cookies[SESSION_COOKIE]
    assert client.delete("/api/session").status_code == 204
    client.cookies.set(SESSION_COOKIE, token, domain="studio.example")
    assert client.get("/api/studies").status_code == 401


@pytest.mark.parametrize("how", ["password", "removal"])
def test_a_new_password_and_removal_end_all_sessions(access: AccountStore, how: str) -> None:
    token = access.sign_in("writer", PASSWORD)
    assert access.session_user(token) is not None
    if how == "password":
        access.add("writer", Role.WRITER, "another four words")
        assert access.sign_in("writer", PASSWORD) is None
    else:
        access.remove("writer")
    assert access.session_user(token) is None


@pytest.mark.parametrize("token", [None, "", "0", "' OR 1=1 --", "é"])
def test_a_made_up_token_is_not_a_session(access: AccountStore, token: str | None) -> None:
    access.sign_in("writer", PASSWORD)
    assert access.session_user(token) is None


@pytest.mark.parametrize(
    ("name", "role", "password"),
    [
        ("", Role.WRITER, PASSWORD),
        (" ada", Role.WRITER, PASSWORD),
        ("a\nb", Role.WRITER, PASSWORD),
        ("ada", Role.SYSTEM, PASSWORD),
        ("ada", Role.WRITER, "short"),
        ("ada", Role.WRITER, "a" * 201),
    ],
)
def test_invalid_accounts_are_refused(access: AccountStore, name: str, role: Role, password: str) -> None:
    with pytest.raises(MoviemotionError):
        access.add(name, role, password)
    assert len(access.users()) == len(ACCOUNT_ROLES)


# Roles


def test_without_an_account_only_participants_routes_are_open(sign_in: SignIn, guarded: FastAPI) -> None:
    client = sign_in(None)
    assert routes(guarded) >= OPEN_TO_ALL
    assert {route for route in routes(guarded) if ask(client, route) != 401} == OPEN_TO_ALL
    for page in ("/", "/studies/the-last-ferry", "/studies/the-last-ferry/analysis"):
        answer = client.get(page, follow_redirects=False)
        assert answer.headers["location"] == f"/sign-in?to={page}"


@pytest.mark.parametrize(
    ("role", "allowed"),
    [
        (Role.SEAT, set()),
        (Role.WRITER, WRITERS),
        (Role.PRIVACY_OFFICER, OFFICERS),
    ],
    ids=["seat", "writer", "privacy officer"],
)
def test_a_role_can_use_only_its_own_routes(
    sign_in: SignIn, guarded: FastAPI, role: Role, allowed: set[tuple[str, str]]
) -> None:
    client = sign_in(role)
    theirs = routes(guarded) - OPEN_TO_ALL
    assert theirs >= allowed
    assert {route for route in theirs if ask(client, route) != 403} == allowed


def test_a_researcher_can_do_everything_but_the_officers_part(sign_in: SignIn, guarded: FastAPI) -> None:
    client = sign_in(Role.RESEARCHER)
    assert {route for route in routes(guarded) - OPEN_TO_ALL if ask(client, route) == 403} == OFFICERS_ALONE


def test_a_changed_role_takes_effect_at_once(sign_in: SignIn, root: Path) -> None:
    client = sign_in(Role.RESEARCHER)
    assert client.get("/api/studies/the-last-ferry/screening").status_code == 200
    database = sqlite3.connect(root / DATABASE_FILE)
    with database:
        database.execute("UPDATE accounts SET role = 'writer' WHERE name = 'researcher'")
    database.close()
    assert client.get("/api/studies/the-last-ferry/screening").status_code == 403


@pytest.mark.parametrize("role", [None, *ACCOUNT_ROLES])
def test_a_role_can_open_only_its_own_pages(sign_in: SignIn, study: Path, role: Role | None) -> None:
    read_status(study)
    found = {
        (m, r.path)
        for router in (page_routes.router, consent_routes.pages)
        for r in router.routes
        for m in r.methods
    }
    assert found == set(PAGES), "say who may open the new one"
    client = sign_in(role)
    refused = {page: 303 if role is None else 403 for page, may in PAGES.items() if role not in may}
    answers = {page: ask(client, page) for page in PAGES}
    assert {page: status for page, status in answers.items() if status in (303, 401, 403)} == refused


def test_a_kiosk_sees_the_studies_that_ask_for_consent(sign_in: SignIn, study: Path, root: Path) -> None:
    (root / "premiere").mkdir()
    retention.begin_study(root / "premiere", ConsentTerms("Lantern Films", "privacy@lantern.example"), {})
    home = sign_in(Role.SEAT).get("/")
    assert home.status_code == 200
    assert "/studies/premiere/kiosk" in home.text
    assert study.name not in home.text


def test_only_the_officer_sees_controls_for_erasing(sign_in: SignIn, study: Path) -> None:
    trust = f"/studies/{study.name}/privacy"
    assert "data-erase" in sign_in(Role.PRIVACY_OFFICER).get(trust).text
    assert "data-erase" not in sign_in(Role.RESEARCHER).get(trust).text
