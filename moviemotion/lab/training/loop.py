"""One training loop for every network: faces and targets in, kept weights out.

Each epoch draws its randomness from (seed, epoch) alone, so a run that was killed and resumed from
its checkpoint sees the same batches, and drops the same neurons, as one that was not.
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
from moviemotion.errors import MoviemotionError
from moviemotion.lab.training import augmentation, networks
from moviemotion.lab.training.config import AUGMENTATIONS, OPTIMIZERS, SCHEDULES, TrainingConfig

BatchCallback = Callable[[int, int], None]
"""Called after each batch with the batches done and the batches of the whole run."""

PLATEAU_FACTOR, PLATEAU_PATIENCE = 0.2, 3


@dataclass(frozen=True)
class Examples:
    """Faces to learn from or to be judged on.

    Attributes:
        images: (n, 48, 48) uint8, grey.
        targets: (n, outputs) float32, each row a distribution.
        truth: n indices into `DECK_EMOTIONS` that count as right; -1 where nothing does.
    """

    images: NDArray[np.uint8]
    targets: NDArray[np.float32]
    truth: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.images)


@dataclass(frozen=True)
class EpochResult:
    """What one epoch gave: mean losses, accuracy on the held-out faces that have a truth, seconds."""

    loss: float
    held_out_loss: float
    held_out_accuracy: float
    learning_rate: float
    seconds: float


@dataclass
class TrainingState:
    """All that a resumed run needs."""

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
    on_batch_end: BatchCallback = lambda done, total: None,
    on_epoch_end: Callable[[int, EpochResult], None] = lambda number, epoch: None,
) -> tuple[nn.Module, list[EpochResult]]:
    """Train a fresh network and return it with its history, ready to predict.

    Args:
        checkpoint: file written after every epoch; a run of the same recipe goes on from it.

    Raises:
        MoviemotionError: the recipe names something unknown, or `checkpoint` is another recipe's.
    """
    state = prepare_training(config, checkpoint)
    images = torch.from_numpy(examples.images)[:, None].to(state.device)
    targets = torch.from_numpy(examples.targets).to(state.device)
    for number in range(len(state.history), config.epochs):
        if _should_stop_early(state.history, config.patience):
            break
        began = time.monotonic()
        loss = _train_epoch(state, config, number, images, targets, on_batch_end)
        kept = state.ema_network if config.averaging else state.network
        held_loss, accuracy = evaluate_network(kept, held_out)
        rate = state.optimizer.param_groups[0]["lr"]
        state.history.append(EpochResult(loss, held_loss, accuracy, rate, time.monotonic() - began))
        if config.schedule == "plateau":
            state.plateau_scheduler.step(held_loss)
        if not config.patience or held_loss <= min(epoch.held_out_loss for epoch in state.history):
            state.best_weights = copy.deepcopy(kept.state_dict())
        if checkpoint is not None:
            _save_checkpoint(checkpoint, config, state)
        on_epoch_end(number + 1, state.history[-1])
    state.ema_network.load_state_dict(state.best_weights)
    return state.ema_network.eval(), state.history


def prepare_training(config: TrainingConfig, checkpoint: Path | None) -> TrainingState:
    """Where a training stands before its next epoch; nothing is written.

    Raises:
        MoviemotionError: as `fit` does.
    """
    _check_config(config)
    torch.manual_seed(config.seed)
    state = _new_state(config)
    if checkpoint is not None and checkpoint.exists():
        _restore_checkpoint(checkpoint, config, state)
    return state


def predict_logits(network: nn.Module, images: NDArray[np.uint8], mirror: bool = True) -> Tensor:
    """(n, 48, 48) uint8 → (n, outputs) logits on the CPU, the mean over each face and its mirror image."""
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
    """(n, 8) or (n, 4) logits → (n, 4) in the order of `DECK_EMOTIONS`."""
    return logits[:, list(PROPOSAL_COLUMNS)] if logits.shape[1] > len(PROPOSAL_COLUMNS) else logits


def evaluate_network(network: nn.Module, examples: Examples) -> tuple[float, float]:
    """Mean cross-entropy against the targets, and accuracy on the faces that have a truth (NaN without)."""
    with bfloat16_autocast(next(network.parameters()).device):
        logits = predict_logits(network, examples.images, mirror=False)
    loss = F.cross_entropy(logits, torch.from_numpy(examples.targets)).item()
    judged = examples.truth >= 0
    if not judged.any():
        return loss, math.nan
    guess = to_proposal_logits(logits).argmax(1).numpy()
    return loss, float((guess[judged] == examples.truth[judged]).mean())


def _check_config(recipe: TrainingConfig) -> None:
    for name, value, known in (
        ("optimiser", recipe.optimiser, OPTIMIZERS),
        ("schedule", recipe.schedule, SCHEDULES),
        ("augmentation", recipe.augmentation, AUGMENTATIONS),
    ):
        if value not in known:
            raise MoviemotionError(f"{name} {value}: unknown; choose from {', '.join(known)}")


def _new_state(recipe: TrainingConfig) -> TrainingState:
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    network = networks.build_network(recipe.network, recipe.n_outputs, recipe.options)
    if recipe.first_weights or recipe.network in networks.INITIAL_WEIGHT_LOADERS:
        path = Path(recipe.first_weights) if recipe.first_weights else None
        networks.INITIAL_WEIGHT_LOADERS.get(recipe.network, networks.load_run_weights)(network, path)
    network = network.to(device, memory_format=torch.channels_last)
    trained = [p for p in network.parameters() if p.requires_grad]
    groups = [
        {"params": [p for p in trained if p.ndim > 1], "weight_decay": recipe.weight_decay},
        {"params": [p for p in trained if p.ndim <= 1], "weight_decay": 0.0},
    ]
    optimiser: torch.optim.Optimizer
    if recipe.optimiser == "sgd":
        optimiser = torch.optim.SGD(groups, lr=recipe.learning_rate, momentum=0.9, nesterov=True)
    else:
        kind = torch.optim.AdamW if recipe.optimiser == "adamw" else torch.optim.Adam
        optimiser = kind(groups, lr=recipe.learning_rate)
    plateau = torch.optim.lr_scheduler.ReduceLROnPlateau(
        optimiser,
        factor=PLATEAU_FACTOR,
        patience=PLATEAU_PATIENCE - 1,  # Keras counts the epoch that lowers the rate, PyTorch does not
        threshold=recipe.min_delta,
        threshold_mode="abs",
    )
    average = copy.deepcopy(network)
    return TrainingState(
        network, average, optimiser, plateau, [], copy.deepcopy(network.state_dict()), device
    )


def bfloat16_autocast(device: torch.device) -> torch.autocast:
    """bfloat16 where the processor has it; the weights stay in float32."""
    supported = device.type == "cuda" or torch.ops.mkldnn._is_mkldnn_bf16_supported()
    return torch.autocast(device.type, torch.bfloat16, enabled=supported)


def _train_epoch(
    state: TrainingState,
    recipe: TrainingConfig,
    number: int,
    images: Tensor,
    targets: Tensor,
    step: BatchCallback,
) -> float:
    torch.manual_seed(recipe.seed * 100_003 + number)  # dropout and mixup draw from the global generator
    generator = torch.Generator(state.device).manual_seed(recipe.seed * 100_003 + number)
    order = torch.randperm(len(images), generator=generator, device=state.device)
    steps = math.ceil(len(images) / recipe.batch)
    state.network.train()
    total = 0.0
    for i in range(steps):
        done = number * steps + i
        if recipe.schedule == "cosine":
            for group in state.optimizer.param_groups:
                group["lr"] = recipe.learning_rate * _cosine_factor(done, recipe.epochs * steps)
        index = order[i * recipe.batch : (i + 1) * recipe.batch]
        batch, target = _augment(images[index].float(), targets[index], recipe, generator)
        with bfloat16_autocast(state.device):
            logits = state.network(batch.to(memory_format=torch.channels_last))
        loss = F.cross_entropy(logits.float(), target)
        state.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        state.optimizer.step()
        if recipe.averaging:
            _update_ema(state.ema_network, state.network, min(recipe.averaging, (1 + done) / 100))
        total += loss.item() * len(index)
        step(done + 1, recipe.epochs * steps)
    return total / len(images)


def _augment(
    batch: Tensor, target: Tensor, recipe: TrainingConfig, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    if recipe.augmentation == "camera":
        batch = augmentation.augment_camera(batch, generator)
    elif recipe.augmentation == "brightness":
        batch = augmentation.augment_brightness(batch, recipe.brightness, generator)
    if recipe.mixup:
        return augmentation.mixup(batch, target, recipe.mixup, generator)
    return batch, target


def _cosine_factor(step: int, steps: int) -> float:
    """Share of the peak rate: a twelfth of the run rising, then half a cosine to 0."""
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


def _save_checkpoint(path: Path, recipe: TrainingConfig, state: TrainingState) -> None:
    save_atomically(
        path,
        {
            "recipe": asdict(recipe),
            "history": [asdict(epoch) for epoch in state.history],
            "network": state.network.state_dict(),
            "average": state.ema_network.state_dict(),
            "optimiser": state.optimizer.state_dict(),
            "plateau": state.plateau_scheduler.state_dict(),
            "best": state.best_weights,
        },
    )


def _restore_checkpoint(path: Path, recipe: TrainingConfig, state: TrainingState) -> None:
    saved = torch.load(path, weights_only=True, map_location=state.device)
    if saved["recipe"] != asdict(recipe):
        raise MoviemotionError(f"{path}: a run of another recipe; choose another --out, or remove it")
    state.network.load_state_dict(saved["network"])
    state.ema_network.load_state_dict(saved["average"])
    state.optimizer.load_state_dict(saved["optimiser"])
    state.plateau_scheduler.load_state_dict(saved["plateau"])
    state.history[:] = [EpochResult(**epoch) for epoch in saved["history"]]
    state.best_weights = saved["best"]


def save_atomically(path: Path, state: object) -> None:
    """`torch.save`, so that a stop in the middle leaves the old file."""
    with atomic_write(path) as partial:
        torch.save(state, partial)
