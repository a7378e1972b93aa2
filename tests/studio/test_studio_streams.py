"""An event stream ends with the session that opened it, and with the studio."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import httpx2
import pytest
from fastapi import FastAPI
from studio_servers import renew_token, serving, until

from moviemotion.privacy.consent import add_seat, record_offline_answer
from moviemotion.privacy.roles import Role
from moviemotion.studio.accounts import SESSION_COOKIE, AccountStore
from moviemotion.studio.app import create_app
from moviemotion.studio.routes import screening_routes

PASSWORD = "four words and more"
NEW = {"id": "tonight", "controller": "Lantern Films", "contact": "privacy@lantern.example"}
AT = "/api/studies/tonight"
UNREACHABLE = '[[camera]]\nname = "away"\nsource = "rtsp://192.0.2.1:9/x"\n'
"""A camera that never connects, so that the capture does not end."""


def begin(client: httpx2.Client, root: Path) -> None:
    """Start a capture that runs until it is stopped."""
    assert client.post("/api/studies", json=NEW).status_code == 201
    add_seat(root / "tonight", "A1", "away")
    record_offline_answer(root / "tonight", "A1", True)
    assert client.put(f"{AT}/files/cameras/seats.toml", content=UNREACHABLE).status_code == 201
    assert client.post(f"{AT}/screening", json={"source": "live"}).status_code == 202


@pytest.mark.parametrize(
    "ends",
    [
        lambda access, token: access.sign_out(token),
        lambda access, token: access.add("ada", Role.RESEARCHER, PASSWORD),
        lambda access, token: access.remove("ada"),
    ],
    ids=["signed out", "new password", "account removed"],
)
def test_a_stream_ends_with_its_session(root: Path, ends: Callable[[AccountStore, str | None], None]) -> None:
    access = AccountStore(root)
    access.add("ada", Role.RESEARCHER, PASSWORD)
    with serving(create_app(root, access)) as address, httpx2.Client(base_url=address, timeout=20) as client:
        renew_token(client)
        assert client.post("/api/session", json={"name": "ada", "password": PASSWORD}).status_code == 204
        renew_token(client)
        begin(client, root)
        with client.stream("GET", f"{AT}/screening/events") as stream:
            lines = stream.iter_lines()
            assert next(lines) == "event: progress"
            ends(access, client.cookies[SESSION_COOKIE])
            end = time.monotonic() + 10
            for line in lines:
                assert line != "event: over"
                assert time.monotonic() < end
        assert client.get(f"{AT}/screening").status_code == 401


def test_progress_is_computed_once_for_all_streams(
    app: FastAPI, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[float] = []
    look = screening_routes.get_progress

    def counted(*given: object) -> screening_routes.ScreeningProgress:
        looks.append(time.monotonic())
        return look(*given)

    with serving(app) as address, httpx2.Client(base_url=address, timeout=20) as client:
        renew_token(client)
        begin(client, root)
        monkeypatch.setattr(screening_routes, "get_progress", counted)
        with ExitStack() as streams:
            for _ in range(20):
                streams.enter_context(client.stream("GET", f"{AT}/screening/events"))
            until(lambda: looks and looks[-1] - looks[0] > 5 * screening_routes.EVENT_INTERVAL)
            looked, seconds = len(looks), looks[-1] - looks[0]
        client.delete(f"{AT}/screening")
    assert looked <= seconds / screening_routes.EVENT_INTERVAL + 1
