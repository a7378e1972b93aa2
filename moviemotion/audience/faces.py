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
"""Pixels of the smallest known face that a look at the whole frame aims at."""
NEAR_SIDE, NEAR_FACES = 96, 2.25
"""Pixels of a look near a known face, and how many face sizes it takes in."""
STAYS, GROWS = 0.5, 1.5
"""Face sizes that a known face may move, and the factor by which it may grow, to be known again there."""
LOOK_AROUND_EVERY = 8
"""Frames after which the whole frame is looked at, for newcomers …"""
LOOK_CLOSELY_EVERY = 80
"""… and closely, for far faces behind a near one."""
THINNED = 2
PATIENCE = 8
"""Frames for which a face that is no longer found is looked for in the whole frame."""
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
        pixels = np.stack([_scaled(image, size) for image in images]).transpose(0, 3, 1, 2)
        heat, extent, offset, marks = self._session.run(None, {self._input: pixels.astype(np.float32)})
        zooms = [np.divide(image.shape[1::-1], size, dtype=np.float32) for image in images]
        return [_decode(heat[k, 0], extent[k], offset[k], marks[k], zoom) for k, zoom in enumerate(zooms)]


class FaceFinder:
    """Finds the faces of one camera with looks no closer than its faces need.

    A face that was found is looked for where it was, in a small look of its own. The whole frame is looked
    at now and then for newcomers, and where a known face is not found in its place; that look is as small
    as the smallest known face allows, and where it shows fewer faces than are known, the frame is looked at
    more closely.
    """

    def __init__(self, detector: FaceDetector) -> None:
        self._detector = detector
        self._frames = 0
        self._shape: tuple[int, ...] = ()
        self._side = LOOKS[-1]
        self._known: list[FaceBox] = []
        self._missing: list[tuple[FaceBox, int]] = []

    def find(self, images: list[NDArray[np.uint8]]) -> list[list[FaceBox]]:
        """Faces in each of the next images of the camera, (height, width, 3) uint8 RGB."""
        return [self._find(image) for image in images]

    def _find(self, image: NDArray[np.uint8]) -> list[FaceBox]:
        if image.shape != self._shape:
            self._shape, self._frames, self._side = image.shape, 0, LOOKS[-1]
            self._known, self._missing = [], []
        around = self._frames % LOOK_AROUND_EVERY == 0
        closely = self._frames % LOOK_CLOSELY_EVERY == 0
        self._frames += 1
        found = None if around or self._missing else self._near(image)
        if found is None:
            found = self._around(image, closely)
        self._known = found
        return found

    def _near(self, image: NDArray[np.uint8]) -> list[FaceBox] | None:
        """Every known face in its place; None if one is not there or a look at the whole frame costs less."""
        if not self._known or len(self._known) * NEAR_SIDE**2 > _pixels(image, self._side):
            return None
        places = [_place(face) for face in self._known]
        looks = self._detector.detect([_cut(image, *place) for place in places], NEAR_SIDE)
        found: list[FaceBox] = []
        for known, (left, top, _), in_look in zip(self._known, places, looks, strict=True):
            here = [face for face in (_moved(face, left, top) for face in in_look) if _is_same(face, known)]
            face = min(here, key=lambda face: _apart(face, known), default=None)
            if face is None or any(_apart(face, other) < STAYS * face.size for other in found):
                return None
            found.append(face)
        return found

    def _around(self, image: NDArray[np.uint8], closely: bool) -> list[FaceBox]:
        """The faces in the whole frame."""
        expected = len(self._known) + len(self._missing)
        (found,) = self._detector.detect([image], self._side)
        for side in LOOKS:
            if side > self._side and (len(found) < expected or (closely and side == LOOKS[-1])):
                (closer,) = self._detector.detect([image], side)
                found = closer if len(closer) >= len(found) else found
        missing = [(face, frames + 1) for face, frames in (*self._missing, *((f, 0) for f in self._known))]
        self._missing = [
            (face, frames)
            for face, frames in missing
            if len(found) < expected
            and frames <= PATIENCE
            and all(_apart(face, other) > face.size for other in found)
        ]
        self._side = self._next_side(image, found, closely)
        return found

    def _next_side(self, image: NDArray[np.uint8], found: list[FaceBox], closely: bool) -> int:
        smallest = min((face.size for face in found), default=None)
        if smallest is None:
            # Who was far away may come back as far; a close look that shows nobody ends the wait.
            return LOOKS[1] if closely else max(self._side, LOOKS[1])
        side = -(-max(image.shape[:2]) * COMFORTABLE // smallest)
        return int(np.clip(side, LOOKS[0], LOOKS[-1]))


def _pixels(image: NDArray[np.uint8], long_side: int) -> float:
    """Pixels of a picture when its longer side is scaled to `long_side`."""
    height, width = image.shape[:2]
    return height * width * (long_side / max(height, width)) ** 2


def _apart(a: FaceBox, b: FaceBox) -> float:
    """Pixels between the centres of two faces."""
    return float(np.hypot(a.centre[0] - b.centre[0], a.centre[1] - b.centre[1]))


def _is_same(face: FaceBox, known: FaceBox) -> bool:
    grown = max(face.size, known.size) / min(face.size, known.size)
    return grown <= GROWS and _apart(face, known) <= STAYS * known.size


def _place(face: FaceBox) -> tuple[int, int, int]:
    """Left, top and side in pixels of the square in which a face is looked for in the next frame."""
    side = max(2, round(face.size * NEAR_FACES))
    return round(face.centre[0] - side / 2), round(face.centre[1] - side / 2), side


def _moved(face: FaceBox, right: float, down: float) -> FaceBox:
    landmarks = face.landmarks + np.array([right, down], dtype=np.float32)
    box = (face.left + right, face.top + down, face.right + right, face.bottom + down)
    return FaceBox(*box, face.score, landmarks)


def _scaled(image: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    """A picture at (width, height), from no more pixels than that takes."""
    step = max(1, min(image.shape[1] // size[0], image.shape[0] // size[1]) // THINNED)
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
    half = face.size * CROP_SCALE / 2
    roll = _roll(face)
    x, y = face.centre
    reach = int(np.ceil(half * (np.cos(np.radians(roll)) + abs(np.sin(np.radians(roll)))))) + 2
    left, top = round(x) - reach, round(y) - reach
    grey = Image.fromarray(_cut(image, left, top, 2 * reach)).convert("L")
    shrink = max(1, int(half / CROP_SIZE))
    grey = grey.reduce(shrink)
    x, y, half = (x - left) / shrink, (y - top) / shrink, half / shrink
    if roll:
        grey = grey.rotate(roll, Image.Resampling.BILINEAR, center=(x, y))
    box = (x - half, y - half, x + half, y + half)
    return np.asarray(grey.resize((CROP_SIZE, CROP_SIZE), Image.Resampling.BOX, box=box))


def _roll(face: FaceBox) -> float:
    """Degrees by which the line of the eyes falls to the picture's right; 0 where it hardly does."""
    right, down = face.landmarks[1] - face.landmarks[0]
    roll = float(np.degrees(np.arctan2(down, right))) if right > 0 else 0.0
    return float(np.clip(roll, -MOST_ROLL, MOST_ROLL)) if abs(roll) >= LEAST_ROLL else 0.0


def _cut(image: NDArray[np.uint8], left: int, top: int, side: int) -> NDArray[np.uint8]:
    """A square out of a picture; what lies outside repeats its edge."""
    rows, above, below = _inside(top, side, image.shape[0])
    columns, before, after = _inside(left, side, image.shape[1])
    part = image[rows, columns]
    if above or below or before or after:
        part = np.pad(part, ((above, below), (before, after), (0, 0)), mode="edge")
    return part


def _inside(start: int, length: int, end: int) -> tuple[slice, int, int]:
    """What of a stretch lies within 0 … `end`, at least 1 px, and how much is missing on either side."""
    inside = slice(min(max(start, 0), end - 1), max(min(start + length, end), 1))
    missing = length - (inside.stop - inside.start)
    before = min(max(-start, 0), missing)
    return inside, before, missing - before
