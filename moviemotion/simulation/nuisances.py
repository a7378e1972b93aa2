"""An audience that is harder to read: resting faces of their own, hands, popcorn, and seats exchanged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.ndimage import gaussian_filter1d

from moviemotion.emotions import FEELINGS, Emotion
from moviemotion.simulation.rendering.hand import POPCORN
from moviemotion.simulation.synthetic_audience import RATE, Audience

LOOKS_MOVED = 0.5
"""Share of people whose face at rest looks sad, or amused."""
REST = {Emotion.SAD: (0.15, 0.35), Emotion.HAPPY: (0.3, 0.5)}
"""How strongly it does: about a third of people who see it would say so."""
SECONDS_BETWEEN_GESTURES = 60.0
EATERS = 0.4
SECONDS_BETWEEN_BITES = 8.0
SWAPPING = 0.5
"""Share of the rows in which two neighbours once exchange seats."""
SWAP_SECONDS = 5.0


@dataclass(frozen=True)
class Swap:
    """Two neighbours who exchange seats.

    Attributes:
        start, end: seconds in which both are out of the picture.
        left, right: indices of the viewers, by where they sat before.
    """

    start: float
    end: float
    left: int
    right: int


def make_restless(audience: Audience, cameras: Sequence[Sequence[int]]) -> tuple[Audience, tuple[Swap, ...]]:
    """The same audience with more to hide its feelings; what is felt stays.

    Half of the people look somewhat sad or amused at rest. About once a minute a hand comes before the
    mouth, to a cheek or over an eye for some seconds; four in ten eat popcorn for a third of the film. In
    half of the rows two neighbours once leave the picture together and sit down in each other's seat.

    Args:
        cameras: for each camera, the indices of the viewers it sees, from left to right.
    """
    viewers, steps = audience.blinks.shape
    rest = np.zeros_like(audience.rest)
    hand, gesture = np.zeros_like(audience.hand), np.zeros_like(audience.gesture)
    for v in range(viewers):
        rng = np.random.default_rng([audience.seed, 5, v])
        if rng.random() < LOOKS_MOVED:
            looks = Emotion.SAD if rng.random() < 0.5 else Emotion.HAPPY
            rest[v, FEELINGS.index(looks)] = rng.uniform(*REST[looks])
        for start, lasts, kind in _gestures(rng, steps / RATE):
            step = slice(round(start * RATE), round((start + lasts) * RATE))
            hand[v, step], gesture[v, max(0, step.start - RATE) : step.stop + RATE] = 1, kind
    hand = np.asarray(gaussian_filter1d(hand, 0.2 * RATE, axis=1))
    away, moved = audience.away.copy(), audience.moved.copy()
    swaps = tuple(_swaps(audience, cameras, steps / RATE))
    for swap in swaps:
        gone = np.zeros(steps)
        gone[round(swap.start * RATE) : round(swap.end * RATE)] = 1
        gone = gaussian_filter1d(gone, 0.25 * RATE)
        middle = round((swap.start + swap.end) / 2 * RATE)
        for viewer, by in ((swap.left, 1), (swap.right, -1)):
            away[viewer] = np.maximum(away[viewer], gone)
            moved[viewer, middle:] += by
    return replace(audience, rest=rest, hand=hand, gesture=gesture, away=away, moved=moved), swaps


def _gestures(rng: np.random.Generator, seconds: float) -> list[tuple[float, float, int]]:
    """(start, seconds, index into `GESTURES`) of what a viewer's hand does."""
    made = [
        (float(rng.uniform(0, seconds)), float(rng.uniform(2, 6)), int(rng.integers(POPCORN)))
        for _ in range(rng.poisson(seconds / SECONDS_BETWEEN_GESTURES))
    ]
    if rng.random() < EATERS:
        start = float(rng.uniform(0, seconds * 2 / 3))
        bites = rng.poisson(seconds / 3 / SECONDS_BETWEEN_BITES)
        made += [(start + float(rng.uniform(0, seconds / 3)), 0.75, POPCORN) for _ in range(bites)]
    return made


def _swaps(audience: Audience, cameras: Sequence[Sequence[int]], seconds: float) -> list[Swap]:
    swaps = []
    for number, seats in enumerate(cameras):
        rng = np.random.default_rng([audience.seed, 6, number])
        if len(seats) > 1 and rng.random() < SWAPPING:
            start, left = float(rng.uniform(0.3, 0.7)) * seconds, int(rng.integers(len(seats) - 1))
            swaps.append(Swap(start, start + SWAP_SECONDS, seats[left], seats[left + 1]))
    return swaps
