"""Compare two emotion models on the same faces: the difference in accuracy, and its significance.

The errors of two models on the same faces are correlated, so the comparison is paired. It uses the faces on
which exactly one of the two models is correct.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest

from moviemotion.statistics import Z95


@dataclass(frozen=True)
class PairedComparison:
    """One model compared with another on the same n faces.

    Attributes:
        other_name: name of the other model.
        accuracy, other_accuracy: accuracy of the first and of the other model on these faces.
        difference: accuracy − other_accuracy.
        interval: paired 95 % interval of the difference.
        only_first, only_other: number of faces that only the first, or only the other, model classifies
            correctly.
        p_value: p-value of the exact two-sided McNemar test of equal accuracy.
    """

    other_name: str
    n: int
    accuracy: float
    other_accuracy: float
    difference: float
    interval: tuple[float, float]
    only_first: int
    only_other: int
    p_value: float


def compare_paired(
    correct: NDArray[np.bool_], other_correct: NDArray[np.bool_], other_name: str
) -> PairedComparison:
    """Compare two models by the faces that each of them classifies correctly.

    Only the faces on which exactly one model is correct distinguish the two. If both were equally good, each
    would be correct on half of these faces (McNemar, 1947; exact binomial).

    Args:
        correct, other_correct: (n,) whether each model is correct on each face.
        other_name: name of the other model, for the result.
    """
    n = len(correct)
    only_first, only_other = int((correct & ~other_correct).sum()), int((~correct & other_correct).sum())
    discordant = only_first + only_other
    return PairedComparison(
        other_name=other_name,
        n=n,
        accuracy=float(correct.mean()),
        other_accuracy=float(other_correct.mean()),
        difference=(only_first - only_other) / n,
        interval=paired_interval(only_first, only_other, n),
        only_first=only_first,
        only_other=only_other,
        p_value=float(binomtest(only_first, discordant, 0.5).pvalue) if discordant else 1.0,
    )


def paired_interval(only_first: int, only_other: int, n: int) -> tuple[float, float]:
    """95 % interval of the difference between two paired proportions (Bonett & Price, 2012, adjusted Wald).

    Args:
        only_first, only_other: number of pairs, out of n, in which only the first, or only the other, model
            succeeds.
    """
    # One pair is added to each count; otherwise the interval would have zero width for two models that never
    # differ.
    first, other = (only_first + 1) / (n + 2), (only_other + 1) / (n + 2)
    half = Z95 * np.sqrt((first + other - (first - other) ** 2) / (n + 2))
    middle = first - other
    return float(max(-1, middle - half)), float(min(1, middle + half))
