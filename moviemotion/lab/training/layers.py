"""How networks scale their own input."""

from __future__ import annotations

from torch import Tensor, nn


class Standardize(nn.Module):
    """Each crop to zero mean and unit variance: exposure and contrast carry no emotion."""

    def forward(self, x: Tensor) -> Tensor:
        mean = x.mean(dim=(1, 2, 3), keepdim=True)
        deviation = (x - mean).square().mean(dim=(1, 2, 3), keepdim=True).sqrt()
        return (x - mean) / (deviation + 1.0)


class Rescale(nn.Module):
    """Grey 0–255 to 0–1, as the deck's data loader gives it."""

    def forward(self, x: Tensor) -> Tensor:
        return x / 255
