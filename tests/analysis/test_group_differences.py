"""Two groups of viewers and many outcomes: p-values, intervals, and the viewers that are needed."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import ttest_ind

from moviemotion.analysis.comparison.group_differences import (
    ALPHA,
    MIN_VIEWERS,
    N_PERMUTATIONS,
    DifferenceVerdict,
    compare_groups,
)
from moviemotion.analysis.comparison.mean_test import step_down


def groups(
    seed: int, sizes: tuple[int, int] = (8, 8), outcomes: tuple[int, ...] = (5, 7)
) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    return [rng.beta(1, 5, (n, *outcomes)) for n in sizes]


def test_a_large_difference_is_significant_and_the_others_are_not() -> None:
    first, second = groups(1)
    second[:, 2, 3] += 0.5
    found = compare_groups(first, second, False, 1)
    assert found.verdict((2, 3)) is DifferenceVerdict.DIFFERS
    assert [tuple(at) for at in np.argwhere(found.p_adjusted <= ALPHA)] == [(2, 3)]
    assert found.interval[0, 2, 3] < found.difference[2, 3] < found.interval[1, 2, 3]
    assert found.interval[0, 2, 3] > 0.25
    assert ALPHA / found.difference.size <= found.single_test_alpha < ALPHA  # at least Bonferroni's


def test_with_few_viewers_p_is_exact_over_all_permutations() -> None:
    first, second = groups(2, (4, 5), (1,))
    values = np.concatenate([first, second])[:, 0]

    def size(chosen: tuple[int, ...]) -> float:
        rest = [v for v in range(9) if v not in chosen]
        return abs(values[list(chosen)].mean() - values[rest].mean())

    ways = [size(chosen) for chosen in combinations(range(9), 5)]
    found = compare_groups(first, second, False, 1)
    assert found.exact
    assert found.permutations == len(ways)
    # The largest difference of all ways is the rarest; p is at least its share of them.
    second[:] = 0.9
    first[:] = 0.1
    assert compare_groups(first, second, False, 1).p_adjusted[0] == pytest.approx(1 / len(ways))


def test_pairing_removes_differences_between_viewers() -> None:
    rng = np.random.default_rng(3)
    own = rng.uniform(0, 0.8, (10, 1))
    first, second = own + rng.normal(0, 0.02, (2, 10, 1))
    second += 0.05
    assert compare_groups(first, second, True, 1).p_adjusted[0] <= ALPHA
    assert compare_groups(first, second, False, 1).p_adjusted[0] > ALPHA
    assert (
        compare_groups(first, second, True, 1).viewers_needed[0]
        < compare_groups(first, second, False, 1).viewers_needed[0]
    )


def test_for_normal_data_the_interval_is_as_wide_as_welchs() -> None:
    rng = np.random.default_rng(4)
    first, second = rng.normal(0.4, 0.05, (30, 40)), rng.normal(0.5, 0.15, (20, 40))
    ours = compare_groups(first, second, False, 1).interval
    welch = ttest_ind(second, first, equal_var=False).confidence_interval()
    assert np.median((ours[1] - ours[0]) / (welch.high - welch.low)) == pytest.approx(1, abs=0.05)


def test_intervals_have_nominal_coverage_with_unequal_sizes_and_variances() -> None:
    rng, covered = np.random.default_rng(5), []
    for seed in range(25):
        first = rng.beta(1, 9, (24, 40))
        second = rng.beta(2, 3, (10, 40))
        low, high = compare_groups(first, second, False, seed).interval
        covered.append((low <= 0.3) & (high >= 0.3))
    assert 0.92 < np.mean(covered) < 0.98


@settings(max_examples=20)
@given(st.integers(0, 200), st.booleans())
def test_swapping_the_groups_swaps_the_signs(seed: int, paired: bool) -> None:
    first, second = groups(seed, (6, 6), (2, 3))
    there, back = compare_groups(first, second, paired, 1), compare_groups(second, first, paired, 1)
    np.testing.assert_allclose(there.difference, -back.difference)
    # The random samples within each group are not the same ones after the swap.
    np.testing.assert_allclose(there.p_adjusted, back.p_adjusted, atol=0.0 if paired else 0.1)
    np.testing.assert_allclose(there.interval, -back.interval[::-1], atol=1e-12)


def test_an_adjusted_p_value_is_never_below_the_single_p_value() -> None:
    rng = np.random.default_rng(1)
    observed, reference = abs(rng.normal(0, 2, 6)), abs(rng.normal(size=(500, 6)))
    together, maxima = step_down(observed, iter([reference[:200], reference[200:]]))
    assert (together >= (reference >= observed).mean(axis=0)).all()
    assert together[observed.argmax()] == (reference.max(axis=1) >= observed.max()).mean()
    np.testing.assert_array_equal(maxima, reference.max(axis=1))


def test_unseen_viewers_are_ignored_and_too_few_are_not_tested() -> None:
    first, second = groups(5)
    first[0, 0] = np.nan
    second[MIN_VIEWERS - 1 :, 1] = np.nan
    found = compare_groups(first, second, False, 1)
    assert found.viewers[0, 0, 0] == 7
    assert found.mean[0, 0, 0] == pytest.approx(first[1:, 0, 0].mean())
    assert found.verdict((1, 0)) is DifferenceVerdict.NOT_TESTED
    assert np.isnan(found.difference[1]).all()
    assert np.isfinite(found.p_adjusted[[0, 2, 3, 4]]).all()


def test_two_groups_without_any_emotion_are_alike() -> None:
    still = np.zeros((6, 3, 7))
    found = compare_groups(still, still.copy(), False, 1)
    assert (found.p_adjusted == 1).all()
    assert found.verdict((0, 0)) is DifferenceVerdict.ALIKE


def test_the_same_seed_gives_the_same_permutations() -> None:
    first, second = groups(6, (12, 12))
    one, again = compare_groups(first, second, False, 4), compare_groups(first, second, False, 4)
    np.testing.assert_array_equal(one.p_adjusted, again.p_adjusted)
    assert not one.exact
    assert one.permutations == N_PERMUTATIONS


def uneven_and_even(seed: int, sizes: tuple[int, int]) -> list[np.ndarray]:
    """People who react fully or not at all meet people who all react a little, with equal means."""
    rng = np.random.default_rng(seed)
    mean = np.full((12, 7), 0.15)
    uneven = (rng.random((sizes[0], 12, 7)) < mean).astype(float)
    return [uneven, mean + rng.uniform(-0.05, 0.05, (sizes[1], 12, 7))]


@pytest.mark.parametrize("sizes", [(12, 12), (10, 30), (30, 10)])
def test_uneven_people_do_not_differ_from_even_ones_with_the_same_mean(sizes: tuple[int, int]) -> None:
    """A permutation test of the plain difference finds a difference in nearly all of these."""
    false = sum(
        (compare_groups(*uneven_and_even(seed, sizes), False, 1).p_adjusted <= ALPHA).any()
        for seed in range(40)
    )
    assert false <= 5


def test_a_difference_between_unlike_groups_is_found() -> None:
    first, second = uneven_and_even(1, (24, 24))
    second[:, 3, 2] += 0.7
    found = compare_groups(first, second, False, 1)
    assert found.verdict((3, 2)) is DifferenceVerdict.DIFFERS


def in_rooms(seed: int, rooms: int, change: float = 0.0) -> tuple[list[np.ndarray], np.ndarray]:
    """Two cuts in rooms of 8 that differ much from each other; the last outcome of the second changes."""
    rng = np.random.default_rng(seed)
    number = np.repeat(np.arange(rooms), 8)
    sides = [
        0.3 + rng.normal(0, 0.1, (rooms, 3, 7))[number] + rng.normal(0, 0.05, (8 * rooms, 3, 7)) for _ in "12"
    ]
    sides[1][:, 2, 6] += change
    return [np.clip(side, 0, 1) for side in sides], number


def test_differences_between_rooms_are_not_differences_between_cuts() -> None:
    false, ignored = 0, 0
    for seed in range(30):
        sides, number = in_rooms(seed, 4)
        false += (compare_groups(*sides, False, 1, (number, number)).p_adjusted <= ALPHA).any()
        ignored += (compare_groups(*sides, False, 1).p_adjusted <= ALPHA).any()
    assert false <= 4
    assert ignored > 20


def test_a_difference_that_recurs_from_room_to_room_is_found() -> None:
    sides, number = in_rooms(1, 6, change=0.5)
    found = compare_groups(*sides, False, 1, (number, number))
    assert found.verdict((2, 6)) is DifferenceVerdict.DIFFERS
    assert found.rooms == (6, 6)
    assert 0.4 < found.room_share < 0.95


def test_few_rooms_give_an_interval_but_no_significant_difference() -> None:
    sides, number = in_rooms(1, 2, change=0.6)
    found = compare_groups(*sides, False, 1, (number, number))
    assert np.isnan(found.p_adjusted).all()
    assert found.verdict((2, 6)) is DifferenceVerdict.INCONCLUSIVE
    assert found.interval[0, 2, 6] < found.difference[2, 6] < found.interval[1, 2, 6]


def test_identical_groups_seldom_differ() -> None:
    runs = 100
    false = sum(
        (compare_groups(*groups(seed, (5, 5)), False, 1).p_adjusted <= ALPHA).any() for seed in range(runs)
    )
    assert false / runs < 0.12


@pytest.mark.parametrize(("first", "second", "paired"), [((4, 3), (4, 2), False), ((4, 3), (5, 3), True)])
def test_groups_that_cannot_be_compared_are_rejected(first, second, paired) -> None:
    with pytest.raises(ValueError, match="both groups must have"):
        compare_groups(np.zeros(first), np.zeros(second), paired, 1)
