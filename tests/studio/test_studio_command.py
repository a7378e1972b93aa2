"""`moviemotion studio` as a process: accounts, addresses, and a screening that is resumed after a kill."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest
from studio_servers import until
from test_studio_streams import AT, begin
from typer.testing import CliRunner

from moviemotion.cli.commands import app
from moviemotion.errors import MoviemotionError
from moviemotion.privacy.consent import record_offline_answer
from moviemotion.privacy.roles import Role
from moviemotion.studio.accounts import DATABASE_FILE, AccountStore, User
from moviemotion.studio.server import browser_host, serve
from moviemotion.study.provenance import load_analysis

PASSWORD = "four words and more"
ADDRESSES: dict[int, str] = {}
"""Port → the address that the studio printed."""


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as place:
        return int(place.getsockname()[1])


@contextmanager
def running(root: Path, port: int, *options: str) -> Iterator[subprocess.Popen[str]]:
    """Run the command until it prints its address; kill it at the end."""
    program = [sys.executable, "-c", "from moviemotion.cli.entry import main; main()"]
    command = [*program, "studio", str(root), "--port", str(port), *options]
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    assert process.stdout is not None
    assert process.stderr is not None
    printed = process.stdout.readline()
    assert printed.startswith("Studio: http")
    ADDRESSES[port] = printed.split()[1]
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
        process.stderr.close()


@contextmanager
def asking(port: int) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=f"http://localhost:{port}", timeout=60) as client:
        until(lambda: answers(client))
        client.get(ADDRESSES[port])
        client.headers["X-CSRF-Token"] = client.get("/api/session").json()["csrf"]
        yield client


def answers(client: httpx2.Client) -> bool:
    try:
        return client.get("/api/session").status_code in (200, 401)
    except httpx2.ConnectError:
        return False


def test_the_folder_of_studies_is_created(root: Path) -> None:
    with running(root / "new", free_port()):
        assert (root / "new").is_dir()


def test_a_screening_is_resumed_after_a_kill(root: Path, seats: list[Path]) -> None:
    port, at = free_port(), "/api/studies/preview"
    with running(root, port) as process, asking(port) as client:
        study = {"id": "preview", "controller": "Lantern Films", "contact": "privacy@lantern.example"}
        assert client.post("/api/studies", json=study).status_code == 201
        for seat, path in zip(("A1", "A2"), seats, strict=True):
            client.post(f"{at}/seats", json={"seat": seat, "camera": path.stem})
            client.put(f"{at}/files/recording/{path.name}", content=path.read_bytes())
            record_offline_answer(root / "preview", seat, True)
        assert client.post(f"{at}/screening", json={"rate": 30}).status_code == 202
        until(
            lambda: any(
                reading["processed_seconds"] for reading in client.get(f"{at}/screening").json()["recordings"]
            )
        )
        process.kill()
    assert not (root / "preview" / "provenance.json").exists()
    with running(root, port) as process, asking(port) as client:
        until(lambda: client.get(at).json()["stage"] == "finished")
        process.send_signal(signal.SIGINT)
        assert process.wait(30) in (0, 130)
    assert len(load_analysis(root / "preview").timeline.viewers) == 2


def test_an_open_event_stream_does_not_delay_stopping(root: Path) -> None:
    with running(root, port := free_port()) as process, asking(port) as client:
        begin(client, root)
        with client.stream("GET", f"{AT}/screening/events") as stream:
            lines = stream.iter_lines()  # which closes the stream when it goes
            assert next(lines) == "event: progress"
            process.send_signal(signal.SIGINT)
            assert process.wait(30) in (0, 130)
        assert process.stderr is not None
        assert "Traceback" not in process.stderr.read()


def test_accounts_are_stored_beside_the_studies(root: Path) -> None:
    said = CliRunner().invoke(
        app, ["studio", str(root), "--account", "ada"], input=f"{PASSWORD}\n{PASSWORD}\n"
    )
    assert said.exit_code == 0
    assert PASSWORD not in said.output
    assert AccountStore(root).users() == (User("ada", Role.RESEARCHER),)
    assert AccountStore(root).sign_in("ada", PASSWORD)
    CliRunner().invoke(app, ["studio", str(root), "--remove-account", "ada"])
    assert AccountStore(root).users() == ()


def test_an_unknown_role_and_a_short_password_are_refused(root: Path) -> None:
    for options, password in ((["--role", "king"], PASSWORD), ([], "short")):
        said = CliRunner().invoke(
            app, ["studio", str(root), "--account", "ada", *options], input=f"{password}\n{password}\n"
        )
        assert isinstance(said.exception, MoviemotionError)
    assert AccountStore(root).users() == ()


@pytest.mark.parametrize("role", [None, Role.WRITER])
def test_a_host_needs_a_researcher_who_can_sign_in(root: Path, role: Role | None) -> None:
    if role:
        AccountStore(root).add("wim", role, PASSWORD)
    with pytest.raises(MoviemotionError, match="first create one with account"):
        serve(root, "127.0.0.1", free_port(), None, None, print, False)


def test_the_printed_address_can_be_opened_in_a_browser() -> None:
    assert browser_host(None) == "localhost"
    assert browser_host("192.0.2.7") == "192.0.2.7"
    assert browser_host("::1") == "[::1]"
    for everywhere in ("0.0.0.0", "::"):
        assert browser_host(everywhere) not in ("", "0.0.0.0", "[::]", "::")


def test_with_a_host_users_must_sign_in(root: Path) -> None:
    AccountStore(root).add("ada", Role.RESEARCHER, PASSWORD)
    port = free_port()
    with running(root, port, "--host", "127.0.0.1"), asking(port) as client:
        assert client.get("/api/studies").status_code == 401
        assert client.post("/api/session", json={"name": "ada", "password": PASSWORD}).status_code == 204
        assert client.get("/api/studies").status_code == 200


def test_without_a_host_only_this_computer_is_served(root: Path) -> None:
    port = free_port()
    with running(root, port), asking(port) as client:
        assert client.get("/api/session").json() | {"csrf": ""} == {
            "accounts": False,
            "name": "",
            "role": "researcher",
            "csrf": "",
        }
        addresses = {info[4][0] for info in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)}
        for address in addresses - {"127.0.0.1"}:
            with pytest.raises(ConnectionRefusedError):
                socket.create_connection((address, port), timeout=5)
    assert not (root / DATABASE_FILE).exists()


def test_a_port_in_use_is_named(root: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(MoviemotionError, match=f"127.0.0.1:{port}: cannot be used"):
            serve(root, None, port, None, None, print, False)


def test_a_second_studio_for_a_folder_is_refused(root: Path) -> None:
    with running(root, free_port()), pytest.raises(MoviemotionError, match="another studio"):
        serve(root, None, free_port(), None, None, print, False)


def test_without_accounts_the_studio_needs_the_token_that_it_printed(root: Path) -> None:
    """Everyone who can log in to the computer can reach the port, but only one person sees the terminal."""
    port = free_port()
    with running(root, port), httpx2.Client(base_url=f"http://localhost:{port}") as other:
        until(lambda: answers(other))
        token = ADDRESSES[port].partition("?token=")[2]
        assert len(token) >= 40
        for path in ("/", "/api/studies", "/api/session", "/api/openapi.json", "/?token=", "/?token=wrong"):
            refused = other.get(path)
            assert (refused.status_code, "token" in refused.json()["detail"]) == (401, True)
        assert other.post("/api/studies", params={"token": token}, json={}).status_code == 401
        assert other.get("/api/studies", headers={"Authorization": f"Bearer {token}"}).json() == []
        # Participants have the secret of their seat instead.
        assert other.get("/c/receipt").status_code == 200
        assert other.get("/static/study.js").status_code == 200
        opened = other.get(ADDRESSES[port])
        assert (opened.status_code, opened.headers["location"]) == (303, "/")
        assert "HttpOnly; SameSite=Strict" in opened.headers["set-cookie"]
        assert other.get("/").status_code == 200
