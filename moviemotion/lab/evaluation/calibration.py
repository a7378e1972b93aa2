"""Does a reader know how sure it may be? Confidence against accuracy."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from moviemotion.statistics import wilson_interval

N_BINS = 15
N_SIMULATIONS = 1000


@dataclass(frozen=True)
class CalibrationBin:
    """The faces whose top probability lies in [low, high).

    Attributes:
        n: how many; `confidence` their mean top probability.
        accuracy: share of them read right; `interval` its 95 % Wilson interval.
    """

    low: float
    high: float
    n: int
    confidence: float
    accuracy: float
    interval: tuple[float, float]


def calibration_curve(
    confidence: NDArray[np.floating], correct: NDArray[np.bool_]
) -> tuple[CalibrationBin, ...]:
    """The reliability diagram over `BINS` equal bins; empty bins are left out.

    Args:
        confidence: (n,) probability given to the chosen class.
        right: (n,) whether it was the true one.
    """
    bins = _bins(confidence)
    curve = []
    for b in np.unique(bins):
        here = bins == b
        n, k = int(here.sum()), int(correct[here].sum())
        low, high = wilson_interval(k, n)
        curve.append(
            CalibrationBin(
                low=float(b) / N_BINS,
                high=float(b + 1) / N_BINS,
                n=n,
                confidence=float(confidence[here].mean()),
                accuracy=k / n,
                interval=(float(low), float(high)),
            )
        )
    return tuple(curve)


def expected_calibration_error(confidence: NDArray[np.floating], correct: NDArray[np.bool_]) -> float:
    """Mean gap between confidence and accuracy over the bins, weighted by size (Naeini et al., 2015).

    Args:
        confidence: (n,) probability given to the chosen class.
        right: (n,) whether it was the true one.
    """
    bins = _bins(confidence)
    gap = np.bincount(bins, confidence - correct, minlength=N_BINS)
    return float(np.abs(gap).sum() / len(bins))


def calibrated_ece_limit(confidence: NDArray[np.floating], seed: int) -> float:
    """The calibration error that a perfectly honest reader stays under 95 times in 100.

    With finitely many faces even such a reader shows some error. Its answers are simulated: right
    with exactly the probability that it gives.
    """
    rng = np.random.default_rng(seed)
    errors = [
        expected_calibration_error(confidence, rng.random(len(confidence)) < confidence)
        for _ in range(N_SIMULATIONS)
    ]
    return float(np.quantile(errors, 0.95))


def _bins(confidence: NDArray[np.floating]) -> NDArray[np.int64]:
    return np.minimum((confidence * N_BINS).astype(np.int64), N_BINS - 1)
