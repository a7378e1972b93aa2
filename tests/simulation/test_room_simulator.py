"""Simulated rooms: each condition does what it says, and nothing else."""

from __future__ import annotations

import numpy as np
import pytest

from moviemotion.emotions import EMOTIONS, Emotion
from moviemotion.simulation.room_simulator import (
    REACTIONS_PER_MINUTE,
    SEATS_PER_ROW,
    Beat,
    RoomConditions,
    SimulatedRoom,
    simulate_room,
)

HAPPY, SAD, ANGER = (EMOTIONS.index(e) for e in (Emotion.HAPPY, Emotion.SAD, Emotion.ANGER))
NEUTRAL = EMOTIONS.index(Emotion.NEUTRAL)


def log_odds(room: SimulatedRoom, emotion: int, to: int = NEUTRAL) -> np.ndarray:
    """(V, S) log of the ratio of two probabilities, NaN where not seen."""
    p = room.timeline.probabilities.astype(float)
    return np.log(p[:, :, emotion] / p[:, :, to])


def seen(room: SimulatedRoom) -> np.ndarray:
    """(V, S) whether each viewer was seen."""
    return ~np.isnan(room.timeline.probabilities[:, :, 0])


def onsets(room: SimulatedRoom, start: int, stop: int) -> float:
    """Number of times a viewer begins to show an emotion, a viewer and minute."""
    p = room.timeline.probabilities[:, start:stop, 1:]
    rest = np.nanmedian(room.timeline.probabilities[:, :, 1:], axis=1, keepdims=True)
    on = (p - rest > 0.3).any(axis=2)
    return float((on[:, 1:] & ~on[:, :-1]).sum() / len(p) / (stop - start) * 60)


def test_an_ordinary_room_has_a_probability_for_each_emotion_wherever_a_viewer_is_seen():
    room = simulate_room(12, 300, 1)
    p = room.timeline.probabilities
    assert p.shape == (12, 300, 8)
    np.testing.assert_allclose(p[seen(room)].sum(axis=1), 1, atol=1e-5)
    assert ((room.timeline.sample_counts > 0) == seen(room)).all()
    assert 0.93 < seen(room).mean() < 1
    assert room.film == (0, 300)
    assert len(set(room.timeline.viewers)) == 12
    assert 0.4 < onsets(room, 0, 300) / REACTIONS_PER_MINUTE < 1.6


def test_the_same_seed_gives_the_same_room_and_another_one_another():
    conditions = RoomConditions(dark_share=0.1, contagion=0.3, lively_scenes=2)
    first, second, third = (simulate_room(6, 120, seed, conditions).timeline for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.probabilities, second.probabilities)
    assert not np.array_equal(first.probabilities, third.probabilities, equal_nan=True)


def test_viewers_fill_rows_of_eight_seats():
    room = simulate_room(19, 60, 1)
    assert room.rows.tolist() == [0] * 8 + [1] * 8 + [2] * 3
    assert room.seats.tolist() == [*range(8), *range(8), 0, 1, 2]
    assert SEATS_PER_ROW == 8


def test_a_beat_moves_its_share_of_the_viewers_shortly_after_it_starts():
    beat = Beat(100, 110, Emotion.ANGER, 0.6, amplitude=6)
    with_beat, without = simulate_room(200, 200, 3, beats=[beat]), simulate_room(200, 200, 3)
    assert with_beat.beats == (beat,)
    assert without.beats == ()
    angry = np.nan_to_num(with_beat.timeline.probabilities[:, :, ANGER]) > 0.3
    during = angry[:, 103:109].mean()
    assert 0.45 < during < 0.75
    assert angry[:, :100].mean() < 0.06
    assert angry[:, 120:].mean() < 0.06
    rises = int(np.argmax(angry.mean(axis=0) > during / 2))
    falls = 199 - int(np.argmax(angry.mean(axis=0)[::-1] > during / 2))
    assert 100 <= rises <= 102
    assert 109 <= falls <= 112


def test_a_larger_amplitude_is_a_stronger_reaction():
    levels = []
    for amplitude in (1.0, 3.0, 5.0):
        room = simulate_room(80, 100, 4, beats=[Beat(40, 60, Emotion.ANGER, 1.0, amplitude)])
        change = np.nanmean(log_odds(room, ANGER)[:, 45:58]) - np.nanmean(log_odds(room, ANGER)[:, :38])
        levels.append(change)
    assert levels == pytest.approx([1.05, 3.15, 5.25], rel=0.2)


def test_faces_are_rarely_found_in_dark_scenes():
    for found in (0.08, 0.3):
        room = simulate_room(60, 900, 5, RoomConditions(dark_share=0.2, dark_found=found))
        share = seen(room).mean(axis=0)
        dark = share < 0.6
        assert 0.2 <= dark.mean() < 0.25
        assert share[dark].mean() == pytest.approx(found, abs=0.04)
        assert share[~dark].mean() > 0.93
        lengths = np.diff(np.flatnonzero(np.diff(np.concatenate([[False], dark, [False]]))))[::2]
        assert lengths.min() >= 10


def test_in_the_dark_smiling_faces_are_found_more_often():
    def smiling(odds: float) -> float:
        room = simulate_room(60, 900, 6, RoomConditions(dark_share=0.3, dark_smile_odds=odds))
        dark = seen(room).mean(axis=0) < 0.6
        p = room.timeline.probabilities[:, dark, HAPPY]
        return float((p[~np.isnan(p)] > 0.4).mean())

    assert smiling(8.0) > 2 * smiling(1.0)


def test_a_film_that_is_dark_throughout_and_a_camera_that_finds_everybody():
    """The limits of the two probabilities."""
    night = simulate_room(10, 60, 1, RoomConditions(dark_share=1.0, dark_found=0.1))
    assert seen(night).mean() < 0.25
    bright = simulate_room(10, 60, 1, RoomConditions(dark_share=1.0, dark_found=1.0))
    assert seen(bright).mean() > 0.9


def test_people_chat_before_the_film():
    room = simulate_room(60, 300, 7, RoomConditions(chat_seconds=60, chat_rate=6.0))
    assert room.film == (60, 300)
    assert onsets(room, 0, 60) > 3 * onsets(room, 60, 300)
    assert onsets(room, 60, 300) == pytest.approx(onsets(simulate_room(60, 300, 7), 60, 300), rel=0.3)


def test_when_the_lights_go_up_people_smile_talk_and_leave():
    room = simulate_room(60, 300, 8, RoomConditions(lights_up_seconds=60))
    plain = simulate_room(60, 300, 8)
    assert room.film == (0, 240)
    assert seen(room)[:, :240].mean() > 0.93
    assert seen(room)[:, -1].mean() == pytest.approx(np.exp(-1), abs=0.2)
    smiles = log_odds(room, HAPPY)
    assert np.nanmedian(smiles[:, 240:]) - np.nanmedian(smiles[:, :240]) > 1
    assert onsets(room, 180, 238) == pytest.approx(onsets(plain, 180, 238), rel=0.4)


def test_one_camera_with_a_fifth_of_the_viewers_outlasts_the_others():
    room = simulate_room(20, 200, 9, RoomConditions(camera_runs_on=50))
    assert room.timeline.probabilities.shape[1] == 250
    assert room.film == (0, 200)
    assert not seen(room)[:16, 200:].any()
    assert seen(room)[16:, 200:].mean() > 0.8
    assert seen(room)[:16, :200].mean() > 0.9


def neighbor_excess(room: SimulatedRoom) -> tuple[float, float]:
    """Mean correlation of smiles, of neighbors and of viewers in different rows."""
    p = np.nan_to_num(room.timeline.probabilities[:, :, HAPPY])
    r = np.corrcoef(np.apply_along_axis(np.convolve, 1, p, np.ones(5), "same"))
    next_to = [(k, k + 1) for k in range(len(p) - 1) if room.rows[k] == room.rows[k + 1]]
    apart = [(k, j) for k in range(len(p)) for j in range(k) if room.rows[k] != room.rows[j]]
    return float(np.mean([r[pair] for pair in next_to])), float(np.mean([r[pair] for pair in apart]))


def test_reactions_spread_along_the_row_but_not_to_another_one():
    by_probability = [
        neighbor_excess(simulate_room(24, 900, 10, RoomConditions(contagion=q))) for q in (0, 0.3, 0.8)
    ]
    near, far = zip(*by_probability, strict=True)
    assert near[0] < 0.05
    assert 0.1 < near[1] < near[2]
    assert np.abs(far).max() < 0.07


def test_doubled_viewers_are_the_same_people_with_other_noise_in_the_same_seats():
    room = simulate_room(10, 400, 11, RoomConditions(doubled=2))
    assert room.timeline.probabilities.shape[0] == 12
    assert len(set(room.timeline.viewers)) == 12
    assert (room.rows[10:].tolist(), room.seats[10:].tolist()) == ([0, 0], [0, 1])
    smiles = np.nan_to_num(room.timeline.probabilities[:, :, HAPPY])
    r = np.corrcoef(smiles)
    assert r[0, 10] > 0.5
    assert r[1, 11] > 0.5
    assert r[0, 10] < 0.999
    assert np.abs(r[2:10, 10:]).mean() < 0.15


def test_the_screens_light_changes_every_reading_in_proportion():
    room, plain = (
        simulate_room(30, 400, 12, RoomConditions(light_coupling=coupling)) for coupling in (0.4, 0.0)
    )
    assert room.light.mean() == pytest.approx(0, abs=1e-5)
    assert room.light.std() == pytest.approx(1, abs=1e-5)
    np.testing.assert_array_equal(room.light, plain.light)
    change = np.nanmean(log_odds(room, HAPPY) - log_odds(plain, HAPPY), axis=0)
    assert np.corrcoef(change, room.light)[0, 1] > 0.99
    slope = np.polyfit(room.light, change, 1)[0]
    assert slope == pytest.approx(0.4 * np.exp(0.3**2 / 2), rel=0.2)


def test_all_faces_sag_from_the_start_to_the_end():
    room, plain = (simulate_room(40, 300, 13, RoomConditions(sag=sag)) for sag in (1.5, 0.0))
    for emotion, sign in ((SAD, 1), (HAPPY, -1)):
        change = log_odds(room, emotion) - log_odds(plain, emotion)
        assert np.nanmean(np.abs(change[:, 0])) < 0.02
        assert sign * np.nanmean(change[:, -1]) == pytest.approx(1.5 * np.exp(0.3**2 / 2), rel=0.15)
        assert (sign * np.nanmean(change, axis=1) > 0).all()


def test_an_expression_that_everybody_brings_along_fades():
    room, plain = (simulate_room(40, 120, 14, RoomConditions(settling=s)) for s in (2.0, 0.0))
    change = np.nanmean(log_odds(room, HAPPY) - log_odds(plain, HAPPY), axis=0)
    assert change[0] == pytest.approx(2 * np.exp(0.3**2 / 2), rel=0.15)
    assert change[15] / change[0] == pytest.approx(np.exp(-1), rel=0.05)
    assert abs(change[90:]).max() < 0.02


def test_readings_drift_in_directions_of_their_own():
    room, plain = (simulate_room(300, 60, 15, RoomConditions(drift=drift)) for drift in (0.8, 0.0))
    change = log_odds(room, HAPPY) - log_odds(plain, HAPPY)
    over_film = change[:, -1] - change[:, 0]
    over_film = over_film[~np.isnan(over_film)]
    # Two readings drift: that of the emotion and that of neutral.
    assert over_film.std() == pytest.approx(0.8 * np.sqrt(2) * 59 / 60, rel=0.15)
    assert abs(over_film.mean()) < 0.25
    assert np.nanmean(np.abs(change[:, 30])) < 0.05


def test_in_lively_scenes_everybody_reacts_more_often_at_their_own_times():
    room, plain = (simulate_room(80, 600, 16, RoomConditions(lively_scenes=scenes)) for scenes in (1, 0))
    rates = np.array([onsets(room, at, at + 20) for at in range(0, 600, 20)])
    usual = onsets(plain, 0, 600)
    assert (rates > 2.5 * usual).sum() in (2, 3)
    assert np.median(rates) == pytest.approx(usual, rel=0.3)
    lively = int(np.argmax(rates)) * 20
    p = np.nan_to_num(room.timeline.probabilities[:, lively : lively + 20, HAPPY])
    assert np.corrcoef(p).mean() < 0.1


@pytest.mark.parametrize("viewers", [1, 5, 200])
def test_rooms_of_any_size(viewers):
    room = simulate_room(viewers, 60, 1, RoomConditions(contagion=0.2, camera_runs_on=10))
    assert room.timeline.probabilities.shape[:2] == (viewers, 70)
