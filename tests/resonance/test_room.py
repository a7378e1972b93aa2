"""The room second by second."""

import numpy as np
import pytest
from rooms import of_viewers_in, room_of, unseen
from scipy.stats import binom

from moviemotion.emotions import FEELINGS, Emotion
from moviemotion.resonance.room import read_room
from moviemotion.resonance.synchrony import SYNCHRONY_WINDOW, synchrony, synchrony_at


def test_figures_of_a_room_are_those_of_its_seen_viewers():
    timeline = unseen(room_of(6, 80, 3, ((30, 36, Emotion.HAPPY, 1.0),)), 0, 30, 40)
    of_viewers = of_viewers_in(timeline)
    room = read_room(timeline, of_viewers)
    assert room.viewers[33] == 5
    happy = FEELINGS.index(Emotion.HAPPY)
    assert room.strength[33, happy] == pytest.approx(of_viewers[1:, 33, happy].mean())
    assert room.overall[33] == pytest.approx(of_viewers[1:, 33].max(axis=1).mean())
    low, high = room.share_interval[:, 33]
    assert low < room.share[33] <= high


def test_nobody_seen_is_unknown_not_zero():
    timeline = room_of(2, 70, 4)
    for viewer in range(2):
        timeline = unseen(timeline, viewer, 20, 25)
    room = read_room(timeline, of_viewers_in(timeline))
    assert room.viewers[22] == 0
    assert np.isnan([room.overall[22], room.share[22], *room.strength[22]]).all()


def test_synchrony_equals_correlation_with_the_others_computed_plainly():
    of_viewers = of_viewers_in(room_of(4, 40, 5, ((15, 22, Emotion.SAD, 0.8),)))
    at, half = 18, SYNCHRONY_WINDOW // 2
    window = of_viewers[:, at - half : at + half + 1]
    centred = window - window.mean(axis=1, keepdims=True)
    plain = []
    for viewer in range(4):
        others = np.delete(centred, viewer, axis=0).mean(axis=0).ravel()
        own = centred[viewer].ravel()
        plain.append(own @ others / np.sqrt((own @ own) * (others @ others)))
    assert synchrony(of_viewers)[at] == pytest.approx(np.mean(plain))


def test_synchrony_is_1_for_copies_of_one_viewer_near_0_for_strangers_and_unknown_alone():
    one = of_viewers_in(room_of(1, 120, 6))
    assert synchrony(np.repeat(one, 4, axis=0)) == pytest.approx(np.ones(120))
    strangers = np.concatenate([of_viewers_in(room_of(1, 400, seed)) for seed in range(30)])
    assert abs(np.nanmean(synchrony(strangers))) < 0.05
    assert np.isnan(synchrony(one)).all()


def test_the_interval_of_synchrony_holds_the_truth_as_often_as_it_promises():
    """Strangers, whose true synchrony is 0."""
    rooms = [synchrony_at(of_viewers_in(room_of(8, 60, seed)), 30).interval() for seed in range(100)]
    assert sum(low <= 0 <= high for low, high in rooms) >= binom.ppf(0.005, 100, 0.95)


def test_the_interval_of_synchrony_is_around_it_also_at_the_ends_and_unknown_for_a_pair():
    shared = of_viewers_in(room_of(12, 60, 2, ((0, 5, Emotion.HAPPY, 1.0), (55, 60, Emotion.SAD, 1.0))))
    for second in (0, 3, 30, 59):
        low, high = synchrony_at(shared, second).interval()
        assert -1 <= low < synchrony(shared)[second] < high <= 1
    copies = np.repeat(shared[:1], 4, axis=0)
    assert synchrony_at(copies, 3).interval() == (pytest.approx(1), pytest.approx(1))
    assert np.isnan(synchrony_at(shared[:2], 3).interval()).all()


def test_a_viewer_who_was_not_there_does_not_change_the_interval_of_synchrony():
    of_viewers = of_viewers_in(room_of(6, 60, 3, ((30, 36, Emotion.HAPPY, 1.0),)))
    absent = np.concatenate([of_viewers, np.full((1, 60, 7), np.nan)])
    assert synchrony_at(absent, 33).interval() == synchrony_at(of_viewers, 33).interval()
