"""One training loop: faces and votes in, averaged weights out.

Each epoch draws its randomness from (seed, epoch) alone, so a run that was killed and resumed from
its checkpoint sees the same batches as one that was not.
"""

from __future__ import annotations

import copy
import json
import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from moviemotion.emotions import DECK_COLUMNS
from moviemotion.errors import MoviemotionError
from moviemotion.lab import dataset
from moviemotion.lab.networks import NETWORKS

SETTLING_AUGMENTATION = 0.5


@dataclass(frozen=True)
class Recipe:
    """What decides a run besides the data.

    Attributes:
        epochs: with full augmentation, the learning rate rising to `learning_rate` and falling to 0 (cosine).
        settling: further epochs with augmentation at `SETTLING_AUGMENTATION`, the rate falling from
            `settling_rate` to 0: the network first learns what does not matter, then the faces as they are.
    """

    network: str = "compact"
    epochs: int = 30
    settling: int = 16
    settling_rate: float = 0.03
    batch: int = 128
    learning_rate: float = 0.1
    weight_decay: float = 5e-4
    averaging: float = 0.998
    validation: float = 0.06
    seed: int = 36


@dataclass(frozen=True)
class TrainedRun:
    """A finished run: the averaged weights, their temperature, and what they were trained on."""

    recipe: Recipe
    weights: Path
    temperature: float
    faces: int
    validation_faces: int


def augment(images: Tensor, generator: torch.Generator, strength: float = 1.0) -> Tensor:
    """Flip, turn, scale, shift, re-light, blur and cover faces the way cameras and crops do.

    Args:
        images: (n, 1, 48, 48) float32, grey 0–255.
        strength: 0–1, share of the full range of each change.
    """
    n = len(images)

    def uniform(low: float, high: float, *shape: int) -> Tensor:
        return torch.rand(n, *shape, generator=generator) * (high - low) + low

    angle, scale = strength * uniform(-0.21, 0.21), 1 + strength * uniform(-0.15, 0.15)
    flip = torch.where(uniform(0, 1) < 0.5, -1.0, 1.0)
    shift = strength * uniform(-0.17, 0.17, 2)
    theta = torch.zeros(n, 2, 3)
    theta[:, 0, 0], theta[:, 0, 1] = flip * scale * angle.cos(), -scale * angle.sin()
    theta[:, 1, 0], theta[:, 1, 1] = flip * scale * angle.sin(), scale * angle.cos()
    theta[:, :, 2] = shift
    grid = F.affine_grid(theta, list(images.shape), align_corners=False)
    moved = F.grid_sample(images, grid, padding_mode="border", align_corners=False)

    gamma = (strength * uniform(-0.5, 0.5, 1, 1, 1)).exp()
    lit = (moved.clamp(0, 255) / 255).pow(gamma) * 255

    blurred = F.interpolate(F.avg_pool2d(lit, 2), scale_factor=2, mode="bilinear", align_corners=False)
    faces = torch.where(uniform(0, 1, 1, 1, 1) < 0.2 * strength, blurred, lit)
    faces = faces + torch.randn(faces.shape, generator=generator) * uniform(0, 6 * strength, 1, 1, 1)

    # Random erasing (Zhong et al., 2020): a hand, a cup, a neighbour's head.
    size = images.shape[-1]
    centre, half = uniform(0, size, 2), uniform(4, 11, 2)
    row = torch.arange(size)
    inside_y = (row - centre[:, :1]).abs() < half[:, :1]
    inside_x = (row - centre[:, 1:]).abs() < half[:, 1:]
    chosen = uniform(0, 1, 1, 1, 1) < 0.35 * strength
    covered = (inside_y[:, :, None] & inside_x[:, None, :])[:, None] & chosen
    return torch.where(covered, uniform(0, 255, 1, 1, 1), faces)


def train(data: Path, out: Path, recipe: Recipe, say: Callable[[str], None] = print) -> TrainedRun:
    """Train on `<data>/train`, keep the exponentially averaged weights, fit their temperature.

    Resumes from `<out>/checkpoint.pt` if it was made by the same recipe. Images whose pixels are
    also in `<data>/test` are left out.

    Raises:
        MoviemotionError: the data cannot be read, or `out` holds a run of another recipe.
    """
    if recipe.network not in NETWORKS:
        raise MoviemotionError(f"--network {recipe.network}: unknown; choose from {', '.join(NETWORKS)}")
    torch.manual_seed(recipe.seed)
    train_set, held_out = _load(data, recipe, say)
    images = torch.from_numpy(train_set.images)[:, None]
    assert train_set.votes is not None
    targets = torch.from_numpy(dataset.soft_targets(train_set.votes))

    network = NETWORKS[recipe.network]().to(memory_format=torch.channels_last)
    average = copy.deepcopy(network)
    optimiser = _optimiser(network, recipe)
    steps = math.ceil(len(images) / recipe.batch)
    out.mkdir(parents=True, exist_ok=True)
    checkpoint = out / "checkpoint.pt"
    done = _resume(checkpoint, recipe, network, average, optimiser)
    epochs = recipe.epochs + recipe.settling
    if done:
        say(f"resuming after epoch {done} of {epochs}")
    # Faster on a CPU that has it; the averaged weights stay in float32.
    bf16 = torch.autocast("cpu", torch.bfloat16, enabled=torch.ops.mkldnn._is_mkldnn_bf16_supported())

    for epoch in range(done, epochs):
        began = time.monotonic()
        strength = 1.0 if epoch < recipe.epochs else SETTLING_AUGMENTATION
        torch.manual_seed(recipe.seed * 100_003 + epoch)  # dropout draws from the global generator
        generator = torch.Generator().manual_seed(recipe.seed * 100_003 + epoch)
        order = torch.randperm(len(images), generator=generator)
        network.train()
        total = 0.0
        for step in range(steps):
            rate = _learning_rate(epoch * steps + step, steps, recipe)
            for group in optimiser.param_groups:
                group["lr"] = rate
            index = order[step * recipe.batch : (step + 1) * recipe.batch]
            batch = augment(images[index].float(), generator, strength)
            with bf16:
                logits = network(batch.to(memory_format=torch.channels_last))
            loss = F.cross_entropy(logits.float(), targets[index])
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            optimiser.step()
            _average(average, network, min(recipe.averaging, (1 + epoch * steps + step) / 100))
            total += loss.item() * len(index)
        _save(checkpoint, recipe, epoch + 1, network, average, optimiser)
        seconds = time.monotonic() - began
        accuracy, n = _consensus_accuracy(average, held_out)
        say(
            f"epoch {epoch + 1}/{epochs} loss {total / len(images):.4f} validation consensus "
            f"{accuracy:.4f} (n={n}) {seconds:.0f} s, "
            f"{seconds * (epochs - epoch - 1) / 60:.0f} min left"
        )

    temperature = _fit_temperature(average, held_out)
    weights = out / "weights.pt"
    _write_atomically(weights, average.state_dict())
    run = TrainedRun(recipe, weights, temperature, len(train_set), len(held_out))
    (out / "run.json").write_text(
        json.dumps({**asdict(run), "weights": weights.name}, indent=2) + "\n", encoding="utf-8"
    )
    return run


def predict_logits(network: nn.Module, images: np.ndarray, batch: int = 256) -> Tensor:
    """(n, 48, 48) uint8 → (n, 8) logits, the mean over each face and its mirror image."""
    network.eval()
    faces = torch.from_numpy(images)[:, None]
    with torch.inference_mode():
        parts = [faces[i : i + batch].float() for i in range(0, len(faces), batch)]
        return torch.cat([(network(x) + network(x.flip(-1))) / 2 for x in parts])


def _load(data: Path, recipe: Recipe, say: Callable[[str], None]) -> tuple[dataset.FaceSet, dataset.FaceSet]:
    faces = dataset.load_faces(data, "train")
    if faces.votes is None:
        raise MoviemotionError(f"{data / 'annotations.csv'}: missing; training needs the annotators' votes")
    total = len(faces)
    faces = faces.subset(dataset.usable(faces))
    say(f"{total} images, {total - len(faces)} left out: no emotion has most votes")
    if (data / "test").is_dir():
        before = len(faces)
        faces = dataset.without_copies_of(faces, dataset.load_faces(data, "test"))
        say(f"{before - len(faces)} left out: the same pixels are in the test split")
    held = dataset.validation_mask(faces, recipe.validation, recipe.seed)
    say(f"training on {(~held).sum()}, holding out {held.sum()}; seed {recipe.seed}")
    return faces.subset(~held), faces.subset(held)


def _optimiser(network: nn.Module, recipe: Recipe) -> torch.optim.Optimizer:
    decayed = [p for p in network.parameters() if p.ndim > 1]
    plain = [p for p in network.parameters() if p.ndim <= 1]
    groups = [
        {"params": decayed, "weight_decay": recipe.weight_decay},
        {"params": plain, "weight_decay": 0.0},
    ]
    return torch.optim.SGD(groups, lr=recipe.learning_rate, momentum=0.9, nesterov=True)


def _learning_rate(step: int, steps: int, recipe: Recipe) -> float:
    """The rate of one step of a run with `steps` an epoch."""
    first = recipe.epochs * steps
    if step >= first:
        return recipe.settling_rate * _cosine((step - first) / max(1, recipe.settling * steps))
    warm = max(1, first // 12)
    if step < warm:
        return recipe.learning_rate * (step + 1) / warm
    return recipe.learning_rate * _cosine((step - warm) / max(1, first - warm))


def _cosine(progress: float) -> float:
    return 0.5 * (1 + math.cos(math.pi * progress))


@torch.no_grad()
def _average(average: nn.Module, network: nn.Module, decay: float) -> None:
    for mean, value in zip(average.state_dict().values(), network.state_dict().values(), strict=True):
        if mean.is_floating_point():
            mean.lerp_(value, 1 - decay)
        else:
            mean.copy_(value)


def _consensus_accuracy(network: nn.Module, faces: dataset.FaceSet) -> tuple[float, int]:
    truth = dataset.consensus_truth(faces)
    kept = truth >= 0
    guess = predict_logits(network, faces.images[kept])[:, list(DECK_COLUMNS)].argmax(1).numpy()
    return float((guess == truth[kept]).mean()), int(kept.sum())


def _fit_temperature(network: nn.Module, faces: dataset.FaceSet) -> float:
    """Temperature scaling (Guo et al., 2017) of the deck's four on the held-out consensus."""
    truth = dataset.consensus_truth(faces)
    kept = truth >= 0
    logits = predict_logits(network, faces.images[kept])[:, list(DECK_COLUMNS)]
    target = torch.from_numpy(truth[kept])
    candidates = torch.linspace(0.3, 3.0, 271)
    losses = torch.stack([F.cross_entropy(logits / t, target) for t in candidates])
    return round(float(candidates[losses.argmin()]), 3)


def _resume(
    path: Path, recipe: Recipe, network: nn.Module, average: nn.Module, optimiser: torch.optim.Optimizer
) -> int:
    if not path.exists():
        return 0
    state = torch.load(path, weights_only=True)
    if state["recipe"] != asdict(recipe):
        raise MoviemotionError(f"{path}: a run of another recipe; choose another --out, or remove it")
    network.load_state_dict(state["network"])
    average.load_state_dict(state["average"])
    optimiser.load_state_dict(state["optimiser"])
    return int(state["epoch"])


def _save(
    path: Path,
    recipe: Recipe,
    epoch: int,
    network: nn.Module,
    average: nn.Module,
    optimiser: torch.optim.Optimizer,
) -> None:
    state = {
        "recipe": asdict(recipe),
        "epoch": epoch,
        "network": network.state_dict(),
        "average": average.state_dict(),
        "optimiser": optimiser.state_dict(),
    }
    _write_atomically(path, state)


def _write_atomically(path: Path, state: object) -> None:
    partial = path.with_suffix(".partial")
    torch.save(state, partial)
    partial.replace(path)
