"""Measure which spatial frequencies each block responds to, and how much of the emotion it encodes.

Frequencies are in cycles per face. Three measurements show whether a block depends on coarse structure or
on fine detail. The first is its response to sine gratings. The second is how much its response to real faces
changes when high or low frequencies are removed, and the third is the accuracy of the complete network on
these filtered faces. Linear probes show how much
of the emotion can be read from the output of each block.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter
from sklearn.linear_model import RidgeClassifierCV
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import Tensor
from torch.nn.functional import adaptive_avg_pool2d

from moviemotion.lab.data.dataset import FACE_SIZE
from moviemotion.lab.progress import ProgressCallback, ignore_progress
from moviemotion.lab.proposal.explain.evidence import Estimate, mean_estimate, share_estimate
from moviemotion.lab.proposal.explain.network_inspection import (
    FaceSample,
    iterate_batches,
    proposal_probabilities,
    to_input_tensor,
    trace_network,
)
from moviemotion.lab.training.networks import ProposalNetwork

Float64Array = NDArray[np.float64]

FREQUENCIES = (1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0, 16.0, 20.0)
ORIENTATIONS, PHASES = 6, 4
MID_GRAY, GRATING_AMPLITUDE = 127.5, 60.0
CUTOFFS = (3.0, 6.0, 12.0)
HALF_AMPLITUDE_SIGMA = FACE_SIZE * np.sqrt(np.log(2) / 2) / np.pi
"""Product of a Gaussian blur's σ (pixels) and the frequency (cycles per face) whose amplitude is halved."""
PROBE_FOLDS = 5
PROBE_GRID = 3


@dataclass(frozen=True)
class GratingTuning:
    """The responses of one block to gratings at each of `FREQUENCIES` (cycles per face).

    Attributes:
        response_curve: (frequencies,) mean response of the filters, each divided by its largest response.
        preferred_frequency: mean over filters, on a log scale, of the frequency with the largest response.
    """

    response_curve: Float64Array
    preferred_frequency: Estimate


@dataclass(frozen=True)
class BandResponseLoss:
    """The loss of a block's response when frequencies above or below each of `CUTOFFS` are removed.

    With a loss of 0, the response is the same as the response to the original face. With a loss of 1, it
    differs from that response as much as the response to uniform gray does.

    Attributes:
        low_pass: loss without the frequencies above the cutoff.
        high_pass: loss without the frequencies below the cutoff.
        high_frequency_share: low_pass / (low_pass + high_pass), computed for each face at the middle cutoff.
            If it is above one half, the block depends more on fine detail than on coarse structure.
    """

    low_pass: tuple[Estimate, ...]
    high_pass: tuple[Estimate, ...]
    high_frequency_share: Estimate


@dataclass(frozen=True)
class BandAccuracy:
    """Accuracy of the complete network on original faces, and on filtered faces at each cutoff."""

    unfiltered: Estimate
    low_pass: tuple[Estimate, ...]
    high_pass: tuple[Estimate, ...]


def make_gratings() -> NDArray[np.float32]:
    """(frequencies, orientations, phases, 48, 48) sine gratings of equal contrast around medium gray."""
    across = (np.arange(FACE_SIZE) + 0.5) / FACE_SIZE
    y, x = np.meshgrid(across, across, indexing="ij")
    angle = (np.pi * np.arange(ORIENTATIONS) / ORIENTATIONS)[:, None, None, None]
    phase = (2 * np.pi * np.arange(PHASES) / PHASES)[:, None, None]
    along = x * np.cos(angle) + y * np.sin(angle)
    waves = [np.sin(2 * np.pi * f * along + phase) for f in FREQUENCIES]
    return (MID_GRAY + GRATING_AMPLITUDE * np.stack(waves)).astype(np.float32)


@torch.inference_mode()
def measure_grating_tuning(network: ProposalNetwork) -> list[GratingTuning]:
    """Measure the spatial frequency tuning of each block.

    A filter's response to a grating is the difference between its activations for the grating and for uniform
    gray. It is computed as the root mean square over units and phases, at the orientation with the largest
    response.
    """
    gray = trace_network(network, torch.full((1, 1, FACE_SIZE, FACE_SIZE), MID_GRAY)).blocks
    responses: list[list[Tensor]] = [[] for _ in network.blocks]
    for of_frequency in make_gratings():
        for block, maps in enumerate(
            trace_network(network, to_input_tensor(of_frequency.reshape(-1, FACE_SIZE, FACE_SIZE))).blocks
        ):
            change = (maps.post_activation - gray[block].post_activation).square().mean(dim=(2, 3))
            by_orientation = change.view(ORIENTATIONS, PHASES, -1).mean(dim=1).sqrt()
            responses[block].append(by_orientation.amax(dim=0))
    return [_tuning(torch.stack(r).double().numpy()) for r in responses]


def _tuning(response: Float64Array) -> GratingTuning:
    """Compute the tuning from (frequencies, filters) responses; filters without any response are skipped."""
    response = response[:, response.max(axis=0) > 0]
    relative = response / response.max(axis=0)
    best = mean_estimate(np.log2(np.array(FREQUENCIES)[response.argmax(axis=0)]))
    preferred = Estimate(2**best.value, 2**best.low, 2**best.high, best.n)
    return GratingTuning(relative.mean(axis=1), preferred)


def low_pass(images: NDArray[np.uint8], cutoff: float) -> NDArray[np.float32]:
    """Blur (n, 48, 48) faces so that the amplitude at `cutoff` cycles per face is halved."""
    blur = HALF_AMPLITUDE_SIGMA / cutoff
    return gaussian_filter(images.astype(np.float32), (0, blur, blur), mode="nearest")


def high_pass(images: NDArray[np.uint8], cutoff: float) -> NDArray[np.float32]:
    """The part of each face that `low_pass` removes, added to the face's mean gray value."""
    return images + (images.mean(axis=(1, 2), keepdims=True) - low_pass(images, cutoff)).astype(np.float32)


@torch.inference_mode()
def measure_band_losses(
    network: ProposalNetwork,
    sample: FaceSample,
    on_progress: ProgressCallback = ignore_progress,
) -> tuple[list[BandResponseLoss], BandAccuracy]:
    """Measure the losses at each cutoff, first for the pixels and then for each block, and the accuracy."""
    lost = np.empty((2, len(CUTOFFS), 1 + len(network.blocks), len(sample)))
    right = np.empty((2, len(CUTOFFS), len(sample)), dtype=bool)
    right_unfiltered = np.empty(len(sample), dtype=bool)
    for part, faces in iterate_batches(sample.images):
        original = trace_network(network, faces)
        blank = _maps(network, faces.mean(dim=(1, 2, 3), keepdim=True).expand_as(faces))
        full = [faces, *(b.after_pooling for b in original.blocks)]
        distance = [_norm(a - b) for a, b in zip(full, blank, strict=True)]
        right_unfiltered[part] = proposal_probabilities(original.logits).argmax(axis=1) == sample.truth[part]
        for side, keep in enumerate((low_pass, high_pass)):
            for c, cutoff in enumerate(CUTOFFS):
                filtered = to_input_tensor(keep(sample.images[part], cutoff))
                seen = trace_network(network, filtered)
                maps = [filtered, *(b.after_pooling for b in seen.blocks)]
                for b, (a, k, d) in enumerate(zip(full, maps, distance, strict=True)):
                    lost[side, c, b, part] = (_norm(a - k) / d.clamp(min=1e-12)).numpy()
                right[side, c, part] = (
                    proposal_probabilities(seen.logits).argmax(axis=1) == sample.truth[part]
                )
        on_progress(min(part.stop, len(sample)), len(sample))
    losses = [_band_loss(lost[:, :, b]) for b in range(lost.shape[2])]
    accuracy = [[share_estimate(int(r.sum()), len(sample)) for r in of_side] for of_side in right]
    return losses, BandAccuracy(
        share_estimate(int(right_unfiltered.sum()), len(sample)), tuple(accuracy[0]), tuple(accuracy[1])
    )


def _maps(network: ProposalNetwork, faces: Tensor) -> list[Tensor]:
    return [faces, *(b.after_pooling for b in trace_network(network, faces).blocks)]


def _norm(maps: Tensor) -> Tensor:
    return maps.flatten(1).norm(dim=1)


def _band_loss(lost: Float64Array) -> BandResponseLoss:
    """Compute the estimates from (2, cutoffs, n) losses."""
    coarse, fine = lost[:, len(CUTOFFS) // 2]
    return BandResponseLoss(
        tuple(mean_estimate(values) for values in lost[0]),
        tuple(mean_estimate(values) for values in lost[1]),
        mean_estimate(coarse / np.maximum(coarse + fine, 1e-12)),
    )


@torch.inference_mode()
def run_linear_probes(network: ProposalNetwork, sample: FaceSample, seed: int) -> NDArray[np.bool_]:
    """Classify faces from the pixels, and from the output of each block, with linear probes.

    The maps of a block are averaged over a 3×3 grid, and a ridge classifier predicts the emotion from them.
    Its penalty is chosen within the training folds, and each face is predicted by a probe that was not
    trained on it.

    Returns:
        (1 + blocks, n) whether each prediction is correct; the first row is for the pixels.
    """
    features: list[list[Tensor]] = [[] for _ in range(1 + len(network.blocks))]
    for _, faces in iterate_batches(sample.images):
        features[0].append(faces.flatten(1))
        for block, maps in enumerate(trace_network(network, faces).blocks, 1):
            side = min(PROBE_GRID, maps.after_pooling.shape[-1])
            features[block].append(adaptive_avg_pool2d(maps.after_pooling, side).flatten(1))
    folds = StratifiedKFold(PROBE_FOLDS, shuffle=True, random_state=seed)
    probe = make_pipeline(StandardScaler(), RidgeClassifierCV(np.logspace(0, 5, 11)))
    guesses = [cross_val_predict(probe, torch.cat(f).numpy(), sample.truth, cv=folds) for f in features]
    return np.stack([guess == sample.truth for guess in guesses])
