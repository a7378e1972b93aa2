"""Live capture in the studio: start, pause, stop, camera health, and a restart of the studio."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient
from studio_servers import renew_token, until

from moviemotion.audience.video.masking import Mask, Region
from moviemotion.privacy.consent import add_seat, record_offline_answer
from moviemotion.privacy.erasure import withdraw
from moviemotion.studio import seat_masks
from moviemotion.studio.app import create_app
from moviemotion.studio.seat_masks import SeatMasks
from moviemotion.study.provenance import load_analysis

NEW = {"id": "tonight", "controller": "Lantern Films", "contact": "privacy@lantern.example"}
AT = "/api/studies/tonight"
UNREACHABLE = '[[camera]]\nname = "away"\nsource = "rtsp://127.0.0.1:9/x"\n'
CAMERAS = f'rate = 2\n[[camera]]\nname = "a"\nsource = "seat-01.mp4"\n{UNREACHABLE}'
"""A recording played as a live camera, and a camera that never connects, so that the capture does not end."""


@pytest.fixture
def tonight(client: TestClient, root: Path, seats: list[Path]) -> Path:
    """A new study with live cameras; the viewer at the first one has accepted."""
    client.post("/api/studies", json=NEW)
    for seat, camera in (("A1", "a"), ("A2", "away")):
        client.post(f"{AT}/seats", json={"seat": seat, "camera": camera})
    record_offline_answer(root / "tonight", "A1", True)
    client.put(f"{AT}/files/recording/seat-01.mp4", content=seats[0].read_bytes())
    assert client.put(f"{AT}/files/cameras/seats.toml", content=CAMERAS).status_code == 201
    return root / "tonight"


def now(client: TestClient) -> dict[str, Any]:
    return client.get(f"{AT}/screening").json()


def camera(client: TestClient, name: str) -> dict[str, Any]:
    return next(camera for camera in now(client)["cameras"] if camera["name"] == name)


def start(client: TestClient) -> None:
    assert client.post(f"{AT}/screening", json={"source": "live"}).status_code == 202
    until(lambda: now(client)["cameras"])


def over(client: TestClient) -> str:
    return until(
        lambda: stage if (stage := now(client)["stage"]) in ("finished", "failed", "stopped") else ""
    )


def test_a_capture_from_start_to_report(client: TestClient, tonight: Path) -> None:
    assert client.post(f"{AT}/screening/pause").status_code == 409
    start(client)
    until(lambda: camera(client, "a")["read"] >= 3)
    assert camera(client, "a")["state"] in ("live", "ended")
    assert camera(client, "away")["state"] == "waiting"
    assert camera(client, "away")["last_seen"] is None

    assert client.post(f"{AT}/screening/pause").json()["stage"] == "paused"
    stands = now(client)["film_time"]
    assert now(client)["film_time"] == stands
    assert client.post(f"{AT}/screening", json={"source": "live"}).status_code == 409
    assert client.post(f"{AT}/screening/resume").json()["stage"] == "processing"
    until(lambda: now(client)["film_time"] > stands)
    until(lambda: camera(client, "a")["state"] == "ended")

    assert client.delete(f"{AT}/screening").status_code == 202
    assert over(client) == "finished", now(client)["problem"]
    assert len(load_analysis(tonight).timeline.viewers) == 1
    assert not (tonight / "uploads").exists()  # with the passwords in the cameras' addresses


def test_a_capture_interrupted_by_stopping_the_studio_is_analyzed_at_its_next_start(
    root: Path, client: TestClient, tonight: Path
) -> None:
    with TestClient(create_app(root), base_url="http://localhost") as first:
        renew_token(first)
        start(first)
        until(lambda: camera(first, "a")["state"] == "ended")
    assert not (tonight / "provenance.json").exists()
    with TestClient(create_app(root), base_url="http://localhost") as second:
        assert over(second) == "finished", now(second)["problem"]
    assert len(load_analysis(tonight).timeline.viewers) == 1


@pytest.mark.parametrize(
    "source", ["/etc/passwd", "../../other/uploads/a.mp4", "/dev/mem", "ftp://x/a.mp4", "nothing.mp4"]
)
def test_a_camera_cannot_open_other_files(client: TestClient, tonight: Path, source: str) -> None:
    text = f'[[camera]]\nname = "a"\nsource = "{source}"\n'
    answer = client.put(f"{AT}/files/cameras/seats.toml", content=text)
    if answer.status_code == 201:
        answer = client.post(f"{AT}/screening", json={"source": "live"})
        if answer.status_code == 202:
            assert over(client) == "failed"
            return
    assert answer.status_code == 400
    assert not (tonight / "live").exists()


def test_an_answer_takes_effect_during_the_film(tonight: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seat_masks, "REFRESH_SECONDS", 0.0)
    masks = SeatMasks(tonight)
    assert masks.get("away") == Mask(visible=())
    receipt = record_offline_answer(tonight, "A2", True)
    assert masks["away"] == Mask(None, ())
    add_seat(tonight, "A3", "away", Region(0, 0, 10, 10))
    assert masks["away"] == Mask(None, (Region(0, 0, 10, 10),))
    withdraw(tonight, receipt.code)
    assert masks["away"] == Mask(visible=())
    assert masks["unheard of"] == Mask(visible=())
    picture = np.full((20, 20, 3), 9, np.uint8)
    assert not masks["away"].apply(picture).any()


def test_unreadable_consent_counts_as_none(tonight: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seat_masks, "REFRESH_SECONDS", 0.0)
    masks = SeatMasks(tonight)
    assert masks["a"] == Mask(None, ())
    (tonight / "study.db").write_bytes(b"damaged" * 1000)
    assert masks["a"] == Mask(visible=())
