"""The timeline of feels."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moviemotion.analysis.signals.audience_curve import REACTION_THRESHOLD
from moviemotion.analysis.signals.baseline import estimate_baseline, strength_above_baseline
from moviemotion.analysis.signals.moving_mean import moving_mean
from moviemotion.analysis.signals.timeline import MIN_WEIGHT, ViewerSamples, build_timeline
from moviemotion.emotions import EMOTIONS, Emotion


def _reading(times, weight=None, seed=0):
    emotions = np.random.default_rng(seed).dirichlet(np.ones(8), len(times)).astype(np.float32)
    full = np.ones(len(times), np.float32) if weight is None else np.array(weight, np.float32)
    return ViewerSamples("a", np.array(times, np.float64), emotions, full)


@settings(deadline=None)
@given(st.lists(st.floats(-3, 12), max_size=60))
def test_every_sample_is_counted_in_its_own_second(times):
    reading = _reading(sorted(times))
    inside = (reading.time >= 0) & (reading.time <= 9.5)
    around = np.full(reading.probabilities.shape, np.nan)
    around[inside] = moving_mean(reading.time[inside], reading.probabilities[inside], reading.weight[inside])
    timeline = build_timeline([reading], end=9.5)
    assert timeline.probabilities.shape == (1, 10, 8)
    for second in range(10):
        own = inside & (reading.time >= second) & (reading.time < second + 1)
        assert timeline.sample_counts[0, second] == own.sum()
        if own.any():
            mean = reading.probabilities[own].mean(axis=0)
            assert timeline.probabilities[0, second] == pytest.approx(mean, abs=1e-6)
            highest = np.maximum(mean, around[own].max(axis=0))[1:]
            assert timeline.peak[0, second] == pytest.approx(highest, abs=1e-6)
        else:
            assert np.isnan(timeline.probabilities[0, second]).all()
            assert np.isnan(timeline.peak[0, second]).all()


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


@pytest.mark.parametrize("start", [10.0, 10.2, 10.4, 10.6, 10.8])
@pytest.mark.parametrize("joy_at_rest", [0.005, 0.05, 0.1])
def test_a_smile_of_half_a_second_is_a_strong_reaction(start, joy_at_rest):
    time = np.arange(0, 60, 0.2)
    joy = np.where((time > start - 0.1) & (time < start + 0.5), 0.99, joy_at_rest)
    emotions = np.zeros((len(time), 8), np.float32)
    emotions[:, EMOTIONS.index(Emotion.HAPPY)] = joy
    emotions[:, EMOTIONS.index(Emotion.NEUTRAL)] = 1 - joy
    timeline = build_timeline([ViewerSamples("a", time, emotions, np.ones(len(time), np.float32))], 59.9)
    strength = strength_above_baseline(timeline, estimate_baseline(timeline))[0, :, 0]
    assert strength.max() >= 0.9
    # The window reaches 0.3 s into the seconds around the smile.
    assert set(np.flatnonzero(strength >= REACTION_THRESHOLD)) <= {9, 10, 11}


def test_a_single_misread_sample_is_no_strong_reaction():
    time = np.arange(0, 60, 0.2)
    emotions = np.tile(np.array([0.95, 0.02, *[0.005] * 6], np.float32), (len(time), 1))
    emotions[150] = np.eye(8)[1]
    timeline = build_timeline([ViewerSamples("a", time, emotions, np.ones(len(time), np.float32))], 59.9)
    assert strength_above_baseline(timeline, estimate_baseline(timeline)).max() < 0.4


def test_without_peaks_the_means_serve_as_peaks():
    timeline = build_timeline([_reading(np.arange(0, 5, 0.2))], end=4.9)
    assert (timeline.at_peak()[:, :, 0] == timeline.probabilities[:, :, 0]).all()
    assert (timeline.at_peak()[:, :, 1:] == timeline.peak).all()
    assert (replace(timeline, peak=None).at_peak() == timeline.probabilities).all()
    assert (timeline.of_viewers([0]).peak == timeline.peak).all()
