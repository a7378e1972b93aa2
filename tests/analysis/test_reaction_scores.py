"""Reaction scores: every viewer has a similar say, and only well-attended seconds are evidence."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moviemotion.analysis.moments.reaction_scores import (
    MAX_SCORE,
    MIN_DEVIATION,
    MIN_VIEWERS,
    MOMENT,
    MOOD,
    eligible_seconds,
    level_curves,
    reaction_scores,
    usual_viewers,
)


def curves_with_gaps(seed: int, viewers: int = 4, seconds: int = 80) -> np.ndarray:
    """(V, S, 7) strengths with short and long gaps."""
    rng = np.random.default_rng(seed)
    strength = np.clip(rng.gamma(0.5, 0.2, (viewers, seconds, 7)), 0, 1)
    for viewer in range(viewers):
        for _ in range(3):
            start = int(rng.integers(0, seconds))
            strength[viewer, start : start + int(rng.integers(1, 15))] = np.nan
    return strength


def plain_scores(levels: np.ndarray, mean_seconds: int) -> np.ndarray:
    """Scores computed from their definition, one viewer and second at a time."""
    half, scores = mean_seconds // 2, np.zeros(levels.shape)
    for viewer, curve in enumerate(levels):
        seen = ~np.isnan(curve[:, 0])
        if not seen.any():
            continue
        spread = np.maximum(curve[seen].std(axis=0), MIN_DEVIATION)
        z = np.clip((curve - curve[seen].mean(axis=0)) / spread, -MAX_SCORE, MAX_SCORE)
        for second in np.flatnonzero(seen):
            scores[viewer, second] = np.nanmean(z[max(second - half, 0) : second + half + 1], axis=0)
    return scores


@settings(max_examples=25)
@given(st.integers(0, 9999), st.sampled_from([1, 3, 5]))
def test_scores_equal_the_plain_computation_stay_within_their_limits_and_are_0_where_unseen(seed, seconds):
    levels = curves_with_gaps(seed)
    levels[3] = np.nan
    levels[2, :, 0] = np.where(np.isnan(levels[2, :, 0]), np.nan, 0)
    levels[2, 40:42] = 1.0  # one strong reaction, beyond the limit
    scores = reaction_scores(levels, replace(MOMENT, mean_seconds=seconds, trend_seconds=0))
    np.testing.assert_allclose(scores, plain_scores(levels, seconds), atol=1e-5)
    assert np.abs(scores).max() <= MAX_SCORE
    assert (scores[np.isnan(levels)] == 0).all()
    assert (scores[3] == 0).all()


def test_one_strong_reaction_counts_no_more_than_the_limit():
    levels = np.zeros((1, 400, 7))
    levels[0, 100:103, 0] = 1.0
    levels[0, 200:203, 1] = 0.05  # a fluctuation below the smallest standard deviation
    scores = reaction_scores(levels, MOMENT)
    assert scores[0, 101, 0] == MAX_SCORE == 3
    assert scores[0, 201, 1] == pytest.approx((0.05 - 0.05 * 3 / 400) / 0.1)


def test_an_expression_held_for_long_does_not_hide_a_laugh_on_top_of_it_or_elsewhere():
    """The scores of two laughs are the same whether or not the viewer smiles for a minute in between."""
    laughs = np.zeros((1, 400, 7))
    laughs[0, 100:103, 0] = laughs[0, 300:303, 0] = 0.6
    smiling = laughs.copy()
    smiling[0, 180:240, 0] = 0.5
    alone, beside = (reaction_scores(levels, MOMENT)[0, :, 0] for levels in (laughs, smiling))
    np.testing.assert_allclose(beside[[101, 301]], alone[[101, 301]], rtol=0.1)
    assert np.abs(beside[185:235]).max() < 0.2
    smiling[0, 210:213, 0] = 1.0
    assert reaction_scores(smiling, MOMENT)[0, 211, 0] > 2


def test_viewers_with_weak_and_strong_faces_have_the_same_say_if_their_faces_move_enough():
    weak = np.random.default_rng(1).gamma(1, 0.2, (1, 200, 7))
    scores = reaction_scores(np.concatenate([weak, 0.2 + 3 * weak]), MOMENT)
    np.testing.assert_allclose(scores[0], scores[1], atol=1e-5)
    still = 0.02 * weak  # below the smallest standard deviation, which does not enlarge it
    scores = reaction_scores(np.concatenate([still, 0.2 + 3 * still]), MOMENT)
    np.testing.assert_allclose(3 * scores[0], scores[1], atol=1e-5)


def test_at_the_scale_of_moments_the_curves_are_the_strengths_themselves():
    strength = curves_with_gaps(1)
    assert level_curves(strength, MOMENT) is strength


@pytest.mark.parametrize(("length", "kept"), [(20, False), (21, True), (60, True)])
def test_the_running_median_keeps_long_plateaus_to_the_second_and_removes_shorter_reactions(length, kept):
    strength = np.zeros((2, 300, 7))
    strength[0, 120 : 120 + length, 2] = 0.8
    strength[1, :, 2] = 0.1
    strength[1, 40:280:20, 2] = 0.9  # many, but each of them short
    strength[0, 250:260] = np.nan
    levels = level_curves(strength, MOOD)
    expected = np.where(np.isin(np.arange(300), np.arange(120, 120 + length)) & kept, 0.8, 0.0)
    expected[250:260] = np.nan
    np.testing.assert_allclose(levels[0, :, 2], expected)
    np.testing.assert_allclose(levels[1, :, 2], 0.1)
    assert np.isnan(levels[0, 250:260]).all()


def seen_by(counts: list[tuple[int, int]], viewers: int = 20) -> np.ndarray:
    """(V, S) of whom so many are seen for so many seconds."""
    number = np.concatenate([np.full(seconds, n) for n, seconds in counts])
    return np.arange(viewers)[:, None] < number


def test_seconds_in_which_half_of_the_usual_number_is_seen_can_be_evidence():
    seen = seen_by([(20, 50), (10, 10), (9, 10), (20, 50)])
    eligible = eligible_seconds(seen, np.ones(120, bool), MOMENT)
    assert np.flatnonzero(~eligible).tolist() == list(range(60, 70))


def test_with_few_viewers_at_least_five_must_be_seen():
    seen = seen_by([(6, 50), (5, 10), (4, 10), (3, 10), (6, 40)])
    eligible = eligible_seconds(seen, np.ones(120, bool), MOMENT)
    assert np.flatnonzero(~eligible).tolist() == list(range(60, 80))
    assert MIN_VIEWERS == 5
    assert not eligible_seconds(seen[:4], np.ones(120, bool), MOMENT).any()


def test_passers_by_do_not_count_as_part_of_the_room():
    seen = np.zeros((30, 200), bool)
    seen[:8] = True
    for passer in range(8, 30):
        seen[passer, 9 * (passer - 8) : 9 * (passer - 8) + 5] = True  # one after another
    seen[:3, 100:110] = False
    seen[:, 19:22] = True  # a crowd in the doorway, for less than a tenth of the film
    in_film = np.ones(200, bool)
    assert usual_viewers(seen, in_film) == 9
    eligible = eligible_seconds(seen, in_film, MOMENT)
    assert eligible[:100].all()
    assert eligible[110:].all()
    assert eligible[100:110].all()  # 5 or 6 of the usual 9
    seen[:4, 100:110] = False
    still = seen[:, 100:110].sum(axis=0)
    assert eligible_seconds(seen, in_film, MOMENT)[100:110].tolist() == (still >= 5).tolist()
    assert not (still >= 5).all()


def test_only_the_film_counts_and_a_mood_cannot_be_at_its_edges():
    seen, in_film = np.ones((10, 400), bool), np.zeros(400, bool)
    in_film[50:350] = True
    assert np.flatnonzero(eligible_seconds(seen, in_film, MOMENT))[[0, -1]].tolist() == [50, 349]
    assert np.flatnonzero(eligible_seconds(seen, in_film, MOOD))[[0, -1]].tolist() == [110, 289]
    short = np.zeros(400, bool)
    short[10:130] = True
    assert not eligible_seconds(seen, short, MOOD).any()
    assert not eligible_seconds(seen, np.zeros(400, bool), MOMENT).any()
    assert in_film.sum() == 300  # unchanged


def test_the_usual_number_is_reached_in_a_tenth_of_the_film():
    in_film = np.ones(1000, bool)
    assert usual_viewers(seen_by([(20, 110), (8, 890)]), in_film) == 20
    assert usual_viewers(seen_by([(20, 90), (8, 910)]), in_film) == 8
    in_film[:110] = False
    assert usual_viewers(seen_by([(20, 110), (8, 890)]), in_film) == 8
    assert usual_viewers(np.ones((5, 10), bool), np.zeros(10, bool)) == 0
