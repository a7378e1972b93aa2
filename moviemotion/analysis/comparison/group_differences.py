"""Differences between two groups of viewers in many outcomes, with intervals and adjusted p-values.

The viewer is the unit of analysis. If the groups consist of different viewers, they are compared by
`mean_test`. If the same viewers are in both groups, their two values are exchanged at random to obtain the
null distribution. If a group comes from several rooms, the room is the unit: `mean_test` compares the rooms'
means, and the differences and their intervals come from the mixed model of `random_rooms`.

There are three possible verdicts, and "no significant difference" is not one of them: the groups differ; or
they are alike, because the interval excludes every relevant difference; or the data are inconclusive, in
which case the number of viewers needed for a decision is estimated.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from itertools import product

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri, stdtr

from moviemotion.analysis.comparison.mean_test import (
    LEAST_STANDARD_ERROR,
    N_PERMUTATIONS,
    SMALLEST_RELEVANT_DIFFERENCE,
    mean_test,
    normal_deviate,
    step_down,
    upper_quantile,
)
from moviemotion.analysis.comparison.random_rooms import fit_rooms, room_means
from moviemotion.analysis.signals.strength_intervals import difference_intervals
from moviemotion.statistics import Float64Array

ALPHA = 0.05
POWER = 0.8
MIN_VIEWERS, MIN_PAIRS = 4, 6
"""Smallest number of viewers or rooms per group, and smallest number of pairs, for an outcome to be tested.

With fewer, there are too few permutations for any p-value to be below `ALPHA`.
"""
_MAX_BATCH_CELLS = 2_000_000
_TOLERANCE = 1e-9
_SIZES = np.unique(np.geomspace(MIN_VIEWERS, 10_000, 200).round())
"""Group sizes that are tried when estimating how many viewers are needed."""
Rooms = tuple[NDArray[np.int64], NDArray[np.int64]]


class DifferenceVerdict(StrEnum):
    """Verdict on one difference."""

    DIFFERS = "differs"
    ALIKE = "alike"
    INCONCLUSIVE = "inconclusive"
    NOT_TESTED = "not tested"


@dataclass(frozen=True)
class GroupComparison:
    """Comparison of the second group with the first; (…) stands for the shape of the outcomes.

    Attributes:
        viewers: (2, …) number of viewers seen in each group; equal if the groups are paired.
        mean: (2, …) mean strength of each group, 0–1; NaN where no viewer was seen.
        difference: (…) second group minus first group, −1…1; NaN where not tested.
        interval: (2, …) 95 % interval of `difference`, over viewers, or over rooms and viewers if a group
            comes from several rooms; not adjusted for multiple outcomes.
        p_adjusted: (…) p-value, adjusted for all outcomes; NaN where not tested, or where one group comes
            from fewer than `MIN_VIEWERS` rooms and the other from several.
        viewers_needed: (…) number of viewers per group (of pairs if paired, of rooms if the rooms are the
            unit) with which the observed difference would be detected with a power of `POWER`. If
            `SMALLEST_RELEVANT_DIFFERENCE` is larger than the observed difference, it is used instead. NaN
            where `p_adjusted` is NaN.
        paired: whether the same viewers are in both groups.
        rooms: number of rooms from which each group comes.
        room_share: share of the variance between viewers that lies between rooms, 0–1, as the median over all
            outcomes; NaN if each group comes from one room.
        permutations: number of permutations, including the observed grouping; 0 if there were too few rooms.
        exact: whether all possible permutations were used.
        single_test_alpha: unadjusted p-value that corresponds to an adjusted p-value of `ALPHA`.
    """

    viewers: NDArray[np.int64]
    mean: Float64Array
    difference: Float64Array
    interval: Float64Array
    p_adjusted: Float64Array
    viewers_needed: Float64Array
    paired: bool
    rooms: tuple[int, int]
    room_share: float
    permutations: int
    exact: bool
    single_test_alpha: float

    @property
    def rooms_are_units(self) -> bool:
        """Whether a group comes from several rooms, so that the rooms are compared."""
        return max(self.rooms) > 1

    def verdict(self, index: tuple[int, ...]) -> DifferenceVerdict:
        """Return the verdict on one outcome.

        The groups differ if p is at most `ALPHA`. They are alike if the entire interval is closer to 0 than
        `SMALLEST_RELEVANT_DIFFERENCE` (an equivalence test). Otherwise the outcome is inconclusive.

        Args:
            index: index of the outcome.
        """
        if math.isnan(self.difference[index]):
            return DifferenceVerdict.NOT_TESTED
        if self.p_adjusted[index] <= ALPHA:
            return DifferenceVerdict.DIFFERS
        farthest = max(abs(float(end[index])) for end in self.interval)
        return (
            DifferenceVerdict.ALIKE
            if farthest < SMALLEST_RELEVANT_DIFFERENCE
            else DifferenceVerdict.INCONCLUSIVE
        )


def compare_groups(
    first: Float64Array, second: Float64Array, paired: bool, seed: int, rooms: Rooms | None = None
) -> GroupComparison:
    """Compare two groups of viewers in many outcomes at once.

    The probability of one or more false differences among all outcomes is at most `ALPHA`. For two groups of
    different viewers, p-values come from `mean_test` and intervals from `difference_intervals`.

    For pairs, the viewers' two values are exchanged at random. Each mean difference is divided by its
    standard error over these exchanges (Strasser & Weber, 1999), and the results are compared with their
    step-down maxima. The interval is a permutation t interval (Janssen, 1997).

    Args:
        first, second: (V, …) each viewer's strength, 0–1; NaN where not seen. If paired, both contain the
            same viewers in the same order; for each outcome, viewers who were not seen in both are ignored.
            If the outcomes have several axes, the last one is the emotion.
        paired: whether the same viewers are in both groups.
        seed: random seed for the permutations.
        rooms: for each group, the (V,) rooms of its viewers, numbered from 0; None if each group sat in one
            room.

    Raises:
        ValueError: the groups have different outcomes, paired groups have different sizes, or rooms are given
            for paired groups.
    """
    shape = first.shape[1:]
    if shape != second.shape[1:] or (paired and first.shape != second.shape):
        raise ValueError(
            "both groups must have the same outcomes, and paired groups must have the same viewers"
        )
    of_side = tuple(int(room.max()) + 1 for room in rooms) if rooms else (1, 1)
    if paired and max(of_side) > 1:
        raise ValueError("paired groups must come from one room each")
    groups = [group.reshape(len(group), -1) for group in (first, second)]
    if paired:
        unseen = np.isnan(groups[0]) | np.isnan(groups[1])
        groups = [np.where(unseen, np.nan, group) for group in groups]
    n = np.stack([(~np.isnan(group)).sum(axis=0) for group in groups])
    families = np.arange(n.shape[1]) % shape[-1] if len(shape) > 1 else np.zeros(n.shape[1], np.int64)
    if paired:
        found = _compare_pairs(groups, n, seed)
    elif rooms is not None and max(of_side) > 1:
        found = _compare_rooms(groups, n, families, rooms, seed)
    else:
        found = _compare_viewers(groups, n, families, seed)

    def in_shape(values: Float64Array) -> Float64Array:
        return np.asarray(np.where(found.tested, values, np.nan).reshape(*values.shape[:-1], *shape))

    needed = (_pairs_needed if paired else _units_needed)(found)
    return GroupComparison(
        viewers=n.reshape(2, *shape),
        mean=found.mean.reshape(2, *shape),
        difference=in_shape(found.mean[1] - found.mean[0]),
        interval=in_shape(found.interval),
        p_adjusted=in_shape(found.p),
        viewers_needed=in_shape(np.where(np.isnan(found.p), np.nan, needed)),
        paired=paired,
        rooms=(of_side[0], of_side[1]),
        room_share=found.room_share,
        permutations=found.permutations,
        exact=found.permutations != N_PERMUTATIONS,
        single_test_alpha=found.level,
    )


@dataclass(frozen=True)
class _Result:
    """Results for K outcomes; only those marked in `tested` are valid.

    Attributes:
        tested: (K,) whether enough viewers were seen.
        mean: (2, K) mean of each group.
        interval: (2, K) interval of the difference.
        p: (K,) adjusted p-values; NaN where not tested.
        variance: (K,) sum of the variances of both groups' units; if paired, variance of the differences.
        level: unadjusted p-value that corresponds to an adjusted p-value of `ALPHA`.
        permutations, room_share: as in `GroupComparison`.
    """

    tested: NDArray[np.bool_]
    mean: Float64Array
    interval: Float64Array
    p: Float64Array
    variance: Float64Array
    level: float
    permutations: int
    room_share: float = math.nan


def _compare_viewers(
    groups: list[Float64Array], n: NDArray[np.int64], families: NDArray[np.int64], seed: int
) -> _Result:
    """Compare different viewers, each group from one room."""
    tested: NDArray[np.bool_] = np.all(n >= MIN_VIEWERS, axis=0)
    p, level, permutations, variance = _tested_means(groups, tested, families, seed)
    interval = np.full((2, len(p)), np.nan)
    # The outcomes need not be separated into units and emotions, because each family has its own dispersion.
    for family in np.unique(families[tested]):
        own = tested & (families == family)
        interval[:, own] = difference_intervals(groups[0][:, own], groups[1][:, own])
    return _Result(tested, np.stack([_mean(g) for g in groups]), interval, p, variance, level, permutations)


def _compare_rooms(
    groups: list[Float64Array], n: NDArray[np.int64], families: NDArray[np.int64], rooms: Rooms, seed: int
) -> _Result:
    """Compare two groups, at least one of which comes from several rooms; the rooms are the units."""
    model = fit_rooms(groups[0], groups[1], rooms)
    tested = np.all(n >= MIN_VIEWERS, axis=0) & np.isfinite(model.interval).all(axis=0)
    units = [room_means(group, room)[0] for group, room in zip(groups, rooms, strict=True)]
    enough = tested & np.all([(~np.isnan(unit)).sum(axis=0) >= MIN_VIEWERS for unit in units], axis=0)
    p, level, permutations, variance = _tested_means(units, enough, families, seed)
    total = model.between + model.within.mean(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        shares = (model.between / total)[tested & (total > 0)]
    return _Result(
        tested=tested,
        mean=model.mean,
        interval=model.interval,
        p=p,
        variance=variance,
        level=level,
        permutations=permutations,
        room_share=float(np.median(shares)) if shares.size else math.nan,
    )


def _tested_means(
    groups: list[Float64Array], tested: NDArray[np.bool_], families: NDArray[np.int64], seed: int
) -> tuple[Float64Array, float, int, Float64Array]:
    """Run `mean_test` on the tested outcomes, and compute the unadjusted level; untested outcomes are NaN."""
    p, variance = np.full((2, len(tested)), np.nan)
    if not tested.any():
        return p, ALPHA, 0, variance
    p[tested], largest, permutations, variance[tested] = mean_test(
        groups[0][:, tested], groups[1][:, tested], families[tested], seed
    )
    return p, max(ALPHA / tested.sum(), float(2 * ndtr(-largest))), permutations, variance


def _compare_pairs(groups: list[Float64Array], n: NDArray[np.int64], seed: int) -> _Result:
    """Compare the two values of the same viewers."""
    tested = n[0] >= MIN_PAIRS
    differences = groups[1] - groups[0]
    sample = differences[:, tested]
    signs = _exchanges(len(sample), seed)
    squares = np.sqrt(np.nansum(sample**2, axis=0))
    standard = np.nan_to_num(np.where(squares > _TOLERANCE, sample / np.maximum(squares, _TOLERANCE), 0))
    batch = max(1, _MAX_BATCH_CELLS // max(sample.shape[1], 1))
    reference = (np.abs(signs[at : at + batch] @ standard) for at in range(0, len(signs), batch))
    p, interval = np.full(len(tested), np.nan), np.full((2, len(tested)), np.nan)
    p[tested], maxima = step_down(np.abs(standard.sum(axis=0)), reference)
    interval[:, tested] = _permutation_t_interval(sample, signs)
    level = _single_test_alpha(upper_quantile(maxima, ALPHA), len(sample), sample.shape[1])
    means = np.stack([_mean(group) for group in groups])
    return _Result(tested, means, interval, p, _variance(differences), level, len(signs))


def _mean(x: Float64Array) -> Float64Array:
    seen = ~np.isnan(x)
    with np.errstate(invalid="ignore"):
        return np.where(seen, x, 0).sum(axis=0) / seen.sum(axis=0)


def _variance(x: Float64Array) -> Float64Array:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.nansum((x - _mean(x)) ** 2, axis=0) / ((~np.isnan(x)).sum(axis=0) - 1)


def _exchanges(viewers: int, seed: int) -> Float64Array:
    """Return (D, V) signs, the observed order first: 1 keeps a viewer's two values, and −1 exchanges them."""
    if 2**viewers < N_PERMUTATIONS:
        return np.array(list(product([1.0, -1.0], repeat=viewers)))
    random = np.random.default_rng(seed).choice([-1.0, 1.0], (N_PERMUTATIONS - 1, viewers))
    return np.concatenate([np.ones((1, viewers)), random])


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


def _single_test_alpha(largest: float, viewers: int, outcomes: int) -> float:
    """Return Student's p-value of an outcome whose statistic is `largest`, at least Bonferroni's level."""
    bonferroni = ALPHA / max(outcomes, 1)
    # The permutation statistic z is bounded, but t is not: t² = z² (N − 1) / (N − z²).
    remainder = viewers - largest**2
    if remainder <= 0:
        return bonferroni
    freedom = viewers - 1
    return max(bonferroni, float(2 * stdtr(freedom, -largest * math.sqrt(freedom / remainder))))


def _pairs_needed(found: _Result) -> Float64Array:
    """Number of pairs needed to detect the observed or the smallest relevant difference, whichever is larger.

    The formula is that of Guenther (1981).
    """
    quantile = -ndtri(found.level / 2)
    size = np.maximum(abs(found.mean[1] - found.mean[0]), SMALLEST_RELEVANT_DIFFERENCE)
    pairs = np.ceil(found.variance * ((quantile + ndtri(POWER)) / size) ** 2 + quantile**2 / 2)
    return np.maximum(pairs, MIN_PAIRS)


def _units_needed(found: _Result) -> Float64Array:
    """Number of viewers or rooms per group, one of `_SIZES`, that is needed to detect such a difference."""
    size = np.maximum(abs(found.mean[1] - found.mean[0]), SMALLEST_RELEVANT_DIFFERENCE)
    error = found.variance / _SIZES[:, None] + LEAST_STANDARD_ERROR**2
    enough = normal_deviate(size**2 / error, 2 * _SIZES[:, None] - 2) >= ndtri(POWER) - ndtri(found.level / 2)
    return np.where(enough.any(axis=0), _SIZES[enough.argmax(axis=0)], _SIZES[-1])
