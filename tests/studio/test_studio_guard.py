"""The protection of every request, under attack."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from studio_servers import renew_token, until

from moviemotion.privacy.roles import Role
from moviemotion.studio import uploads
from moviemotion.studio.accounts import AccountStore
from moviemotion.studio.app import MAX_BODY_BYTES, STATIC_FOLDER, create_app
from moviemotion.studio.uploads import FileKind
from moviemotion.study.file_names import UPLOADS_FOLDER

NEW = {"id": "preview", "controller": "Lantern Films", "contact": "privacy@lantern.example"}


# Requests forged by another site


@pytest.mark.parametrize(
    "headers",
    [
        {"X-CSRF-Token": ""},
        {"X-CSRF-Token": "0" * 64},
        {"X-CSRF-Token": "é" * 64},
        {"Origin": "http://evil.example"},
        {"Origin": "http://localhost.evil.example"},
        {"Origin": "http://localhost:1"},
        {"Origin": "null"},
        {"Origin": "http://["},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
    ids=str,
)
def test_a_forged_request_changes_nothing(client: TestClient, root: Path, headers: dict[str, str]) -> None:
    sent = {name: value.encode() for name, value in headers.items()}
    assert client.post("/api/studies", json=NEW, headers=sent).status_code == 403
    assert list(root.iterdir()) == []
    assert client.post("/api/studies", json=NEW).status_code == 201


def test_a_form_needs_the_token_too(client: TestClient, root: Path) -> None:
    del client.headers["X-CSRF-Token"]
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    for body in ("", "csrf=", "csrf=0", "x=1&csrf"):
        answer = client.post("/api/studies", content=body, headers=form, follow_redirects=False)
        assert answer.status_code == 303
        assert answer.headers["location"] == "/api/studies?again=1"


def test_a_token_belongs_to_one_browser(app: FastAPI, client: TestClient) -> None:
    with TestClient(app, base_url="http://localhost") as other:
        other.get("/api/session")
        theirs = {"X-CSRF-Token": client.headers["X-CSRF-Token"]}
        assert other.post("/api/studies", json=NEW, headers=theirs).status_code == 403


# DNS rebinding


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8036",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "10.0.0.7",
        "",
        "[",
    ],
)
def test_other_host_names_are_refused(client: TestClient, host: str) -> None:
    for path in ("/", "/api/studies", "/static/api.js"):
        assert client.get(path, headers={"Host": host}).status_code == 400


@pytest.mark.parametrize("host", ["localhost", "localhost:8036", "127.0.0.1:8036", "[::1]:8036", "LOCALHOST"])
def test_names_of_this_computer_are_accepted(client: TestClient, host: str) -> None:
    assert client.get("/api/studies", headers={"Host": host}).status_code == 200


# Headers


@pytest.mark.parametrize("path", ["/api/session", "/sign-in", "/static/api.js", "/nothing", "/api/nothing"])
def test_every_response_has_the_security_headers(client: TestClient, path: str) -> None:
    headers = client.get(path).headers
    policy = dict(part.strip().partition(" ")[::2] for part in headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["cache-control"] == "no-store"


def test_scripts_cannot_read_the_cookie(app: FastAPI) -> None:
    with TestClient(app, base_url="http://localhost") as client:
        (cookie,) = client.get("/api/session").headers.get_list("set-cookie")
        assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))
        assert "Secure" not in cookie
        assert "set-cookie" not in client.get("/api/session").headers
    with TestClient(app, base_url="https://localhost") as client:
        assert "; Secure" in client.get("/api/session").headers["set-cookie"]


# Paths that climb


@pytest.mark.parametrize(
    "study",
    ["%2e%2e", "..%2fsecret", "..%5csecret", "%2fetc", ".hidden", "link", "studio.db", "%00", "a" * 65],
)
def test_only_folders_of_the_studio_are_studies(
    client: TestClient, root: Path, finished_study: Path, study: str
) -> None:
    secret = root.parent / "secret"
    secret.mkdir()
    (secret / "study.json").write_text("{}", encoding="utf-8")
    (root / "link").symlink_to(finished_study)
    for path in ("", "/seats", "/audience-curves", "/film", "/screening"):
        assert client.get(f"/api/studies/{study}{path}").status_code in (404, 422)
    assert client.get("/api/studies").json() == []


@pytest.mark.parametrize(
    "name",
    [
        "..%2f..%2fescaped.mp4",
        "..%5c..%5cescaped.mp4",
        "%2ftmp%2fescaped.mp4",
        "..",
        ".escaped.mp4",
        "escaped%00.mp4",
        "escaped",
        "incoming-1.mp4",
        "screening.json",
        "seats.toml",
        "a.partial",
        "a" * 99 + ".mp4",
    ],
)
def test_an_upload_cannot_leave_its_folder(
    client: TestClient, root: Path, seats: list[Path], name: str
) -> None:
    client.post("/api/studies", json=NEW)
    before = {path for path in root.parent.rglob("*") if "escaped" in path.name}
    answer = client.put(f"/api/studies/preview/files/recording/{name}", content=seats[0].read_bytes())
    assert answer.status_code in (400, 404, 405, 422)
    assert {path for path in root.parent.rglob("*") if "escaped" in path.name} == before
    assert list((root / "preview").rglob("*.mp4")) == []


@pytest.mark.parametrize(
    "path", ["../app.py", "..%2fapp.py", "%2e%2e/app.py", "vendor/../../app.py", "/etc/passwd"]
)
def test_only_static_files_are_served(client: TestClient, path: str) -> None:
    assert (STATIC_FOLDER / "api.js").is_file()
    assert client.get(f"/static/{path}").status_code == 404


# Sizes


def test_long_requests_are_refused(client: TestClient) -> None:
    long = b'{"id": "' + b"a" * MAX_BODY_BYTES + b'"}'
    json = {"Content-Type": "application/json"}
    assert client.post("/api/studies", content=long, headers=json).status_code == 413
    chunks = (long[k : k + 65536] for k in range(0, len(long), 65536))  # its length is not said
    assert client.post("/api/studies", content=chunks, headers=json).status_code == 413
    assert client.put("/api/studies/x/notes/1", content=long, headers=json).status_code in (404, 413, 422)


@pytest.mark.parametrize("said", [True, False], ids=["said", "not said"])
def test_uploads_are_limited_by_kind(
    client: TestClient, root: Path, monkeypatch: pytest.MonkeyPatch, said: bool
) -> None:
    client.post("/api/studies", json=NEW)
    monkeypatch.setitem(uploads.MAX_FILE_BYTES, FileKind.SCRIPT, 100_000)
    body = b"EXT. PIER - NIGHT\n\n" * 10_000
    answer = client.put(
        "/api/studies/preview/files/script/long.fountain",
        content=body if said else iter([body[:90_000], body[90_000:]]),
    )
    assert answer.status_code == 413
    assert not (root / "preview" / UPLOADS_FOLDER).exists()
    assert not (root / "preview" / "script.fountain").exists()


def test_files_of_another_type_are_refused_completely(client: TestClient, root: Path, film: Path) -> None:
    client.post("/api/studies", json=NEW)
    at = "/api/studies/preview/files"
    script = (film / "film.fountain").read_bytes()
    assert client.put(f"{at}/script/film.fountain", content=script).json()["name"] == "script.fountain"
    for kind, name in (("recording", "a.mp4"), ("film", "a.mp4"), ("script", "a.pdf"), ("cameras", "a.toml")):
        answer = client.put(f"{at}/{kind}/{name}", content=b"%PDF-1.7 of nothing")
        assert answer.status_code == 400, kind
        assert name in answer.json()["detail"]
        assert "incoming" not in answer.json()["detail"]
    kept = client.get("/api/studies/preview").json()["files"]
    assert kept == [{"kind": "script", "name": "script.fountain", "size": len(script)}]
    assert (root / "preview" / "script.fountain").read_bytes() == script


def test_an_interrupted_upload_leaves_nothing(served: str, root: Path) -> None:
    session = httpx2.get(f"{served}/api/session")
    headers = {
        "Cookie": session.headers["set-cookie"].partition(";")[0],
        "X-CSRF-Token": session.json()["csrf"],
    }
    assert httpx2.post(f"{served}/api/studies", json=NEW, headers=headers).status_code == 201
    address = urlsplit(served)
    connection = http.client.HTTPConnection(address.hostname, address.port)
    long = {**headers, "Content-Length": "1000000"}
    connection.request("PUT", "/api/studies/preview/files/recording/a.mp4", b"the beginning", long)
    uploads = root / "preview" / UPLOADS_FOLDER
    until(lambda: uploads.is_dir() and list(uploads.iterdir()))
    connection.close()
    until(lambda: not uploads.exists())


def test_the_first_of_two_simultaneous_uploads_with_one_stem_is_stored(
    served: str, root: Path, seats: list[Path]
) -> None:
    at, content = "/api/studies/preview/files/recording", seats[0].read_bytes()
    with httpx2.Client(base_url=served, timeout=30) as client:
        renew_token(client)
        client.post("/api/studies", json=NEW)

        def slowly() -> Iterator[bytes]:
            yield content[:1000]
            assert client.put(f"{at}/a.mov", content=content).status_code == 201
            yield content[1000:]

        answer = client.put(f"{at}/a.mp4", content=slowly())
    assert answer.status_code == 400
    assert "another recording is called a.mov" in answer.json()["detail"]
    assert [path.name for path in (root / "preview" / UPLOADS_FOLDER).iterdir()] == ["a.mov"]


# Rates


PASSWORD = "four words and more"


def attempt(client: TestClient, name: str, password: str, **headers: str) -> int:
    renew_token(client)
    credentials = {"name": name, "password": password}
    return client.post("/api/session", json=credentials, headers=headers).status_code


@pytest.fixture
def with_accounts(root: Path) -> FastAPI:
    accounts = AccountStore(root)
    for name in ("ada", "bea"):
        accounts.add(name, Role.RESEARCHER, PASSWORD)
    return create_app(root, accounts)


def test_guessing_passwords_is_limited_whatever_address_is_claimed(with_accounts: FastAPI) -> None:
    """An address can be invented in X-Forwarded-For, and changed from one attempt to the next."""
    codes = []
    for k in range(11):
        with TestClient(with_accounts, base_url="https://x.example", client=(f"192.0.2.{k}", 5)) as guesser:
            codes.append(attempt(guesser, "ada", "guess", **{"X-Forwarded-For": f"198.51.100.{k}"}))
    assert codes == [401] * 10 + [429]
    with TestClient(with_accounts, base_url="https://x.example") as guesser:
        assert attempt(guesser, "ada", PASSWORD) == 429, "else the right guess would show"
        assert attempt(guesser, "ADA", "guess") == 429


def test_guessing_passwords_locks_out_nobody_else(with_accounts: FastAPI) -> None:
    """Everybody may be behind one address; a browser that has signed in before stays welcome."""
    with (
        TestClient(with_accounts, base_url="https://x.example") as hers,
        TestClient(with_accounts, base_url="https://x.example") as guesser,
    ):
        assert attempt(hers, "ada", PASSWORD) == 204
        assert [attempt(guesser, "ada", "guess") for _ in range(12)][-1] == 429
        assert hers.delete("/api/session", headers={"X-CSRF-Token": token_of(hers)}).status_code == 204
        assert attempt(hers, "ada", PASSWORD) == 204
        assert attempt(guesser, "bea", PASSWORD) == 204
        # A known browser is limited as well, and its cookie is worth nothing for another name.
        assert [attempt(hers, "ada", "guess") for _ in range(12)][-1] == 429
        device = hers.cookies["studio_device"]
        assert not AccountStore(with_accounts.state.root).is_known_device("bea", device)
        assert not AccountStore(with_accounts.state.root).is_known_device("ada", "made.up")


def token_of(client: TestClient) -> str:
    return str(client.get("/api/session").json()["csrf"])
