"""People who mark with 0 or 1: the same sums must count as ties, in the observed and in shifted audiences."""

from __future__ import annotations

import numpy as np

from moviemotion.analysis.moments.detection import find_moments
from moviemotion.analysis.moments.null_model import adjusted_p_values, null_maxima, sum_over_viewers


def test_sums_of_the_same_scores_are_equal_to_the_last_digit() -> None:
    """Shifted audiences reach the same plateau; the observed audience must not exceed it by rounding."""
    rng = np.random.default_rng(8)
    marks = np.zeros((6, 300, 1), np.float32)
    for curve, start in zip(marks, rng.integers(20, 60, 6), strict=True):
        curve[start : start + 200] = 1
    scores = ((marks - marks.mean(axis=1, keepdims=True)) / marks.std(axis=1, keepdims=True)).astype(
        np.float32
    )
    maxima = null_maxima(scores, np.ones(300, bool), 30, np.arange(6), 200, rng)
    total = sum_over_viewers(scores)
    assert total.max() == maxima.max()
    assert adjusted_p_values(total, maxima).min() > 0.5


def test_people_who_mark_other_films_share_no_moment() -> None:
    """Marks of 0 or 1 that last for tens of seconds, at everybody's own times."""
    false = 0
    for seed in range(20):
        rng = np.random.default_rng([9, seed])
        strength = np.zeros((6, 600, 7))
        for person in strength:
            for column in (0, 2, 3):
                for start in rng.integers(0, 600, 5):
                    person[start : start + int(rng.exponential(25)) + 3, column] = 1
        false += bool(find_moments(strength, 0, seed).moments)
    assert false <= 3
