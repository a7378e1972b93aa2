"""Marking a screening against the truth: on a room whose truth is known to the second."""

import numpy as np
import pytest

from moviemotion.analysis.analyze import analyze
from moviemotion.analysis.signals.timeline import Timeline
from moviemotion.emotions import Emotion
from moviemotion.errors import MoviemotionError
from moviemotion.simulation.recovery_score import score_recovery
from moviemotion.simulation.synthetic_audience import EmotionEvent, EmotionSchedule, simulate_audience

BEATS = EmotionSchedule((EmotionEvent(20, 28, Emotion.HAPPY, 1.0), EmotionEvent(60, 68, Emotion.SAD, 1.0)))


def read_perfectly(audience):
    truth = audience.ground_truth.astype(np.float32)
    seen = np.full(truth.shape[:2], 5, np.int32)
    return analyze("film", Timeline(audience.viewers, 0, truth, seen), None, (), seed=1)


def test_a_perfect_reading_has_a_perfect_score():
    audience = simulate_audience(BEATS, viewers=8, seconds=100, seed=3)
    recovery = score_recovery(read_perfectly(audience), audience, BEATS)
    assert [one.emotion for one in recovery.emotions] == [Emotion.HAPPY, Emotion.SAD]
    # Strength is not linear in the probability: these faces rest at 0, below an average face.
    assert all(one.viewer_correlation > 0.95 and one.audience_correlation > 0.95 for one in recovery.emotions)
    assert (recovery.detected, recovery.missed, recovery.false_positives) == (BEATS.events, (), ())


def test_a_reading_of_another_emotion_is_a_miss_and_a_false_positive():
    audience = simulate_audience(BEATS, viewers=8, seconds=100, seed=3)
    fear = EmotionSchedule((EmotionEvent(20, 28, Emotion.FEAR, 1.0), BEATS.events[1]))
    recovery = score_recovery(read_perfectly(audience), audience, fear)
    assert recovery.missed == fear.events[:1]
    assert [moment.emotion for moment in recovery.false_positives] == [Emotion.HAPPY]


def test_a_screening_with_missing_viewers_is_not_scored():
    audience = simulate_audience(BEATS, viewers=8, seconds=100, seed=3)
    other = simulate_audience(BEATS, viewers=7, seconds=100, seed=3)
    with pytest.raises(MoviemotionError, match="8 viewers were rendered but 7 were found"):
        score_recovery(read_perfectly(other), audience, BEATS)
