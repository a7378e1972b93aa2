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
from moviemotion.lab.data.issues import Kind

DETECTOR = Path(__file__).parents[2] / "audience" / "faces" / "models" / "centerface.onnx"
ENLARGED = 96
STRIDE = 4

SOLID_DEVIATION, NEAR_SOLID_DEVIATION = 3.0, 7.0
"""Standard deviation of the grey values; faces have more."""
NEAR_SOLID_SHARE = 0.98
"""Share of the pixels within `SAME_GREY` of the median; faces have less."""
SAME_GREY = 6
NOISE_CORRELATION = 0.5
"""Correlation of neighbouring pixels; faces have more."""
NO_FACE_SCORE = 0.06
"""The detector's confidence; noise and glyphs stay below, as do a few faces."""
TWO_TONED = 0.6
"""Share of the pixels in the two commonest greys."""
DOUBTED_FACE_SCORE = 0.1
"""A two-toned picture needs this much of a face to be no glyph."""
TRUSTED_FACE_SCORE = 0.2
"""Below it the detector's landmarks say nothing about where the face is."""
FLAT_BAND = 12
"""Pixels; a fourth of the picture."""


@dataclass(frozen=True)
class Corruption:
    """One corrupted picture: its place in the array, what is wrong, how much (0–1), and the figure."""

    index: int
    kind: Kind
    score: float
    why: str


@dataclass(frozen=True)
class Sighting:
    """The best face in a picture: confidence 0–1, and its (5, 2) landmarks, x and y in px of the picture."""

    score: float
    landmarks: NDArray[np.float32]


def corrupted(images: NDArray[np.uint8]) -> list[Corruption]:
    """Look at every picture, (n, 48, 48) uint8; at most one finding each.

    Raises:
        MoviemotionError: the detector's file is missing.
    """
    spotter = FaceSpotter()
    found = []
    for index, image in enumerate(images):
        verdict = _by_grey_values(image) or _by_sight(image, spotter)
        if verdict:
            found.append(Corruption(index, *verdict))
    return found


class FaceSpotter:
    """CenterFace (Xu et al., 2020) on single small pictures."""

    def __init__(self) -> None:
        if not DETECTOR.exists():
            message = f"{DETECTOR}: model file missing; reinstall with pip install --force-reinstall ."
            raise MoviemotionError(message)
        options = ort.SessionOptions()
        options.log_severity_level = 3
        options.intra_op_num_threads = 1
        self._session = ort.InferenceSession(str(DETECTOR), options, providers=["CPUExecutionProvider"])
        self._input = self._session.get_inputs()[0].name

    def spot(self, image: NDArray[np.uint8]) -> Sighting:
        """The likeliest face of a (48, 48) uint8 picture."""
        large = Image.fromarray(image).resize((ENLARGED, ENLARGED), Image.Resampling.BILINEAR)
        pixels = np.repeat(np.asarray(large, dtype=np.float32)[None, None], 3, axis=1)
        heat, extent, offset, marks = self._session.run(None, {self._input: pixels})
        row, column = np.unravel_index(heat[0, 0].argmax(), heat[0, 0].shape)
        size = np.exp(extent[0, :, row, column]) * STRIDE
        centre = (np.array([row, column]) + offset[0, :, row, column] + 0.5) * STRIDE
        top, left = centre - size / 2
        mark = marks[0, :, row, column]
        landmarks = np.stack([mark[1::2] * size[1] + left, mark[0::2] * size[0] + top], axis=1)
        zoom = image.shape[0] / ENLARGED
        return Sighting(float(heat[0, 0, row, column]), (landmarks * zoom).astype(np.float32))


def _by_grey_values(image: NDArray[np.uint8]) -> tuple[Kind, float, str] | None:
    grey = image.astype(np.float32)
    deviation = float(grey.std())
    if deviation < SOLID_DEVIATION:
        return Kind.SOLID, 1.0, f"grey values deviate by {deviation:.1f} of 255"
    same = float((np.abs(grey - np.median(grey)) <= SAME_GREY).mean())
    if deviation < NEAR_SOLID_DEVIATION or same >= NEAR_SOLID_SHARE:
        return (
            Kind.NEAR_SOLID,
            same,
            f"{same:.0%} of the pixels are one grey; deviation {deviation:.1f} of 255",
        )
    correlation = neighbour_correlation(grey)
    if correlation < NOISE_CORRELATION and two_toned_share(image) < TWO_TONED:
        return Kind.NOISE, 1 - max(0.0, correlation), f"neighbouring pixels correlate by {correlation:.2f}"
    return None


def _by_sight(image: NDArray[np.uint8], spotter: FaceSpotter) -> tuple[Kind, float, str] | None:
    face = spotter.spot(image)
    two_toned = two_toned_share(image)
    if two_toned >= TWO_TONED and face.score < DOUBTED_FACE_SCORE:
        if (correlation := neighbour_correlation(image.astype(np.float32))) < NOISE_CORRELATION / 2:
            return (
                Kind.NOISE,
                1 - max(0.0, correlation),
                f"neighbouring pixels correlate by {correlation:.2f}",
            )
        return (
            Kind.GLYPH,
            two_toned,
            f"{two_toned:.0%} of the pixels in two greys; face seen at {face.score:.2f}",
        )
    if face.score < NO_FACE_SCORE:
        return Kind.NO_FACE, 1 - face.score, f"face seen at {face.score:.2f}"
    if (band := flat_band(image)) >= FLAT_BAND:
        return Kind.CUT_OFF, band / len(image), f"{band} of {len(image)} px along one edge are flat"
    outside = float(np.maximum(-face.landmarks, face.landmarks - len(image)).max())
    if outside > 0 and face.score >= TRUSTED_FACE_SCORE:
        return Kind.CUT_OFF, min(1.0, outside / 10), f"an eye or the mouth lies {outside:.1f} px outside"
    return None


def neighbour_correlation(grey: NDArray[np.float32]) -> float:
    """Mean correlation of each pixel with its neighbour to the right and below."""
    x = grey - grey.mean()
    variance = float((x**2).mean()) + 1
    return float((x[:, 1:] * x[:, :-1]).mean() + (x[1:] * x[:-1]).mean()) / (2 * variance)


def two_toned_share(image: NDArray[np.uint8]) -> float:
    """Share of the pixels in the two commonest bands of nine neighbouring greys that do not touch."""
    counts = np.convolve(np.bincount(image.ravel(), minlength=256), np.ones(9), "same")
    first = int(counts.argmax())
    rest = counts.copy()
    rest[max(0, first - 8) : first + 9] = 0
    return float(counts[first] + rest.max()) / image.size


def flat_band(image: NDArray[np.uint8]) -> int:
    """Pixels of the widest band along an edge in which every line is one grey."""
    flat = [np.ptp(image.astype(np.int64), axis=axis) <= SAME_GREY for axis in (1, 0)]
    return max(int(np.cumprod(lines).sum()) for f in flat for lines in (f, f[::-1]))
