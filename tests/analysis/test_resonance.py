"""Resonance: its interval is a jackknife, and its rank is as certain as the viewers make it."""

from dataclasses import replace

import numpy as np
import pytest

from moviemotion.analysis.moments.evidence import Evidence
from moviemotion.analysis.moments.resonance import resonance_interval, resonance_rank_intervals
from moviemotion.statistics import student_t_quantile


def evidence_of(strength: np.ndarray, reacted: np.ndarray | None = None) -> Evidence:
    """Evidence of which only the viewers' strengths and reactions matter."""
    reacted = np.nan_to_num(strength) >= 0.25 if reacted is None else reacted
    nothing = (float("nan"), float("nan"))
    return Evidence(strength, 0, nothing, reacted, 0, nothing, 0, nothing, 0)


def test_the_interval_leaves_out_every_viewer_once():
    strength = np.array([0.5, 0.45, 0.3, 0.4, np.nan, 0.35, 0.3])
    reacted = np.array([True, True, False, True, False, True, True])
    own, did = strength[[0, 1, 2, 3, 5, 6]], reacted[[0, 1, 2, 3, 5, 6]]
    without = [np.sqrt(np.delete(own, k).mean() * np.delete(did, k).mean()) for k in range(6)]
    center = np.sqrt(own.mean() * did.mean())
    half = student_t_quantile(5) * np.sqrt(5 * np.var(without))
    found = resonance_interval(evidence_of(strength, reacted))
    assert found == pytest.approx(tuple(np.clip([center - half, center + half], 0, 1)))
    assert 0 < found[0] < found[1] < 1


def test_the_interval_needs_three_viewers_and_stays_within_0_and_1():
    assert np.isnan(resonance_interval(evidence_of(np.array([0.4, np.nan, 0.5])))).all()
    low, high = resonance_interval(evidence_of(np.array([0.9, 1.0, 0.0, 1.0])))
    assert 0 <= low < high == 1
    assert resonance_interval(evidence_of(np.zeros(5))) == (0, 0)


def test_clearly_different_moments_have_certain_ranks():
    rng = np.random.default_rng(1)
    levels = (0.3, 0.9, 0.6)
    evidence = [evidence_of(np.clip(rng.normal(level, 0.05, 20), 0, 1)) for level in levels]
    assert resonance_rank_intervals(evidence, rng) == ((3, 3), (1, 1), (2, 2))


def test_moments_that_are_alike_share_their_ranks():
    rng = np.random.default_rng(2)
    alike = [evidence_of(np.clip(rng.normal(0.6, 0.2, 20), 0, 1)) for _ in range(4)]
    weakest = evidence_of(np.full(20, 0.05))
    ranks = resonance_rank_intervals([*alike, weakest], rng)
    assert ranks[4] == (5, 5)
    for low, high in ranks[:4]:
        assert 1 <= low < high <= 4
    equal = resonance_rank_intervals([alike[0], alike[0]], rng)
    assert equal == ((1, 1), (1, 1))


def test_ranks_compare_the_same_viewers():
    """Everybody reacts more strongly to the second moment, although viewers differ more than moments."""
    first = np.linspace(0.3, 0.9, 20)
    ranks = resonance_rank_intervals(
        [evidence_of(first), evidence_of(first + 0.02)], np.random.default_rng(3)
    )
    assert ranks == ((2, 2), (1, 1))
    shuffled = evidence_of(np.random.default_rng(4).permutation(first) + 0.02)
    ranks = resonance_rank_intervals([evidence_of(first), shuffled], np.random.default_rng(3))
    assert ranks == ((1, 2), (1, 2))


def test_viewers_who_were_not_seen_in_a_moment_do_not_lower_its_rank():
    seen = np.random.default_rng(5).normal(0.8, 0.03, 20)
    partly = seen.copy()
    partly[5:12] = np.nan
    weaker = evidence_of(seen - 0.3)
    assert resonance_rank_intervals([evidence_of(partly), weaker], np.random.default_rng(6)) == (
        (1, 1),
        (2, 2),
    )


def test_without_moments_there_are_no_ranks_and_one_moment_is_the_first():
    assert resonance_rank_intervals([], np.random.default_rng(1)) == ()
    one = replace(evidence_of(np.array([0.5, 0.7, 0.9])))
    assert resonance_rank_intervals([one], np.random.default_rng(1)) == ((1, 1),)
