"""Find corrupted images: solid or near-solid images, noise, glyphs, text, and missing or cut-off faces.

The first three kinds are detected from gray values alone, which is fast. The remaining images are enlarged to
twice their size and passed to the face detector of the audience pipeline. The lab shares the detector's model
file with the pipeline, but not its code. The thresholds were set on the train split of FER2013, and
`benchmarks/audit.py` reports how many images they flag there.
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
from moviemotion.lab.progress import ProgressCallback, ignore_progress

DETECTOR_FILE = Path(__file__).parents[2] / "audience" / "faces" / "models" / "centerface.onnx"
DETECTOR_INPUT_SIZE = 96
DETECTOR_STRIDE = 4

SOLID_MAX_STD, NEAR_SOLID_MAX_STD = 3.0, 7.0
"""Standard deviation of the gray values (0–255) below which an image is solid or near-solid."""
NEAR_SOLID_MIN_SHARE = 0.98
"""Fraction of pixels within `GRAY_TOLERANCE` of the median at or above which an image is near-solid."""
GRAY_TOLERANCE = 6
"""Largest difference in gray levels at which pixels count as the same tone."""
NOISE_MAX_CORRELATION = 0.5
"""Correlation of neighboring pixels below which an image is noise; in a face, neighbors are similar."""
NO_FACE_MAX_SCORE = 0.06
"""Detector confidence below which an image has no face. Noise and glyphs score lower, as do a few faces."""
TWO_TONE_MIN_SHARE = 0.6
"""Fraction of pixels in the two most common tones at or above which an image may be a glyph or text."""
GLYPH_MAX_FACE_SCORE = 0.1
"""Detector confidence at or above which a two-tone image is a face rather than a glyph."""
LANDMARK_MIN_SCORE = 0.2
"""Detector confidence below which the landmarks are too unreliable to locate the face."""
FLAT_BAND_MIN_WIDTH = 12
"""Width in pixels (a quarter of the image) at or above which a flat band along an edge cuts off a face."""


@dataclass(frozen=True)
class CorruptedImage:
    """One corrupted image.

    Attributes:
        index: position in the array of images.
        score: 0–1; larger means more certain or more severe.
        reason: the decisive measurement.
    """

    index: int
    kind: IssueKind
    score: float
    reason: str


@dataclass(frozen=True)
class DetectedFace:
    """The most likely face in an image.

    Attributes:
        score: the detector's confidence, 0–1.
        landmarks: (5, 2) x and y coordinates of the eyes, nose and mouth corners, in image pixels.
    """

    score: float
    landmarks: NDArray[np.float32]


def find_corrupted_images(
    images: NDArray[np.uint8], on_progress: ProgressCallback = ignore_progress
) -> list[CorruptedImage]:
    """Check every image and report each corrupted image once.

    Args:
        images: (n, 48, 48) uint8.
        on_progress: called after every hundredth image, and after the last one.

    Raises:
        MoviemotionError: the detector's model file is missing.
    """
    detector = SmallImageFaceDetector()
    found = []
    for index, image in enumerate(images):
        problem = _check_gray_values(image) or _check_face(image, detector)
        if problem:
            found.append(CorruptedImage(index, *problem))
        if (index + 1) % 100 == 0 or index + 1 == len(images):
            on_progress(index + 1, len(images))
    return found


class SmallImageFaceDetector:
    """The CenterFace detector (Xu et al., 2020) for individual images of 48×48 pixels."""

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
        """Find the most likely face in a (48, 48) uint8 image."""
        large = Image.fromarray(image).resize(
            (DETECTOR_INPUT_SIZE, DETECTOR_INPUT_SIZE), Image.Resampling.BILINEAR
        )
        pixels = np.repeat(np.asarray(large, dtype=np.float32)[None, None], 3, axis=1)
        heat, extent, offset, marks = self._session.run(None, {self._input: pixels})
        row, column = np.unravel_index(heat[0, 0].argmax(), heat[0, 0].shape)
        size = np.exp(extent[0, :, row, column]) * DETECTOR_STRIDE
        center = (np.array([row, column]) + offset[0, :, row, column] + 0.5) * DETECTOR_STRIDE
        top, left = center - size / 2
        mark = marks[0, :, row, column]
        landmarks = np.stack([mark[1::2] * size[1] + left, mark[0::2] * size[0] + top], axis=1)
        zoom = image.shape[0] / DETECTOR_INPUT_SIZE
        return DetectedFace(float(heat[0, 0, row, column]), (landmarks * zoom).astype(np.float32))


def _check_gray_values(image: NDArray[np.uint8]) -> tuple[IssueKind, float, str] | None:
    gray = image.astype(np.float32)
    deviation = float(gray.std())
    if deviation < SOLID_MAX_STD:
        return IssueKind.SOLID, 1.0, f"standard deviation of gray values {deviation:.1f}"
    same = float((np.abs(gray - np.median(gray)) <= GRAY_TOLERANCE).mean())
    if deviation < NEAR_SOLID_MAX_STD or same >= NEAR_SOLID_MIN_SHARE:
        return (
            IssueKind.NEAR_SOLID,
            same,
            f"{same:.0%} of the pixels have the same tone; standard deviation of gray values {deviation:.1f}",
        )
    correlation = neighbor_correlation(gray)
    if correlation < NOISE_MAX_CORRELATION and two_tone_share(image) < TWO_TONE_MIN_SHARE:
        return (
            IssueKind.NOISE,
            1 - max(0.0, correlation),
            f"correlation of neighboring pixels {correlation:.2f}",
        )
    return None


def _check_face(
    image: NDArray[np.uint8], detector: SmallImageFaceDetector
) -> tuple[IssueKind, float, str] | None:
    face = detector.detect(image)
    two_toned = two_tone_share(image)
    if two_toned >= TWO_TONE_MIN_SHARE and face.score < GLYPH_MAX_FACE_SCORE:
        # Two tones in random order are noise. The strokes of a glyph are wider than a pixel, so neighboring
        # pixels correlate more.
        if (correlation := neighbor_correlation(image.astype(np.float32))) < NOISE_MAX_CORRELATION / 2:
            return (
                IssueKind.NOISE,
                1 - max(0.0, correlation),
                f"correlation of neighboring pixels {correlation:.2f}",
            )
        return (
            IssueKind.GLYPH,
            two_toned,
            f"{two_toned:.0%} of the pixels have only two tones; face confidence {face.score:.2f}",
        )
    if face.score < NO_FACE_MAX_SCORE:
        return IssueKind.NO_FACE, 1 - face.score, f"face confidence {face.score:.2f}"
    if (band := flat_band_width(image)) >= FLAT_BAND_MIN_WIDTH:
        return IssueKind.CUT_OFF, band / len(image), f"{band} of {len(image)} px along one edge are flat"
    outside = float(np.maximum(-face.landmarks, face.landmarks - len(image)).max())
    if outside > 0 and face.score >= LANDMARK_MIN_SCORE:
        return (
            IssueKind.CUT_OFF,
            min(1.0, outside / 10),
            f"an eye or the mouth is {outside:.1f} px outside the image",
        )
    return None


def neighbor_correlation(gray: NDArray[np.float32]) -> float:
    """Mean correlation of each pixel with its neighbors to the right and below."""
    x = gray - gray.mean()
    variance = float((x**2).mean()) + 1  # plus 1, so that a uniform image has correlation 0
    return float((x[:, 1:] * x[:, :-1]).mean() + (x[1:] * x[:-1]).mean()) / (2 * variance)


def two_tone_share(image: NDArray[np.uint8]) -> float:
    """Fraction of the pixels in the two most common, non-overlapping bands of nine adjacent gray levels."""
    counts = np.convolve(np.bincount(image.ravel(), minlength=256), np.ones(9), "same")
    first = int(counts.argmax())
    rest = counts.copy()
    rest[max(0, first - 8) : first + 9] = 0
    return float(counts[first] + rest.max()) / image.size


def flat_band_width(image: NDArray[np.uint8]) -> int:
    """Width in pixels of the widest band along an edge in which each row (or column) has a single tone."""
    flat = [np.ptp(image.astype(np.int64), axis=axis) <= GRAY_TOLERANCE for axis in (1, 0)]
    return max(int(np.cumprod(lines).sum()) for f in flat for lines in (f, f[::-1]))
