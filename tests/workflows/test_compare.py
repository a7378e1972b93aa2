"""Two studies on disk, compared from their files."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from moviemotion.audience.samples import Samples
from moviemotion.errors import MoviemotionError
from moviemotion.screenplay.alignment.align import align_script
from moviemotion.screenplay.formats.format_registry import read_screenplay
from moviemotion.study.folder import StudyFolder
from moviemotion.study.provenance import Provenance
from moviemotion.workflows.compare import compare_studies
from tests.analysis.audiences import simulate_timeline

SCRIPT = """Title: The Last Ferry

EXT. PIER - NIGHT

OLGA
The ferry leaves without us tonight, I think.

PAVEL
Then we shall learn to swim before morning comes.
"""
SECONDS = 30


def write_study(folder: Path, seed: int, script: Path | None) -> Path:
    """A finished study of five viewers, one a camera."""
    timeline = simulate_timeline(5, SECONDS, seed)
    study = StudyFolder(folder, {"cameras": {name: {} for name in timeline.viewers}})
    for name, scores in zip(timeline.viewers, timeline.probabilities, strict=True):
        n = len(scores)
        samples = Samples(
            viewers=(name,),
            frames=n,
            end=SECONDS - 0.5,
            viewer=np.zeros(n, np.int16),
            time=np.arange(n, dtype=float),
            box=np.zeros((n, 4), np.float32),
            detection=np.ones(n, np.float32),
            emotions=scores,
            weight=np.ones(n, np.float32),
            rejection_reason=np.zeros(n, np.int8),
            identity_switches=(),
        )
        study.save_samples(name, samples)
    timed = align_script(read_screenplay(script), None, SECONDS) if script else None
    Provenance("The Last Ferry", timed, (), seed, None).write(study)
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("studies")
    (script := folder / "ferry.fountain").write_text(SCRIPT, encoding="utf-8")
    write_study(folder / "monday", 1, script)
    write_study(folder / "tuesday", 2, script)
    write_study(folder / "unscripted", 3, None)
    return folder


def test_two_studies_are_compared_by_the_script_that_they_hold(folder: Path, tmp_path: Path) -> None:
    found = compare_studies(folder / "monday", folder / "tuesday", tmp_path / "out")
    assert {p.name for p in (tmp_path / "out").iterdir()} == {
        "comparison.html",
        "comparison.csv",
        "comparison.json",
    }
    results = json.loads((tmp_path / "out" / "comparison.json").read_text(encoding="utf-8"))
    assert (results["first"], results["second"]) == ("monday", "tuesday")
    assert {d["kind"] for d in results["differences"]} == {"film", "scene", "line"}
    assert found.viewers == (5, 5)
    again = compare_studies(folder / "monday", folder / "tuesday", tmp_path / "again")
    assert again.group_comparison.p_adjusted.tolist() == found.group_comparison.p_adjusted.tolist()


def test_a_script_can_be_laid_on_studies_without_one(folder: Path, tmp_path: Path) -> None:
    plain = compare_studies(folder / "monday", folder / "unscripted", tmp_path / "plain")
    assert {u.kind for u in plain.alignment.units} == {"film", "seconds"}
    scripted = compare_studies(
        folder / "monday", folder / "unscripted", tmp_path / "scripted", script=folder / "ferry.fountain"
    )
    assert {u.kind for u in scripted.alignment.units} == {"film", "scene", "line"}


def test_further_screenings_of_a_cut_make_rooms_random(folder: Path, tmp_path: Path) -> None:
    more = ((folder / "unscripted",), ())
    found = compare_studies(folder / "monday", folder / "tuesday", tmp_path / "out", more=more)
    assert found.group_comparison.rooms == (2, 1)
    assert found.viewers == (10, 5)
    results = json.loads((tmp_path / "out" / "comparison.json").read_text(encoding="utf-8"))
    assert "Rooms are treated as random" in results["rooms"]
    with pytest.raises(MoviemotionError, match="twice"):
        compare_studies(folder / "monday", folder / "tuesday", tmp_path, more=((folder / "tuesday",), ()))


@pytest.mark.parametrize(
    ("second", "settings", "match"),
    [
        ("nowhere", {}, "does not contain a study"),
        ("monday", {}, "twice"),
        ("tuesday", {"subtitles": (Path("a.srt"), None)}, "add script"),
        ("tuesday", {"paired": True}, "at least 6"),
    ],
)
def test_what_cannot_be_compared_is_refused_and_leaves_nothing(
    folder: Path, tmp_path: Path, second: str, settings: dict[str, object], match: str
) -> None:
    with pytest.raises(MoviemotionError, match=match):
        compare_studies(folder / "monday", folder / second, tmp_path / "out", **settings)
    assert not (tmp_path / "out").exists()


def test_a_place_that_cannot_be_written_is_refused(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(MoviemotionError, match="choose another out"):
        compare_studies(folder / "monday", folder / "tuesday", tmp_path / "file")
