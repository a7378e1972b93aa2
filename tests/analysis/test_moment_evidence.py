"""The evidence for a moment: shares, leave-one-out, intervals, replication."""

import numpy as np
import pytest

from moviemotion.analysis.moments.evidence import (
    MIN_REACTING_TIME,
    gather_evidence,
)
from moviemotion.analysis.moments.reaction_scores import MOMENT, reaction_scores
from moviemotion.analysis.signals.audience_curve import REACTION_THRESHOLD
from moviemotion.statistics import wilson_interval


def evidence_of(curves, bounds, peak, blocks=None, seed=1, reach=MOMENT.reach):
    scores = reaction_scores(np.repeat(curves[:, :, None], 7, axis=2), MOMENT)[:, :, 0]
    blocks = np.arange(len(curves)) if blocks is None else blocks
    return gather_evidence(curves, scores, bounds, peak, reach, blocks, seed)


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


def test_the_interval_of_the_strength_is_that_of_the_mean_over_the_viewers_seen():
    curves = np.zeros((10, 200))
    curves[:, 100:106] = np.linspace(0.1, 0.9, 10)[:, None]
    curves[9, 100:106] = np.nan
    found = evidence_of(curves, (100, 106), 103)
    own = np.linspace(0.1, 0.9, 10)[:9]
    half = 1.959964 * own.std(ddof=1) / 3
    assert found.strength_interval == pytest.approx((own.mean() - half, own.mean() + half), abs=1e-6)


def test_the_interval_needs_three_viewers_and_stays_within_0_and_1():
    curves = np.zeros((3, 200))
    curves[:, 100:106] = np.array([0.0, 0.0, 1.0])[:, None]
    low, high = evidence_of(curves, (100, 106), 103).strength_interval
    assert (low, high) == (0, pytest.approx(1 / 3 + 1.959964 / 3))
    curves[:, 100:106] = np.array([0.6, 1.0, 1.0])[:, None]
    assert evidence_of(curves, (100, 106), 103).strength_interval[1] == 1
    curves[0] = np.nan
    assert np.isnan(evidence_of(curves, (100, 106), 103).strength_interval).all()


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
    assert type(strong.replicability) is float
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


@pytest.mark.parametrize(("start", "peak"), [(0, 0), (396, 399)])
def test_a_moment_at_either_end_of_the_film_can_be_found_again(start, peak):
    """Shifted viewers are continued by their reflection there, as in the null model."""
    curves = noise_with_a_laugh(20, 0.0, 1)
    curves[:8, start : start + 4] = 0.8
    assert evidence_of(curves, (start, start + 4), peak).replicability > 0.8


def test_the_same_seed_gives_the_same_replicability():
    curves = noise_with_a_laugh(20, 0.3, 4)
    assert evidence_of(curves, (200, 205), 202).replicability == (
        evidence_of(curves, (200, 205), 202).replicability
    )
