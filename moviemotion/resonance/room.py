"""The room: what all viewers together felt in each second, each figure with its interval."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t as student_t

from moviemotion.resonance.timeline import Timeline
from moviemotion.statistics import Float, mean_interval, wilson_interval

REACTING = 0.25
"""A viewer reacts in a second in which one of their feelings has at least this strength."""
SYNCHRONY_WINDOW = 15
"""Seconds over which viewers' curves are correlated."""


@dataclass(frozen=True)
class Room:
    """What the room felt, second by second. The feeling axis is in the order of `FEELINGS`.

    Attributes:
        seconds: (S,) int, film second at which each column starts.
        viewers: (S,) int, how many viewers were seen.
        strength: (S, 7) mean strength over the seen viewers, 0–1; NaN where nobody was seen.
        strength_interval: (2, S, 7) its 95 % interval over viewers (Student's t), low then high.
        overall: (S,) mean over the seen viewers of each one's strongest feeling, 0–1.
        overall_interval: (2, S) its 95 % interval.
        share: (S,) share of the seen viewers who react (some strength ≥ `REACTING`), 0–1.
        share_interval: (2, S) its 95 % Wilson interval.
        synchrony: (S,) leave-one-out inter-subject correlation in a window around the second, −1…1;
            NaN with fewer than two viewers or no variation.
    """

    seconds: NDArray[np.int64]
    viewers: NDArray[np.int64]
    strength: Float
    strength_interval: Float
    overall: Float
    overall_interval: Float
    share: Float
    share_interval: Float
    synchrony: Float


def read_room(timeline: Timeline, strength: Float) -> Room:
    """Join the viewers second by second.

    Args:
        strength: (V, S, 7) of the same viewers and seconds.
    """
    seen = timeline.samples > 0
    viewers = seen.sum(axis=0)
    strongest = np.where(seen, np.nan_to_num(strength).max(axis=2), np.nan)
    mean, low, high = mean_interval(strength)
    overall, overall_low, overall_high = mean_interval(strongest)
    reacting = (strongest >= REACTING).sum(axis=0)
    with np.errstate(invalid="ignore"):
        share = reacting / viewers
    return Room(
        seconds=timeline.start + np.arange(len(viewers)),
        viewers=viewers.astype(np.int64),
        strength=mean,
        strength_interval=np.stack([low, high]),
        overall=overall,
        overall_interval=np.stack([overall_low, overall_high]),
        share=share,
        share_interval=np.stack(wilson_interval(reacting, viewers)),
        synchrony=synchrony(strength),
    )


def synchrony(strength: Float) -> Float:
    """Leave-one-out inter-subject correlation (Hasson et al., 2004) in a sliding window.

    Each viewer's feelings in the window are correlated with the mean of all others', the seven
    feelings pooled after each is centred; the viewers' correlations are averaged.

    Args:
        strength: (V, S, 7), NaN where not seen.

    Returns:
        (S,) −1…1; NaN where no viewer has both variation and company.
    """
    seen = ~np.isnan(strength[:, :, :1])
    filled = np.where(seen, strength, 0)
    total, count = filled.sum(axis=0), seen.sum(axis=0)
    correlations = np.full(strength.shape[:2], np.nan)
    for viewer in range(len(strength)):
        company = count - seen[viewer]
        both = seen[viewer] & (company > 0)
        own = np.where(both, filled[viewer], 0)
        others = np.where(both, (total - filled[viewer]) / np.maximum(company, 1), 0)
        n = np.maximum(_window_sum(both.astype(float)), 1)
        own_sum, others_sum = _window_sum(own), _window_sum(others)
        covariance = (_window_sum(own * others) - own_sum * others_sum / n).sum(axis=1)
        own_variance = (_window_sum(own**2) - own_sum**2 / n).sum(axis=1)
        others_variance = (_window_sum(others**2) - others_sum**2 / n).sum(axis=1)
        varied = (own_variance > 1e-9) & (others_variance > 1e-9)
        product = own_variance[varied] * others_variance[varied]
        correlations[viewer, varied] = covariance[varied] / np.sqrt(product)
    counted = ~np.isnan(correlations)
    with np.errstate(invalid="ignore"):
        return np.where(counted, correlations, 0).sum(axis=0) / counted.sum(axis=0)


def synchrony_interval(strength: Float, at: int) -> tuple[float, float]:
    """95 % interval over viewers of the synchrony at one column of `strength`.

    Each viewer's correlation is with the mean of the others, so the correlations depend on each other and
    their own spread is too small. The delete-one jackknife (Tukey, 1958) leaves a viewer out of both. It
    takes the viewers for independent draws, and is too narrow for a few viewers in close step.

    Returns:
        low and high, −1…1; NaNs with fewer than three viewers in the window, or no variation.
    """
    start = max(at - SYNCHRONY_WINDOW // 2, 0)
    window = strength[:, start : at + SYNCHRONY_WINDOW // 2 + 1]
    window = window[~np.isnan(window).all(axis=(1, 2))]
    n = len(window)
    if n < 3:
        return float("nan"), float("nan")
    without = [synchrony(np.delete(window, viewer, axis=0))[at - start] for viewer in range(n)]
    half = student_t.ppf(0.975, n - 1) * np.sqrt((n - 1) * np.var(without))
    low, high = np.clip(synchrony(window)[at - start] + np.array([-half, half]), -1, 1)
    return float(low), float(high)


def _window_sum(x: Float) -> Float:
    """(S, n) → the sum over `SYNCHRONY_WINDOW` rows centred on each, fewer at the ends."""
    half = SYNCHRONY_WINDOW // 2
    running = np.concatenate([np.zeros((1, x.shape[1])), np.cumsum(x, axis=0)])
    row = np.arange(len(x))
    result: Float = running[np.minimum(row + half + 1, len(x))] - running[np.maximum(row - half, 0)]
    return result
