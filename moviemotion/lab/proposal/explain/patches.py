"""Find the patches of real faces to which each filter responds most strongly, and its activation maps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from moviemotion.emotions import PROPOSAL_EMOTIONS
from moviemotion.lab.proposal.explain.network_inspection import (
    FaceSample,
    iterate_batches,
    to_input_tensor,
    trace_network,
)
from moviemotion.lab.proposal.explain.receptive_field import ReceptiveField, receptive_fields
from moviemotion.lab.training.networks import ProposalNetwork

FILTERS_PER_BLOCK = 6
PATCHES_PER_FILTER = 8
OUTSIDE_IMAGE = -1.0


@dataclass(frozen=True)
class FilterPatches:
    """The strongest patches of one filter, at most one per face, in descending order.

    Attributes:
        index: index of the filter in its block.
        patches: (`PATCHES_PER_FILTER`, side, side) gray 0–255; `OUTSIDE_IMAGE` outside the image.
        activation_maps: (4, side, side) positive activations for four faces, one for each of the proposal's
            emotions.
    """

    index: int
    patches: NDArray[np.float32]
    activation_maps: NDArray[np.float32]


@dataclass(frozen=True)
class BlockPatches:
    """The displayed filters of one block, and the receptive field of its convolution in pixels."""

    receptive_field_size: int
    filters: tuple[FilterPatches, ...]


@torch.inference_mode()
def find_strongest_patches(
    network: ProposalNetwork, sample: FaceSample, seed: int
) -> tuple[list[BlockPatches], list[int]]:
    """Find the strongest patches and activation maps of `FILTERS_PER_BLOCK` filters per block.

    The filters are drawn at random from those that are active on at least one face, so they are typical
    rather than selected for their appearance. Activations are taken before batch norm and pooling.

    Returns:
        The filters of each block, and the sample indices of the four faces shown in the activation maps.
    """
    rng = np.random.default_rng(seed)
    strongest, places = _max_activations(network, sample)
    shown = [int(rng.choice(np.flatnonzero(sample.truth == k))) for k in range(len(PROPOSAL_EMOTIONS))]
    maps = trace_network(network, to_input_tensor(sample.images[shown])).blocks
    found = []
    for block, (unpooled, _) in enumerate(receptive_fields(network)):
        alive = np.flatnonzero(strongest[block].max(axis=0) > 0)
        chosen = np.sort(rng.permutation(alive)[:FILTERS_PER_BLOCK])
        filters = []
        for index in chosen:
            faces = np.argsort(-strongest[block][:, index], kind="stable")[:PATCHES_PER_FILTER]
            width = maps[block].post_activation.shape[-1]
            at = [divmod(int(places[block][face, index]), width) for face in faces]
            patches = [
                _extract_patch(sample.images[face], unpooled, *place)
                for face, place in zip(faces, at, strict=True)
            ]
            filters.append(
                FilterPatches(
                    int(index), np.stack(patches), maps[block].post_activation[:, index].clamp(min=0).numpy()
                )
            )
        found.append(BlockPatches(unpooled.size, tuple(filters)))
    return found, shown


def _max_activations(
    network: ProposalNetwork, sample: FaceSample
) -> tuple[list[NDArray[np.float32]], list[NDArray[np.int64]]]:
    """Each filter's largest activation on each face, and the index of its unit: (n, filters) per block."""
    values: list[list[Tensor]] = [[] for _ in network.blocks]
    units: list[list[Tensor]] = [[] for _ in network.blocks]
    for _, faces in iterate_batches(sample.images):
        for block, maps in enumerate(trace_network(network, faces).blocks):
            value, unit = maps.post_activation.flatten(2).max(dim=2)
            values[block].append(value)
            units[block].append(unit)
    return [torch.cat(v).numpy() for v in values], [torch.cat(u).numpy() for u in units]


def _extract_patch(
    image: NDArray[np.uint8], field: ReceptiveField, row: int, column: int
) -> NDArray[np.float32]:
    margin = field.size
    wide = np.pad(image.astype(np.float32), margin, constant_values=OUTSIDE_IMAGE)
    (top, bottom), (left, right) = field.span(row), field.span(column)
    return wide[top + margin : bottom + margin, left + margin : right + margin]
