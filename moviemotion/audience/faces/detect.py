"""Find faces in a frame, and cut them out framed the way the reader's training faces were."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray
from PIL import Image

from moviemotion.errors import MoviemotionError

DETECTOR_WEIGHTS = Path(__file__).parent / "models" / "centerface.onnx"
SCORE_THRESHOLD = 0.4
NMS_IOU_THRESHOLD = 0.3
OUTPUT_STRIDE = 4
MIN_PIXELS_PER_INPUT_PIXEL = 2
"""Pixels of the frame on each side, at least, for one that the detector sees."""
MIN_ROLL, MAX_ROLL = 5.0, 30.0
"""Degrees: a smaller roll is the landmarks' own noise, a larger one an error."""
CROP_SIZE = 48
CROP_SCALE = 1.04
"""Side of the crop in longer sides of the box: the median over the training faces."""


@dataclass(frozen=True)
class FaceBox:
    """A face in a frame; pixels from the frame's top left corner.

    Attributes:
        left, top, right, bottom: the box, from forehead to chin.
        score: the detector's confidence, 0–1.
        landmarks: (5, 2) x and y of the eyes, nose and mouth corners, the picture's left first.
    """

    left: float
    top: float
    right: float
    bottom: float
    score: float
    landmarks: NDArray[np.float32]

    @property
    def center(self) -> tuple[float, float]:
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2

    @property
    def size(self) -> float:
        """The longer side in pixels."""
        return max(self.right - self.left, self.bottom - self.top)


def create_onnx_session(weights: Path, threads: int = 1) -> ort.InferenceSession:
    """An ONNX Runtime session on the CPU; the caller runs cameras in parallel, so one thread each.

    Raises:
        MoviemotionError: the weights are not there.
    """
    if not weights.exists():
        raise MoviemotionError(
            f"{weights}: model file missing; reinstall with pip install --force-reinstall ."
        )
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return ort.InferenceSession(str(weights), options, providers=["CPUExecutionProvider"])


class FaceDetector:
    """CenterFace (Xu et al., 2020): an anchor-free detector with five landmarks."""

    def __init__(self) -> None:
        self._session = create_onnx_session(DETECTOR_WEIGHTS)
        self._input = self._session.get_inputs()[0].name

    def detect(self, images: list[NDArray[np.uint8]], long_side: int) -> list[list[FaceBox]]:
        """Faces in each image, best first. The images go through the network as one array.

        Args:
            images: (height, width, 3) uint8 RGB, of one size or all square.
            long_side: pixels to which the longer side is scaled before the network sees it.
        """
        if not images:
            return []
        height, width = images[0].shape[:2]
        scale = long_side / max(height, width)
        size = (_multiple_of_32(width * scale), _multiple_of_32(height * scale))
        pixels = np.stack([_resized(image, size) for image in images]).transpose(0, 3, 1, 2)
        heat, extent, offset, marks = self._session.run(None, {self._input: pixels.astype(np.float32)})
        zooms = [np.divide(image.shape[1::-1], size, dtype=np.float32) for image in images]
        return [_decode(heat[k, 0], extent[k], offset[k], marks[k], zoom) for k, zoom in enumerate(zooms)]


def _resized(image: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    """A picture at (width, height), from no more pixels than that takes."""
    step = max(1, min(image.shape[1] // size[0], image.shape[0] // size[1]) // MIN_PIXELS_PER_INPUT_PIXEL)
    thinned = np.ascontiguousarray(image[::step, ::step])
    return np.asarray(Image.fromarray(thinned).resize(size, Image.Resampling.BILINEAR))


def _multiple_of_32(pixels: float) -> int:
    return max(32, round(pixels / 32) * 32)


def _decode(
    heat: NDArray[np.float32],
    extent: NDArray[np.float32],
    offset: NDArray[np.float32],
    marks: NDArray[np.float32],
    zoom: NDArray[np.float32],
) -> list[FaceBox]:
    row, column = np.nonzero(heat > SCORE_THRESHOLD)
    order = np.argsort(-heat[row, column])
    row, column = row[order], column[order]
    size = np.exp(extent[:, row, column]) * OUTPUT_STRIDE
    centre = np.stack([row, column]) + offset[:, row, column] + 0.5
    top_left = centre * OUTPUT_STRIDE - size / 2
    boxes = np.concatenate([top_left[::-1], (top_left + size)[::-1]]).T
    keep = _non_maximum_suppression(boxes)
    x = marks[1::2, row, column] * size[1] + top_left[1]
    y = marks[0::2, row, column] * size[0] + top_left[0]
    landmarks = np.stack([x, y], axis=-1).transpose(1, 0, 2)
    scaled: list[list[float]] = (boxes * np.tile(zoom, 2)).tolist()
    found = []
    for i in keep:
        left, top, right, bottom = scaled[i]
        score = float(heat[row[i], column[i]])
        found.append(FaceBox(left, top, right, bottom, score, landmarks[i] * zoom))
    return found


def _non_maximum_suppression(boxes: NDArray[np.float32]) -> list[int]:
    """Greedy non-maximum suppression of (n, 4) boxes sorted best first."""
    kept: list[int] = []
    area = (boxes[:, 2:] - boxes[:, :2]).prod(axis=1)
    left = np.ones(len(boxes), dtype=bool)
    while left.any():
        best = int(left.argmax())
        kept.append(best)
        overlap = np.minimum(boxes[:, 2:], boxes[best, 2:]) - np.maximum(boxes[:, :2], boxes[best, :2])
        shared = overlap.clip(0).prod(axis=1)
        left &= shared / (area + area[best] - shared) < NMS_IOU_THRESHOLD
        left[best] = False
    return kept


def crop_face(image: NDArray[np.uint8], face: FaceBox) -> NDArray[np.uint8]:
    """Cut a level, square, grey crop around a face.

    The square is centred on the box, its side `CROP_SCALE` × the box's longer side; it is turned so
    that the eyes are level. What lies outside the frame repeats its edge.

    Args:
        image: (height, width, 3) uint8 RGB.

    Returns:
        (48, 48) uint8, averaged down without aliasing or enlarged smoothly.
    """
    half = face.size * CROP_SCALE / 2
    roll = _roll(face)
    x, y = face.center
    reach = int(np.ceil(half * (np.cos(np.radians(roll)) + abs(np.sin(np.radians(roll)))))) + 2
    left, top = round(x) - reach, round(y) - reach
    grey = Image.fromarray(crop_square(image, left, top, 2 * reach)).convert("L")
    shrink = max(1, int(half / CROP_SIZE))
    grey = grey.reduce(shrink)
    x, y, half = (x - left) / shrink, (y - top) / shrink, half / shrink
    if roll:
        grey = grey.rotate(roll, Image.Resampling.BILINEAR, center=(x, y))
    box = (x - half, y - half, x + half, y + half)
    # A mean over pixels enlarges a small face to blocks, which the reader takes for edges.
    how = Image.Resampling.BOX if 2 * half >= CROP_SIZE else Image.Resampling.BICUBIC
    return np.asarray(grey.resize((CROP_SIZE, CROP_SIZE), how, box=box))


def _roll(face: FaceBox) -> float:
    """Degrees by which the line of the eyes falls to the picture's right; 0 where it hardly does."""
    right, down = face.landmarks[1] - face.landmarks[0]
    roll = float(np.degrees(np.arctan2(down, right))) if right > 0 else 0.0
    return float(np.clip(roll, -MAX_ROLL, MAX_ROLL)) if abs(roll) >= MIN_ROLL else 0.0


def crop_square(image: NDArray[np.uint8], left: int, top: int, side: int) -> NDArray[np.uint8]:
    """A square out of a picture; what lies outside repeats its edge."""
    rows, above, below = _clipped_range(top, side, image.shape[0])
    columns, before, after = _clipped_range(left, side, image.shape[1])
    part = image[rows, columns]
    if above or below or before or after:
        part = np.pad(part, ((above, below), (before, after), (0, 0)), mode="edge")
    return part


def _clipped_range(start: int, length: int, end: int) -> tuple[slice, int, int]:
    """What of a stretch lies within 0 … `end`, at least 1 px, and how much is missing on either side."""
    inside = slice(min(max(start, 0), end - 1), max(min(start + length, end), 1))
    missing = length - (inside.stop - inside.start)
    before = min(max(-start, 0), missing)
    return inside, before, missing - before
