"""Crowds: read as a screening would read them, with a truth that the readings follow."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moviemotion.analysis.analyze import analyze
from moviemotion.analysis.signals.timeline import build_timeline
from moviemotion.emotions import EMOTIONS, NON_NEUTRAL_EMOTIONS, Emotion
from moviemotion.simulation.synthetic_audience import EmotionEvent, EmotionSchedule
from moviemotion.simulation.synthetic_samples import (
    SAMPLE_RATE,
    SimulatedScreening,
    simulate_screening,
    simulate_viewer,
)

HAPPY = NON_NEUTRAL_EMOTIONS.index(Emotion.HAPPY)
FILM = EmotionSchedule((EmotionEvent(40, 48, Emotion.HAPPY, 1.0), EmotionEvent(90, 98, Emotion.SAD, 0.9)))
NOTHING = EmotionSchedule(())


def everyone(crowd: SimulatedScreening) -> list:
    return [simulate_viewer(crowd, viewer) for viewer in range(len(crowd.viewers))]


@settings(max_examples=10, deadline=None)
@given(st.integers(1, 4), st.integers(2, 900), st.integers(0, 10_000))
def test_samples_are_distributions_in_order_of_time_within_the_film(viewers, seconds, seed):
    for seen in everyone(simulate_screening(NOTHING, viewers, seconds, seed)):
        reading = seen.reading
        assert np.all(np.diff(reading.time) > 0)
        assert np.all((reading.time >= 0) & (reading.time < seconds))
        np.testing.assert_allclose(reading.probabilities.sum(axis=1), 1, atol=1e-5)
        assert np.all((reading.weight >= 0) & (reading.weight <= 1))
        assert seen.felt_intensity.shape == (seconds, len(NON_NEUTRAL_EMOTIONS))
        assert np.all(seen.felt_intensity.sum(axis=1) <= 1 + 1e-5)
        assert len(reading.time) <= seconds * SAMPLE_RATE


def test_the_same_seed_gives_the_same_samples_and_another_does_not():
    first, again, other = (
        simulate_viewer(simulate_screening(FILM, 3, 120, seed), 1).reading for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first.probabilities, again.probabilities)
    np.testing.assert_array_equal(first.weight, again.weight)
    assert first.probabilities.shape != other.probabilities.shape or not np.array_equal(
        first.probabilities, other.probabilities
    )


def test_a_viewer_who_missed_the_joke_follows_the_audience_and_never_precedes_it():
    alone, drawn = (
        np.stack([seen.felt_intensity for seen in everyone(simulate_screening(FILM, 100, 100, 5, contagion))])
        for contagion in (0.0, 0.8)
    )
    missed = alone[:, 40:52, HAPPY].max(axis=1) < 0.05
    assert 3 <= missed.sum() <= 20
    assert drawn[missed, 45, HAPPY].min() > 0.1
    np.testing.assert_array_equal(drawn[:, :40, HAPPY] > alone[:, :40, HAPPY].max() + 1e-6, False)


def test_resting_expressions_differ_and_some_look_sad_or_amused():
    rests = np.stack(
        [seen.resting_probabilities for seen in everyone(simulate_screening(NOTHING, 200, 2, 3))]
    )
    assert 0.6 < np.median(rests[:, 0]) < 0.9
    for emotion in (Emotion.SAD, Emotion.HAPPY):
        assert 0.05 < (rests[:, EMOTIONS.index(emotion)] > 0.1).mean() < 0.4


def test_an_absence_gives_no_samples_and_a_turned_head_no_weight():
    crowd = simulate_screening(NOTHING, 20, 900, 4)
    unseen = turned = 0
    for seen in everyone(crowd):
        at = np.rint(seen.reading.time * SAMPLE_RATE).astype(int)
        unseen += 900 * SAMPLE_RATE - len(at)
        turned += int((seen.reading.weight == 0).sum())
        read = np.bincount(at[seen.reading.weight > 0] // SAMPLE_RATE, minlength=900) / SAMPLE_RATE
        np.testing.assert_allclose(seen.in_view, read, atol=1e-6)
    assert unseen > 0
    assert turned > 0


def test_adjacent_samples_are_more_alike_than_distant_ones():
    emotions = simulate_viewer(simulate_screening(NOTHING, 1, 1800, 6), 0).reading.probabilities[:, 0]
    log_odds = np.log(emotions / (1 - emotions))
    near, far = (np.corrcoef(log_odds[k:], log_odds[:-k])[0, 1] for k in (1, 10 * SAMPLE_RATE))
    assert 0.5 < near < 0.95
    assert abs(far) < near / 2


def test_a_simulated_screening_finds_the_events_of_the_schedule():
    crowd = simulate_screening(FILM, 24, 150, 7)
    analysis = analyze("film", build_timeline((s.reading for s in everyone(crowd)), 149.8), None, (), seed=1)
    assert [(m.emotion) for m in analysis.moment_search.moments] == [beat.emotion for beat in FILM.events]
    for moment, beat in zip(analysis.moment_search.moments, FILM.events, strict=True):
        assert moment.start == pytest.approx(beat.start, abs=3)
        assert moment.end == pytest.approx(beat.end, abs=4)
