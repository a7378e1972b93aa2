"""How much a score under the proposal's test protocol varies by chance.

The proposal reports one score on 128 faces, 32 of each emotion. The same model would score differently on
another 128 faces. This module computes the exact distribution of that score over all balanced test sets that
can be drawn from a split.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import hypergeom

FACES_PER_CLASS = 32
TEST_SET_SIZE = 128
PUBLISHED_CORRECT = 120
"""The proposal's 94 %: 120 of 128 faces."""
QUANTILE_LEVELS = (0.025, 0.25, 0.5, 0.75, 0.975)
BOOTSTRAP_SAMPLES = 1000


@dataclass(frozen=True)
class ProposalProtocol:
    """The distribution of one model's score over all balanced test sets of a split.

    Attributes:
        probability: exact probabilities of 0 to 128 correct answers (129 values).
        mean: expected score, which is the mean of the four recalls.
        quantiles: quantile level → score.
        published_probability: probability of at least 120 correct answers, the proposal's 94 %.
        published_probability_interval: 95 % interval of `published_probability`, from resampling the faces
            within each emotion.
    """

    probability: tuple[float, ...]
    mean: float
    quantiles: dict[str, float]
    published_probability: float
    published_probability_interval: tuple[float, float]


def evaluate_proposal_protocol(
    correct: NDArray[np.int64], totals: NDArray[np.int64], seed: int
) -> ProposalProtocol | None:
    """Compute the distribution of the score under the proposal's protocol.

    Faces are drawn without replacement, so the number of correct answers for each emotion is hypergeometric.
    The distribution of the score is the convolution of these four distributions; no simulation is needed.

    Args:
        correct: (4,) number of correctly classified faces of each emotion.
        totals: (4,) number of faces of each emotion.
        seed: random seed for the interval.

    Returns:
        The distribution, or None if an emotion has fewer than 32 faces.
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
        published_probability=float(chance[PUBLISHED_CORRECT:].sum()),
        published_probability_interval=(float(low), float(high)),
    )


def _score_distribution(right: NDArray[np.int64], n: NDArray[np.int64]) -> NDArray[np.float64]:
    """(b, 129) probability of each score, given (b, 4) correct answers among (4,) faces per emotion."""
    spectrum = np.ones((len(right), TEST_SET_SIZE + 1), dtype=np.complex128)
    for k, total in zip(right.T, n, strict=True):
        pmf = hypergeom.pmf(np.arange(FACES_PER_CLASS + 1), total, k[:, None], FACES_PER_CLASS)
        spectrum *= np.fft.fft(pmf, TEST_SET_SIZE + 1)
    chance = np.clip(np.fft.ifft(spectrum).real, 0, None)  # rounding errors of the FFT can be negative
    return chance / chance.sum(axis=1, keepdims=True)
