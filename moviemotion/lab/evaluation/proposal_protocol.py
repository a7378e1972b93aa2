"""The deck's own protocol: one score on 128 faces, 32 of each emotion. How much of it is luck?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import hypergeom

FACES_PER_CLASS = 32
TEST_SET_SIZE = 128
PUBLISHED_CORRECT = 120
"""The deck's 94 %: 120 of 128."""
QUANTILE_LEVELS = (0.025, 0.25, 0.5, 0.75, 0.975)
BOOTSTRAP_SAMPLES = 1000


@dataclass(frozen=True)
class ProposalProtocol:
    """How one and the same reader scores over all balanced test sets that the split allows.

    Attributes:
        probability: (129,) chance of 0 … 128 right, exact.
        mean: expected score, the mean of the recalls.
        quantiles: quantile level → score.
        published: chance of 120 of 128 or more, the deck's 94 %.
        published_interval: its 95 % interval, from faces resampled within each emotion.
    """

    probability: tuple[float, ...]
    mean: float
    quantiles: dict[str, float]
    published: float
    published_interval: tuple[float, float]


def evaluate_proposal_protocol(
    correct: NDArray[np.int64], totals: NDArray[np.int64], seed: int
) -> ProposalProtocol | None:
    """The distribution of the deck's score.

    Faces are drawn without replacement, so the number right of each emotion is hypergeometric and
    the score's distribution is the convolution of the four: nothing needs to be simulated.

    Args:
        right, n: (4,) faces read right, and faces, of each emotion.

    Returns:
        None where an emotion has fewer than 32 faces.
    """
    if (totals < FACES_PER_CLASS).any():
        return None
    chance = _score_distribution(correct[None], totals)[0]
    rng = np.random.default_rng(seed)
    resampled = _score_distribution(
        rng.binomial(totals, correct / totals, (BOOTSTRAP_SAMPLES, len(totals))), totals
    )
    low, high = np.quantile(resampled[:, PUBLISHED_CORRECT:].sum(axis=1), (0.025, 0.975))
    steps = np.searchsorted(np.cumsum(chance), QUANTILE_LEVELS)
    return ProposalProtocol(
        probability=tuple(float(p) for p in chance),
        mean=float(chance @ np.arange(TEST_SET_SIZE + 1)) / TEST_SET_SIZE,
        quantiles={str(q): float(k) / TEST_SET_SIZE for q, k in zip(QUANTILE_LEVELS, steps, strict=True)},
        published=float(chance[PUBLISHED_CORRECT:].sum()),
        published_interval=(float(low), float(high)),
    )


def _score_distribution(right: NDArray[np.int64], n: NDArray[np.int64]) -> NDArray[np.float64]:
    """(b, 4) right of (4,) faces → (b, 129) chance of each score."""
    spectrum = np.ones((len(right), TEST_SET_SIZE + 1), dtype=np.complex128)
    for k, total in zip(right.T, n, strict=True):
        pmf = hypergeom.pmf(np.arange(FACES_PER_CLASS + 1), total, k[:, None], FACES_PER_CLASS)
        spectrum *= np.fft.fft(pmf, TEST_SET_SIZE + 1)
    chance = np.clip(np.fft.ifft(spectrum).real, 0, None)  # Fourier leaves −1e-17 where the chance is 0
    return chance / chance.sum(axis=1, keepdims=True)
