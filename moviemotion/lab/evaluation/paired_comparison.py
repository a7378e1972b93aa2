"""Compare two emotion models on the same faces: the difference of their accuracies, and whether it is chance.

On the same faces the errors of two models are correlated, so the comparison is paired: it uses the faces on
which exactly one of them is correct.
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
        accuracy, other_accuracy: of the two models on these faces.
        difference: accuracy − other_accuracy.
        interval: its paired 95 % interval.
        only_first, only_other: number of faces that only the one, or only the other, classifies correctly.
        p_value: of the exact, two-sided McNemar test that both are equally good.
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
    """Compare two models by the faces that each classifies correctly.

    Only faces on which exactly one is correct tell them apart. If both were equally good, each would be
    correct on half of these faces (McNemar, 1947; exact binomial).

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
    """95 % interval of the difference of two paired shares (Bonett & Price, 2012, adjusted Wald).

    Args:
        only_first, only_other: number of pairs, of n, in which only the one, or only the other, succeeds.
    """
    # One pair is added to each count; otherwise the interval of two models
    # that never differ would have no width.
    first, other = (only_first + 1) / (n + 2), (only_other + 1) / (n + 2)
    half = Z95 * np.sqrt((first + other - (first - other) ** 2) / (n + 2))
    middle = first - other
    return float(max(-1, middle - half)), float(min(1, middle + half))
