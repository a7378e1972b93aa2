"""Have two viewers of one camera changed places? Told by where they sit and what they wear.

What somebody wears is kept as a few numbers in memory while the camera is watched, and never written.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from moviemotion.audience.faces.detect import FaceBox

Float = NDArray[np.float64]

REFERENCE_SECONDS = 5.0
"""Seconds for which a viewer is seen before it is known where they sit and what they wear."""
SMOOTHING_TIME_CONSTANT = 2.0
"""Time constant in seconds of what they wear now and where they are now."""
OUT_OF_SIGHT_SECONDS = 2.0
"""Seconds after which a viewer who was not seen is out of sight, and not compared."""
CLOTHING_MARGIN = 0.4
"""By how much more alike each must look to the other's clothes than to their own, as a share of how unlike
these are: in the dark two people's clothes differ less …"""
MIN_CLOTHING_MARGIN = 0.12
"""… but at least this much, on a scale from 0 to 1."""
POSITION_MARGIN = 1.5
"""Face sizes by which each must be nearer to the other's place than to their own."""
_BINS = np.linspace(-2.5, 1.5, 13)


@dataclass(frozen=True)
class IdentitySwitch:
    """Two viewers who changed places.

    Attributes:
        time: seconds of film time from which each sat in the other's place: where both were out of sight
            together, when both were back; else when it was certain.
        first, second: who.
        followed: true where the samples went with the person; false where they stayed with the seat, so
            that from here on those of each are the other's.
    """

    time: float
    first: int
    second: int
    followed: bool


@dataclass
class _TrackAppearance:
    """One track: mean clothes and place over its first seconds, and now.

    Attributes:
        learnt: seconds of it that were seen so far.
        gone, back: when it was last out of sight for `AWAY` or longer; NaN if never.
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
    """Follows the tracks of one camera and notes exchanges; a constant amount of memory a track."""

    switches: list[IdentitySwitch] = field(default_factory=list)
    _appearances: dict[int, _TrackAppearance] = field(default_factory=dict)
    _last_check: float = -np.inf

    def update(self, time: float, image: NDArray[np.uint8], faces: list[FaceBox], tracks: list[int]) -> None:
        """Take in one frame.

        Args:
            time: seconds of film time.
            image: (height, width, 3) uint8 RGB.
            faces: in it, and `tracks` whose they are.
        """
        if len(faces) > 1 or self._appearances:
            for face, track in zip(faces, tracks, strict=True):
                worn = clothing_histogram(image, face)
                if worn is not None:
                    self._add(time, track, face, worn)
        if time - self._last_check >= 1:
            self._last_check = time
            self._compare(time)

    def _add(self, time: float, track: int, face: FaceBox, worn: Float) -> None:
        place = np.array(face.center)
        sitter = self._appearances.get(track)
        if sitter is None:
            self._appearances[track] = _TrackAppearance(time, worn, place, worn, place, face.size)
            return
        step = min(time - sitter.time, 1.0)
        if time - sitter.time >= OUT_OF_SIGHT_SECONDS:
            sitter.left_at, sitter.returned_at = sitter.time, time
        if sitter.seconds_seen < REFERENCE_SECONDS:
            sitter.samples += 1
            sitter.reference_clothing = (
                sitter.reference_clothing + (worn - sitter.reference_clothing) / sitter.samples
            )
            sitter.reference_position = (
                sitter.reference_position + (place - sitter.reference_position) / sitter.samples
            )
            sitter.seconds_seen += step
        new = 1 - np.exp(-(time - sitter.time) / SMOOTHING_TIME_CONSTANT)
        sitter.current_clothing = sitter.current_clothing + new * (worn - sitter.current_clothing)
        sitter.current_position = sitter.current_position + new * (place - sitter.current_position)
        sitter.size += new * (face.size - sitter.size)
        sitter.time = time

    def _compare(self, time: float) -> None:
        here = [
            k
            for k, s in self._appearances.items()
            if s.seconds_seen >= REFERENCE_SECONDS and time - s.time <= OUT_OF_SIGHT_SECONDS
        ]
        for i, first in enumerate(here):
            for second in here[i + 1 :]:
                a, b = self._appearances[first], self._appearances[second]
                moved = _switch_gain(
                    a.current_position,
                    b.current_position,
                    a.reference_position,
                    b.reference_position,
                    _euclidean_distance,
                ) / (0.5 * (a.size + b.size))
                dressed = _switch_gain(
                    a.current_clothing,
                    b.current_clothing,
                    a.reference_clothing,
                    b.reference_clothing,
                    _hellinger_distance,
                )
                if moved > POSITION_MARGIN:
                    a.reference_position, b.reference_position = b.reference_position, a.reference_position
                    self.switches.append(IdentitySwitch(time, first, second, followed=True))
                elif dressed > max(
                    CLOTHING_MARGIN * _hellinger_distance(a.reference_clothing, b.reference_clothing),
                    MIN_CLOTHING_MARGIN,
                ):
                    a.reference_clothing, b.reference_clothing = b.reference_clothing, a.reference_clothing
                    together = max(a.left_at, b.left_at) < min(a.returned_at, b.returned_at)
                    since = max(a.returned_at, b.returned_at) if together else time
                    self.switches.append(IdentitySwitch(since, first, second, followed=False))


def clothing_histogram(image: NDArray[np.uint8], face: FaceBox) -> Float | None:
    """What is seen below a face: a histogram of each colour, in steps of its log ratio to the face's light.

    The ratio keeps the screen's flicker out. In infrared the three colours are one, and dark clothes still
    differ from light ones.

    Args:
        image: (height, width, 3) uint8 RGB.

    Returns:
        (36,) that sums to 1, or None where the picture ends below the face.
    """
    x, size = face.center[0], face.size
    top, bottom = round(face.bottom + 0.2 * size), round(face.bottom + 0.8 * size)
    left, right = max(0, round(x - 0.5 * size)), round(x + 0.5 * size)
    below = image[max(0, top) : max(0, bottom), left : max(0, right)]
    if below.shape[0] < 0.15 * size or below.shape[1] < 0.5 * size:
        return None
    own = image[max(0, round(face.top)) : round(face.bottom), max(0, round(face.left)) : round(face.right)]
    if not own.size:
        return None
    step = max(1, int(size) // 16)
    light = own[::step, ::step].mean() + 1
    ratio = np.log((below[::step, ::step].reshape(-1, 3) + 1.0) / light).clip(_BINS[0], _BINS[-1])
    counts = np.concatenate([np.histogram(colour, _BINS)[0] for colour in ratio.T])
    return counts / counts.sum()


def _switch_gain(
    a: Float, b: Float, own_a: Float, own_b: Float, distance: Callable[[Float, Float], float]
) -> float:
    """How much nearer a and b are to each other's past than to their own; the less certain of the two."""
    return min(distance(a, own_a) - distance(a, own_b), distance(b, own_b) - distance(b, own_a))


def _euclidean_distance(a: Float, b: Float) -> float:
    return float(np.hypot(*(a - b)))


def _hellinger_distance(a: Float, b: Float) -> float:
    """Hellinger distance of two histograms, 0–1."""
    return float(np.sqrt(max(0.0, 1 - np.sqrt(a * b).sum())))
