"""Training runs on disk.

The folder of a run contains:

- `run.json`: the configuration and the results.
- `weights.pt`: the trained weights.
- `checkpoint.pt`: the state after the last epoch, from which an interrupted run resumes.
- `mlflow-run.txt`: the run's ID in the tracking store.
"""

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
from moviemotion.lab.progress import ProgressCallback, ignore_progress
from moviemotion.lab.training import loop, networks
from moviemotion.lab.training.config import TARGETS, TrainingConfig, config_fields
from moviemotion.lab.training.face_selection import select_faces
from moviemotion.lab.training.loop import EpochResult, Examples
from moviemotion.lab.training.mlflow_tracking import MlflowRun

RUN_FILE, WEIGHTS_FILE, CHECKPOINT_FILE = "run.json", "weights.pt", "checkpoint.pt"


@dataclass(frozen=True)
class TrainedRun:
    """The record of a finished run.

    Attributes:
        config: the configuration of the run.
        teachers: names of the teachers' runs.
        temperature: softmax temperature fitted on the held-out faces; 1 if none is labeled.
        faces, validation_faces: number of training faces and of held-out faces.
        history: the results of each epoch.
        note: a paragraph for the model card.
    """

    config: TrainingConfig
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
    on_batch_end: ProgressCallback = ignore_progress,
) -> TrainedRun:
    """Train on the faces of a train split and write the run's folder; an interrupted run is resumed.

    Args:
        test: the test split, if there is one; training skips faces that are pixel-identical to a test face.
        out: folder of the run.
        teachers: folders of finished runs trained on votes; their mean probabilities are mixed into the
            targets (Hinton et al., 2015).
        tracking_uri: MLflow tracking URI; defaults to `mlflow.db` next to `out`.
        print_line: called with lines of text for the user.
        on_batch_end: called after each batch with the number of batches done and the total of the run.

    Raises:
        MoviemotionError: the configuration does not fit the faces, or `out` contains a run with a different
            configuration.
    """
    if config.targets not in TARGETS:
        raise MoviemotionError(f"targets {config.targets}: unknown; choose from {', '.join(TARGETS)}")
    chosen = select_faces(faces, test, config)
    print_line(
        f"{len(faces)} images; skipped: {chosen.without_target} without an emotion to learn, "
        f"{chosen.also_in_test} that are also in the test split"
    )
    print_line(f"training on {len(chosen.train)} faces, {len(chosen.held_out)} held out; seed {config.seed}")
    examples, held_out = make_examples(chosen.train, config), make_examples(chosen.held_out, config)
    if teachers:
        examples = _mix_in_teachers(examples, teachers, config.teacher_share)
    loop.prepare_training(config, out / CHECKPOINT_FILE)  # raises any error before anything is written
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
        fit_temperature(network, held_out),
        len(examples),
        len(held_out),
        tuple(history),
    )
    atomic_write_text(out / RUN_FILE, json.dumps(asdict(run), indent=2) + "\n")
    tracker.finish()
    return run


def load_run(folder: Path) -> tuple[nn.Module, TrainedRun]:
    """Load a finished run, including runs of version 0.1.0.

    Returns:
        The network in evaluation mode, and the record of the run.

    Raises:
        MoviemotionError: the folder contains no finished run.
    """
    record = folder / RUN_FILE
    if not record.exists():
        raise MoviemotionError(
            f"{folder}: does not contain a finished run (run.json is missing); "
            "start or resume it with moviemotion lab train"
        )
    fields = json.loads(record.read_text(encoding="utf-8"))
    config = TrainingConfig.from_dict(config_fields(fields))
    network = networks.build_network(config.network, config.n_outputs, config.options)
    network.load_state_dict(torch.load(folder / WEIGHTS_FILE, weights_only=True, map_location="cpu"))
    history = tuple(EpochResult(**epoch) for epoch in fields["history"])
    run = TrainedRun(
        config=config,
        teachers=tuple(fields["teachers"]),
        temperature=fields["temperature"],
        faces=fields["faces"],
        validation_faces=fields["validation_faces"],
        history=history,
        note=fields.get("note", ""),
    )
    return network.eval(), run


def make_examples(faces: dataset.FaceSet, config: TrainingConfig) -> Examples:
    """Create examples with the targets and correct answers that the configuration defines."""
    if config.targets == "votes":
        assert faces.votes is not None
        return Examples(faces.images, dataset.soft_targets(faces.votes), dataset.consensus_truth(faces))
    truth = dataset.label_truth(faces)
    return Examples(faces.images, np.eye(config.n_outputs, dtype=np.float32)[truth], truth)


def _mix_in_teachers(examples: Examples, teachers: Sequence[Path], share: float) -> Examples:
    """Replace the fraction `share` of each target with the teachers' mean probabilities."""
    predictions: list[NDArray[np.float32]] = []
    for folder in teachers:
        network, run = load_run(folder)
        if run.config.n_outputs != examples.targets.shape[1]:
            raise MoviemotionError(
                f"{folder}: this teacher was trained on a different set of emotions; "
                "choose a run whose model was trained on annotators' votes"
            )
        with loop.bfloat16_autocast(torch.device("cpu")):
            predictions.append(loop.predict_logits(network, examples.images).softmax(1).numpy())
    mixed = (1 - share) * examples.targets + share * np.mean(predictions, axis=0)
    return Examples(examples.images, mixed.astype(np.float32), examples.truth)


def fit_temperature(network: nn.Module, held_out: Examples) -> float:
    """Fit the temperature (Guo et al., 2017) of the proposal's four emotions on the held-out faces.

    A trained network is usually more confident than it is accurate. Dividing its logits by the number that
    minimizes the cross-entropy on held-out faces corrects this without changing any answer.
    """
    has_truth = held_out.truth >= 0
    if not has_truth.any():
        return 1.0
    logits = loop.to_proposal_logits(loop.predict_logits(network, held_out.images[has_truth]))
    target = torch.from_numpy(held_out.truth[has_truth])
    candidates: Tensor = torch.linspace(0.3, 3.0, 271)
    losses = torch.stack([F.cross_entropy(logits / t, target) for t in candidates])
    return round(float(candidates[losses.argmin()]), 3)
