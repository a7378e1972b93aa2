"""Viewers who react together: found if they share more than the film, and never many at once."""

import numpy as np
import pytest
from audiences import strength_of

from moviemotion.analysis.moments.reacting_together import (
    MIN_BLOCKS,
    MIN_EXCESS,
    blocks_of_viewers,
    nearly_identical_viewers,
    residual_correlations,
)
from moviemotion.emotions import NON_NEUTRAL_EMOTIONS, Emotion
from moviemotion.simulation.room_simulator import Beat, RoomConditions, simulate_room

HAPPY = NON_NEUTRAL_EMOTIONS.index(Emotion.HAPPY)


def private_reactions(viewers: int, seconds: int, seed: int, per_minute: float = 2.0) -> np.ndarray:
    """(V, S, 7) viewers who react alone."""
    rng = np.random.default_rng(seed)
    strength = np.clip(rng.normal(0.03, 0.02, (viewers, seconds, 7)), 0, 1)
    for viewer in range(viewers):
        for start in rng.uniform(0, seconds, int(per_minute * seconds / 60)).astype(int):
            strength[viewer, start : start + int(rng.integers(2, 6)), int(rng.integers(0, 3))] = 0.8
    return strength


def joined_pairs(blocks: np.ndarray) -> int:
    """Number of pairs of viewers in one block."""
    return int((np.bincount(blocks) * (np.bincount(blocks) - 1) // 2).sum())


@pytest.mark.parametrize("seed", range(3))
def test_two_viewers_who_share_private_reactions_are_joined(seed):
    strength = private_reactions(12, 600, seed)
    for start in range(20, 600, 60):  # besides their own ones
        strength[[2, 9], start : start + 4, HAPPY] = 0.8
    blocks = blocks_of_viewers(strength, np.arange(12))
    assert blocks[2] == blocks[9]
    assert joined_pairs(blocks) <= 2


def share_of_pairs_to_join(strength: np.ndarray) -> float:
    """Share of the pairs of viewers whose correlation is large enough to join them."""
    correlation, by_chance = residual_correlations(strength)
    return float(((correlation / by_chance)[np.triu_indices(len(strength), 1)] >= MIN_EXCESS).mean())


def test_independent_viewers_are_hardly_ever_joined():
    """Rare reactions that coincide by chance are more skewed than a normal distribution (0.13 %)."""
    rooms = [private_reactions(20, 900, seed) for seed in range(10)]
    assert np.mean([share_of_pairs_to_join(room) for room in rooms]) < 0.02
    assert np.mean([joined_pairs(blocks_of_viewers(room, np.arange(20))) for room in rooms]) < 4


def test_reactions_that_the_film_causes_join_nobody():
    rooms = [private_reactions(20, 900, seed) for seed in range(10)]
    for room in rooms:
        for start in range(10, 900, 45):
            room[:, start : start + 5, HAPPY] = 0.8
    assert np.mean([share_of_pairs_to_join(room) for room in rooms]) < 0.02


def test_reactions_of_different_speed_to_the_film_join_few():
    """Viewers who are equally quick share a little more than the film alone explains."""
    beats = [Beat(t, t + 4, Emotion.HAPPY, 0.7) for t in range(20, 580, 40)]
    rooms = [strength_of(simulate_room(20, 600, seed, beats=beats).timeline) for seed in range(4)]
    assert np.mean([share_of_pairs_to_join(room) for room in rooms]) < 0.08


def test_one_person_recorded_by_two_cameras_is_one_witness():
    room = simulate_room(12, 600, 4, RoomConditions(doubled=1), [Beat(100, 105, Emotion.HAPPY, 1.0)])
    blocks = blocks_of_viewers(strength_of(room.timeline), np.arange(13))
    assert blocks[0] == blocks[12]


@pytest.mark.parametrize("viewers", [5, 9, 12, 24])
def test_at_least_three_blocks_remain_however_many_react_together(viewers):
    """Two halves of a room, each infecting itself."""
    one, other = private_reactions(2, 600, 1)
    strength = np.where((np.arange(viewers) % 2 == 0)[:, None, None], one, other)
    strength = np.clip(strength + np.random.default_rng(2).normal(0, 0.05, strength.shape), 0, 1)
    blocks = blocks_of_viewers(strength, np.arange(viewers))
    assert np.bincount(blocks).max() <= max(viewers / MIN_BLOCKS, 2)
    assert len(set(blocks)) >= MIN_BLOCKS
    assert joined_pairs(blocks) > viewers / 4
    for block in np.unique(blocks):  # nobody is joined with the other half
        assert len(set(np.flatnonzero(blocks == block) % 2)) == 1


def test_blocks_known_from_the_seats_are_kept_and_numbered_from_0():
    strength = private_reactions(12, 600, 2)
    seats = np.array([3, 3, 5, 5, 7, 7, 9, 9, 11, 11, 13, 13])
    for start in range(20, 600, 60):
        strength[[0, 4], start : start + 4, HAPPY] = 0.8
    blocks = blocks_of_viewers(strength, seats)
    assert sorted(set(blocks)) == list(range(len(set(blocks))))
    assert (blocks[0::2] == blocks[1::2]).all()
    assert blocks[0] == blocks[4] == blocks[5]
    assert seats.tolist() == [3, 3, 5, 5, 7, 7, 9, 9, 11, 11, 13, 13]


def test_the_chance_level_is_that_of_the_same_curves_at_other_times():
    correlation, by_chance = residual_correlations(private_reactions(6, 600, 3))
    np.testing.assert_allclose(correlation, correlation.T)
    np.testing.assert_allclose(by_chance, by_chance.T)
    np.testing.assert_allclose(np.diag(correlation), 1, rtol=1e-6)
    assert (correlation.diagonal() / by_chance.diagonal() > 2 * MIN_EXCESS).all()


def test_a_viewer_who_was_never_seen_is_joined_with_nobody():
    strength = private_reactions(8, 600, 4)
    strength[[2, 5]] = np.nan
    blocks = blocks_of_viewers(strength, np.arange(8))
    assert np.isfinite(residual_correlations(strength)[0]).all()
    assert (np.bincount(blocks)[blocks[[2, 5]]] == 1).all()


def test_one_person_before_two_cameras_is_named_and_independent_viewers_are_not():
    """At least four of six doubles are named, and no pair of independent viewers."""
    named = 0
    for seed in range(6):
        room = simulate_room(12, 900, seed, RoomConditions(doubled=1))
        pairs = {(a, b) for a, b, _ in nearly_identical_viewers(strength_of(room.timeline))}
        named += (0, 12) in pairs
        assert pairs <= {(0, 12)}
        alone = simulate_room(12, 900, seed)
        assert nearly_identical_viewers(strength_of(alone.timeline)) == ()
    assert named >= 4
