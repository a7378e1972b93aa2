"""A synthetic audience of three, rendered once and screened once for the complete suite."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings

from moviemotion.emotions import Emotion
from moviemotion.simulation.rendering.seat_videos import write_seat_videos
from moviemotion.simulation.synthetic_audience import EmotionEvent, EmotionSchedule, simulate_audience
from moviemotion.workflows.screen import Screening, screen

# The duration of an example depends on the machine rather than on the code.
settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
SECONDS = 8
RATE = 2.0
SHARED = Path(__file__).parents[2] / "shared" / "data"

SCRIPT = """Title: The Last Ferry

EXT. PIER - NIGHT

A bench. Fog over the water.

OLGA
The ferry leaves without us tonight, I think.

PAVEL
Then we shall learn to swim before morning comes.

OLGA
You cannot even stand in a bathtub, my dear.

They laugh until the lamp goes out.
"""
SUBTITLES = """1
00:00:00,500 --> 00:00:02,000
The ferry leaves without us tonight, I think.

2
00:00:02,500 --> 00:00:04,500
Then we shall learn to swim before morning comes.

3
00:00:05,000 --> 00:00:07,000
You cannot even stand in a bathtub, my dear.
"""
SUBTITLES_OF_ANOTHER_FILM = """1
00:00:00,500 --> 00:00:02,000
Captain, both engines burn and the wings are iced over.

2
00:00:02,500 --> 00:00:04,500
Drop every barrel of fuel except the red ones.

3
00:00:05,000 --> 00:00:07,000
Mountain ahead! Somebody wake Rodriguez quickly!
"""


@pytest.fixture(scope="session")
def seats(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Two cameras: `seat-01.mp4` shows one viewer, `row-02-03.mp4` two. All stay in the frame."""
    beats = EmotionSchedule((EmotionEvent(2, 6, Emotion.HAPPY, 0.9),))
    audience = simulate_audience(beats, viewers=3, seconds=SECONDS, seed=1)
    seated = replace(audience, out_of_frame=np.zeros_like(audience.out_of_frame))
    return write_seat_videos(seated, tmp_path_factory.mktemp("audience"), [(0,), (1, 2)])


@pytest.fixture(scope="session")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `film.fountain`, its subtitles `film.srt`, and `other.srt` of another film."""
    folder = tmp_path_factory.mktemp("film")
    (folder / "film.fountain").write_text(SCRIPT, encoding="utf-8")
    (folder / "film.srt").write_text(SUBTITLES, encoding="utf-8")
    (folder / "other.srt").write_text(SUBTITLES_OF_ANOTHER_FILM, encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def screened(seats: list[Path], film: Path, tmp_path_factory: pytest.TempPathFactory) -> Screening:
    """The finished study of the three viewers. Tests only read it."""
    out = tmp_path_factory.mktemp("studies") / "study"
    return screen(seats, out, film / "film.fountain", film / "film.srt", rate=RATE)


@pytest.fixture(scope="module")
def browser() -> Iterator:
    """Debian's Chromium."""
    if CHROMIUM is None:
        pytest.skip("chromium is not installed")
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()
