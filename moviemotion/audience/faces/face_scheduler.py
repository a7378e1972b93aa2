"""Detect the faces of one camera from frame to frame at the lowest possible cost.

Running the detector on every complete frame in full detail would dominate the cost of a screening. An
audience mostly sits still, so most frames need much less:

1. A known face is searched for in a small square around its last position.
2. If the face has hardly moved two frames later, the frame in between is not searched at all. Instead, the
   box is interpolated, provided that the pixels there agree with both neighboring frames.
3. The complete frame is searched for new faces at intervals, and whenever a known face is not found near its
   last position. For this search, the frame is scaled down as far as the smallest known face allows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from moviemotion.audience.faces.detect import MIN_PIXELS_PER_INPUT_PIXEL, FaceBox, crop_square
from moviemotion.audience.faces.face_registry import FaceDetector, detect_checked

DETECTION_SIDES = (160, 320, 640)
"""Lengths in pixels to which a frame's longer side can be scaled for a search: coarse, medium and fine. The
last is fine enough to find faces of 24 pixels."""
TARGET_FACE_PIXELS = 64
"""To search a complete frame, it is scaled so that the smallest known face has about this size in pixels."""
SEARCH_SIDE, SEARCH_FACE_SIZES = 96, 2.25
"""Side in pixels to which the square around a known face is scaled, and side of the square in face sizes."""
MAX_MOVE, MAX_SIZE_RATIO = 0.5, 1.5
"""Maximum movement, in face sizes, and maximum size ratio at which a face still counts as the same face."""
STILL_TOLERANCE = 0.1
"""If a known face moves more than this over two frames, in face sizes, its box in the middle frame is not
interpolated."""
UNCHANGED_TOLERANCE, COMPARISON_POINTS = 0.3, 12
"""Largest mean difference between the middle frame and its neighbors in the face box, as a fraction of their
contrast, for the box to be interpolated. The second value is the number of points compared along each side of
the box."""
FULL_FRAME_INTERVAL = 8
"""Number of frames after which the complete frame is searched for new faces."""
FULL_RESOLUTION_INTERVAL = 160
"""Number of frames after which the complete frame is searched in full detail, for distant faces behind a near
one."""
MAX_MISSING_FRAMES = 8
"""Number of complete frames that are searched for a lost face before the search ends."""


class FaceScheduler:
    """Detects the faces in the frames of one camera, which must be passed in order.

    If a search of the complete frame finds fewer faces than are known, the search is repeated in more detail.
    """

    def __init__(self, detector: FaceDetector) -> None:
        """Create a scheduler without known faces.

        Args:
            detector: the face detector, which may be shared between cameras in several threads.
        """
        self._detector = detector
        self._frames = 0
        self._shape: tuple[int, ...] = ()
        self._previous_image = np.empty((0, 0, 3), dtype=np.uint8)
        self._long_side = DETECTION_SIDES[-1]
        self._known: list[FaceBox] = []
        self._missing: list[tuple[FaceBox, int]] = []

    def detect(self, images: list[NDArray[np.uint8]]) -> list[list[FaceBox]]:
        """Detect the faces in the next frames.

        Args:
            images: (height, width, 3) uint8 RGB frames, in chronological order.

        Returns:
            The faces in each frame.
        """
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
        """Find the faces in two frames by searching the second; return None if a face moves or changes."""
        compared = (self._previous_image, image, later)
        full_frame_due = any(frame % FULL_FRAME_INTERVAL == 0 for frame in (self._frames, self._frames + 1))
        if full_frame_due or self._missing or any(one.shape != self._shape for one in compared):
            return None
        if not all(_is_unchanged(face, *compared) for face in self._known):
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
        full_frame_due = self._frames % FULL_FRAME_INTERVAL == 0
        full_detail = self._frames % FULL_RESOLUTION_INTERVAL == 0
        self._frames += 1
        found = None if full_frame_due or self._missing else self._detect_near_known(image)
        if found is None:
            found = self._detect_full_frame(image, full_detail)
        self._known = found
        return found

    def _detect_near_known(self, image: NDArray[np.uint8]) -> list[FaceBox] | None:
        """Search near each known face; return None if a face is missing or a complete search is cheaper."""
        if not self._known or len(self._known) * SEARCH_SIDE**2 > _scaled_pixel_count(image, self._long_side):
            return None
        regions = [_search_region(face) for face in self._known]
        detected = detect_checked(self._detector, [region.crop(image) for region in regions], SEARCH_SIDE)
        found: list[FaceBox] = []
        for known, region, in_region in zip(self._known, regions, detected, strict=True):
            here = [face for face in map(region.to_frame, in_region) if _is_same_face(face, known)]
            face = min(here, key=lambda face: _center_distance(face, known), default=None)
            # If two regions found the same face, the loss of the other face would go unnoticed.
            if face is None or any(_center_distance(face, other) < MAX_MOVE * face.size for other in found):
                return None
            found.append(face)
        return found

    def _detect_full_frame(self, image: NDArray[np.uint8], full_detail: bool) -> list[FaceBox]:
        """Detect the faces in the complete frame, and record which known faces are missing."""
        expected = len(self._known) + len(self._missing)
        (found,) = detect_checked(self._detector, [image], self._long_side)
        for side in DETECTION_SIDES:
            if side > self._long_side and (
                len(found) < expected or (full_detail and side == DETECTION_SIDES[-1])
            ):
                (detailed,) = detect_checked(self._detector, [image], side)
                found = detailed if len(detailed) >= len(found) else found
        missing = [(face, frames + 1) for face, frames in (*self._missing, *((f, 0) for f in self._known))]
        self._missing = [
            (face, frames)
            for face, frames in missing
            if len(found) < expected
            and frames <= MAX_MISSING_FRAMES
            and all(_center_distance(face, other) > face.size for other in found)
        ]
        self._long_side = self._next_long_side(image, found, full_detail)
        return found

    def _next_long_side(self, image: NDArray[np.uint8], found: list[FaceBox], full_detail: bool) -> int:
        """Length in pixels to which the longer side is scaled for the next search of a complete frame."""
        smallest = min((face.size for face in found), default=None)
        if smallest is None:
            # A distant viewer may come back at the same distance. The length is therefore reduced only after
            # a search in full detail has found nobody.
            return DETECTION_SIDES[1] if full_detail else max(self._long_side, DETECTION_SIDES[1])
        side = -(-max(image.shape[:2]) * TARGET_FACE_PIXELS // smallest)
        return int(np.clip(side, DETECTION_SIDES[0], DETECTION_SIDES[-1]))


def _scaled_pixel_count(image: NDArray[np.uint8], long_side: int) -> float:
    """Number of pixels in an image after its longer side has been scaled to `long_side`."""
    height, width = image.shape[:2]
    return height * width * (long_side / max(height, width)) ** 2


def _center_distance(a: FaceBox, b: FaceBox) -> float:
    """Distance between the centers of two faces, in pixels."""
    return float(np.hypot(a.center[0] - b.center[0], a.center[1] - b.center[1]))


def _is_same_face(face: FaceBox, known: FaceBox) -> bool:
    grown = max(face.size, known.size) / min(face.size, known.size)
    return grown <= MAX_SIZE_RATIO and _center_distance(face, known) <= MAX_MOVE * known.size


def _is_unchanged(
    face: FaceBox, before: NDArray[np.uint8], image: NDArray[np.uint8], after: NDArray[np.uint8]
) -> bool:
    """Whether a frame matches its neighbors around a face, so the face neither moved away nor was covered."""
    side = max(2, round(face.size))
    step = max(1, side // COMPARISON_POINTS)
    left, top = (round(center - side / 2) for center in face.center)
    first, middle, last = (
        crop_square(frame, left, top, side)[::step, ::step].mean(axis=2) for frame in (before, image, after)
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
    """A square in which to search for a known face, in a frame subsampled to every `step`-th pixel."""

    left: int
    top: int
    side: int
    step: int

    def crop(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        return crop_square(image[:: self.step, :: self.step], self.left, self.top, self.side)

    def to_frame(self, face: FaceBox) -> FaceBox:
        """Convert a face found in the cropped square to frame coordinates."""
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
    left, top = (round((center - side / 2) / step) for center in face.center)
    return _SearchRegion(left, top, side // step, step)
