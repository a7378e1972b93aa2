"""Patterns: found where planted, not found by chance, and inconclusive with too little data."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from audiences import hide_viewer, simulate_timeline, strength_of
from hypothesis import given, settings
from hypothesis import strategies as st
from pattern_audiences import (
    moment,
    moments_at_random,
    moments_in_order,
    steady_audience,
)

from moviemotion.analysis.analyze import analyze
from moviemotion.analysis.comparison.film_features import film_features
from moviemotion.analysis.comparison.pattern_ratings import correlate_with_ratings
from moviemotion.analysis.patterns.acts import find_acts
from moviemotion.analysis.patterns.arc import ArcShape, find_arcs, shape_correlations
from moviemotion.analysis.patterns.change_points import find_change_points
from moviemotion.analysis.patterns.contagion import find_contagion
from moviemotion.analysis.patterns.flat_stretches import MAX_REACTING_SHARE, MIN_VIEWERS, find_flat_stretches
from moviemotion.analysis.patterns.motifs import contains_motif, find_motifs
from moviemotion.analysis.patterns.peak_end import find_peak_end
from moviemotion.analysis.signals.audience_curve import compute_audience_curve
from moviemotion.analysis.signals.seat_map import SeatMap
from moviemotion.emotions import NON_NEUTRAL_EMOTIONS, Emotion
from moviemotion.screenplay.alignment.align import TimedScript
from moviemotion.screenplay.alignment.cues import Cue, TimeSource
from moviemotion.screenplay.elements import Screenplay
from moviemotion.screenplay.formats.fountain import parse_fountain
from moviemotion.simulation.room_simulator import RoomConditions, simulate_room

PLAIN = ((100, 108, Emotion.HAPPY, 1.0), (400, 408, Emotion.SAD, 1.0))


# --- Motifs -------------------------------------------------------------------------------------------


def test_a_recurring_sequence_is_found_with_its_count():
    found = find_motifs([moments_in_order(np.random.default_rng(1), 6)], 1)
    best = found.motifs[0]
    assert best.emotions[-2:] == (Emotion.SAD, Emotion.HAPPY)
    assert (best.count, best.first_emotion_count) == (6, 6)
    assert best.expected < 3
    assert best.p_adjusted <= 0.05


def test_a_motif_is_found_in_several_films_that_are_each_too_short():
    films = [moments_in_order(np.random.default_rng(k), 1) for k in range(8)]
    assert not find_motifs(films[:1], 1).conclusive
    assert (Emotion.SAD, Emotion.HAPPY) in [m.emotions for m in find_motifs(films, 1).motifs]


@pytest.mark.parametrize("count", [0, 1, 3])
def test_a_motif_search_with_few_moments_is_inconclusive(count):
    found = find_motifs([moments_at_random(np.random.default_rng(2), count)], 1)
    assert not found.conclusive
    assert found.conclusion.startswith("Inconclusive")


@given(st.integers(0, 10**6), st.integers(2, 12))
@settings(max_examples=15, deadline=None)
def test_motif_counts_are_consistent_and_independent_of_the_order_of_the_list(seed, count):
    moments = moments_at_random(np.random.default_rng(seed), count, 600)
    found = find_motifs([moments], 3)
    assert found == find_motifs([moments[::-1]], 3)
    for motif in found.motifs:
        assert 0 < motif.count <= motif.first_emotion_count <= count
        assert contains_motif(moments, motif.emotions, motif.window)


def test_a_motif_must_fit_into_its_window():
    apart = [moment(0, Emotion.SAD), moment(100, Emotion.HAPPY)]
    assert contains_motif(apart, (Emotion.SAD, Emotion.HAPPY), 100)
    assert not contains_motif(apart, (Emotion.SAD, Emotion.HAPPY), 99)
    assert not contains_motif(apart, (Emotion.HAPPY, Emotion.SAD), 200)


# --- The arc and its acts ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shape", "curve"),
    [
        (ArcShape.RISE, lambda t: t),
        (ArcShape.FALL, lambda t: 1 - t),
        (ArcShape.FALL_RISE, lambda t: np.abs(2 * t - 1)),
        (ArcShape.RISE_FALL, lambda t: 1 - np.abs(2 * t - 1)),
        (ArcShape.RISE_FALL_RISE, lambda t: (1 - np.cos(3 * np.pi * t)) / 2),
        (ArcShape.FALL_RISE_FALL, lambda t: (1 + np.cos(3 * np.pi * t)) / 2),
    ],
)
def test_each_classic_shape_is_recognized(shape, curve):
    strength = steady_audience(np.random.default_rng(3), 12, 900, shared=0.0)
    strength[:, :, 0] = np.clip(strength[:, :, 0] + 0.3 * curve(np.arange(900) / 900), 0, 1)
    film = find_arcs(strength, 0, (), 1)[0]
    assert film.shape is shape
    assert film.is_clear
    assert film.fit_interval[0] < film.fit < film.fit_interval[1]


def test_unrelated_or_few_viewers_have_no_clear_shape():
    strength = steady_audience(np.random.default_rng(4), 12, 900, shared=0.0)
    assert not any(arc.is_clear for arc in find_arcs(strength, 0, find_acts(None, 0, 900)[0], 1))
    assert find_arcs(strength[:3], 0, (), 1)[0].shape is None


def test_the_opposite_curve_has_the_opposite_correlations():
    curve = np.random.default_rng(5).standard_normal(24)
    assert shape_correlations(-curve) == pytest.approx(
        {shape: -fit for shape, fit in shape_correlations(curve).items()}
    )


def _script(text: str, seconds: float) -> TimedScript:
    source = tuple(text.split("\n"))
    elements = parse_fountain(source)
    each = seconds / len(elements)
    cues = tuple(
        Cue(k, k * each, (k + 1) * each, TimeSource.PAGE_ESTIMATE, 0.0) for k in range(len(elements))
    )
    return TimedScript(Screenplay("", Path("x.fountain"), source, elements), cues, "")


def test_acts_marked_in_the_script_are_used():
    text = "# Act One\n\nINT. A - DAY\n\nHe waits.\n\n## Sequence\n\n# Act Two\n\nINT. B - DAY\n\nShe goes."
    acts, source = find_acts(_script(text, 70), 0, 70)
    assert [act.name for act in acts] == ["Act One", "Act Two"]
    assert acts[0].start == 0
    assert acts[0].end == acts[1].start > 30
    assert acts[1].end == 70
    assert "script marks" in source


def test_without_marks_the_acts_are_a_quarter_a_half_and_a_quarter():
    acts, source = find_acts(_script("INT. A - DAY\n\nHe waits.", 80), 0, 80)
    assert [(act.start, act.end) for act in acts] == [(0, 20), (20, 60), (60, 80)]
    assert "a quarter, a half and a quarter" in source


# --- Peak, end, flat stretches -----------------------------------------------------------------------


def test_the_end_is_compared_with_the_film_before_it():
    strength = steady_audience(np.random.default_rng(6), 12, 1500, shared=0.0)
    strength[:, -120:, NON_NEUTRAL_EMOTIONS.index(Emotion.SAD)] += 0.3
    moments = (moment(10, Emotion.HAPPY), moment(20, Emotion.SAD))
    end = find_peak_end(strength, 0, 1500, moments)
    assert (end.start, end.end, end.emotion) == (1380, 1500, Emotion.SAD)
    assert end.change == pytest.approx(0.3, abs=0.02)
    assert end.change_interval[0] > 0.25


def test_minutes_without_reactions_are_flat_until_the_next_laugh():
    timeline = simulate_timeline(16, 600, 1, PLAIN, private=0)
    flat = find_flat_stretches(compute_audience_curve(timeline, strength_of(timeline)))
    longest = flat.stretches[0]
    assert 108 < longest.start < 130
    assert 385 < longest.end < 401
    assert longest.most < MAX_REACTING_SHARE
    assert flat.seconds == sum(s.end - s.start for s in flat.stretches)


def test_flat_stretches_need_enough_viewers_in_every_second():
    few = simulate_timeline(MIN_VIEWERS - 1, 300, 1, private=0)
    assert not find_flat_stretches(compute_audience_curve(few, strength_of(few))).conclusive
    enough = simulate_timeline(MIN_VIEWERS, 300, 1, private=0)
    assert find_flat_stretches(compute_audience_curve(enough, strength_of(enough))).stretches
    gone = hide_viewer(enough, 0, 100, 200)
    stretches = find_flat_stretches(compute_audience_curve(gone, strength_of(gone))).stretches
    assert not any(s.start < 200 and s.end > 100 for s in stretches)


# --- Change points -----------------------------------------------------------------------------------


def test_two_abrupt_changes_are_found_where_they_were_planted():
    audience = steady_audience(np.random.default_rng(7), 12, 3600, shared=0.01)
    audience[:, 1200:2400, NON_NEUTRAL_EMOTIONS.index(Emotion.HAPPY)] += 0.2
    found = find_change_points(audience, 0, 1)
    assert [c.start for c in found.changes] == pytest.approx([1200, 2400], abs=30)
    assert [c.end for c in found.changes] == pytest.approx([1200, 2400], abs=30)
    assert [c.emotion for c in found.changes] == [Emotion.HAPPY] * 2
    assert found.changes[0].change == pytest.approx(0.2, abs=0.03)
    for change in found.changes:
        assert change.start_interval[0] <= change.start <= change.start_interval[1]
        assert change.end_interval[0] <= change.end <= change.end_interval[1]
        assert change.p_adjusted <= 0.05


def rising_audience(viewers: int, rising: int, seconds: int, first: int, last: int) -> np.ndarray:
    """A steady audience, of whom some become happier by 0.2 between two seconds, steadily."""
    audience = steady_audience(np.random.default_rng(8), viewers, seconds, shared=0.02)
    rise = np.clip((np.arange(seconds) - first) / (last - first), 0, 1)
    audience[:rising, :, NON_NEUTRAL_EMOTIONS.index(Emotion.HAPPY)] += 0.2 * rise
    return audience


def test_an_audience_that_rises_over_twelve_minutes_is_found_with_its_start_and_end():
    (change,) = find_change_points(rising_audience(30, 30, 3600, 1500, 2220), 100, 1).changes
    assert (change.emotion, change.viewers, change.same_direction) == (Emotion.HAPPY, 30, 30)
    assert change.start == pytest.approx(1600, abs=90)
    assert change.end == pytest.approx(2320, abs=90)


def test_a_rise_over_the_entire_film_is_a_drift_and_not_a_change_point():
    assert not find_change_points(rising_audience(30, 30, 3600, 0, 3600), 0, 1).changes


def test_one_viewer_who_changes_is_not_the_audience():
    audience = rising_audience(12, 1, 3600, 1800, 1801)
    audience[0, 1800:, 0] = 1
    assert not find_change_points(audience, 0, 1).changes


def test_a_lively_scene_is_not_a_lasting_change():
    audience = steady_audience(np.random.default_rng(9), 12, 3600, shared=0.0)
    audience[:, 1800:1920, 0] += 0.6
    assert not find_change_points(audience, 0, 1).changes


@pytest.mark.parametrize("coefficient", [0.8, 0.95, 0.997])
def test_slow_shared_noise_has_no_change_points(coefficient):
    found = [
        find_change_points(steady_audience(np.random.default_rng(k), 6, 1500, 0.05, coefficient), 0, k)
        for k in range(6)
    ]
    assert sum(bool(f.changes) for f in found) <= 1


def test_personal_drift_has_no_change_points():
    slope = np.linspace(-0.3, 0.3, 1500)[:, None]
    for seed in range(6):
        rng = np.random.default_rng(seed)
        audience = steady_audience(rng, 8, 1500, shared=0.0) + slope * rng.standard_normal((8, 1, 7))
        assert not find_change_points(np.clip(audience, 0, 1), 0, seed).changes


def test_a_change_point_search_with_little_data_is_inconclusive():
    audience = steady_audience(np.random.default_rng(8), 6, 1500)
    assert not find_change_points(audience[:, :900], 0, 1).conclusive
    assert not find_change_points(audience[:5], 0, 1).conclusive
    assert not find_change_points(np.full_like(audience, np.nan), 0, 1).conclusive
    audience[:, 200:400] = np.nan
    assert find_change_points(audience, 0, 1).conclusive
    audience[:, 200:1300] = np.nan
    assert not find_change_points(audience, 0, 1).conclusive


# --- Contagion ---------------------------------------------------------------------------------------


def room_with_seats(seed: int, conditions: RoomConditions, viewers: int = 16) -> tuple[np.ndarray, SeatMap]:
    room = simulate_room(viewers, 600, seed, conditions)
    return strength_of(room.timeline), SeatMap(room.rows, room.seats)


def test_contagion_between_neighbors_is_found_and_common_changes_are_not():
    common = RoomConditions(light_coupling=0.4, dark_share=0.1, lively_scenes=3)
    alone = [find_contagion(*room_with_seats(k, common), k) for k in range(6)]
    assert sum(bool(test.found) for test in alone) <= 1
    for seed in range(3):
        test = find_contagion(*room_with_seats(seed, RoomConditions(contagion=0.3)), seed)
        assert test.found
        assert (test.neighbor_pairs, test.apart_pairs, test.viewers) == (14, 12, 16)
        assert test.neighbor_correlation - test.apart_correlation > test.null_interval[1]


def test_contagion_is_not_found_if_the_seats_are_wrong():
    strength, seats = room_with_seats(1, RoomConditions(contagion=0.3))
    order = np.random.default_rng(2).permutation(16)
    assert not find_contagion(strength, SeatMap(seats.row[order], seats.position[order]), 1).found


def test_without_a_seat_map_contagion_is_not_tested():
    test = find_contagion(room_with_seats(1, RoomConditions(contagion=0.5))[0], None, 1)
    assert test.found is None
    assert np.isnan(test.p)
    assert test.conclusion == "Without a seat map, contagion was not tested."


def test_contagion_is_inconclusive_with_few_viewers_seconds_or_neighbors():
    strength, seats = room_with_seats(9, RoomConditions(), 8)
    assert find_contagion(strength, seats, 1).found is not None
    assert find_contagion(strength[:7], SeatMap(seats.row[:7], seats.position[:7]), 1).found is None
    assert find_contagion(strength[:, :299], seats, 1).found is None
    assert find_contagion(strength, SeatMap(seats.row, 2 * seats.position), 1).found is None
    pairs = SeatMap(np.arange(8) // 2, np.arange(8) % 2)
    assert find_contagion(strength, pairs, 1).found is None


# --- Across films ------------------------------------------------------------------------------------


def _films(count: int, seed: int) -> tuple[list[dict[str, float]], list[float]]:
    rng = np.random.default_rng(seed)
    ratings = rng.standard_normal(count)
    features = [
        {"peak": r + 0.2 * rng.standard_normal(), "synchrony": rng.standard_normal(), "flat": 0.5}
        for r in ratings
    ]
    return features, ratings.tolist()


def test_correlated_patterns_are_significant_and_others_are_not():
    found = {a.pattern: a for a in correlate_with_ratings(*_films(12, 1), 1)}
    assert found["peak"].is_significant
    assert found["peak"].interval[0] < found["peak"].correlation < found["peak"].interval[1]
    assert not found["synchrony"].is_significant
    assert found["synchrony"].films_needed > 12
    assert np.isnan(found["flat"].p_adjusted)


def test_testing_more_patterns_increases_the_adjusted_p_value():
    features, ratings = _films(8, 2)
    rng = np.random.default_rng(3)
    more = [film | {str(k): rng.standard_normal() for k in range(30)} for film in features]
    alone, among = (
        {a.pattern: a for a in correlate_with_ratings(f, ratings, 1)}["peak"] for f in (features, more)
    )
    assert alone.correlation == among.correlation
    assert alone.p_adjusted < among.p_adjusted


def test_films_without_a_value_are_ignored_for_that_pattern():
    features, ratings = _films(12, 4)
    features[0]["peak"] = features[1]["peak"] = float("nan")
    peak = next(a for a in correlate_with_ratings(features, ratings, 1) if a.pattern == "peak")
    assert peak.films == 10


# --- All of it ---------------------------------------------------------------------------------------


def test_an_analysis_contains_its_patterns_reproducibly():
    timeline = simulate_timeline(14, 420, 5, PLAIN)
    first, again = (analyze("", timeline, None, (), 7) for _ in range(2))
    assert repr(first.patterns) == repr(again.patterns)
    features = film_features(first, ())
    assert features["share of moments that are happy"] == pytest.approx(0.5)
    assert features["strength of the peak"] == max(m.strength for m in first.moment_search.moments)
    assert first.patterns.peak_end.peak is not None
