"""From detected faces to readings: crop each face, assess its quality, and predict its emotions.

The same functions are used for files, live cameras and single images, so the source of a face does not affect
its reading.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from moviemotion.audience.faces.detect import DEFAULT_FRAMING, FaceBox, crop_face, frame_face_image
from moviemotion.audience.faces.face_registry import (
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
from moviemotion.audience.faces.head_pose import head_poses
from moviemotion.audience.faces.quality import quality_weights
from moviemotion.errors import MoviemotionError

SINGLE_IMAGE_LONG_SIDE = 640
"""Length in pixels to which the longer side of a single image is scaled. Faces of at least 24 pixels after
scaling are found."""


@dataclass(frozen=True)
class FaceReadings:
    """The readings of n faces.

    Attributes:
        emotions: (n, 8) float32 emotion probabilities in the order of `EMOTIONS`.
        weight: (n,) float32 quality weight, 0 (rejected) to 1.
        rejection_reason: (n,) int8 index into `quality.REJECTION_REASONS`; 0 if not rejected.
        pose: (n, 2) float32 yaw and pitch of the head in degrees, as in `head_poses`.
    """

    emotions: NDArray[np.float32]
    weight: NDArray[np.float32]
    rejection_reason: NDArray[np.int8]
    pose: NDArray[np.float32]


def predict_faces(
    images: Sequence[NDArray[np.uint8]], faces: Sequence[Sequence[FaceBox]], model: EmotionModel
) -> FaceReadings:
    """Compute the readings of the given faces in a sequence of frames.

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
    poses = head_poses([face for _, face in pairs])
    return FaceReadings(predict_checked(model, framed), weight, rejection_reason, poses)


def detect_faces(
    image: NDArray[np.uint8],
    detector: DetectorChoice = DEFAULT_DETECTOR,
    long_side: int = SINGLE_IMAGE_LONG_SIDE,
    *,
    argument: str = "image",
) -> list[FaceBox]:
    """Detect all faces in one image.

    Args:
        image: (height, width, 3) uint8 RGB or (height, width) uint8 gray.
        detector: a registered name or a detector object; pass an object to load the detector only once for
            many images.
        long_side: length in pixels to which the longer side is scaled for detection; with a greater length,
            smaller faces are found.
        argument: the name that error messages use for `image`.

    Returns:
        The faces, highest score first.

    Raises:
        MoviemotionError: `image` has an invalid shape or type, or the detector cannot be used.
    """
    image = _checked_image(argument, image)
    if image.ndim == 2:
        image = np.repeat(image[..., None], 3, axis=2)
    (found,) = detect_checked(load_detector(detector), [image], long_side)
    return found


def predict_emotions(
    images: Sequence[NDArray[np.uint8]] | NDArray[np.uint8], model: ModelChoice = DEFAULT_MODEL
) -> NDArray[np.float32]:
    """Predict the emotions of images that each show one face.

    Args:
        images: n arrays of any size, (height, width) uint8 gray or (height, width, 3) uint8 RGB. Each face
            should fill its image as it would fill a face box, from forehead to chin.
        model: a registered name, an ONNX file or a model object; pass an object to load the model only once
            for many calls.

    Returns:
        (n, 8) float32 emotion probabilities in the order of `EMOTIONS`; rows sum to one.

    Raises:
        MoviemotionError: an image has an invalid shape or type, or the model cannot be used.

    Example:
        >>> predict_emotions([np.zeros((60, 50), np.uint8)]).shape
        (1, 8)
    """
    loaded = load_emotion_model(model)
    if isinstance(images, str | bytes | Mapping | Image.Image) or not isinstance(images, Iterable):
        raise MoviemotionError(f"images: expected images, got {type(images).__name__}; pass a list of images")
    if isinstance(images, np.ndarray) and images.ndim < 3 and images.size:
        raise MoviemotionError(
            f"images: expected a list of images, got one array of shape {images.shape}; pass [image]"
        )
    arrays = [_checked_image(f"image {number}", image) for number, image in enumerate(images)]
    return predict_checked(loaded, [frame_face_image(image, loaded.framing) for image in arrays])


def _checked_image(name: str, given: object) -> NDArray[np.uint8]:
    """Convert an image to an array, and reject anything that is not a gray or RGB image."""
    if isinstance(given, Image.Image) and given.mode not in ("L", "RGB"):
        # Palette indices and values in other color spaces would be mistaken for gray levels or RGB.
        raise MoviemotionError(f'{name}: has the mode {given.mode}; convert it with image.convert("RGB")')
    try:
        image: NDArray[np.uint8] = np.asarray(given)
    except Exception as error:  # a ragged list, or any object whose conversion fails
        raise MoviemotionError(
            f"{name}: expected an array, got {type(given).__name__}; give (height, width) uint8 gray "
            "or (height, width, 3) uint8 RGB"
        ) from error
    if image.ndim == 2 and image.shape[1] == 3:
        raise MoviemotionError(
            f"{name}: the array of shape {image.shape} looks like one row of an RGB image; "
            "give (height, width) uint8 gray or (height, width, 3) uint8 RGB"
        )
    is_gray_or_rgb = image.ndim == 2 or (image.ndim == 3 and image.shape[2] == 3)
    if not is_gray_or_rgb or image.dtype != np.uint8 or not image.size:
        raise MoviemotionError(
            f"{name}: unsupported {image.dtype} array of shape {image.shape}; give "
            "(height, width) uint8 gray or (height, width, 3) uint8 RGB"
        )
    return image
