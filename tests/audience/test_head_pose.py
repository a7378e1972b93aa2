"""Tests of `audience.faces.head_pose`: known directions are found again from projected landmarks."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from moviemotion.audience.faces.detect import FaceBox
from moviemotion.audience.faces.head_pose import (
    EYES_WEIGHT,
    FIT_WEIGHT,
    GENERIC_FACE,
    USUAL_EYES,
    head_poses,
)


def turned_face(
    yaw: float, pitch: float, roll: float = 0.0, noise: float = 0.0
) -> tuple[FaceBox, np.ndarray]:
    """The generic face from afar, and the direction in which it points: to the right, down and forward."""
    y, p, r = np.radians([yaw, pitch, roll])
    nod = np.array([[1, 0, 0], [0, np.cos(p), -np.sin(p)], [0, np.sin(p), np.cos(p)]])
    turn = np.array([[np.cos(y), 0, np.sin(y)], [0, 1, 0], [-np.sin(y), 0, np.cos(y)]])
    tilt = np.array([[np.cos(r), -np.sin(r), 0], [np.sin(r), np.cos(r), 0], [0, 0, 1]])
    turned = tilt @ turn @ nod
    points = (GENERIC_FACE @ turned.T)[:, :2] * 0.6 + [320, 240]
    points += np.random.default_rng(0).normal(0, noise, points.shape)
    # The lower the head, the lower the eyes in the box.
    height = 140 * (USUAL_EYES + pitch * (1 - FIT_WEIGHT) / EYES_WEIGHT)
    x, y = points[:2].mean(axis=0) + height * np.array([-np.sin(r), np.cos(r)])
    return FaceBox(x - 70, y - 70, x + 70, y + 70, 1, points.astype(np.float32)), turned[:, 2]


@pytest.mark.parametrize("yaw", [-70, -35, -3, 0, 10, 35, 70])
@pytest.mark.parametrize("pitch", [-40, -11, 0, 25])
def test_a_known_direction_is_found(yaw: float, pitch: float) -> None:
    ((found_yaw, found_pitch),) = head_poses([turned_face(yaw, pitch)[0]])
    assert found_yaw == pytest.approx(yaw, abs=1)
    assert found_pitch == pytest.approx(pitch, abs=1)


@pytest.mark.parametrize("roll", [-40, 15, 80])
def test_a_tilted_head_points_where_its_nose_does(roll: float) -> None:
    face, (right, down, forward) = turned_face(30, -10, roll)
    ((yaw, pitch),) = head_poses([face])
    assert yaw == pytest.approx(np.degrees(np.arctan2(right, forward)), abs=1)
    assert pitch == pytest.approx(np.degrees(np.arcsin(-down)), abs=1)


def test_a_pixel_of_noise_changes_the_direction_by_a_few_degrees() -> None:
    ((yaw, pitch),) = head_poses([turned_face(30, -20, noise=1.0)[0]])
    assert yaw == pytest.approx(30, abs=8)
    assert pitch == pytest.approx(-20, abs=8)


def test_eyes_that_are_lower_in_the_box_belong_to_a_lower_head() -> None:
    face, _ = turned_face(0, 0)
    lower = replace(face, top=face.top - 14, bottom=face.bottom - 14)
    pitches = head_poses([face, lower])[:, 1]
    assert pitches[1] - pitches[0] == pytest.approx(-EYES_WEIGHT * 14 / 140, abs=0.5)


def test_faces_without_landmarks_have_no_direction() -> None:
    unknown = FaceBox(0, 0, 1, 1, 1, np.full((5, 2), np.nan, np.float32))
    same = FaceBox(0, 0, 1, 1, 1, np.ones((5, 2), np.float32))
    poses = head_poses([unknown, turned_face(20, 0)[0], same])
    assert np.isnan(poses).tolist() == [[True, True], [False, False], [True, True]]
    assert head_poses([]).shape == (0, 2)
