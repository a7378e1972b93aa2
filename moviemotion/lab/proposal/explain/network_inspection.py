"""Record all intermediate values of a network with the proposal's architecture for a batch of faces."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from moviemotion.emotions import EMOTIONS, PROPOSAL_EMOTIONS
from moviemotion.errors import MoviemotionError
from moviemotion.lab.data import dataset
from moviemotion.lab.training import loop, runs
from moviemotion.lab.training.networks import ProposalNetwork

BATCH_SIZE = 32
MIN_FACES_PER_CLASS = 5
ACTIVATION_LAYERS = (nn.ReLU, nn.LeakyReLU, nn.Identity)


@dataclass(frozen=True)
class BlockTrace:
    """One block's feature maps, (n, filters, side, side).

    Attributes:
        pre_activation, post_activation: input and output of the activation.
        before_pooling, after_pooling: input and output of the max pooling.
    """

    pre_activation: Tensor
    post_activation: Tensor
    before_pooling: Tensor
    after_pooling: Tensor


@dataclass(frozen=True)
class NetworkTrace:
    """The values that one batch produces in all layers of a network.

    Attributes:
        blocks: the feature maps of each block.
        dense: for each dense layer, the input and the output of its activation, both (n, neurons).
        logits: (n, outputs) output of the last layer.
    """

    blocks: tuple[BlockTrace, ...]
    dense: tuple[tuple[Tensor, Tensor], ...]
    logits: Tensor


@dataclass(frozen=True)
class FaceSample:
    """The faces on which a network is measured.

    Attributes:
        images: (n, 48, 48) uint8.
        truth: (n,) index into `PROPOSAL_EMOTIONS`.
        truth_source: description of where the reference labels come from.
    """

    images: NDArray[np.uint8]
    truth: NDArray[np.int64]
    truth_source: str

    def __len__(self) -> int:
        return len(self.images)


def load_proposal_network(run: Path) -> ProposalNetwork:
    """Load the trained network of a run.

    Raises:
        MoviemotionError: there is no finished run, or the network is not a variant of deck36.
    """
    network, _ = runs.load_run(run)
    if not isinstance(network, ProposalNetwork):
        raise MoviemotionError(f"{run}: not a deck36 network; choose a run of that network")
    if count_outputs(network) not in (len(PROPOSAL_EMOTIONS), len(EMOTIONS)):
        raise MoviemotionError(
            f"{run}: the network has {count_outputs(network)} outputs; choose one with 4 or 8"
        )
    return network.eval()


def count_outputs(network: ProposalNetwork) -> int:
    """The number of classes of a network."""
    return int(network.head[-1].out_features)


def sample_faces(data: Path, split: str, max_faces: int, seed: int) -> FaceSample:
    """Randomly select faces and their reference labels: the consensus or, without votes, the folder label.

    Args:
        max_faces: the maximum number of faces.

    Raises:
        MoviemotionError: the data cannot be read, or a class has fewer than `MIN_FACES_PER_CLASS` faces.
    """
    faces = dataset.load_faces(data, split)
    voted = faces.votes is not None
    truth = dataset.consensus_truth(faces) if voted else dataset.label_truth(faces)
    first = {key: i for i, key in reversed(list(enumerate(dataset.pixel_keys(faces))))}
    known = np.array(sorted(i for i in first.values() if truth[i] >= 0), dtype=np.int64)
    chosen = np.sort(np.random.default_rng(seed).permutation(known)[:max_faces])
    count = np.bincount(truth[chosen], minlength=len(PROPOSAL_EMOTIONS))
    for emotion, faces_of in zip(PROPOSAL_EMOTIONS, count, strict=True):
        if faces_of < MIN_FACES_PER_CLASS:
            raise MoviemotionError(
                f"{data / split}: the sample contains only {faces_of} {emotion} faces; "
                "add faces until it contains "
                f"{MIN_FACES_PER_CLASS} for each of {', '.join(PROPOSAL_EMOTIONS)}"
            )
    return FaceSample(
        faces.images[chosen], truth[chosen], "the annotators' consensus" if voted else "the folder labels"
    )


def to_input_tensor(images: NDArray[np.uint8] | NDArray[np.float32]) -> Tensor:
    """Convert (n, 48, 48) images, gray 0–255, to the (n, 1, 48, 48) input of a network."""
    return torch.from_numpy(np.ascontiguousarray(images, dtype=np.float32))[:, None]


def iterate_batches(images: NDArray[np.uint8]) -> Iterator[tuple[slice, Tensor]]:
    """Yield batches small enough that the feature maps of the widest network need at most 200 MB."""
    for start in range(0, len(images), BATCH_SIZE):
        part = slice(start, start + BATCH_SIZE)
        yield part, to_input_tensor(images[part])


def trace_network(network: ProposalNetwork, faces: Tensor) -> NetworkTrace:
    """Run a network layer by layer and record all values; gradients are tracked if they are enabled."""
    x = network.scale(faces)
    blocks = []
    for block in network.blocks:
        for layer in block:
            into, x = x, layer(x)
            if isinstance(layer, ACTIVATION_LAYERS):
                before, after = into, x
            elif isinstance(layer, nn.MaxPool2d | nn.AvgPool2d):
                unpooled = into
        blocks.append(BlockTrace(before, after, unpooled, x))
    dense = []
    for layer in network.head:
        into, x = x, layer(x)
        if isinstance(layer, ACTIVATION_LAYERS):
            dense.append((into, x))
    return NetworkTrace(tuple(blocks), tuple(dense), x)


def proposal_probabilities(logits: Tensor) -> NDArray[np.float64]:
    """(n, 4 or 8) logits → (n, 4) probabilities of the proposal's emotions."""
    return torch.softmax(loop.to_proposal_logits(logits).double(), dim=1).numpy()


@torch.inference_mode()
def predict_probabilities(network: ProposalNetwork, images: NDArray[np.uint8]) -> NDArray[np.float64]:
    """(n, 4) probabilities of the proposal's emotions for each face."""
    return np.concatenate([proposal_probabilities(network(x)) for _, x in iterate_batches(images)])
