"""The deck's experiments: read from `experiments.toml`, run over seeds, resumable."""

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
from moviemotion.errors import MoviemotionError
from moviemotion.lab.data import dataset
from moviemotion.lab.training.config import TrainingConfig
from moviemotion.lab.training.mlflow_tracking import get_or_create_experiment

CATALOG_FILE = Path(__file__).with_name("experiments.toml")
SETTINGS_FILE, PREDICTIONS_FILE = "settings.json", "predictions.npy"


@dataclass(frozen=True)
class PublishedResult:
    """What the deck reports: its own words for the two sides, and their test accuracies."""

    before_text: str
    after_text: str
    before: float
    after: float

    @property
    def change(self) -> float:
        """After less before, as a share."""
        return self.after - self.before


@dataclass(frozen=True)
class Experiment:
    """Two designs to compare.

    Attributes:
        number: as the deck counts, or a word.
        before, after: names of designs.
        published: None for a comparison that the deck does not have.
        comment: what the deck concluded, in our words.
        note: what we had to decide.
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
    """How much smaller than the deck's training a set of runs is, the same for all of them.

    Attributes:
        fraction: share of the train split.
        width: share of each layer's filters and neurons; pretrained layers stay whole.
    """

    epochs: int
    fraction: float
    width: float
    seeds: tuple[int, ...]


def load_catalog(path: Path = CATALOG_FILE) -> tuple[dict[str, TrainingConfig], list[Experiment]]:
    """The designs by name, and the experiments between them in the deck's order."""
    content = tomllib.loads(path.read_text(encoding="utf-8"))
    written: dict[str, dict[str, Any]] = content["designs"]
    designs = {name: TrainingConfig.from_dict(_resolve_inheritance(written, name)) for name in written}
    return designs, [_parse_experiment(entry) for entry in content["experiments"]]


def select_experiments(experiments: Sequence[Experiment], numbers: Sequence[str]) -> list[Experiment]:
    """The experiments with these numbers, or all of them.

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
    """Train every design that the experiments need, once a seed, and keep its answers on the test split.

    Writes `<out>/<design>/seed-<n>/`; finished runs are not repeated and stopped ones go on.

    Args:
        jobs: runs at once, each in a process of its own with its share of the cores.
        weights: ImageNet's weights for transfer learning.

    Returns:
        One line for each run that could not be made, with the reason.

    Raises:
        MoviemotionError: data or numbers are wrong, or `out` holds runs of another reduction.
    """
    designs, experiments = load_catalog()
    needed = dict.fromkeys(n for e in select_experiments(experiments, numbers) for n in (e.before, e.after))
    faces, test = (dataset.load_faces(data, split) for split in ("train", "test"))
    _check_same_budget(out, budget)
    # Seed by seed, so that a stop leaves whole comparisons.
    tasks = [
        (design, seed)
        for seed in budget.seeds
        for design in needed
        if not (out / design / f"seed-{seed}" / PREDICTIONS_FILE).exists()
    ]
    print_line(f"{len(tasks)} runs to make, {len(needed) * len(budget.seeds) - len(tasks)} already there")
    failures: list[str] = []
    store = f"sqlite:///{out.resolve()}/mlflow.db"
    get_or_create_experiment(store)  # before several processes would make it at once
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
    """What the runs in `out` were made with.

    Raises:
        MoviemotionError: no experiments were run there.
    """
    path = out / SETTINGS_FILE
    if not path.exists():
        raise MoviemotionError(f"{out}: no experiments here; make them with: moviemotion lab experiments run")
    fields = json.loads(path.read_text(encoding="utf-8"))
    return TrainingBudget(**{**fields, "seeds": tuple(fields["seeds"])})


def _check_same_budget(out: Path, reduction: TrainingBudget) -> None:
    """Runs that will be compared must have been made alike; only seeds may be added."""
    path = out / SETTINGS_FILE
    if path.exists():
        before = read_budget(out)
        if replace(before, seeds=()) != replace(reduction, seeds=()):
            raise MoviemotionError(
                f"{out}: holds runs of {before.epochs} epoch{'s' * (before.epochs > 1)} on "
                f"{before.fraction:g} of the faces with {before.width:g} of the width; "
                "repeat these, or choose another --out"
            )
        reduction = replace(reduction, seeds=tuple(dict.fromkeys((*before.seeds, *reduction.seeds))))
    out.mkdir(parents=True, exist_ok=True)
    atomic_write_text(path, json.dumps(asdict(reduction)) + "\n")


def _apply_budget(
    recipe: TrainingConfig, reduction: TrainingBudget, seed: int, weights: Path | None
) -> TrainingConfig:
    first = str(weights) if weights and recipe.network == "vgg16_block3" else None
    options: dict[str, Any] = dict(recipe.options)
    options = {
        key: [max(1, round(reduction.width * n)) for n in value] if key in ("filters", "dense") else value
        for key, value in options.items()
    }
    return replace(
        recipe,
        options=options,
        epochs=reduction.epochs,
        fraction=reduction.fraction,
        seed=seed,
        first_weights=first,
    )


_worker_splits: dict[str, dataset.FaceSet] = {}
"""In a process of the pool: the train and the test split, handed over once instead of with every run."""


def _init_worker(threads: int, faces: dataset.FaceSet, test: dataset.FaceSet) -> None:
    import torch

    torch.set_num_threads(threads)
    _worker_splits.update(train=faces, test=test)


def _run_one(out: Path, recipe: TrainingConfig, store: str) -> str:
    """One run, in a process of its own; says how it went."""
    from moviemotion.lab.training import loop, runs

    folder = out / f"seed-{recipe.seed}"
    test = _worker_splits["test"]
    run = runs.train_emotion_model(
        _worker_splits["train"], test, folder, recipe, tracking_uri=store, print_line=_discard_line
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
    """Runs side by side would talk at once."""


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
    told = entry.get("published")
    published = PublishedResult(told["from"], told["to"], told["before"], told["after"]) if told else None
    return Experiment(
        entry["number"],
        entry["title"],
        entry["from"],
        entry["to"],
        published,
        entry["comment"],
        entry.get("note", ""),
    )
