"""Augmentation of training faces: random changes that preserve the emotion.

`augment_brightness` is the proposal's augmentation; `camera_augmentation` contains that of the emotion model.
All functions draw from a generator seeded by the caller, so that a run is reproducible.
"""

from __future__ import annotations

import torch
from torch import Tensor


def augment_brightness(
    images: Tensor, factor_range: tuple[float, float], generator: torch.Generator
) -> Tensor:
    """Multiply the gray values of each face by a random factor and clip to 0–255, as in the proposal."""
    low, high = factor_range
    factor = torch.rand(len(images), 1, 1, 1, generator=generator, device=images.device)
    return (images * (low + factor * (high - low))).clamp(0, 255)


def mixup(images: Tensor, targets: Tensor, alpha: float, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Mix each face and target with another pair, using weights from Beta(α, α) (Zhang et al., 2018)."""
    # Beta samples can only come from the global generator, which the training loop seeds in each epoch.
    share = float(torch.distributions.Beta(alpha, alpha).sample())
    other = torch.randperm(len(images), generator=generator, device=images.device)
    return torch.lerp(images[other], images, share), torch.lerp(targets[other], targets, share)
