"""Tests of `audience.displacement`: somebody who stands up leaves the usual place of the face."""

from __future__ import annotations

import numpy as np

from moviemotion.audience.displacement import face_displacements

RATE = 5


def boxes(centers: np.ndarray, size: float = 50.0) -> np.ndarray:
    return np.concatenate([centers - size / 2, centers + size / 2], axis=1).astype(np.float32)


def seated(seconds: int, x: float = 200.0) -> np.ndarray:
    rng = np.random.default_rng(1)
    return np.array([x, 300.0]) + rng.normal(0, 4, (seconds * RATE, 2))


def displacements(centers: np.ndarray, viewer: np.ndarray | None = None) -> np.ndarray:
    n = len(centers)
    of = np.zeros(n, np.int16) if viewer is None else viewer
    time = np.arange(n) / RATE if viewer is None else np.arange(n) // 2 / RATE
    return face_displacements(of, time, boxes(centers))


def test_somebody_who_stands_up_is_displaced_and_somebody_who_sits_is_not() -> None:
    standing = np.column_stack([np.full(15, 200.0), np.linspace(290, 150, 15)])
    found = displacements(np.concatenate([seated(40), standing]))
    assert np.isnan(found[: 3 * RATE]).all()
    assert np.nanmax(found[: 40 * RATE]) < 0.4
    assert found[-1] > 2.5


def test_a_new_seat_becomes_the_usual_place_within_a_minute() -> None:
    found = displacements(np.concatenate([seated(60), seated(90, 320.0)]))
    assert found[61 * RATE] > 2
    assert np.nanmax(found[-20 * RATE :]) < 0.4


def test_viewers_have_places_of_their_own() -> None:
    both = np.stack([seated(40), seated(40, 500.0)], axis=1).reshape(-1, 2)
    found = displacements(both, np.tile(np.array([0, 1], np.int16), 40 * RATE))
    assert np.nanmax(found) < 0.5


def test_without_boxes_nothing_is_known() -> None:
    unknown = face_displacements(np.zeros(9, np.int16), np.arange(9.0), np.full((9, 4), np.nan, np.float32))
    assert np.isnan(unknown).all()
