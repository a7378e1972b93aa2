"""Measure the locality of images, the equivariance of convolutions, and the invariance of the network."""

from __future__ import annotations

import copy
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from moviemotion.lab.data.dataset import FACE_SIZE
from moviemotion.lab.progress import ProgressCallback, ignore_progress
from moviemotion.lab.proposal.explain.evidence import Estimate, mean_estimate, mean_share_estimate
from moviemotion.lab.proposal.explain.network_inspection import (
    FaceSample,
    iterate_batches,
    proposal_probabilities,
    trace_network,
)
from moviemotion.lab.proposal.explain.receptive_field import ReceptiveField, receptive_fields
from moviemotion.lab.training.networks import ProposalNetwork

Float64Array = NDArray[np.float64]

PIXEL_DISTANCES = (1, 2, 3, 4, 6, 8, 12, 16, 24)
SHIFT_DISTANCES = (1, 2, 3, 4, 6, 8, 10, 12)
SHIFT_DIRECTIONS = {"right": (0, 1), "left": (0, -1), "down": (1, 0), "up": (-1, 0)}
EQUIVARIANCE_SHIFT = 2
BOOTSTRAP_SAMPLES = 500


@dataclass(frozen=True)
class ShiftCurve:
    """The effects of a shift by each of `SHIFT_DISTANCES` pixels; index 0 stands for no shift.

    Attributes:
        accuracy: mean accuracy over the four directions, with an interval over faces.
        by_direction: direction → accuracy at each shift, starting at 0.
        probability_change: total variation distance of the probabilities, mean over the directions.
        unchanged_share: fraction of the predictions that stay the same, mean over the directions.
        map_correlation: per block, correlation of the pooled maps with those of the original face, after
            subtracting the mean map.
        one_pixel_correlation: per block, the same correlation for a shift of 1 pixel, before and after
            pooling.
    """

    accuracy: tuple[Estimate, ...]
    by_direction: dict[str, tuple[float, ...]]
    probability_change: tuple[Estimate, ...]
    unchanged_share: tuple[Estimate, ...]
    map_correlation: tuple[tuple[Estimate, ...], ...]
    one_pixel_correlation: tuple[tuple[Estimate, Estimate], ...]


@dataclass(frozen=True)
class Equivariance:
    """Relative error between "shift, then compute" and "compute, then shift", away from the borders.

    Values are NaN if all units see the border.

    Attributes:
        convolution: per block, the error of the convolution alone when its own input is shifted by one unit.
        two_pixel_shift: per block, the error of all layers up to the activation when the image is shifted by
            2 pixels. If that is not a whole number of units, the better of the two nearest whole numbers of
            units is used.
        block_stride_shift: per block, the same error when the image is shifted by the stride of the block.
    """

    convolution: tuple[float, ...]
    two_pixel_shift: tuple[float, ...]
    block_stride_shift: tuple[float, ...]


def shift_images(faces: Tensor, down: int, right: int) -> Tensor:
    """Shift (..., h, w) images, filling the uncovered strip by repeating the edge."""
    rows = (torch.arange(faces.shape[-2]) - down).clamp(0, faces.shape[-2] - 1)
    columns = (torch.arange(faces.shape[-1]) - right).clamp(0, faces.shape[-1] - 1)
    return faces[..., rows, :][..., columns]


def pixel_correlation(images: NDArray[np.uint8], seed: int) -> list[Estimate]:
    """Correlation of two pixels over faces, at each of `PIXEL_DISTANCES` along rows and columns.

    Faces are standardized and the mean face is subtracted first; otherwise, lighting and the common position
    of the eyes would make distant pixels correlate. Intervals come from resampled faces.
    """
    faces = images.astype(np.float64)
    faces -= faces.mean(axis=(1, 2), keepdims=True)
    faces /= np.maximum(faces.std(axis=(1, 2), keepdims=True), 1e-9)
    faces -= faces.mean(axis=0)
    rng = np.random.default_rng(seed)
    counts = rng.multinomial(len(faces), np.full(len(faces), 1 / len(faces)), size=BOOTSTRAP_SAMPLES)
    found = []
    for d in PIXEL_DISTANCES:
        pairs = (faces[:, d:], faces[:, :-d]), (faces[:, :, d:], faces[:, :, :-d])
        # (n, 3): the product of the two pixels and the square of each, summed over all pairs of a face.
        sums = sum(
            np.stack([(a * b).sum((1, 2)), (a * a).sum((1, 2)), (b * b).sum((1, 2))], 1) for a, b in pairs
        )
        assert isinstance(sums, np.ndarray)
        value, again = _ratio(sums.sum(axis=0)), _ratio((counts @ sums).T)
        low, high = np.quantile(again, (0.025, 0.975))
        found.append(Estimate(float(value), float(low), float(high), len(faces)))
    return found


def _ratio(sums: Float64Array) -> Float64Array:
    return sums[0] / np.maximum(np.sqrt(sums[1] * sums[2]), 1e-12)


@torch.inference_mode()
def measure_shift_curve(
    network: ProposalNetwork,
    sample: FaceSample,
    on_progress: ProgressCallback = ignore_progress,
) -> ShiftCurve:
    """Shift all faces in four directions and compare the responses with those to the unshifted faces."""
    blocks, n = len(network.blocks), len(sample)
    averages = _average_maps(network, sample)
    right = np.empty((1 + len(SHIFT_DISTANCES), len(SHIFT_DIRECTIONS), n))
    moved, unchanged = np.zeros_like(right), np.ones_like(right)
    alike = np.ones((blocks, *right.shape))
    one_px = np.empty((2, blocks, len(SHIFT_DIRECTIONS), n))
    for part, faces in iterate_batches(sample.images):
        still = trace_network(network, faces)
        before = proposal_probabilities(still.logits)
        right[0, :, part] = before.argmax(axis=1) == sample.truth[part]
        for s, pixels in enumerate(SHIFT_DISTANCES, 1):
            for d, (down, across) in enumerate(SHIFT_DIRECTIONS.values()):
                seen = trace_network(network, shift_images(faces, pixels * down, pixels * across))
                after = proposal_probabilities(seen.logits)
                right[s, d, part] = after.argmax(axis=1) == sample.truth[part]
                moved[s, d, part] = np.abs(after - before).sum(axis=1) / 2
                unchanged[s, d, part] = after.argmax(axis=1) == before.argmax(axis=1)
                for b, (was, now) in enumerate(zip(still.blocks, seen.blocks, strict=True)):
                    unpooled, pooled = averages[b]
                    alike[b, s, d, part] = _correlation(
                        was.after_pooling - pooled, now.after_pooling - pooled
                    )
                    if pixels == 1:
                        one_px[0, b, d, part] = _correlation(
                            was.before_pooling - unpooled, now.before_pooling - unpooled
                        )
                        one_px[1, b, d, part] = alike[b, s, d, part]
        on_progress(min(part.stop, n), n)
    over_directions = right.mean(axis=1), moved.mean(axis=1), unchanged.mean(axis=1)
    accuracy, change, same = (
        tuple(mean_share_estimate(values) for values in curve) for curve in over_directions
    )
    return ShiftCurve(
        accuracy,
        {name: tuple(right[:, d].mean(axis=1).tolist()) for d, name in enumerate(SHIFT_DIRECTIONS)},
        change,
        same,
        tuple(tuple(mean_estimate(values) for values in curve.mean(axis=1)) for curve in alike),
        tuple(
            (mean_estimate(one_px[0, b].mean(axis=0)), mean_estimate(one_px[1, b].mean(axis=0)))
            for b in range(blocks)
        ),
    )


def _average_maps(network: ProposalNetwork, sample: FaceSample) -> list[tuple[Tensor, Tensor]]:
    """The maps of each block before and after pooling, averaged over the faces."""
    sums: list[tuple[Tensor, Tensor]] = []
    for _, faces in iterate_batches(sample.images):
        maps = [
            (b.before_pooling.sum(dim=0), b.after_pooling.sum(dim=0))
            for b in trace_network(network, faces).blocks
        ]
        sums = [(a + c, b + d) for (a, b), (c, d) in zip(sums, maps, strict=True)] if sums else maps
    return [(unpooled / len(sample), pooled / len(sample)) for unpooled, pooled in sums]


def _correlation(one: Tensor, two: Tensor) -> Float64Array:
    one, two = one.flatten(1), two.flatten(1)
    return ((one * two).sum(1) / (one.norm(dim=1) * two.norm(dim=1)).clamp(min=1e-12)).double().numpy()


@torch.inference_mode()
def measure_equivariance(network: ProposalNetwork, images: NDArray[np.uint8]) -> Equivariance:
    """Measure equivariance under shifts to the right, on one batch of faces in double precision."""
    exact = copy.deepcopy(network).double()
    _, faces = next(iterate_batches(images))
    faces = faces.double()
    seen = trace_network(exact, faces).blocks
    inputs = [exact.scale(faces), *(block.after_pooling for block in seen[:-1])]
    alone, two_px, block_stride = [], [], []
    for number, (into, (field, _)) in enumerate(zip(inputs, receptive_fields(network), strict=True)):
        convolution = exact.blocks[number][:2]
        kernel = convolution[1].kernel_size[0]
        own = ReceptiveField(kernel, 1, -((kernel - 1) // 2))
        alone.append(
            _relative_error(
                convolution(into),
                convolution(shift_images(into, 0, 1)),
                1,
                _interior_units(own, into.shape[-1], 1),
            )
        )

        def error(pixels: int, units: int, number: int = number, field: ReceptiveField = field) -> float:
            now = trace_network(exact, shift_images(faces, 0, pixels)).blocks[number].post_activation
            return _relative_error(
                seen[number].post_activation, now, units, _interior_units(field, FACE_SIZE, pixels)
            )

        nearest = {EQUIVARIANCE_SHIFT // field.stride, -(-EQUIVARIANCE_SHIFT // field.stride)}
        two_px.append(min(error(EQUIVARIANCE_SHIFT, units) for units in nearest))
        block_stride.append(error(field.stride, 1))
    return Equivariance(tuple(alone), tuple(two_px), tuple(block_stride))


def _interior_units(field: ReceptiveField, size: int, pixels: int) -> list[int]:
    """The units that see neither padding nor the repeated edge, before and after the shift."""
    every = range(size // field.stride)
    return [u for u in every if field.span(u)[0] >= 0 and field.span(u)[1] <= size - pixels]


def _relative_error(was: Tensor, now: Tensor, units: int, columns: list[int]) -> float:
    if not columns:
        return float("nan")
    there = torch.tensor(columns)
    expected = was[..., there]
    return float((now[..., there + units] - expected).norm() / expected.norm().clamp(min=1e-30))
