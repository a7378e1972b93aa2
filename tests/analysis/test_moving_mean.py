"""The moving mean: no shift, and no influence beyond the window."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from moviemotion.analysis.signals.moving_mean import WINDOW_SECONDS, moving_mean


def _samples(seed, n=60, rate=5.0):
    rng = np.random.default_rng(seed)
    time = np.sort(rng.uniform(0, n / rate, n))
    return time, rng.dirichlet(np.ones(8), n), rng.uniform(0.05, 1, n)


@given(st.integers(0, 9999))
def test_means_are_distributions_within_the_range_of_the_data(seed):
    time, emotions, weight = _samples(seed)
    means = moving_mean(time, emotions, weight)
    assert means.sum(axis=1) == pytest.approx(np.ones(len(time)))
    assert (means.min(axis=0) >= emotions.min(axis=0) - 1e-12).all()
    assert (means.max(axis=0) <= emotions.max(axis=0) + 1e-12).all()


@given(st.integers(0, 9999))
def test_the_mean_is_symmetric_in_time(seed):
    time, emotions, weight = _samples(seed)
    backwards = moving_mean(-time[::-1], emotions[::-1], weight[::-1])[::-1]
    assert backwards == pytest.approx(moving_mean(time, emotions, weight))


def test_samples_outside_the_window_have_no_influence():
    time, emotions, weight = _samples(1, n=200)
    whole = moving_mean(time, emotions, weight)
    until = 20.0
    known = time <= until
    so_far = moving_mean(time[known], emotions[known], weight[known])
    final = time[known] < until - WINDOW_SECONDS / 2
    assert so_far[final] == pytest.approx(whole[known][final])
    assert not np.allclose(so_far[~final], whole[known][~final])


def test_a_sample_with_low_weight_follows_its_neighbors():
    time = np.array([0.0, 0.2, 0.4])
    emotions = np.eye(8)[[0, 1, 0]]
    trusted = moving_mean(time, emotions, np.array([1.0, 1.0, 1.0]))[1, 1]
    doubted = moving_mean(time, emotions, np.array([1.0, 0.1, 1.0]))[1, 1]
    assert doubted < 0.1 < trusted


def test_no_samples_give_an_empty_result():
    assert moving_mean(np.empty(0), np.empty((0, 8)), np.empty(0)).shape == (0, 8)


def test_the_window_includes_samples_at_its_edges():
    emotions = np.eye(8)[[0, 1, 2]]
    half = WINDOW_SECONDS / 2
    for apart, share in ((half, 1 / 3), (half + 0.01, 0.0)):
        found = moving_mean(np.array([0.0, apart, 2 * apart]), emotions, np.array([1.0, 0.5, 1.0]))
        assert found[0, 1] == pytest.approx(share)
        assert found[0, 2] == 0
