"""Moments: found where they were planted, and neither where nothing is shared nor in too little data."""

from dataclasses import replace

import numpy as np
import pytest
from audiences import hide_viewer, simulate_timeline, strength_of
from scipy.stats import binom

from moviemotion.analysis.analyze import analyze
from moviemotion.analysis.moments import detection
from moviemotion.analysis.moments.detection import (
    ALPHA,
    MIN_REACTING_SHARE,
    MomentSearchResult,
    find_moments,
    indices_by_resonance,
)
from moviemotion.analysis.signals.audience_curve import REACTION_THRESHOLD
from moviemotion.emotions import NON_NEUTRAL_EMOTIONS, Emotion
from moviemotion.simulation.room_simulator import Beat, RoomConditions, SimulatedRoom, simulate_room

HAPPY, SAD = NON_NEUTRAL_EMOTIONS.index(Emotion.HAPPY), NON_NEUTRAL_EMOTIONS.index(Emotion.SAD)
PLANTED = ((30, 37, Emotion.HAPPY, 1.0), (80, 86, Emotion.SURPRISE, 0.9), (130, 139, Emotion.SAD, 0.8))


def search(timeline, seed=1, **known) -> MomentSearchResult:
    return find_moments(strength_of(timeline), timeline.start, seed, **known)


def search_room(room: SimulatedRoom, **known) -> MomentSearchResult:
    return search(room.timeline, **known)


def calm_room(viewers: int, seconds: int, seed: int) -> np.ndarray:
    """(V, S, 7) strengths of viewers who react alone, twice a minute."""
    rng = np.random.default_rng(seed)
    strength = np.clip(rng.normal(0.03, 0.02, (viewers, seconds, 7)), 0, 1)
    for viewer in range(viewers):
        for start in rng.uniform(0, seconds, seconds // 30).astype(int):
            strength[viewer, start : start + int(rng.integers(2, 6)), int(rng.integers(0, 3))] = 0.8
    return strength


# --- What was planted ----------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(3))
def test_planted_moments_are_found_in_their_place_and_no_other(seed):
    found = search(simulate_timeline(16, 180, seed, PLANTED))
    assert [m.emotion for m in found.moments] == [p[2] for p in PLANTED]
    for moment, (start, end, _, _) in zip(found.moments, PLANTED, strict=True):
        assert moment.kind == "moment"
        assert start - 1 <= moment.start <= start + 3
        assert end - 1 <= moment.end <= end + 3
        assert moment.start <= moment.peak < moment.end
        assert moment.p_adjusted <= found.alpha
        assert moment.synchrony_interval[0] < moment.synchrony < moment.synchrony_interval[1]
        assert moment.resonance_interval[0] < moment.resonance < moment.resonance_interval[1]
        assert moment.strength_interval[0] < moment.strength < moment.strength_interval[1]
        assert moment.leave_one_out[0] < moment.strength < moment.leave_one_out[1]
        assert moment.expected_share < 0.2
        assert moment.reacting_share > 0.6
        assert moment.replicability > 0.95
        assert 1 <= moment.rank_interval[0] <= moment.rank_interval[1] <= 3
        low, high = moment.reacting_share_interval
        assert low < moment.reacting_share <= high + 1e-9


@pytest.mark.parametrize("seed", range(3))
def test_beats_of_seconds_are_found_in_a_real_room(seed):
    beats = [Beat(100, 104, Emotion.HAPPY, 0.8), Beat(300, 308, Emotion.SAD, 0.8)]
    found = search_room(simulate_room(24, 600, seed, beats=beats)).moments
    assert [(m.emotion, m.kind) for m in found] == [(b.emotion, "moment") for b in beats]
    for moment, beat in zip(found, beats, strict=True):
        assert abs(moment.start - beat.start) <= 2  # people react up to 1.5 s later
        assert abs(moment.end - beat.end) <= 2


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("length", [45, 90])
def test_moods_are_found_with_their_bounds(seed, length):
    beat = Beat(300, 300 + length, Emotion.SAD, 0.7)
    (found,) = search_room(simulate_room(24, 900, seed, beats=[beat])).moments
    assert found.emotion is Emotion.SAD
    assert abs(found.start - beat.start) <= 3
    assert abs(found.end - beat.end) <= 3


@pytest.mark.parametrize("share", [0.6, 0.95])
def test_a_laugh_within_a_sad_mood_hides_neither(share):
    beats = [Beat(300, 390, Emotion.SAD, 0.7), Beat(340, 344, Emotion.HAPPY, share, amplitude=7)]
    found = search_room(simulate_room(24, 900, 2, beats=beats)).moments
    assert [(m.emotion, m.kind) for m in found] == [(Emotion.SAD, "mood"), (Emotion.HAPPY, "moment")]


def test_a_mood_too_weak_for_any_second_is_found_by_its_length():
    """In each second, many others react too; only the mood lasts."""
    strength = calm_room(20, 900, 3)
    rng = np.random.default_rng(4)
    for viewer in range(9):
        for start in range(400, 480, 8):
            on = start + int(rng.integers(0, 2))
            strength[viewer, on : on + 6, SAD] = 0.6
    for viewer in range(20):
        for start in rng.uniform(0, 900, 40).astype(int):
            strength[viewer, start : start + 3, SAD] = 0.9
    found = find_moments(strength, 0, 1).moments
    assert [(m.emotion, m.kind) for m in found] == [(Emotion.SAD, "mood")]
    assert abs(found[0].start - 400) <= 5
    assert abs(found[0].end - 480) <= 5


def test_times_are_seconds_of_the_film():
    timeline = simulate_timeline(16, 180, 1, PLANTED)
    strength = strength_of(timeline)
    first, later = find_moments(strength, 0, 1).moments, find_moments(strength, 50, 1).moments
    assert [(m.start + 50, m.end + 50, m.peak + 50) for m in first] == [
        (m.start, m.end, m.peak) for m in later
    ]


def test_what_has_been_found_is_removed_before_weaker_moments_are_tested(monkeypatch):
    """In films with many laughs, later passes add moments and take none away."""
    beats = [Beat(start, start + 2, Emotion.HAPPY, 0.45) for start in range(60, 1140, 30)]
    more = 0
    for seed in range(3):
        strength = strength_of(simulate_room(24, 1200, seed, None, beats).timeline)
        monkeypatch.setattr(detection, "MAX_PASSES", 3)
        all_passes = {m.peak for m in find_moments(strength, 0, 1).moments}
        monkeypatch.setattr(detection, "MAX_PASSES", 1)
        one_pass = {m.peak for m in find_moments(strength, 0, 1).moments}
        assert one_pass <= all_passes
        more += len(all_passes) - len(one_pass)
    assert more >= 3


# --- Nothing shared ------------------------------------------------------------------------------------


def test_unrelated_viewers_have_a_moment_in_at_most_5_percent_of_audiences():
    false = sum(bool(search(simulate_timeline(8, 90, 1000 + seed, private=5)).moments) for seed in range(40))
    assert false <= binom.ppf(0.995, 40, ALPHA)


@pytest.mark.parametrize(
    "conditions",
    [
        RoomConditions(),
        RoomConditions(dark_share=0.1),
        RoomConditions(chat_seconds=60),
        RoomConditions(lively_scenes=3),
        RoomConditions(settling=1.0),
    ],
    ids=["ordinary", "dark", "chat", "lively", "settling"],
)
def test_what_happens_in_a_room_is_no_moment(conditions):
    """Only gross errors are found with so few rooms; `benchmarks/validity.py` measures each rate."""
    rooms = [simulate_room(20, 300, 500 + seed, conditions) for seed in range(10)]
    false = sum(bool(search_room(room).moments) for room in rooms)
    assert false <= binom.ppf(0.995, 10, ALPHA)


def test_neighbors_who_infect_each_other_are_one_witness_if_their_seats_are_known():
    rooms = [simulate_room(24, 300, 700 + seed, RoomConditions(contagion=0.5)) for seed in range(12)]
    knowing = sum(bool(search_room(room, seat_blocks=room.rows).moments) for room in rooms)
    assert knowing <= binom.ppf(0.995, 12, 2 * ALPHA)


def test_a_block_of_neighbors_who_laugh_together_is_no_moment_with_a_seat_map():
    strength = calm_room(18, 300, 2)
    strength[:6, 150:154, HAPPY] = 0.9
    seats = np.repeat([0, 1, 2], 6)
    assert [m.emotion for m in find_moments(strength, 0, 1).moments] == [Emotion.HAPPY]
    assert find_moments(strength, 0, 1, seat_blocks=seats).moments == ()


def test_viewers_who_keep_reacting_together_are_one_witness_also_without_a_seat_map(monkeypatch):
    """Four friends who laugh with each other, again and again, and nobody else does. Of larger groups, the
    test cannot know whether the film makes them laugh."""
    strength = calm_room(18, 400, 2)
    for start in range(20, 400, 40):
        strength[:4, start : start + 4, HAPPY] = 0.9
    assert find_moments(strength, 0, 1).moments == ()
    monkeypatch.setattr(detection, "blocks_of_viewers", lambda strength, blocks: blocks)
    assert find_moments(strength, 0, 1).moments != ()


def test_frequent_private_reactions_are_not_a_moment():
    """Viewers who smile often, each at different times."""
    false = sum(bool(search(simulate_timeline(10, 120, seed, private=12)).moments) for seed in range(20))
    assert false <= binom.ppf(0.995, 20, ALPHA)


def test_what_happens_before_and_after_the_film_is_no_evidence():
    strength = calm_room(16, 300, 3)
    strength[:, 20:26, HAPPY] = strength[:, 280:286, HAPPY] = strength[:, 150:156, SAD] = 0.9
    everything = find_moments(strength, 0, 1)
    assert [m.start for m in everything.moments] == [20, 150, 280]
    in_film = np.zeros(300, bool)
    in_film[60:270] = True
    film = find_moments(strength, 0, 1, in_film=in_film)
    assert [m.start for m in film.moments] == [150]
    assert (everything.tested_seconds, film.tested_seconds) == (300, 210)


def test_faces_found_in_the_dark_are_no_evidence():
    strength = calm_room(20, 400, 4)
    strength[:, 100:110, HAPPY] = strength[:, 300:306, HAPPY] = 0.9
    strength[9:, 100:110] = np.nan
    found = find_moments(strength, 0, 1)
    assert [(m.start, m.viewers) for m in found.moments] == [(300, 20)]
    assert found.tested_seconds == 390


# --- A moment has to matter ----------------------------------------------------------------------------


@pytest.mark.parametrize("viewers", [20, 40])
def test_a_small_share_of_the_room_is_never_reported(viewers):
    """However improbable it is that so few react together, who otherwise never do."""
    few = int(MIN_REACTING_SHARE * viewers) - 1
    strength = np.clip(np.random.default_rng(1).normal(0.02, 0.01, (viewers, 300, 7)), 0, 1)
    strength[:few, 100:104, HAPPY] = 0.9
    assert find_moments(strength, 0, 1).moments == ()
    strength[:, 200:204, SAD] = 0.9  # a second one removes nothing of that
    assert [m.emotion for m in find_moments(strength, 0, 1).moments] == [Emotion.SAD]
    strength[: few + 3, 100:104, HAPPY] = 0.9
    assert [m.emotion for m in find_moments(strength, 0, 1).moments] == [Emotion.HAPPY, Emotion.SAD]


def test_at_least_three_viewers_must_react():
    strength = np.clip(np.random.default_rng(1).normal(0.02, 0.01, (6, 300, 7)), 0, 1)
    for reacting, reported in ((2, False), (3, True), (4, True)):
        strength[:, 100:104, HAPPY] = 0.02
        strength[:reacting, 100:104, HAPPY] = 0.9
        assert bool(find_moments(strength, 0, 1).moments) == reported


def test_a_shared_trace_of_an_emotion_is_not_a_moment():
    """Everybody's face changes a little, but nobody reaches the reaction threshold."""
    strength = np.clip(np.random.default_rng(1).normal(0.02, 0.01, (20, 300, 7)), 0, 1)
    strength[:, 100:104, HAPPY] = REACTION_THRESHOLD - 0.01
    assert find_moments(strength, 0, 1).moments == ()
    strength[:, 100:104, HAPPY] = REACTION_THRESHOLD + 0.01
    assert len(find_moments(strength, 0, 1).moments) == 1


# --- Too little data -----------------------------------------------------------------------------------


def test_too_few_viewers_or_seconds_are_inconclusive_with_a_reason():
    few = search(simulate_timeline(3, 200, 1, PLANTED))
    assert (few.conclusive, few.moments, few.shifts) == (False, (), 0)
    assert "3 viewers" in few.conclusion
    assert "Nothing can be concluded" in few.conclusion
    assert "Only 1 viewer was seen" in search(simulate_timeline(1, 200, 1)).conclusion
    short = search(simulate_timeline(12, 30, 1))
    assert not short.conclusive
    assert "30 seconds" in short.conclusion


def test_viewers_who_were_hardly_ever_seen_together_are_inconclusive():
    strength = calm_room(29, 300, 1)
    strength[1:, 30:] = np.nan  # 29 viewers, of whom one is seen after half a minute
    found = find_moments(strength, 0, 1)
    assert (found.conclusive, found.tested_seconds) == (False, 30)
    assert "half of the room were seen in only 30 seconds" in found.conclusion
    six_seats = calm_room(6, 300, 2)
    six_seats[2:] = np.nan
    assert not find_moments(six_seats, 0, 1).conclusive
    assert "2 viewers were seen" in find_moments(six_seats, 0, 1).conclusion


def test_the_conclusion_says_what_was_found():
    assert "No moment was found" in search(simulate_timeline(8, 90, 1001, private=5)).conclusion
    assert search(simulate_timeline(16, 180, 1, PLANTED)).conclusion.startswith("3 moments were found")
    assert search(simulate_timeline(16, 180, 1, PLANTED[:1])).conclusion.startswith("1 moment was found")


# --- The rest ------------------------------------------------------------------------------------------


def test_the_same_seed_gives_the_same_moments_also_with_gaps():
    timeline = simulate_timeline(12, 180, 2, PLANTED)
    for viewer in range(12):
        timeline = hide_viewer(timeline, viewer, 5 * viewer, 5 * viewer + 12)
    first, second = search(timeline, 9), search(timeline, 9)
    assert first == second
    assert len(first.moments) == 3


def test_a_viewer_who_was_never_seen_changes_no_moment():
    timeline = simulate_timeline(12, 180, 2, PLANTED)
    gone = hide_viewer(timeline, 11, 0, 180)
    without = search(gone)
    assert [m.emotion for m in without.moments] == [p[2] for p in PLANTED]
    assert all(m.viewers == 11 for m in without.moments)


def test_an_analysis_of_one_viewer_has_curves_but_is_inconclusive():
    analysis = analyze("film", simulate_timeline(1, 70, 1), None, (), seed=1)
    assert not analysis.moment_search.conclusive
    assert np.isfinite(analysis.audience_curve.overall_strength).all()
    assert np.isnan(analysis.audience_curve.overall_strength_interval).all()


def test_moments_are_ranked_by_resonance_the_geometric_mean_of_strength_and_share():
    found = search(simulate_timeline(16, 180, 0, PLANTED)).moments
    for moment in found:
        assert moment.resonance**2 == pytest.approx(moment.strength * moment.reacting_share)
    order = indices_by_resonance(found)
    assert sorted(order) == [0, 1, 2]
    assert [found[k].resonance for k in order] == sorted((m.resonance for m in found), reverse=True)
    unknown = replace(found[order[0]], strength=float("nan"))
    assert indices_by_resonance((unknown, *found))[-1] == 0
    assert replace(found[0], strength=-0.2).resonance == 0
    assert replace(found[0], synchrony=float("nan")).resonance == found[0].resonance
