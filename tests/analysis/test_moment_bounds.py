"""The bounds of a moment: from the viewers who react at its peak, gaps and steady smilers included."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moviemotion.analysis.moments.bounds import moment_bounds, reacting_viewers
from moviemotion.analysis.signals.audience_curve import REACTION_THRESHOLD


def laughs(spans: list[tuple[int, int]], seconds: int = 200, strength: float = 0.8) -> np.ndarray:
    """(V, S) of viewers who react during one stretch each."""
    curves = np.zeros((len(spans), seconds))
    for curve, (start, stop) in zip(curves, spans, strict=True):
        curve[start:stop] = strength
    return curves


def test_viewers_react_at_a_peak_if_they_reach_the_threshold_within_a_second():
    curves = np.zeros((6, 20))
    curves[0, 9] = curves[1, 10] = curves[2, 11] = REACTION_THRESHOLD
    curves[3, 8] = curves[3, 12] = 0.9
    curves[4, 10] = REACTION_THRESHOLD - 1e-9
    curves[5] = np.nan
    assert reacting_viewers(curves, 10).tolist() == [True, True, True, False, False, False]
    assert reacting_viewers(curves, 0).tolist() == [False] * 6
    curves[4, [0, 19]] = 0.5
    assert reacting_viewers(curves, 0).tolist() == [False] * 4 + [True, False]
    assert reacting_viewers(curves, 19).tolist() == [False] * 4 + [True, False]


def test_a_moment_starts_and_ends_when_half_of_the_viewers_had():
    spans = [(50, 60), (52, 62), (54, 64), (40, 90), (53, 61)]
    assert moment_bounds(laughs(spans), 56) == (52, 62)
    assert moment_bounds(laughs([(50, 60), (53, 61)]), 55) == (51, 61)  # whole seconds, end rounded up


def test_a_reaction_lasts_while_the_strength_is_half_of_its_own_peak():
    curve = np.array([[0.0, 0.39, 0.4, 0.6, 0.8, 0.5, 0.4, 0.399, 0, 0, 0, 0]])
    assert moment_bounds(curve, 4) == (2, 7)
    assert moment_bounds(0.5 * curve, 5) == (2, 7)  # a weaker viewer, whose own peak is a second away


@pytest.mark.parametrize(("gap", "stop"), [(2, 80), (3, 60)])
def test_only_short_interruptions_belong_to_a_reaction(gap, stop):
    curves = laughs([(50, 80)] * 3)
    curves[:, 60 : 60 + gap] = 0.05
    assert moment_bounds(curves, 55) == (50, stop)
    mirrored = curves[:, ::-1]
    assert moment_bounds(mirrored, 199 - 55) == (200 - stop, 150)
    curves[:, 60 : 60 + gap] = np.nan  # a hand before the face
    assert moment_bounds(curves, 55) == (50, stop)


def test_flicker_does_not_end_a_reaction():
    curves = laughs([(50, 90)] * 5)
    curves[:, 51:89] *= np.random.default_rng(1).choice([1.0, 0.3], (5, 38), p=[0.7, 0.3])
    for curve in curves:  # without three dark seconds in a row
        for at in range(51, 88):
            if (curve[at : at + 3] < 0.4).all():
                curve[at + 1] = 0.8
    assert moment_bounds(curves, 70) == (50, 90)


def test_viewers_who_smile_throughout_do_not_stretch_a_moment():
    curves = laughs([(100, 104)] * 6 + [(0, 200)] * 5)
    assert moment_bounds(curves, 102) == (100, 104)
    whole_room = laughs([(0, 200)] * 6 + [(100, 104)] * 5)
    assert moment_bounds(whole_room, 102) == (0, 200)  # only a majority can


def test_viewers_who_do_not_react_do_not_count():
    curves = laughs([(100, 110)] * 3 + [(20, 30), (150, 160)] * 4)
    assert moment_bounds(curves, 105) == (100, 110)


@settings(max_examples=30)
@given(st.integers(0, 9999), st.integers(20, 90))
def test_the_edges_of_a_plateau_are_found_to_within_a_second(seed, length):
    """Viewers start and stop up to a second early or late, and their faces fluctuate."""
    rng = np.random.default_rng(seed)
    start = int(rng.integers(30, 80))
    spans = [(start + int(a), start + length + int(b)) for a, b in rng.integers(-1, 2, (15, 2))]
    curves = laughs(spans) * rng.uniform(0.75, 1.25, (15, 200))
    peak = int(rng.integers(start + 2, start + length - 2))
    found = moment_bounds(curves, peak)
    assert abs(found[0] - start) <= 1
    assert abs(found[1] - (start + length)) <= 1


@settings(max_examples=50)
@given(st.integers(0, 9999))
def test_a_moment_contains_its_peak(seed):
    rng = np.random.default_rng(seed)
    curves = np.clip(rng.gamma(0.4, 0.3, (8, 40)), 0, 1)
    curves[rng.random((8, 40)) < 0.1] = np.nan
    peak = int(rng.integers(0, 40))
    if reacting_viewers(curves, peak).any():
        start, stop = moment_bounds(curves, peak)
        assert 0 <= start <= peak < stop <= 40
