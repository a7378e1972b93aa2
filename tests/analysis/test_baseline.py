"""A person's own neutral, and strength measured from it."""

import numpy as np
import pytest
from audiences import hide_viewer, simulate_timeline, strength_of
from hypothesis import given, settings
from hypothesis import strategies as st

from moviemotion.analysis.signals.baseline import (
    MIN_HEADROOM,
    Baseline,
    TimeSpan,
    estimate_baseline,
    parse_time_span,
    strength_above_baseline,
)
from moviemotion.analysis.signals.timeline import Timeline
from moviemotion.emotions import EMOTIONS, NON_NEUTRAL_EMOTIONS, Emotion
from moviemotion.errors import MoviemotionError

HAPPY, SAD = EMOTIONS.index(Emotion.HAPPY), EMOTIONS.index(Emotion.SAD)


def person(seconds, resting, seed=1, smiling=slice(0, 0), noise=0.25):
    """One viewer: emotion → probability at rest, with noise in log-odds; nearly all joy in `smiling`."""
    p = np.full(8, 0.005)
    for emotion, value in resting.items():
        p[emotion] = value
    p[0] = 1 - p[1:].sum()
    logits = np.log(p) + np.random.default_rng(seed).normal(0, noise, (seconds, 8))
    logits[smiling, HAPPY] += np.random.default_rng(seed + 1).uniform(3, 9, (seconds, 1))[smiling, 0]
    scores = np.exp(logits)
    scores /= scores.sum(axis=1, keepdims=True)
    return Timeline(("a",), 0, scores[None].astype(np.float32), np.full((1, seconds), 5, np.int32))


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [("0:00-0:20", 0, 20), ("1:02:05-1:03:00", 3725, 3780), ("5-12.5", 5, 12.5), ("0:10–0:20", 10, 20)],
)
def test_time_spans_are_parsed_from_clock_times_and_seconds(text, start, end):
    assert parse_time_span(text) == TimeSpan(start, end)


@given(st.integers(0, 9000), st.integers(1, 9000))
def test_formatted_clock_times_are_parsed_to_the_same_span(start, length):
    def clock(t):
        return f"{t // 3600}:{t // 60 % 60:02}:{t % 60:02}"

    end = start + length
    assert parse_time_span(f"{clock(start)}-{clock(end)}") == TimeSpan(start, end)


@pytest.mark.parametrize(
    "text", ["", "0:20", "0:20-0:10", "0:20-0:20", "a-b", "1-2-3", "-5", "0:0x-0:20", "nan-5"]
)
def test_invalid_time_spans_are_rejected_in_one_line(text):
    with pytest.raises(MoviemotionError, match=r"baseline .*0:00-0:20") as error:
        parse_time_span(text)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(("emotion", "value"), [(SAD, 0.45), (HAPPY, 0.35), (SAD, 0.1)])
@pytest.mark.parametrize("share", [0.0, 0.25, 0.5])
def test_the_baseline_removes_most_of_a_resting_bias_however_often_the_viewer_smiles(emotion, value, share):
    smiling = slice(0, int(share * 300))
    timeline = person(300, {emotion: value}, smiling=smiling)
    calm = np.ones(300, bool)
    calm[smiling] = False
    column = emotion - 1
    without = timeline.probabilities[0, calm, emotion].mean()
    assert strength_of(timeline)[0, calm, column].mean() < 0.3 * without
    if share:
        assert strength_of(timeline)[0, smiling, HAPPY - 1].mean() > 0.5


def test_a_viewer_who_cries_or_laughs_throughout_still_has_both_emotions():
    timeline = person(60, {SAD: 0.85}, smiling=slice(30, 60))
    read = strength_of(timeline)[0]
    assert read[:30, SAD - 1].mean() > 0.45
    assert read[30:, HAPPY - 1].mean() > 0.5
    marked = estimate_baseline(timeline, TimeSpan(0, 30))
    assert strength_above_baseline(timeline, marked)[0, :30, SAD - 1].mean() < 0.1


def test_a_marked_stretch_determines_the_baseline():
    timeline = person(200, {SAD: 0.3}, smiling=slice(30, 200))
    marked = estimate_baseline(timeline, TimeSpan(5.0, 25.0))
    assert (marked.from_marked_span.tolist(), marked.seconds.tolist()) == ([True], [20])
    assert marked.probabilities[0] == pytest.approx(timeline.probabilities[0, 5:25].mean(axis=0), abs=1e-6)
    assert strength_above_baseline(timeline, marked)[0, 60:, HAPPY - 1].mean() > 0.5


def test_a_viewer_not_seen_in_the_marked_stretch_gets_an_estimated_baseline():
    timeline = hide_viewer(simulate_timeline(2, 60, 1), 1, 0, 20)
    rest = estimate_baseline(timeline, TimeSpan(0, 20))
    assert rest.from_marked_span.tolist() == [True, False]
    assert rest.probabilities[1] == pytest.approx(estimate_baseline(timeline).probabilities[1])


def test_a_marked_stretch_outside_the_film_is_rejected():
    with pytest.raises(MoviemotionError, match="outside the analyzed film time"):
        estimate_baseline(simulate_timeline(2, 60, 1), TimeSpan(60, 80))


def test_a_viewer_who_was_never_seen_has_no_baseline():
    rest = estimate_baseline(hide_viewer(simulate_timeline(2, 60, 1), 1, 0, 60))
    assert np.isnan(rest.probabilities[1]).all()
    assert rest.seconds[1] == 0


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 10_000))
def test_strength_is_between_0_and_1_and_nan_exactly_where_not_seen(seed):
    timeline = hide_viewer(simulate_timeline(3, 40, seed), 1, 5, 15)
    strength = strength_of(timeline)
    assert strength.shape == (3, 40, len(NON_NEUTRAL_EMOTIONS))
    assert (np.isnan(strength).all(axis=2) == (timeline.sample_counts == 0)).all()
    assert np.nanmin(strength) >= 0
    assert np.nanmax(strength) <= 1


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1))
def test_strength_is_0_at_rest_and_grows_with_the_probability(resting, low, high):
    low, high = sorted((low, high))
    scores = np.zeros((1, 3, 8), np.float32)
    scores[0, :, HAPPY] = resting, low, high
    timeline = Timeline(("a",), 0, scores, np.ones((1, 3), np.int32))
    rest = Baseline(scores[:, 0].astype(np.float64), np.array([1]), np.array([True]))
    at_rest, lower, higher = strength_above_baseline(timeline, rest)[0, :, HAPPY - 1]
    assert at_rest == 0
    assert lower <= higher <= 1
    if resting <= 1 - MIN_HEADROOM and high == 1:
        assert higher == pytest.approx(1, abs=1e-6)
