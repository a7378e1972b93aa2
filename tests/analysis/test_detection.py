"""Moments: found where they were planted and not found where nothing is shared."""

from dataclasses import replace

import numpy as np
import pytest
from audiences import hide_viewer, simulate_timeline, strength_of
from scipy.stats import binom

from moviemotion.analysis.analyze import analyze
from moviemotion.analysis.moments.detection import ALPHA, find_moments, indices_by_resonance
from moviemotion.analysis.signals.audience_curve import compute_audience_curve
from moviemotion.emotions import Emotion

PLANTED = ((30, 37, Emotion.HAPPY, 1.0), (80, 86, Emotion.SURPRISE, 0.9), (130, 139, Emotion.SAD, 0.8))


def search(timeline, seed=1):
    strength = strength_of(timeline)
    return find_moments(strength, compute_audience_curve(timeline, strength), seed)


@pytest.mark.parametrize("seed", range(3))
def test_planted_moments_are_found_in_their_place_and_no_other(seed):
    found = search(simulate_timeline(16, 180, seed, PLANTED))
    assert [m.emotion for m in found.moments] == [p[2] for p in PLANTED]
    for moment, (start, end, _, _) in zip(found.moments, PLANTED, strict=True):
        assert start - 2 <= moment.start <= start + 3
        assert end - 2 <= moment.end <= end + 4
        assert moment.start <= moment.peak < moment.end
        assert moment.p_adjusted <= found.alpha
        assert moment.synchrony_interval[0] < moment.synchrony < moment.synchrony_interval[1]
        assert moment.resonance_interval[0] < moment.resonance < moment.resonance_interval[1]
        assert (
            moment.reacting_share_interval[0]
            < moment.reacting_share
            <= moment.reacting_share_interval[1] + 1e-9
        )


def test_unrelated_viewers_have_a_moment_in_at_most_5_percent_of_audiences():
    false = sum(bool(search(simulate_timeline(8, 90, 1000 + seed, private=5)).moments) for seed in range(40))
    assert false <= binom.ppf(0.995, 40, ALPHA)


def test_frequent_private_reactions_are_not_a_moment():
    """Viewers who smile often, each at different times."""
    assert not search(simulate_timeline(10, 120, 7, private=12)).moments


def test_too_few_viewers_or_seconds_are_inconclusive_with_a_reason():
    few = search(simulate_timeline(3, 200, 1, PLANTED))
    assert (few.conclusive, few.moments, few.shifts) == (False, (), 0)
    assert "3 viewers" in few.conclusion
    assert "Nothing can be concluded" in few.conclusion
    short = search(simulate_timeline(12, 30, 1))
    assert not short.conclusive
    assert "30 seconds" in short.conclusion


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


def test_moments_are_ranked_by_resonance_the_geometric_mean_of_three_factors():
    found = search(simulate_timeline(16, 180, 0, PLANTED)).moments
    for moment in found:
        assert moment.resonance**3 == pytest.approx(
            moment.strength * moment.reacting_share * moment.synchrony
        )
    order = indices_by_resonance(found)
    assert sorted(order) == [0, 1, 2]
    assert [found[k].resonance for k in order] == sorted((m.resonance for m in found), reverse=True)
    unknown = replace(found[order[0]], synchrony=float("nan"))
    assert indices_by_resonance((unknown, *found))[-1] == 0
    assert replace(found[0], synchrony=-0.2).resonance == 0
