"""A simulated study: a study like any other, with the truth beside it."""

import csv
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from moviemotion.emotions import Emotion
from moviemotion.errors import MoviemotionError
from moviemotion.study.folder import StudyFolder
from moviemotion.workflows.report import report
from moviemotion.workflows.simulate import simulate


@pytest.fixture(scope="module")
def beats(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("beats") / "beats.csv"
    path.write_text("start,end,emotion,strength\n30,38,happy,1\n80,86,surprise,0.9\n", encoding="utf-8")
    return path


def test_a_report_is_made_of_it_as_of_any_study(beats: Path, tmp_path: Path) -> None:
    made = simulate(beats, viewers=12, minutes=2, out=tmp_path / "study", seed=1)
    reported = report(made.folder)
    assert [m.emotion for m in reported.analysis.moment_search.moments] == [Emotion.HAPPY, Emotion.SURPRISE]
    assert reported.analysis.data_quality.viewers == 12
    assert reported.analysis.data_quality.rejected_shares.keys() <= {"turned away"}
    assert (made.folder / "report.html").exists()


def test_the_truth_lies_beside_it_and_the_same_seed_repeats_it(beats: Path, tmp_path: Path) -> None:
    first, again = (simulate(beats, 3, 1.5, tmp_path / name, seed=4).folder for name in ("a", "b"))
    for name in ("truth.parquet", "viewers.csv", "emotion-script.csv", "samples/seat-02.parquet"):
        assert (first / name).read_bytes() == (again / name).read_bytes()
    truth = pq.read_table(first / "truth.parquet").to_pydict()
    assert len(truth["second"]) == 3 * 90
    assert truth["viewer"][90] == "seat-02"
    assert max(truth["happy"]) > 0.5
    with (first / "viewers.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["viewer"] for row in rows] == ["seat-01", "seat-02", "seat-03"]
    assert all(0.3 <= float(row["delay"]) <= 2 for row in rows)
    samples = StudyFolder.open_existing(first).read_samples("seat-02")
    assert samples is not None
    assert np.isnan(samples.box).all()


def test_what_cannot_be_simulated_is_refused_in_one_line_and_nothing_is_written(
    beats: Path, tmp_path: Path
) -> None:
    out = tmp_path / "study"
    for viewers, minutes, says in (
        (0, 2.0, "too few viewers"),
        (5, 1.0, "ends at 86 s, but the film ends at 60 s"),
    ):
        with pytest.raises(MoviemotionError, match=says):
            simulate(beats, viewers, minutes, out)
    assert not out.exists()
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(MoviemotionError, match="choose another out"):
        simulate(beats, 2, 2, tmp_path / "full")
