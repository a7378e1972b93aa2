"""The audience curve and synchrony."""

from dataclasses import replace

import numpy as np
import pytest
from audiences import hide_viewer, simulate_timeline, strength_of
from scipy.stats import binom

from moviemotion.analysis.signals.audience_curve import compute_audience_curve
from moviemotion.analysis.signals.synchrony import (
    SYNCHRONY_WINDOW,
    film_synchrony,
    pooled_variance,
    sliding_synchrony,
    synchrony_at,
)
from moviemotion.emotions import NON_NEUTRAL_EMOTIONS, Emotion


def test_the_audience_curve_averages_the_viewers_who_were_seen():
    timeline = hide_viewer(simulate_timeline(6, 80, 3, ((30, 36, Emotion.HAPPY, 1.0),)), 0, 30, 40)
    strength = strength_of(timeline)
    curve = compute_audience_curve(timeline, strength)
    assert curve.viewers[33] == 5
    happy = NON_NEUTRAL_EMOTIONS.index(Emotion.HAPPY)
    assert curve.strength[33, happy] == pytest.approx(strength[1:, 33, happy].mean())
    assert curve.overall_strength[33] == pytest.approx(strength[1:, 33].max(axis=1).mean())
    low, high = curve.reacting_share_interval[:, 33]
    assert low < curve.reacting_share[33] <= high


def test_seconds_without_a_seen_viewer_are_nan_rather_than_zero():
    timeline = simulate_timeline(2, 70, 4)
    for viewer in range(2):
        timeline = hide_viewer(timeline, viewer, 20, 25)
    curve = compute_audience_curve(timeline, strength_of(timeline))
    assert curve.viewers[22] == 0
    assert np.isnan([curve.overall_strength[22], curve.reacting_share[22], *curve.strength[22]]).all()


def mean_pairwise_correlation(strength):
    centered = (strength - strength.mean(axis=1, keepdims=True)).reshape(len(strength), -1)
    return np.corrcoef(centered)[np.triu_indices(len(strength), 1)].mean()


def test_synchrony_is_the_mean_correlation_of_two_viewers():
    strength = strength_of(simulate_timeline(4, 40, 5, ((15, 22, Emotion.SAD, 0.8),)))
    at, half = 18, SYNCHRONY_WINDOW // 2
    plain = mean_pairwise_correlation(strength[:, at - half : at + half + 1])
    assert sliding_synchrony(strength)[at] == pytest.approx(plain)
    assert synchrony_at(strength, at).value == pytest.approx(plain)


def test_synchrony_does_not_depend_on_the_number_of_viewers():
    shared = ((30, 36, Emotion.HAPPY, 1.0), (80, 84, Emotion.SAD, 1.0))
    strength = strength_of(simulate_timeline(120, 160, 9, shared))
    rooms = {size: np.split(strength[:120], 120 // size) for size in (5, 12, 40)}
    for value in (lambda room: film_synchrony(room).overall, lambda room: sliding_synchrony(room)[33]):
        means = [np.mean([value(room) for room in of_size]) for of_size in rooms.values()]
        assert max(means) - min(means) < 0.02
        assert min(means) > 0.1


def test_long_films_are_computed_in_blocks_without_seams():
    strength = strength_of(simulate_timeline(3, 1290, 2, ((595, 605, Emotion.HAPPY, 1.0),)))
    found = sliding_synchrony(strength)
    for second in (0, 593, 599, 600, 606, 1200, 1289):
        assert found[second] == pytest.approx(synchrony_at(strength, second).value)


def test_a_window_without_variation_does_not_widen_the_intervals_of_others():
    strength = strength_of(simulate_timeline(12, 200, 3, ((30, 36, Emotion.HAPPY, 1.0),)))
    strength[:, 130:160] = 0
    strength[:3, 145, 0] = 0.5, 0.6, 0.7
    strength[2, 146, 0] = 0.7
    usual = [synchrony_at(strength, second) for second in (20, 33, 50, 70)]
    degenerate = synchrony_at(strength, 145)
    assert degenerate.variance > 2 * max(one.variance for one in usual)
    low, high = usual[1].interval(pooled_variance([*usual, degenerate]))
    usual_low, usual_high = usual[1].interval(pooled_variance(usual))
    assert high - low < 1.3 * (usual_high - usual_low)
    assert pooled_variance([]) == 0


def test_synchrony_is_1_for_identical_viewers_about_0_for_unrelated_ones_and_nan_for_one_viewer():
    one = strength_of(simulate_timeline(1, 120, 6))
    assert sliding_synchrony(np.repeat(one, 4, axis=0)) == pytest.approx(np.ones(120))
    strangers = np.concatenate([strength_of(simulate_timeline(1, 400, seed)) for seed in range(30)])
    assert abs(np.nanmean(sliding_synchrony(strangers))) < 0.05
    assert np.isnan(sliding_synchrony(one)).all()


def test_the_synchrony_interval_has_its_nominal_coverage():
    """Of unrelated viewers, whose true synchrony is 0."""
    estimates = [
        synchrony_at(strength_of(simulate_timeline(8, 60, seed)), 30).interval() for seed in range(100)
    ]
    assert sum(low <= 0 <= high for low, high in estimates) >= binom.ppf(0.005, 100, 0.95)


def test_the_synchrony_interval_contains_the_estimate_also_at_the_ends_and_is_nan_for_two_viewers():
    shared = strength_of(
        simulate_timeline(12, 60, 2, ((0, 5, Emotion.HAPPY, 1.0), (55, 60, Emotion.SAD, 1.0)))
    )
    for second in (0, 3, 30, 59):
        low, high = synchrony_at(shared, second).interval()
        assert -1 <= low < sliding_synchrony(shared)[second] < high <= 1
    copies = np.repeat(shared[:1], 4, axis=0)
    assert synchrony_at(copies, 3).interval() == (pytest.approx(1), pytest.approx(1))
    assert np.isnan(synchrony_at(shared[:2], 3).interval()).all()


def test_the_synchrony_interval_is_not_too_wide_where_nothing_is_shared():
    rng = np.random.default_rng(4)
    estimates = [synchrony_at(rng.uniform(0, 0.1, (12, 15, 7)), 7) for _ in range(300)]
    true = np.mean([curve.value for curve in estimates])
    hits = sum(low <= true <= high for low, high in (curve.interval() for curve in estimates))
    assert 0.92 < hits / 300 < 0.975
    plain = [replace(curve, leave_two_out=np.zeros(0)).interval() for curve in estimates]
    assert sum(low <= true <= high for low, high in plain) / 300 > 0.98  # what the correction is for


def test_a_viewer_who_was_never_seen_does_not_change_the_synchrony_interval():
    strength = strength_of(simulate_timeline(6, 60, 3, ((30, 36, Emotion.HAPPY, 1.0),)))
    absent = np.concatenate([strength, np.full((1, 60, 7), np.nan)])
    assert synchrony_at(absent, 33).interval() == pytest.approx(
        synchrony_at(strength, 33).interval(), abs=1e-12
    )


def test_the_synchrony_of_a_film_has_values_and_intervals_for_each_emotion():
    together = strength_of(
        simulate_timeline(10, 240, 4, ((30, 40, Emotion.HAPPY, 1.0), (90, 98, Emotion.HAPPY, 1.0)))
    )
    film = film_synchrony(together)
    happy, sad = NON_NEUTRAL_EMOTIONS.index(Emotion.HAPPY), NON_NEUTRAL_EMOTIONS.index(Emotion.SAD)
    assert film.by_emotion_interval[happy][0] > 0.4
    low, high = film.by_emotion_interval[sad]
    assert low <= film.by_emotion[sad] <= high < film.by_emotion[happy]
    assert film.overall_interval[0] < film.overall < film.overall_interval[1]
    assert film.overall == pytest.approx(mean_pairwise_correlation(together))


def test_every_viewer_of_a_large_audience_is_left_out_once():
    strength = strength_of(simulate_timeline(60, 80, 8, ((30, 36, Emotion.HAPPY, 1.0),)))
    found = synchrony_at(strength, 33)
    assert (found.excluded == np.eye(60, dtype=bool)).all()
    assert found.leave_one_out[7] == pytest.approx(sliding_synchrony(np.delete(strength, 7, axis=0))[33])
    low, high = found.interval()
    assert high - low < 0.4


def test_a_low_weight_reduces_a_viewer_in_the_mean_but_not_in_the_reacting_share():
    timeline = simulate_timeline(6, 80, 3, ((30, 36, Emotion.HAPPY, 1.0),))
    strength, weight = strength_of(timeline), np.ones((6, 80), np.float32)
    weight[0] = 0.2
    even, uneven = (
        compute_audience_curve(timeline, strength),
        compute_audience_curve(replace(timeline, weight=weight), strength),
    )
    happy = NON_NEUTRAL_EMOTIONS.index(Emotion.HAPPY)
    expected = np.average(strength[:, 33, happy], weights=weight[:, 33])
    assert uneven.strength[33, happy] == pytest.approx(expected)
    assert uneven.strength[33, happy] != pytest.approx(even.strength[33, happy])
    np.testing.assert_array_equal(uneven.reacting_share, even.reacting_share)
