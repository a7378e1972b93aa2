"""Find faces that are only pictures: posters, photographs, and pictures at which a recording froze.

The face detector finds them, and the emotion model reads them, but they feel nothing. A person who sits still
or sleeps still breathes, blinks and sinks, so the face changes more over seconds than from one second to the
next. The noise of a camera and its vibration do not: they are as large from one second to the next as over
any longer time. A face of which that is true for nearly all of the film is a picture. A face that is repeated
exactly, beyond the noise that any working camera adds, is a frozen picture, however short.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from moviemotion.audience.faces.detect import FaceBox
from moviemotion.audience.faces.face_patches import PATCH_SIDE, Repetition, face_patch, normalized

FROZEN_CHANGE = 0.02
"""Mean change of a face's gray levels since the picture appeared, relative to their standard deviation, below
which it is repeated. In clips of calm people, it reaches at least 0.05 within 3 s; the keyframes of a codec
change a repeated picture by 0.009."""
FROZEN_SECONDS = 3.0
"""Shortest stretch that counts as frozen."""
WINDOW_SECONDS = 10
"""Seconds over which the changes of a face are compared."""
SLOW_CHANGE, NOISE_TOLERANCE = 0.0015, 0.3
"""Largest excess of the changes over 5 s over those in 1 s, as a fraction of the face's variance, at which a
face is still: a constant, and a fraction of the changes in 1 s. In clips of calm people, the excess is at
least 0.010 where the limit is 0.005; of a photograph, with the noise of a camera, it is 0.0004."""
MAX_NOISE = 0.05
"""Changes in 1 s above which it cannot be told whether a face is still."""
MAX_DRIFT = 0.01
"""Largest difference between the mean faces in two windows, as a fraction of their variance."""
MAX_MOVE = 0.15
"""Movement in face sizes that only a person makes."""
STILL_SHARE = 0.75
"""Smallest fraction of the windows in which a picture is still; somebody may pass in front of it."""
MIN_WINDOWS = 2
"""Smallest number of windows that proves anything."""
_MIN_SECONDS_SEEN = 8
_MIN_SECONDS_LEFT = 5
"""Seconds that must remain after a single still window for the two to be judged together."""
_LAG = 5

Float = NDArray[np.float64]


@dataclass
class _Track:
    """What is known about the changes of one tracked face, in constant memory.

    Attributes:
        anchor: the part of the frame that is compared.
        second, total, count: the current second of film time, and the sum of its normalized faces.
        means: the mean face in each second of the current window.
        before: the same for the window before, if the face was still in it.
        moved: whether the face has moved away in this window.
        reference: the mean face of the first still window at this anchor.
        still, windows: number of still windows, and of all windows that could be judged.
        run: time at which the present picture appeared, and the picture.
        frozen: the stretches in which one picture was repeated.
    """

    anchor: FaceBox
    window: float
    second: int = 0
    total: Float = field(default_factory=lambda: np.zeros((PATCH_SIDE, PATCH_SIDE)))
    count: int = 0
    means: dict[int, Float] = field(default_factory=dict)
    before: dict[int, Float] = field(default_factory=dict)
    moved: bool = False
    reference: Float | None = None
    still: int = 0
    windows: int = 0
    run: tuple[float, float, FaceBox, Float] | None = None
    frozen: list[Repetition] = field(default_factory=list)


class StillFaceDetector:
    """Measures how much each tracked face of one camera changes."""

    def __init__(self) -> None:
        self._tracks: dict[int, _Track] = {}

    def convert(self, zoom: tuple[float, float], shift: tuple[float, float]) -> None:
        """Convert positions after the camera was moved or the picture resized."""
        for track in self._tracks.values():
            track.anchor = track.anchor.converted(zoom, shift)
            track.means, track.before, track.count, track.reference = {}, {}, 0, None
            self._end_run(track)

    def update(self, time: float, image: NDArray[np.uint8], faces: list[FaceBox], tracks: list[int]) -> None:
        """Add one frame.

        Args:
            time: seconds of film time.
            image: (height, width, 3) uint8 RGB.
            faces: the faces in the frame.
            tracks: the track of each face.
        """
        for face, index in zip(faces, tracks, strict=True):
            track = self._tracks.get(index)
            if track is None:
                track = self._tracks[index] = _Track(face, time)
            self._add_to_run(track, time, image, face)
            if time - track.window >= WINDOW_SECONDS:
                self._end_window(track, time, face)
            apart = float(np.hypot(*np.subtract(face.center, track.anchor.center)))
            track.moved |= apart > MAX_MOVE * track.anchor.size
            if track.moved:
                continue
            second = int(time - track.window)
            if second != track.second:
                self._end_second(track)
                track.second = second
            track.total += normalized(face_patch(image, track.anchor))
            track.count += 1

    def frozen(self, track: int) -> list[Repetition]:
        """The stretches in which one picture of a track was repeated."""
        self._end_run(self._tracks[track])
        return self._tracks[track].frozen

    def is_picture(self, tracks: Collection[int]) -> bool:
        """Whether the face on these tracks, of one viewer, is only a picture."""
        windows = still = 0
        for index in tracks:
            track = self._tracks[index]
            self._end_window(track, np.inf, track.anchor)
            windows += track.windows
            still += track.still
        return windows >= MIN_WINDOWS and still >= STILL_SHARE * windows

    def _end_second(self, track: _Track) -> None:
        if track.count:
            track.means[track.second] = track.total / track.count
        track.total, track.count = np.zeros((PATCH_SIDE, PATCH_SIDE)), 0

    def _end_window(self, track: _Track, time: float, face: FaceBox) -> None:
        self._end_second(track)
        means = track.means
        if track.windows == track.still == 1 and _MIN_SECONDS_LEFT <= len(means) < _MIN_SECONDS_SEEN:
            means = track.before | {WINDOW_SECONDS + second: mean for second, mean in means.items()}
        if track.moved or len(means) >= _MIN_SECONDS_SEEN:
            track.windows += 1
            still = not track.moved and _is_still(means)
            if still:
                mean = np.mean(list(means.values()), axis=0)
                if track.reference is None:
                    track.reference = mean
                still = float(((mean - track.reference) ** 2).mean()) <= MAX_DRIFT
            track.still += still
            if not still:
                track.anchor, track.reference = face, None
        track.before = track.means if track.reference is not None else {}
        track.means, track.window, track.second, track.moved = {}, time, 0, False

    def _add_to_run(self, track: _Track, time: float, image: NDArray[np.uint8], face: FaceBox) -> None:
        """Extend the stretch in which the picture is repeated, or end it."""
        if track.run is not None:
            start, _, anchor, before = track.run
            change = float(np.abs(face_patch(image, anchor) - before).mean())
            if change <= FROZEN_CHANGE * max(float(before.std()), 1.0):
                track.run = start, time, anchor, before
                return
            self._end_run(track)
        track.run = time, time, face, face_patch(image, face)

    def _end_run(self, track: _Track) -> None:
        if track.run is not None:
            start, end, _, _ = track.run
            if end - start >= FROZEN_SECONDS:
                track.frozen.append(Repetition(start, start, end))
        track.run = None


def _is_still(means: dict[int, Float]) -> bool:
    """Whether a face changes no more over seconds than from one second to the next."""
    fast, slow = (_change(means, lag) for lag in (1, _LAG))
    if fast is None or slow is None or fast > MAX_NOISE:
        return False
    return slow - fast <= SLOW_CHANGE + NOISE_TOLERANCE * fast


def _change(means: dict[int, Float], lag: int) -> float | None:
    """Mean squared change over `lag` seconds; None if it was not seen."""
    changes = [
        float(((means[second + lag] - mean) ** 2).mean())
        for second, mean in means.items()
        if second + lag in means
    ]
    return float(np.mean(changes)) if changes else None
