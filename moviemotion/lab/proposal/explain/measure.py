"""Run all measurements for the page: one record for each of the proposal's three questions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from moviemotion.lab.evaluation.paired_comparison import PairedComparison, compare_paired
from moviemotion.lab.progress import StageCallback, ignore_stage, in_stage
from moviemotion.lab.proposal.explain.activations import ActivationResult, compare_activations
from moviemotion.lab.proposal.explain.evidence import Estimate, share_estimate
from moviemotion.lab.proposal.explain.frequency_tuning import (
    BandAccuracy,
    BandResponseLoss,
    GratingTuning,
    measure_band_losses,
    measure_grating_tuning,
    run_linear_probes,
)
from moviemotion.lab.proposal.explain.network_inspection import (
    BATCH_SIZE,
    FaceSample,
    to_input_tensor,
    trace_network,
)
from moviemotion.lab.proposal.explain.patches import BlockPatches, find_strongest_patches
from moviemotion.lab.proposal.explain.receptive_field import BlockReceptiveField, measure_receptive_fields
from moviemotion.lab.proposal.explain.relu import (
    ActivationStatistics,
    GradientStatistics,
    LinearityDeviation,
    measure_activations,
    measure_gradients,
    measure_linearity_deviation,
)
from moviemotion.lab.proposal.explain.translation import (
    Equivariance,
    ShiftCurve,
    measure_equivariance,
    measure_shift_curve,
    pixel_correlation,
)
from moviemotion.lab.training.networks import ProposalNetwork


@dataclass(frozen=True)
class BlockMeasurements:
    """What each block detects.

    Attributes:
        receptive_fields, patches, tuning: one record per block, starting with block 1.
        displayed_faces: sample indices of the faces for which activation maps are shown.
        band_losses, probe_accuracy: one value for the pixels, followed by one per block.
        band_accuracy: accuracy of the complete network on filtered faces.
        last_against_first: the probe of the last block compared with that of block 1.
        last_block_outputs: number of outputs of the last block per face.
    """

    receptive_fields: list[BlockReceptiveField]
    patches: list[BlockPatches]
    displayed_faces: list[int]
    tuning: list[GratingTuning]
    band_losses: list[BandResponseLoss]
    band_accuracy: BandAccuracy
    probe_accuracy: list[Estimate]
    last_against_first: PairedComparison
    last_block_outputs: int


@dataclass(frozen=True)
class ReluMeasurements:
    """What the activations do; `runs` contains the measured run and the runs compared with it."""

    layers: list[ActivationStatistics]
    gradients: GradientStatistics
    linearity: LinearityDeviation
    runs: list[ActivationResult]


@dataclass(frozen=True)
class TranslationMeasurements:
    """How pixels are related, and how the network responds to shifted faces."""

    pixel_correlation: list[Estimate]
    shift_curve: ShiftCurve
    equivariance: Equivariance
    equivariance_faces: int


def measure_blocks(
    network: ProposalNetwork,
    sample: FaceSample,
    seed: int,
    print_line: Callable[[str], None],
    on_progress: StageCallback = ignore_stage,
) -> BlockMeasurements:
    """Measure what each block detects."""
    print_line("blocks: receptive fields and strongest patches")
    on_progress("measuring receptive fields", 0, 1)
    fields = measure_receptive_fields(network, sample.images[:BATCH_SIZE], seed)
    patches, shown = find_strongest_patches(network, sample, seed)
    print_line("blocks: gratings, and faces without fine detail or coarse structure")
    losses, accuracy = measure_band_losses(network, sample, in_stage(on_progress, "filtering faces"))
    print_line("blocks: linear probes")
    on_progress("fitting linear probes", 0, 1)
    right = run_linear_probes(network, sample, seed)
    probes = [share_estimate(int(of_one.sum()), len(sample)) for of_one in right]
    last = trace_network(network, to_input_tensor(sample.images[:1])).blocks[-1].after_pooling
    return BlockMeasurements(
        fields,
        patches,
        shown,
        measure_grating_tuning(network),
        losses,
        accuracy,
        probes,
        compare_paired(right[-1], right[1], "block 1"),
        last[0].numel(),
    )


def measure_relu(
    networks: Sequence[tuple[str, ProposalNetwork]],
    sample: FaceSample,
    seed: int,
    print_line: Callable[[str], None],
    on_progress: StageCallback = ignore_stage,
) -> ReluMeasurements:
    """Measure what the activations of the first network do, and compare it with the other networks."""
    _, network = networks[0]
    print_line("ReLU: forward pass, backward pass, and the network without ReLU")
    on_progress("measuring ReLU", 0, 1)
    layers, gradients, linearity = (
        measure_activations(network, sample),
        measure_gradients(network, sample, seed),
        measure_linearity_deviation(network, sample, seed),
    )
    print_line("ReLU: " + ", ".join(name for name, _ in networks) + " on the same faces")
    return ReluMeasurements(layers, gradients, linearity, compare_activations(networks, sample))


def measure_translation(
    network: ProposalNetwork,
    sample: FaceSample,
    seed: int,
    print_line: Callable[[str], None],
    on_progress: StageCallback = ignore_stage,
) -> TranslationMeasurements:
    """Measure the correlation of pixels as a function of distance, and the effect of shifting faces."""
    print_line("translation: correlation of pixels, and faces moved by up to 12 px in four directions")
    return TranslationMeasurements(
        pixel_correlation(sample.images, seed),
        measure_shift_curve(network, sample, in_stage(on_progress, "moving faces")),
        measure_equivariance(network, sample.images),
        min(BATCH_SIZE, len(sample)),
    )
