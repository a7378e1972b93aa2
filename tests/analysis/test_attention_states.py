"""Tests of `signals.attention_states`: what a viewer does in each second."""

from __future__ import annotations

import numpy as np
import pytest

from moviemotion.analysis.signals.attention_states import (
    ASIDE,
    AWAY,
    DOWN,
    MIN_ABSENCE,
    NOT_SEEN,
    OUT,
    SCREEN,
    attention_states,
)

RATE, SECONDS = 5, 120
TIME = np.arange(SECONDS * RATE) / RATE


def pose(
    usual: tuple[float, float] = (0.0, 0.0),
    turns: tuple[tuple[int, int, float, float], ...] = (),
    seed: int = 0,
) -> np.ndarray:
    """(n, 2) poses with noise; from a second to another, the head is turned by a yaw and a pitch."""
    poses = np.array(usual) + np.random.default_rng(seed).normal(0, 4, (len(TIME), 2))
    for start, stop, yaw, pitch in turns:
        poses[start * RATE : stop * RATE] += (yaw, pitch)
    return poses.astype(np.float32)


def states(
    poses: np.ndarray, lost: tuple[int, int] = (0, 0), leaving: bool = False, **known: object
) -> np.ndarray:
    """The states of a viewer who is not found for some seconds, and perhaps leaves the place before."""
    displacement = np.zeros(len(TIME), np.float32)
    if leaving:
        displacement[(lost[0] - 1) * RATE : lost[0] * RATE] = np.linspace(0.3, 1.5, RATE)
    found = (lost[0] > TIME) | (lost[1] <= TIME)
    return attention_states(TIME[found], poses[found], displacement[found], SECONDS, **known)  # type: ignore[arg-type]


@pytest.mark.parametrize("usual", [(0.0, 0.0), (30.0, -15.0), (-25.0, 10.0)])
@pytest.mark.parametrize(
    ("yaw", "turned_pitch", "state"),
    [(40, 0, ASIDE), (-40, 5, ASIDE), (0, -35, DOWN), (20, -35, DOWN), (70, 0, AWAY), (0, 40, AWAY)],
)
def test_a_head_is_compared_with_its_usual_direction(
    usual: tuple[float, float], yaw: float, turned_pitch: float, state: int
) -> None:
    found = states(pose(usual, ((50, 60, yaw, turned_pitch),)))
    assert (found[50:60] == state).all()
    assert (np.delete(found, range(50, 60)) == SCREEN).all()


def test_a_face_lost_in_the_dark_is_not_seen_however_long() -> None:
    found = states(pose(), lost=(40, 110))
    assert (found[41:110] == NOT_SEEN).all()


def test_somebody_who_leaves_the_place_is_out_until_seen_again() -> None:
    found = states(pose(), lost=(40, 80), leaving=True)
    assert (found[41:80] == OUT).all()
    assert int(np.argmax(found == OUT)) in (39, 40)
    assert (found[80:] == SCREEN).all()


def test_a_short_absence_is_not_a_walk_out() -> None:
    assert not (states(pose(), lost=(40, 40 + MIN_ABSENCE - 3), leaving=True) == OUT).any()


def test_nobody_leaves_while_the_camera_does_not_run() -> None:
    found = states(pose(), lost=(40, 120), leaving=True, gaps=((45.0, float("inf")),))
    assert not (found == OUT).any()
    assert (states(pose(), lost=(40, 120), leaving=True, gaps=((90.0, float("inf")),))[90:] == NOT_SEEN).all()


def test_a_camera_that_was_moved_starts_new_usual_directions() -> None:
    poses = pose(turns=((80, 120, 50, 0),))
    assert (states(poses)[80:] == ASIDE).all()
    assert (states(poses, moves=(80.0,)) == SCREEN).all()


def test_poses_that_cannot_be_trusted_say_nothing() -> None:
    poses = pose(turns=((50, 60, 50, 0),))
    poses[50 * RATE : 60 * RATE] = np.nan
    assert (states(poses)[50:60] == NOT_SEEN).all()
    assert (states(np.full((len(TIME), 2), np.nan, np.float32)) == NOT_SEEN).all()
