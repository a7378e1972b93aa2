"""Intervals: against published values, and whether they hold what they promise."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special, stats

from moviemotion.statistics import (
    average_ranks,
    grouped_medians,
    holm_adjusted,
    mean_interval,
    paired_difference_interval,
    student_t_quantile,
    wilson_interval,
)


def test_wilson_gives_the_values_of_newcombe_1998():
    # Newcombe (1998), table I, method 3.
    for k, n, low, high in [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611)]:
        measured = wilson_interval(k, n)
        assert measured[0] == pytest.approx(low, abs=5e-5)
        assert measured[1] == pytest.approx(high, abs=5e-5)


@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_wilson_interval_contains_the_share_and_stays_within_0_and_1(counts):
    k, n = counts
    low, high = wilson_interval(k, n)
    assert 0 <= low <= k / n + 1e-12
    assert k / n - 1e-12 <= high <= 1


def test_the_wilson_interval_of_no_trials_is_nan():
    assert np.isnan(wilson_interval(0, 0)).all()


def test_the_mean_interval_has_nominal_coverage():
    rng = np.random.default_rng(1)
    audiences = rng.beta(2, 3, size=(12, 4000))
    _, low, high = mean_interval(audiences)
    covered = ((low <= 0.4) & (high >= 0.4)).mean()
    assert 0.93 <= covered <= 0.97


def test_the_mean_interval_ignores_viewers_who_were_not_seen():
    values = np.array([[0.2, np.nan, np.nan], [0.4, 0.5, np.nan], [np.nan, np.nan, np.nan]])
    mean, low, high = mean_interval(values)
    assert mean[:2] == pytest.approx([0.3, 0.5])
    assert low[0] < 0.3 < high[0]
    assert np.isnan([low[1], high[1], mean[2]]).all()


def test_a_paired_difference_has_students_interval():
    before, after = np.array([0.1, 0.4, 0.3, np.nan]), np.array([0.3, 0.5, 0.6, 0.9])
    mean, low, high = paired_difference_interval(before, after)
    assert mean == pytest.approx(0.2)
    assert (high - low) / 2 == pytest.approx(4.3026527 * 0.1 / np.sqrt(3))


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_holm_increases_p_values_and_keeps_their_order(p_values):
    adjusted = holm_adjusted(p_values)
    assert (adjusted >= p_values).all()
    assert (np.diff(adjusted[np.argsort(p_values, kind="stable")]) >= 0).all()


def test_holm_ignores_nan():
    assert holm_adjusted([0.01, np.nan, 0.04, 0.03]) == pytest.approx([0.03, np.nan, 0.06, 0.06], nan_ok=True)


@given(st.floats(0.5, 1e6))
def test_student_quantiles_equal_those_of_scipy_stats(degrees_of_freedom):
    expected = stats.t.ppf(0.975, degrees_of_freedom)
    assert float(student_t_quantile(degrees_of_freedom)) == pytest.approx(expected, rel=1e-12)


def test_student_quantiles_are_computed_in_double_precision():
    single = np.array([1.5, 7.25, 40.125], np.float32)
    np.testing.assert_array_equal(student_t_quantile(single), student_t_quantile(single.astype(np.float64)))
    assert student_t_quantile(single).dtype == np.float64


@given(st.lists(st.integers(-3, 3), min_size=1, max_size=30))
def test_average_ranks_equal_those_of_scipy_stats(values):
    x = np.array(values, dtype=np.float64)
    np.testing.assert_array_equal(average_ranks(x), stats.rankdata(x))
    columns = np.stack([x, -x, x**2], axis=1)
    np.testing.assert_array_equal(average_ranks(columns), stats.rankdata(columns, axis=0))


@given(st.integers(1, 60), st.integers(1, 500), st.floats(0.5, 60), st.floats(1e-6, 0.999))
def test_the_special_functions_used_equal_the_distributions_of_scipy_stats(dfn, dfd, noncentrality, p):
    """What `analysis` takes from `scipy.special`, whose import is fast."""

    def same(ours: float, theirs: float) -> None:
        assert float(ours) == pytest.approx(float(theirs), rel=1e-12, abs=1e-12)

    same(special.ndtri(p), stats.norm.ppf(p))
    same(-special.ndtri(p / 2), stats.norm.isf(p / 2))
    same(special.stdtr(dfd, -noncentrality), stats.t.sf(noncentrality, dfd))
    same(special.fdtri(dfn, dfd, 1 - 0.025), stats.f.isf(0.025, dfn, dfd))
    limit = stats.f.isf(0.025, dfn, dfd)
    same(1 - special.ncfdtr(dfn, dfd, noncentrality, limit), stats.ncf.sf(limit, dfn, dfd, noncentrality))


def test_wilson_equals_its_closed_form_at_the_ends():
    low, high = wilson_interval([0, 12], 12)
    z2 = 1.959963984540054**2
    assert low == pytest.approx([0, 12 / (12 + z2)])
    assert high == pytest.approx([z2 / (12 + z2), 1])


def test_holm_equals_a_worked_example():
    assert holm_adjusted([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm_adjusted([0.6, 0.7]) == pytest.approx([1, 1])


def test_intervals_of_means_are_clipped_to_0_and_1_and_those_of_differences_are_not():
    values = np.array([[0.0, 1.0], [0.1, 0.9], [0.5, 0.5]])
    _, low, high = mean_interval(values)
    assert (low[0], high[1]) == (0, 1)
    _, low, high = paired_difference_interval(np.zeros((3, 2)), values)
    assert low[0] < 0
    assert high[1] > 1


@given(st.lists(st.tuples(st.integers(0, 5), st.floats(-9, 9), st.floats(-9, 9)), min_size=1, max_size=40))
def test_grouped_medians_are_those_of_numpy(rows: list[tuple[int, float, float]]) -> None:
    group, values = np.array([row[0] for row in rows]), np.array([row[1:] for row in rows])
    groups, medians = grouped_medians(values, group)
    assert groups.tolist() == sorted(set(group.tolist()))
    expected = [np.median(values[group == each], axis=0) for each in groups]
    assert medians == pytest.approx(np.array(expected))
