"""Which face is which viewer, over time, by place alone: nobody is recognised.

An audience sits. A face belongs to the viewer who was last seen nearest to it, measured in face
sizes, so that somebody who leans out of the picture and comes back is the same viewer.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment

from moviemotion.audience.faces.detect import FaceBox

GATE_DISTANCE = 1.0
"""Face sizes that a face may move between two samples, from where it was or where it was going."""
GATE_GROWTH = 0.5
"""Further face sizes for each second in which the viewer was not seen …"""
GATE_LIMIT = 2.5
"""… up to this many."""
EXTRAPOLATION_SECONDS = 0.5
"""Seconds for which who moves is awaited where they were going, too."""
MAX_SIZE_RATIO = 2.0
"""A face does not grow or shrink by more than this factor between two samples."""
SINGLE_SEAT_SHARE = 0.01
"""A camera that shows two faces in no more than this share of its frames with faces watches one seat."""
MIN_TRACK_SECONDS = 2.0
MIN_TRACK_SHARE = 0.05
MAX_REQUIRED_SECONDS = 30.0


@dataclass
class Track:
    """One face through time.

    Attributes:
        face: where it was last seen.
        first, last: seconds at which it was first and last seen.
        samples: how often it was seen.
        column: sum of the x of its centres, to name viewers from left to right.
        velocity: x and y of the last move, in pixels a second.
    """

    face: FaceBox
    first_seen: float
    last_seen: float
    samples: int = 0
    x_sum: float = 0.0
    velocity: tuple[float, float] = (0.0, 0.0)

    def add(self, time: float, face: FaceBox) -> None:
        if time > self.last_seen:
            (x, y), (x_before, y_before), seconds = face.center, self.face.center, time - self.last_seen
            self.velocity = (x - x_before) / seconds, (y - y_before) / seconds
        self.face = face
        self.last_seen = time
        self.samples += 1
        self.x_sum += face.center[0]

    def mean_x(self) -> float:
        """Mean x of its centres in pixels."""
        return self.x_sum / self.samples


class ViewerTracker:
    """Gives each face of each frame of one camera to a track."""

    def __init__(self) -> None:
        self.tracks: list[Track] = []
        self._frames_with_faces = 0
        self._frames_with_several_faces = 0

    def assign(self, time: float, faces: list[FaceBox]) -> list[int]:
        """The index into `tracks` of each face; new tracks are opened for faces that fit none.

        The pairing that is cheapest over all faces together wins (Hungarian method), so that two
        neighbours who lean together do not change places.
        """
        self._frames_with_faces += len(faces) > 0
        self._frames_with_several_faces += len(faces) > 1
        result = [-1] * len(faces)
        awaited = [i for i, track in enumerate(self.tracks) if _is_open(track, time)]
        if faces and awaited:
            cost = np.array([[_assignment_cost(self.tracks[i], time, f) for f in faces] for i in awaited])
            possible = np.isfinite(cost)
            for row, face in zip(*linear_sum_assignment(np.where(possible, cost, 1e6)), strict=True):
                if possible[row, face]:
                    result[face] = awaited[row]
        for i, face in enumerate(faces):
            if result[i] < 0:
                self.tracks.append(Track(face, time, time))
                result[i] = len(self.tracks) - 1
            self.tracks[result[i]].add(time, face)
        return result

    def viewers(self, frames: int, rate: float) -> list[list[int]]:
        """The tracks of each viewer, from left to right.

        A viewer must be there for 2 s and for a twentieth of the frames (of a long film: 30 s);
        less is a passer-by or a false alarm. Where one seat is watched all tracks are one viewer,
        however far the face jumps.

        Args:
            frames: sampled frames in the whole film.
            rate: sampled frames a second.
        """
        needed = max(MIN_TRACK_SECONDS * rate, min(MIN_TRACK_SHARE * frames, MAX_REQUIRED_SECONDS * rate))
        everyone = range(len(self.tracks))
        one_seat = self._frames_with_several_faces <= SINGLE_SEAT_SHARE * self._frames_with_faces
        candidates = [list(everyone)] if one_seat else [[i] for i in everyone]
        seen = [sum(self.tracks[i].samples for i in candidate) for candidate in candidates]
        kept = [c for c, n in zip(candidates, seen, strict=True) if n and n >= min(needed, 0.5 * frames)]
        return sorted(kept, key=lambda candidate: self.tracks[candidate[0]].mean_x())


def _is_open(track: Track, time: float) -> bool:
    """Whoever sat here for a while may come back at any time; a false alarm is not waited for."""
    return (
        time - track.last_seen <= MIN_TRACK_SECONDS or track.last_seen - track.first_seen >= MIN_TRACK_SECONDS
    )


def _assignment_cost(track: Track, time: float, face: FaceBox) -> float:
    """Distance in face sizes, infinite where the face cannot be this track's."""
    last = track.face
    size = (last.size + face.size) / 2
    gap = time - track.last_seen
    going = gap if gap <= EXTRAPOLATION_SECONDS else 0.0
    moved = np.subtract(face.center, last.center)
    away = float(np.hypot(*moved)) / size
    # Where they were going widens the reach only: heads that lean together and part would else be exchanged.
    astray = min(away, float(np.hypot(*(moved - np.multiply(track.velocity, going)))) / size)
    grown = max(last.size, face.size) / min(last.size, face.size)
    reach = min(GATE_DISTANCE + GATE_GROWTH * gap, GATE_LIMIT)
    return away + np.log(grown) if astray <= reach and grown <= MAX_SIZE_RATIO else float("inf")
