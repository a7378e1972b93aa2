"""Differences between two groups of viewers in many outcomes, with intervals and adjusted p-values.

The viewer is the unit of analysis. If the groups do not differ, any viewer could have been in either group,
so viewers are permuted between the groups to obtain the null distribution. If the same viewers are in both
groups, their two values are exchanged instead. In each permutation, the largest standardized difference over
all outcomes shows how large a difference chance alone can produce.

There are three possible verdicts, and "no significant difference" is not one of them: the groups differ; or
they are alike, because the interval excludes every relevant difference; or the data are inconclusive, in
which case the number of viewers needed for a decision is estimated.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations, product

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri, stdtr

from moviemotion.analysis.signals.strength_intervals import difference_intervals
from moviemotion.statistics import Float64Array

ALPHA = 0.05
POWER = 0.8
N_PERMUTATIONS = 2000
"""Number of random permutations; if fewer exist, all of them are used and p is exact."""
MIN_VIEWERS, MIN_PAIRS = 4, 6
"""Smallest number of viewers seen in each group (pairs if paired) for an outcome to be tested.

With fewer, there are too few permutations for any p-value to be below `ALPHA`.
"""
SMALLEST_RELEVANT_DIFFERENCE = 0.1
"""Smallest difference in strength that is considered relevant: one annotator in ten."""
_MAX_BATCH_CELLS = 2_000_000
_TOLERANCE = 1e-9


class DifferenceVerdict(StrEnum):
    """Verdict on one difference."""

    DIFFERS = "differs"
    ALIKE = "alike"
    INCONCLUSIVE = "inconclusive"
    NOT_TESTED = "not tested"


@dataclass(frozen=True)
class GroupComparison:
    """Comparison of the second group with the first; (…) is the shape of the outcomes.

    Attributes:
        viewers: (2, …) number of viewers seen in each group; equal if the groups are paired.
        mean: (2, …) mean strength of each group, 0–1; NaN where no viewer was seen.
        difference: (…) second group minus first group, −1…1; NaN where not tested.
        interval: (2, …) 95 % interval of `difference` over viewers; not adjusted for multiple outcomes.
        p_adjusted: (…) p-value, adjusted for all outcomes; NaN where not tested.
        viewers_needed: (…) number of viewers in each group (pairs if paired) needed to detect the observed
            difference, or `SMALLEST_RELEVANT_DIFFERENCE` if that is larger, with a power of `POWER`; NaN
            where not tested.
        paired: whether the same viewers are in both groups.
        permutations: number of permutations, including the observed grouping.
        exact: whether all possible permutations were used.
        single_test_alpha: unadjusted p-value of an outcome that corresponds to an adjusted p-value of
            `ALPHA`.
    """

    viewers: NDArray[np.int64]
    mean: Float64Array
    difference: Float64Array
    interval: Float64Array
    p_adjusted: Float64Array
    viewers_needed: Float64Array
    paired: bool
    permutations: int
    exact: bool
    single_test_alpha: float

    def verdict(self, index: tuple[int, ...]) -> DifferenceVerdict:
        """Return the verdict on one outcome.

        The groups differ if p is at most `ALPHA`. They are alike if the entire interval is closer to 0 than
        `SMALLEST_RELEVANT_DIFFERENCE` (an equivalence test). Otherwise the outcome is inconclusive.

        Args:
            index: index of the outcome.
        """
        if math.isnan(self.p_adjusted[index]):
            return DifferenceVerdict.NOT_TESTED
        if self.p_adjusted[index] <= ALPHA:
            return DifferenceVerdict.DIFFERS
        farthest = max(abs(float(end[index])) for end in self.interval)
        return (
            DifferenceVerdict.ALIKE
            if farthest < SMALLEST_RELEVANT_DIFFERENCE
            else DifferenceVerdict.INCONCLUSIVE
        )


def compare_groups(first: Float64Array, second: Float64Array, paired: bool, seed: int) -> GroupComparison:
    """Compare two groups of viewers in many outcomes at once.

    Standardized differences are compared with their step-down maxima over permutations of the viewers
    (Westfall & Young, 1993, algorithm 4.1). Differences are standardized by the standard error of the
    permutation distribution (Strasser & Weber, 1999), which is the same in all permutations. The probability
    of one or more false differences among all outcomes is at most `ALPHA`.

    For two groups, the interval comes from `difference_intervals`. For pairs, it is a permutation t interval
    (Janssen, 1997), based on Student's statistic of the viewers' residual differences over the same
    permutations.

    Args:
        first, second: (V, …) each viewer's strength, 0–1; NaN where not seen. If paired, both contain the
            same viewers in the same order; a viewer not seen in both is ignored for that outcome.
        paired: whether the same viewers are in both groups.
        seed: random seed for the permutations.

    Raises:
        ValueError: the groups have different outcomes, or paired groups differ in size.
    """
    shape = first.shape[1:]
    if shape != second.shape[1:] or (paired and first.shape != second.shape):
        raise ValueError(
            "both groups must have the same outcomes, and paired groups must have the same viewers"
        )
    groups = [group.reshape(len(group), -1) for group in (first, second)]
    if paired:
        unseen = np.isnan(groups[0]) | np.isnan(groups[1])
        groups = [np.where(unseen, np.nan, group) for group in groups]
    n = np.stack([(~np.isnan(group)).sum(axis=0) for group in groups])
    mean = np.stack([_mean(group) for group in groups])
    tested: NDArray[np.bool_] = np.all(n >= (MIN_PAIRS if paired else MIN_VIEWERS), axis=0)
    samples = [group[:, tested] for group in ([groups[1] - groups[0]] if paired else groups)]
    permutations = _permutations([len(sample) for sample in samples], seed)
    difference = (mean[1] - mean[0])[tested]
    p, largest = _step_down_p_values(samples, permutations)
    if paired:
        interval = _permutation_t_interval(samples[0], permutations)
    else:
        interval = difference_intervals(first, second).reshape(2, -1)[:, tested]
    level = _single_test_alpha(largest, sum(len(sample) for sample in samples), paired, len(difference))

    def all_outcomes(values: Float64Array) -> Float64Array:
        """Expand the values of the tested outcomes to all outcomes, with NaN for those not tested."""
        result = np.full((*values.shape[:-1], tested.size), np.nan)
        result[..., tested] = values
        return result.reshape(*values.shape[:-1], *shape)

    return GroupComparison(
        viewers=n.reshape(2, *shape),
        mean=mean.reshape(2, *shape),
        difference=all_outcomes(difference),
        interval=all_outcomes(interval),
        p_adjusted=all_outcomes(p),
        viewers_needed=all_outcomes(_viewers_needed(samples, difference, level)),
        paired=paired,
        permutations=len(permutations),
        exact=len(permutations) != N_PERMUTATIONS,
        single_test_alpha=level,
    )


def _mean(x: Float64Array) -> Float64Array:
    seen = ~np.isnan(x)
    with np.errstate(invalid="ignore"):
        return np.where(seen, x, 0).sum(axis=0) / seen.sum(axis=0)


def _variance(x: Float64Array) -> Float64Array:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.nansum((x - _mean(x)) ** 2, axis=0) / ((~np.isnan(x)).sum(axis=0) - 1)


def _permutations(sizes: list[int], seed: int) -> Float64Array:
    """Return (D, V) permutations of the viewers, the observed one first: all that exist, or `N_PERMUTATIONS`.

    For two groups, 1 assigns a viewer to the second group and 0 to the first. For pairs, 1 keeps the order of
    a viewer's two values and −1 exchanges them.
    """
    viewers, paired = sum(sizes), len(sizes) == 1
    if (2**viewers if paired else math.comb(viewers, sizes[1])) < N_PERMUTATIONS:
        if paired:
            return np.array(list(product([1.0, -1.0], repeat=viewers)))
        chosen = np.array(list(combinations(range(viewers), sizes[1])))[::-1]
        all_groupings = np.zeros((len(chosen), viewers))
        np.put_along_axis(all_groupings, chosen, 1.0, axis=1)
        return all_groupings
    rng = np.random.default_rng(seed)
    if paired:
        random = rng.choice([-1.0, 1.0], (N_PERMUTATIONS - 1, viewers))
        return np.concatenate([np.ones((1, viewers)), random])
    observed = np.repeat([0.0, 1.0], sizes)[None]
    return np.concatenate([observed, rng.permuted(np.tile(observed, (N_PERMUTATIONS - 1, 1)), axis=1)])


def _step_down_p_values(
    samples: list[Float64Array], permutations: Float64Array
) -> tuple[Float64Array, float]:
    """Return (K,) step-down p-values, and the maximum exceeded by at most `ALPHA` of the permutations."""
    x, paired = np.concatenate(samples), len(samples) == 1
    seen = ~np.isnan(x)
    n = seen.sum(axis=0)
    centered = x if paired else x - _mean(x)
    spread = np.sqrt(np.nansum(centered**2, axis=0) / (1 if paired else n - 1))
    standard = np.where(seen & (spread > _TOLERANCE), centered / np.maximum(spread, _TOLERANCE), 0)

    def statistic(permuted: Float64Array) -> Float64Array:
        """Return the (D, K) absolute standardized difference of each permutation and outcome."""
        if paired:
            return np.abs(permuted @ standard)
        second = permuted @ seen
        both = second * (n - second)
        return np.abs(permuted @ standard) * np.sqrt(np.where(both > 0, n / np.maximum(both, 1), 0))

    observed = statistic(permutations[:1])[0]
    order = np.argsort(-observed, kind="stable")
    at_least, maxima = np.zeros(len(order), dtype=np.int64), []
    batch = max(1, _MAX_BATCH_CELLS // max(len(order), 1))
    for at in range(0, len(permutations), batch):
        # Step-down: each outcome is compared with the maximum over the outcomes whose statistic is not
        # larger.
        remaining = np.maximum.accumulate(statistic(permutations[at : at + batch])[:, order[::-1]], axis=1)[
            :, ::-1
        ]
        at_least += (remaining >= observed[order] - _TOLERANCE).sum(axis=0)
        maxima.append(remaining.max(axis=1, initial=0))
    p = np.empty(len(order))
    p[order] = np.maximum.accumulate(at_least / len(permutations))
    return p, float(np.quantile(np.concatenate(maxima), 1 - ALPHA, method="higher"))


def _permutation_t_interval(sample: Float64Array, permutations: Float64Array) -> Float64Array:
    """Compute the (2, K) permutation t interval: mean − t quantiles (97.5 % and 2.5 %) × standard error."""
    mean = _mean(sample)
    error = np.sqrt(_variance(sample) / (~np.isnan(sample)).sum(axis=0))
    tail = int(0.025 * len(permutations))
    ends = np.empty((2, sample.shape[1]))
    batch = max(1, _MAX_BATCH_CELLS // len(permutations))
    for at in range(0, sample.shape[1], batch):
        # The residuals are permuted, so the null distribution is valid even if there is a difference.
        residual = np.nan_to_num(sample[:, at : at + batch] - mean[at : at + batch])
        n, square = (~np.isnan(sample[:, at : at + batch])).sum(axis=0), (residual**2).sum(axis=0)
        with np.errstate(invalid="ignore", divide="ignore"):
            total = permutations @ residual
            t = np.nan_to_num(total / n / np.sqrt((square - total**2 / n) / (n - 1) / n))
        ends[0, at : at + batch] = np.partition(t, -1 - tail, axis=0)[-1 - tail]
        ends[1, at : at + batch] = np.partition(t, tail, axis=0)[tail]
    return np.clip(mean - ends * error, -1, 1)


def _single_test_alpha(largest: float, viewers: int, paired: bool, outcomes: int) -> float:
    """Return the Student's t p-value of one outcome with the statistic `largest`, at least Bonferroni's."""
    bonferroni = ALPHA / max(outcomes, 1)
    # The permutation statistic z is bounded, but t is not: t² = z² (N − 2) / (N − 1 − z²), or, if paired,
    # t² = z² (N − 1) / (N − z²).
    freedom = viewers - (1 if paired else 2)
    remainder = viewers - (0 if paired else 1) - largest**2
    if remainder <= 0:
        return bonferroni
    return max(bonferroni, float(2 * stdtr(freedom, -largest * math.sqrt(freedom / remainder))))


def _viewers_needed(samples: list[Float64Array], difference: Float64Array, level: float) -> Float64Array:
    """Number of viewers per group needed to detect `difference`, or the smallest relevant one if larger.

    The formula is that of Guenther (1981).
    """
    quantile = -ndtri(level / 2)
    size = np.maximum(abs(difference), SMALLEST_RELEVANT_DIFFERENCE)
    # Two groups: the sum of their variances, 2 σ². Paired: the variance of the viewers' differences.
    variance = np.sum([_variance(x) for x in samples], axis=0)
    # Guenther's correction of the normal approximation to the t test.
    extra = quantile**2 / (2 if len(samples) == 1 else 4)
    viewers = np.ceil(variance * ((quantile + ndtri(POWER)) / size) ** 2 + extra)
    return np.maximum(viewers, MIN_PAIRS if len(samples) == 1 else MIN_VIEWERS)
