"""Looking inside a network of the deck's family: everything that flows through it for a batch of faces."""

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
        before, after: of the activation.
        unpooled, pooled: what goes into the max pooling and what comes out.
    """

    pre_activation: Tensor
    post_activation: Tensor
    before_pooling: Tensor
    after_pooling: Tensor


@dataclass(frozen=True)
class NetworkTrace:
    """What one batch leaves in the network.

    Attributes:
        blocks: of each block.
        dense: (before, after) the activation of each dense layer, (n, neurons).
        logits: (n, outputs).
    """

    blocks: tuple[BlockTrace, ...]
    dense: tuple[tuple[Tensor, Tensor], ...]
    logits: Tensor


@dataclass(frozen=True)
class FaceSample:
    """Faces to measure with: (n, 48, 48) uint8, and their truth as index into `DECK_EMOTIONS`.

    Attributes:
        truth_is: what the truth is, in words.
    """

    images: NDArray[np.uint8]
    truth: NDArray[np.int64]
    truth_source: str

    def __len__(self) -> int:
        return len(self.images)


def load_proposal_network(run: Path) -> ProposalNetwork:
    """The trained network of a run's folder, ready to be read.

    Raises:
        MoviemotionError: there is no finished run, or its network is not of the deck36 family.
    """
    network, _ = runs.load_run(run)
    if not isinstance(network, ProposalNetwork):
        raise MoviemotionError(f"{run}: not a deck36 network; explain needs one made by --network deck36")
    if count_outputs(network) not in (len(PROPOSAL_EMOTIONS), len(EMOTIONS)):
        raise MoviemotionError(f"{run}: {count_outputs(network)} outputs; explain needs one made with 4 or 8")
    return network.eval()


def count_outputs(network: ProposalNetwork) -> int:
    """How many classes it tells apart."""
    return int(network.head[-1].out_features)


def sample_faces(data: Path, split: str, max_faces: int, seed: int) -> FaceSample:
    """Draw up to `most` different faces that have a truth: the consensus, or the label without votes.

    Raises:
        MoviemotionError: the data cannot be read, or a class has fewer than `FEWEST_A_CLASS` faces.
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
                f"{data / split}: {faces_of} {emotion} faces in the sample, explain needs "
                f"{MIN_FACES_PER_CLASS} of each of {', '.join(PROPOSAL_EMOTIONS)}; add some"
            )
    return FaceSample(
        faces.images[chosen], truth[chosen], "the annotators' consensus" if voted else "the labels"
    )


def to_input_tensor(images: NDArray[np.uint8] | NDArray[np.float32]) -> Tensor:
    """(n, 48, 48) grey 0–255 → what a network takes."""
    return torch.from_numpy(np.ascontiguousarray(images, dtype=np.float32))[:, None]


def iterate_batches(images: NDArray[np.uint8]) -> Iterator[tuple[slice, Tensor]]:
    """Faces in batches that keep the feature maps of the widest network within 200 MB."""
    for start in range(0, len(images), BATCH_SIZE):
        part = slice(start, start + BATCH_SIZE)
        yield part, to_input_tensor(images[part])


def trace_network(network: ProposalNetwork, faces: Tensor) -> NetworkTrace:
    """Run the network layer by layer and keep what passes; follows gradients where they are on."""
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
    """(n, 4 or 8) logits → (n, 4) probabilities of the deck's four."""
    return torch.softmax(loop.to_proposal_logits(logits).double(), dim=1).numpy()


@torch.inference_mode()
def predict_probabilities(network: ProposalNetwork, images: NDArray[np.uint8]) -> NDArray[np.float64]:
    """(n, 4) probabilities of the deck's four for every face."""
    return np.concatenate([proposal_probabilities(network(x)) for _, x in iterate_batches(images)])
