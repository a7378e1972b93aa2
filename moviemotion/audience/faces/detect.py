"""Detect faces in a frame, and crop them as an emotion model expects.

For every fourth pixel of its input, CenterFace (Xu et al., 2020) predicts how likely it is that a face is
centered there. It also predicts the face's extent, a subpixel offset of its center, and five landmarks.
`CenterFaceDetector` decodes these maps into a `FaceBox` for each face. `crop_face` then cuts out a level
square around the face, framed like the training faces of the shipped emotion model; `FaceFraming` specifies a
different framing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from moviemotion.audience.faces.onnx_session import create_onnx_session
from moviemotion.audience.faces.weights_fingerprint import weights_fingerprint

DETECTOR_WEIGHTS = Path(__file__).parent / "models" / "centerface.onnx"
SCORE_THRESHOLD = 0.4
NMS_IOU_THRESHOLD = 0.3
OUTPUT_STRIDE = 4
"""Input pixels per cell of the network's output maps, along each axis."""
MIN_PIXELS_PER_INPUT_PIXEL = 2
"""Before a frame is scaled down, it is subsampled, but at least this many frame pixels remain along each axis
for each pixel of the detector's input."""
MIN_ROLL, MAX_ROLL = 5.0, 30.0
"""Limits of the roll in degrees: a smaller roll is ignored as noise, and a larger one is clipped."""
CROP_SIZE = 48
CROP_SCALE = 1.04
"""Side of the crop relative to the longer side of the face box: the median over the training faces."""


@dataclass(frozen=True)
class FaceBox:
    """A face in a frame, in pixels from the frame's top left corner.

    Attributes:
        left, top, right, bottom: the box, from forehead to chin.
        score: the detector's confidence, 0–1.
        landmarks: (5, 2) float32 x and y of the eyes, the nose and the corners of the mouth; the left member
            of each pair, as seen in the frame, comes first.
    """

    left: float
    top: float
    right: float
    bottom: float
    score: float
    landmarks: NDArray[np.float32]

    @property
    def center(self) -> tuple[float, float]:
        """The center of the box, x and y in pixels."""
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2

    @property
    def size(self) -> float:
        """The longer side of the box, in pixels."""
        return max(self.right - self.left, self.bottom - self.top)

    @property
    def tilt(self) -> float:
        """Angle in degrees between the vertical and the line from the mouth to the eyes, 0 to 180."""
        eyes, mouth = self.landmarks[:2].mean(axis=0), self.landmarks[3:5].mean(axis=0)
        right, down = (eyes - mouth).tolist()
        return float(np.degrees(np.arctan2(abs(right), -down)))

    @property
    def sides(self) -> tuple[float, float, float, float]:
        """Left, top, right and bottom."""
        return self.left, self.top, self.right, self.bottom

    def converted(self, zoom: tuple[float, float], shift: tuple[float, float]) -> FaceBox:
        """The same face in a frame whose pixels lie at `zoom` × the old position + `shift`, x and y."""
        (x, y), (right, down) = zoom, shift
        return FaceBox(
            self.left * x + right,
            self.top * y + down,
            self.right * x + right,
            self.bottom * y + down,
            self.score,
            np.asarray(self.landmarks * np.array(zoom) + np.array(shift), dtype=np.float32),
        )


@dataclass(frozen=True)
class FaceFraming:
    """The face images that an emotion model expects.

    Attributes:
        side: side of the square image in pixels.
        scale: side of the image relative to the longer side of the face box.
        color: whether the image is (side, side, 3) RGB instead of (side, side) gray.
    """

    side: int = CROP_SIZE
    scale: float = CROP_SCALE
    color: bool = False


DEFAULT_FRAMING = FaceFraming()
"""48×48 gray, the input of the shipped emotion model and of the quality measures."""


class CenterFaceDetector:
    """The face detector CenterFace (Xu et al., 2020): anchor-free, with five landmarks.

    The detector is thread-safe.
    """

    name = "centerface"

    def __init__(self) -> None:
        self._session = create_onnx_session(DETECTOR_WEIGHTS)
        self._input = self._session.get_inputs()[0].name

    @cached_property
    def fingerprint(self) -> str:
        """A fingerprint of the weights."""
        return weights_fingerprint(DETECTOR_WEIGHTS)

    def detect(self, images: Sequence[NDArray[np.uint8]], long_side: int) -> list[list[FaceBox]]:
        """Detect the faces in each image, processing all images as one batch.

        Args:
            images: (height, width, 3) uint8 RGB, all of the same size or all square.
            long_side: length in pixels to which the longer side is scaled before detection; smaller values
                are faster but miss small faces.

        Returns:
            The faces in each image, in pixels of that image, highest score first.
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
    """Scale an image to (width, height), subsampling it first so that only necessary pixels are filtered."""
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
    """Turn the output maps for one image into face boxes.

    Args:
        heat: (h, w) probability that a face is centered in the cell.
        extent: (2, h, w) logarithm of the face's height and width, in cells.
        offset: (2, h, w) row and column of the center within the cell.
        marks: (10, h, w) y and x of the five landmarks, relative to the top left corner of the box, in units
            of the box size.
        zoom: (2,) image pixels per input pixel, in x and y.
    """
    row, column = np.nonzero(heat > SCORE_THRESHOLD)
    order = np.argsort(-heat[row, column])
    row, column = row[order], column[order]
    size = np.exp(extent[:, row, column]) * OUTPUT_STRIDE
    center = np.stack([row, column]) + offset[:, row, column] + 0.5
    top_left = center * OUTPUT_STRIDE - size / 2
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
    """Greedily drop boxes that overlap a higher-scoring box.

    Args:
        boxes: (n, 4) left, top, right, bottom; highest score first.

    Returns:
        Indices of the boxes to keep, in ascending order.
    """
    selected: list[int] = []
    area = (boxes[:, 2:] - boxes[:, :2]).prod(axis=1)
    remaining = np.ones(len(boxes), dtype=bool)
    while remaining.any():
        best = int(remaining.argmax())
        selected.append(best)
        overlap = np.minimum(boxes[:, 2:], boxes[best, 2:]) - np.maximum(boxes[:, :2], boxes[best, :2])
        shared = overlap.clip(0).prod(axis=1)
        remaining &= shared / (area + area[best] - shared) < NMS_IOU_THRESHOLD
        remaining[best] = False
    return selected


def crop_face(
    image: NDArray[np.uint8], face: FaceBox, framing: FaceFraming = DEFAULT_FRAMING
) -> NDArray[np.uint8]:
    """Cut a level square around a face.

    The square is centered on the box; its side is `framing.scale` times the box's longer side. It is rotated
    so that the eyes are level. Where it extends beyond the frame, the frame's edge is repeated.

    Args:
        image: (height, width, 3) uint8 RGB.
        face: a face in the image.
        framing: size and color of the result.

    Returns:
        (side, side) uint8 gray, or (side, side, 3) uint8 RGB. Large faces are downscaled without aliasing,
        and small faces are enlarged smoothly.
    """
    half = face.size * framing.scale / 2
    roll = _roll(face)
    x, y = face.center
    # Half the side of the upright square that contains the rotated square, plus a margin for interpolation.
    reach = int(np.ceil(half * (np.cos(np.radians(roll)) + abs(np.sin(np.radians(roll)))))) + 2
    left, top = round(x) - reach, round(y) - reach
    around = Image.fromarray(crop_square(image, left, top, 2 * reach))
    around = around if framing.color else around.convert("L")
    shrink = max(1, int(half / framing.side))
    around = around.reduce(shrink)
    x, y, half = (x - left) / shrink, (y - top) / shrink, half / shrink
    if roll:
        around = around.rotate(roll, Image.Resampling.BILINEAR, center=(x, y))
    return _scaled_to(around, (x - half, y - half, x + half, y + half), 2 * half, framing.side)


def frame_face_image(image: NDArray[np.uint8], framing: FaceFraming = DEFAULT_FRAMING) -> NDArray[np.uint8]:
    """Turn an image of one face, of any size, into the input of an emotion model.

    The whole image is treated as the face box. An image that is not square is first extended to a square by
    repeating its edges, as `crop_face` does beyond the frame.

    Args:
        image: (height, width) uint8 gray or (height, width, 3) uint8 RGB.
        framing: size and color of the result.

    Returns:
        (side, side) uint8 gray, or (side, side, 3) uint8 RGB.
    """
    rgb = np.repeat(image[..., None], 3, axis=2) if image.ndim == 2 else image
    height, width = rgb.shape[:2]
    side = max(height, width)
    square = Image.fromarray(crop_square(rgb, -((side - width) // 2), -((side - height) // 2), side))
    square = square if framing.color else square.convert("L")
    return _scaled_to(square, (0, 0, side, side), side, framing.side)


def _scaled_to(
    image: Image.Image, box: tuple[float, float, float, float], extent: float, side: int
) -> NDArray[np.uint8]:
    """A square part of an image, `extent` pixels wide, scaled to `side` pixels."""
    # Averaging pixels would enlarge a small face into blocks, whose borders the emotion model would see as
    # edges.
    method = Image.Resampling.BOX if extent >= side else Image.Resampling.BICUBIC
    return np.asarray(image.resize((side, side), method, box=box))


def _roll(face: FaceBox) -> float:
    """Downward slope of the line through the eyes from left to right, in degrees; 0 if almost level."""
    right, down = face.landmarks[1] - face.landmarks[0]
    roll = float(np.degrees(np.arctan2(down, right))) if right > 0 else 0.0
    return float(np.clip(roll, -MAX_ROLL, MAX_ROLL)) if abs(roll) >= MIN_ROLL else 0.0


def crop_square(image: NDArray[np.uint8], left: int, top: int, side: int) -> NDArray[np.uint8]:
    """Cut a square out of an image, repeating the image's edge beyond its borders.

    Args:
        image: (height, width, 3) uint8 RGB.
        left, top: the square's top left corner in pixels, which may lie outside the image.
        side: side of the square in pixels.
    """
    rows, above, below = _clipped_range(top, side, image.shape[0])
    columns, before, after = _clipped_range(left, side, image.shape[1])
    part = image[rows, columns]
    if above or below or before or after:
        part = np.pad(part, ((above, below), (before, after), (0, 0)), mode="edge")
    return part


def _clipped_range(start: int, length: int, end: int) -> tuple[slice, int, int]:
    """The part of a range between 0 and `end` (at least 1 px) and the number of pixels cut off per side."""
    inside = slice(min(max(start, 0), end - 1), max(min(start + length, end), 1))
    missing = length - (inside.stop - inside.start)
    before = min(max(-start, 0), missing)
    return inside, before, missing - before
