"""Looking inside a network of the deck's family: everything that flows through it for a batch of faces."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from moviemotion.emotions import DECK_EMOTIONS, EMOTIONS
from moviemotion.errors import MoviemotionError
from moviemotion.lab.data import dataset
from moviemotion.lab.training import loop, runs
from moviemotion.lab.training.networks import DeckNetwork

BATCH = 32
FEWEST_A_CLASS = 5
ACTIVATION_LAYERS = (nn.ReLU, nn.LeakyReLU, nn.Identity)


@dataclass(frozen=True)
class BlockTrace:
    """One block's feature maps, (n, filters, side, side).

    Attributes:
        before, after: of the activation.
        unpooled, pooled: what goes into the max pooling and what comes out.
    """

    before: Tensor
    after: Tensor
    unpooled: Tensor
    pooled: Tensor


@dataclass(frozen=True)
class Trace:
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
class Sample:
    """Faces to measure with: (n, 48, 48) uint8, and their truth as index into `DECK_EMOTIONS`.

    Attributes:
        truth_is: what the truth is, in words.
    """

    images: NDArray[np.uint8]
    truth: NDArray[np.int64]
    truth_is: str

    def __len__(self) -> int:
        return len(self.images)


def load_network(run: Path) -> DeckNetwork:
    """The trained network of a run's folder, ready to be read.

    Raises:
        MoviemotionError: there is no finished run, or its network is not of the deck36 family.
    """
    network, _ = runs.load_run(run)
    if not isinstance(network, DeckNetwork):
        raise MoviemotionError(f"{run}: not a deck36 network; explain needs one made by --network deck36")
    if outputs_of(network) not in (len(DECK_EMOTIONS), len(EMOTIONS)):
        raise MoviemotionError(f"{run}: {outputs_of(network)} outputs; explain needs one made with 4 or 8")
    return network.eval()


def outputs_of(network: DeckNetwork) -> int:
    """How many classes it tells apart."""
    return int(network.head[-1].out_features)


def sample_faces(data: Path, split: str, most: int, seed: int) -> Sample:
    """Draw up to `most` different faces that have a truth: the consensus, or the label without votes.

    Raises:
        MoviemotionError: the data cannot be read, or a class has fewer than `FEWEST_A_CLASS` faces.
    """
    faces = dataset.load_faces(data, split)
    voted = faces.votes is not None
    truth = dataset.consensus_truth(faces) if voted else dataset.original_truth(faces)
    first = {key: i for i, key in reversed(list(enumerate(dataset.pixel_keys(faces))))}
    known = np.array(sorted(i for i in first.values() if truth[i] >= 0), dtype=np.int64)
    chosen = np.sort(np.random.default_rng(seed).permutation(known)[:most])
    count = np.bincount(truth[chosen], minlength=len(DECK_EMOTIONS))
    for emotion, faces_of in zip(DECK_EMOTIONS, count, strict=True):
        if faces_of < FEWEST_A_CLASS:
            raise MoviemotionError(
                f"{data / split}: {faces_of} {emotion} faces in the sample, explain needs "
                f"{FEWEST_A_CLASS} of each of {', '.join(DECK_EMOTIONS)}; add some"
            )
    return Sample(faces.images[chosen], truth[chosen], "the annotators' consensus" if voted else "the labels")


def as_input(images: NDArray[np.uint8] | NDArray[np.float32]) -> Tensor:
    """(n, 48, 48) grey 0–255 → what a network takes."""
    return torch.from_numpy(np.ascontiguousarray(images, dtype=np.float32))[:, None]


def batches(images: NDArray[np.uint8]) -> Iterator[tuple[slice, Tensor]]:
    """Faces in batches that keep the feature maps of the widest network within 200 MB."""
    for start in range(0, len(images), BATCH):
        part = slice(start, start + BATCH)
        yield part, as_input(images[part])


def trace(network: DeckNetwork, faces: Tensor) -> Trace:
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
    return Trace(tuple(blocks), tuple(dense), x)


def deck_probabilities(logits: Tensor) -> NDArray[np.float64]:
    """(n, 4 or 8) logits → (n, 4) probabilities of the deck's four."""
    return torch.softmax(loop.to_deck_logits(logits).double(), dim=1).numpy()


@torch.inference_mode()
def read(network: DeckNetwork, images: NDArray[np.uint8]) -> NDArray[np.float64]:
    """(n, 4) probabilities of the deck's four for every face."""
    return np.concatenate([deck_probabilities(network(x)) for _, x in batches(images)])
