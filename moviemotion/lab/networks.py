"""The registry of architectures: a network is chosen by name.

Every network takes (n, 1, 48, 48) float32 crops with grey values 0–255 and returns (n, 8) logits in
the order of `EMOTIONS`; each standardises its own input, so a file of weights is all a reader needs.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from moviemotion.emotions import EMOTIONS


class Standardise(nn.Module):
    """Each crop to zero mean and unit variance: exposure and contrast carry no emotion."""

    def forward(self, x: Tensor) -> Tensor:
        mean = x.mean(dim=(1, 2, 3), keepdim=True)
        deviation = (x - mean).square().mean(dim=(1, 2, 3), keepdim=True).sqrt()
        return (x - mean) / (deviation + 1.0)


def _conv_bn(inputs: int, outputs: int, kernel: int, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False),
        nn.BatchNorm2d(outputs),
    )


class ResidualBlock(nn.Module):
    """Two 3×3 convolutions and a shortcut (He et al., 2016), average-pooled where it shrinks."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.first = _conv_bn(inputs, outputs, 3, stride)
        self.second = _conv_bn(outputs, outputs, 3)
        shrink: nn.Module = nn.AvgPool2d(stride) if stride > 1 else nn.Identity()
        same = inputs == outputs and stride == 1
        self.shortcut = nn.Identity() if same else nn.Sequential(shrink, _conv_bn(inputs, outputs, 1))

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(self.second(torch.relu(self.first(x))) + self.shortcut(x))


def compact() -> nn.Module:
    """The network that ships: a residual net of 2.7 M parameters."""
    return nn.Sequential(
        Standardise(),
        _conv_bn(1, 32, 3),
        nn.ReLU(),
        ResidualBlock(32, 64, stride=2),
        ResidualBlock(64, 128, stride=2),
        ResidualBlock(128, 128, stride=1),
        ResidualBlock(128, 256, stride=2),
        ResidualBlock(256, 256, stride=1),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Dropout(0.2),
        nn.Linear(256, len(EMOTIONS)),
    )


NETWORKS: dict[str, Callable[[], nn.Module]] = {"compact": compact}
