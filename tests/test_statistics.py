"""Intervals: against published values, and whether they hold what they promise."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from moviemotion.statistics import holm_adjusted, mean_interval, paired_difference_interval, wilson_interval


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
    rooms = rng.beta(2, 3, size=(12, 4000))
    _, low, high = mean_interval(rooms)
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
