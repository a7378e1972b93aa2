"""The evidence for a moment: shares, leave-one-out, an interval that allows for selection, replication."""

import numpy as np
import pytest
from scipy.stats import norm

from moviemotion.analysis.moments.evidence import (
    MIN_REACTING_TIME,
    _distance_to_lower_end,
    _interval_after_selection,
    gather_evidence,
)
from moviemotion.analysis.moments.reaction_scores import MOMENT, reaction_scores
from moviemotion.analysis.signals.audience_curve import REACTION_THRESHOLD
from moviemotion.statistics import Z95, student_t_quantile, wilson_interval


def evidence_of(curves, bounds, peak, threshold=0.0, blocks=None, seed=1, reach=MOMENT.reach):
    scores = reaction_scores(np.repeat(curves[:, :, None], 7, axis=2), MOMENT)[:, :, 0]
    blocks = np.arange(len(curves)) if blocks is None else blocks
    return gather_evidence(curves, scores, bounds, peak, threshold, reach, blocks, seed)


def test_strength_and_share_are_those_of_the_viewers_seen_during_the_moment():
    curves = np.zeros((10, 200))
    curves[:6, 100:106] = 0.6
    curves[6, 100:102] = REACTION_THRESHOLD  # a third of the moment
    curves[7, 100] = 0.9  # too short
    curves[8, 100:106] = np.nan
    curves[0, 100:103] = np.nan  # seen for half of it
    curves[1, 100:103] = [0.9, 0.0, 0.0]
    found = evidence_of(curves, (100, 106), 103)
    own = [0.6, (0.9 + 3 * 0.6) / 6, 0.6, 0.6, 0.6, 0.6, 2 * 0.25 / 6, 0.15, np.nan, 0.0]
    np.testing.assert_allclose(found.strength, own)
    assert found.mean_strength == pytest.approx(np.nanmean(own))
    assert found.reacted.tolist() == [True] * 7 + [False] * 3
    assert found.reacting_share == pytest.approx(7 / 9)
    low, high = wilson_interval(7, 9)
    assert found.reacting_share_interval == (float(low), float(high))
    seen = np.delete(own, 8)
    without = [np.delete(seen, k).mean() for k in range(9)]
    assert found.leave_one_out == (pytest.approx(min(without)), pytest.approx(max(without)))
    assert pytest.approx(1 / 3) == MIN_REACTING_TIME


@pytest.mark.parametrize(("length", "counts"), [(3, True), (4, False)])
def test_in_a_moment_of_up_to_three_seconds_a_reaction_next_to_its_peak_counts(length, counts):
    """People react up to a second apart, which matters only in so short a moment."""
    curves = np.zeros((6, 200))
    curves[:5, 100 : 100 + length] = 0.6
    curves[5, 99] = 0.6
    assert evidence_of(curves, (100, 100 + length), 100).reacted.tolist() == [True] * 5 + [counts]


def test_the_expected_share_is_that_of_the_minute_around_the_moment():
    curves = np.zeros((8, 400))
    curves[:, 200:210] = 0.8
    assert evidence_of(curves, (200, 210), 205).expected_share == 0
    curves[:2] = 0.3  # two viewers smile all the time
    assert evidence_of(curves, (200, 210), 205).expected_share == 0.25
    curves[:, 197:200] = curves[:, 210:213] = 0.8  # next to the moment: it rises and fades
    curves[:, :140] = curves[:, 270:] = 0.8  # further than a minute away
    assert evidence_of(curves, (200, 210), 205).expected_share == 0.25
    curves[:, 140] = curves[:, 269] = 0.8
    expected = (0.25 * 112 + 2) / 114
    assert evidence_of(curves, (200, 210), 205).expected_share == pytest.approx(expected)
    curves[2:, :200] = np.nan  # shares are of those seen
    curves[2:, 210:] = np.nan
    assert evidence_of(curves, (200, 210), 205).expected_share == 1
    assert np.isnan(evidence_of(np.full((8, 12), 0.8), (0, 12), 5, reach=6).expected_share)


def test_far_above_the_threshold_the_interval_is_students():
    rng = np.random.default_rng(1)
    strength, scores = rng.normal(0.5, 0.1, 20), rng.normal(2, 0.5, 20)
    low, high = _interval_after_selection(strength, scores, 5.0)
    half = float(student_t_quantile(19)) * strength.std(ddof=1) / np.sqrt(20)
    assert (low, high) == (pytest.approx(strength.mean() - half), pytest.approx(strength.mean() + half))


def test_near_the_threshold_the_lower_end_falls_as_far_as_strength_and_scores_belong_together():
    rng = np.random.default_rng(2)
    scores = rng.normal(1, 0.8, 20)
    bound = 0.3 + 0.1 * (scores - scores.mean()) / scores.std()
    free = 0.3 + 0.1 * rng.permutation(scores - scores.mean()) / scores.std()
    plain = float(student_t_quantile(19)) * bound.std(ddof=1) / np.sqrt(20)
    lower = [_interval_after_selection(bound, scores, share * scores.sum())[0] for share in (0.2, 0.8, 0.99)]
    assert lower[0] == pytest.approx(0.3 - plain, rel=0.02)
    assert lower[0] > lower[1] > lower[2]
    assert lower[2] < 0.3 - 1.5 * plain
    unrelated = _interval_after_selection(free, scores, 0.99 * scores.sum())
    assert lower[2] < unrelated[0] <= 0.3 - plain
    upper = _interval_after_selection(bound, scores, 0.99 * scores.sum())[1]
    assert upper == pytest.approx(0.3 + plain)


def test_an_interval_needs_three_viewers_who_differ():
    assert np.isnan(_interval_after_selection(np.array([0.2, 0.4]), np.ones(2), 1.0)).all()
    assert np.isnan(_interval_after_selection(np.full(5, 0.4), np.ones(5), 1.0)).all()
    same_scores = _interval_after_selection(np.array([0.2, 0.4, 0.6]), np.full(3, 3.0), 1.0)
    assert same_scores == (0, pytest.approx(0.4 + 4.302653 * 0.2 / np.sqrt(3)))


@pytest.mark.parametrize(("z", "cut"), [(4.0, 3.0), (3.5, 3.0), (6.0, 3.0), (9.0, 3.0)])
def test_the_lower_end_solves_the_equation_of_the_truncated_normal(z, cut):
    distance = _distance_to_lower_end(z, cut, Z95)
    mean = z - distance
    if distance < 6:
        assert norm.sf(z - mean) / norm.sf(cut - mean) == pytest.approx(0.025, rel=1e-6)
    assert Z95 <= distance <= 6
    assert _distance_to_lower_end(z, cut, 3.0) >= distance or distance == 6


def test_the_distance_to_the_lower_end_is_limited_at_the_threshold():
    assert _distance_to_lower_end(3.0, 3.0, Z95) == 6
    assert _distance_to_lower_end(2.9, 3.0, Z95) == 6  # rounded below it
    assert _distance_to_lower_end(30.0, 3.0, Z95) == pytest.approx(Z95)


def test_selected_intervals_cover_the_true_strength():
    """Of many weak moments, only those are reported whose sum exceeds the threshold."""
    rng = np.random.default_rng(3)
    covered, plainly, reported = 0, 0, 0
    for _ in range(4000):
        strength = np.clip(rng.normal(0.3, 0.25, 20), 0, 1)
        scores = 4 * (strength - 0.2) + rng.normal(0, 0.5, 20)
        if scores.sum() <= 12.0:
            continue
        reported += 1
        low, high = _interval_after_selection(strength, scores, 12.0)
        half = high - strength.mean()
        truth = 0.3 + TRUNCATION_BIAS
        covered += low <= truth <= high
        plainly += strength.mean() - half <= truth <= high
    assert reported > 200
    assert covered / reported > 0.93
    assert plainly / reported < covered / reported


_GRID = norm.ppf((np.arange(100_000) + 0.5) / 100_000, 0.3, 0.25)
TRUNCATION_BIAS = float(np.clip(_GRID, 0, 1).mean()) - 0.3


def noise_with_a_laugh(viewers: int, share: float, seed: int) -> np.ndarray:
    """(V, S) viewers who react alone, and a share of whom laughs from second 200 to 205."""
    rng = np.random.default_rng(seed)
    curves = np.clip(rng.normal(0.03, 0.02, (viewers, 400)), 0, 1)
    for viewer in range(viewers):
        for start in rng.integers(0, 400, 6):
            curves[viewer, start : start + 4] = 0.7
    curves[: round(share * viewers), 200:205] = 0.8
    return curves


def test_a_laugh_of_the_whole_room_is_found_again_and_noise_hardly_ever():
    strong = evidence_of(noise_with_a_laugh(20, 1.0, 1), (200, 205), 202)
    assert strong.replicability == 1
    weak = evidence_of(noise_with_a_laugh(20, 0.3, 1), (200, 205), 202)
    assert 0.2 < weak.replicability < 1
    noise = [evidence_of(noise_with_a_laugh(20, 0.0, k), (100, 105), 102).replicability for k in range(40)]
    assert np.mean(noise) < 0.15


def test_halves_are_drawn_from_blocks():
    """Six neighbors who laugh together are one witness: found again in half of the halves at most."""
    curves = noise_with_a_laugh(18, 1 / 3, 2)
    blocks = np.concatenate([np.zeros(6, int), np.arange(1, 13)])
    alone = evidence_of(curves, (200, 205), 202)
    together = evidence_of(curves, (200, 205), 202, blocks=blocks)
    assert together.replicability < 0.65
    assert together.replicability < alone.replicability
    assert np.isnan(evidence_of(curves, (200, 205), 202, blocks=np.arange(18) % 3).replicability)


def test_a_moment_at_the_end_of_the_film_can_be_found_again():
    curves = noise_with_a_laugh(20, 1.0, 1)
    assert evidence_of(np.roll(curves, 194, axis=1), (394, 399), 397).replicability > 0.9
    assert evidence_of(np.roll(curves, -200, axis=1), (0, 5), 2).replicability > 0.9


def test_the_same_seed_gives_the_same_replicability():
    curves = noise_with_a_laugh(20, 0.3, 4)
    assert evidence_of(curves, (200, 205), 202).replicability == (
        evidence_of(curves, (200, 205), 202).replicability
    )
