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

from moviemotion._io.atomic_files import appearing, write_whole
from moviemotion.errors import MoviemotionError
from moviemotion.lab.data import dataset
from moviemotion.lab.training.config import Recipe
from moviemotion.lab.training.mlflow_tracking import experiment_id

CATALOGUE = Path(__file__).with_name("experiments.toml")
SETTINGS, PREDICTIONS = "settings.json", "predictions.npy"


@dataclass(frozen=True)
class Published:
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
    published: Published | None
    comment: str
    note: str


@dataclass(frozen=True)
class Reduction:
    """How much smaller than the deck's training a set of runs is, the same for all of them.

    Attributes:
        fraction: share of the train split.
        width: share of each layer's filters and neurons; pretrained layers stay whole.
    """

    epochs: int
    fraction: float
    width: float
    seeds: tuple[int, ...]


def load_catalogue(path: Path = CATALOGUE) -> tuple[dict[str, Recipe], list[Experiment]]:
    """The designs by name, and the experiments between them in the deck's order."""
    content = tomllib.loads(path.read_text(encoding="utf-8"))
    written: dict[str, dict[str, Any]] = content["designs"]
    designs = {name: Recipe.of(_resolve(written, name)) for name in written}
    return designs, [_experiment(entry) for entry in content["experiments"]]


def choose(experiments: Sequence[Experiment], numbers: Sequence[str]) -> list[Experiment]:
    """The experiments with these numbers, or all of them.

    Raises:
        MoviemotionError: a number is unknown.
    """
    known = {experiment.number: experiment for experiment in experiments}
    unknown = [number for number in numbers if number not in known]
    if unknown:
        raise MoviemotionError(f"experiment {unknown[0]}: unknown; choose from {', '.join(known)}")
    return [known[number] for number in numbers] if numbers else list(experiments)


def run(
    data: Path,
    out: Path,
    numbers: Sequence[str],
    reduction: Reduction,
    jobs: int = 1,
    weights: Path | None = None,
    say: Callable[[str], None] = print,
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
    designs, experiments = load_catalogue()
    needed = dict.fromkeys(n for e in choose(experiments, numbers) for n in (e.before, e.after))
    faces, test = (dataset.load_faces(data, split) for split in ("train", "test"))
    _agree(out, reduction)
    # Seed by seed, so that a stop leaves whole comparisons.
    tasks = [
        (design, seed)
        for seed in reduction.seeds
        for design in needed
        if not (out / design / f"seed-{seed}" / PREDICTIONS).exists()
    ]
    say(f"{len(tasks)} runs to make, {len(needed) * len(reduction.seeds) - len(tasks)} already there")
    failures: list[str] = []
    store = f"sqlite:///{out.resolve()}/mlflow.db"
    experiment_id(store)  # before several processes would make it at once
    threads = max(1, (os.cpu_count() or 1) // jobs)
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(jobs, context, initializer=_prepare, initargs=(threads, faces, test)) as pool:
        started = {
            pool.submit(
                _run_one, out / design, _reduced(designs[design], reduction, seed, weights), store
            ): f"{design} seed {seed}"
            for design, seed in tasks
        }
        for number, future in enumerate(as_completed(started), 1):
            name = started[future]
            try:
                say(f"{number}/{len(tasks)} {name}: {future.result()}")
            except MoviemotionError as error:
                failures.append(f"{name}: {error}")
    return failures


def read_reduction(out: Path) -> Reduction:
    """What the runs in `out` were made with.

    Raises:
        MoviemotionError: no experiments were run there.
    """
    path = out / SETTINGS
    if not path.exists():
        raise MoviemotionError(f"{out}: no experiments here; make them with: moviemotion lab experiments run")
    fields = json.loads(path.read_text(encoding="utf-8"))
    return Reduction(**{**fields, "seeds": tuple(fields["seeds"])})


def _agree(out: Path, reduction: Reduction) -> None:
    """Runs that will be compared must have been made alike; only seeds may be added."""
    path = out / SETTINGS
    if path.exists():
        before = read_reduction(out)
        if replace(before, seeds=()) != replace(reduction, seeds=()):
            raise MoviemotionError(
                f"{out}: holds runs of {before.epochs} epoch{'s' * (before.epochs > 1)} on "
                f"{before.fraction:g} of the faces with {before.width:g} of the width; "
                "repeat these, or choose another --out"
            )
        reduction = replace(reduction, seeds=tuple(dict.fromkeys((*before.seeds, *reduction.seeds))))
    out.mkdir(parents=True, exist_ok=True)
    write_whole(path, json.dumps(asdict(reduction)) + "\n")


def _reduced(recipe: Recipe, reduction: Reduction, seed: int, weights: Path | None) -> Recipe:
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


_given: dict[str, dataset.FaceSet] = {}
"""In a process of the pool: the train and the test split, handed over once instead of with every run."""


def _prepare(threads: int, faces: dataset.FaceSet, test: dataset.FaceSet) -> None:
    import torch

    torch.set_num_threads(threads)
    _given.update(train=faces, test=test)


def _run_one(out: Path, recipe: Recipe, store: str) -> str:
    """One run, in a process of its own; says how it went."""
    from moviemotion.lab.training import loop, runs

    folder = out / f"seed-{recipe.seed}"
    test = _given["test"]
    run = runs.train(_given["train"], test, folder, recipe, store=store, say=_nothing)
    network, _ = runs.load_run(folder)
    logits = loop.to_deck_logits(loop.predict_logits(network, test.images, mirror=False))
    with appearing(folder / PREDICTIONS) as partial, partial.open("wb") as file:
        np.save(file, logits.softmax(1).numpy())
    (folder / runs.CHECKPOINT).unlink()
    last = run.history[-1]
    seconds = sum(epoch.seconds for epoch in run.history)
    return (
        f"validation accuracy {last.held_out_accuracy:.3f} after {len(run.history)} epochs, {seconds:.0f} s"
    )


def _nothing(line: str) -> None:
    """Runs side by side would talk at once."""


def _resolve(written: dict[str, dict[str, Any]], name: str) -> dict[str, Any]:
    fields = dict(written[name])
    parent = fields.pop("from", None)
    if parent is None:
        return fields
    base = _resolve(written, parent)
    if fields.get("network", base["network"]) == base["network"]:
        fields["options"] = {**base["options"], **fields.get("options", {})}
    return {**base, **fields}


def _experiment(entry: dict[str, Any]) -> Experiment:
    told = entry.get("published")
    published = Published(told["from"], told["to"], told["before"], told["after"]) if told else None
    return Experiment(
        entry["number"],
        entry["title"],
        entry["from"],
        entry["to"],
        published,
        entry["comment"],
        entry.get("note", ""),
    )
