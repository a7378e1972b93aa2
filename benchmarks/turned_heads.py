"""Real portraits on a simple three-dimensional head, turned by known angles.

A head is an ellipsoid with a nose, as large as the distance between the portrait's eyes suggests. Each pixel
of the portrait that lies on it becomes a point in space; the points are turned about the middle of the head,
and drawn from the farthest to the nearest. What the portrait does not show is missing: beyond about 50°, the
side of the head is stretched skin. Real heads also move their hair, glasses and shoulders.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from moviemotion.audience.faces.detect import CenterFaceDetector, FaceBox
from moviemotion.audience.faces.head_pose import head_poses
from moviemotion.audience.video.decode import read_frames

EYES_MM = 63.0
HALF_WIDTH, HALF_HEIGHT, HALF_DEPTH = 76.0, 112.0, 96.0
"""Half axes of the ellipsoid, in millimeters."""
NOSE_HEIGHT, NOSE_WIDTH, NOSE_LENGTH = 20.0, 9.0, 17.0
SIDE = 320
"""Width and height of a drawn picture, in pixels; a head's eyes are `EYES` pixels apart in it."""
EYES = 52.0
DETAIL = 3
"""Points per pixel of the drawn picture, along each axis."""


def portraits(
    clips: list[Path], detector: CenterFaceDetector
) -> Iterator[tuple[str, NDArray[np.uint8], FaceBox]]:
    """The most frontal frame of each clip that shows one person, with its face."""
    for clip in clips:
        best = None
        for frame in read_frames(clip, 1.0):
            faces = detector.detect([frame.image], 640)[0]
            if len(faces) != 1 or faces[0].size < 60:
                continue
            yaw, pitch = head_poses(faces)[0]
            off = abs(float(yaw)) + 0.5 * abs(float(pitch))
            if best is None or off < best[0]:
                best = off, frame.image, faces[0]
        if best is not None:
            yield clip.stem, best[1], best[2]


def turned(image: NDArray[np.uint8], face: FaceBox, yaw: float, pitch: float) -> NDArray[np.uint8]:
    """Draw a portrait with its head turned.

    Args:
        image: (height, width, 3) uint8 RGB.
        face: the face in it, which is taken to be frontal.
        yaw, pitch: degrees by which the head is turned to the right edge of the picture, and upward.

    Returns:
        (`SIDE`, `SIDE`, 3) uint8 RGB.
    """
    left, right, nose = face.landmarks[:3].astype(np.float64)
    scale = float(np.hypot(*(right - left))) / EYES_MM
    roll = np.arctan2(*(right - left)[::-1])
    middle = (left + right) / 2
    step = EYES_MM / EYES / DETAIL
    across = np.arange(-HALF_WIDTH, HALF_WIDTH, step)
    down = np.arange(-HALF_HEIGHT, HALF_HEIGHT, step)
    x, y = (grid.ravel() for grid in np.meshgrid(across, down))
    inside = (x / HALF_WIDTH) ** 2 + (y / HALF_HEIGHT) ** 2 < 0.97
    x, y = x[inside], y[inside]
    z = HALF_DEPTH * np.sqrt(1 - (x / HALF_WIDTH) ** 2 - (y / HALF_HEIGHT) ** 2)
    # The eyes lie a tenth of the head above its middle.
    eyes_y = -0.1 * HALF_HEIGHT
    nose_y = float((nose - middle) @ [-np.sin(roll), np.cos(roll)]) / scale + eyes_y
    below = np.where(y > nose_y, 0.5, 1.0) * NOSE_LENGTH
    z = z + NOSE_HEIGHT * np.exp(-0.5 * (x / NOSE_WIDTH) ** 2 - 0.5 * ((y - nose_y) / below) ** 2)
    along, under = x * scale, (y - eyes_y) * scale
    column = middle[0] + along * np.cos(roll) - under * np.sin(roll)
    row = middle[1] + along * np.sin(roll) + under * np.cos(roll)
    color = image[
        np.clip(np.rint(row).astype(int), 0, image.shape[0] - 1),
        np.clip(np.rint(column).astype(int), 0, image.shape[1] - 1),
    ]
    nod, turn = np.radians(pitch), np.radians(yaw)
    below_axis, toward = y * np.cos(nod) - z * np.sin(nod), y * np.sin(nod) + z * np.cos(nod)
    beside, near = x * np.cos(turn) + toward * np.sin(turn), toward * np.cos(turn) - x * np.sin(turn)
    order = np.argsort(near)
    picture = np.empty((SIDE * 2, SIDE * 2, 3), np.uint8)
    picture[:] = np.median(image.reshape(-1, 3), axis=0).astype(np.uint8)
    per_mm = 2 * EYES / EYES_MM
    at_x = np.clip(np.rint(beside[order] * per_mm + SIDE), 0, 2 * SIDE - 1).astype(int)
    at_y = np.clip(np.rint(below_axis[order] * per_mm + SIDE), 0, 2 * SIDE - 1).astype(int)
    picture[at_y, at_x] = color[order]
    return np.asarray(Image.fromarray(picture).resize((SIDE, SIDE), Image.Resampling.BOX))
