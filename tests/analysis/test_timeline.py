"""The timeline of feels."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moviemotion.analysis.signals.smoothing import smooth
from moviemotion.analysis.signals.timeline import MIN_WEIGHT, ViewerSamples, build_timeline


def _reading(times, weight=None, seed=0):
    emotions = np.random.default_rng(seed).dirichlet(np.ones(8), len(times)).astype(np.float32)
    full = np.ones(len(times), np.float32) if weight is None else np.array(weight, np.float32)
    return ViewerSamples("a", np.array(times, np.float64), emotions, full)


@settings(deadline=None)
@given(st.lists(st.floats(-3, 12), max_size=60))
def test_every_sample_is_counted_in_its_own_second(times):
    reading = _reading(sorted(times))
    inside = (reading.time >= 0) & (reading.time <= 9.5)
    smoothed = np.full(reading.probabilities.shape, np.nan)
    smoothed[inside] = smooth(reading.time[inside], reading.probabilities[inside], reading.weight[inside])
    timeline = build_timeline([reading], end=9.5)
    assert timeline.probabilities.shape == (1, 10, 8)
    for second in range(10):
        own = inside & (reading.time >= second) & (reading.time < second + 1)
        assert timeline.sample_counts[0, second] == own.sum()
        if own.any():
            assert timeline.probabilities[0, second] == pytest.approx(smoothed[own].mean(axis=0), abs=1e-6)
        else:
            assert np.isnan(timeline.probabilities[0, second]).all()


@given(st.lists(st.floats(0, 1, width=32), min_size=1, max_size=8), st.integers(0, 99))
def test_samples_are_weighted_and_seconds_with_little_weight_are_unseen(weights, seed):
    reading = _reading([0.1] * len(weights), weights, seed)
    timeline = build_timeline([reading], end=0.9)
    w = reading.weight.astype(np.float64)
    if w.sum() < MIN_WEIGHT:
        assert timeline.sample_counts[0, 0] == 0
        assert np.isnan(timeline.probabilities).all()
    else:
        assert timeline.sample_counts[0, 0] == (w > 0).sum()
        expected = (reading.probabilities * w[:, None]).sum(axis=0) / w.sum()
        assert timeline.probabilities[0, 0] == pytest.approx(expected, abs=1e-5)
        assert timeline.weight[0, 0] == pytest.approx(w[w > 0].mean(), abs=1e-6)


def test_rejected_samples_are_ignored():
    reading = _reading([0.1, 0.2, 0.3], [1, 0, 1])
    without = ViewerSamples("a", reading.time[[0, 2]], reading.probabilities[[0, 2]], reading.weight[[0, 2]])
    both = build_timeline([reading, without], end=0.5)
    assert (both.probabilities[0] == both.probabilities[1]).all()
    assert both.sample_counts.tolist() == [[2], [2]]


def test_an_audience_without_viewers_has_no_rows():
    assert build_timeline([], end=4.0).probabilities.shape == (0, 5, 8)
