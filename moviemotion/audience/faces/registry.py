"""Choose the face detector and the emotion model by name or file, and add custom ones.

The detector `centerface` and the emotion model `shipped` are built in. Others can be added in three ways:

- An emotion model exported by the lab does not need any code: pass the path of its ONNX file instead of a
  name.
- In a program, register a factory::

      from moviemotion.audience.faces.registry import register_emotion_model

      register_emotion_model("mine", MyEmotionModel)
      screen(videos, out, model="mine")

- In a package, declare an entry point. Every command then knows the name, without an import::

      [project.entry-points."moviemotion.emotion_models"]
      mine = "my_package:MyEmotionModel"

      [project.entry-points."moviemotion.face_detectors"]
      mine = "my_package:MyFaceDetector"

A factory is any callable that takes no arguments and returns an object that implements the protocol
`EmotionModel` or `FaceDetector`. The object must be thread-safe, because threads share it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib.metadata import entry_points
from pathlib import Path
from typing import Generic, Protocol, TypeVar, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from moviemotion.audience.faces.detect import CenterFaceDetector, FaceBox, FaceFraming
from moviemotion.audience.faces.emotion_model import OnnxEmotionModel
from moviemotion.emotions import EMOTIONS
from moviemotion.errors import MoviemotionError

DETECTOR_ENTRY_POINTS = "moviemotion.face_detectors"
MODEL_ENTRY_POINTS = "moviemotion.emotion_models"
DEFAULT_DETECTOR = "centerface"
DEFAULT_MODEL = "shipped"
_SUM_TOLERANCE = 1e-3


@runtime_checkable
class FaceDetector(Protocol):
    """Finds faces in frames."""

    @property
    def name(self) -> str:
        """The name that identifies the detector in a study's provenance."""
        ...

    @property
    def fingerprint(self) -> str:
        """A fingerprint that identifies the version of the detector.

        It must change whenever the results may change: a report warns about cameras that were measured with a
        different fingerprint.
        """
        ...

    def detect(self, images: Sequence[NDArray[np.uint8]], long_side: int) -> list[list[FaceBox]]:
        """Detect the faces in each image.

        Images are complete frames or small squares around known faces.

        Args:
            images: (height, width, 3) uint8 RGB, all of the same size or all square.
            long_side: length in pixels, from 96 to 640, to which the longer side should be scaled before
                detection; a detector with a fixed input size may ignore it.

        Returns:
            The faces in each image, in pixels of that image, highest score first.
        """
        ...


@runtime_checkable
class EmotionModel(Protocol):
    """Turns face images into emotion probabilities."""

    @property
    def name(self) -> str:
        """The name that identifies the model in a study's provenance."""
        ...

    @property
    def fingerprint(self) -> str:
        """A fingerprint that identifies the version of the model.

        It must change whenever the results may change: a report warns about cameras that were measured with a
        different fingerprint.
        """
        ...

    @property
    def framing(self) -> FaceFraming:
        """The size and framing of the face images that the model expects."""
        ...

    def predict(self, images: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """Predict the emotions of face images.

        Args:
            images: n uint8 arrays as specified by `framing`; n may be 0.

        Returns:
            (n, 8) emotion probabilities in the order of `EMOTIONS`; rows sum to one.
        """
        ...


DetectorChoice = str | FaceDetector
"""A detector name, or a detector object."""
ModelChoice = str | Path | EmotionModel
"""A model name, the path of an ONNX file, or a model object."""
_T = TypeVar("_T")


class _Registry(Generic[_T]):
    """Factories by name: built in, registered in this process, or declared as entry points."""

    def __init__(
        self,
        kind: str,
        group: str,
        default: str,
        factory: Callable[[], _T],
        satisfied: Callable[[object], bool],
        required: str,
    ) -> None:
        self._kind, self._group, self._satisfied, self._required = kind, group, satisfied, required
        self._default = default
        self._factories: dict[str, Callable[[], _T]] = {default: factory}

    def register(self, name: str, factory: Callable[[], _T]) -> None:
        if name == self._default:
            raise MoviemotionError(f"{name}: reserved for the built-in {self._kind}; choose another name")
        if not name or name.endswith(".onnx"):
            raise MoviemotionError(
                f"{name!r}: not a valid {self._kind} name; choose a nonempty name not ending in .onnx"
            )
        self._factories[name] = factory

    def names(self) -> tuple[str, ...]:
        installed = {entry.name for entry in entry_points(group=self._group)}
        return (self._default, *sorted((installed | self._factories.keys()) - {self._default}))

    def create(self, name: str) -> _T:
        try:
            made = self._factory(name)()
        except MoviemotionError:
            raise
        except Exception as error:  # third-party code may raise anything
            raise MoviemotionError(
                f"{name}: this {self._kind} cannot be loaded ({type(error).__name__}: {error}); "
                "fix or uninstall the package that provides it"
            ) from error
        self.check(name, made)
        return made

    def check(self, name: str, made: object) -> None:
        """Reject an object that does not implement the protocol."""
        if not self._satisfied(made):
            raise MoviemotionError(f"{name}: not a valid {self._kind}; it must have {self._required}")

    def _factory(self, name: str) -> Callable[[], _T]:
        if name in self._factories:
            return self._factories[name]
        installed = tuple(entry_points(group=self._group, name=name))
        if not installed:
            raise MoviemotionError(f"{name}: unknown {self._kind}; use one of {', '.join(self.names())}")
        factory: Callable[[], _T] = installed[0].load()
        return factory


_DETECTORS: _Registry[FaceDetector] = _Registry(
    "face detector",
    DETECTOR_ENTRY_POINTS,
    DEFAULT_DETECTOR,
    CenterFaceDetector,
    lambda made: isinstance(made, FaceDetector),
    "name, fingerprint and detect",
)
_MODELS: _Registry[EmotionModel] = _Registry(
    "emotion model",
    MODEL_ENTRY_POINTS,
    DEFAULT_MODEL,
    OnnxEmotionModel,
    lambda made: isinstance(made, EmotionModel),
    "name, fingerprint, framing and predict",
)


def register_detector(name: str, factory: Callable[[], FaceDetector]) -> None:
    """Make a face detector available under a name in this process.

    Args:
        name: replaces an earlier registration of the same name.
        factory: callable without arguments, called once for each screening or capture.

    Raises:
        MoviemotionError: the name belongs to the built-in detector or is not a valid name.
    """
    _DETECTORS.register(name, factory)


def register_emotion_model(name: str, factory: Callable[[], EmotionModel]) -> None:
    """Make an emotion model available under a name in this process.

    Args:
        name: replaces an earlier registration of the same name.
        factory: callable without arguments, called once for each screening or capture.

    Raises:
        MoviemotionError: the name belongs to the built-in model or is not a valid name.
    """
    _MODELS.register(name, factory)


def detector_names() -> tuple[str, ...]:
    """Names of the available face detectors, starting with the built-in one."""
    return _DETECTORS.names()


def emotion_model_names() -> tuple[str, ...]:
    """Names of the available emotion models, starting with the built-in one."""
    return _MODELS.names()


def load_detector(detector: DetectorChoice = DEFAULT_DETECTOR) -> FaceDetector:
    """Return the face detector for a given choice.

    Raises:
        MoviemotionError: the name is unknown or does not refer to a face detector.
    """
    if isinstance(detector, str):
        return _DETECTORS.create(detector)
    _DETECTORS.check(type(detector).__name__, detector)
    return detector


def load_emotion_model(model: ModelChoice = DEFAULT_MODEL) -> EmotionModel:
    """Return the emotion model for a given choice.

    A string is the path of an ONNX file if it ends with `.onnx` or names an existing file; otherwise it is a
    registered name.

    Raises:
        MoviemotionError: the name is unknown, the file cannot be used, or the choice does not refer to an
            emotion model.
    """
    if isinstance(model, Path):
        return OnnxEmotionModel(model)
    if not isinstance(model, str):
        _MODELS.check(type(model).__name__, model)
        return model
    if model.endswith(".onnx") or (model not in _MODELS.names() and Path(model).is_file()):
        return OnnxEmotionModel(Path(model))
    return _MODELS.create(model)


def provenance_of(used: FaceDetector | EmotionModel) -> dict[str, str]:
    """The provenance of a detector or model: its name and fingerprint."""
    return {"name": used.name, "fingerprint": used.fingerprint}


def predict_checked(model: EmotionModel, images: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
    """Predict with a model, and verify that the result conforms to the protocol.

    Returns:
        (n, 8) float32 emotion probabilities in the order of `EMOTIONS`.

    Raises:
        MoviemotionError: the result has the wrong shape, or its rows are not probabilities.
    """
    result = np.asarray(model.predict(images), np.float32)
    expected = (len(images), len(EMOTIONS))
    if result.shape != expected:
        raise MoviemotionError(
            f"{model.name}: the emotion model returned an array {result.shape} instead of {expected}; "
            "fix the model"
        )
    sums = result.sum(axis=1)
    if not ((result >= 0).all() and (np.abs(sums - 1) <= _SUM_TOLERANCE).all()):
        raise MoviemotionError(
            f"{model.name}: the emotion model returned rows that are not probabilities; "
            "make the values of each row sum to one"
        )
    return result


def detect_checked(
    detector: FaceDetector, images: Sequence[NDArray[np.uint8]], long_side: int
) -> list[list[FaceBox]]:
    """Detect faces, and verify that there is one list for each image.

    Raises:
        MoviemotionError: the detector returned the wrong number of lists.
    """
    found = detector.detect(images, long_side)
    if len(found) != len(images):
        raise MoviemotionError(
            f"{detector.name}: the face detector returned {len(found)} lists of faces for "
            f"{len(images)} images; "
            "fix the detector"
        )
    return found
