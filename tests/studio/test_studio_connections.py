"""Idle connections, and too many of them."""

from __future__ import annotations

import resource
import socket
from contextlib import ExitStack
from pathlib import Path

import httpx2
import pytest
from studio_servers import renew_token, until

from moviemotion.studio import connection_limits
from moviemotion.studio.connection_limits import LimitedHTTPProtocol, raise_connection_limit
from moviemotion.study.file_names import UPLOADS_FOLDER

NEW = {"id": "preview", "controller": "Lantern Films", "contact": "privacy@lantern.example"}


def called(address: str) -> socket.socket:
    host, _, port = address.partition("://")[2].partition(":")
    return socket.create_connection((host, int(port)), timeout=20)


@pytest.mark.parametrize("said", [b"", b"GET / HTT", b"GET /sign-in HTTP/1.1\r\nHost: localhost\r\n\r\nGET"])
def test_an_idle_connection_is_closed(served: str, monkeypatch: pytest.MonkeyPatch, said: bytes) -> None:
    monkeypatch.setattr(connection_limits, "IDLE_TIMEOUT", 0.4)
    with called(served) as half_open:
        half_open.sendall(said)
        while half_open.recv(65536):
            pass  # until it is closed


def test_a_stalled_upload_is_closed_and_leaves_nothing(
    served: str, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection_limits, "IDLE_TIMEOUT", 0.4)
    uploads = root / "preview" / UPLOADS_FOLDER
    with httpx2.Client(base_url=served) as client:
        renew_token(client)
        assert client.post("/api/studies", json=NEW).status_code == 201
        head = (
            "PUT /api/studies/preview/files/recording/a.mp4 HTTP/1.1",
            f"Host: {client.base_url.host}",
            f"Cookie: studio_visitor={client.cookies['studio_visitor']}",
            f"X-CSRF-Token: {client.headers['X-CSRF-Token']}",
            "Content-Length: 1000000\r\n\r\nthe beginning",
        )
    with called(served) as standing:
        standing.sendall("\r\n".join(head).encode())
        until(lambda: uploads.is_dir() and list(uploads.iterdir()))
        until(lambda: not uploads.exists())


def test_the_number_of_connections_is_limited(served: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LimitedHTTPProtocol, "max_connections", 8)
    with ExitStack() as opened:
        sockets = [opened.enter_context(called(served)) for _ in range(12)]
        with pytest.raises(httpx2.TransportError):
            httpx2.get(f"{served}/api/session")
        for one in sockets[:8]:
            one.sendall(b"GET /sign-in HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert one.recv(100).startswith(b"HTTP/1.1 200")  # who was there before is served
    until(lambda: _is_served(served))


def test_the_limit_leaves_file_handles() -> None:
    now, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (256, most))
        connections_at_once = raise_connection_limit()
        raised, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (now, most))
    assert raised > 256
    assert connections_at_once == raised // 2


def _is_served(address: str) -> bool:
    try:
        return httpx2.get(f"{address}/api/session").status_code == 200
    except httpx2.TransportError:
        return False
