"""Fixtures: a studio with one small finished study, as a test client and as a server for a browser."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from studio_browser import open_page, page_problems
from studio_servers import renew_token, serving

from moviemotion.privacy.roles import Role
from moviemotion.privacy.study_database import KEYS_FOLDER_VARIABLE
from moviemotion.studio.accounts import AccountStore
from moviemotion.studio.app import create_app
from moviemotion.study.analysis_cache import cached_analysis
from moviemotion.workflows.report import report
from moviemotion.workflows.simulate import simulate

__all__ = ["open_page", "page_problems"]

EMOTION_SCRIPT = "start,end,emotion,strength\n5,15,happy,0.9\n30,40,sad,0.9\n"
STUDY = "the-last-ferry"
VIEWERS = 6
PASSWORD = "four words and more"
AUDIENCE_SCRIPT = "start,end,emotion,strength\n10,20,happy,0.9\n50,60,sad,0.9\n"


@pytest.fixture(autouse=True)
def keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A key folder for this test only."""
    monkeypatch.setenv(KEYS_FOLDER_VARIABLE, str(tmp_path / "keys"))
    return tmp_path / "keys"


@pytest.fixture(scope="session")
def finished_study(film: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished study of six viewers and a minute, with a script. Tests only read it."""
    folder = tmp_path_factory.mktemp("finished")
    (folder / "emotions.csv").write_text(EMOTION_SCRIPT, encoding="utf-8")
    simulate(folder / "emotions.csv", VIEWERS, 1, folder / "study", seed=1)
    report(folder / "study", film / "film.fountain", film / "film.srt")
    return folder / "study"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """An empty folder of studies."""
    (folder := tmp_path / "studies").mkdir()
    return folder


@pytest.fixture
def study(finished_study: Path, root: Path) -> Path:
    """The finished study, copied into the folder of studies."""
    return Path(shutil.copytree(finished_study, root / STUDY))


@pytest.fixture(scope="session")
def finished_audience_study(film: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished study of twelve viewers with two moments, and its analysis. Tests only read it."""
    folder = tmp_path_factory.mktemp("audience")
    (folder / "emotions.csv").write_text(AUDIENCE_SCRIPT, encoding="utf-8")
    simulate(folder / "emotions.csv", 12, 1.5, folder / "study", seed=3)
    report(folder / "study", film / "film.fountain", film / "film.srt")
    cached_analysis(folder / "study")
    return folder / "study"


@pytest.fixture
def matinee(finished_audience_study: Path, root: Path) -> Path:
    """The study of twelve viewers, copied into the folder of studies as `matinee`."""
    return Path(shutil.copytree(finished_audience_study, root / "matinee"))


@pytest.fixture
def people(root: Path, matinee: Path) -> Iterator[Callable[[Role], TestClient]]:
    """Create a signed-in client for a role."""
    access = AccountStore(root)
    app = create_app(root, access)
    with ExitStack() as clients:

        def signed_in(role: Role) -> TestClient:
            access.add(str(role), role, PASSWORD)
            client = clients.enter_context(TestClient(app, base_url="https://studio.example"))
            renew_token(client)
            assert client.post("/api/session", json={"name": str(role), "password": PASSWORD}).is_success
            renew_token(client)
            return client

        yield signed_in


@pytest.fixture
def app(root: Path) -> FastAPI:
    """A studio without accounts."""
    return create_app(root)


@pytest.fixture
def client(app: FastAPI) -> Iterator[TestClient]:
    """A client on this computer that sends the CSRF token."""
    with TestClient(app, base_url="http://localhost") as client:
        renew_token(client)
        yield client


@pytest.fixture
def served(app: FastAPI) -> Iterator[str]:
    """URL of the studio, for a browser."""
    with serving(app) as address:
        yield address
