"""Thresholds, weights and edges of the analysis: cases in which a small mistake would change a figure."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from audiences import hide_viewer, simulate_timeline, strength_of
from hypothesis import given, settings
from hypothesis import strategies as st
from pattern_audiences import moment

from moviemotion.analysis.analyze import analyze
from moviemotion.analysis.comparison import pattern_ratings
from moviemotion.analysis.comparison.cut_alignment import align_by_seconds, match_elements
from moviemotion.analysis.comparison.group_differences import (
    MIN_PAIRS,
    MIN_VIEWERS,
    SMALLEST_RELEVANT_DIFFERENCE,
    DifferenceVerdict,
    GroupComparison,
    compare_groups,
)
from moviemotion.analysis.moments import detection
from moviemotion.analysis.moments.detection import (
    MIN_SECONDS,
    Moment,
    _Candidate,
    _drop_overlapping,
    _ScaleSearch,
    find_moments,
    resonance_ranks,
)
from moviemotion.analysis.moments.reaction_scores import MAX_SCORE, MOMENT, MOOD, TimeScale
from moviemotion.analysis.patterns import arc, change_points, flat_stretches
from moviemotion.analysis.patterns.acts import Act
from moviemotion.analysis.patterns.arc import ArcShape, find_arcs, shape_correlations
from moviemotion.analysis.patterns.contagion import find_contagion
from moviemotion.analysis.patterns.flat_stretches import find_flat_stretches
from moviemotion.analysis.patterns.motifs import (
    _count_motifs,
    _follows_within_window,
    _tested_motifs,
    contains_motif,
    find_motifs,
)
from moviemotion.analysis.patterns.peak_end import find_peak_end
from moviemotion.analysis.script_emotions import (
    MIN_DOMINANT_STRENGTH,
    mean_strength_during,
    summarize_emotions,
)
from moviemotion.analysis.signals.affect import compute_valence
from moviemotion.analysis.signals.audience_curve import (
    REACTION_THRESHOLD,
    AudienceCurve,
    compute_audience_curve,
)
from moviemotion.analysis.signals.baseline import (
    AVERAGE_REST,
    MAX_EMOTION_AT_REST,
    MAX_PROBABILITY,
    MIN_PROBABILITY,
    Baseline,
    TimeSpan,
    _half_sample_mode,
    _neutral_count,
    estimate_baseline,
    parse_time_span,
    strength_above_baseline,
)
from moviemotion.analysis.signals.baseline import (
    MIN_SECONDS as MIN_MARKED_SECONDS,
)
from moviemotion.analysis.signals.mixed_emotions import find_mixed_emotions, mixed_emotion_strength
from moviemotion.analysis.signals.reaction_delay import (
    MAX_REACTION_DELAY,
    MIN_RISE,
    estimate_reaction_delay,
    estimate_relative_delay,
)
from moviemotion.analysis.signals.seat_map import SeatMap
from moviemotion.analysis.signals.strength_intervals import (
    FILM_DEGREES_OF_FREEDOM,
    difference_intervals,
    strength_intervals,
)
from moviemotion.analysis.signals.synchrony import SYNCHRONY_WINDOW, sliding_synchrony, synchrony_at
from moviemotion.analysis.signals.timeline import MIN_WEIGHT, Timeline, ViewerSamples, build_timeline
from moviemotion.emotions import MIXED_EMOTIONS, NON_NEUTRAL_EMOTIONS, Emotion
from moviemotion.errors import SettingError
from moviemotion.problems import Harm, Problem
from moviemotion.statistics import Z95, student_t_quantile, wilson_interval

HAPPY, SAD, SURPRISE = (NON_NEUTRAL_EMOTIONS.index(e) for e in (Emotion.HAPPY, Emotion.SAD, Emotion.SURPRISE))
NAN = float("nan")

PROBLEM = Problem("test", Harm.NOTE, "a problem")


def timeline_of(probabilities: np.ndarray, weight: np.ndarray | None = None) -> Timeline:
    """A timeline of (V, S, 8) probabilities, NaN where not seen."""
    counts = (~np.isnan(probabilities[:, :, 0])).astype(np.int32)
    names = tuple(f"viewer {k}" for k in range(len(probabilities)))
    return Timeline(names, 0, probabilities.astype(np.float32), counts, weight)


def audience_curve_of(strength: np.ndarray, weight: np.ndarray | None = None) -> AudienceCurve:
    """The audience curve of (V, S, 7) strengths."""
    counts = (~np.isnan(strength[:, :, 0])).astype(np.int32)
    names = tuple(map(str, range(len(strength))))
    empty = np.zeros((*counts.shape, 8), np.float32)
    return compute_audience_curve(Timeline(names, 0, empty, counts, weight), strength)


# --- Timeline ----------------------------------------------------------------------------------------


def test_samples_within_a_second_are_averaged_by_their_weight():
    emotions = np.eye(8, dtype=np.float32)[[1, 3, 1, 3]]
    time = np.array([0.0, 0.0, 5.0, 5.0])
    weight = np.array([1.0, 0.25, 0.25, 0.5], np.float32)
    two = ViewerSamples("a", time, emotions, weight)
    separate = build_timeline([two], 5.5)
    assert separate.probabilities[0, 0, 1] == pytest.approx(0.8)
    assert separate.probabilities[0, 5, 1] == pytest.approx(1 / 3)
    assert separate.weight[0, [0, 5]] == pytest.approx([0.625, 0.375])
    # 0.9 s apart in one second: the peak is that of one sample.
    apart = ViewerSamples("a", np.array([0.0, 0.9]), emotions[:2], np.array([1.0, 0.1], np.float32))
    timeline = build_timeline([apart], 0.95)
    assert timeline.probabilities[0, 0, 1] == pytest.approx(1 / 1.1)
    assert timeline.peak[0, 0, [0, 2]] == pytest.approx([1, 1])


def test_a_second_is_seen_from_half_a_sample_of_weight():
    emotions = np.eye(8, dtype=np.float32)[[1]]
    for weight, seen in ((MIN_WEIGHT, 1), (MIN_WEIGHT - 0.01, 0)):
        one = ViewerSamples("a", np.array([0.5]), emotions, np.array([weight], np.float32))
        timeline = build_timeline([one], 1.0)
        assert timeline.sample_counts.tolist() == [[seen, 0]]
        assert timeline.weight.tolist() == [[pytest.approx(weight * seen), 0]]


def test_the_timeline_includes_samples_at_both_ends_of_the_film():
    emotions = np.tile(np.eye(8, dtype=np.float32)[[1]], (4, 1))
    time = np.array([-0.01, 0.0, 7.0, 7.01])
    timeline = build_timeline([ViewerSamples("a", time, emotions, np.ones(4, np.float32))], 7.0)
    assert timeline.sample_counts.tolist() == [[1, 0, 0, 0, 0, 0, 0, 1]]


# --- Baseline and strength ---------------------------------------------------------------------------


def test_a_marked_stretch_needs_five_seconds_and_excludes_its_end():
    timeline = simulate_timeline(1, 60, 3)
    for length, marked in ((MIN_MARKED_SECONDS, True), (MIN_MARKED_SECONDS - 1, False)):
        found = estimate_baseline(timeline, TimeSpan(10.0, 10.0 + length))
        assert found.from_marked_span.tolist() == [marked]
    partly = estimate_baseline(timeline, TimeSpan(10.5, 15.5))
    assert partly.seconds.tolist() == [6]
    assert partly.probabilities[0] == pytest.approx(timeline.probabilities[0, 10:16].mean(axis=0), abs=1e-6)
    assert estimate_baseline(timeline, TimeSpan(59.0, 99.0)).from_marked_span.tolist() == [False]
    with pytest.raises(SettingError, match=r"60-70: outside the analyzed film time, 0–60 s"):
        estimate_baseline(timeline, TimeSpan(60.0, 70.0))


def test_an_estimated_baseline_uses_the_more_neutral_sixty_percent():
    assert [_neutral_count(n) for n in (1, 5, 10, 11)] == [1, 3, 6, 7]
    found = estimate_baseline(simulate_timeline(2, 55, 1))
    assert found.seconds.tolist() == [33, 33]
    assert found.from_marked_span.tolist() == [False, False]
    assert found.probabilities.sum(axis=1) == pytest.approx([1, 1])


def test_the_emotions_at_rest_are_limited_in_proportion():
    at_rest = np.array([0.1, 0.3, 0.0, 0.6, 0.0, 0.0, 0.0, 0.0])
    crying = estimate_baseline(timeline_of(np.tile(at_rest, (1, 30, 1)))).probabilities[0]
    assert crying[0] == pytest.approx(1 - MAX_EMOTION_AT_REST)
    assert crying[1:].sum() == pytest.approx(MAX_EMOTION_AT_REST)
    assert crying[3] / crying[1] == pytest.approx(2, rel=1e-2)
    calm = np.array([0.7, 0.1, 0.0, 0.2, 0.0, 0.0, 0.0, 0.0])
    unchanged = estimate_baseline(timeline_of(np.tile(calm, (1, 30, 1)))).probabilities[0]
    assert unchanged == pytest.approx(calm, abs=1e-3)


def test_the_mode_is_the_mean_of_the_densest_quarter():
    assert _half_sample_mode(np.array([0.0, 10.0, 10.1, 10.2, 10.3, 30.0, 40.0, 50.0])) == pytest.approx(
        10.05
    )
    assert _half_sample_mode(np.array([3.0])) == 3.0
    assert _half_sample_mode(np.array([5.0, 1.0, 1.1])) == pytest.approx(1.0)


R0 = AVERAGE_REST


@pytest.mark.parametrize(
    ("rest", "now", "strength"),
    [(R0, 0.6, (0.6 - R0) / (1 - R0)), (0.5, 0.5, 0), (0.3, 0.1, 0), (0.2, 0.8, 0.2308), (0, 1, 0.9995)],
)
def test_strength_is_the_change_in_log_odds_applied_to_an_average_rest(rest, now, strength):
    found = strength_above_baseline(timeline_of(joy(now)), resting_joy(rest))
    assert found[0, 0, HAPPY] == pytest.approx(strength, abs=1e-4)
    assert (found[0, 0, 1:] == 0).all()


def test_probabilities_are_limited_before_strength_is_computed():
    for rest, now, same_rest, same_now in (
        (MIN_PROBABILITY / 10, 0.5, MIN_PROBABILITY, 0.5),
        (0.5, 1.0, 0.5, MAX_PROBABILITY),
        (0.0, MIN_PROBABILITY, 0.0, 0.0),
    ):
        found = strength_above_baseline(timeline_of(joy(now)), resting_joy(rest))
        limited = strength_above_baseline(timeline_of(joy(same_now)), resting_joy(same_rest))
        np.testing.assert_array_equal(found, limited)


def joy(probability):
    probabilities = np.zeros((1, 1, 8))
    probabilities[0, 0, 1] = probability
    return probabilities


def resting_joy(probability):
    return Baseline(joy(probability)[0], np.array([1]), np.array([True]))


def test_hours_minutes_and_seconds_of_a_time_span():
    assert parse_time_span("2:03:04.5 - 3:00:00") == TimeSpan(7384.5, 10800)
    assert parse_time_span("1:02-62.5") == TimeSpan(62, 62.5)
    with pytest.raises(SettingError) as error:
        parse_time_span("0:20-0:10")
    assert error.value.worded({"baseline": "--baseline"}).startswith(
        "--baseline 0:20-0:10: the end is not after"
    )


# --- Audience curve and intervals --------------------------------------------------------------------


def test_a_viewer_reacts_from_the_threshold():
    strength = np.zeros((4, 3, 7))
    strength[0, 0, HAPPY] = REACTION_THRESHOLD
    strength[1, 0, SAD] = REACTION_THRESHOLD - 1e-9
    strength[2, 0, SAD], strength[2, 0, HAPPY] = 0.9, 0.8
    strength[3] = np.nan
    curve = audience_curve_of(strength)
    assert curve.viewers.tolist() == [3, 3, 3]
    assert curve.reacting_share.tolist() == [pytest.approx(2 / 3), 0, 0]
    assert curve.overall_strength[0] == pytest.approx((2 * REACTION_THRESHOLD + 0.9) / 3)
    low, high = wilson_interval(2, 3)
    assert curve.reacting_share_interval[:, 0] == pytest.approx([float(low), float(high)])


def test_the_interval_of_one_second_is_wilsons_with_the_moderated_dispersion():
    """Computed by hand from the formulas for weighted viewers."""
    values = np.array([[0.9, 0.1], [0.4, 0.2], [0.1, 0.0], [0.6, 0.3]])
    weight = np.array([[1.0, 1.0], [0.5, 1.0], [0.25, 1.0], [1.0, 1.0]])
    n = weight.sum(axis=0) ** 2 / (weight**2).sum(axis=0)
    mean = (weight * values).sum(axis=0) / weight.sum(axis=0)
    variance = (weight * (values - mean) ** 2).sum(axis=0) / weight.sum(axis=0) * n / (n - 1)
    product = mean * (1 - mean)
    extra = FILM_DEGREES_OF_FREEDOM
    k = (
        ((n - 1) * student_t_quantile(n - 1) ** 2 * variance + extra * Z95**2 * variance.mean())
        / ((n - 1) * product + extra * product.mean())
        / n
    )
    half = np.sqrt(k * product + k**2 / 4)
    expected = mean, (mean + k / 2 - half) / (1 + k), (mean + k / 2 + half) / (1 + k)
    np.testing.assert_allclose(strength_intervals(values, weight), expected)


@given(st.integers(0, 9999), st.floats(0.05, 0.95))
def test_unequal_weights_count_as_fewer_viewers(seed, low_weight):
    """Kish's effective sample size: the same mean and variance are less certain."""
    values = np.repeat(np.random.default_rng(seed).uniform(0, 1, (6, 1)), 2, axis=0)
    equal, unequal = np.ones((12, 1)), np.tile([[1.0], [low_weight]], (6, 1))
    mean, low, high = strength_intervals(values, unequal)
    mean_equal, low_equal, high_equal = strength_intervals(values, equal)
    assert mean == pytest.approx(mean_equal)
    assert high[0] - low[0] > high_equal[0] - low_equal[0]
    half = strength_intervals(values, 0.5 * equal)
    assert half[1] == pytest.approx(low_equal)  # only ratios of weights matter


def test_single_precision_weights_give_the_same_intervals():
    values = np.random.default_rng(2).uniform(0, 1, (5, 9))
    weight = np.random.default_rng(3).uniform(0.1, 1, (5, 9)).astype(np.float32)
    double = strength_intervals(values, weight.astype(np.float64))
    for single, expected in zip(strength_intervals(values, weight), double, strict=True):
        np.testing.assert_allclose(single, expected, rtol=1e-6)


def test_a_viewer_without_weight_is_unseen_for_the_interval():
    values = np.array([[0.2, 0.3], [0.6, 0.5], [np.nan, 0.1]])
    np.testing.assert_array_equal(strength_intervals(values)[0], [0.4, pytest.approx(0.3)])
    both = strength_intervals(values[:, :, None])
    for flat, deep in zip(strength_intervals(values), both, strict=True):
        np.testing.assert_array_equal(flat, deep[:, 0])


def test_a_difference_interval_combines_the_distances_of_both_means():
    first, second = np.random.default_rng(1).uniform(0, 1, (2, 8, 5))
    (m1, l1, h1), (m2, l2, h2) = strength_intervals(first), strength_intervals(second)
    low, high = difference_intervals(first, second)
    np.testing.assert_allclose(low, m2 - m1 - np.sqrt((m2 - l2) ** 2 + (h1 - m1) ** 2))
    np.testing.assert_allclose(high, m2 - m1 + np.sqrt((h2 - m2) ** 2 + (m1 - l1) ** 2))


# --- Synchrony ---------------------------------------------------------------------------------------


def plain_synchrony(window: np.ndarray) -> float:
    """Mean product of two viewers' z, over all pairs and the seconds in which both are seen.

    Limited to ±1, which it can exceed where the two are seen together only in part.
    """
    curves = []
    for own in window:
        deviation = own - np.nanmean(own, axis=0) if (~np.isnan(own)).any() else own
        squares = np.nansum(deviation**2)
        curves.append(
            deviation / np.sqrt(squares / (~np.isnan(own[:, 0])).sum()) if squares > 1e-9 else own * NAN
        )
    products = [(a * b).sum(axis=1) for k, a in enumerate(curves) for b in curves[k + 1 :]]
    return float(np.clip(np.nanmean(products), -1, 1)) if not np.isnan(products).all() else NAN


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 9999))
def test_synchrony_with_gaps_equals_the_plain_computation_at_every_second(seed):
    rng = np.random.default_rng(seed)
    strength = rng.gamma(1, 0.1, (4, 40, 7))
    for viewer in range(4):
        start = int(rng.integers(0, 35))
        strength[viewer, start : start + int(rng.integers(1, 12))] = np.nan
    half = SYNCHRONY_WINDOW // 2
    sliding = sliding_synchrony(strength)
    for second in (0, 3, half, 20, 39 - half, 36, 39):
        window = strength[:, max(second - half, 0) : second + half + 1]
        assert sliding[second] == pytest.approx(plain_synchrony(window), nan_ok=True)
        estimate = synchrony_at(strength, second)
        assert estimate.value == pytest.approx(plain_synchrony(window), nan_ok=True)
        seen = np.flatnonzero(~np.isnan(window).all(axis=(1, 2)))
        left_out = [plain_synchrony(np.delete(window, viewer, axis=0)) for viewer in seen]
        np.testing.assert_allclose(estimate.leave_one_out, left_out, atol=1e-9)
        one, other = np.triu_indices(len(seen), 1)
        pairs = [
            plain_synchrony(np.delete(window, seen[[a, b]], axis=0)) for a, b in zip(one, other, strict=True)
        ]
        np.testing.assert_allclose(estimate.leave_two_out, pairs, atol=1e-9)


def to_interval_scale(r):
    return np.sign(r) * (np.sqrt(np.abs(r) + 0.05) - np.sqrt(0.05))


def test_the_synchrony_interval_follows_its_formula():
    estimate = synchrony_at(strength_of(simulate_timeline(6, 40, 3, ((15, 22, Emotion.SAD, 1.0),))), 18)
    x, middle = to_interval_scale(estimate.leave_one_out), to_interval_scale(estimate.value)
    assert estimate.variance == pytest.approx(5 * np.var(x))
    plain = replace(estimate, leave_two_out=np.zeros(0))
    half = student_t_quantile(5) * np.sqrt(estimate.variance)
    assert to_interval_scale(np.array(plain.interval())) == pytest.approx([middle - half, middle + half])
    wide = plain.interval(min_variance=4 * estimate.variance)
    half = max(half, Z95 * np.sqrt(4 * estimate.variance))
    assert to_interval_scale(np.array(wide)) == pytest.approx([middle - half, middle + half])
    one, other = np.triu_indices(6, 1)
    interaction = 6 * middle - 5 * (x[one] + x[other]) + 4 * to_interval_scale(estimate.leave_two_out)
    twice = min(np.var(interaction), estimate.variance) / 2
    half = student_t_quantile(5) * np.sqrt(estimate.variance - twice)
    assert to_interval_scale(estimate.interval()[1]) == pytest.approx(middle + half)


# --- Moments -----------------------------------------------------------------------------------------


def film_with_a_laugh(viewers: int, seconds: int = 90) -> np.ndarray:
    """(V, S, 7) strengths of viewers who all laugh from second 40 to 45."""
    strength = np.random.default_rng(viewers).uniform(0, 0.02, (viewers, seconds, 7))
    strength[:, 40:45, HAPPY] = 0.8
    return strength


def test_moments_need_five_viewers_and_sixty_seconds():
    for viewers, seconds, conclusive in ((5, 60, True), (4, 60, False), (5, 59, False)):
        found = find_moments(film_with_a_laugh(viewers, seconds), 0, 1)
        assert found.conclusive is conclusive
        assert (found.shifts == detection.N_SHIFTS) is conclusive
    assert (detection.MIN_VIEWERS, MIN_SECONDS) == (5, 60)


def test_moments_need_sixty_seconds_that_can_be_evidence():
    strength = film_with_a_laugh(8, 90)
    strength[4:, 61:] = np.nan
    for seen_until, conclusive in ((60, True), (59, False)):
        strength[4:, seen_until:] = np.nan
        found = find_moments(strength, 0, 1)
        assert (found.tested_seconds, found.conclusive) == (seen_until, conclusive)
    in_film = np.arange(90) < 59
    assert not find_moments(film_with_a_laugh(8, 90), 0, 1, in_film=in_film).conclusive


def test_the_share_of_a_moment_counts_only_the_viewers_seen_in_it():
    strength = film_with_a_laugh(10)
    strength[0, 35:50] = np.nan
    strength[1, 40:44] = np.nan  # seen in the last second of the moment
    strength[2, 40:45, HAPPY] = REACTION_THRESHOLD - 0.01
    strength[3, 40:45, HAPPY] = REACTION_THRESHOLD
    (found,) = find_moments(strength, 0, 1).moments
    assert (found.start, found.end, found.viewers) == (40, 45, 9)
    assert found.reacting_share == pytest.approx(8 / 9)
    low, high = wilson_interval(8, 9)
    assert found.reacting_share_interval == pytest.approx((float(low), float(high)))
    own = [0.8] * 7 + [REACTION_THRESHOLD - 0.01, REACTION_THRESHOLD]
    assert found.strength == pytest.approx(np.mean(own))
    leave_one_out = [np.delete(own, k).mean() for k in (0, 7)]
    assert found.leave_one_out == pytest.approx(tuple(leave_one_out))


def search_at(scale: TimeScale, strength: np.ndarray) -> _ScaleSearch:
    """The search at one time scale in a film in which everything is eligible."""
    seen = ~np.isnan(strength[:, :, 0])
    in_film = np.ones(strength.shape[1], bool)
    return _ScaleSearch.prepare(strength, seen, in_film, scale, np.arange(len(strength)), 1)


MOMENTS, MOODS = (search_at(scale, film_with_a_laugh(5)) for scale in (MOMENT, MOOD))


def candidate(
    column: int, start: int, stop: int, peak: int, size: float, search: _ScaleSearch = MOMENTS
) -> _Candidate:
    """A candidate of which only its place and its size matter."""
    return _Candidate(search, column, (start, stop), peak, 0.01, size)


def test_of_overlapping_candidates_only_the_strongest_is_kept():
    strong = candidate(0, 10, 20, 15, 0.9)
    inside = candidate(1, 5, 16, 10, 0.5)  # its peak is inside the stronger one
    around = candidate(2, 14, 40, 30, 0.6)  # the stronger peak is inside it
    first, last = candidate(3, 0, 12, 9, 0.3), candidate(4, 16, 30, 20, 0.4)
    assert _drop_overlapping([inside, strong]) == [strong]
    assert _drop_overlapping([around, strong]) == [strong]
    assert _drop_overlapping([last, strong, first]) == [first, strong, last]
    assert _drop_overlapping([replace(first, peak=10), strong]) == [strong]
    assert _drop_overlapping([replace(last, bounds=(15, 30)), strong]) == [strong]
    assert _drop_overlapping([replace(first, bounds=(0, 16)), strong]) == [strong]
    assert _drop_overlapping([replace(first, bounds=(0, 15)), strong]) == [
        replace(first, bounds=(0, 15)),
        strong,
    ]


@pytest.mark.parametrize("stronger", ["the laugh", "the mood"])
def test_a_laugh_within_a_long_mood_of_another_emotion_is_a_reaction_of_its_own(stronger):
    size = 2.0 if stronger == "the mood" else 0.5
    mood = candidate(SAD, 100, 160, 110, size, MOODS)
    laugh = candidate(HAPPY, 120, 125, 122, 1.0)
    assert _drop_overlapping([laugh, mood]) == [mood, laugh]
    same_emotion = replace(laugh, column=SAD)
    same_scale = replace(mood, search=MOMENTS)
    for one, other in ((same_emotion, mood), (laugh, same_scale)):
        assert _drop_overlapping([one, other]) == [other if stronger == "the mood" else one]
    for stop, number in ((149, 2), (150, 1)):  # half as long as the mood
        assert len(_drop_overlapping([replace(laugh, bounds=(120, stop)), mood])) == number


def test_the_sum_of_the_scores_has_to_be_that_of_a_share_of_strong_reactions():
    """15 % of the usual number of viewers at the limit of the scores; smaller sums are no evidence."""
    search = search_at(MOMENT, film_with_a_laugh(20))
    assert search.least == pytest.approx(0.15 * 20 * MAX_SCORE)
    sums = search.scores.sum(axis=0, dtype=np.float64)
    np.testing.assert_allclose(search.total, np.where(sums < search.least, -np.inf, sums), rtol=1e-6)
    maxima = search.null_maxima(np.zeros((90, 7), bool))
    assert ((maxima >= search.least) | np.isneginf(maxima)).all()
    assert np.isneginf(maxima[:, SAD]).all()
    assert np.isfinite(maxima[:, HAPPY]).any()
    found = np.zeros((90, 7), bool)
    found[42, HAPPY] = True  # removed, with three seconds on either side, before the viewers are shifted
    assert (replace(search, least=-np.inf).null_maxima(found)[:, HAPPY] <= 0).all()


def test_evidence_is_significant_and_its_slope_is_not_another_candidate():
    strength = film_with_a_laugh(8)
    strength[:, 38:40, HAPPY] = strength[:, 45:47, HAPPY] = 0.3  # it rises and fades
    strength[:, 60:63, HAPPY] = 0.7
    search = search_at(MOMENT, strength)
    p = np.where(search.total > 0, detection.ALPHA, 1.0)
    bounds = [(one.column, one.bounds, one.p) for one in search.candidates(p)]
    assert bounds == [(HAPPY, (40, 45), 0.05), (HAPPY, (60, 63), 0.05)]
    p[38:48] += 1e-9
    (one,) = search.candidates(p)
    assert one.bounds == (60, 63)
    threshold = search.total[(p[:, HAPPY] <= 0.05) & (search.total[:, HAPPY] > 0), HAPPY].min()
    assert one.size == pytest.approx(search.total[one.peak, HAPPY] / threshold)


def test_ranks_start_at_one_and_unknown_resonance_is_last():
    moments = [replace(moment(k, Emotion.HAPPY), strength=s) for k, s in enumerate((0.2, NAN, 0.9, 0.4))]
    assert resonance_ranks(moments) == (3, 4, 1, 2)


# --- Mixed emotions, delays --------------------------------------------------------------------------


def test_a_mixed_emotion_begins_at_its_threshold():
    rule = next(rule for rule in MIXED_EMOTIONS if rule.name == "happily surprised")
    strength = np.zeros((2, 9, 7))
    strength[:, :, HAPPY], strength[0, :, SURPRISE] = 0.5, rule.threshold
    strength[1, :, SURPRISE] = rule.threshold - 1e-6
    found = mixed_emotion_strength(strength, rule)
    assert found[0, 4] == pytest.approx(rule.threshold)
    assert found[1].tolist() == [0] * 9
    equal = next(rule for rule in MIXED_EMOTIONS if rule.name == "tears of joy")
    both = np.zeros((1, 9, 7))
    both[:, :, [HAPPY, SAD]] = 0.4
    assert mixed_emotion_strength(both, equal)[0, 4] == pytest.approx(0.4)


def test_mixed_emotions_are_counted_only_in_their_stretch():
    strength = np.zeros((3, 30, 7))
    strength[:2, 10:13, [HAPPY, SURPRISE]] = 0.6
    strength[2, 20:23, [HAPPY, SURPRISE]] = 0.9
    (found,) = find_mixed_emotions(strength, 100, 110.2, 112.9)
    assert (found.count, found.viewers, found.strength) == (2, 3, pytest.approx(0.6))
    assert found.share_interval == pytest.approx(tuple(float(x) for x in wilson_interval(2, 3)))
    assert find_mixed_emotions(strength, 100, 114, 118) == ()
    assert find_mixed_emotions(strength, 100, 100, 103) == ()
    everything = find_mixed_emotions(strength, 100, 90, 140)
    assert everything[0].count == 3
    assert everything[0].strength == pytest.approx((0.6 + 0.6 + 0.9) / 3)


def test_the_most_frequent_mixed_emotion_comes_first_then_the_strongest():
    strength = np.zeros((3, 40, 7))
    strength[:, 5:8, [HAPPY, SURPRISE]] = 0.3
    strength[:1, 15:18, [SAD, SURPRISE]] = 0.9
    strength[:1, 25:28, [NON_NEUTRAL_EMOTIONS.index(Emotion.FEAR), SURPRISE]] = 0.95
    names = [found.emotion.name for found in find_mixed_emotions(strength, 0, 0, 40)]
    assert names == ["happily surprised", "fearfully surprised", "sadly surprised"]


def test_a_reaction_needs_its_rise_within_ten_seconds():
    def audience(rise: float, at: int) -> np.ndarray:
        strength = np.zeros((3, 60, 7))
        strength[:, at : at + 5, SAD] = rise
        return strength

    assert estimate_reaction_delay(audience(MIN_RISE, 22), 0, (20.0,), 1).seconds == pytest.approx(2.0)
    assert estimate_reaction_delay(audience(MIN_RISE - 1e-6, 22), 0, (20.0,), 1).reacted_events == 0
    last = 20 + MAX_REACTION_DELAY
    assert estimate_reaction_delay(audience(0.5, last), 0, (20.0,), 1).reacted_events == 1
    assert estimate_reaction_delay(audience(0.5, last + 1), 0, (20.0,), 1).reacted_events == 0
    assert estimate_reaction_delay(audience(0.5, 22), 100, (120.25,), 1).seconds == pytest.approx(1.75)
    assert estimate_reaction_delay(audience(0.5, 1), 0, (0.5,), 1).reacted_events == 0  # nothing before it


def test_relative_delays_need_more_than_twenty_seconds_and_two_viewers():
    curve = np.zeros((2, 60, 7))
    curve[0, 30:33, HAPPY], curve[1, 31:34, HAPPY] = 1, 1
    found = estimate_relative_delay(curve, 1)
    assert found.viewer_delays == pytest.approx([-1, 1], abs=0.05)
    assert found.spread == pytest.approx(np.sqrt(2), abs=0.08)
    far = np.zeros((2, 60, 7))
    far[0, 30:33, HAPPY], far[1, 36:39, HAPPY] = 1, 1
    assert np.isnan(estimate_relative_delay(far, 1).viewer_delays).all()
    at_limit = np.zeros((2, 60, 7))
    at_limit[0, 30:33, HAPPY], at_limit[1, 35:38, HAPPY] = 1, 1
    assert estimate_relative_delay(at_limit, 1).viewer_delays == pytest.approx([-5, 5], abs=0.3)
    short = curve[:, 25:45]
    assert np.isnan(estimate_relative_delay(short, 1).viewer_delays).all()
    assert np.isfinite(estimate_relative_delay(curve[:, 20:41], 1).viewer_delays).all()


# --- Emotions of the script --------------------------------------------------------------------------


def test_a_span_covers_its_seconds_by_overlap_and_stays_within_the_timeline():
    strength = np.zeros((1, 6, 7))
    strength[0, :, HAPPY] = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6]
    assert mean_strength_during(strength, 10, 11.5, 13.25)[0, HAPPY] == pytest.approx(
        (0.5 * 0.2 + 0.3 + 0.25 * 0.4) / 1.75
    )
    assert mean_strength_during(strength, 10, 12, 14)[0, HAPPY] == pytest.approx(0.35)
    assert mean_strength_during(strength, 10, 5, 11)[0, HAPPY] == pytest.approx(0.1)
    assert mean_strength_during(strength, 10, 15, 40)[0, HAPPY] == pytest.approx(0.6)
    assert np.isnan(mean_strength_during(strength, 10, 16, 17)).all()
    assert np.isnan(mean_strength_during(strength, 10, 9, 10)).all()


def test_a_dominant_emotion_needs_its_strength_and_an_interval_above_0():
    level = np.zeros((5, 5, 7))
    level[:, :, SAD] = MIN_DOMINANT_STRENGTH
    assert summarize_emotions(level, 0, [(0, 5)])[0].emotion is Emotion.SAD
    weaker = level * 0.999
    (summary,) = summarize_emotions(weaker, 0, [(0, 5)])
    assert (summary.emotion, summary.strength) == (None, pytest.approx(0.0999))
    uneven = np.zeros((5, 5, 7))
    uneven[0, :, SAD] = 0.9  # the mean is 0.18, but one viewer decides it
    assert summarize_emotions(uneven, 0, [(0, 5)])[0].emotion is None
    assert summarize_emotions(level[:4], 0, [(0, 5)])[0].emotion is None
    assert summarize_emotions(uneven, 0, []) == ()


def test_viewers_react_in_a_line_from_the_threshold_in_any_emotion():
    strength = np.zeros((4, 5, 7))
    strength[0, 2, HAPPY] = REACTION_THRESHOLD
    strength[1, 1, SAD] = REACTION_THRESHOLD
    strength[2, 2, SAD] = REACTION_THRESHOLD - 1e-9
    strength[3] = np.nan
    (summary,) = summarize_emotions(strength, 0, [(0.0, 2.0)])  # seconds 1 and 2, in each of which one reacts
    assert (summary.viewers, summary.mean_reacting_share) == (3, pytest.approx(1 / 3))
    (outside,) = summarize_emotions(strength, 0, [(2.0, 4.0)])
    assert outside.mean_reacting_share == 0


def test_data_quality_counts_what_was_seen_and_rejected():
    timeline = hide_viewer(simulate_timeline(2, 60, 1), 0, 0, 30)
    quality = analyze(
        "", timeline, None, (PROBLEM,), 1, None, {"dark": 10, "turned": 40, "none": 0}
    ).data_quality
    samples = 5 * 90 + 50
    assert (quality.viewers, quality.seconds, quality.seen_share) == (2, 60, 0.75)
    assert quality.seen_share_by_viewer == (0.5, 1.0)
    assert quality.samples_per_second == 5
    assert list(quality.rejected_shares.items()) == [("turned", 40 / samples), ("dark", 10 / samples)]
    assert (quality.usual_viewers, quality.unknown_seconds) == (1, 60)
    of_seven = hide_viewer(hide_viewer(simulate_timeline(7, 60, 1), 0, 0, 60), 1, 0, 60)
    six = analyze("", hide_viewer(of_seven, 2, 50, 60), None, (), 1).data_quality
    assert (six.viewers, six.usual_viewers, six.unknown_seconds) == (5, 5, 10), "two seats were empty"
    marked = analyze("", timeline, None, (PROBLEM,), 1, TimeSpan(0, 20)).data_quality
    assert marked.problems[0] == PROBLEM
    assert len(marked.problems) == 2
    assert str(marked.problems[1]).startswith("seat-01: seen for less than 5 s")


# --- Patterns ----------------------------------------------------------------------------------------


def test_valence_is_happy_minus_the_five_negative_emotions():
    strength = np.zeros((1, 7, 7))
    strength[0] = np.diag(np.full(7, 0.5))
    by_emotion = dict(zip(NON_NEUTRAL_EMOTIONS, compute_valence(strength)[0].tolist(), strict=True))
    assert by_emotion.pop(Emotion.HAPPY) == 0.5
    assert by_emotion.pop(Emotion.SURPRISE) == 0
    assert set(by_emotion.values()) == {-0.5}
    assert compute_valence(np.full((1, 1, 7), 0.5))[0, 0] == -1
    assert np.isnan(compute_valence(np.full((1, 1, 7), np.nan))).all()


def test_the_shapes_are_cosines():
    time = (np.arange(24) + 0.5) / 24
    for turns, shape in ((1, ArcShape.FALL), (2, ArcShape.FALL_RISE), (3, ArcShape.FALL_RISE_FALL)):
        found = shape_correlations(0.2 + 3 * np.cos(np.pi * turns * time))
        assert found.pop(shape) == pytest.approx(1)
        assert list(found.values()) == pytest.approx([0, 0], abs=1e-9)


def test_arcs_need_six_viewers_sixty_seconds_and_half_of_the_stretch():
    strength = np.random.default_rng(1).uniform(0, 0.05, (6, 60, 7))
    strength[:, :, HAPPY] += np.linspace(0, 0.5, 60)
    (film,) = find_arcs(strength, 0, (), 1)
    assert (film.shape, film.viewers, film.start, film.end) == (ArcShape.RISE, 6, 0, 60)
    # All six rise, or all six fall, in 2 of 64 flipped audiences.
    assert film.p_adjusted == pytest.approx(2 / 64, abs=0.015)
    assert (film.is_clear, film.bootstrap_agreement) == (True, 1)
    assert film.next_shape is None
    parts = compute_valence(strength)[:, :58].mean(axis=0)
    assert film.curve[0] == pytest.approx(parts[:3].mean())
    assert find_arcs(strength[:, :59], 0, (), 1)[0].shape is None
    assert find_arcs(strength[:5], 0, (), 1)[0].shape is None
    half = strength.copy()
    half[0, :30] = np.nan
    assert find_arcs(half, 0, (), 1)[0].viewers == 6
    half[0, 30] = np.nan
    assert find_arcs(half, 0, (), 1)[0].viewers == 5
    act = find_arcs(strength, 100, (Act("one", 100, 130),), 1)[1]
    assert (act.name, act.start, act.end, act.shape) == ("one", 100, 130, None)
    assert np.nanmean(act.curve) == pytest.approx(compute_valence(strength)[:, :30].mean(), abs=0.01)


def test_an_arc_is_clear_at_its_limits():
    clear = replace(
        find_arcs(film_with_a_laugh(5), 0, (), 1)[0],
        p_adjusted=arc.ALPHA,
        bootstrap_agreement=arc.MIN_AGREEMENT,
        fit=arc.MIN_FIT,
    )
    assert clear.is_clear
    for worse in ({"p_adjusted": 0.0501}, {"bootstrap_agreement": 0.949}, {"fit": 0.499}):
        assert not replace(clear, **worse).is_clear


def test_the_end_is_two_minutes_or_a_tenth_of_the_film():
    strength = np.random.default_rng(2).uniform(0, 0.1, (6, 1500, 7))
    for end, start in ((1500, 1380), (1200, 1080), (1000, 900), (505, 455)):
        found = find_peak_end(strength, 0, end, ())
        assert (found.start, found.end, found.peak) == (start, end, None)
    found = find_peak_end(strength, 50, 1050, ())
    assert (found.start, found.end) == (950, 1050)
    during, before = strength[:, 900:1000].mean(axis=1), strength[:, :900].mean(axis=1)
    column = int(during.mean(axis=0).argmax())
    assert found.emotion is NON_NEUTRAL_EMOTIONS[column]
    assert found.strength == pytest.approx(during[:, column].mean())
    assert found.change == pytest.approx((during - before)[:, column].mean())
    assert found.change_interval[0] < found.change < found.change_interval[1]
    unseen = find_peak_end(np.full((3, 100, 7), np.nan), 0, 100, ())
    assert (unseen.emotion, unseen.viewers) == (None, 0)
    strongest = [replace(moment(k, Emotion.HAPPY), strength=s) for k, s in enumerate((0.2, 0.9, 0.4))]
    assert find_peak_end(strength, 0, 1500, tuple(strongest)).peak == 1


def curve_with_share(viewers: int, reacting: np.ndarray) -> AudienceCurve:
    """An audience of which so many react in each second."""
    strength = np.zeros((viewers, len(reacting), 7))
    strength[np.arange(viewers)[:, None] < reacting, HAPPY] = 0.5
    return audience_curve_of(strength)


def test_a_flat_stretch_lasts_a_minute_and_needs_enough_viewers():
    for seconds, stretches in ((60, 1), (59, 0)):
        found = find_flat_stretches(curve_with_share(12, np.zeros(seconds, int)))
        assert len(found.stretches) == stretches
        assert found.conclusive is (seconds == 60)
    assert flat_stretches.MIN_VIEWERS == 12
    assert (
        float(wilson_interval(0, 12)[1])
        < flat_stretches.MAX_REACTING_SHARE
        < float(wilson_interval(0, 11)[1])
    )
    few = find_flat_stretches(curve_with_share(11, np.zeros(90, int)))
    assert (few.conclusive, few.judged, few.stretches) == (False, 0, ())


def test_a_flat_stretch_ends_where_the_smoothed_share_rises():
    reacting = np.zeros(200, int)
    reacting[100] = 1
    (one,) = find_flat_stretches(curve_with_share(40, reacting)).stretches
    assert (one.start, one.end, one.share) == (0, 200, pytest.approx(1 / 40 / 200))
    assert one.most == pytest.approx(float(wilson_interval(1 / 15, 40)[1]))
    reacting[90:110] = 40
    first, second = find_flat_stretches(curve_with_share(40, reacting)).stretches
    # The laugh lasts from 90 to 110; the mean over 15 s rises a few seconds earlier.
    share = np.convolve(reacting, np.ones(15), "same") / 15 / 40
    calm = np.flatnonzero(wilson_interval(share * 40, 40)[1] < flat_stretches.MAX_REACTING_SHARE)
    before, after = calm[calm < 100], calm[calm > 100]
    assert (before[-1], after[0]) == (83, 116)
    spans = sorted([(first.start, first.end), (second.start, second.end)])
    assert spans == [(0, 84), (116, 200)]
    total = find_flat_stretches(curve_with_share(40, reacting))
    assert total.seconds == sum(s.end - s.start for s in total.stretches)
    assert total.judged == 200


def test_motifs_follow_within_their_window_and_not_at_once():
    at_once = [moment(10, Emotion.SAD), moment(10, Emotion.HAPPY)]
    assert not contains_motif(at_once, (Emotion.SAD, Emotion.HAPPY), 100)
    chain = [moment(0, Emotion.SAD), moment(80, Emotion.HAPPY), moment(160, Emotion.SURPRISE)]
    assert contains_motif(chain, (Emotion.SAD, Emotion.HAPPY, Emotion.SURPRISE), 80)
    assert not contains_motif(chain, (Emotion.SAD, Emotion.HAPPY, Emotion.SURPRISE), 79)
    assert not contains_motif(chain, (Emotion.SAD, Emotion.SURPRISE), 159)
    assert contains_motif(chain, (Emotion.SAD,), 1)


def test_motif_counts_equal_a_plain_count():
    rng = np.random.default_rng(3)
    kinds = (Emotion.HAPPY, Emotion.SAD, Emotion.SURPRISE)
    sequence = [
        moment(float(t), kinds[k])
        for t, k in zip(np.sort(rng.uniform(0, 500, 14)), rng.integers(0, 3, 14), strict=True)
    ]
    found = find_motifs([sequence], 1)
    assert (found.moments, found.films, found.tried) == (14, 1, 3 * (9 + 27))
    columns = np.array([kinds.index(m.emotion) for m in sequence])
    counts = _count_motifs(_follows_within_window(np.array([m.peak for m in sequence])), columns[None], 3)[0]
    for count, (window, columns_of_motif) in zip(counts, _tested_motifs([0, 1, 2]), strict=True):
        emotions = [kinds[k] for k in columns_of_motif]
        starts = [m for m in sequence if m.emotion is emotions[0]]
        assert count == sum(begins_motif(m, sequence, emotions, window) for m in starts)


def begins_motif(first: Moment, sequence: list[Moment], emotions: list[Emotion], window: int) -> bool:
    """Whether the motif begins with this moment."""
    ends = [first.peak]
    for emotion in emotions[1:]:
        later = [m.peak for m in sequence if m.emotion is emotion]
        ends = [peak for peak in later if any(0 < peak - end <= window for end in ends)]
    return bool(ends)


def test_change_points_need_six_viewers_and_twenty_minutes():
    strength = np.random.default_rng(5).uniform(0, 0.3, (6, 1200, 7))
    assert change_points.find_change_points(strength, 0, 1).conclusive
    assert not change_points.find_change_points(strength[:, :1199], 0, 1).conclusive
    assert not change_points.find_change_points(strength[:5], 0, 1).conclusive
    still = change_points.find_change_points(np.full((6, 1200, 7), 0.2), 0, 1)
    assert (still.conclusive, still.changes) == (True, ())


def test_the_levels_beside_a_change_are_those_of_the_same_viewers():
    rng = np.random.default_rng(6)
    strength = rng.uniform(0, 0.1, (8, 1800, 7))
    strength[:, 900:, SAD] += 0.5
    strength[0, 900:] = np.nan  # not seen after the change
    (change,) = change_points.find_change_points(strength, 50, 1).changes
    assert (change.start, change.end, change.emotion) == (950, 950, Emotion.SAD)
    assert (change.viewers, change.same_direction) == (7, 7)
    parts = strength[1:, :, SAD].reshape(7, 120, 15).mean(axis=2)
    assert change.before == pytest.approx(np.median(parts[:, 50:60], axis=1).mean())
    assert change.after == pytest.approx(np.median(parts[:, 60:70], axis=1).mean())
    assert change.change == pytest.approx(change.after - change.before)
    assert change.start_interval == change.end_interval == (942.5, 957.5)


def test_a_change_in_an_otherwise_still_audience_has_no_ratio():
    strength = np.zeros((8, 1800, 7))
    strength[:, 900:, SAD] = 0.5
    (change,) = change_points.find_change_points(strength, 0, 1).changes
    assert (change.start, change.end, change.change) == (900, 900, 0.5)
    assert np.isnan(change.ratio)


def test_the_smallest_change_that_is_reported():
    for by, count in ((change_points.MIN_CHANGE + 0.005, 1), (change_points.MIN_CHANGE - 0.005, 0)):
        strength = np.random.default_rng(6).uniform(0, 0.05, (8, 1800, 7))
        strength[:, 900:, SAD] += by
        assert len(change_points.find_change_points(strength, 0, 1).changes) == count


def test_contagion_needs_eight_viewers_and_five_minutes():
    strength = np.random.default_rng(7).uniform(0, 0.1, (9, 300, 7))
    seats = SeatMap(np.zeros(9, dtype=np.int64), np.arange(9))
    found = find_contagion(strength, seats, 1)
    assert (found.found is not None, found.viewers, found.seconds) == (True, 9, 300)
    assert (found.neighbor_pairs, found.apart_pairs) == (8, 7)
    assert find_contagion(strength[:, :299], seats, 1).found is None
    strength[0, :150] = np.nan
    assert find_contagion(strength, seats, 1).viewers == 9
    strength[0, 150] = np.nan
    assert find_contagion(strength, seats, 1).viewers == 8
    strength[:5, 200] = np.nan  # a second in which fewer than half are seen is not used
    assert find_contagion(strength, seats, 1).seconds == 299


def test_blocks_of_neighbors_end_at_empty_seats_and_at_the_ends_of_rows():
    seats = SeatMap(np.array([2, 1, 1, 1, 1]), np.array([4, 3, 1, 2, 5]))
    assert [block.tolist() for block in seats.blocks()] == [[2, 3, 1], [4], [0]]
    assert np.argwhere(np.triu(seats.neighbors())).tolist() == [[1, 3], [2, 3]]
    assert SeatMap(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)).blocks() == ()


# --- Comparison --------------------------------------------------------------------------------------


def comparison(p: float, low: float, high: float, difference: float = 0.0) -> GroupComparison:
    one = np.array([0.0])
    return GroupComparison(
        viewers=np.array([[9], [9]]),
        mean=np.zeros((2, 1)),
        difference=np.array([difference]),
        interval=np.array([[low], [high]]),
        p_adjusted=np.array([p]),
        viewers_needed=one,
        paired=False,
        rooms=(1, 1),
        room_share=NAN,
        permutations=10,
        exact=True,
        single_test_alpha=0.05,
    )


@pytest.mark.parametrize(
    ("p", "low", "high", "verdict"),
    [
        (0.05, -1, 1, DifferenceVerdict.DIFFERS),
        (0.0501, -0.099, 0.099, DifferenceVerdict.ALIKE),
        (0.5, -SMALLEST_RELEVANT_DIFFERENCE, 0.01, DifferenceVerdict.INCONCLUSIVE),
        (0.5, -0.01, SMALLEST_RELEVANT_DIFFERENCE, DifferenceVerdict.INCONCLUSIVE),
        (NAN, -0.01, 0.01, DifferenceVerdict.ALIKE),  # too few rooms for p, but the interval says enough
    ],
)
def test_verdicts_at_their_limits(p, low, high, verdict):
    assert comparison(p, low, high).verdict((0,)) is verdict
    assert comparison(p, low, high, difference=NAN).verdict((0,)) is DifferenceVerdict.NOT_TESTED


@pytest.mark.parametrize(("paired", "minimum"), [(False, MIN_VIEWERS), (True, MIN_PAIRS)])
def test_an_outcome_is_tested_from_the_minimum_of_viewers(paired, minimum):
    rng = np.random.default_rng(8)
    for viewers, tested in ((minimum, True), (minimum - 1, False)):
        first, second = rng.uniform(0, 0.2, (viewers, 1)), rng.uniform(0.7, 0.9, (viewers, 1))
        found = compare_groups(first, second, paired, 1)
        assert np.isfinite(found.p_adjusted[0]) == tested
        if tested:
            assert found.p_adjusted[0] <= 0.05
            assert found.permutations == (2**minimum if paired else 70)


def test_windows_of_seconds_cover_the_film_and_the_last_may_be_short():
    found = align_by_seconds(10, 12)
    spans = [unit.spans[0] for unit in found.units]
    assert spans == [TimeSpan(10, 22), TimeSpan(10, 15), TimeSpan(15, 20), TimeSpan(20, 22)]
    assert all(unit.spans[0] == unit.spans[1] for unit in found.units)
    assert match_elements((), ()) == []


def test_films_needed_follow_the_formula_of_bonett_and_wright() -> None:
    # r 0.5: Fisher's z 0.5493; quantiles 1.95996 + 0.84162; 3 + 1.125 · (2.80158 / 0.5493)² = 32.26.
    assert pattern_ratings._films_needed(0.5, 1) == 33
    assert pattern_ratings._films_needed(-0.5, 1) == 33
    assert pattern_ratings._films_needed(0.0, 1) is None
