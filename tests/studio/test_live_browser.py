"""Live cameras in the browser: camera health, pausing the film, the end and the results."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from studio_browser import DESKTOP
from test_whole_journey import MINUTES, begin

from moviemotion.privacy.consent import add_seat, record_offline_answer
from moviemotion.study.provenance import load_analysis

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

CAMERAS = """rate = 2
[[camera]]
name = "a"
source = "seat-01.mp4"
[[camera]]
name = "away"
source = "rtsp://127.0.0.1:9/x"
"""
"""A recording played as a live camera, and a camera that never connects, so that the capture does not end."""


def test_live_cameras_from_start_to_the_analysis(
    seats: list[Path], root: Path, tmp_path: Path, open_page: Callable, page_problems: list[str]
) -> None:
    page = open_page(DESKTOP)
    begin(page)
    folder = root / "premiere"
    for seat, camera in (("A1", "a"), ("A2", "away")):
        add_seat(folder, seat, camera)
        record_offline_answer(folder, seat, True)
    (tmp_path / "seats.toml").write_text(CAMERAS, encoding="utf-8")
    page.set_input_files("#file-recording", seats[0])
    sync_api.expect(page.locator("#files")).to_contain_text("seat-01.mp4 recording")
    page.get_by_text("Use live cameras instead").click()
    page.set_input_files("#file-cameras", tmp_path / "seats.toml")

    reading, stage = page.locator("#processing"), page.locator("#stage")
    page.get_by_role("button", name="Start the live cameras").click()
    sync_api.expect(reading).to_contain_text(re.compile("a live|a ended"), timeout=MINUTES)
    sync_api.expect(reading).to_contain_text(re.compile("away waiting"))

    page.get_by_role("button", name="Pause the film clock").click()
    sync_api.expect(stage).to_have_text("paused")
    stands = reading.get_by_text(re.compile("^Film time")).inner_text()
    page.wait_for_timeout(1500)
    assert reading.get_by_text(re.compile("^Film time")).inner_text() == stands
    page.reload()
    page.get_by_role("button", name="Resume the film clock").click()
    sync_api.expect(reading).to_contain_text("a ended", timeout=MINUTES)

    page.get_by_role("button", name="End and analyze").click()
    sync_api.expect(stage).to_have_text("finished", timeout=MINUTES)
    page.get_by_role("link", name="Open the analysis").click()
    sync_api.expect(page.locator("#summary")).to_contain_text("1 viewer")
    assert len(load_analysis(folder).timeline.viewers) == 1
    assert page_problems == []
