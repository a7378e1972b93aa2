"""A studio that answers at an address, and clients that may change something in it."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from fastapi import FastAPI
from fastapi.testclient import TestClient


def renew_token(client: TestClient) -> None:
    """Have a client send the token of its session."""
    client.headers["X-CSRF-Token"] = client.get("/api/session").json()["csrf"]


@contextmanager
def serving(app: FastAPI) -> Iterator[str]:
    """A real server on a free port, in a thread."""
    with socket.create_server(("127.0.0.1", 0)) as place:
        port = place.getsockname()[1]
    server = uvicorn.Server(
        uvicorn.Config(app, "127.0.0.1", port, log_level="warning", timeout_graceful_shutdown=1)
    )
    thread = threading.Thread(target=server.run)
    thread.start()
    end = time.monotonic() + 30
    while not server.started:
        assert thread.is_alive()
        assert time.monotonic() < end
        time.sleep(0.02)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join()
