"""A served studio, clients with a CSRF token, and checks that a viewer is erased."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import uvicorn
from fastapi import FastAPI

from moviemotion.privacy.erasure import find_files_containing
from moviemotion.studio.connection_limits import LimitedHTTPProtocol


def renew_token(client: httpx2.Client) -> None:
    """Let a client send the CSRF token of its session."""
    client.headers["X-CSRF-Token"] = client.get("/api/session").json()["csrf"]


def until(holds: Callable[[], Any]) -> Any:
    """Wait up to a minute until a function returns a true value, and return it."""
    end = time.monotonic() + 60
    while not (found := holds()):
        assert time.monotonic() < end
        time.sleep(0.05)
    return found


@contextmanager
def serving(app: FastAPI) -> Iterator[str]:
    """Run a server on a free port in a thread."""
    with socket.create_server(("127.0.0.1", 0)) as place:
        port = place.getsockname()[1]
    server = uvicorn.Server(
        uvicorn.Config(
            app, "127.0.0.1", port, http=LimitedHTTPProtocol, log_level="warning", timeout_graceful_shutdown=1
        )
    )
    thread = threading.Thread(target=server.run)
    thread.start()
    until(lambda: server.started or not thread.is_alive())
    assert server.started
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join()


def assert_gone(root: Path, viewer: str) -> None:
    """Check that no file of the studio contains a viewer's ID, also in compressed form."""
    everything = [path for path in root.rglob("*") if path.is_file()]
    assert {"study.db", "study.json", "provenance.json", "studio.db"} & {path.name for path in everything}
    assert not any(viewer.encode() in path.read_bytes() for path in everything)
    assert not any(viewer in str(path) for path in everything)
    assert list(find_files_containing(root, viewer)) == []
