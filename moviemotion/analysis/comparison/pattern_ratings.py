"""Correlations between the patterns of several films and their ratings.

Each pattern is a number that describes a film, such as the fraction of its moments that are happy or the
strength of its peak. Spearman's rank correlation with the ratings is used because neither scale is known to
be linear, and because no single film should determine the result.

The null distribution is obtained by permuting the ratings among the films. Because many patterns are tested,
p-values are adjusted using the largest correlation in each permutation (Westfall & Young, 1993, single-step
maxT). A pattern may be unknown for some films, so correlations are based on different numbers of films. The
correlations are therefore compared on the scale |atanh ρ| √(n − 3), on which their null variances are
approximately equal.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from moviemotion.statistics import Z95, Float64Array, average_ranks

ALPHA = 0.05
POWER = 0.8
N_PERMUTATIONS = 2000
MIN_FILMS = 5
"""Smallest number of films; with four, no permutation of the ratings is rare enough to be significant."""
_MAX_CORRELATION = 0.999


@dataclass(frozen=True)
class RatingCorrelation:
    """Correlation of a pattern with the ratings.

    Attributes:
        pattern: name of the pattern.
        correlation: Spearman's ρ, −1…1; NaN if the pattern is known for fewer than `MIN_FILMS` films or does
            not vary.
        interval: unadjusted 95 % interval of `correlation` (Bonett & Wright, 2000).
        p_adjusted: p-value, adjusted for all patterns; NaN if not tested.
        films: number of films for which the pattern is known.
        films_needed: number of films needed to detect a correlation of this size with a power of `POWER`;
            None if the correlation is already significant, was not tested, or is 0.
    """

    pattern: str
    correlation: float
    interval: tuple[float, float]
    p_adjusted: float
    films: int
    films_needed: int | None

    @property
    def is_significant(self) -> bool:
        """Whether the correlation is larger than chance would explain."""
        return self.p_adjusted <= ALPHA


def correlate_with_ratings(
    features: Sequence[Mapping[str, float]], ratings: Sequence[float], seed: int
) -> tuple[RatingCorrelation, ...]:
    """Correlate every pattern with the ratings.

    The probability of one or more false correlations is at most `ALPHA`.

    Args:
        features: for each film, pattern name → value; a missing entry or NaN means unknown.
        ratings: the ratings of the same films.
        seed: random seed for the permutations.

    Returns:
        One correlation for each pattern, sorted by p-value.
    """
    names = list(dict.fromkeys(name for film in features for name in film))
    values = np.array([[film.get(name, math.nan) for name in names] for film in features])
    values = values.reshape(len(features), len(names))
    rating = np.asarray(ratings, dtype=np.float64)
    known = ~np.isnan(values)
    tested = [
        k for k in range(len(names)) if known[:, k].sum() >= MIN_FILMS and np.ptp(values[known[:, k], k]) > 0
    ]
    rng = np.random.default_rng(seed)
    permutations = np.vstack([rating, rng.permuted(np.tile(rating, (N_PERMUTATIONS, 1)), axis=1)])
    rho = np.full((len(permutations), len(names)), np.nan)
    for k in tested:
        rho[:, k] = _spearman(values[known[:, k], k], permutations[:, known[:, k]])
    films = known.sum(axis=0)
    with np.errstate(invalid="ignore"):
        size = np.abs(np.arctanh(np.clip(rho, -_MAX_CORRELATION, _MAX_CORRELATION))) * np.sqrt(films - 3)
    largest = np.sort(np.nanmax(size[1:], axis=1)) if tested else np.empty(0)
    correlations = []
    for k, name in enumerate(names):
        p = math.nan
        if k in tested:
            p = float(
                (1 + N_PERMUTATIONS - np.searchsorted(largest, size[0, k] - 1e-9)) / (1 + N_PERMUTATIONS)
            )
        r, n = float(rho[0, k]), int(films[k])
        needed = _films_needed(r, len(tested)) if k in tested and p > ALPHA else None
        correlations.append(RatingCorrelation(name, r, _interval(r, n), p, n, needed))
    return tuple(
        sorted(correlations, key=lambda a: (math.isnan(a.p_adjusted), a.p_adjusted, -abs(a.correlation)))
    )


def _spearman(values: Float64Array, ratings: Float64Array) -> Float64Array:
    """(n,) and (R, n) → (R,) rank correlations; 0 where the ratings do not vary."""
    x, y = average_ranks(values), average_ranks(ratings.T).T
    x, y = x - x.mean(), y - y.mean(axis=1, keepdims=True)
    norms = np.linalg.norm(x) * np.linalg.norm(y, axis=1)
    return np.asarray(np.where(norms > 0, (y @ x) / np.maximum(norms, 1e-12), 0))


def _interval(r: float, n: int) -> tuple[float, float]:
    """95 % interval of a rank correlation (Bonett & Wright, 2000; the variance increases with r)."""
    if math.isnan(r):
        return math.nan, math.nan
    z = math.atanh(max(-_MAX_CORRELATION, min(_MAX_CORRELATION, r)))
    half = Z95 * math.sqrt((1 + r**2 / 2) / (n - 3))
    return math.tanh(z - half), math.tanh(z + half)


def _films_needed(r: float, patterns: int) -> int | None:
    """Number of films needed for `r` to be significant after Bonferroni correction for `patterns` tests."""
    z = abs(math.atanh(max(-_MAX_CORRELATION, min(_MAX_CORRELATION, r))))
    if z < 1e-6:
        return None
    quantiles = float(ndtri(1 - ALPHA / (2 * patterns)) + ndtri(POWER))
    return math.ceil(3 + (1 + r**2 / 2) * (quantiles / z) ** 2)
