"""Find faces whose last seconds are shown again.

A recorder may fill a lost connection with its last seconds, and a screen in the room may repeat a few. No
person makes exactly the same movements twice. Each face is compared with the same part of the picture up to
`MAX_PERIOD_SECONDS` earlier. If it looks as it did a fixed time before, for at least that long, although it
has looked different in between, its pictures are repeated.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from moviemotion.audience.faces.detect import FaceBox
from moviemotion.audience.faces.face_patches import PATCH_SIDE, Repetition, face_patch, normalized

MIN_PERIOD_SECONDS, MAX_PERIOD_SECONDS = 1.0, 20.0
"""Shortest and longest stretch whose repetition is found."""
MIN_REPEATED_SECONDS = 3.0
"""Shortest stretch that must look as before; it is at least as long as the repeated stretch."""
MAX_COPIED_SECONDS, MIN_SHOWINGS = 5.0, 1.2
"""A longer stretch must be shown again for more than its length. Otherwise, a file may have been joined to a
copy of itself."""
MAX_DIFFERENCE = 0.06
"""Largest difference of a repeated face from what it was: the mean over its pixels, in standard deviations of
the face's gray levels."""
MAX_DIFFERENCE_SHARE = 0.3
"""The same, as a fraction of the mean difference from what the face looked like in between."""
MIN_MOVEMENT = 0.04
"""Smallest mean difference from then: still faces are found by `still_faces`."""
MAX_DISTANCE = 0.75
"""Largest distance of a face from the part of the picture that is compared, in face sizes."""
MAX_RATE = 5.0
"""Largest number of comparisons per second."""
MIN_SHARE = 0.85
"""Smallest part of the stretch in which the face must have been seen both times, and must look as before."""
MAX_CANDIDATES = 8
"""Number of periods that are examined, those whose pictures are most similar first."""

Float = NDArray[np.float32]


@dataclass(frozen=True)
class _Found:
    """A part of the picture in which earlier pictures are shown again."""

    place: FaceBox
    again: Repetition


@dataclass
class _Place:
    """The last seconds of a part of the picture in which there are faces.

    Attributes:
        box: the part.
        face, tick: number of the last comparison in which a face was there, and of the last one.
        times: (n,) film time of each of the last n comparisons; NaN if there was none.
        patches: (n, pixels) normalized gray levels.
        differences: (n, n + 1) mean difference from what was seen k comparisons before; NaN if unknown.
    """

    box: FaceBox
    face: int
    tick: int
    times: NDArray[np.float64]
    patches: Float
    differences: Float


class RepeatedFaceDetector:
    """Compares parts of the picture of one camera with themselves, with constant memory per part.

    Places are compared, not tracked faces: a video that is repeated may contain cuts, after which a face is
    elsewhere.
    """

    def __init__(self, rate: float) -> None:
        """Create a detector for frames that come `rate` times per second."""
        self._rate = min(rate, MAX_RATE)
        self._size = max(4, round(MAX_PERIOD_SECONDS * self._rate))
        self._tick: int | None = None
        self._places: list[_Place] = []
        self._found: list[_Found] = []

    def shown(
        self, times: NDArray[np.float64], boxes: NDArray[np.float64], *, first: bool
    ) -> NDArray[np.bool_]:
        """Whether faces are shown again, (n,).

        Args:
            times: (n,) film time in seconds.
            boxes: (n, 4) left, top, right and bottom in pixels.
            first: whether their first showing counts as well.
        """
        result = np.zeros(len(times), dtype=bool)
        centers = (boxes[:, :2] + boxes[:, 2:]) / 2
        for found in self._found:
            if not _is_sure(found.again):
                continue
            near = np.hypot(*(centers - found.place.center).T) <= MAX_DISTANCE * found.place.size
            start = found.again.first if first else found.again.start
            result |= near & (times > start) & (times <= found.again.end)
        return result

    def update(self, time: float, image: NDArray[np.uint8], faces: list[FaceBox]) -> None:
        """Add one frame.

        Args:
            time: seconds of film time.
            image: (height, width, 3) uint8 RGB.
            faces: the faces in the frame.
        """
        tick = round(time * self._rate)
        if tick == self._tick:
            return
        self._tick = tick
        for face in faces:
            near = [place for place in self._places if _distance(face, place.box) <= MAX_DISTANCE]
            if not near:
                near = [self._new_place(face, tick)]
                self._places += near
            for place in near:
                place.face = tick
        self._places = [place for place in self._places if tick - place.face < self._size]
        for place in self._places:
            self._add(place, tick, time, normalized(face_patch(image, place.box)).ravel())
            if place.face == tick and (again := self._repetition(place)):
                self._remember(place.box, again)

    def _new_place(self, face: FaceBox, tick: int) -> _Place:
        n = self._size
        patches = np.zeros((n, PATCH_SIDE**2), np.float32)
        differences = np.full((n, n + 1), np.nan, np.float32)
        return _Place(face, tick, tick - 1, np.full(n, np.nan), patches, differences)

    def _add(self, place: _Place, tick: int, time: float, patch: NDArray[np.float64]) -> None:
        n = self._size
        for missed in range(max(place.tick + 1, tick - n), tick):
            place.times[missed % n], place.differences[missed % n] = np.nan, np.nan
        lags = np.arange(1, n)
        slots = (tick - lags) % n
        row = place.differences[tick % n]
        row[:] = np.nan
        apart = np.abs(place.patches[slots] - patch.astype(np.float32)).mean(axis=1)
        row[lags] = np.where(np.isnan(place.times[slots]), np.nan, apart)
        place.times[tick % n], place.patches[tick % n], place.tick = time, patch, tick

    def _repetition(self, place: _Place) -> Repetition | None:
        """The stretch up to now that shows earlier pictures again; None if it does not."""
        n = self._size
        newest = place.differences[place.tick % n]
        shortest = max(2, round(MIN_PERIOD_SECONDS * self._rate))
        candidates = shortest + np.flatnonzero(newest[shortest:] <= MAX_DIFFERENCE)
        if not len(candidates):
            return None
        slots = (place.tick - np.arange(n)) % n  # from now backwards
        for lag in candidates[newest[candidates].argsort()][:MAX_CANDIDATES]:
            rows = slots[: max(int(lag), round(MIN_REPEATED_SECONDS * self._rate))]
            same = place.differences[rows, lag]
            quarter = max(1, int(lag) // 4)
            between = place.differences[np.ix_(rows, np.arange(quarter, lag - quarter + 1))]
            known = np.isfinite(same)
            if known.sum() < MIN_SHARE * len(rows) or not np.isfinite(between).any():
                continue
            movement = float(np.nanmean(between))
            alike = same <= min(MAX_DIFFERENCE, MAX_DIFFERENCE_SHARE * movement)
            if movement >= MIN_MOVEMENT and alike.sum() >= MIN_SHARE * known.sum():
                times = place.times[rows[alike]]
                start = float(times.min()) - 0.5 / self._rate
                return Repetition(start - int(lag) / self._rate, start, float(times.max()))
        return None

    def _remember(self, box: FaceBox, new: Repetition) -> None:
        for k, known in enumerate(self._found):
            again = known.again
            if known.place is box and new.start <= again.end + MIN_PERIOD_SECONDS:
                both = Repetition(min(again.first, new.first), min(again.start, new.start), new.end)
                self._found[k] = _Found(box, both)
                return
        self._found.append(_Found(box, new))


def _is_sure(again: Repetition) -> bool:
    period = again.start - again.first
    return period <= MAX_COPIED_SECONDS or again.end - again.start >= MIN_SHOWINGS * period


def _distance(face: FaceBox, other: FaceBox) -> float:
    """Distance of two faces in sizes of the other one."""
    return float(np.hypot(*np.subtract(face.center, other.center))) / other.size
