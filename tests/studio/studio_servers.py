"""A studio that answers at an address, and clients that may change something in it."""

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
    """Have a client send the token of its session."""
    client.headers["X-CSRF-Token"] = client.get("/api/session").json()["csrf"]


def until(holds: Callable[[], Any]) -> Any:
    """What a question answers once that is true; asked for a minute."""
    end = time.monotonic() + 60
    while not (found := holds()):
        assert time.monotonic() < end
        time.sleep(0.05)
    return found


@contextmanager
def serving(app: FastAPI) -> Iterator[str]:
    """A real server on a free port, in a thread."""
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
    """No file of the studio has the id, as it is on disk or unpacked."""
    everything = [path for path in root.rglob("*") if path.is_file()]
    assert {"study.db", "study.json", "provenance.json", "studio.db"} & {path.name for path in everything}
    assert not any(viewer.encode() in path.read_bytes() for path in everything)
    assert not any(viewer in str(path) for path in everything)
    assert list(find_files_containing(root, viewer)) == []
