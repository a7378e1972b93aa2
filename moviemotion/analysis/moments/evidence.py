"""The evidence for one moment: its size, its intervals, and whether it would be found again.

Strength is averaged over the entire moment rather than measured at its strongest second, because the
strongest of several seconds is overestimated.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from moviemotion.analysis.moments.bounds import reacting_viewers
from moviemotion.analysis.signals.audience_curve import REACTION_THRESHOLD
from moviemotion.statistics import Z95, Float64Array, wilson_interval

COMPARABLE_SECONDS = 60
"""Seconds before and after a moment from which the share of viewers reacting by chance is estimated."""
MIN_REACTING_TIME = 1 / 3
"""Fraction of a moment for which a viewer must react to count as reacting, regardless of its length."""
N_HALVES = 100
"""Number of random half-audiences in which the moment is searched for again."""
N_HALF_SHIFTS = 100
"""Number of shifted half-audiences with which each half-audience is compared."""


@dataclass(frozen=True)
class Evidence:
    """The evidence for one moment.

    Attributes:
        strength: (V,) each viewer's mean strength during the moment; NaN if not seen.
        mean_strength: mean of `strength` over the viewers seen.
        strength_interval: 95 % interval of the mean strength in the population.
        reacted: (V,) whether each viewer reacted for at least `MIN_REACTING_TIME` of the moment.
        reacting_share: share of the viewers seen who reacted.
        reacting_share_interval: 95 % Wilson interval of `reacting_share`.
        expected_share: mean share of viewers reacting in the comparable seconds around the moment; NaN if
            there are none.
        leave_one_out: smallest and largest mean strength if any one viewer is left out.
        replicability: share of random half-audiences in which the moment is found again at the same time.
    """

    strength: Float64Array
    mean_strength: float
    strength_interval: tuple[float, float]
    reacted: NDArray[np.bool_]
    reacting_share: float
    reacting_share_interval: tuple[float, float]
    expected_share: float
    leave_one_out: tuple[float, float]
    replicability: float


def gather_evidence(
    curves: Float64Array,
    scores: NDArray[np.float32],
    bounds: tuple[int, int],
    peak: int,
    reach: int,
    blocks: NDArray[np.int64],
    seed: int,
) -> Evidence:
    """Gather the evidence for a moment.

    Args:
        curves: (V, S) strengths of the moment's emotion, NaN where not seen.
        scores: (V, S) the viewers' scores for this emotion, in which the moment was found.
        bounds: first column, and the column after the last one.
        peak: column in which the sum of the scores is largest.
        reach: largest shift of the null model, in seconds.
        blocks: (V,) block of each viewer; the viewers of a block are shifted together.
        seed: random seed for the half-audiences.
    """
    during = curves[:, bounds[0] : bounds[1]]
    seen_seconds = (~np.isnan(during)).sum(axis=1)
    seen = seen_seconds > 0
    n = np.maximum(seen_seconds, 1)
    strength = np.where(seen, np.nan_to_num(during).sum(axis=1) / n, np.nan)
    reacted = seen & ((np.nan_to_num(during) >= REACTION_THRESHOLD).sum(axis=1) >= MIN_REACTING_TIME * n)
    reacted |= seen & reacting_viewers(curves, peak) & (bounds[1] - bounds[0] <= 3)
    low, high = wilson_interval(reacted.sum(), seen.sum())
    own = strength[seen]
    without = (own.sum() - own) / max(len(own) - 1, 1)
    return Evidence(
        strength=strength,
        mean_strength=float(own.mean()),
        strength_interval=_strength_interval(own),
        reacted=reacted,
        reacting_share=float(reacted.sum() / seen.sum()),
        reacting_share_interval=(float(low), float(high)),
        expected_share=_expected_share(curves, bounds),
        leave_one_out=(float(without.min()), float(without.max())),
        replicability=_replicability(scores, peak, reach, blocks, seed),
    )


def _expected_share(curves: Float64Array, bounds: tuple[int, int]) -> float:
    """Mean share of viewers reacting in the seconds around the moment, except those directly next to it."""
    start, stop = bounds
    before = curves[:, max(start - COMPARABLE_SECONDS, 0) : max(start - 3, 0)]
    around = np.concatenate([before, curves[:, stop + 3 : stop + COMPARABLE_SECONDS]], axis=1)
    seen = ~np.isnan(around)
    if not seen.any():
        return float("nan")
    return float((np.nan_to_num(around) >= REACTION_THRESHOLD).sum() / seen.sum())


def _strength_interval(strength: Float64Array) -> tuple[float, float]:
    """Compute the 95 % interval of mean strength over viewers from the normal distribution.

    Only large moments are reported, so their mean is too high by about 0.02 with 24 viewers and by 0.06 with
    12 viewers. In reported moments, some viewers react strongly and others not at all, so the variance is
    also large. Taken together, intervals based on the normal quantile cover the true mean in 95–97 % of
    cases, and intervals based on Student's t in 97–98 % (`benchmarks/rooms.py`).
    """
    n = len(strength)
    if n < 3:
        return float("nan"), float("nan")
    half = Z95 * float(strength.std(ddof=1)) / np.sqrt(n)
    low, high = np.clip([strength.mean() - half, strength.mean() + half], 0, 1)
    return float(low), float(high)


def _replicability(
    scores: NDArray[np.float32], peak: int, reach: int, blocks: NDArray[np.int64], seed: int
) -> float:
    """Share of random half-audiences whose sum at the peak exceeds 95 % of the same half's shifted sums.

    Halves consist of entire blocks, because the viewers of a block may have infected each other.
    """
    rng = np.random.default_rng([seed, peak])
    seconds = scores.shape[1]
    number = int(blocks.max()) + 1
    if number < 4:
        return float("nan")
    # The score of each viewer at the peak under every shift, reflected at the ends of the film.
    position = np.abs(peak - np.arange(-reach, reach + 1))
    position = np.where(position >= seconds, 2 * (seconds - 1) - position, position)
    by_block = np.zeros((number, 2 * reach + 1))
    np.add.at(by_block, blocks, scores[:, position].astype(float))
    found = 0
    for _ in range(N_HALVES):
        half = rng.permutation(number)[: number // 2]
        shifts = rng.integers(0, 2 * reach + 1, size=(N_HALF_SHIFTS, len(half)))
        null = by_block[half[None, :], shifts].sum(axis=1)
        found += bool(by_block[half, reach].sum() > np.quantile(null, 0.95))
    return found / N_HALVES
