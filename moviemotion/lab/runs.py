"""A run on disk: train on a folder of faces, keep the weights and all that was said, load them again."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from moviemotion.errors import MoviemotionError
from moviemotion.lab import dataset, networks, training
from moviemotion.lab.recipe import TARGETS, Recipe
from moviemotion.lab.tracking import Tracker
from moviemotion.lab.training import Epoch, Examples, Step

RECORD, WEIGHTS, CHECKPOINT = "run.json", "weights.pt", "checkpoint.pt"


@dataclass(frozen=True)
class TrainedRun:
    """A finished run.

    Attributes:
        temperature: fitted on the held-out faces; 1 where none has a truth.
        faces, validation_faces: how many were learnt from and held out.
        history: one record an epoch.
        note: what else the card has to say.
    """

    recipe: Recipe
    teachers: tuple[str, ...]
    temperature: float
    faces: int
    validation_faces: int
    history: tuple[Epoch, ...]
    note: str = ""


def train(
    data: Path,
    out: Path,
    recipe: Recipe,
    teachers: Sequence[Path] = (),
    store: str | None = None,
    say: Callable[[str], None] = print,
    step: Step = lambda done, total: None,
) -> TrainedRun:
    """Train on `<data>/train` and write the run's folder; a run that was stopped goes on.

    Images whose pixels are also in `<data>/test` are left out.

    Args:
        teachers: folders of finished runs on votes, whose mean probabilities are part of the targets
            (Hinton et al., 2015).
        store: MLflow tracking URI; by default `mlflow.db` beside `out`.

    Raises:
        MoviemotionError: the data cannot be read, or `out` holds a run of another recipe.
    """
    faces = dataset.load_faces(data, "train")
    test = dataset.load_faces(data, "test") if (data / "test").is_dir() else None
    return train_on(faces, test, out, recipe, teachers, store, say, step)


def train_on(
    faces: dataset.FaceSet,
    test: dataset.FaceSet | None,
    out: Path,
    recipe: Recipe,
    teachers: Sequence[Path] = (),
    store: str | None = None,
    say: Callable[[str], None] = print,
    step: Step = lambda done, total: None,
) -> TrainedRun:
    """`train` on faces already read; those whose pixels are in `test` are left out."""
    if recipe.targets not in TARGETS:
        raise MoviemotionError(f"targets {recipe.targets}: unknown; choose from {', '.join(TARGETS)}")
    examples, held_out = make_examples(faces, test, recipe, say)
    if teachers:
        examples = _taught(examples, teachers, recipe.teacher_share)
    out.mkdir(parents=True, exist_ok=True)
    parameters = {**asdict(recipe), "teachers": ",".join(map(str, teachers)), "faces": len(examples)}
    tracker = Tracker.open(out, parameters, store)

    def after_epoch(number: int, epoch: Epoch) -> None:
        tracker.log(number, asdict(epoch))
        say(
            f"epoch {number}/{recipe.epochs} loss {epoch.loss:.4f} validation loss {epoch.held_out_loss:.4f} "
            f"accuracy {epoch.held_out_accuracy:.4f} (n={(held_out.truth >= 0).sum()}) {epoch.seconds:.0f} s"
        )

    network, history = training.fit(recipe, examples, held_out, out / CHECKPOINT, step, after_epoch)
    training.write_atomically(out / WEIGHTS, network.state_dict())
    run = TrainedRun(
        recipe,
        tuple(teacher.name for teacher in teachers),
        _fit_temperature(network, held_out),
        len(examples),
        len(held_out),
        tuple(history),
    )
    partial = (out / RECORD).with_suffix(".partial")
    partial.write_text(json.dumps(asdict(run), indent=2) + "\n", encoding="utf-8")
    partial.replace(out / RECORD)
    tracker.finish()
    return run


def load_run(folder: Path) -> tuple[nn.Module, TrainedRun]:
    """The network of a finished run, ready to predict, and its record.

    Raises:
        MoviemotionError: the folder holds no finished run.
    """
    record = folder / RECORD
    if not record.exists():
        raise MoviemotionError(f"{folder}: no finished run (run.json is missing); train first, or resume it")
    fields = json.loads(record.read_text(encoding="utf-8"))
    recipe = Recipe(**{**fields["recipe"], "brightness": tuple(fields["recipe"]["brightness"])})
    network = networks.build(recipe.network, recipe.outputs, recipe.options)
    network.load_state_dict(torch.load(folder / WEIGHTS, weights_only=True, map_location="cpu"))
    history = tuple(Epoch(**epoch) for epoch in fields["history"])
    run = TrainedRun(
        **{**fields, "recipe": recipe, "teachers": tuple(fields["teachers"]), "history": history}
    )
    return network.eval(), run


def make_examples(
    faces: dataset.FaceSet, test: dataset.FaceSet | None, recipe: Recipe, say: Callable[[str], None]
) -> tuple[Examples, Examples]:
    """Examples to learn from and examples held out of `faces`, the same for the same recipe.

    Raises:
        MoviemotionError: the faces have no votes and the recipe needs them.
    """
    total = len(faces)
    if recipe.targets == "votes":
        if faces.votes is None:
            raise MoviemotionError(
                "no annotations.csv beside the splits; a network on votes needs the annotators' votes"
            )
        faces = faces.subset(dataset.usable(faces))
    else:
        faces = faces.subset(dataset.original_truth(faces) >= 0)
    say(f"{total} images, {total - len(faces)} left out: no emotion to learn")
    if test is not None:
        before = len(faces)
        faces = dataset.without_copies_of(faces, test)
        say(f"{before - len(faces)} left out: the same pixels are in the test split")
    if recipe.fraction < 1:
        faces = faces.subset(dataset.validation_mask(faces, recipe.fraction, recipe.seed))
    held = dataset.validation_mask(faces, recipe.validation, recipe.seed)
    say(f"training on {(~held).sum()}, holding out {held.sum()}; seed {recipe.seed}")
    return _as_examples(faces.subset(~held), recipe), _as_examples(faces.subset(held), recipe)


def _as_examples(faces: dataset.FaceSet, recipe: Recipe) -> Examples:
    if recipe.targets == "votes":
        assert faces.votes is not None
        return Examples(faces.images, dataset.soft_targets(faces.votes), dataset.consensus_truth(faces))
    truth = dataset.original_truth(faces)
    return Examples(faces.images, np.eye(recipe.outputs, dtype=np.float32)[truth], truth)


def _taught(examples: Examples, teachers: Sequence[Path], share: float) -> Examples:
    """The targets, less `share`, plus `share` of the teachers' mean probabilities."""
    taught: list[NDArray[np.float32]] = []
    for folder in teachers:
        network, run = load_run(folder)
        if run.recipe.outputs != examples.targets.shape[1]:
            raise MoviemotionError(f"{folder}: a teacher of other emotions; choose one trained on votes")
        with training.fast(torch.device("cpu")):
            taught.append(training.predict_logits(network, examples.images).softmax(1).numpy())
    mixed = (1 - share) * examples.targets + share * np.mean(taught, axis=0)
    return Examples(examples.images, mixed.astype(np.float32), examples.truth)


def _fit_temperature(network: nn.Module, held_out: Examples) -> float:
    """Temperature scaling (Guo et al., 2017) of the deck's four on the held-out faces that have a truth."""
    judged = held_out.truth >= 0
    if not judged.any():
        return 1.0
    logits = training.to_deck_logits(training.predict_logits(network, held_out.images[judged]))
    target = torch.from_numpy(held_out.truth[judged])
    candidates: Tensor = torch.linspace(0.3, 3.0, 271)
    losses = torch.stack([F.cross_entropy(logits / t, target) for t in candidates])
    return round(float(candidates[losses.argmin()]), 3)
