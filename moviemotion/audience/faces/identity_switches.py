"""Detect that two viewers of one camera have changed places, from their positions and their clothing.

Nobody is recognized by their face. For each track, the detector records the viewer's position and clothing in
the first seconds (the reference) and compares them with the current ones:

- If each of two viewers is now nearer to the other viewer's reference position, the tracks followed them to
  their new seats.
- If each viewer's clothing now matches the other viewer's reference, they changed places unseen and the
  tracks stayed with the seats: from then on, each track shows the other person.

Clothing is described by a histogram of 36 values. It is held in memory while the camera is processed and is
never written to disk.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from moviemotion.audience.faces.detect import FaceBox

Float = NDArray[np.float64]

REFERENCE_SECONDS = 5.0
"""Number of seconds for which a viewer must be seen to establish the reference position and clothing."""
SMOOTHING_TIME_CONSTANT = 2.0
"""Time constant in seconds of the current position and clothing, which are smoothed exponentially."""
OUT_OF_SIGHT_SECONDS = 2.0
"""Seconds without a detection after which a viewer counts as out of sight and is not compared."""
CLOTHING_MARGIN = 0.4
"""How much nearer each viewer's clothing must be to the other viewer's reference than to their own, as a
fraction of the distance between the two references. It is a fraction because clothes differ less in the
dark."""
MIN_CLOTHING_MARGIN = 0.12
"""Minimum value of the clothing margin, as a Hellinger distance from 0 to 1."""
POSITION_MARGIN = 1.5
"""How much nearer each viewer must be to the other's reference position than to their own, in face sizes."""
_BINS = np.linspace(-2.5, 1.5, 13)
"""Edges of the histogram bins, as logarithms of brightness relative to the face."""


@dataclass(frozen=True)
class IdentitySwitch:
    """A switch in which two viewers change places with each other.

    Attributes:
        time: film time in seconds from which each viewer sat in the other's place. If both were out of sight
            at the same time, this is when both had returned; otherwise it is when the switch was detected.
        first, second: tracks, or indices of viewers in `Samples`.
        followed: true if the samples stayed with the person; false if they stayed with the seat, so that from
            this time on, each viewer's samples show the other person.
    """

    time: float
    first: int
    second: int
    followed: bool


@dataclass
class _TrackAppearance:
    """Position and clothing of one track: the mean over its first seconds, and the current values.

    Attributes:
        time: film time in seconds at which the track was last seen.
        size: smoothed face size in pixels.
        seconds_seen: number of seconds included in the reference, up to `REFERENCE_SECONDS`.
        samples: number of samples included in the reference.
        left_at, returned_at: start and end of the last period out of sight; NaN if there was none.
    """

    time: float
    reference_clothing: Float
    reference_position: Float
    current_clothing: Float
    current_position: Float
    size: float
    seconds_seen: float = 0.0
    samples: int = 1
    left_at: float = np.nan
    returned_at: float = np.nan


@dataclass
class IdentitySwitchDetector:
    """Detects identity switches in one camera, using constant memory per track.

    Attributes:
        switches: the switches detected so far, in order of detection.
    """

    switches: list[IdentitySwitch] = field(default_factory=list)
    _appearances: dict[int, _TrackAppearance] = field(default_factory=dict)
    _last_check: float = -np.inf

    def update(self, time: float, image: NDArray[np.uint8], faces: list[FaceBox], tracks: list[int]) -> None:
        """Add one frame.

        Args:
            time: seconds of film time.
            image: (height, width, 3) uint8 RGB.
            faces: the faces in the frame.
            tracks: the track of each face.
        """
        if len(faces) > 1 or self._appearances:
            for face, track in zip(faces, tracks, strict=True):
                clothing = clothing_histogram(image, face)
                if clothing is not None:
                    self._add(time, track, face, clothing)
        if time - self._last_check >= 1:
            self._last_check = time
            self._compare(time)

    def convert(self, zoom: tuple[float, float], shift: tuple[float, float]) -> None:
        """Convert all positions after the camera was moved or the picture resized."""
        for seen in self._appearances.values():
            seen.reference_position = seen.reference_position * zoom + shift
            seen.current_position = seen.current_position * zoom + shift
            seen.size *= float(np.sqrt(zoom[0] * zoom[1]))

    def _add(self, time: float, track: int, face: FaceBox, clothing: Float) -> None:
        position = np.array(face.center)
        seen = self._appearances.get(track)
        if seen is None:
            self._appearances[track] = _TrackAppearance(
                time, clothing, position, clothing, position, face.size
            )
            return
        step = min(time - seen.time, 1.0)
        if time - seen.time >= OUT_OF_SIGHT_SECONDS:
            seen.left_at, seen.returned_at = seen.time, time
        if seen.seconds_seen < REFERENCE_SECONDS:
            seen.samples += 1
            seen.reference_clothing = (
                seen.reference_clothing + (clothing - seen.reference_clothing) / seen.samples
            )
            seen.reference_position = (
                seen.reference_position + (position - seen.reference_position) / seen.samples
            )
            seen.seconds_seen += step
        # The weight of this sample in an exponential average over irregular time steps.
        new = 1 - np.exp(-(time - seen.time) / SMOOTHING_TIME_CONSTANT)
        seen.current_clothing = seen.current_clothing + new * (clothing - seen.current_clothing)
        seen.current_position = seen.current_position + new * (position - seen.current_position)
        seen.size += new * (face.size - seen.size)
        seen.time = time

    def _compare(self, time: float) -> None:
        in_sight = [
            track
            for track, seen in self._appearances.items()
            if seen.seconds_seen >= REFERENCE_SECONDS and time - seen.time <= OUT_OF_SIGHT_SECONDS
        ]
        for i, first in enumerate(in_sight):
            for second in in_sight[i + 1 :]:
                a, b = self._appearances[first], self._appearances[second]
                position_gain = _switch_gain(
                    a.current_position,
                    b.current_position,
                    a.reference_position,
                    b.reference_position,
                    _euclidean_distance,
                ) / (0.5 * (a.size + b.size))
                clothing_gain = _switch_gain(
                    a.current_clothing,
                    b.current_clothing,
                    a.reference_clothing,
                    b.reference_clothing,
                    hellinger_distance,
                )
                if position_gain > POSITION_MARGIN:
                    a.reference_position, b.reference_position = b.reference_position, a.reference_position
                    self.switches.append(IdentitySwitch(time, first, second, followed=True))
                elif clothing_gain > max(
                    CLOTHING_MARGIN * hellinger_distance(a.reference_clothing, b.reference_clothing),
                    MIN_CLOTHING_MARGIN,
                ):
                    a.reference_clothing, b.reference_clothing = b.reference_clothing, a.reference_clothing
                    together = max(a.left_at, b.left_at) < min(a.returned_at, b.returned_at)
                    since = max(a.returned_at, b.returned_at) if together else time
                    self.switches.append(IdentitySwitch(since, first, second, followed=False))


def clothing_histogram(image: NDArray[np.uint8], face: FaceBox) -> Float | None:
    """Histogram of the colors below a face, relative to the face's brightness.

    Dividing by the brightness of the face removes the flicker of the screen. In infrared, the three channels
    are equal, but dark clothes still differ from light clothes.

    Args:
        image: (height, width, 3) uint8 RGB.
        face: a face in the image.

    Returns:
        (36,) fractions that sum to 1, 12 for each channel; None if the face is too close to the bottom of the
        frame.
    """
    down = 0.2 * face.size
    return color_histogram(image, face, (-0.5, 0.5), face.bottom + down, face.bottom + 4 * down, 0.15)


def color_histogram(
    image: NDArray[np.uint8],
    face: FaceBox,
    across: tuple[float, float],
    top: float,
    bottom: float,
    min_height: float,
) -> Float | None:
    """Histogram of the colors in a rectangle near a face, relative to the face's brightness.

    Args:
        image: (height, width, 3) uint8 RGB.
        face: a face in the image.
        across: left and right of the rectangle, in face sizes from the center of the face.
        top, bottom: rows in pixels.
        min_height: smallest height within the frame, in face sizes.

    Returns:
        (36,) fractions that sum to 1, 12 for each channel; None if too little of the rectangle lies within
        the frame.
    """
    x, size = face.center[0], face.size
    first, last = max(0, round(top)), max(0, round(bottom))
    left, right = max(0, round(x + across[0] * size)), round(x + across[1] * size)
    near = image[first:last, left:right]
    if near.shape[0] < min_height * size or near.shape[1] < 0.5 * (across[1] - across[0]) * size:
        return None
    own = image[max(0, round(face.top)) : round(face.bottom), max(0, round(face.left)) : round(face.right)]
    if not own.size or not near.size:
        return None
    step = max(1, int(size) // 16)
    light = own[::step, ::step].mean() + 1
    ratio = np.log((near[::step, ::step].reshape(-1, 3) + 1.0) / light)
    bins = len(_BINS) - 1
    bin_of_pixel = ((ratio - _BINS[0]) * bins / (_BINS[-1] - _BINS[0])).clip(0, bins - 1).astype(np.int64)
    counts = np.bincount((bin_of_pixel + bins * np.arange(3)).ravel(), minlength=3 * bins)
    return counts / counts.sum()


def _switch_gain(
    a: Float, b: Float, own_a: Float, own_b: Float, distance: Callable[[Float, Float], float]
) -> float:
    """How much nearer a and b are to each other's references than to their own: the smaller of the two."""
    return min(distance(a, own_a) - distance(a, own_b), distance(b, own_b) - distance(b, own_a))


def _euclidean_distance(a: Float, b: Float) -> float:
    return float(np.hypot(*(a - b)))


def hellinger_distance(a: Float, b: Float) -> float:
    """Hellinger distance between two histograms that sum to 1, from 0 to 1."""
    return float(np.sqrt(max(0.0, 1 - np.sqrt(a * b).sum())))
