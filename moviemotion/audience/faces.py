"""Find faces in a frame, and cut them out framed the way the reader's training faces were."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray
from PIL import Image

from moviemotion.errors import MoviemotionError

WEIGHTS = Path(__file__).parent / "models" / "centerface.onnx"
THRESHOLD = 0.4
OVERLAP = 0.3
STRIDE = 4
LOOKS = (160, 320, 640)
"""Pixels of the frame's longer side: the smallest look, one between, and the close one for 24-pixel faces."""
COMFORTABLE = 64
"""Pixels of the smallest known face that a look aims at."""
LOOK_CLOSELY_EVERY = 5
"""Batches after which one frame is looked at closely, for far faces behind a near one."""
LEAST_ROLL, MOST_ROLL = 5.0, 30.0
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
    def centre(self) -> tuple[float, float]:
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2

    @property
    def size(self) -> float:
        """The longer side in pixels."""
        return max(self.right - self.left, self.bottom - self.top)


def session(weights: Path, threads: int = 1) -> ort.InferenceSession:
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
        self._session = session(WEIGHTS)
        self._input = self._session.get_inputs()[0].name

    def detect(self, images: list[NDArray[np.uint8]], long_side: int) -> list[list[FaceBox]]:
        """Faces in each image, best first.

        Args:
            images: (height, width, 3) uint8 RGB.
            long_side: pixels to which the longer side is scaled before the network sees it.
        """
        # One by one: on one thread a batch is no faster, and its memory grows with its size.
        return [self._detect(image, long_side) for image in images]

    def _detect(self, image: NDArray[np.uint8], long_side: int) -> list[FaceBox]:
        height, width = image.shape[:2]
        scale = long_side / max(height, width)
        size = (_multiple_of_32(width * scale), _multiple_of_32(height * scale))
        small = np.asarray(Image.fromarray(image).resize(size, Image.Resampling.BILINEAR))
        pixels = small.transpose(2, 0, 1)[None].astype(np.float32)
        heat, extent, offset, marks = self._session.run(None, {self._input: pixels})
        zoom = np.array([width / size[0], height / size[1]], dtype=np.float32)
        return _decode(heat[0, 0], extent[0], offset[0], marks[0], zoom)


class FaceFinder:
    """Finds the faces of one camera with looks no closer than its faces need.

    The first batch is looked at closely. After that a look is as small as the smallest known face
    allows; frames that show fewer faces than the last batch did are looked at again, more closely.
    """

    def __init__(self, detector: FaceDetector) -> None:
        self._detector = detector
        self._batches = 0
        self._side = LOOKS[-1]
        self._expected = 0

    def find(self, images: list[NDArray[np.uint8]]) -> list[list[FaceBox]]:
        """Faces in each of the next images of the camera, (height, width, 3) uint8 RGB of one size."""
        due = self._batches % LOOK_CLOSELY_EVERY == 0
        self._batches += 1
        found = self._detector.detect(images, self._side)
        for side in LOOKS:
            if side <= self._side:
                continue
            again = [
                k
                for k, faces in enumerate(found)
                if len(faces) < self._expected or (due and k == 0 and side == LOOKS[-1])
            ]
            closer = self._detector.detect([images[k] for k in again], side) if again else []
            for k, faces in zip(again, closer, strict=True):
                if len(faces) >= len(found[k]):
                    found[k] = faces
        self._expected = int(np.median([len(faces) for faces in found]))
        self._side = self._next_side(images[0], found)
        return found

    def _next_side(self, image: NDArray[np.uint8], found: list[list[FaceBox]]) -> int:
        smallest = min((face.size for faces in found for face in faces), default=None)
        if smallest is None:
            return LOOKS[1]
        side = -(-max(image.shape[:2]) * COMFORTABLE // smallest)
        return int(np.clip(side, LOOKS[0], LOOKS[-1]))


def _multiple_of_32(pixels: float) -> int:
    return max(32, round(pixels / 32) * 32)


def _decode(
    heat: NDArray[np.float32],
    extent: NDArray[np.float32],
    offset: NDArray[np.float32],
    marks: NDArray[np.float32],
    zoom: NDArray[np.float32],
) -> list[FaceBox]:
    row, column = np.nonzero(heat > THRESHOLD)
    order = np.argsort(-heat[row, column])
    row, column = row[order], column[order]
    size = np.exp(extent[:, row, column]) * STRIDE
    centre = np.stack([row, column]) + offset[:, row, column] + 0.5
    top_left = centre * STRIDE - size / 2
    boxes = np.concatenate([top_left[::-1], (top_left + size)[::-1]]).T
    keep = _without_overlaps(boxes)
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


def _without_overlaps(boxes: NDArray[np.float32]) -> list[int]:
    """Greedy non-maximum suppression of (n, 4) boxes sorted best first."""
    kept: list[int] = []
    area = (boxes[:, 2:] - boxes[:, :2]).prod(axis=1)
    for i, box in enumerate(boxes):
        overlap = np.minimum(boxes[kept, 2:], box[2:]) - np.maximum(boxes[kept, :2], box[:2])
        shared = overlap.clip(0).prod(axis=1)
        if not len(shared) or (shared / (area[kept] + area[i] - shared)).max() < OVERLAP:
            kept.append(i)
    return kept


def crop_face(image: NDArray[np.uint8], face: FaceBox) -> NDArray[np.uint8]:
    """Cut a level, square, grey crop around a face.

    The square is centred on the box, its side `CROP_SCALE` × the box's longer side; it is turned so
    that the eyes are level. What lies outside the frame repeats its edge.

    Args:
        image: (height, width, 3) uint8 RGB.

    Returns:
        (48, 48) uint8, averaged down without aliasing.
    """
    side = face.size * CROP_SCALE
    x, y = face.centre
    reach = int(np.ceil(side * 0.75)) + 2
    left, top = round(x) - reach, round(y) - reach
    patch = _padded(image, left, top, 2 * reach)
    grey = Image.fromarray(patch).convert("L")
    grey = grey.rotate(_roll(face), Image.Resampling.BILINEAR, center=(x - left, y - top))
    half = side / 2
    box = (x - left - half, y - top - half, x - left + half, y - top + half)
    return np.asarray(grey.resize((CROP_SIZE, CROP_SIZE), Image.Resampling.BOX, box=box))


def _roll(face: FaceBox) -> float:
    """Degrees by which the line of the eyes falls to the picture's right; 0 where it hardly does."""
    right, down = face.landmarks[1] - face.landmarks[0]
    roll = float(np.degrees(np.arctan2(down, right))) if right > 0 else 0.0
    return float(np.clip(roll, -MOST_ROLL, MOST_ROLL)) if abs(roll) >= LEAST_ROLL else 0.0


def _padded(image: NDArray[np.uint8], left: int, top: int, side: int) -> NDArray[np.uint8]:
    rows = np.arange(top, top + side).clip(0, image.shape[0] - 1)
    columns = np.arange(left, left + side).clip(0, image.shape[1] - 1)
    return image[rows[:, None], columns[None, :]]
