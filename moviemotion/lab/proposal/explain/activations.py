"""The same network with ReLU, Leaky ReLU or no activation at all, side by side on the same faces."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from moviemotion.lab.evaluation.paired_comparison import PairedComparison, compare_paired
from moviemotion.lab.proposal.explain.evidence import Estimate, mean_estimate, share_estimate
from moviemotion.lab.proposal.explain.network_inspection import FaceSample, predict_probabilities
from moviemotion.lab.proposal.explain.relu import measure_activations
from moviemotion.lab.training.networks import ProposalNetwork

ACTIVATION_NAMES = {"relu": "ReLU", "leaky_relu": "Leaky ReLU", "identity": "no activation"}


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
    n_filters: int
    dead_filters: int
    n_neurons: int
    dead_neurons: int
    difference_from_first: PairedComparison | None


def compare_activations(
    networks: Sequence[tuple[str, ProposalNetwork]], sample: FaceSample
) -> list[ActivationResult]:
    """Accuracy, loss and dead units of runs, (folder's name, network), on the same faces."""
    results: list[ActivationResult] = []
    first_right = None
    for name, network in networks:
        probabilities = predict_probabilities(network, sample.images)
        right = probabilities.argmax(axis=1) == sample.truth
        of_truth = probabilities[np.arange(len(sample)), sample.truth]
        layers = measure_activations(network, sample)
        blocks, dense = layers[: len(network.blocks)], layers[len(network.blocks) :]
        results.append(
            ActivationResult(
                name,
                activation_name(network),
                share_estimate(int(right.sum()), len(sample)),
                mean_estimate(-np.log(np.maximum(of_truth, 1e-12))),
                sum(layer.n_units for layer in blocks),
                sum(layer.n_dead for layer in blocks),
                sum(layer.n_units for layer in dense),
                sum(layer.n_dead for layer in dense),
                None if first_right is None else compare_paired(right, first_right, networks[0][0]),
            )
        )
        first_right = right if first_right is None else first_right
    return results


def activation_name(network: ProposalNetwork) -> str:
    """`ReLU`, or both where blocks and dense layers differ."""
    blocks = ACTIVATION_NAMES[network.architecture.conv_activation]
    dense = ACTIVATION_NAMES[network.architecture.dense_activation]
    return blocks if blocks == dense else f"{blocks} in the blocks, {dense} in the dense layers"
