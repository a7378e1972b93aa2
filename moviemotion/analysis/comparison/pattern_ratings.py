"""Across films: which patterns go with the audience's ratings.

Each pattern is a figure a film has (the share of its moments that are happy, the height of its peak, …). It
is set beside the ratings by Spearman's rank correlation. Ratings dealt anew to the films give the null; as
many patterns are tried, p-values are adjusted by the largest correlation of each deal (Westfall & Young,
1993, single-step maxT on |atanh ρ| √(n − 3), as films may lack a figure).
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
"""With four, no order of the ratings is rare enough."""
_MAX_CORRELATION = 0.999


@dataclass(frozen=True)
class RatingCorrelation:
    """How a pattern goes with the ratings.

    Attributes:
        pattern: its name.
        correlation: Spearman's, −1…1; NaN where fewer than `FEWEST_FILMS` films have the figure, or it does
            not vary.
        interval: its 95 % interval, not adjusted (Bonett & Wright, 2000).
        p_adjusted: adjusted over all patterns; NaN where not tested.
        films: how many films have the figure.
        needed: films at which a correlation as large would be found with a chance of `POWER`; None where it
            is found, not tested, or 0.
    """

    pattern: str
    correlation: float
    interval: tuple[float, float]
    p_adjusted: float
    films: int
    films_needed: int | None

    @property
    def is_significant(self) -> bool:
        """Whether it goes with the ratings beyond chance."""
        return self.p_adjusted <= ALPHA


def correlate_with_ratings(
    features: Sequence[Mapping[str, float]], ratings: Sequence[float], seed: int
) -> tuple[RatingCorrelation, ...]:
    """Set every pattern beside the ratings.

    The chance of one or more false associations is at most `ALPHA`.

    Args:
        figures: of each film, pattern → figure; one that is missing or NaN is unknown.
        ratings: of the same films.
        seed: of the deals.

    Returns:
        One for each pattern, the surest first.
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
    deals = np.vstack([rating, rng.permuted(np.tile(rating, (N_PERMUTATIONS, 1)), axis=1)])
    rho = np.full((len(deals), len(names)), np.nan)
    for k in tested:
        rho[:, k] = _spearman(values[known[:, k], k], deals[:, known[:, k]])
    films = known.sum(axis=0)
    with np.errstate(invalid="ignore"):
        size = np.abs(np.arctanh(np.clip(rho, -_MAX_CORRELATION, _MAX_CORRELATION))) * np.sqrt(films - 3)
    largest = np.sort(np.nanmax(size[1:], axis=1)) if tested else np.empty(0)
    found = []
    for k, name in enumerate(names):
        p = math.nan
        if k in tested:
            p = float(
                (1 + N_PERMUTATIONS - np.searchsorted(largest, size[0, k] - 1e-9)) / (1 + N_PERMUTATIONS)
            )
        r, n = float(rho[0, k]), int(films[k])
        needed = _films_needed(r, len(tested)) if k in tested and p > ALPHA else None
        found.append(RatingCorrelation(name, r, _interval(r, n), p, n, needed))
    return tuple(sorted(found, key=lambda a: (math.isnan(a.p_adjusted), a.p_adjusted, -abs(a.correlation))))


def _spearman(figure: Float64Array, ratings: Float64Array) -> Float64Array:
    """(n,) and (R, n) → (R,) rank correlations; 0 where the ratings do not vary."""
    x, y = average_ranks(figure), average_ranks(ratings.T).T
    x, y = x - x.mean(), y - y.mean(axis=1, keepdims=True)
    norms = np.linalg.norm(x) * np.linalg.norm(y, axis=1)
    return np.asarray(np.where(norms > 0, (y @ x) / np.maximum(norms, 1e-12), 0))


def _interval(r: float, n: int) -> tuple[float, float]:
    if math.isnan(r):
        return math.nan, math.nan
    z = math.atanh(max(-_MAX_CORRELATION, min(_MAX_CORRELATION, r)))
    half = Z95 * math.sqrt((1 + r**2 / 2) / (n - 3))
    return math.tanh(z - half), math.tanh(z + half)


def _films_needed(r: float, patterns: int) -> int | None:
    """Films at which `r` would pass the level that `patterns` tests leave to each (Bonferroni)."""
    z = abs(math.atanh(max(-_MAX_CORRELATION, min(_MAX_CORRELATION, r))))
    if z < 1e-6:
        return None
    quantiles = float(ndtri(1 - ALPHA / (2 * patterns)) + ndtri(POWER))
    return math.ceil(3 + (1 + r**2 / 2) * (quantiles / z) ** 2)
