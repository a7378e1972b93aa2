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

from moviemotion._io.atomic_files import atomic_write_text
from moviemotion.errors import MoviemotionError
from moviemotion.lab.data import dataset
from moviemotion.lab.training import loop, networks
from moviemotion.lab.training.config import TARGETS, TrainingConfig
from moviemotion.lab.training.face_selection import select_faces
from moviemotion.lab.training.loop import BatchCallback, EpochResult, Examples
from moviemotion.lab.training.mlflow_tracking import MlflowRun

RUN_FILE, WEIGHTS_FILE, CHECKPOINT_FILE = "run.json", "weights.pt", "checkpoint.pt"


@dataclass(frozen=True)
class TrainedRun:
    """A finished run.

    Attributes:
        temperature: fitted on the held-out faces; 1 where none has a truth.
        faces, validation_faces: how many were learnt from and held out.
        history: one record an epoch.
        note: what else the card has to say.
    """

    recipe: TrainingConfig
    teachers: tuple[str, ...]
    temperature: float
    faces: int
    validation_faces: int
    history: tuple[EpochResult, ...]
    note: str = ""


def train_emotion_model(
    faces: dataset.FaceSet,
    test: dataset.FaceSet | None,
    out: Path,
    config: TrainingConfig,
    teachers: Sequence[Path] = (),
    tracking_uri: str | None = None,
    print_line: Callable[[str], None] = print,
    on_batch_end: BatchCallback = lambda done, total: None,
) -> TrainedRun:
    """Train on the faces of a train split and write the run's folder; a run that was stopped goes on.

    Args:
        test: faces whose pixels are left out of `faces`.
        teachers: folders of finished runs on votes, whose mean probabilities are part of the targets
            (Hinton et al., 2015).
        store: MLflow tracking URI; by default `mlflow.db` beside `out`.

    Raises:
        MoviemotionError: the recipe does not fit the faces, or `out` holds a run of another recipe.
    """
    if config.targets not in TARGETS:
        raise MoviemotionError(f"targets {config.targets}: unknown; choose from {', '.join(TARGETS)}")
    chosen = select_faces(faces, test, config)
    print_line(
        f"{len(faces)} images; left out: {chosen.without_target} without an emotion to learn, "
        f"{chosen.also_in_test} whose pixels are in the test split"
    )
    print_line(f"training on {len(chosen.train)}, holding out {len(chosen.held_out)}; seed {config.seed}")
    examples, held_out = make_examples(chosen.train, config), make_examples(chosen.held_out, config)
    if teachers:
        examples = _mix_in_teachers(examples, teachers, config.teacher_share)
    loop.prepare_training(config, out / CHECKPOINT_FILE)  # refuses before anything is written
    out.mkdir(parents=True, exist_ok=True)
    parameters = {**asdict(config), "teachers": ",".join(map(str, teachers)), "faces": len(examples)}
    tracker = MlflowRun.start_or_resume(out, parameters, tracking_uri)

    def after_epoch(number: int, epoch: EpochResult) -> None:
        tracker.log_metrics(number, asdict(epoch))
        print_line(
            f"epoch {number}/{config.epochs} loss {epoch.loss:.4f} validation loss {epoch.held_out_loss:.4f} "
            f"accuracy {epoch.held_out_accuracy:.4f} (n={(held_out.truth >= 0).sum()}) {epoch.seconds:.0f} s"
        )

    network, history = loop.fit(config, examples, held_out, out / CHECKPOINT_FILE, on_batch_end, after_epoch)
    loop.save_atomically(out / WEIGHTS_FILE, network.state_dict())
    run = TrainedRun(
        config,
        tuple(teacher.name for teacher in teachers),
        _fit_temperature(network, held_out),
        len(examples),
        len(held_out),
        tuple(history),
    )
    atomic_write_text(out / RUN_FILE, json.dumps(asdict(run), indent=2) + "\n")
    tracker.finish()
    return run


def load_run(folder: Path) -> tuple[nn.Module, TrainedRun]:
    """The network of a finished run, ready to predict, and its record.

    Raises:
        MoviemotionError: the folder holds no finished run.
    """
    record = folder / RUN_FILE
    if not record.exists():
        raise MoviemotionError(f"{folder}: no finished run (run.json is missing); train first, or resume it")
    fields = json.loads(record.read_text(encoding="utf-8"))
    recipe = TrainingConfig.from_dict(fields["recipe"])
    network = networks.build_network(recipe.network, recipe.n_outputs, recipe.options)
    network.load_state_dict(torch.load(folder / WEIGHTS_FILE, weights_only=True, map_location="cpu"))
    history = tuple(EpochResult(**epoch) for epoch in fields["history"])
    run = TrainedRun(
        **{**fields, "recipe": recipe, "teachers": tuple(fields["teachers"]), "history": history}
    )
    return network.eval(), run


def make_examples(faces: dataset.FaceSet, config: TrainingConfig) -> Examples:
    """Faces with the targets that the recipe learns, and what counts as right for it."""
    if config.targets == "votes":
        assert faces.votes is not None
        return Examples(faces.images, dataset.soft_targets(faces.votes), dataset.consensus_truth(faces))
    truth = dataset.label_truth(faces)
    return Examples(faces.images, np.eye(config.n_outputs, dtype=np.float32)[truth], truth)


def _mix_in_teachers(examples: Examples, teachers: Sequence[Path], share: float) -> Examples:
    """The targets, less `share`, plus `share` of the teachers' mean probabilities."""
    taught: list[NDArray[np.float32]] = []
    for folder in teachers:
        network, run = load_run(folder)
        if run.recipe.n_outputs != examples.targets.shape[1]:
            raise MoviemotionError(f"{folder}: a teacher of other emotions; choose one trained on votes")
        with loop.bfloat16_autocast(torch.device("cpu")):
            taught.append(loop.predict_logits(network, examples.images).softmax(1).numpy())
    mixed = (1 - share) * examples.targets + share * np.mean(taught, axis=0)
    return Examples(examples.images, mixed.astype(np.float32), examples.truth)


def _fit_temperature(network: nn.Module, held_out: Examples) -> float:
    """Temperature scaling (Guo et al., 2017) of the deck's four on the held-out faces that have a truth."""
    judged = held_out.truth >= 0
    if not judged.any():
        return 1.0
    logits = loop.to_proposal_logits(loop.predict_logits(network, held_out.images[judged]))
    target = torch.from_numpy(held_out.truth[judged])
    candidates: Tensor = torch.linspace(0.3, 3.0, 271)
    losses = torch.stack([F.cross_entropy(logits / t, target) for t in candidates])
    return round(float(candidates[losses.argmin()]), 3)
