"""All that the page tells, measured: one record for each of the deck's three questions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from moviemotion.lab.evaluation.paired_comparison import Comparison, compare
from moviemotion.lab.proposal.explain.activations import ActivationResult, side_by_side
from moviemotion.lab.proposal.explain.evidence import Estimate, share
from moviemotion.lab.proposal.explain.frequency_tuning import (
    BandAccuracy,
    BandLoss,
    GratingTuning,
    band_losses,
    grating_tuning,
    probe,
)
from moviemotion.lab.proposal.explain.network_inspection import BATCH, Sample, as_input, trace
from moviemotion.lab.proposal.explain.patches import BlockPatches, maximal_patches
from moviemotion.lab.proposal.explain.receptive_field import BlockField, block_fields
from moviemotion.lab.proposal.explain.relu import Forward, Gate, Straightness, forward, gate, straightness
from moviemotion.lab.proposal.explain.translation import (
    Equivariance,
    ShiftCurve,
    equivariance,
    pixel_correlation,
    shift_curve,
)
from moviemotion.lab.training.networks import DeckNetwork


@dataclass(frozen=True)
class Blocks:
    """What each block sees. `losses` and `probes` begin with the pixels; the rest with block 1.

    Attributes:
        faces_shown: the sample's indices of the faces under the activation maps.
        late_over_early: the probe of the last block against that of block 1.
        last_numbers: how many numbers the last block gives for a face.
    """

    fields: list[BlockField]
    patches: list[BlockPatches]
    faces_shown: list[int]
    tuning: list[GratingTuning]
    losses: list[BandLoss]
    accuracy: BandAccuracy
    probes: list[Estimate]
    late_over_early: Comparison
    last_numbers: int


@dataclass(frozen=True)
class Relu:
    """What the activations do; `runs` is the explained run and those it is compared with."""

    layers: list[Forward]
    gate: Gate
    straightness: Straightness
    runs: list[ActivationResult]


@dataclass(frozen=True)
class Translation:
    """Near pixels and moved faces."""

    correlation: list[Estimate]
    shifts: ShiftCurve
    equivariance: Equivariance
    equivariance_faces: int


def measure_blocks(network: DeckNetwork, sample: Sample, seed: int, say: Callable[[str], None]) -> Blocks:
    """Measure what each block sees."""
    say("blocks: receptive fields and maximal patches")
    fields = block_fields(network, sample.images[:BATCH], seed)
    patches, shown = maximal_patches(network, sample, seed)
    say("blocks: gratings, and faces without their fine or coarse part")
    losses, accuracy = band_losses(network, sample)
    say("blocks: linear probes")
    right = probe(network, sample, seed)
    probes = [share(int(of_one.sum()), len(sample)) for of_one in right]
    last = trace(network, as_input(sample.images[:1])).blocks[-1].pooled
    return Blocks(
        fields,
        patches,
        shown,
        grating_tuning(network),
        losses,
        accuracy,
        probes,
        compare(right[-1], right[1], "block 1"),
        last[0].numel(),
    )


def measure_relu(
    networks: Sequence[tuple[str, DeckNetwork]], sample: Sample, seed: int, say: Callable[[str], None]
) -> Relu:
    """Measure what the activations of the first network do, and compare it with the others."""
    _, network = networks[0]
    say("ReLU: forward, backward, and the network without it")
    layers, gates, bend = (
        forward(network, sample),
        gate(network, sample, seed),
        straightness(network, sample, seed),
    )
    say("ReLU: " + ", ".join(name for name, _ in networks) + " on the same faces")
    return Relu(layers, gates, bend, side_by_side(networks, sample))


def measure_translation(
    network: DeckNetwork, sample: Sample, seed: int, say: Callable[[str], None]
) -> Translation:
    """Measure how pictures and network take distance and shifts."""
    say("translation: near pixels, and faces moved by up to 12 px in four directions")
    return Translation(
        pixel_correlation(sample.images, seed),
        shift_curve(network, sample),
        equivariance(network, sample.images),
        min(BATCH, len(sample)),
    )
