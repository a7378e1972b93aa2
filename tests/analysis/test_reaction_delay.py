"""Reaction delays of viewers relative to each other, and of the audience after known events."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter1d, shift

from moviemotion.analysis.signals.baseline import estimate_baseline, strength_above_baseline
from moviemotion.analysis.signals.reaction_delay import estimate_reaction_delay, estimate_relative_delay
from moviemotion.analysis.signals.timeline import build_timeline
from moviemotion.emotions import NON_NEUTRAL_EMOTIONS, Emotion
from moviemotion.simulation.synthetic_audience import EmotionEvent, EmotionSchedule
from moviemotion.simulation.synthetic_samples import simulate_screening, simulate_viewer

HAPPY, SAD = NON_NEUTRAL_EMOTIONS.index(Emotion.HAPPY), NON_NEUTRAL_EMOTIONS.index(Emotion.SAD)
EVENTS = (30.0, 75.0, 110.0, 160.0, 205.0)


def late_by(*delays: float) -> np.ndarray:
    """(V, 240, 7): the same reactions to five events, each viewer late by so much."""
    fine = np.zeros((2400, 7))
    for k, event in enumerate(EVENTS):
        fine[round(event * 10) : round(event * 10) + 50, HAPPY if k % 2 else SAD] = 0.8
    fine = gaussian_filter1d(fine, 5, axis=0)
    moved = [shift(fine, (round(delay * 10), 0), order=0) for delay in delays]
    return np.stack([m.reshape(240, 10, 7).mean(axis=1) for m in moved])


def test_relative_delays_are_recovered():
    delays = np.array([0.4, 0.6, 1.0, 1.3, 1.7, 2.5])
    found = estimate_relative_delay(late_by(*delays), 1)
    others = (delays.sum() - delays) / 5
    np.testing.assert_allclose(found.viewer_delays, delays - others, atol=0.2)
    assert found.spread_interval[0] < found.spread < found.spread_interval[1]
    assert found.spread == pytest.approx(np.std(delays - others, ddof=1), abs=0.15)


def test_a_common_delay_is_invisible_without_events():
    """An audience that is two seconds later looks the same."""
    early, late = (
        estimate_relative_delay(late_by(0.5, 1.0, 1.4), 1),
        estimate_relative_delay(late_by(2.5, 3.0, 3.4), 1),
    )
    np.testing.assert_allclose(early.viewer_delays, late.viewer_delays, atol=0.02)


def test_the_delay_after_known_events_is_recovered():
    for late in (0.5, 1.5, 3.0):
        found = estimate_reaction_delay(late_by(*[late] * 4), 0, EVENTS, 1)
        assert found.seconds == pytest.approx(late, abs=0.3)
        assert found.interval[0] <= found.seconds <= found.interval[1]
        assert (found.reacted_events, found.events) == (5, 5)


def test_delays_that_cannot_be_estimated_are_nan():
    rng = np.random.default_rng(1)
    strangers = rng.random((5, 300, 7)) * 0.05
    assert np.isnan(estimate_relative_delay(strangers, 1).viewer_delays).all()
    nothing = estimate_reaction_delay(strangers, 0, (50.0, 100.0), 1)
    assert np.isnan(nothing.seconds)
    assert (nothing.reacted_events, nothing.events) == (0, 2)
    alone = estimate_relative_delay(late_by(1.0), 1)
    assert np.isnan([alone.viewer_delays[0], alone.spread]).all()
    gone = late_by(0.5, 1.0, 1.5)
    gone[1] = np.nan
    assert np.isnan(estimate_relative_delay(gone, 1).viewer_delays).tolist() == [False, True, False]


def test_the_delays_of_a_simulated_audience_are_recovered():
    rng = np.random.default_rng(2)
    beats = [
        EmotionEvent(t, t + float(rng.uniform(4, 8)), (Emotion.HAPPY, Emotion.SAD)[k % 2], 0.9)
        for k, t in enumerate(range(20, 460, 25))
    ]
    crowd = simulate_screening(EmotionSchedule(tuple(beats)), 16, 480, 3)
    seen = [simulate_viewer(crowd, viewer) for viewer in range(16)]
    timeline = build_timeline((one.reading for one in seen), 479.8)
    strength = strength_above_baseline(timeline, estimate_baseline(timeline))
    true = np.array([one.reaction_profile.delay for one in seen])
    assert np.corrcoef(estimate_relative_delay(strength, 1).viewer_delays, true)[0, 1] > 0.8
    late = estimate_reaction_delay(strength, 0, [beat.start for beat in beats], 1)
    assert late.seconds == pytest.approx(np.median(true), abs=0.5)
