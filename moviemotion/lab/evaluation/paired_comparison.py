"""Two readers on the same faces: which is better, and could chance alone have done it?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest

from moviemotion.statistics import Z95


@dataclass(frozen=True)
class PairedComparison:
    """A reader against another on the same n faces.

    Attributes:
        against: the other's name.
        accuracy, other_accuracy: of the two on these faces.
        difference: accuracy − other_accuracy; `interval` its 95 % interval, paired.
        only_first, only_other: faces that the one reads right and the other wrong.
        p_value: exact McNemar test that both are equally good, two-sided.
    """

    against: str
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
    """Compare two readers by which of the same n faces each reads right, both (n,).

    Only the faces on which they differ count: among these each reader is right in half, were both
    equally good (McNemar, 1947; exact binomial).
    """
    n = len(correct)
    only_first, only_other = int((correct & ~other_correct).sum()), int((~correct & other_correct).sum())
    discordant = only_first + only_other
    return PairedComparison(
        against=other_name,
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
        only_first, only_other: pairs in which only the one, or only the other, succeeds; of n pairs.
    """
    # One more of each kind of disagreement, else no disagreement would claim no doubt.
    first, other = (only_first + 1) / (n + 2), (only_other + 1) / (n + 2)
    half = Z95 * np.sqrt((first + other - (first - other) ** 2) / (n + 2))
    middle = first - other
    return float(max(-1, middle - half)), float(min(1, middle + half))
