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

LEARNING = 5.0
"""Seconds for which a viewer is seen before it is known where they sit and what they wear."""
FORGETTING = 2.0
"""Time constant in seconds of what they wear now and where they are now."""
AWAY = 2.0
"""Seconds after which a viewer who was not seen is out of sight, and not compared."""
CLOTHES_MARGIN = 0.4
"""By how much more alike each must look to the other's clothes than to their own, as a share of how unlike
these are: in the dark two people's clothes differ less …"""
LEAST_CLOTHES_MARGIN = 0.12
"""… but at least this much, on a scale from 0 to 1."""
PLACE_MARGIN = 1.5
"""Face sizes by which each must be nearer to the other's place than to their own."""
_BINS = np.linspace(-2.5, 1.5, 13)


@dataclass(frozen=True)
class Exchange:
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
class _Sitter:
    """One track: mean clothes and place over its first seconds, and now.

    Attributes:
        learnt: seconds of it that were seen so far.
        gone, back: when it was last out of sight for `AWAY` or longer; NaN if never.
    """

    time: float
    clothes: Float
    place: Float
    clothes_now: Float
    place_now: Float
    size: float
    learnt: float = 0.0
    samples: int = 1
    gone: float = np.nan
    back: float = np.nan


@dataclass
class ExchangeWatch:
    """Follows the tracks of one camera and notes exchanges; a constant amount of memory a track."""

    found: list[Exchange] = field(default_factory=list)
    _sitters: dict[int, _Sitter] = field(default_factory=dict)
    _checked: float = -np.inf

    def see(self, time: float, image: NDArray[np.uint8], faces: list[FaceBox], tracks: list[int]) -> None:
        """Take in one frame.

        Args:
            time: seconds of film time.
            image: (height, width, 3) uint8 RGB.
            faces: in it, and `tracks` whose they are.
        """
        if len(faces) > 1 or self._sitters:
            for face, track in zip(faces, tracks, strict=True):
                worn = clothes(image, face)
                if worn is not None:
                    self._add(time, track, face, worn)
        if time - self._checked >= 1:
            self._checked = time
            self._compare(time)

    def _add(self, time: float, track: int, face: FaceBox, worn: Float) -> None:
        place = np.array(face.centre)
        sitter = self._sitters.get(track)
        if sitter is None:
            self._sitters[track] = _Sitter(time, worn, place, worn, place, face.size)
            return
        step = min(time - sitter.time, 1.0)
        if time - sitter.time >= AWAY:
            sitter.gone, sitter.back = sitter.time, time
        if sitter.learnt < LEARNING:
            sitter.samples += 1
            sitter.clothes = sitter.clothes + (worn - sitter.clothes) / sitter.samples
            sitter.place = sitter.place + (place - sitter.place) / sitter.samples
            sitter.learnt += step
        new = 1 - np.exp(-(time - sitter.time) / FORGETTING)
        sitter.clothes_now = sitter.clothes_now + new * (worn - sitter.clothes_now)
        sitter.place_now = sitter.place_now + new * (place - sitter.place_now)
        sitter.size += new * (face.size - sitter.size)
        sitter.time = time

    def _compare(self, time: float) -> None:
        here = [k for k, s in self._sitters.items() if s.learnt >= LEARNING and time - s.time <= AWAY]
        for i, first in enumerate(here):
            for second in here[i + 1 :]:
                a, b = self._sitters[first], self._sitters[second]
                moved = _gain(a.place_now, b.place_now, a.place, b.place, _distance) / (
                    0.5 * (a.size + b.size)
                )
                dressed = _gain(a.clothes_now, b.clothes_now, a.clothes, b.clothes, _unlike)
                if moved > PLACE_MARGIN:
                    a.place, b.place = b.place, a.place
                    self.found.append(Exchange(time, first, second, followed=True))
                elif dressed > max(CLOTHES_MARGIN * _unlike(a.clothes, b.clothes), LEAST_CLOTHES_MARGIN):
                    a.clothes, b.clothes = b.clothes, a.clothes
                    together = max(a.gone, b.gone) < min(a.back, b.back)
                    since = max(a.back, b.back) if together else time
                    self.found.append(Exchange(since, first, second, followed=False))


def clothes(image: NDArray[np.uint8], face: FaceBox) -> Float | None:
    """What is seen below a face: a histogram of each colour, in steps of its log ratio to the face's light.

    The ratio keeps the screen's flicker out. In infrared the three colours are one, and dark clothes still
    differ from light ones.

    Args:
        image: (height, width, 3) uint8 RGB.

    Returns:
        (36,) that sums to 1, or None where the picture ends below the face.
    """
    x, size = face.centre[0], face.size
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


def _gain(a: Float, b: Float, own_a: Float, own_b: Float, distance: Callable[[Float, Float], float]) -> float:
    """How much nearer a and b are to each other's past than to their own; the less certain of the two."""
    return min(distance(a, own_a) - distance(a, own_b), distance(b, own_b) - distance(b, own_a))


def _distance(a: Float, b: Float) -> float:
    return float(np.hypot(*(a - b)))


def _unlike(a: Float, b: Float) -> float:
    """Hellinger distance of two histograms, 0–1."""
    return float(np.sqrt(max(0.0, 1 - np.sqrt(a * b).sum())))
