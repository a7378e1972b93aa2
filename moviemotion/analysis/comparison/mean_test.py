"""Test whether two groups of different viewers have the same mean strength, in many outcomes at once.

The two groups may differ in size and in the proportion of viewers who were not seen. Even if their means are
equal, their spreads may differ: one audience may react evenly, while the other consists of a few lively and
many quiet viewers. A permutation test of the plain difference would mistake such a difference in spread for a
difference in means. Three steps prevent this.

*Standardization.* Each difference is divided by its own standard error, in the observed data and in every
permutation (Janssen, 1997; Chung & Romano, 2013). A group's variance is φ m (1 − m), where m is the mean and
φ is the dispersion computed by `dispersions`. φ is moderated by the values of the whole film; otherwise, 12
viewers who all happened not to react would seem to have no variance. The variance is evaluated at the group's
own mean and at the mean that both groups would have if they did not differ (a score test). The larger value
is used.

*Degrees of freedom.* Standardized differences are converted to normal deviates (Wallace, 1959), using the
Welch–Satterthwaite degrees of freedom. Otherwise, outcomes in which few viewers were seen would often be the
largest merely because of their heavy tails.

*Two reference distributions.* The permutation distribution is valid if both groups have the same
distribution. The bootstrap distribution preserves the spread and skewness of each group: both groups are
given the same mean, and viewers are drawn with replacement from their own group. The larger of the two
p-values is used.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from moviemotion.analysis.signals.strength_intervals import FILM_DEGREES_OF_FREEDOM
from moviemotion.statistics import Float64Array

N_PERMUTATIONS = 2000
"""Number of random permutations; if fewer permutations exist, all of them are used."""
N_RESAMPLES = 999
SMALLEST_RELEVANT_DIFFERENCE = 0.1
"""Smallest difference in strength that is considered relevant: one annotator in ten."""
LEAST_STANDARD_ERROR = SMALLEST_RELEVANT_DIFFERENCE / 5
"""Constant that is combined with each standard error as a root sum of squares (cf. Tusher et al., 2001).

In seconds in which hardly anybody reacts, standard errors are tiny. By chance alone, the largest standardized
difference would usually occur in such a second and would hide relevant differences elsewhere. The constant
gives these seconds less weight and hardly affects relevant differences.
"""
_MAX_BATCH_CELLS = 100_000
_TOLERANCE = 1e-9
_TINY = 1e-12
Sums = tuple[Float64Array, Float64Array, Float64Array]


def mean_test(
    first: Float64Array, second: Float64Array, families: NDArray[np.int64], seed: int
) -> tuple[Float64Array, float, int, Float64Array]:
    """Test the equality of the means of two groups.

    Args:
        first, second: (V, K) each viewer's strength in each outcome, 0–1; NaN where not seen.
        families: (K,) number of each outcome's family, such as its emotion; dispersions are moderated within
            a family.
        seed: random seed for permutations and resamples.

    Returns:
        The (K,) p-values, adjusted for all outcomes by step-down maxima (Westfall & Young, 1993, algorithm
        4.1); the standardized difference that the largest outcome exceeds by chance in 5 % of cases, under
        the reference distribution for which this value is larger; the number of permutations, including the
        observed grouping; and the (K,) sums of both groups' variances, as used in the standard errors.
    """
    sides = [(_seen(group), np.nan_to_num(group)) for group in (first, second)]
    everybody = [_sums(np.ones((1, len(x))), x, seen) for seen, x in sides]
    observed = _standardized(everybody[0], everybody[1], families)[0]
    counts = [np.maximum(sums[0], 1) for sums in everybody]
    errors = _squared_errors(everybody[0], everybody[1], families)[1]
    variance = (errors[0] * counts[0] + errors[1] * counts[1])[0]
    grouping = permutations(len(first), len(second), seed)
    references = (
        _permuted(sides, grouping, families),
        _resampled(sides, families, np.random.default_rng([seed, 1])),
    )
    results = [step_down(observed, reference) for reference in references]
    # The observed grouping is one of the permutations, but not one of the resamples.
    p_resampled = (results[1][0] * N_RESAMPLES + 1) / (N_RESAMPLES + 1)
    critical = max(upper_quantile(maxima, 0.05) for _, maxima in results)
    return np.maximum(results[0][0], p_resampled), critical, len(grouping), variance


def permutations(first: int, second: int, seed: int) -> Float64Array:
    """(D, V) groupings, the observed one first: 1 assigns a viewer to the second group and 0 to the first."""
    viewers = first + second
    if math.comb(viewers, second) < N_PERMUTATIONS:
        chosen = np.array(list(combinations(range(viewers), second)))[::-1]
        groupings = np.zeros((len(chosen), viewers))
        np.put_along_axis(groupings, chosen, 1.0, axis=1)
        return groupings
    observed = np.repeat([0.0, 1.0], (first, second))[None]
    rng = np.random.default_rng(seed)
    return np.concatenate([observed, rng.permuted(np.tile(observed, (N_PERMUTATIONS - 1, 1)), axis=1)])


def step_down(observed: Float64Array, reference: Iterator[Float64Array]) -> tuple[Float64Array, Float64Array]:
    """Compare each outcome with the maximum over the outcomes whose observed value is not larger.

    Args:
        observed: (K,) absolute standardized differences.
        reference: batches of (D, K) standardized differences under the null hypothesis.

    Returns:
        For each outcome, the (K,) share of reference samples whose maximum is at least as large as the
        observed value; and the maximum of each reference sample over all outcomes.
    """
    order = np.argsort(-observed, kind="stable")
    at_least, maxima = np.zeros(len(order)), []
    for batch in reference:
        remaining = np.maximum.accumulate(batch[:, order[::-1]], axis=1)[:, ::-1]
        at_least += (remaining >= observed[order] - _TOLERANCE).sum(axis=0)
        maxima.append(remaining.max(axis=1, initial=0))
    every = np.concatenate(maxima)
    p = np.empty(len(order))
    p[order] = np.maximum.accumulate(at_least / len(every))
    return p, every


def dispersions(sums: Sums, families: NDArray[np.int64]) -> tuple[Float64Array, Float64Array, Float64Array]:
    """Compute the mean, the moderated dispersion φ, and the degrees of freedom of a group.

    φ is the ratio of the variance to m (1 − m), the largest variance that strengths with the mean m can have.
    To moderate it, the averages of the variance and of m (1 − m) over a family's outcomes are included with
    the weight of `FILM_DEGREES_OF_FREEDOM` additional viewers, as in `strength_intervals`.
    """
    n, total, squares = sums
    mean = total / np.maximum(n, 1)
    freedom, known = np.maximum(n - 1, 0), n > 1
    variance = np.maximum(squares - n * mean**2, 0) / np.maximum(n - 1, 1)
    largest = mean * (1 - mean)
    member = np.eye(int(families.max()) + 1)[families]
    outcomes = np.maximum(known @ member, 1)
    film_variance = ((known * variance) @ member / outcomes)[:, families]
    film_largest = ((known * largest) @ member / outcomes)[:, families]
    dispersion = (freedom * variance + FILM_DEGREES_OF_FREEDOM * film_variance) / np.maximum(
        freedom * largest + FILM_DEGREES_OF_FREEDOM * film_largest, _TINY
    )
    return mean, dispersion, freedom


def _squared_errors(
    first: Sums, second: Sums, families: NDArray[np.int64]
) -> tuple[list[Float64Array], list[Float64Array], list[Float64Array]]:
    """Means, squared standard errors and degrees of freedom of both groups, each (D, K)."""
    means, phis, freedoms = zip(*(dispersions(sums, families) for sums in (first, second)), strict=True)
    counts = [np.maximum(sums[0], 1) for sums in (first, second)]
    weights = [n / np.maximum(phi, _TOLERANCE) for n, phi in zip(counts, phis, strict=True)]
    shared = (weights[0] * means[0] + weights[1] * means[1]) / (weights[0] + weights[1])
    errors = [
        phi * np.maximum(shared * (1 - shared), mean * (1 - mean)) / n
        for mean, phi, n in zip(means, phis, counts, strict=True)
    ]
    return list(means), errors, list(freedoms)


def _standardized(first: Sums, second: Sums, families: NDArray[np.int64]) -> Float64Array:
    """(D, K) absolute standardized differences; 0 where a group has fewer than two viewers."""
    means, errors, freedoms = _squared_errors(first, second, families)
    error = errors[0] + errors[1] + LEAST_STANDARD_ERROR**2
    parts = [part**2 / np.maximum(own, 1) for part, own in zip(errors, freedoms, strict=True)]
    freedom = np.maximum(error**2 / np.maximum(parts[0] + parts[1], _TINY**2), 1)
    normal = normal_deviate((means[1] - means[0]) ** 2 / error, freedom)
    return np.where((freedoms[0] > 0) & (freedoms[1] > 0), normal, 0)


def normal_deviate(square: Float64Array, freedom: Float64Array) -> Float64Array:
    """Convert the square of a Student's t value to an equally improbable normal deviate (Wallace, 1959)."""
    return np.asarray(np.sqrt(freedom * np.log1p(square / freedom)) * (8 * freedom + 1) / (8 * freedom + 3))


def _permuted(
    sides: list[tuple[Float64Array, Float64Array]], grouping: Float64Array, families: NDArray[np.int64]
) -> Iterator[Float64Array]:
    seen, x = (np.concatenate(parts) for parts in zip(*sides, strict=True))
    for part in _batches(len(grouping), x.shape[1]):
        yield _standardized(_sums(1 - grouping[part], x, seen), _sums(grouping[part], x, seen), families)


def _resampled(
    sides: list[tuple[Float64Array, Float64Array]], families: NDArray[np.int64], rng: np.random.Generator
) -> Iterator[Float64Array]:
    """Yield standardized differences between viewers drawn with replacement from each group."""
    counts, totals = (
        np.sum([side.sum(axis=0) for side in part], axis=0) for part in zip(*sides, strict=True)
    )
    mean = totals / np.maximum(counts, 1)
    alike = [
        (seen, seen * _with_mean(x, x.sum(axis=0) / np.maximum(seen.sum(axis=0), 1), mean))
        for seen, x in sides
    ]
    for part in _batches(N_RESAMPLES, len(mean)):
        drawn = [_sums(_copies(rng, part.stop - part.start, len(x)), x, seen) for seen, x in alike]
        yield _standardized(drawn[0], drawn[1], families)


def _copies(rng: np.random.Generator, samples: int, viewers: int) -> Float64Array:
    """(D, V) number of copies of each viewer in samples drawn with replacement."""
    return rng.multinomial(viewers, np.full(viewers, 1 / viewers), samples).astype(np.float64)


def _with_mean(x: Float64Array, old: Float64Array, new: Float64Array) -> Float64Array:
    """Give values between 0 and 1 a new mean: shrink them toward 0 to lower it and toward 1 to raise it."""
    lowered = x * new / np.maximum(old, _TINY)
    raised = 1 - (1 - x) * (1 - new) / np.maximum(1 - old, _TINY)
    return np.where(old >= new, lowered, raised)


def _seen(x: Float64Array) -> Float64Array:
    return (~np.isnan(x)).astype(np.float64)


def _sums(times: Float64Array, x: Float64Array, seen: Float64Array) -> Sums:
    """Number, sum and sum of squares of the values in samples that contain (D, V) copies of each viewer."""
    return times @ seen, times @ x, times @ (x * x)


def _batches(count: int, outcomes: int) -> Iterator[slice]:
    size = max(1, _MAX_BATCH_CELLS // max(outcomes, 1))
    for at in range(0, count, size):
        yield slice(at, min(at + size, count))


def upper_quantile(maxima: Float64Array, share: float) -> float:
    """Return the smallest of the maxima that is exceeded by at most the given share of them."""
    return float(np.quantile(maxima, 1 - share, method="higher"))
