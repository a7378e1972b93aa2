"""Small gray pictures of faces, by which a face is compared with itself, and what such comparisons find."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from moviemotion.audience.faces.detect import FaceBox, crop_square

PATCH_SIDE = 16
"""Rows and columns of a patch."""


@dataclass(frozen=True)
class Repetition:
    """A stretch of a track in which earlier pictures are shown again.

    Attributes:
        first: film time in seconds at which the pictures were first shown.
        start, end: film time in seconds after which, and until which, they are shown again.
    """

    first: float
    start: float
    end: float


def face_patch(image: NDArray[np.uint8], face: FaceBox) -> NDArray[np.float64]:
    """(16, 16) gray levels of the square around a face in a (height, width, 3) uint8 RGB image."""
    side = max(PATCH_SIDE, round(face.size))
    left, top = (round(center - side / 2) for center in face.center)
    square = np.ascontiguousarray(crop_square(image, left, top, side)[:, :, 1])
    small = Image.fromarray(square).resize((PATCH_SIDE, PATCH_SIDE), Image.Resampling.BOX)
    return np.asarray(small, dtype=np.float64)


def normalized(patch: NDArray[np.float64]) -> NDArray[np.float64]:
    """Remove the brightness and contrast of a patch, which the screen's light changes."""
    return np.asarray((patch - patch.mean()) / max(float(patch.std()), 1.0))
