"""A studio over a folder with one small finished study: asked directly, and served to a browser."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from studio_browser import open_page, trouble
from studio_servers import renew_token, serving

from moviemotion.privacy.study_database import KEYS_FOLDER_VARIABLE
from moviemotion.studio.app import create_app
from moviemotion.study.analysis_cache import cached_analysis
from moviemotion.workflows.report import report
from moviemotion.workflows.simulate import simulate

__all__ = ["open_page", "trouble"]

FEELINGS = "start,end,emotion,strength\n5,15,happy,0.9\n30,40,sad,0.9\n"
STUDY = "the-last-ferry"
VIEWERS = 6
BEATS = "start,end,emotion,strength\n10,20,happy,0.9\n50,60,sad,0.9\n"


@pytest.fixture(autouse=True)
def keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of keys of the test's own."""
    monkeypatch.setenv(KEYS_FOLDER_VARIABLE, str(tmp_path / "keys"))
    return tmp_path / "keys"


@pytest.fixture(scope="session")
def told(film: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished study of six viewers and a minute, with a script. Tests only read it."""
    folder = tmp_path_factory.mktemp("told")
    (folder / "feelings.csv").write_text(FEELINGS, encoding="utf-8")
    simulate(folder / "feelings.csv", VIEWERS, 1, folder / "study", seed=1)
    report(folder / "study", film / "film.fountain", film / "film.srt")
    return folder / "study"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder of studies, which is empty."""
    (folder := tmp_path / "studies").mkdir()
    return folder


@pytest.fixture
def study(told: Path, root: Path) -> Path:
    """A finished study in the folder of studies."""
    return Path(shutil.copytree(told, root / STUDY))


@pytest.fixture(scope="session")
def told_room(film: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished study of twelve viewers with two moments, and its analysis. Tests only read it."""
    folder = tmp_path_factory.mktemp("told-room")
    (folder / "beats.csv").write_text(BEATS, encoding="utf-8")
    simulate(folder / "beats.csv", 12, 1.5, folder / "study", seed=3)
    report(folder / "study", film / "film.fountain", film / "film.srt")
    cached_analysis(folder / "study")
    return folder / "study"


@pytest.fixture
def room(told_room: Path, root: Path) -> Path:
    """The study of twelve in the folder of studies, as `room`."""
    return Path(shutil.copytree(told_room, root / "room"))


@pytest.fixture
def app(root: Path) -> FastAPI:
    """The studio at home: no accounts."""
    return create_app(root)


@pytest.fixture
def client(app: FastAPI) -> Iterator[TestClient]:
    """Somebody at this computer, with the token that every change needs."""
    with TestClient(app, base_url="http://localhost") as client:
        renew_token(client)
        yield client


@pytest.fixture
def served(app: FastAPI) -> Iterator[str]:
    """Address of the studio at home, for a browser."""
    with serving(app) as address:
        yield address
