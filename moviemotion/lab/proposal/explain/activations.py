"""Compare networks with ReLU, Leaky ReLU or no activation on the same faces."""

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
    """The results of one run.

    Attributes:
        name: name of the run's folder.
        activation: description of the network's activations.
        accuracy: accuracy on the sample.
        loss: mean cross-entropy in nats.
        n_filters, n_neurons: number of convolution filters and of neurons in dense layers.
        dead_filters, dead_neurons: number of filters and neurons that are never above zero on any face.
        difference_from_first: comparison with the first run; None for the first run itself.
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
    """Measure accuracy, loss and dead units for the networks of several runs, given as (name, network)."""
    results: list[ActivationResult] = []
    first_correct = None
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
                None if first_correct is None else compare_paired(right, first_correct, networks[0][0]),
            )
        )
        first_correct = right if first_correct is None else first_correct
    return results


def activation_name(network: ProposalNetwork) -> str:
    """The name of the activation, or both names if blocks and dense layers differ."""
    blocks = ACTIVATION_NAMES[network.architecture.conv_activation]
    dense = ACTIVATION_NAMES[network.architecture.dense_activation]
    return blocks if blocks == dense else f"{blocks} in the blocks, {dense} in the dense layers"
