"""Assess how reliable the reading of a face is: a quality weight, and a reason for each rejection.

The emotion model sees a crop of 48×48 pixels, so blur, light and occlusion are measured on that crop:
anything outside it cannot mislead the model. Each measure has a value at which a face is rejected and a value
at which it is good. Between these values, the measure's factor rises linearly from 0 to 1. The weight is the
product of the factors.

The limits for size and blur were chosen by shrinking and blurring good faces. The factor follows the squared
correlation between the readings before and after this degradation (`benchmarks/small_faces.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from moviemotion.audience.faces.detect import FaceBox
from moviemotion.audience.faces.onnx_session import create_onnx_session

Float = NDArray[np.float64]

OCCLUSION_WEIGHTS = Path(__file__).parent / "models" / "cover.onnx"
GOOD = "good"


@dataclass(frozen=True)
class QualityLimits:
    """The limits that convert a measure to a factor of the weight.

    Attributes:
        rejected_at: value at which the factor is 0.
        good_at: value beyond which the factor is 1.
        reason: the reason that is given if a face is rejected.
    """

    rejected_at: float
    good_at: float
    reason: str


TURNED_AWAY = "turned away"
QUALITY_LIMITS: dict[str, QualityLimits] = {
    "size": QualityLimits(6.0, 20.0, "too small"),
    "score": QualityLimits(0.3, 0.5, "hardly a face"),
    "contrast": QualityLimits(0.45, 1.6, "too dark or washed out"),
    "sharpness": QualityLimits(-2.35, -1.2, "blurred"),
    "turn": QualityLimits(0.9, 0.6, TURNED_AWAY),
    "cover": QualityLimits(0.2, 0.1, "covered"),
    "tilt": QualityLimits(75.0, 60.0, "lying on its side"),
}
FROZEN = "frozen picture"
"""Reason why the samples of a repeated picture are rejected (`still_faces`)."""
REJECTION_REASONS: tuple[str, ...] = (GOOD, *(limits.reason for limits in QUALITY_LIMITS.values()), FROZEN)
MIN_NOISE = 1.5
"""Standard deviation of the noise, in gray levels, that is assumed even where none is visible."""
MIN_WEIGHT = 0.1
"""Minimum weight; a face with a lower weight is rejected, and the measure with the lowest factor determines
the reason."""


def measure_quality(faces: Sequence[FaceBox], crops: Sequence[NDArray[np.uint8]]) -> dict[str, Float]:
    """Measure the quality of n faces.

    Args:
        faces: n face boxes.
        crops: n arrays (48, 48) uint8 gray, as returned by `crop_face` by default.

    Returns:
        Measure name, as in `QUALITY_LIMITS` → (n,) values:

        - size: longer side of the face box in pixels.
        - score: confidence of the face detector, 0–1.
        - contrast: contrast-to-noise ratio of the middle of the crop: the standard deviation of the gray
          levels without noise over that of the noise, of which at least 1.5 gray levels are assumed. A camera
          that amplifies both does not change it. The noise is estimated from the second differences across
          rows and columns (Immerkær, 1996), by their mean square, which is right even where noise is clipped.
          It counts fine detail as noise, but in clear faces far less of it than there is contrast.
        - sharpness: log10 of the variance of the Laplacian (Pech-Pacheco et al., 2000) over the variance of
          the gray levels, which makes it independent of the lighting.
        - turn: distance of the nose from the midpoint between the eyes, in units of half the distance between
          the eyes. It is 0 for a frontal face and 1 if the nose is in front of one eye.
        - cover: fraction of the middle of the face that is occluded by a hand or an object, as estimated by a
          small network (trained by `moviemotion lab train-occlusion`).
        - tilt: angle in degrees between the vertical and the line from mouth to eyes.
    """
    if not faces:
        return {name: np.empty(0) for name in QUALITY_LIMITS}
    pixels = np.stack(crops).astype(np.float64)
    middle = pixels[:, 6:-6, 6:-6]
    spread = middle.std(axis=(1, 2))
    noise = _noise(middle)
    contrast = np.sqrt(np.maximum(spread**2 - noise**2, 0) / (noise**2 + MIN_NOISE**2))
    laplacian = 4 * pixels[:, 6:-6, 6:-6] - sum(
        pixels[:, 6 + y : 42 + y, 6 + x : 42 + x] for y, x in ((-1, 0), (1, 0), (0, -1), (0, 1))
    )
    return {
        "size": np.array([face.size for face in faces]),
        "score": np.array([face.score for face in faces]),
        "contrast": contrast,
        "sharpness": np.log10(np.maximum(laplacian.var(axis=(1, 2)), 1e-9) / np.maximum(spread**2, 1)),
        "turn": np.array([_head_turn(face) for face in faces]),
        "cover": _occluded_share(pixels),
        "tilt": np.array([face.tilt for face in faces]),
    }


def quality_weights(
    faces: Sequence[FaceBox], crops: Sequence[NDArray[np.uint8]]
) -> tuple[NDArray[np.float32], NDArray[np.int8]]:
    """Compute the quality weights of n faces.

    Args:
        faces: n face boxes.
        crops: n arrays (48, 48) uint8 gray, as returned by `crop_face` by default.

    Returns:
        The quality weights, (n,), from 0 (rejected) to 1, and the reasons for rejection, (n,), as indices
        into `REJECTION_REASONS`, 0 for faces that are not rejected.
    """
    measures = measure_quality(faces, crops)
    factors = np.stack(
        [
            np.clip((measures[name] - limits.rejected_at) / (limits.good_at - limits.rejected_at), 0, 1)
            for name, limits in QUALITY_LIMITS.items()
        ]
    )
    weight = factors.prod(axis=0)
    rejected = weight < MIN_WEIGHT
    reason = np.where(rejected, 1 + factors.argmin(axis=0), 0)
    return np.where(rejected, 0, weight).astype(np.float32), reason.astype(np.int8)


def _noise(pixels: Float) -> Float:
    """Standard deviation of the noise in (n, h, w) images; (n,) gray levels."""
    across_rows = 2 * pixels[:, 1:-1] - pixels[:, :-2] - pixels[:, 2:]
    across_both = 2 * across_rows[:, :, 1:-1] - across_rows[:, :, :-2] - across_rows[:, :, 2:]
    # The squares of the weights in the mask of 3×3 pixels sum to 36.
    return np.asarray(np.sqrt(np.mean(across_both**2, axis=(1, 2)) / 36), np.float64)


def _head_turn(face: FaceBox) -> float:
    """Distance of the nose from the midpoint between the eyes, along the line through the eyes; at most 2."""
    left, right, nose = face.landmarks[:3].astype(np.float64)
    across = right - left
    along = float((nose - (left + right) / 2) @ across) / max(float(across @ across), 1e-9)
    return min(2 * abs(along), 2.0)


@cache
def _occlusion_session() -> ort.InferenceSession:
    return create_onnx_session(OCCLUSION_WEIGHTS)


def _occluded_share(pixels: Float) -> Float:
    (cover,) = _occlusion_session().run(["cover"], {"faces": pixels[:, None].astype(np.float32)})
    return np.asarray(cover, np.float64)
