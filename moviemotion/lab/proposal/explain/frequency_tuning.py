"""Coarse or fine: which sizes of detail each block answers, and how much it knows about the emotion."""

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
"""σ px × the frequency, in cycles a face, at which a Gaussian blur halves the amplitude."""
PROBE_FOLDS = 5
PROBE_GRID = 3


@dataclass(frozen=True)
class GratingTuning:
    """How one block answers gratings of each of `FREQUENCIES` (cycles a face).

    Attributes:
        curve: (frequencies,) mean over filters of the response, each filter's largest set to 1.
        preferred: mean over filters, on a log scale, of the frequency where a filter answers most.
    """

    response_curve: Float64Array
    preferred_frequency: Estimate


@dataclass(frozen=True)
class BandResponseLoss:
    """What is lost of a block's response when only one side of a cutoff is kept, for each of `CUTOFFS`.

    0: the response is as to the whole face; 1: as far from it as the response to plain grey.

    Attributes:
        only_coarse, only_fine: detail above, below the cutoff taken away.
        fine_share: at the middle cutoff, only_coarse / (only_coarse + only_fine) of each face: above a
            half where the block leans on fine detail more than on coarse structure.
    """

    low_pass: tuple[Estimate, ...]
    high_pass: tuple[Estimate, ...]
    high_frequency_share: Estimate


@dataclass(frozen=True)
class BandAccuracy:
    """Accuracy of the whole network on whole faces, and at each cutoff on what is kept of them."""

    unfiltered: Estimate
    low_pass: tuple[Estimate, ...]
    high_pass: tuple[Estimate, ...]


def make_gratings() -> NDArray[np.float32]:
    """(frequencies, orientations, phases, 48, 48) sine gratings of equal contrast around mid-grey."""
    across = (np.arange(FACE_SIZE) + 0.5) / FACE_SIZE
    y, x = np.meshgrid(across, across, indexing="ij")
    angle = (np.pi * np.arange(ORIENTATIONS) / ORIENTATIONS)[:, None, None, None]
    phase = (2 * np.pi * np.arange(PHASES) / PHASES)[:, None, None]
    along = x * np.cos(angle) + y * np.sin(angle)
    waves = [np.sin(2 * np.pi * f * along + phase) for f in FREQUENCIES]
    return (MID_GRAY + GRATING_AMPLITUDE * np.stack(waves)).astype(np.float32)


@torch.inference_mode()
def measure_grating_tuning(network: ProposalNetwork) -> list[GratingTuning]:
    """Spatial-frequency tuning of every block.

    A filter's response to a grating is the root mean square, over its units and the phases, of its
    activation less that to plain grey, at its best orientation.
    """
    grey = trace_network(network, torch.full((1, 1, FACE_SIZE, FACE_SIZE), MID_GRAY)).blocks
    responses: list[list[Tensor]] = [[] for _ in network.blocks]
    for of_frequency in make_gratings():
        for block, maps in enumerate(
            trace_network(network, to_input_tensor(of_frequency.reshape(-1, FACE_SIZE, FACE_SIZE))).blocks
        ):
            change = (maps.post_activation - grey[block].post_activation).square().mean(dim=(2, 3))
            by_orientation = change.view(ORIENTATIONS, PHASES, -1).mean(dim=1).sqrt()
            responses[block].append(by_orientation.amax(dim=0))
    return [_tuning(torch.stack(r).double().numpy()) for r in responses]


def _tuning(response: Float64Array) -> GratingTuning:
    """(frequencies, filters) → the block's tuning; filters that answer no grating are left out."""
    response = response[:, response.max(axis=0) > 0]
    relative = response / response.max(axis=0)
    best = mean_estimate(np.log2(np.array(FREQUENCIES)[response.argmax(axis=0)]))
    preferred = Estimate(2**best.value, 2**best.low, 2**best.high, best.n)
    return GratingTuning(relative.mean(axis=1), preferred)


def low_pass(images: NDArray[np.uint8], cutoff: float) -> NDArray[np.float32]:
    """(n, 48, 48) faces blurred so that detail at `cutoff` cycles a face keeps half its amplitude."""
    blur = HALF_AMPLITUDE_SIGMA / cutoff
    return gaussian_filter(images.astype(np.float32), (0, blur, blur), mode="nearest")


def high_pass(images: NDArray[np.uint8], cutoff: float) -> NDArray[np.float32]:
    """What `only_coarse` takes away, on each face's mean grey."""
    return images + (images.mean(axis=(1, 2), keepdims=True) - low_pass(images, cutoff)).astype(np.float32)


@torch.inference_mode()
def measure_band_losses(
    network: ProposalNetwork, sample: FaceSample
) -> tuple[list[BandResponseLoss], BandAccuracy]:
    """What the pixels (first) and each block lose at every cutoff, and what it costs in accuracy."""
    lost = np.empty((2, len(CUTOFFS), 1 + len(network.blocks), len(sample)))
    right = np.empty((2, len(CUTOFFS), len(sample)), dtype=bool)
    right_whole = np.empty(len(sample), dtype=bool)
    for part, faces in iterate_batches(sample.images):
        whole = trace_network(network, faces)
        blank = _maps(network, faces.mean(dim=(1, 2, 3), keepdim=True).expand_as(faces))
        full = [faces, *(b.after_pooling for b in whole.blocks)]
        distance = [_norm(a - b) for a, b in zip(full, blank, strict=True)]
        right_whole[part] = proposal_probabilities(whole.logits).argmax(axis=1) == sample.truth[part]
        for side, keep in enumerate((low_pass, high_pass)):
            for c, cutoff in enumerate(CUTOFFS):
                kept = to_input_tensor(keep(sample.images[part], cutoff))
                seen = trace_network(network, kept)
                left = [kept, *(b.after_pooling for b in seen.blocks)]
                for b, (a, k, d) in enumerate(zip(full, left, distance, strict=True)):
                    lost[side, c, b, part] = (_norm(a - k) / d.clamp(min=1e-12)).numpy()
                right[side, c, part] = (
                    proposal_probabilities(seen.logits).argmax(axis=1) == sample.truth[part]
                )
    losses = [_band_loss(lost[:, :, b]) for b in range(lost.shape[2])]
    accuracy = [[share_estimate(int(r.sum()), len(sample)) for r in of_side] for of_side in right]
    return losses, BandAccuracy(
        share_estimate(int(right_whole.sum()), len(sample)), tuple(accuracy[0]), tuple(accuracy[1])
    )


def _maps(network: ProposalNetwork, faces: Tensor) -> list[Tensor]:
    return [faces, *(b.after_pooling for b in trace_network(network, faces).blocks)]


def _norm(maps: Tensor) -> Tensor:
    return maps.flatten(1).norm(dim=1)


def _band_loss(lost: Float64Array) -> BandResponseLoss:
    """(2, cutoffs, n) → the estimates."""
    coarse, fine = lost[:, len(CUTOFFS) // 2]
    return BandResponseLoss(
        tuple(mean_estimate(values) for values in lost[0]),
        tuple(mean_estimate(values) for values in lost[1]),
        mean_estimate(coarse / np.maximum(coarse + fine, 1e-12)),
    )


@torch.inference_mode()
def run_linear_probes(network: ProposalNetwork, sample: FaceSample, seed: int) -> NDArray[np.bool_]:
    """Whether a linear reader of the pixels (first row) or of one block reads each face right.

    Each map is averaged over a 3×3 grid; ridge regression reads the emotion from them, its penalty
    chosen within the training folds. Every face is read by a probe that did not learn from it.

    Returns:
        (1 + blocks, n).
    """
    features: list[list[Tensor]] = [[] for _ in range(1 + len(network.blocks))]
    for _, faces in iterate_batches(sample.images):
        features[0].append(faces.flatten(1))
        for block, maps in enumerate(trace_network(network, faces).blocks, 1):
            side = min(PROBE_GRID, maps.after_pooling.shape[-1])
            features[block].append(adaptive_avg_pool2d(maps.after_pooling, side).flatten(1))
    folds = StratifiedKFold(PROBE_FOLDS, shuffle=True, random_state=seed)
    reader = make_pipeline(StandardScaler(), RidgeClassifierCV(np.logspace(0, 5, 11)))
    guesses = [cross_val_predict(reader, torch.cat(f).numpy(), sample.truth, cv=folds) for f in features]
    return np.stack([guess == sample.truth for guess in guesses])
