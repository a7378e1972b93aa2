"""Run an emotion model exported by the lab, which maps face images to emotion probabilities.

The metadata of the ONNX file describes how to interpret its output:

- `emotions`: the emotions of the output columns, separated by commas. There are either eight columns or the
  proposal's four; emotions without a column have probability 0.
- `vote_exponent` (optional): the exponent that converts calibrated probabilities to fractions of annotators'
  votes; it is fitted by `moviemotion.lab.evaluation.vote_calibration`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from moviemotion.audience.faces.detect import DEFAULT_FRAMING, FaceFraming
from moviemotion.audience.faces.onnx_session import REINSTALL, create_onnx_session
from moviemotion.audience.faces.weights_fingerprint import weights_fingerprint
from moviemotion.emotions import EMOTIONS, PROPOSAL_EMOTIONS, Emotion
from moviemotion.errors import MoviemotionError

EMOTION_WEIGHTS = Path(__file__).parent / "models" / "emotion.onnx"
INPUT, OUTPUT = "faces", "probabilities"
_REMEDY = "give a file written by `moviemotion lab export` or `moviemotion lab quantize`"


class OnnxEmotionModel:
    """A thread-safe emotion model in an ONNX file.

    The network standardizes its input, so images are passed unchanged, with gray levels 0–255. Its output is
    the estimated fraction of annotators who would choose each emotion.
    """

    framing: FaceFraming = DEFAULT_FRAMING

    def __init__(self, path: Path | None = None) -> None:
        """Load a model.

        Args:
            path: the ONNX file; None for the shipped model.

        Raises:
            MoviemotionError: the file is missing, is not an ONNX model, or its input, output or metadata do
                not match an emotion model.
        """
        self.path = EMOTION_WEIGHTS if path is None else path
        self.name = "shipped" if path is None else path.name
        self._session = create_onnx_session(self.path, REINSTALL if path is None else _REMEDY)
        _check_interface(self.path, self._session)
        metadata = self._session.get_modelmeta().custom_metadata_map
        self._columns = _read_columns(self.path, metadata, self._session)
        self._exponent = _read_exponent(self.path, metadata)

    @cached_property
    def fingerprint(self) -> str:
        """A fingerprint of the weights and their metadata."""
        return weights_fingerprint(self.path)

    def predict(self, images: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """Predict the emotions of face images.

        Args:
            images: n arrays (48, 48) uint8 gray, as returned by `crop_face` and `frame_face_image`.

        Returns:
            (n, 8) float32 emotion probabilities in the order of `EMOTIONS`; rows sum to one.
        """
        if not images:
            return np.empty((0, len(EMOTIONS)), dtype=np.float32)
        faces = np.stack(images)[:, None].astype(np.float32)
        (probabilities,) = self._session.run([OUTPUT], {INPUT: faces})
        powers = np.asarray(probabilities) ** self._exponent
        shares = np.asarray(powers / powers.sum(axis=1, keepdims=True), np.float32)
        if self._columns == tuple(range(len(EMOTIONS))):
            return shares
        spread = np.zeros((len(shares), len(EMOTIONS)), np.float32)
        spread[:, self._columns] = shares
        return spread


def _check_interface(path: Path, session: ort.InferenceSession) -> None:
    """Reject a network that does not map (n, 1, 48, 48) `faces` to `probabilities`."""
    side = DEFAULT_FRAMING.side
    inputs, outputs = session.get_inputs(), [output.name for output in session.get_outputs()]
    fixed = [None if isinstance(size, str) else size for size in inputs[0].shape] if inputs else []
    if (
        [one.name for one in inputs] != [INPUT]
        or inputs[0].type != "tensor(float)"
        or len(fixed) != 4
        or fixed[0] is not None
        or any(
            size not in (None, expected) for size, expected in zip(fixed[1:], (1, side, side), strict=True)
        )
    ):
        found = ", ".join(f"{one.name} {one.shape}" for one in inputs)
        raise MoviemotionError(
            f"{path}: expects {found or 'no input'} instead of {INPUT} (n, 1, {side}, {side}) float32; "
            f"{_REMEDY}"
        )
    if OUTPUT not in outputs:
        raise MoviemotionError(f"{path}: returns {', '.join(outputs)} instead of {OUTPUT}; {_REMEDY}")


def _read_columns(path: Path, metadata: dict[str, str], session: ort.InferenceSession) -> tuple[int, ...]:
    """The index in `EMOTIONS` of each output column."""
    if "emotions" not in metadata:
        raise MoviemotionError(f"{path}: the metadata does not name the output emotions; {_REMEDY}")
    names = metadata["emotions"].split(",")
    allowed = (set(EMOTIONS), set(PROPOSAL_EMOTIONS))
    if len(set(names)) != len(names) or set(names) not in allowed:
        raise MoviemotionError(
            f"{path}: the metadata names the emotions {metadata['emotions']!r}, which are neither the eight "
            f"({','.join(EMOTIONS)}) nor the proposal's four ({','.join(PROPOSAL_EMOTIONS)}); {_REMEDY}"
        )
    (output,) = (one for one in session.get_outputs() if one.name == OUTPUT)
    width = output.shape[-1] if output.shape else None
    if len(output.shape) != 2 or (isinstance(width, int) and width != len(names)):
        raise MoviemotionError(
            f"{path}: returns {OUTPUT} {output.shape}, but the metadata names {len(names)} emotions; "
            f"{_REMEDY}"
        )
    return tuple(EMOTIONS.index(Emotion(name)) for name in names)


def _read_exponent(path: Path, metadata: dict[str, str]) -> float:
    text = metadata.get("vote_exponent", "1.0")
    try:
        exponent = float(text)
    except ValueError:
        exponent = math.nan
    if not (math.isfinite(exponent) and exponent > 0):
        raise MoviemotionError(f"{path}: vote_exponent {text!r} is not a positive number; {_REMEDY}")
    return exponent
