"""The proposal's experiments: the catalog is complete, runs resume, and the report shows the measurements."""

import json
import shutil

import numpy as np
import pytest
from faces_folder import write_faces

pytest.importorskip("torch", reason="needs the lab extra (torch)")
pytest.importorskip("mlflow", reason="needs the lab extra (mlflow-skinny)")
pytest.importorskip("matplotlib", reason="needs the lab extra (matplotlib)")

from moviemotion.errors import MoviemotionError
from moviemotion.lab.proposal import experiments
from moviemotion.lab.proposal.experiments_report import experiment_lines, write_experiments_report
from moviemotion.lab.proposal.paired_differences import (
    PairedChange,
    ReplicationVerdict,
    judge_published_change,
    paired_change,
    required_images,
)
from moviemotion.lab.training.networks import build_network

IN_THE_PROPOSAL = [
    "1",
    "2",
    "4",
    "5",
    "8",
    "9",
    "10",
    "12",
    "13",
    "21",
    "23",
    "25",
    "27",
    "31",
    "36",
    "transfer",
]


def test_every_documented_experiment_is_listed_with_its_published_figures():
    designs, listed = experiments.load_catalog()
    assert [e.number for e in listed if e.published] == IN_THE_PROPOSAL
    assert [round(100 * e.published.change) for e in listed if e.published] == [
        10, -4, -10, -3, -13, -4, 3, 4, -7, 3, -10, -19, -35, 2, 1, -21,
    ]  # fmt: skip
    assert len(experiment_lines()) == len(listed)
    for experiment in listed:
        assert {experiment.before, experiment.after} <= set(designs)


def test_each_experiment_changes_what_it_describes():
    designs, listed = experiments.load_catalog()
    by_number = {e.number: e for e in listed}
    sides = {n: (designs[e.before], designs[e.after]) for n, e in by_number.items()}
    assert [r.learning_rate for r in sides["12"]] == [1e-3, 1e-4]
    assert [r.batch for r in sides["13"]] == [128, 64]
    assert [r.min_delta for r in sides["5"]] == [1e-4, 1e-5]
    assert [r.validation for r in sides["23"]] == [0.3, 0.4]
    assert [r.weight_decay for r in sides["27"]] == [0.0, 0.02]
    assert [r.options["kernels"] for r in sides["10"]] == [[2, 2, 2, 2, 2], [3, 3, 2, 2, 2]]
    # The last design is the network in the registry.
    last = designs["cnn_36"]
    assert (
        build_network(last.network, 4, last.options).architecture
        == build_network("deck36", 4, {}).architecture
    )


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    """A catalog of designs that train in a second, and faces for them."""
    folder = tmp_path_factory.mktemp("tiny")
    write_faces(folder / "faces", train=12, test=10)
    catalog = folder / "experiments.toml"
    text = experiments.CATALOG_FILE.read_text(encoding="utf-8")
    for wide, narrow in (
        ("filters = [64, 128, 512, 512, 128]", "filters = [8, 8, 8, 8, 8]"),
        ("dense = [128, 256]", "dense = [8, 8]"),
    ):
        assert wide in text
        text = text.replace(wide, narrow)
    catalog.write_text(text, encoding="utf-8")
    return folder, catalog


def test_runs_are_trained_once_and_reported(tiny, monkeypatch, tmp_path):
    folder, catalog = tiny
    designs, listed = experiments.load_catalog(catalog)
    monkeypatch.setattr(experiments, "load_catalog", lambda: (designs, listed))
    out = folder / "runs"
    budget = experiments.TrainingBudget(epochs=1, fraction=1.0, width=0.5, seeds=(1, 2))
    lines = []
    assert (
        experiments.run_experiments(folder / "faces", out, ["13"], budget, jobs=2, print_line=lines.append)
        == []
    )
    assert lines[0].startswith("4 runs to train")
    before = sorted((p, p.stat().st_mtime_ns) for p in out.rglob("predictions.npy"))
    assert len(before) == 4
    record = json.loads((out / "batch_64" / "seed-1" / "run.json").read_text())
    assert record["config"]["options"]["filters"] == [4] * 5
    shutil.rmtree(out / "batch_64" / "seed-2")
    assert experiments.run_experiments(folder / "faces", out, ["13"], budget, print_line=lines.append) == []
    assert "1 runs to train; 3 are finished already" in lines
    with pytest.raises(MoviemotionError, match=r"contains runs with epochs 1, fraction 1 and width 0\.5"):
        experiments.run_experiments(
            folder / "faces", out, ["13"], experiments.TrainingBudget(2, 1.0, 0.5, (1,))
        )

    with pytest.raises(MoviemotionError, match="not a writable folder"):
        write_experiments_report(tmp_path / "nowhere", out, catalog)
    text = write_experiments_report(folder / "faces", out, folder / "report", lines.append).read_text()
    assert "| 13 | Half the batch size | 0.88 → 0.81 (−7.0) |" in text
    assert "1 of the proposal's changes. Each design was trained 2 times (seeds 1, 2) for 1 epoch on" in text
    assert "These runs are smaller" in text
    assert (
        "- 36 (A third dense layer): at least two seeds are required; the number run with both designs is 0"
        in text
    )
    assert (folder / "report" / "changes.png").read_bytes().startswith(b"\x89PNG")


def test_missing_initial_weights_fail_one_run_only(tiny, tmp_path):
    folder, _ = tiny
    budget = experiments.TrainingBudget(epochs=1, fraction=1.0, width=0.05, seeds=(1,))
    failures = experiments.run_experiments(
        folder / "faces",
        tmp_path,
        ["transfer"],
        budget,
        imagenet_weights=tmp_path / "vgg.pth",
        print_line=lambda line: None,
    )
    assert len(failures) == 1
    assert "vgg16_block3 seed 1" in failures[0]
    assert (tmp_path / "cnn_36" / "seed-1" / "predictions.npy").exists()


def test_unusable_faces_are_reported_once_and_nothing_is_written(tiny, tmp_path):
    folder, _ = tiny
    shutil.copytree(folder / "faces" / "train", tmp_path / "faces" / "train")
    budget = experiments.TrainingBudget(epochs=1, fraction=1.0, width=0.05, seeds=(1, 2))
    with pytest.raises(MoviemotionError, match="no such folder"):
        experiments.run_experiments(tmp_path / "faces", tmp_path / "out", ["13"], budget)
    assert not (tmp_path / "out").exists()


def test_unknown_numbers_and_empty_folders_are_rejected(tmp_path):
    with pytest.raises(MoviemotionError, match="experiment 99"):
        experiments.select_experiments(experiments.load_catalog()[1], ["99"])
    with pytest.raises(MoviemotionError, match="contains no experiments"):
        experiments.read_budget(tmp_path)


def _correct(rng, share, seeds=3, images=2000):
    return rng.random((seeds, images)) < share


def test_the_interval_covers_the_true_change_and_a_clear_one_is_confirmed():
    rng = np.random.default_rng(7)
    covered = 0
    for _ in range(200):
        change = paired_change(_correct(rng, 0.80), _correct(rng, 0.84))
        covered += change.interval[0] <= 0.04 <= change.interval[1]
    assert covered >= 185
    change = paired_change(_correct(rng, 0.70), _correct(rng, 0.84))
    assert judge_published_change(change, change.p_value, 0.10) is ReplicationVerdict.CONFIRMED
    assert judge_published_change(change, change.p_value, -0.10) is ReplicationVerdict.CONTRADICTED


def test_a_published_change_outside_the_interval_is_contradicted_and_a_small_one_inconclusive():
    rng = np.random.default_rng(8)
    change = paired_change(_correct(rng, 0.8, images=100), _correct(rng, 0.8, images=100))
    assert judge_published_change(change, 1.0, -0.35) is ReplicationVerdict.CONTRADICTED
    assert judge_published_change(change, 1.0, 0.06) is ReplicationVerdict.INCONCLUSIVE


def test_smaller_changes_require_more_images_and_no_number_is_enough_if_seeds_vary():
    change = PairedChange(0.80, 0.82, (0.0, 0.04), 0.05, 3, 500, 1e-6, 0.4)
    assert required_images(change, 0.01) > required_images(change, 0.04) > 100
    assert required_images(PairedChange(0.80, 0.82, (0.0, 0.04), 0.05, 3, 500, 1e-2, 0.4), 0.01) is None
