"""The mixed model of several rooms, checked against the one-way analysis of variance."""

from __future__ import annotations

import numpy as np
import pytest

from moviemotion.analysis.comparison.random_rooms import fit_rooms, room_means
from moviemotion.statistics import student_t_quantile


def test_with_rooms_of_one_size_the_variances_are_those_of_the_analysis_of_variance() -> None:
    """σ² between = (MSB − MSW) / n, in closed form, with both sides' means as fixed effects."""
    rng, rooms, n, outcomes = np.random.default_rng(1), 5, 6, 40
    number = np.repeat(np.arange(rooms), n)
    sides = [
        rng.normal(0, 0.2, (rooms, outcomes))[number] + rng.normal(0, 0.1, (rooms * n, outcomes))
        for _ in "12"
    ]
    # Both sides have the same spread within rooms, as the closed form assumes.
    within = [
        np.sqrt(((x - room_means(x, number)[0][number]) ** 2).sum(axis=0) / (rooms * (n - 1))) for x in sides
    ]
    means = room_means(sides[1], number)[0][number]
    sides[1] = means + (sides[1] - means) * within[0] / within[1]
    model = fit_rooms(sides[0], sides[1], (number, number))
    room = [room_means(x, number)[0] for x in sides]
    between_square = n * sum(((m - m.mean(axis=0)) ** 2).sum(axis=0) for m in room) / (2 * rooms - 2)
    expected = np.maximum((between_square - within[0] ** 2) / n, 0)
    np.testing.assert_allclose(model.between, expected, atol=1e-9)
    np.testing.assert_allclose(model.within[0], within[0] ** 2)
    difference = room[1].mean(axis=0) - room[0].mean(axis=0)
    half = student_t_quantile(2 * rooms - 2) * np.sqrt(2 * between_square / n / rooms)
    large = expected > 0
    np.testing.assert_allclose(model.interval[1][large], np.clip(difference + half, -1, 1)[large], atol=1e-6)


def test_rooms_of_different_sizes_have_the_variance_that_maximizes_the_restricted_likelihood() -> None:
    rng = np.random.default_rng(2)
    numbers = [np.repeat(np.arange(4), sizes) for sizes in ((3, 9, 5, 20), (4, 4, 15, 8))]
    sides = [rng.normal(0, 0.2, 4)[k][:, None] + rng.normal(0, 0.1, (len(k), 1)) for k in numbers]
    model = fit_rooms(sides[0], sides[1], (numbers[0], numbers[1]))

    def likelihood(between: float) -> float:
        total = 0.0
        for side, number, within in zip(sides, numbers, model.within[:, 0], strict=True):
            mean, count = (values[:, 0] for values in room_means(side, number))
            weight = 1 / (between + within / count)
            mu = (weight * mean).sum() / weight.sum()
            total += 0.5 * (np.log(weight).sum() - np.log(weight.sum()) - (weight * (mean - mu) ** 2).sum())
        return total

    tried = np.linspace(0, 0.2, 4001)
    assert model.between[0] == pytest.approx(tried[np.argmax([likelihood(t) for t in tried])], abs=1e-4)


def test_intervals_cover_no_difference_in_uneven_designs() -> None:
    rng, covered = np.random.default_rng(3), []
    numbers = np.repeat(np.arange(3), (4, 8, 12)), np.repeat(np.arange(5), (6, 6, 10, 3, 9))
    for _ in range(40):
        first, second = (
            rng.normal(0.4, 0.1, (int(number.max()) + 1, 20))[number] + rng.normal(0, 0.1, (len(number), 20))
            for number in numbers
        )
        low, high = fit_rooms(first, second, numbers).interval
        covered.append((low <= 0) & (high >= 0))
    assert 0.92 < np.mean(covered) < 0.99


def test_a_side_with_one_room_borrows_the_variance_of_the_other() -> None:
    number = np.zeros(6, np.int64), np.repeat(np.arange(4), 6)
    rng = np.random.default_rng(4)
    model = fit_rooms(rng.random((6, 1)), rng.random((24, 1)), number)
    assert np.isfinite(model.interval).all()
    assert model.interval[0, 0] < model.mean[1, 0] - model.mean[0, 0] < model.interval[1, 0]
