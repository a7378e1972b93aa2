"""Intervals of a mean over viewers: their coverage, also where almost nobody reacts."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from moviemotion.analysis.signals.strength_intervals import difference_intervals, strength_intervals
from moviemotion.statistics import mean_interval, wilson_interval


@given(arrays(float, (6, 4), elements=st.floats(0, 1)), arrays(float, (6, 4), elements=st.floats(0.1, 1)))
def test_the_interval_contains_the_mean_and_lies_between_0_and_1(values, weight):
    mean, low, high = strength_intervals(values, weight)
    assert mean == pytest.approx(np.average(values, axis=0, weights=weight))
    assert np.all((low >= 0) & (low <= mean + 1e-9) & (mean <= high + 1e-9) & (high <= 1))


def test_yes_or_no_of_many_viewers_gives_the_interval_of_a_share():
    answers = (np.arange(400) < 100).astype(float)[:, None]
    _, low, high = strength_intervals(answers)
    assert (low[0], high[0]) == pytest.approx([float(x) for x in wilson_interval(100, 400)], abs=2e-3)


@pytest.mark.parametrize("viewers", [5, 8, 24, 100])
def test_the_coverage_is_nominal_in_calm_seconds_where_students_interval_fails(viewers):
    """Nine in ten react to the film's few events; between them one in thirty reacts alone."""
    rng = np.random.default_rng(viewers)
    audiences, seconds, events = 200, 60, 10
    shape = (audiences, viewers, seconds)
    reacts = rng.random(shape) < np.where(np.arange(seconds) < events, 0.9, 1 / 30)
    values = np.where(reacts, rng.beta(6, 3, shape), 0.0)
    truth = np.where(np.arange(seconds) < events, 0.9, 1 / 30) * 6 / 9

    def coverage(interval):
        held = [(low <= truth) & (truth <= high) for _, low, high in map(interval, values)]
        return np.mean(held, axis=0)[:events].mean(), np.mean(held, axis=0)[events:].mean()

    assert min(coverage(strength_intervals)) >= 0.92
    assert coverage(mean_interval)[1] < 0.9


@pytest.mark.parametrize("sizes", [(6, 6), (30, 10)])
def test_difference_intervals_cover_the_truth_if_one_group_shows_nothing(sizes):
    """In two of twenty seconds, nine in ten viewers of the second group react and nobody of the first."""
    rng = np.random.default_rng(sizes)
    rate = np.stack([np.full(20, 1 / 30), np.where(np.arange(20) < 2, 0.9, 1 / 30)])
    truth, held = (rate[1] - rate[0]) * 6 / 9, []
    for _ in range(400):
        first, second = (
            np.where(rng.random((n, 20)) < of, rng.beta(6, 3, (n, 20)), 0.0)
            for n, of in zip(sizes, rate, strict=True)
        )
        low, high = difference_intervals(first, second)
        held.append((low <= truth) & (truth <= high))
    assert np.mean(held, axis=0)[:2].mean() > 0.92
    assert np.mean(held, axis=0)[2:].mean() > 0.92


def test_low_weights_count_less_and_widen_the_interval():
    values = np.array([[0.8], [0.8], [0.2], [0.2]])
    equal, half = np.ones((4, 1)), np.array([[1.0], [1.0], [0.5], [0.5]])
    mean, low, high = strength_intervals(values, half)
    assert mean[0] == pytest.approx(0.6)
    _, low_equal, high_equal = strength_intervals(values, equal)
    assert high[0] - low[0] > 0.95 * (high_equal[0] - low_equal[0])
    one_alone = np.array([[1.0], [0.0], [0.0], [0.0]])
    assert strength_intervals(values, one_alone)[0][0] == pytest.approx(0.8)


def test_unseen_seconds_are_nan_and_one_viewer_has_no_interval():
    values = np.array([[0.2, np.nan, 0.4], [np.nan, np.nan, 0.6]])
    mean, low, high = strength_intervals(values)
    assert mean[[0, 2]] == pytest.approx([0.2, 0.5])
    assert np.isnan(mean[1])
    assert np.isnan([low[0], high[0], low[1], high[1]]).all()
    assert low[2] < 0.5 < high[2]
