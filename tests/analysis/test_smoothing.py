"""Smoothing over time: no shift, and no influence beyond the stated radius."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from moviemotion.analysis.signals.smoothing import RADIUS_SECONDS, smooth


def _samples(seed, n=60, rate=5.0):
    rng = np.random.default_rng(seed)
    time = np.sort(rng.uniform(0, n / rate, n))
    return time, rng.dirichlet(np.ones(8), n), rng.uniform(0.05, 1, n)


@given(st.integers(0, 9999))
def test_smoothed_rows_are_distributions_within_the_range_of_the_data(seed):
    time, emotions, weight = _samples(seed)
    smoothed = smooth(time, emotions, weight)
    assert smoothed.sum(axis=1) == pytest.approx(np.ones(len(time)))
    assert (smoothed.min(axis=0) >= emotions.min(axis=0) - 1e-12).all()
    assert (smoothed.max(axis=0) <= emotions.max(axis=0) + 1e-12).all()


@given(st.integers(0, 9999))
def test_smoothing_is_symmetric_in_time(seed):
    time, emotions, weight = _samples(seed)
    backwards = smooth(-time[::-1], emotions[::-1], weight[::-1])[::-1]
    assert backwards == pytest.approx(smooth(time, emotions, weight))


def test_a_live_sample_is_final_after_the_stated_delay():
    time, emotions, weight = _samples(1, n=200)
    whole = smooth(time, emotions, weight)
    until = 20.0
    known = time <= until
    so_far = smooth(time[known], emotions[known], weight[known])
    final = time[known] < until - RADIUS_SECONDS
    assert so_far[final] == pytest.approx(whole[known][final])
    assert not np.allclose(so_far[~final], whole[known][~final])


def test_a_sample_with_low_weight_follows_its_neighbors():
    time = np.array([0.0, 0.2, 0.4])
    emotions = np.eye(8)[[0, 1, 0]]
    trusted = smooth(time, emotions, np.array([1.0, 1.0, 1.0]))[1, 1]
    doubted = smooth(time, emotions, np.array([1.0, 0.1, 1.0]))[1, 1]
    assert doubted < 0.1 < trusted


def test_no_samples_give_an_empty_result():
    assert smooth(np.empty(0), np.empty((0, 8)), np.empty(0)).shape == (0, 8)
