"""Choose the face detector and the emotion model by name or file, and add custom ones.

The detector `centerface` and the emotion model `shipped` are built in. Others can be added in three ways:

- An emotion model exported by the lab does not need any code: pass the path of its ONNX file instead of a
  name.
- In a program, register a factory::

      from moviemotion.audience.faces.face_registry import register_emotion_model

      register_emotion_model("mine", MyEmotionModel)
      screen(videos, out, model="mine")

- In a package, declare an entry point. The name is then available to every command, without an import::

      [project.entry-points."moviemotion.emotion_models"]
      mine = "my_package:MyEmotionModel"

      [project.entry-points."moviemotion.face_detectors"]
      mine = "my_package:MyFaceDetector"

A factory is any callable that takes no arguments and returns an object that implements the protocol
`EmotionModel` or `FaceDetector`. The object must be thread-safe, because threads share it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from importlib.metadata import entry_points
from numbers import Integral, Real
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
MAX_FACES = 1000
"""Largest number of faces that a detector may report in one image."""
MAX_BOX_SIZE = 8
"""Largest side of a face box, as a multiple of the longer side of its image."""
FRAMING_SIDES = (8, 1024)
"""Smallest and largest side, in pixels, of the images that an emotion model may request."""
FRAMING_SCALES = (0.2, 5.0)
"""Smallest and largest scale that an emotion model may request."""


class FaceNetworkError(MoviemotionError):
    """A face detector or an emotion model failed, or its result does not conform to the protocol."""


@runtime_checkable
class FaceNetwork(Protocol):
    """The properties that identify a face detector or an emotion model in a study's provenance."""

    @property
    def name(self) -> str:
        """The name that identifies the network in a study's provenance."""
        ...

    @property
    def fingerprint(self) -> str:
        """A fingerprint that identifies the version of the network.

        It must change whenever the results may change, because a report warns about cameras that were
        measured with a different fingerprint.
        """
        ...


@runtime_checkable
class FaceDetector(FaceNetwork, Protocol):
    """Finds faces in frames."""

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
class EmotionModel(FaceNetwork, Protocol):
    """Turns face images into emotion probabilities."""

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
        if not isinstance(name, str):
            raise MoviemotionError(
                f"name: expected text, got {type(name).__name__}; give the name of the {self._kind} as text"
            )
        if not callable(factory):
            raise MoviemotionError(
                f"factory: {type(factory).__name__} cannot be called; pass the class of the {self._kind}"
            )
        if name == self._default:
            raise MoviemotionError(
                f"{name}: this name is reserved for the built-in {self._kind}; choose another name"
            )
        if not name.strip() or name.endswith(".onnx"):
            raise MoviemotionError(
                f"{name!r}: not a valid {self._kind} name; "
                "choose a name that is not empty and does not end in .onnx"
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
                f"{name}: this {self._kind} cannot be loaded ({_describe(error)}); "
                "fix or uninstall the package that provides it"
            ) from error
        self.check(name, made)
        return made

    def check(self, name: str, made: object) -> None:
        """Reject an object that does not satisfy the protocol."""
        if isinstance(made, type):
            raise MoviemotionError(f"{name}: {made.__name__} is a class; pass an instance, {made.__name__}()")
        try:
            satisfied = self._satisfied(made)
            problem = _attribute_problem(made) if satisfied else None
        except Exception as error:  # attributes may be third-party properties that raise anything
            raise FaceNetworkError(
                f"{name}: this {self._kind} failed ({_describe(error)}); fix or replace it"
            ) from error
        if not satisfied:
            raise MoviemotionError(
                f"{name}: cannot be used as the {self._kind}; give an object with {self._required}, "
                f"or one of these names: {', '.join(self.names())}"
            )
        if problem:
            raise MoviemotionError(f"{name}: cannot be used as the {self._kind} because {problem}")

    def _factory(self, name: str) -> Callable[[], _T]:
        if name in self._factories:
            return self._factories[name]
        installed = tuple(entry_points(group=self._group, name=name))
        if not installed:
            shown = name if name.strip() and name.isprintable() else ascii(name)
            raise MoviemotionError(f"{shown}: unknown {self._kind}; use one of {', '.join(self.names())}")
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
        name: the name; an earlier registration of the same name is replaced.
        factory: a callable that takes no arguments; it is called once for each screening or capture.

    Raises:
        MoviemotionError: the name belongs to the built-in detector or is not a valid name.
    """
    _DETECTORS.register(name, factory)


def register_emotion_model(name: str, factory: Callable[[], EmotionModel]) -> None:
    """Make an emotion model available under a name in this process.

    Args:
        name: the name; an earlier registration of the same name is replaced.
        factory: a callable that takes no arguments; it is called once for each screening or capture.

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
    _DETECTORS.check(f"detector: {_kind_name(detector)}", detector)
    return detector


def load_emotion_model(model: ModelChoice = DEFAULT_MODEL) -> EmotionModel:
    """Return the emotion model for a given choice.

    A string is the path of an ONNX file if it ends with `.onnx` or names an existing file; otherwise it is a
    registered name.

    Raises:
        MoviemotionError: the name is unknown, the file cannot be used, or the choice does not refer to an
            emotion model.
    """
    if not isinstance(model, str | Path):
        _MODELS.check(f"model: {_kind_name(model)}", model)
        return model
    if isinstance(model, str) and (not model.strip() or model in _MODELS.names()):
        return _MODELS.create(model)
    try:
        is_folder, is_file = Path(model).is_dir(), Path(model).is_file()
    except (OSError, ValueError):  # too long, or not encodable: no file can have this name
        is_folder = is_file = False
    if is_folder:
        raise MoviemotionError(
            f"{model}: this is a folder, not an emotion model; give an ONNX file "
            f"or one of these names: {', '.join(_MODELS.names())}"
        )
    if is_file or ((isinstance(model, Path) or model.endswith(".onnx")) and _is_file_name(str(model))):
        return OnnxEmotionModel(Path(model))
    return _MODELS.create(str(model))


def provenance_of(used: FaceNetwork) -> dict[str, str]:
    """The provenance of a detector or model: its name and fingerprint."""
    return {"name": used.name, "fingerprint": used.fingerprint}


def predict_checked(model: EmotionModel, images: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
    """Predict with a model, and verify that the result conforms to the protocol.

    Returns:
        (n, 8) float32 emotion probabilities in the order of `EMOTIONS`.

    Raises:
        MoviemotionError: the result has the wrong shape, or its rows are not probabilities.
    """
    try:
        answer = model.predict(images)
        found = np.asarray(answer)
    except MoviemotionError:
        raise
    except Exception as error:  # third-party code may raise anything
        raise FaceNetworkError(
            f"{model.name}: this emotion model failed ({_describe(error)}); fix or replace it"
        ) from error
    if found.dtype.kind != "f" or np.ma.is_masked(answer):
        kind = "masked values" if found.dtype.kind == "f" else f"values of type {found.dtype}"
        raise FaceNetworkError(
            f"{model.name}: this emotion model returned {kind}; make it return a float32 array"
        )
    expected = (len(images), len(EMOTIONS))
    if found.shape != expected:
        raise FaceNetworkError(
            f"{model.name}: this emotion model returned an array of shape {found.shape}; "
            f"make it return an array of shape {expected}"
        )
    if not (
        np.isfinite(found).all()
        and (found >= 0).all()
        and (np.abs(found.sum(axis=1, dtype=np.float64) - 1) <= _SUM_TOLERANCE).all()
    ):
        raise FaceNetworkError(
            f"{model.name}: this emotion model returned rows that are not probabilities; make them sum to one"
        )
    return found.astype(np.float32, copy=False)


def detect_checked(
    detector: FaceDetector, images: Sequence[NDArray[np.uint8]], long_side: int
) -> list[list[FaceBox]]:
    """Detect faces, and verify that the result conforms to the protocol.

    Raises:
        MoviemotionError: the detector failed, or returned anything other than a list of plausible face boxes
            for each image.
    """
    try:
        found = detector.detect(images, long_side)
    except MoviemotionError:
        raise
    except Exception as error:  # third-party code may raise anything
        raise FaceNetworkError(
            f"{detector.name}: this face detector failed ({_describe(error)}); fix or replace it"
        ) from error
    if not isinstance(found, list):
        problem: str | None = f"{_kind_name(found)} instead of a list with a list of faces for each image"
    elif len(found) != len(images):
        problem = f"{len(found)} lists for {len(images)} images"
    else:
        problems = (_faces_problem(faces, image) for faces, image in zip(found, images, strict=True))
        problem = next((one for one in problems if one), None)
    if problem:
        raise FaceNetworkError(f"{detector.name}: this face detector returned {problem}; fix it")
    return found


def _faces_problem(faces: object, image: NDArray[np.uint8]) -> str | None:
    """Describe the problem with the faces that a detector found in an image; return None if there is none."""
    if not isinstance(faces, list):
        return f"{_kind_name(faces)} instead of a list of faces"
    if len(faces) > MAX_FACES:
        return f"{len(faces)} faces in one image, which is more than {MAX_FACES}"
    seen: set[tuple[float, ...]] = set()
    for face in faces:
        problem = _face_problem(face, image)
        if problem:
            return problem
        box = (face.left, face.top, face.right, face.bottom)
        if box in seen:
            return "the same face box twice"
        seen.add(box)
    return None


def _face_problem(face: object, image: NDArray[np.uint8]) -> str | None:
    if not isinstance(face, FaceBox):
        return f"{_kind_name(face)} instead of a FaceBox"
    numbers = (face.left, face.top, face.right, face.bottom, face.score)
    if not all(isinstance(value, Real) and math.isfinite(value) for value in numbers):
        return "a face box with values that are not finite numbers"
    if not 0 <= face.score <= 1:
        return f"a face with a score of {face.score:g}, which is not in the range 0–1"
    return _box_problem(face, *image.shape[:2]) or _landmarks_problem(face.landmarks)


def _box_problem(face: FaceBox, height: int, width: int) -> str | None:
    box = f"the face box {face.left:g}, {face.top:g}, {face.right:g}, {face.bottom:g}"
    if face.right <= face.left or face.bottom <= face.top:
        return f"{box} (left, top, right, bottom), which has no area"
    if face.right <= 0 or face.bottom <= 0 or face.left >= width or face.top >= height:
        return f"{box}, which lies outside the image of {width}×{height} pixels"
    if face.size > MAX_BOX_SIZE * max(height, width):
        return f"{box}, which is too large for the image of {width}×{height} pixels"
    return None


def _landmarks_problem(marks: object) -> str | None:
    if not isinstance(marks, np.ndarray) or marks.shape != (5, 2) or marks.dtype.kind not in "fiu":
        return f"landmarks that are not a (5, 2) array of numbers ({_kind_name(marks)})"
    return None if np.isfinite(marks).all() else "landmarks that are not finite"


def _attribute_problem(made: object) -> str | None:
    """Describe the problem with the attributes of a network; return None if there is none."""
    for attribute in ("name", "fingerprint"):
        value = getattr(made, attribute)
        if not isinstance(value, str) or not value.strip() or not value.isprintable():
            return f"its {attribute} is {_shown(value)}; make it a single non-empty line of text"
    for method in ("detect", "predict"):
        if hasattr(made, method) and not callable(getattr(made, method)):
            return f"its {method} cannot be called; make it a method"
    return _framing_problem(made.framing) if isinstance(made, EmotionModel) else None


def _framing_problem(framing: object) -> str | None:
    if not isinstance(framing, FaceFraming):
        return f"its framing is {_kind_name(framing)}; make it a FaceFraming"
    side, scale = framing.side, framing.scale
    if not _is_number(side, Integral) or not FRAMING_SIDES[0] <= side <= FRAMING_SIDES[1]:
        low, high = map(str, FRAMING_SIDES)
        return f"its framing.side is {_shown(side)}; make it a whole number from {low} to {high}"
    if not _is_number(scale, Real) or not FRAMING_SCALES[0] <= scale <= FRAMING_SCALES[1]:
        low, high = map(str, FRAMING_SCALES)
        return f"its framing.scale is {_shown(scale)}; make it a number from {low} to {high}"
    if not isinstance(framing.color, bool):
        return f"its framing.color is {_shown(framing.color)}; make it True or False"
    return None


def _is_number(value: object, kind: type) -> bool:
    return isinstance(value, kind) and not isinstance(value, bool)


def _is_file_name(text: str) -> bool:
    """Whether a file could have this name."""
    return text.isprintable() and all(len(part.encode()) <= 255 for part in text.split("/"))


def _kind_name(value: object) -> str:
    return type(value).__name__


def _shown(value: object) -> str:
    """A value as one short line of text."""
    return " ".join(repr(value).split())[:80]


def _describe(error: Exception) -> str:
    """An error as one short line of text."""
    return " ".join(f"{type(error).__name__}: {error}".split())[:300]
