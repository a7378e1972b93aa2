"""Measure what ReLU does in the forward and backward pass, and how linear the network is without it."""

from __future__ import annotations

import copy
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from moviemotion.errors import MoviemotionError
from moviemotion.lab.proposal.explain.evidence import Estimate, mean_estimate, mean_share_estimate
from moviemotion.lab.proposal.explain.network_inspection import (
    ACTIVATION_LAYERS,
    FaceSample,
    NetworkTrace,
    iterate_batches,
    to_input_tensor,
    trace_network,
)
from moviemotion.lab.training import loop
from moviemotion.lab.training.networks import ProposalNetwork

Float64Array = NDArray[np.float64]

BIN_EDGES = np.linspace(-4, 4, 81)
GRADIENT_FACES = 16
GRADIENT_POINTS = 150
MAX_FACE_PAIRS = 64


@dataclass(frozen=True)
class ActivationStatistics:
    """The activations of one layer over all faces.

    Attributes:
        layer: `block 1` … `dense 3`.
        density: (80,) fraction of the pre-activations in each bin of `BIN_EDGES`, in units of their root mean
            square; values beyond the edges are counted in the outermost bins.
        zero_share: fraction of a face's pre-activations that are at or below zero.
        n_units: number of filters or neurons.
        n_dead: number of these units that are never above zero on any face.
    """

    layer: str
    density: Float64Array
    zero_share: Estimate
    n_units: int
    n_dead: int


@dataclass(frozen=True)
class GradientStatistics:
    """The gradients of a loss on real faces before and after the activations of a network.

    Attributes:
        n_negative, n_positive: number of pre-activations below and above zero.
        negative_slope_range: smallest and largest ratio of the gradient before the activation to the gradient
            after it, for negative inputs.
        positive_slope_range: the same range for positive inputs.
        slope_points: (2, k) pre-activations, in units of the layer's root mean square (first row), and their
            slopes (second row).
        backward_linearity_error: relative error of backward(g₁ + g₂) = backward(g₁) + backward(g₂).
    """

    n_negative: int
    n_positive: int
    negative_slope_range: tuple[float, float]
    positive_slope_range: tuple[float, float]
    slope_points: Float64Array
    backward_linearity_error: float


@dataclass(frozen=True)
class LinearityDeviation:
    """How far the output for the mean of two faces is from the mean of their outputs.

    The distance is in units of half the distance between the two outputs; it is 0 for an affine map.

    Attributes:
        as_trained: deviation of the network itself.
        no_relu: deviation with the activations replaced by the identity.
        no_relu_no_max_pooling: deviation with max pooling also replaced by average pooling.
    """

    as_trained: Estimate
    no_relu: Estimate
    no_relu_no_max_pooling: Estimate


def layer_names(network: ProposalNetwork) -> list[str]:
    """The names `block 1` …, `dense 1` …, in the order of `_activations`."""
    dense = sum(isinstance(layer, ACTIVATION_LAYERS) for layer in network.head)
    blocks = [f"block {k}" for k in range(1, len(network.blocks) + 1)]
    return blocks + [f"dense {k}" for k in range(1, dense + 1)]


def _activations(seen: NetworkTrace) -> list[tuple[Tensor, Tensor]]:
    return [(block.pre_activation, block.post_activation) for block in seen.blocks] + list(seen.dense)


@torch.inference_mode()
def measure_activations(network: ProposalNetwork, sample: FaceSample) -> list[ActivationStatistics]:
    """Measure the inputs to all activations over the faces."""
    names = layer_names(network)
    counts = np.zeros((len(names), len(BIN_EDGES) - 1))
    blocked = np.empty((len(names), len(sample)))
    alive: list[Tensor | None] = [None] * len(names)
    scale = np.zeros(len(names))
    edges = torch.tensor(BIN_EDGES, dtype=torch.float32)
    for part, faces in iterate_batches(sample.images):
        for k, (before, _) in enumerate(_activations(trace_network(network, faces))):
            # The unit of the histogram must be fixed before all values are known; it is taken from the first
            # batch.
            scale[k] = scale[k] or float(before.square().mean().sqrt()) or 1.0
            counts[k] += torch.histogram(
                (before / scale[k]).clamp(-3.999, 3.999).flatten(), edges
            ).hist.numpy()
            blocked[k, part] = (before <= 0).flatten(1).double().mean(dim=1).numpy()
            above = (before > 0).transpose(0, 1).flatten(1).any(dim=1)
            before_batch = alive[k]
            alive[k] = above if before_batch is None else before_batch | above
    found = []
    for k, name in enumerate(names):
        units = alive[k]
        assert units is not None
        found.append(
            ActivationStatistics(
                name,
                counts[k] / counts[k].sum(),
                mean_share_estimate(blocked[k]),
                len(units),
                int((~units).sum()),
            )
        )
    return found


def measure_gradients(network: ProposalNetwork, sample: FaceSample, seed: int) -> GradientStatistics:
    """Compare the gradients of the loss on real faces before and after each activation.

    Raises:
        MoviemotionError: the gradients are zero.
    """
    rng = np.random.default_rng(seed)
    chosen = rng.permutation(len(sample))[:GRADIENT_FACES]
    faces, truth = to_input_tensor(sample.images[chosen]), torch.from_numpy(sample.truth[chosen])
    seen = trace_network(network, faces)
    pairs = _activations(seen)
    loss = F.cross_entropy(loop.to_proposal_logits(seen.logits), truth)
    gradients = torch.autograd.grad(loss, [t for pair in pairs for t in pair], retain_graph=True)
    below, above, points, negative, positive = [], [], [], 0, 0
    for (before, _), into, out in zip(pairs, gradients[0::2], gradients[1::2], strict=True):
        # The slope is undefined where the gradient after the activation is 0: max pooling passes on only
        # one gradient in four.
        here = (out.abs() > 1e-30) & (before != 0)
        u, slope = before[here].detach(), (into[here] / out[here])
        below.append(slope[u < 0])
        above.append(slope[u > 0])
        negative += int((u < 0).sum())
        positive += int((u > 0).sum())
        few = torch.from_numpy(rng.permutation(len(u))[:GRADIENT_POINTS])
        points.append(torch.stack([u[few] / u.square().mean().sqrt(), slope[few]]).double().numpy())
    if not negative or not positive:
        raise MoviemotionError(
            "the gradients of the network are zero, because a layer is dead; train the network again"
        )
    return GradientStatistics(
        negative,
        positive,
        _range(torch.cat(below)),
        _range(torch.cat(above)),
        np.concatenate(points, axis=1),
        _backward_error(network, faces, seed),
    )


def _range(slopes: Tensor) -> tuple[float, float]:
    return float(slopes.min()), float(slopes.max())


def _backward_error(network: ProposalNetwork, faces: Tensor, seed: int) -> float:
    """How far the backward pass deviates from a linear function of the incoming gradient."""
    faces = faces.clone().requires_grad_(True)
    logits = network(faces)
    generator = torch.Generator().manual_seed(seed)
    one, two = (torch.randn(logits.shape, generator=generator) for _ in range(2))
    first, second, both = (
        torch.autograd.grad(logits, faces, g, retain_graph=True)[0] for g in (one, two, one + two)
    )
    return float((both - first - second).norm() / both.norm().clamp(min=1e-30))


def linearize(network: ProposalNetwork, keep_max_pooling: bool) -> ProposalNetwork:
    """Copy a network without activations and, unless max pooling is kept, with average pooling."""
    copied = copy.deepcopy(network)
    for part in (*copied.blocks, copied.head):
        for k, layer in enumerate(part):
            if isinstance(layer, ACTIVATION_LAYERS):
                part[k] = nn.Identity()
            elif isinstance(layer, nn.MaxPool2d) and not keep_max_pooling:
                part[k] = nn.AvgPool2d(layer.kernel_size, layer.stride)
    return copied


@torch.inference_mode()
def measure_linearity_deviation(
    network: ProposalNetwork, sample: FaceSample, seed: int
) -> LinearityDeviation:
    """Measure how far the network deviates from linearity between pairs of faces, with and without ReLU."""
    order = np.random.default_rng(seed).permutation(len(sample))
    count = min(MAX_FACE_PAIRS, len(order) // 2)
    one, two = (
        to_input_tensor(sample.images[order[:count]]),
        to_input_tensor(sample.images[order[count : 2 * count]]),
    )
    variants = network, linearize(network, True), linearize(network, False)
    return LinearityDeviation(
        *(mean_estimate(_linearity_deviation(variant, one, two)) for variant in variants)
    )


def _linearity_deviation(network: ProposalNetwork, one: Tensor, two: Tensor) -> Float64Array:
    # In double precision, the error of a linear map is recognizable as a rounding error.
    exact = copy.deepcopy(network).double()
    first, second, middle = (
        torch.cat([exact(x) for x in faces.double().split(16)]) for faces in (one, two, (one + two) / 2)
    )
    deviation = (middle - (first + second) / 2).norm(dim=1)
    return (deviation / ((first - second).norm(dim=1) / 2).clamp(min=1e-30)).numpy()
