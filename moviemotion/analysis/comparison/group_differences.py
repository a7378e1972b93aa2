"""Two groups of viewers, many outcomes: each difference with its interval, adjusted p, and what is open.

The unit is the viewer. If the groups do not differ, any viewer could have sat in either, so viewers are
dealt to the groups again and again; where the same viewers are in both, each one's two values change places
instead. The largest standardised difference over all outcomes is what chance can do.
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
"""Ways of dealing the viewers that are tried; where there are fewer, all are, and p is exact."""
MIN_VIEWERS, MIN_PAIRS = 4, 6
"""Viewers who must be seen in each group, or in both, for an outcome to be tested: with fewer no p-value
can be below `ALPHA`."""
SMALLEST_RELEVANT_DIFFERENCE = 0.1
"""Strength below which a difference matters to nobody: one annotator in ten."""
_MAX_BATCH_CELLS = 2_000_000
_TOLERANCE = 1e-9


class DifferenceVerdict(StrEnum):
    """What is known about one difference."""

    DIFFERS = "differs"
    ALIKE = "alike"
    OPEN = "open"
    NOT_TESTED = "not tested"


@dataclass(frozen=True)
class GroupComparison:
    """The second group against the first. The arrays have one shape (…), that of the outcomes.

    Attributes:
        viewers: (2, …) how many viewers were seen in each group; both alike where the groups are paired.
        mean: (2, …) their mean strengths, 0–1; NaN where nobody was seen.
        difference: second less first, −1…1; NaN where not tested.
        interval: (2, …) its 95 % interval over viewers, of this difference alone, not of all together.
        p_adjusted: p-value, adjusted for all outcomes; NaN where not tested.
        needed: viewers in each group (paired: pairs) to settle a difference with 80 % power: as large as
            seen, or `MATTERS` where less was seen; NaN where not tested.
        paired: whether the same viewers are in both groups.
        deals: ways of dealing the viewers that were tried, this one included.
        exact: whether these were all there are.
        level: the p-value of one outcome alone that is as rare as an adjusted `ALPHA`.
    """

    viewers: NDArray[np.int64]
    mean: Float64Array
    difference: Float64Array
    interval: Float64Array
    p_adjusted: Float64Array
    viewers_needed: Float64Array
    paired: bool
    deals: int
    exact: bool
    single_test_alpha: float

    def verdict(self, index: tuple[int, ...]) -> DifferenceVerdict:
        """What is known about one outcome.

        It differs where p is at most `ALPHA`; it is alike where the whole interval is nearer to 0 than
        `MATTERS`; else it is open.
        """
        if math.isnan(self.p_adjusted[index]):
            return DifferenceVerdict.NOT_TESTED
        if self.p_adjusted[index] <= ALPHA:
            return DifferenceVerdict.DIFFERS
        farthest = max(abs(float(end[index])) for end in self.interval)
        return DifferenceVerdict.ALIKE if farthest < SMALLEST_RELEVANT_DIFFERENCE else DifferenceVerdict.OPEN


def compare_groups(first: Float64Array, second: Float64Array, paired: bool, seed: int) -> GroupComparison:
    """Compare two groups of viewers in many outcomes at once.

    Standardised differences are compared with their step-down maxima (Westfall & Young, 1993, algorithm
    4.1) over viewers dealt anew. The standard error is that of the deals themselves (Strasser & Weber,
    1999), so that it does not vary between them. The chance of one or more false differences among all
    outcomes is at most `ALPHA`. Two groups' interval is that of `difference_intervals`; that of pairs is a
    permutation t interval (Janssen, 1997): Student's statistic of what is left of each viewer's difference,
    over the same deals.

    Args:
        first, second: (V, …) each viewer's strength, 0–1; NaN where not seen. Paired: the same viewers in
            the same order; one who was not seen in both is left out of that outcome.
        paired: whether the same viewers are in both groups.
        seed: of the random deals.

    Raises:
        ValueError: the outcomes differ, or paired groups differ in size.
    """
    shape = first.shape[1:]
    if shape != second.shape[1:] or (paired and first.shape != second.shape):
        raise ValueError("two groups need the same outcomes, and paired ones the same viewers")
    groups = [group.reshape(len(group), -1) for group in (first, second)]
    if paired:
        unseen = np.isnan(groups[0]) | np.isnan(groups[1])
        groups = [np.where(unseen, np.nan, group) for group in groups]
    n = np.stack([(~np.isnan(group)).sum(axis=0) for group in groups])
    mean = np.stack([_mean(group) for group in groups])
    tested: NDArray[np.bool_] = np.all(n >= (MIN_PAIRS if paired else MIN_VIEWERS), axis=0)
    samples = [group[:, tested] for group in ([groups[1] - groups[0]] if paired else groups)]
    deals = _permutations([len(sample) for sample in samples], seed)
    difference = (mean[1] - mean[0])[tested]
    p, largest = _step_down_p_values(samples, deals)
    if paired:
        interval = _permutation_t_interval(samples[0], deals)
    else:
        interval = difference_intervals(first, second).reshape(2, -1)[:, tested]
    level = _single_test_alpha(largest, sum(len(sample) for sample in samples), paired, len(difference))

    def whole(values: Float64Array) -> Float64Array:
        result = np.full((*values.shape[:-1], tested.size), np.nan)
        result[..., tested] = values
        return result.reshape(*values.shape[:-1], *shape)

    return GroupComparison(
        viewers=n.reshape(2, *shape),
        mean=mean.reshape(2, *shape),
        difference=whole(difference),
        interval=whole(interval),
        p_adjusted=whole(p),
        viewers_needed=whole(_viewers_needed(samples, difference, level)),
        paired=paired,
        deals=len(deals),
        exact=len(deals) != N_PERMUTATIONS,
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
    """(D, V) ways to deal the viewers, the actual one first: all there are, or `DEALS`.

    For two groups 1 puts a viewer in the second and 0 in the first; for pairs 1 leaves a viewer's values as
    they are and −1 changes their places.
    """
    viewers, paired = sum(sizes), len(sizes) == 1
    if (2**viewers if paired else math.comb(viewers, sizes[1])) < N_PERMUTATIONS:
        if paired:
            return np.array(list(product([1.0, -1.0], repeat=viewers)))
        chosen = np.array(list(combinations(range(viewers), sizes[1])))[::-1]
        every = np.zeros((len(chosen), viewers))
        np.put_along_axis(every, chosen, 1.0, axis=1)
        return every
    rng = np.random.default_rng(seed)
    if paired:
        random = rng.choice([-1.0, 1.0], (N_PERMUTATIONS - 1, viewers))
        return np.concatenate([np.ones((1, viewers)), random])
    actual = np.repeat([0.0, 1.0], sizes)[None]
    return np.concatenate([actual, rng.permuted(np.tile(actual, (N_PERMUTATIONS - 1, 1)), axis=1)])


def _step_down_p_values(samples: list[Float64Array], deals: Float64Array) -> tuple[Float64Array, float]:
    """(K,) step-down p-values, and the maximum that only a share `ALPHA` of the deals exceed."""
    x, paired = np.concatenate(samples), len(samples) == 1
    seen = ~np.isnan(x)
    n = seen.sum(axis=0)
    centred = x if paired else x - _mean(x)
    spread = np.sqrt(np.nansum(centred**2, axis=0) / (1 if paired else n - 1))
    standard = np.where(seen & (spread > _TOLERANCE), centred / np.maximum(spread, _TOLERANCE), 0)

    def statistic(dealt: Float64Array) -> Float64Array:
        """(D, K) |z|."""
        if paired:
            return np.abs(dealt @ standard)
        second = dealt @ seen
        both = second * (n - second)
        return np.abs(dealt @ standard) * np.sqrt(np.where(both > 0, n / np.maximum(both, 1), 0))

    observed = statistic(deals[:1])[0]
    order = np.argsort(-observed, kind="stable")
    at_least, maxima = np.zeros(len(order), dtype=np.int64), []
    batch = max(1, _MAX_BATCH_CELLS // max(len(order), 1))
    for at in range(0, len(deals), batch):
        # The maximum over the outcomes that are left once the larger ones are rejected.
        left = np.maximum.accumulate(statistic(deals[at : at + batch])[:, order[::-1]], axis=1)[:, ::-1]
        at_least += (left >= observed[order] - _TOLERANCE).sum(axis=0)
        maxima.append(left.max(axis=1, initial=0))
    p = np.empty(len(order))
    p[order] = np.maximum.accumulate(at_least / len(deals))
    return p, float(np.quantile(np.concatenate(maxima), 1 - ALPHA, method="higher"))


def _permutation_t_interval(sample: Float64Array, deals: Float64Array) -> Float64Array:
    """(2, K) the mean less the ends of what its t statistic is over the deals, times its error."""
    mean = _mean(sample)
    error = np.sqrt(_variance(sample) / (~np.isnan(sample)).sum(axis=0))
    tail = int(0.025 * len(deals))
    ends = np.empty((2, sample.shape[1]))
    batch = max(1, _MAX_BATCH_CELLS // len(deals))
    for at in range(0, sample.shape[1], batch):
        # The mean is taken out: what is dealt is what is left, also where there is a difference.
        left = np.nan_to_num(sample[:, at : at + batch] - mean[at : at + batch])
        n, square = (~np.isnan(sample[:, at : at + batch])).sum(axis=0), (left**2).sum(axis=0)
        with np.errstate(invalid="ignore", divide="ignore"):
            total = deals @ left
            t = np.nan_to_num(total / n / np.sqrt((square - total**2 / n) / (n - 1) / n))
        ends[0, at : at + batch] = np.partition(t, -1 - tail, axis=0)[-1 - tail]
        ends[1, at : at + batch] = np.partition(t, tail, axis=0)[tail]
    return np.clip(mean - ends * error, -1, 1)


def _single_test_alpha(largest: float, viewers: int, paired: bool, outcomes: int) -> float:
    """The p-value, by Student's t, of one outcome whose statistic is as large as `largest`."""
    least = ALPHA / max(outcomes, 1)
    # z² of the permutations is bounded: t² = z² (N − 2) / (N − 1 − z²), or paired z² (N − 1) / (N − z²).
    freedom = viewers - (1 if paired else 2)
    room = viewers - (0 if paired else 1) - largest**2
    if room <= 0:
        return least
    return max(least, float(2 * stdtr(freedom, -largest * math.sqrt(freedom / room))))


def _viewers_needed(samples: list[Float64Array], difference: Float64Array, level: float) -> Float64Array:
    """Viewers a group (Guenther, 1981), for the larger of the difference seen and `MATTERS`."""
    judged = -ndtri(level / 2)
    size = np.maximum(abs(difference), SMALLEST_RELEVANT_DIFFERENCE)
    # Two groups: 2 σ² = the sum of their variances. Paired: the variance of the viewers' differences.
    variance = np.sum([_variance(x) for x in samples], axis=0)
    extra = judged**2 / (2 if len(samples) == 1 else 4)
    viewers = np.ceil(variance * ((judged + ndtri(POWER)) / size) ** 2 + extra)
    return np.maximum(viewers, MIN_PAIRS if len(samples) == 1 else MIN_VIEWERS)
