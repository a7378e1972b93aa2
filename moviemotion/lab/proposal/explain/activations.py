"""The same network with ReLU, Leaky ReLU or no activation at all, side by side on the same faces."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from moviemotion.lab.evaluation.paired_comparison import Comparison, compare
from moviemotion.lab.proposal.explain.evidence import Estimate, mean, share
from moviemotion.lab.proposal.explain.network_inspection import Sample, read
from moviemotion.lab.proposal.explain.relu import forward
from moviemotion.lab.training.networks import DeckNetwork

IN_WORDS = {"relu": "ReLU", "leaky_relu": "Leaky ReLU", "identity": "no activation"}


@dataclass(frozen=True)
class ActivationResult:
    """One run.

    Attributes:
        name: of its folder.
        activation: in words.
        accuracy: on the sample; `loss` its mean cross-entropy in nats.
        filters, dead_filters, neurons, dead_neurons: those of the convolutions and of the dense layers,
            and how many are above zero nowhere on any face.
        against_first: this run less the first one; None for the first.
    """

    name: str
    activation: str
    accuracy: Estimate
    loss: Estimate
    filters: int
    dead_filters: int
    neurons: int
    dead_neurons: int
    against_first: Comparison | None


def side_by_side(networks: Sequence[tuple[str, DeckNetwork]], sample: Sample) -> list[ActivationResult]:
    """Accuracy, loss and dead units of runs, (folder's name, network), on the same faces."""
    results: list[ActivationResult] = []
    first_right = None
    for name, network in networks:
        probabilities = read(network, sample.images)
        right = probabilities.argmax(axis=1) == sample.truth
        of_truth = probabilities[np.arange(len(sample)), sample.truth]
        layers = forward(network, sample)
        blocks, dense = layers[: len(network.blocks)], layers[len(network.blocks) :]
        results.append(
            ActivationResult(
                name,
                activation_in_words(network),
                share(int(right.sum()), len(sample)),
                mean(-np.log(np.maximum(of_truth, 1e-12))),
                sum(layer.units for layer in blocks),
                sum(layer.dead for layer in blocks),
                sum(layer.units for layer in dense),
                sum(layer.dead for layer in dense),
                None if first_right is None else compare(right, first_right, networks[0][0]),
            )
        )
        first_right = right if first_right is None else first_right
    return results


def activation_in_words(network: DeckNetwork) -> str:
    """`ReLU`, or both where blocks and dense layers differ."""
    blocks = IN_WORDS[network.design.conv_activation]
    dense = IN_WORDS[network.design.dense_activation]
    return blocks if blocks == dense else f"{blocks} in the blocks, {dense} in the dense layers"
