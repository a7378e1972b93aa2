"""The training loop used for all networks.

Each epoch seeds the random generators with (seed, epoch) alone. A run that was killed and resumed from its
checkpoint therefore sees the same batches, and drops the same neurons, as an uninterrupted run.
"""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from moviemotion._io.atomic_files import atomic_write
from moviemotion.emotions import PROPOSAL_COLUMNS
from moviemotion.errors import MoviemotionError, SettingError
from moviemotion.lab.progress import ProgressCallback, ignore_progress
from moviemotion.lab.training import augmentation, networks
from moviemotion.lab.training.camera_augmentation import augment_camera
from moviemotion.lab.training.config import (
    AUGMENTATIONS,
    OPTIMIZERS,
    SCHEDULES,
    TrainingConfig,
    config_fields,
)

PLATEAU_FACTOR, PLATEAU_PATIENCE = 0.2, 3
"""Factor that lowers the learning rate, and number of epochs without improvement after which it does so."""


@dataclass(frozen=True)
class Examples:
    """Faces to train or evaluate on.

    Attributes:
        images: (n, 48, 48) uint8, gray.
        targets: (n, outputs) float32; each row is a probability distribution.
        truth: (n,) index into `PROPOSAL_EMOTIONS` of the correct answer; -1 if there is none.
    """

    images: NDArray[np.uint8]
    targets: NDArray[np.float32]
    truth: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.images)


@dataclass(frozen=True)
class EpochResult:
    """Results of one epoch.

    Attributes:
        loss: mean cross-entropy of the training batches.
        held_out_loss: mean cross-entropy of the held-out faces.
        held_out_accuracy: fraction of the labeled held-out faces classified correctly; NaN if none is
            labeled.
        learning_rate: learning rate after the epoch.
        seconds: duration.
    """

    loss: float
    held_out_loss: float
    held_out_accuracy: float
    learning_rate: float
    seconds: float


@dataclass
class TrainingState:
    """The state of a run between two epochs; a checkpoint stores it."""

    network: nn.Module
    ema_network: nn.Module
    optimizer: torch.optim.Optimizer
    plateau_scheduler: torch.optim.lr_scheduler.ReduceLROnPlateau
    history: list[EpochResult]
    best_weights: dict[str, Tensor]
    device: torch.device


def fit(
    config: TrainingConfig,
    examples: Examples,
    held_out: Examples,
    checkpoint: Path | None = None,
    on_batch_end: ProgressCallback = ignore_progress,
    on_epoch_end: Callable[[int, EpochResult], None] | None = None,
) -> tuple[nn.Module, list[EpochResult]]:
    """Train a network.

    Args:
        checkpoint: file that is written after each epoch; if it exists, training resumes from it.
        on_batch_end: called after each batch with the number of batches done and the total of the run.
        on_epoch_end: called with the number of the epoch, starting at 1, and its results.

    Returns:
        The trained network in evaluation mode, and the results of each epoch.

    Raises:
        MoviemotionError: the configuration has an unknown value, or `checkpoint` belongs to a run with a
            different configuration.
    """
    state = prepare_training(config, checkpoint)
    images = torch.from_numpy(examples.images)[:, None].to(state.device)
    targets = torch.from_numpy(examples.targets).to(state.device)
    for number in range(len(state.history), config.epochs):
        if _should_stop_early(state.history, config.patience):
            break
        began = time.monotonic()
        loss = _train_epoch(state, config, number, images, targets, on_batch_end)
        result = state.ema_network if config.ema_decay else state.network
        held_loss, accuracy = evaluate_network(result, held_out)
        rate = state.optimizer.param_groups[0]["lr"]
        state.history.append(EpochResult(loss, held_loss, accuracy, rate, time.monotonic() - began))
        if config.schedule == "plateau":
            state.plateau_scheduler.step(held_loss)
        # Without early stopping, the result is the last weights; with it, those of the best epoch.
        if not config.patience or held_loss <= min(epoch.held_out_loss for epoch in state.history):
            state.best_weights = copy.deepcopy(result.state_dict())
        if checkpoint is not None:
            _save_checkpoint(checkpoint, config, state)
        if on_epoch_end is not None:
            on_epoch_end(number + 1, state.history[-1])
    state.ema_network.load_state_dict(state.best_weights)
    return state.ema_network.eval(), state.history


def prepare_training(config: TrainingConfig, checkpoint: Path | None) -> TrainingState:
    """Return the state before the first epoch or, if there is a checkpoint, the stored state.

    No file is written.

    Raises:
        MoviemotionError: see `fit`.
    """
    _check_config(config)
    torch.manual_seed(config.seed)
    state = _new_state(config)
    if checkpoint is not None and checkpoint.exists():
        _restore_checkpoint(checkpoint, config, state)
    return state


def predict_logits(network: nn.Module, images: NDArray[np.uint8], mirror: bool = True) -> Tensor:
    """Predict the logits of faces, by default averaged over each face and its mirror image.

    Args:
        images: (n, 48, 48) uint8.
        mirror: average the predictions for the face and its mirror image, which shows the same emotion; their
            errors partly cancel out.

    Returns:
        (n, outputs) float32 logits on the CPU.
    """
    network.eval()
    device = next(network.parameters()).device
    faces = torch.from_numpy(images)[:, None]
    parts = []
    with torch.inference_mode():
        for i in range(0, len(faces), 256):
            x = faces[i : i + 256].float().to(device)
            logits = (network(x) + network(x.flip(-1))) / 2 if mirror else network(x)
            parts.append(logits.float().cpu())
    return torch.cat(parts)


def to_proposal_logits(logits: Tensor) -> Tensor:
    """Select the columns of the proposal's emotions: (n, 8) or (n, 4) logits → (n, 4)."""
    return logits[:, list(PROPOSAL_COLUMNS)] if logits.shape[1] > len(PROPOSAL_COLUMNS) else logits


def evaluate_network(network: nn.Module, examples: Examples) -> tuple[float, float]:
    """Mean cross-entropy of all faces, and accuracy on the labeled faces (NaN if there are none)."""
    with bfloat16_autocast(next(network.parameters()).device):
        logits = predict_logits(network, examples.images, mirror=False)
    loss = F.cross_entropy(logits, torch.from_numpy(examples.targets)).item()
    has_truth = examples.truth >= 0
    if not has_truth.any():
        return loss, math.nan
    guess = to_proposal_logits(logits).argmax(1).numpy()
    return loss, float((guess[has_truth] == examples.truth[has_truth]).mean())


def _check_config(config: TrainingConfig) -> None:
    for name, value, known in (
        ("optimizer", config.optimizer, OPTIMIZERS),
        ("schedule", config.schedule, SCHEDULES),
        ("augmentation", config.augmentation, AUGMENTATIONS),
    ):
        if value not in known:
            raise MoviemotionError(f"{name} {value}: unknown; choose from {', '.join(known)}")


def _new_state(config: TrainingConfig) -> TrainingState:
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    network = networks.build_network(config.network, config.n_outputs, config.options)
    if config.initial_weights or config.network in networks.INITIAL_WEIGHT_LOADERS:
        path = Path(config.initial_weights) if config.initial_weights else None
        networks.INITIAL_WEIGHT_LOADERS.get(config.network, networks.load_run_weights)(network, path)
    network = network.to(device, memory_format=torch.channels_last)
    # Weight decay pulls parameters toward 0, which helps weight matrices but not biases and batch norms.
    trained = [p for p in network.parameters() if p.requires_grad]
    groups = [
        {"params": [p for p in trained if p.ndim > 1], "weight_decay": config.weight_decay},
        {"params": [p for p in trained if p.ndim <= 1], "weight_decay": 0.0},
    ]
    optimizer: torch.optim.Optimizer
    if config.optimizer == "sgd":
        optimizer = torch.optim.SGD(groups, lr=config.learning_rate, momentum=0.9, nesterov=True)
    else:
        kind = torch.optim.AdamW if config.optimizer == "adamw" else torch.optim.Adam
        optimizer = kind(groups, lr=config.learning_rate)
    plateau = torch.optim.lr_scheduler.ReduceLROnPlateau(
        optimizer,
        factor=PLATEAU_FACTOR,
        patience=PLATEAU_PATIENCE - 1,  # Keras counts the epoch that lowers the rate; PyTorch does not
        threshold=config.min_delta,
        threshold_mode="abs",
    )
    average = copy.deepcopy(network)
    return TrainingState(
        network, average, optimizer, plateau, [], copy.deepcopy(network.state_dict()), device
    )


def bfloat16_autocast(device: torch.device) -> torch.autocast:
    """Return a context that computes in bfloat16 if the device supports it; the weights stay in float32."""
    supported = device.type == "cuda" or torch.ops.mkldnn._is_mkldnn_bf16_supported()
    return torch.autocast(device.type, torch.bfloat16, enabled=supported)


def _train_epoch(
    state: TrainingState,
    config: TrainingConfig,
    number: int,
    images: Tensor,
    targets: Tensor,
    on_batch_end: ProgressCallback,
) -> float:
    torch.manual_seed(config.seed * 100_003 + number)  # dropout and mixup draw from the global generator
    generator = torch.Generator(state.device).manual_seed(config.seed * 100_003 + number)
    order = torch.randperm(len(images), generator=generator, device=state.device)
    steps = math.ceil(len(images) / config.batch)
    state.network.train()
    total = 0.0
    for i in range(steps):
        done = number * steps + i
        if config.schedule == "cosine":
            for group in state.optimizer.param_groups:
                group["lr"] = config.learning_rate * _cosine_factor(done, config.epochs * steps)
        index = order[i * config.batch : (i + 1) * config.batch]
        batch, target = _augment(images[index].float(), targets[index], config, generator)
        with bfloat16_autocast(state.device):
            logits = state.network(batch.to(memory_format=torch.channels_last))
        loss = F.cross_entropy(logits.float(), target)
        state.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        state.optimizer.step()
        if config.ema_decay:
            # Average over fewer steps at first, so that the initial random weights do not persist.
            _update_ema(state.ema_network, state.network, min(config.ema_decay, (1 + done) / 100))
        total += loss.item() * len(index)
        on_batch_end(done + 1, config.epochs * steps)
    return total / len(images)


def _augment(
    batch: Tensor, target: Tensor, config: TrainingConfig, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    if config.augmentation == "camera":
        batch = augment_camera(batch, generator)
    elif config.augmentation == "brightness":
        batch = augmentation.augment_brightness(batch, config.brightness, generator)
    if config.mixup:
        return augmentation.mixup(batch, target, config.mixup, generator)
    return batch, target


def _cosine_factor(step: int, steps: int) -> float:
    """Fraction of the peak rate: linear warm-up over a twelfth of the run, then half-cosine decay to 0."""
    warm = max(1, steps // 12)
    if step < warm:
        return (step + 1) / warm
    return 0.5 * (1 + math.cos(math.pi * (step - warm) / max(1, steps - warm)))


def _should_stop_early(history: list[EpochResult], patience: int) -> bool:
    if not patience or len(history) <= patience:
        return False
    losses = [epoch.held_out_loss for epoch in history]
    return min(losses[-patience:]) >= min(losses[:-patience])


@torch.no_grad()
def _update_ema(average: nn.Module, network: nn.Module, decay: float) -> None:
    for mean, value in zip(average.state_dict().values(), network.state_dict().values(), strict=True):
        if mean.is_floating_point():
            mean.lerp_(value, 1 - decay)
        else:
            mean.copy_(value)


def _save_checkpoint(path: Path, config: TrainingConfig, state: TrainingState) -> None:
    save_atomically(
        path,
        {
            "config": asdict(config),
            "history": [asdict(epoch) for epoch in state.history],
            "network": state.network.state_dict(),
            "average": state.ema_network.state_dict(),
            "optimizer": state.optimizer.state_dict(),
            "plateau": state.plateau_scheduler.state_dict(),
            "best": state.best_weights,
        },
    )


def _restore_checkpoint(path: Path, config: TrainingConfig, state: TrainingState) -> None:
    saved = torch.load(path, weights_only=True, map_location=state.device)
    if TrainingConfig.from_dict(config_fields(saved)) != config:
        raise SettingError(
            "other-configuration",
            "{path}: belongs to a run with a different configuration; "
            "choose another {out}, or delete this file",
            path=path,
        )
    state.network.load_state_dict(saved["network"])
    state.ema_network.load_state_dict(saved["average"])
    # Checkpoints of version 0.1.0 spell it "optimiser".
    state.optimizer.load_state_dict(saved["optimizer"] if "optimizer" in saved else saved["optimiser"])
    state.plateau_scheduler.load_state_dict(saved["plateau"])
    state.history[:] = [EpochResult(**epoch) for epoch in saved["history"]]
    state.best_weights = saved["best"]


def save_atomically(path: Path, state: object) -> None:
    """Save a state with `torch.save` to a temporary file that replaces `path` once it is complete."""
    with atomic_write(path) as partial:
        torch.save(state, partial)
