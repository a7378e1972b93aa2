"""From detected faces to readings: crop each face, assess its quality, predict its emotions.

Files, live cameras and single images all use these functions, so a face gives the same reading regardless of
its source.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from moviemotion.audience.faces.detect import DEFAULT_FRAMING, FaceBox, crop_face, frame_face_image
from moviemotion.audience.faces.quality import quality_weights
from moviemotion.audience.faces.registry import (
    DEFAULT_DETECTOR,
    DEFAULT_MODEL,
    DetectorChoice,
    EmotionModel,
    ModelChoice,
    detect_checked,
    load_detector,
    load_emotion_model,
    predict_checked,
)
from moviemotion.errors import MoviemotionError

SINGLE_IMAGE_LONG_SIDE = 640
"""Length in pixels to which the longer side of a single image is scaled; faces that then measure 24 pixels
are found."""


@dataclass(frozen=True)
class FaceReadings:
    """The readings of n faces.

    Attributes:
        emotions: (n, 8) float32 emotion probabilities in the order of `EMOTIONS`.
        weight: (n,) float32 quality weight, 0 (rejected) to 1.
        rejection_reason: (n,) int8 index into `quality.REJECTION_REASONS`; 0 if not rejected.
    """

    emotions: NDArray[np.float32]
    weight: NDArray[np.float32]
    rejection_reason: NDArray[np.int8]


def predict_faces(
    images: Sequence[NDArray[np.uint8]], faces: Sequence[Sequence[FaceBox]], model: EmotionModel
) -> FaceReadings:
    """Read the given faces in a sequence of frames.

    Args:
        images: (height, width, 3) uint8 RGB frames.
        faces: the faces in each frame.
        model: the emotion model.

    Returns:
        The readings of all faces, ordered by frame.
    """
    pairs = [(image, face) for image, in_image in zip(images, faces, strict=True) for face in in_image]
    crops = [crop_face(image, face) for image, face in pairs]
    weight, rejection_reason = quality_weights([face for _, face in pairs], crops)
    # Quality is always assessed on the default crop, regardless of the model's framing.
    framed = crops
    if model.framing != DEFAULT_FRAMING:
        framed = [crop_face(image, face, model.framing) for image, face in pairs]
    return FaceReadings(predict_checked(model, framed), weight, rejection_reason)


def detect_faces(
    image: NDArray[np.uint8],
    detector: DetectorChoice = DEFAULT_DETECTOR,
    long_side: int = SINGLE_IMAGE_LONG_SIDE,
) -> list[FaceBox]:
    """Detect all faces in one image.

    Args:
        image: (height, width, 3) uint8 RGB or (height, width) uint8 gray.
        detector: a name or a detector object; pass an object to load the detector only once for many images.
        long_side: length in pixels to which the longer side is scaled for detection; larger values find
            smaller faces.

    Returns:
        The faces, highest score first.

    Raises:
        MoviemotionError: `image` has an invalid shape or type, or the detector cannot be used.
    """
    image = np.asarray(image)
    _check_image("image", image)
    if image.ndim == 2:
        image = np.repeat(image[..., None], 3, axis=2)
    (found,) = detect_checked(load_detector(detector), [image], long_side)
    return found


def predict_emotions(
    images: Sequence[NDArray[np.uint8]], model: ModelChoice = DEFAULT_MODEL
) -> NDArray[np.float32]:
    """Predict the emotions of images that each show one face.

    Args:
        images: n arrays of any size, (height, width) uint8 gray or (height, width, 3) uint8 RGB. Each face
            should fill its image as it would fill a face box, from forehead to chin.
        model: a name, an ONNX file or a model object; pass an object to load the model only once for many
            calls.

    Returns:
        (n, 8) float32 emotion probabilities in the order of `EMOTIONS`; rows sum to one.

    Raises:
        MoviemotionError: an image has an invalid shape or type, or the model cannot be used.

    Example:
        >>> predict_emotions([np.zeros((60, 50), np.uint8)]).shape
        (1, 8)
    """
    loaded = load_emotion_model(model)
    arrays = [np.asarray(image) for image in images]
    for number, image in enumerate(arrays):
        _check_image(f"image {number}", image)
    return predict_checked(loaded, [frame_face_image(image, loaded.framing) for image in arrays])


def _check_image(name: str, image: NDArray[np.uint8]) -> None:
    """Reject arrays that are neither gray nor RGB images."""
    is_gray_or_rgb = image.ndim == 2 or (image.ndim == 3 and image.shape[2] == 3)
    if not is_gray_or_rgb or image.dtype != np.uint8 or not image.size:
        raise MoviemotionError(
            f"{name}: unsupported array {image.shape} {image.dtype}; give (height, width) uint8 gray "
            "or (height, width, 3) uint8 RGB"
        )
