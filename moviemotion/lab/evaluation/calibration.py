"""Calibration: how closely a model's confidence matches its accuracy.

A calibrated model is correct on 80 % of the faces to which it assigns a confidence of 80 %. The
calibration curve and the expected calibration error measure the deviation from this ideal. Both need a
reference value, because a finite sample shows some deviation even for a perfectly calibrated model;
`calibrated_ece_limit` estimates how much.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from moviemotion.statistics import wilson_interval

N_BINS = 15
N_SIMULATIONS = 1000


@dataclass(frozen=True)
class CalibrationBin:
    """The faces whose largest probability is in [low, high).

    Attributes:
        n: number of faces.
        confidence: mean largest probability of these faces.
        accuracy: fraction of these faces that are classified correctly.
        interval: 95 % Wilson interval of the accuracy.
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
    """The reliability diagram over `N_BINS` bins of equal width; empty bins are skipped.

    Args:
        confidence: (n,) probability of the predicted class.
        correct: (n,) whether the predicted class is the true one.
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
    """Mean difference between confidence and accuracy over the bins, weighted by size (Naeini et al., 2015).

    Args:
        confidence: (n,) probability of the predicted class.
        correct: (n,) whether the predicted class is the true one.
    """
    bins = _bins(confidence)
    gap = np.bincount(bins, confidence - correct, minlength=N_BINS)
    return float(np.abs(gap).sum() / len(bins))


def calibrated_ece_limit(confidence: NDArray[np.floating], seed: int) -> float:
    """The 95 % quantile of the calibration error of a perfectly calibrated model.

    Even for such a model, random differences between confidence and accuracy within the bins give an error
    above 0. The model's answers are simulated; each is correct with exactly the given probability.

    Args:
        confidence: (n,) probability of the predicted class.
    """
    rng = np.random.default_rng(seed)
    errors = [
        expected_calibration_error(confidence, rng.random(len(confidence)) < confidence)
        for _ in range(N_SIMULATIONS)
    ]
    return float(np.quantile(errors, 0.95))


def _bins(confidence: NDArray[np.floating]) -> NDArray[np.int64]:
    return np.minimum((confidence * N_BINS).astype(np.int64), N_BINS - 1)
