"""A person's own neutral, and strength measured from it."""

import numpy as np
import pytest
from audiences import hide_viewer, simulate_timeline, strength_of
from hypothesis import given, settings
from hypothesis import strategies as st

from moviemotion.analysis.analyze import analyze
from moviemotion.analysis.signals.baseline import (
    AVERAGE_REST,
    Baseline,
    TimeSpan,
    estimate_baseline,
    lasting_emotions,
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
    assert read[:30, SAD - 1].mean() > 0.04  # too low, because the rest is limited rather than known …
    assert lasting_emotions(timeline, estimate_baseline(timeline)) == (Emotion.SAD,)  # … which is reported
    assert read[30:, HAPPY - 1].mean() > 0.5
    marked = estimate_baseline(timeline, TimeSpan(0, 30))
    assert strength_above_baseline(timeline, marked)[0, :30, SAD - 1].mean() < 0.02


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


@pytest.mark.parametrize("emotion", [HAPPY, SAD])
@pytest.mark.parametrize("step", [0.5, 2.0, 4.0])
def test_the_same_step_in_log_odds_has_the_same_strength_from_every_rest(emotion, step):
    rest = np.array([0.01, 0.02, 0.1, 0.3, 0.6])
    odds = rest / (1 - rest) * np.exp(step)
    scores = np.zeros((5, 1, 8), np.float32)
    scores[:, 0, emotion] = odds / (1 + odds)
    resting = np.zeros((5, 8))
    resting[:, emotion] = rest
    timeline = Timeline(tuple("abcde"), 0, scores, np.ones((5, 1), np.int32))
    found = strength_above_baseline(timeline, Baseline(resting, np.ones(5, int), np.ones(5, bool)))
    after = AVERAGE_REST / (1 - AVERAGE_REST) * np.exp(step)
    expected = (after / (1 + after) - AVERAGE_REST) / (1 - AVERAGE_REST)
    assert found[:, 0, emotion - 1] == pytest.approx(np.full(5, expected), abs=1e-4)


def resting_and_smiling(smiling, step):
    """Twelve viewers with noisy faces who smile in blocks of 10 s, with `step` log-odds of joy."""
    rng = np.random.default_rng(4)
    logits = rng.normal(0, 0.6, (12, 600, 8)) + rng.normal(0, 0.7, (12, 1, 8))
    logits[:, :, 0] += 3
    for viewer in logits:
        for block in rng.permutation(60)[: int(60 * smiling)]:
            viewer[block * 10 : block * 10 + 10, HAPPY] += step
    scores = np.exp(logits)
    scores /= scores.sum(axis=2, keepdims=True)
    names = tuple(f"seat-{n}" for n in range(12))
    return Timeline(names, 0, scores.astype(np.float32), np.full((12, 600), 5, np.int32))


@pytest.mark.parametrize("step", [4.0, 6.0])
def test_viewers_who_smile_most_of_the_time_are_named_and_others_are_not(step):
    for smiling, least, most in ((0.0, 0, 0), (0.5, 0, 0), (0.75, 11, 12), (0.9, 11, 12)):
        timeline = resting_and_smiling(smiling, step)
        found = lasting_emotions(timeline, estimate_baseline(timeline))
        assert set(found) <= {None, Emotion.HAPPY}
        assert least <= sum(emotion is Emotion.HAPPY for emotion in found) <= most


def test_a_marked_stretch_in_which_people_smile_is_doubted_and_a_calm_one_is_not():
    timeline = person(200, {SAD: 0.1}, smiling=slice(0, 100))
    for span, expected in ((TimeSpan(0, 100), Emotion.HAPPY), (TimeSpan(100, 200), None)):
        assert lasting_emotions(timeline, estimate_baseline(timeline, span)) == (expected,)
    sad_face = person(200, {SAD: 0.7})
    assert lasting_emotions(sad_face, estimate_baseline(sad_face)) == (Emotion.SAD,)
    assert lasting_emotions(sad_face, estimate_baseline(sad_face, TimeSpan(0, 100))) == (None,)
    unseen = hide_viewer(timeline, 0, 0, 200)
    assert lasting_emotions(unseen, estimate_baseline(unseen)) == (None,)


def test_the_warning_names_the_viewer_and_the_remedy():
    timeline = person(200, {SAD: 0.1}, smiling=slice(0, 150))
    (problem,) = analyze("film", timeline, None, (), seed=1).data_quality.problems
    assert str(problem).startswith("a: hardly ever at rest, so a lasting emotion (happy) may")
    assert "mark a stretch in which the viewers are at rest" in str(problem)
    marked = analyze("film", timeline, None, (), seed=1, baseline_span=TimeSpan(180, 200))
    assert marked.data_quality.problems == ()
