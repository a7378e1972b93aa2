"""Run the proposal's experiments, as defined in `experiments.toml`.

An experiment compares two designs (configurations). Each design is trained once per seed, in a separate
process, and its predictions for the test split are stored. Finished runs are not repeated; interrupted runs
are resumed. `experiments_report` compares the predictions.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import tomllib
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from moviemotion._io.atomic_files import atomic_write, atomic_write_text
from moviemotion.errors import MoviemotionError, SettingError
from moviemotion.lab.data import dataset
from moviemotion.lab.training.config import TrainingConfig
from moviemotion.lab.training.mlflow_tracking import get_or_create_experiment

CATALOG_FILE = Path(__file__).with_name("experiments.toml")
SETTINGS_FILE, PREDICTIONS_FILE = "settings.json", "predictions.npy"


@dataclass(frozen=True)
class PublishedResult:
    """A change reported by the proposal, with the description and test accuracy before and after it."""

    before_text: str
    after_text: str
    before: float
    after: float

    @property
    def change(self) -> float:
        """The accuracy after minus the accuracy before, as a fraction."""
        return self.after - self.before


@dataclass(frozen=True)
class Experiment:
    """A comparison of two designs.

    Attributes:
        number: the proposal's number, or a word for an experiment that is not in the proposal.
        before, after: names of designs.
        published: the published result; None for an experiment that is not in the proposal.
        conclusion: a summary of what the proposal concluded.
        note: a decision that was needed where the proposal gives no details.
    """

    number: str
    title: str
    before: str
    after: str
    published: PublishedResult | None
    conclusion: str
    note: str


@dataclass(frozen=True)
class TrainingBudget:
    """The size of the runs, which is the same for all runs of a set.

    Attributes:
        epochs: maximum number of epochs of each run.
        fraction: fraction of the train split that is used.
        width: factor by which the number of filters and neurons in each layer is multiplied, except in
            pretrained layers.
        seeds: each design is trained once per seed.
    """

    epochs: int
    fraction: float
    width: float
    seeds: tuple[int, ...]


def load_catalog(path: Path = CATALOG_FILE) -> tuple[dict[str, TrainingConfig], list[Experiment]]:
    """Read the designs, keyed by name, and the experiments, in the proposal's order."""
    content = tomllib.loads(path.read_text(encoding="utf-8"))
    written: dict[str, dict[str, Any]] = content["designs"]
    designs = {name: TrainingConfig.from_dict(_resolve_inheritance(written, name)) for name in written}
    return designs, [_parse_experiment(entry) for entry in content["experiments"]]


def select_experiments(experiments: Sequence[Experiment], numbers: Sequence[str]) -> list[Experiment]:
    """The experiments with these numbers, or all experiments if none are given.

    Raises:
        MoviemotionError: a number is unknown.
    """
    known = {experiment.number: experiment for experiment in experiments}
    unknown = [number for number in numbers if number not in known]
    if unknown:
        raise MoviemotionError(f"experiment {unknown[0]}: unknown; choose from {', '.join(known)}")
    return [known[number] for number in numbers] if numbers else list(experiments)


def run_experiments(
    data: Path,
    out: Path,
    numbers: Sequence[str],
    budget: TrainingBudget,
    jobs: int = 1,
    imagenet_weights: Path | None = None,
    print_line: Callable[[str], None] = print,
) -> list[str]:
    """Train each design that the experiments need, once per seed, and store its test predictions.

    Writes `<out>/<design>/seed-<n>/`. Finished runs are not repeated; interrupted runs are resumed.

    Args:
        data: folder with a train and a test split.
        out: the folder that contains the runs.
        numbers: experiments to run; all if empty.
        jobs: number of simultaneous runs, each in a separate process with an equal share of the cores.
        imagenet_weights: weights of VGG-16 for the transfer learning experiment.
        print_line: called with lines of text for the user.

    Returns:
        One line for each run that failed, with the reason.

    Raises:
        MoviemotionError: the data or the numbers are invalid, or `out` contains runs of a different size.
    """
    designs, experiments = load_catalog()
    needed = dict.fromkeys(n for e in select_experiments(experiments, numbers) for n in (e.before, e.after))
    faces, test = (dataset.load_faces(data, split) for split in ("train", "test"))
    _check_same_budget(out, budget)
    # Run seed by seed, so that an interrupted call leaves complete comparisons.
    tasks = [
        (design, seed)
        for seed in budget.seeds
        for design in needed
        if not (out / design / f"seed-{seed}" / PREDICTIONS_FILE).exists()
    ]
    print_line(
        f"{len(tasks)} runs to train; {len(needed) * len(budget.seeds) - len(tasks)} are finished already"
    )
    failures: list[str] = []
    store = f"sqlite:///{out.resolve()}/mlflow.db"
    get_or_create_experiment(store)  # now, so that parallel processes do not all try to create it
    threads = max(1, (os.cpu_count() or 1) // jobs)
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(
        jobs, context, initializer=_init_worker, initargs=(threads, faces, test)
    ) as pool:
        started = {
            pool.submit(
                _run_one, out / design, _apply_budget(designs[design], budget, seed, imagenet_weights), store
            ): f"{design} seed {seed}"
            for design, seed in tasks
        }
        for number, future in enumerate(as_completed(started), 1):
            name = started[future]
            try:
                print_line(f"{number}/{len(tasks)} {name}: {future.result()}")
            except MoviemotionError as error:
                failures.append(f"{name}: {error}")
    return failures


def read_budget(out: Path) -> TrainingBudget:
    """Read the size of the runs in `out`.

    Raises:
        MoviemotionError: `out` contains no experiments.
    """
    path = out / SETTINGS_FILE
    if not path.exists():
        raise MoviemotionError(
            f"{out}: contains no experiments; run them with moviemotion lab experiments run"
        )
    fields = json.loads(path.read_text(encoding="utf-8"))
    return TrainingBudget(**{**fields, "seeds": tuple(fields["seeds"])})


def _check_same_budget(out: Path, budget: TrainingBudget) -> None:
    """Check that `out` has no runs of a different size, which are not comparable, and record new seeds."""
    path = out / SETTINGS_FILE
    if path.exists():
        before = read_budget(out)
        if replace(before, seeds=()) != replace(budget, seeds=()):
            raise SettingError(
                "other-training-budget",
                "{path}: contains runs with {epochs} {n_epochs}, {fraction} {share:g} and {width} "
                "{factor:g}; use the same values, or choose another {out}",
                path=out,
                n_epochs=before.epochs,
                share=before.fraction,
                factor=before.width,
            )
        budget = replace(budget, seeds=tuple(dict.fromkeys((*before.seeds, *budget.seeds))))
    out.mkdir(parents=True, exist_ok=True)
    atomic_write_text(path, json.dumps(asdict(budget)) + "\n")


def _apply_budget(
    config: TrainingConfig, budget: TrainingBudget, seed: int, imagenet_weights: Path | None
) -> TrainingConfig:
    initial = str(imagenet_weights) if imagenet_weights and config.network == "vgg16_block3" else None
    options: dict[str, Any] = dict(config.options)
    options = {
        key: [max(1, round(budget.width * n)) for n in value] if key in ("filters", "dense") else value
        for key, value in options.items()
    }
    return replace(
        config,
        options=options,
        epochs=budget.epochs,
        fraction=budget.fraction,
        seed=seed,
        initial_weights=initial,
    )


_worker_splits: dict[str, dataset.FaceSet] = {}
"""The train and test splits in a worker process; they are passed once instead of with each run."""


def _init_worker(threads: int, faces: dataset.FaceSet, test: dataset.FaceSet) -> None:
    import torch

    torch.set_num_threads(threads)
    _worker_splits.update(train=faces, test=test)


def _run_one(out: Path, config: TrainingConfig, store: str) -> str:
    """Train one run in a worker process and return a summary."""
    from moviemotion.lab.training import loop, runs

    folder = out / f"seed-{config.seed}"
    test = _worker_splits["test"]
    run = runs.train_emotion_model(
        _worker_splits["train"], test, folder, config, tracking_uri=store, print_line=_discard_line
    )
    network, _ = runs.load_run(folder)
    logits = loop.to_proposal_logits(loop.predict_logits(network, test.images, mirror=False))
    with atomic_write(folder / PREDICTIONS_FILE) as partial, partial.open("wb") as file:
        np.save(file, logits.softmax(1).numpy())
    (folder / runs.CHECKPOINT_FILE).unlink()
    last = run.history[-1]
    seconds = sum(epoch.seconds for epoch in run.history)
    return (
        f"validation accuracy {last.held_out_accuracy:.3f} after {len(run.history)} epochs, {seconds:.0f} s"
    )


def _discard_line(line: str) -> None:
    """Print nothing: the output of parallel runs would be interleaved."""


def _resolve_inheritance(written: dict[str, dict[str, Any]], name: str) -> dict[str, Any]:
    fields = dict(written[name])
    parent = fields.pop("from", None)
    if parent is None:
        return fields
    base = _resolve_inheritance(written, parent)
    if fields.get("network", base["network"]) == base["network"]:
        fields["options"] = {**base["options"], **fields.get("options", {})}
    return {**base, **fields}


def _parse_experiment(entry: dict[str, Any]) -> Experiment:
    result = entry.get("published")
    published = (
        PublishedResult(result["from"], result["to"], result["before"], result["after"]) if result else None
    )
    return Experiment(
        entry["number"],
        entry["title"],
        entry["from"],
        entry["to"],
        published,
        entry["conclusion"],
        entry.get("note", ""),
    )
