"""Pictures that show no face: solid, near-solid, noise, glyphs and text, something else, or a face cut off.

Grey values decide the first three. For the rest the detector that watches the room looks at the
picture, enlarged twice; lab and audience share its file only. The limits were set on FER2013's train
split; `benchmarks/audit.py` says what they flag there.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray
from PIL import Image

from moviemotion.errors import MoviemotionError
from moviemotion.lab.data.issues import IssueKind

DETECTOR_FILE = Path(__file__).parents[2] / "audience" / "faces" / "models" / "centerface.onnx"
DETECTOR_INPUT_SIZE = 96
DETECTOR_STRIDE = 4

SOLID_MAX_STD, NEAR_SOLID_MAX_STD = 3.0, 7.0
"""Standard deviation of the grey values; faces have more."""
NEAR_SOLID_MIN_SHARE = 0.98
"""Share of the pixels within `SAME_GREY` of the median; faces have less."""
GRAY_TOLERANCE = 6
NOISE_MAX_CORRELATION = 0.5
"""Correlation of neighbouring pixels; faces have more."""
NO_FACE_MAX_SCORE = 0.06
"""The detector's confidence; noise and glyphs stay below, as do a few faces."""
TWO_TONE_MIN_SHARE = 0.6
"""Share of the pixels in the two commonest greys."""
GLYPH_MAX_FACE_SCORE = 0.1
"""A two-toned picture needs this much of a face to be no glyph."""
LANDMARK_MIN_SCORE = 0.2
"""Below it the detector's landmarks say nothing about where the face is."""
FLAT_BAND_MIN_WIDTH = 12
"""Pixels; a fourth of the picture."""


@dataclass(frozen=True)
class CorruptedImage:
    """One corrupted picture: its place in the array, what is wrong, how much (0–1), and the figure."""

    index: int
    kind: IssueKind
    score: float
    reason: str


@dataclass(frozen=True)
class DetectedFace:
    """The best face in a picture: confidence 0–1, and its (5, 2) landmarks, x and y in px of the picture."""

    score: float
    landmarks: NDArray[np.float32]


def find_corrupted_images(images: NDArray[np.uint8]) -> list[CorruptedImage]:
    """Look at every picture, (n, 48, 48) uint8; at most one finding each.

    Raises:
        MoviemotionError: the detector's file is missing.
    """
    spotter = SmallImageFaceDetector()
    found = []
    for index, image in enumerate(images):
        verdict = _check_gray_values(image) or _check_face(image, spotter)
        if verdict:
            found.append(CorruptedImage(index, *verdict))
    return found


class SmallImageFaceDetector:
    """CenterFace (Xu et al., 2020) on single small pictures."""

    def __init__(self) -> None:
        if not DETECTOR_FILE.exists():
            message = f"{DETECTOR_FILE}: model file missing; reinstall with pip install --force-reinstall ."
            raise MoviemotionError(message)
        options = ort.SessionOptions()
        options.log_severity_level = 3
        options.intra_op_num_threads = 1
        self._session = ort.InferenceSession(str(DETECTOR_FILE), options, providers=["CPUExecutionProvider"])
        self._input = self._session.get_inputs()[0].name

    def detect(self, image: NDArray[np.uint8]) -> DetectedFace:
        """The likeliest face of a (48, 48) uint8 picture."""
        large = Image.fromarray(image).resize(
            (DETECTOR_INPUT_SIZE, DETECTOR_INPUT_SIZE), Image.Resampling.BILINEAR
        )
        pixels = np.repeat(np.asarray(large, dtype=np.float32)[None, None], 3, axis=1)
        heat, extent, offset, marks = self._session.run(None, {self._input: pixels})
        row, column = np.unravel_index(heat[0, 0].argmax(), heat[0, 0].shape)
        size = np.exp(extent[0, :, row, column]) * DETECTOR_STRIDE
        centre = (np.array([row, column]) + offset[0, :, row, column] + 0.5) * DETECTOR_STRIDE
        top, left = centre - size / 2
        mark = marks[0, :, row, column]
        landmarks = np.stack([mark[1::2] * size[1] + left, mark[0::2] * size[0] + top], axis=1)
        zoom = image.shape[0] / DETECTOR_INPUT_SIZE
        return DetectedFace(float(heat[0, 0, row, column]), (landmarks * zoom).astype(np.float32))


def _check_gray_values(image: NDArray[np.uint8]) -> tuple[IssueKind, float, str] | None:
    grey = image.astype(np.float32)
    deviation = float(grey.std())
    if deviation < SOLID_MAX_STD:
        return IssueKind.SOLID, 1.0, f"grey values deviate by {deviation:.1f} of 255"
    same = float((np.abs(grey - np.median(grey)) <= GRAY_TOLERANCE).mean())
    if deviation < NEAR_SOLID_MAX_STD or same >= NEAR_SOLID_MIN_SHARE:
        return (
            IssueKind.NEAR_SOLID,
            same,
            f"{same:.0%} of the pixels are one grey; deviation {deviation:.1f} of 255",
        )
    correlation = neighbor_correlation(grey)
    if correlation < NOISE_MAX_CORRELATION and two_tone_share(image) < TWO_TONE_MIN_SHARE:
        return (
            IssueKind.NOISE,
            1 - max(0.0, correlation),
            f"neighbouring pixels correlate by {correlation:.2f}",
        )
    return None


def _check_face(
    image: NDArray[np.uint8], spotter: SmallImageFaceDetector
) -> tuple[IssueKind, float, str] | None:
    face = spotter.detect(image)
    two_toned = two_tone_share(image)
    if two_toned >= TWO_TONE_MIN_SHARE and face.score < GLYPH_MAX_FACE_SCORE:
        if (correlation := neighbor_correlation(image.astype(np.float32))) < NOISE_MAX_CORRELATION / 2:
            return (
                IssueKind.NOISE,
                1 - max(0.0, correlation),
                f"neighbouring pixels correlate by {correlation:.2f}",
            )
        return (
            IssueKind.GLYPH,
            two_toned,
            f"{two_toned:.0%} of the pixels in two greys; face seen at {face.score:.2f}",
        )
    if face.score < NO_FACE_MAX_SCORE:
        return IssueKind.NO_FACE, 1 - face.score, f"face seen at {face.score:.2f}"
    if (band := flat_band_width(image)) >= FLAT_BAND_MIN_WIDTH:
        return IssueKind.CUT_OFF, band / len(image), f"{band} of {len(image)} px along one edge are flat"
    outside = float(np.maximum(-face.landmarks, face.landmarks - len(image)).max())
    if outside > 0 and face.score >= LANDMARK_MIN_SCORE:
        return IssueKind.CUT_OFF, min(1.0, outside / 10), f"an eye or the mouth lies {outside:.1f} px outside"
    return None


def neighbor_correlation(gray: NDArray[np.float32]) -> float:
    """Mean correlation of each pixel with its neighbour to the right and below."""
    x = gray - gray.mean()
    variance = float((x**2).mean()) + 1
    return float((x[:, 1:] * x[:, :-1]).mean() + (x[1:] * x[:-1]).mean()) / (2 * variance)


def two_tone_share(image: NDArray[np.uint8]) -> float:
    """Share of the pixels in the two commonest bands of nine neighbouring greys that do not touch."""
    counts = np.convolve(np.bincount(image.ravel(), minlength=256), np.ones(9), "same")
    first = int(counts.argmax())
    rest = counts.copy()
    rest[max(0, first - 8) : first + 9] = 0
    return float(counts[first] + rest.max()) / image.size


def flat_band_width(image: NDArray[np.uint8]) -> int:
    """Pixels of the widest band along an edge in which every line is one grey."""
    flat = [np.ptp(image.astype(np.int64), axis=axis) <= GRAY_TOLERANCE for axis in (1, 0)]
    return max(int(np.cumprod(lines).sum()) for f in flat for lines in (f, f[::-1]))
