"""Augmentation of training faces: random changes that preserve the emotion.

`augment_camera` imitates the effects of cameras, imprecise face crops and hands on an image; the shipped
emotion model is trained with it. `augment_brightness` is the proposal's augmentation. All functions draw from
a generator seeded by the caller, so that a run is reproducible.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def augment_camera(images: Tensor, generator: torch.Generator) -> Tensor:
    """Flip, rotate, scale, shift, relight, blur and partly cover faces.

    Args:
        images: (n, 1, 48, 48) float32, gray 0–255.
        generator: random generator on the images' device.

    Returns:
        The augmented images, in the same format.
    """
    n, device = len(images), images.device

    def uniform(low: float, high: float, *shape: int) -> Tensor:
        return torch.rand(n, *shape, generator=generator, device=device) * (high - low) + low

    angle, scale = uniform(-0.21, 0.21), 1 + uniform(-0.15, 0.15)
    flip = torch.where(uniform(0, 1) < 0.5, -1.0, 1.0)
    theta = torch.zeros(n, 2, 3, device=device)
    theta[:, 0, 0], theta[:, 0, 1] = flip * scale * angle.cos(), -scale * angle.sin()
    theta[:, 1, 0], theta[:, 1, 1] = flip * scale * angle.sin(), scale * angle.cos()
    theta[:, :, 2] = uniform(-0.17, 0.17, 2)
    grid = F.affine_grid(theta, list(images.shape), align_corners=False)
    moved = F.grid_sample(images, grid, padding_mode="border", align_corners=False)

    gamma = uniform(-0.5, 0.5, 1, 1, 1).exp()
    lit = (moved.clamp(0, 255) / 255).pow(gamma) * 255

    blurred = F.interpolate(F.avg_pool2d(lit, 2), scale_factor=2, mode="bilinear", align_corners=False)
    faces = torch.where(uniform(0, 1, 1, 1, 1) < 0.2, blurred, lit)
    noise = torch.randn(faces.shape, generator=generator, device=device)
    faces = faces + noise * uniform(0, 6, 1, 1, 1)

    # Random erasing (Zhong et al., 2020) imitates a hand, a cup or another head in front of the face.
    size = images.shape[-1]
    center, half = uniform(0, size, 2), uniform(4, 11, 2)
    row = torch.arange(size, device=device)
    inside_y = (row - center[:, :1]).abs() < half[:, :1]
    inside_x = (row - center[:, 1:]).abs() < half[:, 1:]
    chosen = uniform(0, 1, 1, 1, 1) < 0.35
    covered = (inside_y[:, :, None] & inside_x[:, None, :])[:, None] & chosen
    return torch.where(covered, uniform(0, 255, 1, 1, 1), faces)


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
