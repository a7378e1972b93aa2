"""The demo marks each viewer against what that viewer was made to feel."""

import pytest

from moviemotion.simulation.rendering.seat_videos import camera_name
from moviemotion.workflows import demo


def test_cameras_show_every_seat_once_and_in_order(monkeypatch, tmp_path):
    asked = []

    class AskedError(Exception):
        pass

    def ask(videos, *rest, **settings):
        asked.extend(videos)
        raise AskedError

    monkeypatch.setattr(demo, "screen", ask)
    with pytest.raises(AskedError):
        demo.run_demo(tmp_path, tmp_path / "study", lambda camera, seconds: None)
    assert [seat for seats in demo.SEATS_BY_CAMERA for seat in seats] == list(range(12))
    audience = demo._demo_audience(demo.DEFAULT_SEED)
    assert [path.stem for path in asked] == [camera_name(audience, seats) for seats in demo.SEATS_BY_CAMERA]
