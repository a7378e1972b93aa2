"""How far a face can be trusted: a weight, and a reason where it is refused.

The reader sees a crop of 48×48 pixels, so blur, light and cover are judged on that crop: what it does
not show cannot mislead the reader. Each measure has a value at which a face is refused and one from which
it is good; between them its factor rises from 0 to 1. The weight is the product of the factors. Those of
size and blur follow what is left of a reading when a good face is made small or blurred, as the squared
correlation with what was read from it before: `benchmarks/small_faces.py` measures it.
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
    """Where a measure refuses a face (factor 0), where it is good (factor 1), and what it is then called."""

    rejected_at: float
    good_at: float
    reason: str


QUALITY_LIMITS: dict[str, QualityLimits] = {
    "size": QualityLimits(6.0, 20.0, "too small"),
    "score": QualityLimits(0.3, 0.5, "hardly a face"),
    "contrast": QualityLimits(2.0, 6.0, "too dark or washed out"),
    "sharpness": QualityLimits(-2.35, -1.2, "blurred"),
    "turn": QualityLimits(0.9, 0.6, "turned away"),
    "cover": QualityLimits(0.2, 0.1, "covered"),
}
REJECTION_REASONS: tuple[str, ...] = (GOOD, *(limits.reason for limits in QUALITY_LIMITS.values()))
MIN_WEIGHT = 0.1
"""A face of less weight is refused, for the worst of its measures."""


def measure_quality(faces: Sequence[FaceBox], crops: Sequence[NDArray[np.uint8]]) -> dict[str, Float]:
    """The measures of n faces, each (n,), by the names in `LIMITS`.

    size: longer side of the box, px. score: the detector's confidence, 0–1. contrast: standard deviation of
    the crop's middle, grey levels. sharpness: decimal logarithm of the variance of the Laplacian
    (Pech-Pacheco et al., 2000) over the variance, so that light does not count. turn: how far the nose lies
    from the middle between the eyes, in half distances between the eyes: 0 from the front, 1 with the nose
    before one eye. cover: share of the middle of the face that a hand, or a thing, lies before, as a small
    network sees it (`moviemotion lab cover` trains it).
    """
    if not faces:
        return {name: np.empty(0) for name in QUALITY_LIMITS}
    pixels = np.stack(crops).astype(np.float64)
    middle = pixels[:, 6:-6, 6:-6]
    spread = middle.std(axis=(1, 2))
    laplacian = 4 * pixels[:, 6:-6, 6:-6] - sum(
        pixels[:, 6 + y : 42 + y, 6 + x : 42 + x] for y, x in ((-1, 0), (1, 0), (0, -1), (0, 1))
    )
    return {
        "size": np.array([face.size for face in faces]),
        "score": np.array([face.score for face in faces]),
        "contrast": spread,
        "sharpness": np.log10(np.maximum(laplacian.var(axis=(1, 2)), 1e-9) / np.maximum(spread**2, 1)),
        "turn": np.array([_head_turn(face) for face in faces]),
        "cover": _occluded_share(pixels),
    }


def quality_weights(
    faces: Sequence[FaceBox], crops: Sequence[NDArray[np.uint8]]
) -> tuple[NDArray[np.float32], NDArray[np.int8]]:
    """How far each face is to be trusted.

    Returns:
        (n,) weight 0–1, 0 where refused; (n,) index into `REASONS`, 0 where it is not refused.
    """
    measures = measure_quality(faces, crops)
    factors = np.stack(
        [
            np.clip((measures[n] - at.rejected_at) / (at.good_at - at.rejected_at), 0, 1)
            for n, at in QUALITY_LIMITS.items()
        ]
    )
    weight = factors.prod(axis=0)
    refused = weight < MIN_WEIGHT
    reason = np.where(refused, 1 + factors.argmin(axis=0), 0)
    return np.where(refused, 0, weight).astype(np.float32), reason.astype(np.int8)


def _head_turn(face: FaceBox) -> float:
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
