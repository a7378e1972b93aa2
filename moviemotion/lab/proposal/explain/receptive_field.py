"""Compute how much of the image one unit of each block sees, from the architecture and from gradients."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from moviemotion.lab.data.dataset import FACE_SIZE
from moviemotion.lab.proposal.explain.network_inspection import to_input_tensor, trace_network
from moviemotion.lab.training.networks import ProposalNetwork

N_NOISE_IMAGES = 64
EFFECTIVE_SHARE = 0.9


@dataclass(frozen=True)
class ReceptiveField:
    """The square region of the input image that a unit sees, in pixels.

    Attributes:
        size: side of the square.
        stride: distance between the squares of neighboring units.
        offset: left and top edge of the first unit's square; negative if it is in the padding.
    """

    size: int
    stride: int
    offset: int

    def span(self, unit: int) -> tuple[int, int]:
        """The first pixel that a unit sees along one axis and the exclusive end; not clipped to the image."""
        start = self.offset + unit * self.stride
        return start, start + self.size


@dataclass(frozen=True)
class BlockReceptiveField:
    """What a unit of one block sees before and after its max pooling.

    Attributes:
        measured_size: side, in pixels, of the square in which the central unit's gradient is not zero.
        expected_size: the same size, computed from the architecture and clipped to the image.
        effective_size: side, in pixels, of the smallest centered square that contains `EFFECTIVE_SHARE` of
            the gradient on faces.
        output_size: side of the block's output, in units.
    """

    before_pooling: ReceptiveField
    after_pooling: ReceptiveField
    measured_size: int
    expected_size: int
    effective_size: int
    output_size: int


def receptive_fields(network: ProposalNetwork) -> list[tuple[ReceptiveField, ReceptiveField]]:
    """Compute the receptive fields before and after the pooling of each block.

    Each layer adds (kernel − 1) × (cumulative stride) to the size, and multiplies the cumulative stride by
    its own stride (Araujo et al., 2019, Distill).
    """
    side, step, first = 1, 1, 0
    found = []
    for block in network.blocks:
        for layer in block:
            if isinstance(layer, nn.ZeroPad2d):
                first -= layer.padding[0] * step
            elif isinstance(layer, nn.Conv2d):
                side += (layer.kernel_size[0] - 1) * step
            elif isinstance(layer, nn.MaxPool2d):
                unpooled = ReceptiveField(side, step, first)
                side += (int(layer.kernel_size) - 1) * step
                step *= int(layer.stride)
        found.append((unpooled, ReceptiveField(side, step, first)))
    return found


def measure_receptive_fields(
    network: ProposalNetwork, images: NDArray[np.uint8], seed: int
) -> list[BlockReceptiveField]:
    """Compute the receptive fields of all blocks, and measure them by gradients on noise and `images`."""
    rng = np.random.default_rng(seed)
    noise = rng.uniform(0, 255, (N_NOISE_IMAGES, FACE_SIZE, FACE_SIZE)).astype(np.float32)
    found = []
    for number, (unpooled, pooled) in enumerate(receptive_fields(network)):
        grid = FACE_SIZE // pooled.stride
        reached = gradient_map(network, to_input_tensor(noise), number) > 0
        rows = np.flatnonzero(reached.any(axis=1))
        start, stop = pooled.span(grid // 2)
        expected = min(stop, FACE_SIZE) - max(start, 0)
        weight = gradient_map(network, to_input_tensor(images), number)
        found.append(
            BlockReceptiveField(
                unpooled,
                pooled,
                measured_size=int(np.ptp(rows)) + 1 if len(rows) else 0,
                expected_size=expected,
                effective_size=_effective_size(weight, (start + stop) / 2),
                output_size=grid,
            )
        )
    return found


def gradient_map(network: ProposalNetwork, faces: Tensor, block: int) -> NDArray[np.float64]:
    """(48, 48) mean absolute gradient of a block's central pooled unit, over filters and faces."""
    faces = faces.clone().requires_grad_(True)
    pooled = trace_network(network, faces).blocks[block].after_pooling
    middle = pooled.shape[-1] // 2
    # Alternating signs keep the gradients of similar filters from canceling out.
    signs = 1.0 - 2.0 * (torch.arange(pooled.shape[1]) % 2)
    (gradient,) = torch.autograd.grad((pooled[:, :, middle, middle] * signs).sum(), faces)
    return gradient.abs().mean(dim=(0, 1)).double().numpy()


def _effective_size(weight: NDArray[np.float64], middle: float) -> int:
    center = float(np.clip(middle, 0, FACE_SIZE))
    pixel = np.abs(np.arange(FACE_SIZE) + 0.5 - center)
    distance = np.maximum(pixel[:, None], pixel[None, :])
    total = weight.sum()
    for side in range(1, 2 * FACE_SIZE):
        if weight[distance <= side / 2].sum() >= EFFECTIVE_SHARE * total:
            return min(side, FACE_SIZE)
    return FACE_SIZE
