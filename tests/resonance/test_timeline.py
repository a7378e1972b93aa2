"""The timeline of feels and strength."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rooms import room_of, unseen

from moviemotion.emotions import EMOTIONS, FEELINGS, Emotion
from moviemotion.resonance.timeline import build_timeline, strength


def _emotions(count, seed=0):
    return np.random.default_rng(seed).dirichlet(np.ones(8), count).astype(np.float32)


@settings(deadline=None)
@given(st.lists(st.floats(-3, 12), max_size=60))
def test_every_sample_within_the_film_is_in_its_own_second(times):
    time = np.array(times)
    emotions = _emotions(len(times))
    timeline = build_timeline([("a", time, emotions)], end=9.5)
    assert timeline.scores.shape == (1, 10, 8)
    for second in range(10):
        own = (time >= max(second, 0)) & (time < second + 1) & (time <= 9.5)
        assert timeline.samples[0, second] == own.sum()
        if own.any():
            assert timeline.scores[0, second] == pytest.approx(emotions[own].mean(axis=0), abs=1e-6)
        else:
            assert np.isnan(timeline.scores[0, second]).all()


def test_a_room_with_nobody_has_no_rows():
    assert build_timeline([], end=4.0).scores.shape == (0, 5, 8)


def test_strength_is_measured_from_each_viewers_own_rest():
    scores = np.full((2, 60, 8), 0.01, dtype=np.float32)
    sad = EMOTIONS.index(Emotion.SAD)
    scores[0, :, sad], scores[1, :, sad] = 0.05, 0.5  # the second one merely looks sad
    scores[:, :, 0] = 1 - scores[:, :, 1:].sum(axis=2)
    timeline = build_timeline([(str(v), np.arange(60.0), scores[v]) for v in range(2)], end=59)
    assert np.abs(strength(timeline)).max() < 1e-6


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 10_000))
def test_strength_lies_between_0_and_1_and_is_unknown_exactly_where_nobody_was_seen(seed):
    timeline = unseen(room_of(3, 40, seed), 1, 5, 15)
    of_viewers = strength(timeline)
    assert of_viewers.shape == (3, 40, len(FEELINGS))
    assert (np.isnan(of_viewers).all(axis=2) == (timeline.samples == 0)).all()
    assert np.nanmin(of_viewers) >= 0
    assert np.nanmax(of_viewers) <= 1
