"""The deck's own protocol: one score on 128 faces, 32 of each emotion. How much of it is luck?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import hypergeom

FACES_A_CLASS = 32
FACES = 128
PUBLISHED_RIGHT = 120
"""The deck's 94 %: 120 of 128."""
QUANTILES = (0.025, 0.25, 0.5, 0.75, 0.975)
BOOTSTRAPS = 1000


@dataclass(frozen=True)
class DeckProtocol:
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


def deck_protocol(right: NDArray[np.int64], n: NDArray[np.int64], seed: int) -> DeckProtocol | None:
    """The distribution of the deck's score.

    Faces are drawn without replacement, so the number right of each emotion is hypergeometric and
    the score's distribution is the convolution of the four: nothing needs to be simulated.

    Args:
        right, n: (4,) faces read right, and faces, of each emotion.

    Returns:
        None where an emotion has fewer than 32 faces.
    """
    if (n < FACES_A_CLASS).any():
        return None
    chance = _score_distribution(right[None], n)[0]
    rng = np.random.default_rng(seed)
    resampled = _score_distribution(rng.binomial(n, right / n, (BOOTSTRAPS, len(n))), n)
    low, high = np.quantile(resampled[:, PUBLISHED_RIGHT:].sum(axis=1), (0.025, 0.975))
    steps = np.searchsorted(np.cumsum(chance), QUANTILES)
    return DeckProtocol(
        probability=tuple(float(p) for p in chance),
        mean=float(chance @ np.arange(FACES + 1)) / FACES,
        quantiles={str(q): float(k) / FACES for q, k in zip(QUANTILES, steps, strict=True)},
        published=float(chance[PUBLISHED_RIGHT:].sum()),
        published_interval=(float(low), float(high)),
    )


def _score_distribution(right: NDArray[np.int64], n: NDArray[np.int64]) -> NDArray[np.float64]:
    """(b, 4) right of (4,) faces → (b, 129) chance of each score."""
    spectrum = np.ones((len(right), FACES + 1), dtype=np.complex128)
    for k, total in zip(right.T, n, strict=True):
        pmf = hypergeom.pmf(np.arange(FACES_A_CLASS + 1), total, k[:, None], FACES_A_CLASS)
        spectrum *= np.fft.fft(pmf, FACES + 1)
    chance = np.clip(np.fft.ifft(spectrum).real, 0, None)  # Fourier leaves −1e-17 where the chance is 0
    return chance / chance.sum(axis=1, keepdims=True)
