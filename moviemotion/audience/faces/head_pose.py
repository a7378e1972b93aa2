"""Estimate the direction in which a head is turned, from the five landmarks and the box of its face.

A generic face is turned to every direction of a grid and seen from afar (weak perspective: all its points
have the same distance from the camera). For each direction, the best shift, scale and roll follow in closed
form (Procrustes analysis of points as complex numbers; Dryden & Mardia, 2016, *Statistical Shape Analysis*,
section 8.1). The direction with the smallest remaining error is the pose. Because the whole grid is searched,
there is no initial guess that could be wrong.

Landmarks that a network places tell yaw well, but a nod only in part: it draws them toward those of an
upright face. The box, from forehead to chin, shows a nod too: the lower the head, the lower the eyes in it.
Pitch is therefore a weighted sum of both.

This is the direction of the head, not of the gaze: the eyes may look elsewhere. Faces differ from the generic
face, and cameras from straight ahead, so only the difference from a viewer's usual pose has a meaning.
`benchmarks/attention.py` measures its accuracy.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from moviemotion.audience.faces.detect import FaceBox

Float = NDArray[np.float64]

GENERIC_FACE = np.array([[-31.5, 0, 0], [31.5, 0, 0], [0, 34, 24], [-25, 64, 0], [25, 64, 0]], np.float64)
"""The eyes, the tip of the nose and the corners of the mouth of an adult: millimeters to the right, down and
toward the camera. Rounded from the model that OpenCV's examples use for `solvePnP`."""
MAX_YAW, MAX_PITCH = 80, 60
"""Largest angles that are searched, in degrees."""
MAX_NOD = 80.0
"""Largest pitch, in degrees."""
FIT_WEIGHT = 0.91
"""Weight of the landmarks' pitch in the pitch."""
EYES_WEIGHT = 200.0
"""Degrees of pitch for each box height by which the eyes lie higher in the box. Both weights are the
least-squares fit to portraits turned by known angles (`benchmarks/turned_heads.py`); leaving each head out of
its own fit, the error has a standard deviation of 8°."""
USUAL_EYES = 0.11
"""Height of the eyes above the middle of the box in a face that is seen from the front, in box heights."""
_STEP = 2
_YAWS = np.arange(-MAX_YAW, MAX_YAW + 1, _STEP, dtype=np.float64)
_PITCHES = np.arange(-MAX_PITCH, MAX_PITCH + 1, _STEP, dtype=np.float64)
_BATCH = 64


def head_poses(faces: Sequence[FaceBox]) -> NDArray[np.float32]:
    """Estimate the poses of n faces.

    Args:
        faces: n face boxes; NaN landmarks are unknown.

    Returns:
        (n, 2) yaw and pitch in degrees: positive if the face points to the right edge of the frame, and
        upward. A tilted head points where its nose does. NaN where the landmarks are unknown.
    """
    if not faces:
        return np.empty((0, 2), np.float32)
    marks = np.stack([face.landmarks for face in faces]).astype(np.float64)
    points = marks[..., 0] + 1j * marks[..., 1]
    middle = np.array([complex(*face.center) for face in faces])
    above_middle = (points[:, :2].mean(axis=1) - middle) / np.array([face.size for face in faces])
    points -= points.mean(axis=1, keepdims=True)
    known = np.isfinite(points).all(axis=1) & (np.abs(points).sum(axis=1) > 0)
    poses = np.full((len(faces), 2), np.nan, np.float32)
    rows = np.flatnonzero(known)
    for start in range(0, len(rows), _BATCH):
        batch = rows[start : start + _BATCH]
        poses[batch] = _fitted(points[batch], above_middle[batch])
    return poses


def _fitted(points: NDArray[np.complex128], eyes: NDArray[np.complex128]) -> Float:
    """(n, 2) poses of (n, 5) landmarks; (n,) `eyes` from the middle of the box, in units of its size."""
    products = np.einsum("np,yxp->nyx", points, _TEMPLATES.conj(), optimize=True)
    fit = np.abs(products)
    best = fit.reshape(len(fit), -1).argmax(axis=1)
    at_pitch, at_yaw = np.unravel_index(best, fit.shape[1:])
    row = np.arange(len(fit))
    yaw = _YAWS[at_yaw] + _STEP * _vertex(
        *(fit[row, at_pitch, _inside(at_yaw + k, _YAWS)] for k in (-1, 0, 1))
    )
    pitch = _PITCHES[at_pitch] + _STEP * _vertex(
        *(fit[row, _inside(at_pitch + k, _PITCHES), at_yaw] for k in (-1, 0, 1))
    )
    roll = np.angle(products[row, at_pitch, at_yaw])
    height = -(eyes * np.exp(-1j * roll)).imag
    pitch = FIT_WEIGHT * pitch + EYES_WEIGHT * (height - USUAL_EYES)
    return _rolled(yaw, np.clip(pitch, -MAX_NOD, MAX_NOD), roll)


def _rolled(yaw: Float, pitch: Float, roll: Float) -> Float:
    """Yaw and pitch in the frame of a head that is rolled clockwise by an angle in radians."""
    yaw, pitch = np.radians(yaw), np.radians(pitch)
    direction = (np.sin(yaw) * np.cos(pitch) - 1j * np.sin(pitch)) * np.exp(1j * roll)
    forward = np.cos(yaw) * np.cos(pitch)
    return np.degrees(
        np.stack([np.arctan2(direction.real, forward), np.arcsin(np.clip(-direction.imag, -1, 1))], axis=1)
    )


def _inside(index: NDArray[np.int64], grid: Float) -> NDArray[np.int64]:
    return np.clip(index, 0, len(grid) - 1)


def _vertex(before: Float, at: Float, after: Float) -> Float:
    """Offset of a parabola's vertex from the largest of three equidistant values, in steps."""
    curvature = before - 2 * at + after
    with np.errstate(invalid="ignore", divide="ignore"):
        offset = np.where(curvature < 0, (before - after) / (2 * curvature), 0.0)
    return np.clip(offset, -0.5, 0.5)


def _templates() -> NDArray[np.complex128]:
    """(pitches, yaws, 5) the generic face in every direction, centered and of unit size."""
    pitch, yaw = np.meshgrid(np.radians(_PITCHES), np.radians(_YAWS), indexing="ij")
    x, y, z = GENERIC_FACE.T
    # First nod, then turn. A point toward the camera rises with the pitch.
    down = y * np.cos(pitch)[..., None] - z * np.sin(pitch)[..., None]
    toward = y * np.sin(pitch)[..., None] + z * np.cos(pitch)[..., None]
    right = x * np.cos(yaw)[..., None] + toward * np.sin(yaw)[..., None]
    points = right + 1j * down
    points -= points.mean(axis=-1, keepdims=True)
    return np.asarray(points / np.linalg.norm(points, axis=-1, keepdims=True))


_TEMPLATES = _templates()
