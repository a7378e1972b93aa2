"""Follow the faces of one camera from frame to frame, with looks no closer than they need."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from moviemotion.audience.faces.detect import THINNED, FaceBox, FaceDetector, cut_square

LOOKS = (160, 320, 640)
"""Pixels of the frame's longer side: the smallest look, one between, and the close one for 24-pixel faces."""
COMFORTABLE = 64
"""Pixels of the smallest known face that a look at the whole frame aims at."""
NEAR_SIDE, NEAR_FACES = 96, 2.25
"""Pixels of a look near a known face, and how many face sizes it takes in."""
STAYS, GROWS = 0.5, 1.5
"""Face sizes that a known face may move, and the factor by which it may grow, to be known again there."""
STILL = 0.1
"""Face sizes that a known face may move over two frames for the one between to be told from them …"""
UNCHANGED, GRAIN = 0.3, 12
"""… and how far the picture there may stray from theirs, in its own contrast, at so many points a side."""
LOOK_AROUND_EVERY = 8
"""Frames after which the whole frame is looked at, for newcomers …"""
LOOK_CLOSELY_EVERY = 160
"""… and closely, for far faces behind a near one."""
PATIENCE = 8
"""Frames for which a face that is no longer found is looked for in the whole frame."""


class FaceFinder:
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
        self._before = np.empty((0, 0, 3), dtype=np.uint8)
        self._side = LOOKS[-1]
        self._known: list[FaceBox] = []
        self._missing: list[tuple[FaceBox, int]] = []

    def find(self, images: list[NDArray[np.uint8]]) -> list[list[FaceBox]]:
        """Faces in each of the next images of the camera, (height, width, 3) uint8 RGB."""
        found: list[list[FaceBox]] = []
        while len(found) < len(images):
            here, *later = images[len(found) : len(found) + 2]
            two = self._find_two(here, later[0]) if later else None
            found += two or [self._find(here)]
            self._before = images[len(found) - 1]
        return found

    def _find_two(
        self, image: NDArray[np.uint8], later: NDArray[np.uint8]
    ) -> tuple[list[FaceBox], list[FaceBox]] | None:
        """The faces of two frames, with no look at the first; None if they do not stay still."""
        pictures = (self._before, image, later)
        around = any(frame % LOOK_AROUND_EVERY == 0 for frame in (self._frames, self._frames + 1))
        if around or self._missing or any(picture.shape != self._shape for picture in pictures):
            return None
        if not all(_is_unchanged(face, *pictures) for face in self._known):
            return None
        ahead = self._near(later)
        if ahead is None or not all(map(_is_still, self._known, ahead)):
            return None
        between = [_midway(a, b) for a, b in zip(self._known, ahead, strict=True)]
        self._known = ahead
        self._frames += 2
        return between, ahead

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
        looks = self._detector.detect([place.cut_from(image) for place in places], NEAR_SIDE)
        found: list[FaceBox] = []
        for known, place, in_look in zip(self._known, places, looks, strict=True):
            here = [face for face in map(place.in_frame, in_look) if _is_same(face, known)]
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


def _is_unchanged(
    face: FaceBox, before: NDArray[np.uint8], image: NDArray[np.uint8], after: NDArray[np.uint8]
) -> bool:
    """Whether a picture shows at a face what those before and after it show: nobody left, no hand came."""
    side = max(2, round(face.size))
    step = max(1, side // GRAIN)
    left, top = (round(centre - side / 2) for centre in face.centre)
    first, middle, last = (
        cut_square(picture, left, top, side)[::step, ::step].mean(axis=2)
        for picture in (before, image, after)
    )
    expected = (first + last) / 2
    return bool(np.abs(middle - expected).mean() <= UNCHANGED * expected.std())


def _is_still(before: FaceBox, after: FaceBox) -> bool:
    size = max(before.size, after.size)
    return _apart(before, after) <= STILL * size and abs(before.size - after.size) <= STILL * size


def _midway(a: FaceBox, b: FaceBox) -> FaceBox:
    return FaceBox(
        (a.left + b.left) / 2,
        (a.top + b.top) / 2,
        (a.right + b.right) / 2,
        (a.bottom + b.bottom) / 2,
        (a.score + b.score) / 2,
        np.asarray((a.landmarks + b.landmarks) / 2, dtype=np.float32),
    )


@dataclass(frozen=True)
class _Place:
    """A square in which a known face is looked for, counted in every `step`-th pixel of the frame."""

    left: int
    top: int
    side: int
    step: int

    def cut_from(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        return cut_square(image[:: self.step, :: self.step], self.left, self.top, self.side)

    def in_frame(self, face: FaceBox) -> FaceBox:
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


def _place(face: FaceBox) -> _Place:
    side = max(2, round(face.size * NEAR_FACES))
    step = max(1, side // (THINNED * NEAR_SIDE))
    left, top = (round((centre - side / 2) / step) for centre in face.centre)
    return _Place(left, top, side // step, step)
