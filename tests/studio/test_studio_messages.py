"""Errors in the studio's terms: no options of the command line, and no paths outside of the study."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from studio_servers import until

import moviemotion
from moviemotion.errors import MoviemotionError, SettingError
from moviemotion.privacy import consent
from moviemotion.studio.messages import SETTING_NAMES, studio_message
from moviemotion.workflows.report import report
from moviemotion.workflows.simulate import simulate

OPTION = re.compile(r"(?<![\w-])--[a-z]")
STUDY = {"id": "preview", "controller": "Lantern Films", "contact": "privacy@lantern.example"}
AT = "/api/studies/preview"
OTHER_SCRIPT = "INT. KITCHEN - DAY\n\nANNA\nThe kettle has been broken since last winter.\n"
EMOTION_SCRIPT = "start,end,emotion,strength\n5,15,happy,0.9\n"


def assert_worded(message: str, root: Path) -> None:
    assert not OPTION.search(message), message
    assert str(root.parent) not in message


def make_study(root: Path, name: str, minutes: float, script: Path | None = None) -> None:
    emotions = root.parent / "emotions.csv"
    emotions.write_text(EMOTION_SCRIPT, encoding="utf-8")
    simulate(emotions, 6, minutes, root / name, seed=1)
    report(root / name, script)


@pytest.fixture
def preview(client: TestClient, root: Path, seats: list[Path], film: Path) -> Path:
    """A study with one recording whose viewer has accepted, and a script."""
    assert client.post("/api/studies", json=STUDY).status_code == 201
    assert client.post(f"{AT}/seats", json={"seat": "A1", "camera": "seat-01"}).status_code == 201
    consent.record_offline_answer(root / "preview", "A1", True)
    for kind, path in (("recording", seats[0]), ("script", film / "film.fountain")):
        upload = client.put(f"{AT}/files/{kind}/{path.name}", content=path.read_bytes())
        assert upload.status_code == 201, upload.text
    return root / "preview"


def problem_of(client: TestClient, **settings: object) -> str:
    """Why a screening with these settings fails."""
    assert client.post(f"{AT}/screening", json={"rate": 2, **settings}).status_code == 202
    return until(lambda: client.get(f"{AT}/screening").json()["problem"])


def test_exports_name_the_frame_rate(client: TestClient, matinee: Path, root: Path) -> None:
    for path, remedy in (
        ("otio", "choose the film's frame rate"),
        ("premiere?fps=12", "choose another frame rate"),
        ("otio?fps=12.5", "frame rate or start timecode"),
    ):
        refused = client.get(f"/api/studies/matinee/exports/{path}")
        assert refused.status_code == 400
        assert remedy in refused.json()["detail"]
        assert_worded(refused.json()["detail"], root)


def test_comparisons_name_what_the_pages_offer(client: TestClient, root: Path, study: Path) -> None:
    other = root.parent / "other.fountain"
    other.write_text(OTHER_SCRIPT, encoding="utf-8")
    make_study(root, "kitchen", 1.0, other)
    make_study(root, "short", 0.5)
    make_study(root, "long", 1.0)
    for first, second, remedy in (
        (study.name, "kitchen", "choose two cuts of one film"),
        ("short", "long", "screen both with their scripts and subtitles"),
    ):
        refused = client.get("/api/compare", params={"first": first, "second": second})
        assert refused.status_code == 400
        assert remedy in refused.json()["detail"]
        assert_worded(refused.json()["detail"], root)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"offsets": {"balcony": 1}}, "clock offset balcony: no such camera"),
        ({"offsets": {"seat-01": -5000}}, "clock offset seat-01=-5000: the video would end before"),
        ({"baseline": [500, 600]}, "baseline 500-600: "),
    ],
    ids=["unknown camera", "before the film", "baseline"],
)
def test_a_screening_fails_in_the_terms_of_its_settings(
    client: TestClient, preview: Path, root: Path, settings: dict[str, object], message: str
) -> None:
    problem = problem_of(client, **settings)
    assert problem.startswith(message)
    assert_worded(problem, root)


def test_subtitles_of_another_film_can_be_removed(
    client: TestClient, preview: Path, root: Path, tmp_path: Path
) -> None:
    text = "1\n00:00:01,000 --> 00:00:02,000\nBoth engines burn.\n"
    assert client.put(f"{AT}/files/subtitles/other.srt", content=text.encode()).status_code == 201
    problem = problem_of(client)
    assert problem.endswith("or remove the subtitles")
    assert problem.startswith("preview/script.fountain: ")
    assert_worded(problem, root)


def test_paths_are_relative_to_the_studies(root: Path) -> None:
    def message(path: Path) -> str:
        return studio_message(SettingError("any", "{path}: no; choose another {out}", path=path), root)

    assert message(root / "preview" / "film.srt") == "preview/film.srt: no; choose another study"
    assert message(root.parent / "secret" / "film.srt") == "film.srt: no; choose another study"
    assert studio_message(MoviemotionError(f"{root / 'preview'}: damaged"), root) == "preview: damaged"


def test_no_error_that_a_page_can_show_names_an_option() -> None:
    """Nothing outside of the command line words a message with its options."""
    found = [f"{path}:{line}: {text}" for path, line, text in error_texts() if OPTION.search(text)]
    assert found == []
    assert not any(OPTION.search(name) for name in SETTING_NAMES.values())


def error_texts() -> Iterator[tuple[str, int, str]]:
    """The string constants of all `raise` statements outside of the command line."""
    package = Path(moviemotion.__file__).parent
    for path in sorted(package.rglob("*.py")):
        if path.relative_to(package).parts[0] == "cli":
            continue
        for statement in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(statement, ast.Raise):
                for node in ast.walk(statement):
                    if isinstance(node, ast.Constant) and isinstance(node.value, str):
                        yield str(path.relative_to(package)), node.lineno, node.value
