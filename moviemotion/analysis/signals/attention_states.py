"""What a viewer does in each second: faces the screen, looks elsewhere, is out of the seat, or is not seen.

Seats and cameras differ, so a head's direction is compared with the same viewer's usual direction, the median
over the screening. That is the direction of the screen for everybody who watches at least half of the film.

A viewer whose face is not found is not seen, which says nothing about attention: it may be dark, or somebody
may sit in front. Only a face that first leaves its place, and is then not found for `MIN_ABSENCE` seconds
while the camera runs, has left the seat.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from moviemotion.statistics import Float64Array, grouped_medians

MAX_SIDEWAYS, MAX_UP, MAX_DOWN = 25.0, 22.0, 22.0
"""Largest angles from the usual direction, in degrees, at which a head still faces the screen: well below the
35° by which people turn to a neighbor, and above the error of a pose (`benchmarks/attention.py`)."""
MIN_AWAY = 60.0
"""Smallest angle to the side at which a head is turned away, instead of aside to a neighbor."""
MIN_POSE_SECONDS = 10
"""Number of seconds with a known pose from which a usual direction can be told."""
MIN_ABSENCE = 20
"""Smallest number of seconds for which somebody who has left the seat is not found."""
LEAVING_SECONDS = 3
"""Number of seconds, before the face is lost, in which it must have left its place."""
MIN_DISPLACEMENT = 0.8
"""Smallest distance from its place, in face sizes, at which a face has left it."""


class AttentionState(StrEnum):
    """What a viewer does in a second."""

    SCREEN = "facing the screen"
    DOWN = "looking down"
    ASIDE = "turned aside"
    AWAY = "turned away"
    OUT = "out of the seat"
    NOT_SEEN = "not seen"


ATTENTION_STATES: tuple[AttentionState, ...] = tuple(AttentionState)
"""The states in the order of their codes in `Timeline.attention`."""
KNOWN_STATES = ATTENTION_STATES[:-1]
"""The states that say something about attention."""
SCREEN, DOWN, ASIDE, AWAY, OUT, NOT_SEEN = range(len(ATTENTION_STATES))


def attention_states(
    time: NDArray[np.float64],
    pose: NDArray[np.float32],
    displacement: NDArray[np.float32],
    seconds: int,
    gaps: Sequence[tuple[float, float]] = (),
    moves: Sequence[float] = (),
) -> NDArray[np.int8]:
    """Determine the state of one viewer in each second.

    Args:
        time: (n,) film time of each sample, in ascending order.
        pose: (n, 2) yaw and pitch of the head in degrees; NaN if it cannot be trusted.
        displacement: (n,) distance of the face from its usual place, in face sizes; NaN if unknown.
        seconds: number S of seconds, from film time 0.
        gaps: stretches of film time in which the camera did not run.
        moves: film times at which the camera was moved or changed, after which directions differ.

    Returns:
        (S,) codes of the states, as indices into `ATTENTION_STATES`.
    """
    states = np.full(seconds, NOT_SEEN, np.int8)
    inside = (time >= 0) & (time < seconds)
    time, pose, displacement = time[inside], pose[inside], displacement[inside]
    turned = _from_usual(time, pose, np.asarray(moves, np.float64))
    known = np.isfinite(turned).all(axis=1)
    if known.any():
        at, medians = grouped_medians(turned[known], time[known].astype(np.int64))
        states[at] = classify_turns(medians)
    for start, stop in _absences(time, displacement, seconds, gaps):
        states[start:stop] = OUT
    return states


def _from_usual(time: NDArray[np.float64], pose: NDArray[np.float32], moves: Float64Array) -> Float64Array:
    """(n, 2) yaw and pitch from the usual direction between two moves of the camera; NaN if unknown."""
    known = np.isfinite(pose).all(axis=1)
    stretch = np.searchsorted(np.sort(moves), time, side="right")
    turned = np.full(pose.shape, np.nan)
    for each in np.unique(stretch[known]):
        rows = known & (stretch == each)
        if len(np.unique(time[rows].astype(np.int64))) >= MIN_POSE_SECONDS:
            turned[rows] = pose[rows] - np.median(pose[rows], axis=0)
    return turned


def classify_turns(turned: Float64Array) -> NDArray[np.int8]:
    """(n,) states of heads that are turned from the usual direction by (n, 2) yaw and pitch in degrees."""
    sideways, down, up = np.abs(turned[:, 0]), -turned[:, 1], turned[:, 1]
    is_down = (down > MAX_DOWN) & (down / MAX_DOWN >= sideways / MAX_SIDEWAYS)
    return np.select(
        [is_down, sideways > MIN_AWAY, sideways > MAX_SIDEWAYS, up > MAX_UP],
        [DOWN, AWAY, ASIDE, AWAY],
        SCREEN,
    ).astype(np.int8)


def _absences(
    time: NDArray[np.float64],
    displacement: NDArray[np.float32],
    seconds: int,
    gaps: Sequence[tuple[float, float]],
) -> list[tuple[int, int]]:
    """The first second and the second after the last one of each stretch out of the seat."""
    watched = np.ones(seconds, dtype=bool)
    for start, end in gaps:
        watched[max(int(start), 0) : max(int(min(np.ceil(end), seconds)), 0)] = False
    lost = np.flatnonzero(np.diff(time, append=float(seconds)) >= MIN_ABSENCE)
    found = []
    for k in lost.tolist():
        first = int(time[k]) + 1
        stop = int(time[k + 1]) if k + 1 < len(time) else seconds
        leaving = time[: k + 1] >= time[k] - LEAVING_SECONDS
        has_left = displacement[: k + 1][leaving][-1] >= MIN_DISPLACEMENT  # false for NaN
        absent = watched[first:stop]
        if has_left and absent.sum() >= MIN_ABSENCE - 1:
            start = int(time[: k + 1][leaving & (displacement[: k + 1] >= MIN_DISPLACEMENT)][0])
            # Beyond the end of a recording, nothing is known.
            last = first + int(np.flatnonzero(absent)[-1]) + 1
            found.append((start, stop if stop < seconds else last))
    return found
