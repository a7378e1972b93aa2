"""Find out whether a camera recorded its viewers on their side or upside down.

Not every file declares that its camera was turned. The landmarks of a face show which way is up, but a face
that is not upright is often found with landmarks that are wrong. A few frames are therefore searched again in
all four orientations, in one of which the faces are found upright.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from moviemotion.audience.faces.detect import FaceBox
from moviemotion.audience.faces.face_registry import FaceDetector, detect_checked

LONG_SIDE = 640
"""Length in pixels to which the longer side of a frame is scaled for the search in four orientations."""
COMPARED_FRAMES = 8
"""Number of frames that are searched in four orientations."""
FIRST_CHECK = 40
"""Number of frames with a face after which the orientation is first checked; it doubles with each check."""
MIN_FRAMES = 3
"""Smallest number of frames with a face from which the orientation can be determined."""
MAX_TILT = 45.0
"""Largest tilt in degrees of an upright face."""
SUSPECT_SHARE = 0.25
"""Share of faces that are not upright from which the orientation is checked."""
MIN_RATIO = 1.5
"""Factor by which upright faces must be more certain in another orientation for the camera to be turned."""
MIN_AGREEMENT = 0.75
"""Smallest share of the compared frames in which the best orientation shows upright faces."""


class OrientationMonitor:
    """Watches the faces of one camera for signs that it was turned.

    Attributes:
        quarter_turns: number of clockwise quarter turns that make the faces upright, as far as is known.
    """

    def __init__(self, detector: FaceDetector) -> None:
        self._detector = detector
        self._random = random.Random(0)
        self._images: list[NDArray[np.uint8]] = []
        self._frames = self._faces = self._not_upright = 0
        self._next_check = FIRST_CHECK
        self.quarter_turns = 0

    def add(self, images: Sequence[NDArray[np.uint8]], faces: Sequence[Sequence[FaceBox]]) -> None:
        """Add the next frames and the faces found in them, and check the orientation if it is in doubt."""
        for image, found in zip(images, faces, strict=True):
            if not found:
                continue
            self._frames += 1
            self._faces += len(found)
            self._not_upright += sum(not _is_upright(face) for face in found)
            self._sample(image)
            if self._frames >= self._next_check:
                self._next_check *= 2
                self._check()

    def finish(self) -> None:
        """Check the orientation after the last frame, however few there were."""
        if self._frames >= MIN_FRAMES:
            self._check()

    @property
    def share_not_upright(self) -> float:
        """The share of the faces that are on their side or upside down, from 0 to 1."""
        return self._not_upright / max(self._faces, 1)

    def _check(self) -> None:
        if self.share_not_upright < SUSPECT_SHARE:
            return
        certainty = np.array([self._certainty(turns) for turns in range(4)])
        total = certainty.sum(axis=1)
        best = int(total.argmax())
        agree = (certainty[best] > 0).mean() >= MIN_AGREEMENT
        self.quarter_turns = best if agree and total[best] > MIN_RATIO * total[0] else 0

    def _certainty(self, quarter_turns: int) -> list[float]:
        """For each compared frame, the summed scores of the upright faces found after turning the frame."""
        certainty = []
        for image in self._images:
            turned = np.ascontiguousarray(np.rot90(image, -quarter_turns))
            (found,) = detect_checked(self._detector, [turned], LONG_SIDE)
            certainty.append(sum(face.score for face in found if _is_upright(face)))
        return certainty

    def _sample(self, image: NDArray[np.uint8]) -> None:
        """Keep a random sample of all frames (reservoir sampling, Vitter's algorithm R)."""
        place = len(self._images)
        if place == COMPARED_FRAMES:
            place = self._random.randrange(self._frames)
            if place >= COMPARED_FRAMES:
                return
        else:
            self._images.append(image)
        small = Image.fromarray(image)
        small.thumbnail((LONG_SIDE, LONG_SIDE), Image.Resampling.BILINEAR)
        self._images[place] = np.asarray(small)


def _is_upright(face: FaceBox) -> bool:
    return face.tilt <= MAX_TILT
