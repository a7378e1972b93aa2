"""Find faces that are nobody, and pictures of somebody that are shown again, in the frames of one camera.

Posters, photographs, slides and screens show faces that feel nothing. A frozen camera shows a viewer who was
there, but is no longer seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from moviemotion.audience.faces.detect import FaceBox
from moviemotion.audience.faces.repeated_faces import RepeatedFaceDetector
from moviemotion.audience.faces.still_faces import StillFaceDetector

REPEATED_SHARE = 0.9
"""Share of a face's samples shown more than once from which it is a picture: a slide show, or a screen that
repeats a few seconds. A camera that froze shows much of its recording only once."""


@dataclass(frozen=True)
class TrackPart:
    """A part of a track.

    Attributes:
        track: index of the track.
        start, end: film time in seconds.
    """

    track: int
    start: float
    end: float


@dataclass(frozen=True)
class PictureFaces:
    """Which faces of a recording, of n in all, are only pictures.

    Attributes:
        shown_before: (n,) whether a face was shown exactly so before: its picture is frozen or repeated.
    """

    shown_before: NDArray[np.bool_]
    _shown_twice: NDArray[np.bool_]
    _tracks: NDArray[np.int64]
    _times: NDArray[np.float64]
    _still: StillFaceDetector

    def is_picture(self, parts: Sequence[TrackPart]) -> bool:
        """Whether the face in these parts of tracks, of one viewer, is only a picture."""
        if self._still.is_picture({part.track for part in parts}):
            return True
        seen = np.zeros(len(self._times), dtype=bool)
        for part in parts:
            of_part = (self._times >= part.start) & (self._times <= part.end)
            seen |= of_part & (self._tracks == part.track)
        return bool(self._shown_twice[seen].mean() >= REPEATED_SHARE) if seen.any() else False


class PictureFaceDetector:
    """Compares the faces of one camera with themselves, with constant memory per face."""

    def __init__(self, rate: float) -> None:
        """Create a detector for frames that come `rate` times per second."""
        self._still, self._repeated = StillFaceDetector(), RepeatedFaceDetector(rate)

    def update(self, time: float, image: NDArray[np.uint8], faces: list[FaceBox], tracks: list[int]) -> None:
        """Add one frame.

        Args:
            time: seconds of film time.
            image: (height, width, 3) uint8 RGB.
            faces: the faces in the frame.
            tracks: the track of each face.
        """
        self._still.update(time, image, faces, tracks)
        self._repeated.update(time, image, faces)

    def convert(self, zoom: tuple[float, float], shift: tuple[float, float]) -> None:
        """Convert positions after the camera was moved or the picture resized."""
        self._still.convert(zoom, shift)

    def result(
        self, tracks: NDArray[np.int64], times: NDArray[np.float64], boxes: NDArray[np.float64]
    ) -> PictureFaces:
        """Which faces are only pictures, once all frames have been added.

        Args:
            tracks: (n,) track of each face in the recording.
            times: (n,) film time in seconds.
            boxes: (n, 4) left, top, right and bottom in pixels.
        """
        before = self._repeated.shown(times, boxes, first=False)
        twice = self._repeated.shown(times, boxes, first=True)
        for track in set(tracks.tolist()):
            for again in self._still.frozen(track):
                until = (tracks == track) & (times <= again.end)
                before |= until & (times > again.start)
                twice |= until & (times >= again.first)
        return PictureFaces(before, twice, tracks, times, self._still)
