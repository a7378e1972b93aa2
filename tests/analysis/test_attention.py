"""Tests of `analysis.attention`: the share that faces the screen, drops and walk-outs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from moviemotion.analysis.attention import NOT_MEASURED, measure_attention
from moviemotion.analysis.signals.attention_states import DOWN, NOT_SEEN, OUT, SCREEN
from moviemotion.analysis.signals.timeline import Timeline
from moviemotion.emotions import EMOTIONS

VIEWERS, SECONDS = 24, 600


def audience(seed: int = 0, viewers: int = VIEWERS) -> np.ndarray:
    """(V, S) states of viewers who look at their phones, each at own times."""
    rng = np.random.default_rng(seed)
    states = np.full((viewers, SECONDS), SCREEN, np.int8)
    for row in states:
        for start in rng.integers(0, SECONDS, 8).tolist():
            row[start : start + int(rng.integers(2, 12))] = DOWN
    return states


def timeline(states: np.ndarray) -> Timeline:
    viewers, seconds = states.shape
    probabilities = np.full((viewers, seconds, len(EMOTIONS)), 0.125, np.float32)
    counts = np.full((viewers, seconds), 5, np.int32)
    return Timeline(tuple(f"seat-{k}" for k in range(viewers)), 0, probabilities, counts, attention=states)


def test_the_share_counts_only_viewers_whose_state_is_known() -> None:
    states = np.full((8, 60), SCREEN, np.int8)
    states[0], states[1], states[2] = NOT_SEEN, DOWN, OUT
    attention = measure_attention(timeline(states), 36, np.ones(60, bool))
    assert attention.known.tolist() == [7] * 60
    assert attention.share == pytest.approx(np.full(60, 5 / 7))
    assert attention.viewers_by_state[0].tolist() == [5, 1, 0, 0, 1]
    assert np.isnan(attention.viewer_shares[0])
    assert attention.viewer_shares[1:4].tolist() == [0, 0, 1]


def test_a_drop_is_found_where_it_was_planted() -> None:
    states = audience()
    for row in states[:12]:
        row[300:312] = DOWN
    (drop,) = measure_attention(timeline(states), 36, np.ones(SECONDS, bool)).drops
    assert drop.start == pytest.approx(300, abs=2)
    assert drop.end == pytest.approx(312, abs=2)
    assert drop.elsewhere >= 12
    assert drop.elsewhere_share > 2 * drop.expected_share
    assert drop.p_adjusted <= 0.05


def test_viewers_who_look_away_at_their_own_times_make_no_drop() -> None:
    attention = measure_attention(timeline(audience(1)), 36, np.ones(SECONDS, bool))
    assert attention.conclusive
    assert attention.drops == ()
    assert attention.conclusion.startswith("No drop of attention was found")


def test_faces_that_are_lost_together_are_no_drop() -> None:
    states = audience(2)
    states[:12, 300:330] = NOT_SEEN
    attention = measure_attention(timeline(states), 36, np.ones(SECONDS, bool))
    assert attention.drops == ()
    assert np.nanmin(attention.share[300:330]) > 0.5


def test_walk_outs_are_listed_in_the_film_only() -> None:
    states = audience(3)
    states[4, 100:160], states[2, 400:], states[7, 580:] = OUT, OUT, OUT
    in_film = np.arange(SECONDS) < 550
    first, second = measure_attention(timeline(states), 36, in_film).walk_outs
    assert (first.viewer, first.left, first.returned) == ("seat-4", 100, 160)
    assert (second.viewer, second.left) == ("seat-2", 400)
    assert np.isnan(second.returned)


def test_a_study_without_poses_says_so() -> None:
    attention = measure_attention(replace(timeline(audience()), attention=None), 36, np.ones(SECONDS, bool))
    assert not attention.is_measured
    assert attention.conclusion == NOT_MEASURED
    assert np.isnan(attention.share).all()
