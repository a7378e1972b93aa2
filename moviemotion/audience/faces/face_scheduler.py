"""Follow the faces of one camera from frame to frame, with looks no closer than they need."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from moviemotion.audience.faces.detect import MIN_PIXELS_PER_INPUT_PIXEL, FaceBox, FaceDetector, crop_square

DETECTION_SIDES = (160, 320, 640)
"""Pixels of the frame's longer side: the smallest look, one between, and the close one for 24-pixel faces."""
TARGET_FACE_PIXELS = 64
"""Pixels of the smallest known face that a look at the whole frame aims at."""
SEARCH_SIDE, SEARCH_FACE_SIZES = 96, 2.25
"""Pixels of a look near a known face, and how many face sizes it takes in."""
MAX_MOVE, MAX_SIZE_RATIO = 0.5, 1.5
"""Face sizes that a known face may move, and the factor by which it may grow, to be known again there."""
STILL_TOLERANCE = 0.1
"""Face sizes that a known face may move over two frames for the one between to be told from them …"""
UNCHANGED_TOLERANCE, COMPARISON_POINTS = 0.3, 12
"""… and how far the picture there may stray from theirs, in its own contrast, at so many points a side."""
FULL_FRAME_INTERVAL = 8
"""Frames after which the whole frame is looked at, for newcomers …"""
FULL_RESOLUTION_INTERVAL = 160
"""… and closely, for far faces behind a near one."""
MAX_MISSING_FRAMES = 8
"""Frames for which a face that is no longer found is looked for in the whole frame."""


class FaceScheduler:
    """Finds the faces of one camera with looks no closer than its faces need.

    A face that was found is looked for where it was, in a small look of its own; where it has hardly moved
    two frames on, it is not looked for in the one between. The whole frame is looked at now and then for
    newcomers, and where a known face is not found in its place; that look is as small as the smallest known
    face allows, and where it shows fewer faces than are known, the frame is looked at more closely.
    """

    def __init__(self, detector: FaceDetector) -> None:
        self._detector = detector
        self._frames = 0
        self._shape: tuple[int, ...] = ()
        self._previous_image = np.empty((0, 0, 3), dtype=np.uint8)
        self._long_side = DETECTION_SIDES[-1]
        self._known: list[FaceBox] = []
        self._missing: list[tuple[FaceBox, int]] = []

    def detect(self, images: list[NDArray[np.uint8]]) -> list[list[FaceBox]]:
        """Faces in each of the next images of the camera, (height, width, 3) uint8 RGB."""
        found: list[list[FaceBox]] = []
        while len(found) < len(images):
            here, *later = images[len(found) : len(found) + 2]
            two = self._detect_pair(here, later[0]) if later else None
            found += two or [self._detect_one(here)]
            self._previous_image = images[len(found) - 1]
        return found

    def _detect_pair(
        self, image: NDArray[np.uint8], later: NDArray[np.uint8]
    ) -> tuple[list[FaceBox], list[FaceBox]] | None:
        """The faces of two frames, with no look at the first; None if they do not stay still."""
        pictures = (self._previous_image, image, later)
        around = any(frame % FULL_FRAME_INTERVAL == 0 for frame in (self._frames, self._frames + 1))
        if around or self._missing or any(picture.shape != self._shape for picture in pictures):
            return None
        if not all(_is_unchanged(face, *pictures) for face in self._known):
            return None
        ahead = self._detect_near_known(later)
        if ahead is None or not all(map(_is_still, self._known, ahead)):
            return None
        between = [_interpolated(a, b) for a, b in zip(self._known, ahead, strict=True)]
        self._known = ahead
        self._frames += 2
        return between, ahead

    def _detect_one(self, image: NDArray[np.uint8]) -> list[FaceBox]:
        if image.shape != self._shape:
            self._shape, self._frames, self._long_side = image.shape, 0, DETECTION_SIDES[-1]
            self._known, self._missing = [], []
        around = self._frames % FULL_FRAME_INTERVAL == 0
        closely = self._frames % FULL_RESOLUTION_INTERVAL == 0
        self._frames += 1
        found = None if around or self._missing else self._detect_near_known(image)
        if found is None:
            found = self._detect_full_frame(image, closely)
        self._known = found
        return found

    def _detect_near_known(self, image: NDArray[np.uint8]) -> list[FaceBox] | None:
        """Every known face in its place; None if one is not there or a look at the whole frame costs less."""
        if not self._known or len(self._known) * SEARCH_SIDE**2 > _scaled_pixel_count(image, self._long_side):
            return None
        places = [_search_region(face) for face in self._known]
        looks = self._detector.detect([place.crop(image) for place in places], SEARCH_SIDE)
        found: list[FaceBox] = []
        for known, place, in_look in zip(self._known, places, looks, strict=True):
            here = [face for face in map(place.to_frame, in_look) if _is_same_face(face, known)]
            face = min(here, key=lambda face: _center_distance(face, known), default=None)
            if face is None or any(_center_distance(face, other) < MAX_MOVE * face.size for other in found):
                return None
            found.append(face)
        return found

    def _detect_full_frame(self, image: NDArray[np.uint8], closely: bool) -> list[FaceBox]:
        """The faces in the whole frame."""
        expected = len(self._known) + len(self._missing)
        (found,) = self._detector.detect([image], self._long_side)
        for side in DETECTION_SIDES:
            if side > self._long_side and (
                len(found) < expected or (closely and side == DETECTION_SIDES[-1])
            ):
                (closer,) = self._detector.detect([image], side)
                found = closer if len(closer) >= len(found) else found
        missing = [(face, frames + 1) for face, frames in (*self._missing, *((f, 0) for f in self._known))]
        self._missing = [
            (face, frames)
            for face, frames in missing
            if len(found) < expected
            and frames <= MAX_MISSING_FRAMES
            and all(_center_distance(face, other) > face.size for other in found)
        ]
        self._long_side = self._next_long_side(image, found, closely)
        return found

    def _next_long_side(self, image: NDArray[np.uint8], found: list[FaceBox], closely: bool) -> int:
        smallest = min((face.size for face in found), default=None)
        if smallest is None:
            # Who was far away may come back as far; a close look that shows nobody ends the wait.
            return DETECTION_SIDES[1] if closely else max(self._long_side, DETECTION_SIDES[1])
        side = -(-max(image.shape[:2]) * TARGET_FACE_PIXELS // smallest)
        return int(np.clip(side, DETECTION_SIDES[0], DETECTION_SIDES[-1]))


def _scaled_pixel_count(image: NDArray[np.uint8], long_side: int) -> float:
    """Pixels of a picture when its longer side is scaled to `long_side`."""
    height, width = image.shape[:2]
    return height * width * (long_side / max(height, width)) ** 2


def _center_distance(a: FaceBox, b: FaceBox) -> float:
    """Pixels between the centres of two faces."""
    return float(np.hypot(a.center[0] - b.center[0], a.center[1] - b.center[1]))


def _is_same_face(face: FaceBox, known: FaceBox) -> bool:
    grown = max(face.size, known.size) / min(face.size, known.size)
    return grown <= MAX_SIZE_RATIO and _center_distance(face, known) <= MAX_MOVE * known.size


def _is_unchanged(
    face: FaceBox, before: NDArray[np.uint8], image: NDArray[np.uint8], after: NDArray[np.uint8]
) -> bool:
    """Whether a picture shows at a face what those before and after it show: nobody left, no hand came."""
    side = max(2, round(face.size))
    step = max(1, side // COMPARISON_POINTS)
    left, top = (round(centre - side / 2) for centre in face.center)
    first, middle, last = (
        crop_square(picture, left, top, side)[::step, ::step].mean(axis=2)
        for picture in (before, image, after)
    )
    expected = (first + last) / 2
    return bool(np.abs(middle - expected).mean() <= UNCHANGED_TOLERANCE * expected.std())


def _is_still(before: FaceBox, after: FaceBox) -> bool:
    size = max(before.size, after.size)
    return (
        _center_distance(before, after) <= STILL_TOLERANCE * size
        and abs(before.size - after.size) <= STILL_TOLERANCE * size
    )


def _interpolated(a: FaceBox, b: FaceBox) -> FaceBox:
    return FaceBox(
        (a.left + b.left) / 2,
        (a.top + b.top) / 2,
        (a.right + b.right) / 2,
        (a.bottom + b.bottom) / 2,
        (a.score + b.score) / 2,
        np.asarray((a.landmarks + b.landmarks) / 2, dtype=np.float32),
    )


@dataclass(frozen=True)
class _SearchRegion:
    """A square in which a known face is looked for, counted in every `step`-th pixel of the frame."""

    left: int
    top: int
    side: int
    step: int

    def crop(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        return crop_square(image[:: self.step, :: self.step], self.left, self.top, self.side)

    def to_frame(self, face: FaceBox) -> FaceBox:
        """A face found in the cut, in pixels of the frame."""
        right, down, zoom = self.left, self.top, self.step
        return FaceBox(
            (face.left + right) * zoom,
            (face.top + down) * zoom,
            (face.right + right) * zoom,
            (face.bottom + down) * zoom,
            face.score,
            (face.landmarks + np.array([right, down], dtype=np.float32)) * zoom,
        )


def _search_region(face: FaceBox) -> _SearchRegion:
    side = max(2, round(face.size * SEARCH_FACE_SIZES))
    step = max(1, side // (MIN_PIXELS_PER_INPUT_PIXEL * SEARCH_SIDE))
    left, top = (round((centre - side / 2) / step) for centre in face.center)
    return _SearchRegion(left, top, side // step, step)
