"""Layers that scale a network's input, so that callers can pass gray values from 0 to 255."""

from __future__ import annotations

from torch import Tensor, nn


class Standardize(nn.Module):
    """Scale each crop to zero mean and unit variance, since exposure and contrast carry no emotion."""

    def forward(self, x: Tensor) -> Tensor:
        """(n, 1, h, w) gray values → the same shape, scaled."""
        mean = x.mean(dim=(1, 2, 3), keepdim=True)
        deviation = (x - mean).square().mean(dim=(1, 2, 3), keepdim=True).sqrt()
        return (x - mean) / (deviation + 1.0)  # plus 1: uniform crops have zero deviation


class Rescale(nn.Module):
    """Scale gray values from 0–255 to 0–1, like the proposal's data loader."""

    def forward(self, x: Tensor) -> Tensor:
        """Gray values 0–255 → 0–1, in the same shape."""
        return x / 255
