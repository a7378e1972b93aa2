"""Stand-alone access to the face detector and the emotion model, for single images."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from moviemotion.audience.faces import face_readings
from moviemotion.audience.faces.detect import FaceBox
from moviemotion.audience.faces.emotion_model import EMOTION_WEIGHTS, OnnxEmotionModel
from moviemotion.audience.faces.face_registry import (
    DEFAULT_DETECTOR,
    DEFAULT_MODEL,
    EmotionModel,
    FaceDetector,
    load_emotion_model,
)
from moviemotion.emotions import EMOTIONS
from moviemotion.errors import MoviemotionError


class EmotionReader:
    """Predicts the emotions of face images.

    Attributes:
        emotions: names of the columns that `predict` returns.

    Example:
        >>> import numpy as np
        >>> import moviemotion as mm
        >>> reader = mm.EmotionReader()
        >>> reader.predict([np.zeros((48, 48), dtype=np.uint8)]).shape
        (1, 8)
    """

    emotions = EMOTIONS

    def __init__(self, model: str | Path | EmotionModel = DEFAULT_MODEL) -> None:
        """Load an emotion model.

        Args:
            model: a registered name, an ONNX file written by `moviemotion lab export`, or an object that
                implements the protocol `EmotionModel`; defaults to the model that ships with the package.

        Raises:
            MoviemotionError: there is no such model, or it is not compatible.
        """
        if isinstance(model, type):
            raise MoviemotionError(
                f"model: {model.__name__} is a class; pass an instance: {model.__name__}()"
            )
        self.model = load_emotion_model(model)
        self._choice = model

    def predict(self, images: Sequence[NDArray[np.uint8]] | NDArray[np.uint8]) -> NDArray[np.float32]:
        """Predict the emotion probabilities of faces.

        Args:
            images: n uint8 images of any size, each cropped to one face: (height, width) for grayscale or
                (height, width, 3) for RGB. A single array with n images along its first axis is also
                accepted.

        Returns:
            (n, 8) probabilities in the order of `emotions`; each row sums to 1.

        Raises:
            MoviemotionError: an image is not a uint8 array of one of these shapes.
        """
        if isinstance(images, np.ndarray) and images.ndim == 3 and images.shape[2] == 3:
            raise MoviemotionError(
                "images: this looks like a single RGB image; pass a list of images, such as [image]"
            )
        return face_readings.predict_emotions(images, self.model)

    def __reduce__(self) -> tuple[object, ...]:
        """Pickle the source of the model, because a network itself cannot be pickled."""
        choice = self._choice
        if isinstance(self.model, OnnxEmotionModel):
            choice = DEFAULT_MODEL if self.model.path == EMOTION_WEIGHTS else self.model.path.absolute()
        return type(self), (choice,)

    def __repr__(self) -> str:
        """The name of the model."""
        return f"<EmotionReader: {self.model.name}>"


def detect_faces(frame: NDArray[np.uint8], detector: str | FaceDetector = DEFAULT_DETECTOR) -> list[FaceBox]:
    """Detect the faces in one frame.

    Args:
        frame: uint8 array, (height, width, 3) for RGB or (height, width) for grayscale.
        detector: a registered name, or an object that implements the protocol `FaceDetector`.

    Returns:
        Face boxes in pixels of the frame, highest score first.

    Raises:
        MoviemotionError: the frame is not a valid array, or there is no such detector.
    """
    return face_readings.detect_faces(frame, detector, argument="frame")
