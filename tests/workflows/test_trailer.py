"""From tables or studies and outcomes.csv to a verdict on disk."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from moviemotion.analysis.prediction.outcome_prediction import PredictionVerdict
from moviemotion.errors import MoviemotionError
from moviemotion.reports.html.prediction_report import prediction_lines
from moviemotion.study.provenance import load_analysis
from moviemotion.workflows.trailer import predict_outcome
from tests.workflows.test_compare import write_study


def write_csv(path: Path, rows: list[list[object]]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """40 viewers of whom those who smile say yes, but for a few."""
    folder, rng = tmp_path_factory.mktemp("trailers"), np.random.default_rng(1)
    smile = rng.random(40)
    says = smile + rng.normal(0, 0.15, 40) > 0.5
    table = [["viewer", "happy_mean", "synchrony"], *([f"v{k}", smile[k], rng.random()] for k in range(40))]
    write_csv(folder / "table.csv", table)
    rows = [[f"v{k}", "yes" if says[k] else "no"] for k in range(40)]
    write_csv(folder / "intent.csv", [["viewer", "outcome"], *rows])
    return folder


def test_a_table_and_its_outcomes_become_a_verdict_with_its_files(folder: Path, tmp_path: Path) -> None:
    found = predict_outcome([folder / "table.csv"], folder / "intent.csv", tmp_path / "out")
    assert found.verdict is PredictionVerdict.USEFUL
    assert found.is_binary
    results = json.loads((tmp_path / "out" / "prediction.json").read_text(encoding="utf-8"))
    assert results["verdict"] == "usefully predictive"
    assert [s["predictor"] for s in results["scores"]] == ["all reactions", "happiness alone"]
    page = (tmp_path / "out" / "prediction.html").read_text(encoding="utf-8")
    assert "Usefully predictive" in page
    assert "http" not in page.replace('http-equiv="Content', "")
    lines = prediction_lines(found)
    assert len(lines) <= 8
    assert lines[0].startswith("Usefully predictive")
    # The table that was written is one that can be read.
    again = predict_outcome([tmp_path / "out" / "reactions.csv"], folder / "intent.csv", tmp_path / "again")
    assert again.score.variance_explained == pytest.approx(found.score.variance_explained, abs=1e-3)


def test_studies_are_trailers_by_the_names_of_their_folders(folder: Path, tmp_path: Path) -> None:
    studies = [write_study(tmp_path / f"trailer-{k}", k, None) for k in range(3)]
    outcomes = write_csv(
        tmp_path / "ratings.csv", [["trailer", "outcome"], *([f"trailer-{k}", 5 + k] for k in range(3))]
    )
    found = predict_outcome(studies, outcomes, tmp_path / "out")
    assert (found.verdict, found.units, found.unit) == (PredictionVerdict.INCONCLUSIVE, 3, "trailer")
    assert any("there are 3" in line for line in prediction_lines(found))
    rows = list(csv.DictReader((tmp_path / "out" / "reactions.csv").open(encoding="utf-8")))
    assert [row["trailer"] for row in rows] == ["trailer-0", "trailer-1", "trailer-2"]


def test_a_trailer_in_two_rooms_is_two_studies_of_one_name(tmp_path: Path) -> None:
    """Seats have the same names in both rooms, so outcomes name the room."""
    studies = [
        write_study(tmp_path / room / "teaser", k, None) for k, room in enumerate(("monday", "tuesday"))
    ]
    names = load_analysis(studies[0]).timeline.viewers
    rows = [[room, name, k] for room in ("monday", "tuesday") for k, name in enumerate(names)]
    outcomes = write_csv(tmp_path / "outcomes.csv", [["room", "viewer", "outcome"], *rows])
    found = predict_outcome(studies, outcomes, tmp_path / "out")
    assert (found.rooms, found.rows, found.unit) == (2, 10, "viewer")
    assert "only within the 2 rooms" in "\n".join(prediction_lines(found))
    unnamed = write_csv(tmp_path / "unnamed.csv", [["viewer", "outcome"], *(row[1:] for row in rows[:5])])
    with pytest.raises(MoviemotionError, match="add a trailer or room column"):
        predict_outcome(studies, unnamed, tmp_path / "refused")


@pytest.mark.parametrize(
    ("outcomes", "match"),
    [
        ([["viewer", "rating"], ["v1", 3]], "the column outcome is missing"),
        ([["who", "outcome"], ["v1", 3]], "no column named trailer or viewer"),
        ([["viewer", "outcome"], ["v1", "perhaps"]], "line 2: outcome is 'perhaps'"),
        ([["viewer", "outcome"], ["v1", 1], ["v1", 0]], "line 3: v1 already has an outcome"),
        ([["viewer", "outcome"], ["nobody", 1]], "use the same names"),
        ([["viewer", "outcome"]], "contains no rows"),
    ],
)
def test_outcomes_that_do_not_fit_are_refused_in_one_line(
    folder: Path, tmp_path: Path, outcomes: list[list[object]], match: str
) -> None:
    path = write_csv(tmp_path / "outcomes.csv", outcomes)
    with pytest.raises(MoviemotionError, match=match) as refused:
        predict_outcome([folder / "table.csv"], path, tmp_path / "out")
    assert "\n" not in str(refused.value)
    assert not (tmp_path / "out").exists()


def test_a_missing_table_or_study_is_refused(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(MoviemotionError, match="does not contain a study"):
        predict_outcome([tmp_path / "nothing"], folder / "intent.csv", tmp_path / "out")
