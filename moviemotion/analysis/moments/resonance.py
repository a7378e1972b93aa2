"""The intervals of a moment's resonance (how strongly it moved how many viewers) and of its rank."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from moviemotion.analysis.moments.evidence import Evidence
from moviemotion.statistics import Float64Array, student_t_quantile

N_RESAMPLES = 400
"""Number of bootstrap samples of the viewers from which intervals of ranks are computed."""


def resonance_interval(evidence: Evidence) -> tuple[float, float]:
    """Compute the 95 % interval of a moment's resonance over viewers (jackknife).

    Strength and reacting share come from the same viewers, so their errors are correlated. The jackknife
    recomputes both without each viewer in turn.

    Returns:
        The ends of the interval, 0–1; NaNs with fewer than three viewers.
    """
    seen = ~np.isnan(evidence.strength)
    n = int(seen.sum())
    if n < 3:
        return float("nan"), float("nan")
    strength, reacted = evidence.strength[seen], evidence.reacted[seen].astype(float)
    without = _resonance((strength.sum() - strength) / (n - 1), (reacted.sum() - reacted) / (n - 1))
    center = float(_resonance(strength.mean(), reacted.mean()))
    half = float(student_t_quantile(n - 1)) * np.sqrt((n - 1) * np.var(without))
    low, high = np.clip([center - half, center + half], 0, 1)
    return float(low), float(high)


def resonance_rank_intervals(
    evidence: Sequence[Evidence], rng: np.random.Generator
) -> tuple[tuple[int, int], ...]:
    """Compute the 95 % interval of each moment's rank by resonance (percentile bootstrap over viewers).

    All moments are recomputed with the same resampled viewers, so a viewer who always reacts strongly does
    not make the ranks uncertain.

    Args:
        evidence: the evidence for each of the moments, from the same viewers.
        rng: random generator for the bootstrap.

    Returns:
        The smallest and the largest plausible rank of each moment; 1 is the highest resonance.
    """
    if not evidence:
        return ()
    strength = np.stack([one.strength for one in evidence])
    seen = ~np.isnan(strength)
    reacted = np.stack([one.reacted for one in evidence]).astype(float)
    viewers = strength.shape[1]
    draws = rng.integers(0, viewers, (N_RESAMPLES, viewers))
    counts = np.stack([np.bincount(draw, minlength=viewers) for draw in draws]).astype(float)
    n = np.maximum(counts @ seen.T, 1e-9)
    resonance = _resonance(counts @ np.nan_to_num(strength).T / n, counts @ reacted.T / n)
    ranks = 1 + (resonance[:, None, :] > resonance[:, :, None]).sum(axis=2)
    low, high = np.percentile(ranks, [2.5, 97.5], axis=0, method="nearest")
    return tuple((int(a), int(b)) for a, b in zip(low, high, strict=True))


def _resonance(strength: Float64Array, share: Float64Array) -> Float64Array:
    return np.asarray(np.sqrt(np.maximum(strength, 0) * share))
