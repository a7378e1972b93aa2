"""Join the faces of one camera into tracks, and tracks into viewers, by position only; nobody is recognized.

An audience mostly sits still, so a face is assigned to the viewer last seen nearest to it, in units of the
face size. A viewer who leans out of the frame and comes back is the same viewer. The longer they were out of
sight, the farther from their last position they may reappear.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment

from moviemotion.audience.faces.detect import FaceBox

GATE_DISTANCE = 1.0
"""Maximum distance of a face from its last or its extrapolated position in the next sample, in face sizes."""
GATE_GROWTH = 0.5
"""Additional movement allowed for each second in which the viewer was not seen, in face sizes."""
GATE_LIMIT = 2.5
"""Maximum movement in face sizes, however long the viewer was not seen."""
EXTRAPOLATION_SECONDS = 0.5
"""Number of seconds for which motion is extrapolated."""
MAX_SIZE_RATIO = 2.0
"""Maximum factor by which a face may grow or shrink between two samples."""
SINGLE_SEAT_SHARE = 0.01
"""A camera is assumed to show a single seat if at most this fraction of its frames with faces contain several
faces."""
MIN_TRACK_SECONDS = 2.0
"""Minimum number of seconds for which a viewer must be seen."""
MIN_TRACK_SHARE = 0.05
"""Minimum fraction of the frames in which a viewer must be seen."""
MAX_REQUIRED_SECONDS = 30.0
"""Number of seconds that is always sufficient, whatever fraction of the frames it amounts to."""


@dataclass
class Track:
    """One face over time.

    Attributes:
        face: the face box when the face was last seen.
        first_seen, last_seen: film times in seconds.
        samples: number of frames in which the face was seen.
        x_sum: sum of the x coordinates of all face centers, used to sort viewers from left to right.
        velocity: x and y velocity of the last movement, in pixels per second.
        epoch: number of cuts before the track.
    """

    face: FaceBox
    first_seen: float
    last_seen: float
    samples: int = 0
    x_sum: float = 0.0
    velocity: tuple[float, float] = (0.0, 0.0)
    epoch: int = 0

    def add(self, time: float, face: FaceBox) -> None:
        """Add the face box at a given time."""
        if time > self.last_seen:
            (x, y), (x_before, y_before), seconds = face.center, self.face.center, time - self.last_seen
            self.velocity = (x - x_before) / seconds, (y - y_before) / seconds
        self.face = face
        self.last_seen = time
        self.samples += 1
        self.x_sum += face.center[0]

    def mean_x(self) -> float:
        """Mean x coordinate of the face centers, in pixels."""
        return self.x_sum / self.samples


class ViewerTracker:
    """Assigns the faces in each frame of one camera to tracks.

    Attributes:
        tracks: all tracks; a track is identified by its index.
    """

    def __init__(self) -> None:
        self.tracks: list[Track] = []
        self._frames_with_faces = [0]
        self._frames_with_several_faces = [0]

    @property
    def epochs(self) -> int:
        """Number of stretches between cuts."""
        return len(self._frames_with_faces)

    def cut(self) -> None:
        """Close all tracks, because positions before and after a cut have nothing to do with each other."""
        self._frames_with_faces.append(0)
        self._frames_with_several_faces.append(0)

    def convert(self, zoom: tuple[float, float], shift: tuple[float, float]) -> None:
        """Convert the positions of the current tracks after the camera was moved or the picture resized."""
        for track in self.tracks:
            if track.epoch == self.epochs - 1:
                track.face = track.face.converted(zoom, shift)
                track.velocity = (0.0, 0.0)

    def would_lose_faces(self, zoom: tuple[float, float], shift: tuple[float, float]) -> bool:
        """Whether a move of the picture takes a current face farther than faces move by themselves."""
        recent = [t for t in self.tracks if t.epoch == self.epochs - 1]
        newest = max((t.last_seen for t in recent), default=0.0)
        faces = [t.face for t in recent if newest - t.last_seen <= MIN_TRACK_SECONDS]
        return any(
            float(np.hypot(*np.subtract(face.converted(zoom, shift).center, face.center)))
            > GATE_DISTANCE * face.size / 2
            for face in faces
        )

    def assign(self, time: float, faces: list[FaceBox]) -> list[int]:
        """Assign the faces in the next frame to tracks, opening new tracks for unmatched faces.

        The assignment with the lowest total cost is chosen (Hungarian method), so that two neighbors who lean
        together are not confused.

        Args:
            time: seconds of film time.
            faces: the faces in the frame.

        Returns:
            The track index of each face.
        """
        self._frames_with_faces[-1] += len(faces) > 0
        self._frames_with_several_faces[-1] += len(faces) > 1
        result = [-1] * len(faces)
        epoch = self.epochs - 1
        candidates = [
            i for i, track in enumerate(self.tracks) if track.epoch == epoch and _is_open(track, time)
        ]
        if faces and candidates:
            cost = np.array([[_assignment_cost(self.tracks[i], time, f) for f in faces] for i in candidates])
            possible = np.isfinite(cost)
            for row, face in zip(*linear_sum_assignment(np.where(possible, cost, 1e6)), strict=True):
                if possible[row, face]:
                    result[face] = candidates[row]
        for i, face in enumerate(faces):
            if result[i] < 0:
                self.tracks.append(Track(face, time, time, epoch=epoch))
                result[i] = len(self.tracks) - 1
            self.tracks[result[i]].add(time, face)
        return result

    def shows_single_seat(self, epoch: int) -> bool:
        """Whether the camera shows a single seat in a stretch between two cuts."""
        several, any_faces = self._frames_with_several_faces[epoch], self._frames_with_faces[epoch]
        return several <= SINGLE_SEAT_SHARE * any_faces

    def viewers(self, frames: int, rate: float) -> list[list[int]]:
        """Decide which tracks are viewers, by position only and without cuts.

        If the camera shows a single seat, all tracks are one viewer, however far the face jumps.

        Args:
            frames: number of sampled frames in the complete film.
            rate: sampled frames per second.

        Returns:
            The tracks of each viewer, with viewers ordered from left to right.
        """
        needed = needed_samples(frames, rate)
        everyone = range(len(self.tracks))
        candidates = [list(everyone)] if self.shows_single_seat(0) else [[i] for i in everyone]
        seen = [sum(self.tracks[i].samples for i in candidate) for candidate in candidates]
        viewers = [c for c, n in zip(candidates, seen, strict=True) if n and n >= needed]
        return sorted(viewers, key=lambda candidate: self.tracks[candidate[0]].mean_x())


def needed_samples(frames: int, rate: float) -> float:
    """Number of frames in which a viewer must be seen; anything less is a passer-by or a false detection.

    A viewer must be seen for 2 s and in 5 % of the frames, or for 30 s in a long film.

    Args:
        frames: number of sampled frames in the complete film.
        rate: sampled frames per second.
    """
    needed = max(MIN_TRACK_SECONDS * rate, min(MIN_TRACK_SHARE * frames, MAX_REQUIRED_SECONDS * rate))
    return min(needed, 0.5 * frames)


def _is_open(track: Track, time: float) -> bool:
    """Whether a track may continue: viewers may return at any time, but false detections expire after 2 s."""
    return (
        time - track.last_seen <= MIN_TRACK_SECONDS or track.last_seen - track.first_seen >= MIN_TRACK_SECONDS
    )


def _assignment_cost(track: Track, time: float, face: FaceBox) -> float:
    """Distance in face sizes; infinite if the face cannot belong to this track."""
    last = track.face
    size = (last.size + face.size) / 2
    gap = time - track.last_seen
    extrapolated = gap if gap <= EXTRAPOLATION_SECONDS else 0.0
    moved = np.subtract(face.center, last.center)
    distance = float(np.hypot(*moved)) / size
    # Motion only widens the search range and does not affect the cost. Otherwise, two heads that lean
    # together and separate again would be confused.
    deviation = min(distance, float(np.hypot(*(moved - np.multiply(track.velocity, extrapolated)))) / size)
    ratio = max(last.size, face.size) / min(last.size, face.size)
    gate = min(GATE_DISTANCE + GATE_GROWTH * gap, GATE_LIMIT)
    return distance + np.log(ratio) if deviation <= gate and ratio <= MAX_SIZE_RATIO else float("inf")
