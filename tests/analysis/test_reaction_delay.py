"""Delays: who is later than whom, and how late the room is after what is known."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter1d, shift

from moviemotion.analysis.signals.baseline import find_rest, strength
from moviemotion.analysis.signals.reaction_delay import delay_after, relative_delay
from moviemotion.analysis.signals.timeline import build_timeline
from moviemotion.emotions import FEELINGS, Emotion
from moviemotion.simulation.synthetic_audience import Beat, FeelingScript
from moviemotion.simulation.synthetic_samples import gather_crowd, see

HAPPY, SAD = FEELINGS.index(Emotion.HAPPY), FEELINGS.index(Emotion.SAD)
EVENTS = (30.0, 75.0, 110.0, 160.0, 205.0)


def late_by(*delays: float) -> np.ndarray:
    """(V, 240, 7): the same reactions to five events, each viewer late by so much."""
    fine = np.zeros((2400, 7))
    for k, event in enumerate(EVENTS):
        fine[round(event * 10) : round(event * 10) + 50, HAPPY if k % 2 else SAD] = 0.8
    fine = gaussian_filter1d(fine, 5, axis=0)
    moved = [shift(fine, (round(delay * 10), 0), order=0) for delay in delays]
    return np.stack([m.reshape(240, 10, 7).mean(axis=1) for m in moved])


def test_a_viewer_is_behind_by_what_they_are_late():
    delays = np.array([0.4, 0.6, 1.0, 1.3, 1.7, 2.5])
    found = relative_delay(late_by(*delays), 1)
    others = (delays.sum() - delays) / 5
    np.testing.assert_allclose(found.behind, delays - others, atol=0.2)
    assert found.spread_interval[0] < found.spread < found.spread_interval[1]
    assert found.spread == pytest.approx(np.std(delays - others, ddof=1), abs=0.15)


def test_the_room_as_a_whole_has_no_delay_without_events():
    """A room that is later by two seconds looks the same."""
    early, late = relative_delay(late_by(0.5, 1.0, 1.4), 1), relative_delay(late_by(2.5, 3.0, 3.4), 1)
    np.testing.assert_allclose(early.behind, late.behind, atol=0.02)


def test_known_events_tell_how_late_the_room_is():
    for late in (0.5, 1.5, 3.0):
        found = delay_after(late_by(*[late] * 4), 0, EVENTS, 1)
        assert found.seconds == pytest.approx(late, abs=0.3)
        assert found.interval[0] <= found.seconds <= found.interval[1]
        assert (found.felt, found.events) == (5, 5)


def test_what_cannot_be_told_is_not_told():
    rng = np.random.default_rng(1)
    strangers = rng.random((5, 300, 7)) * 0.05
    assert np.isnan(relative_delay(strangers, 1).behind).all()
    nothing = delay_after(strangers, 0, (50.0, 100.0), 1)
    assert np.isnan(nothing.seconds)
    assert (nothing.felt, nothing.events) == (0, 2)
    alone = relative_delay(late_by(1.0), 1)
    assert np.isnan([alone.behind[0], alone.spread]).all()
    gone = late_by(0.5, 1.0, 1.5)
    gone[1] = np.nan
    assert np.isnan(relative_delay(gone, 1).behind).tolist() == [False, True, False]


def test_the_delays_of_a_simulated_crowd_come_back():
    rng = np.random.default_rng(2)
    beats = [
        Beat(t, t + float(rng.uniform(4, 8)), (Emotion.HAPPY, Emotion.SAD)[k % 2], 0.9)
        for k, t in enumerate(range(20, 460, 25))
    ]
    crowd = gather_crowd(FeelingScript(tuple(beats)), 16, 480, 3)
    seen = [see(crowd, viewer) for viewer in range(16)]
    timeline = build_timeline((one.reading for one in seen), 479.8)
    of_viewers = strength(timeline, find_rest(timeline))
    true = np.array([one.temper.delay for one in seen])
    assert np.corrcoef(relative_delay(of_viewers, 1).behind, true)[0, 1] > 0.8
    late = delay_after(of_viewers, 0, [beat.start for beat in beats], 1)
    assert late.seconds == pytest.approx(np.median(true), abs=0.5)
