"""Make a synthetic audience harder to read by adding resting expressions, hands, popcorn and seat swaps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.ndimage import gaussian_filter1d

from moviemotion.emotions import NON_NEUTRAL_EMOTIONS, Emotion
from moviemotion.simulation.rendering.hand import POPCORN_GESTURE
from moviemotion.simulation.synthetic_audience import FRAME_RATE, SyntheticAudience

RESTING_EXPRESSION_SHARE = 0.5
"""Fraction of viewers whose faces look sad or amused at rest."""
RESTING_INTENSITY = {Emotion.SAD: (0.15, 0.35), Emotion.HAPPY: (0.3, 0.5)}
"""Intensity range of this resting expression; about a third of annotators would label it with the emotion."""
SECONDS_BETWEEN_GESTURES = 60.0
POPCORN_EATER_SHARE = 0.4
SECONDS_BETWEEN_BITES = 8.0
SEAT_SWAP_SHARE = 0.5
"""Fraction of cameras with several viewers in which two neighbors swap seats once."""
SEAT_SWAP_SECONDS = 5.0


@dataclass(frozen=True)
class SeatSwap:
    """Two neighbors who swap seats.

    Attributes:
        start, end: time span in seconds during which both are out of the frame.
        left, right: indices of the viewers, according to their original seats.
    """

    start: float
    end: float
    left: int
    right: int


def add_nuisances(
    audience: SyntheticAudience, cameras: Sequence[Sequence[int]]
) -> tuple[SyntheticAudience, tuple[SeatSwap, ...]]:
    """Add conditions that hide emotions from a camera, leaving the emotions themselves unchanged.

    Half of the viewers look somewhat sad or amused at rest. About once a minute, a hand covers the mouth, a
    cheek or an eye for a few seconds; four in ten viewers eat popcorn for a third of the film. In half of the
    rows, two neighbors leave the frame together once and return to each other's seats.

    Args:
        audience: the original audience, which is not modified.
        cameras: for each camera, the indices of its viewers from left to right.

    Returns:
        The new audience and its seat swaps.
    """
    viewers, steps = audience.eye_closure.shape
    rest = np.zeros_like(audience.resting_intensity)
    hand, gesture = np.zeros_like(audience.hand_raised), np.zeros_like(audience.gesture)
    for v in range(viewers):
        rng = np.random.default_rng([audience.seed, 5, v])
        if rng.random() < RESTING_EXPRESSION_SHARE:
            looks = Emotion.SAD if rng.random() < 0.5 else Emotion.HAPPY
            rest[v, NON_NEUTRAL_EMOTIONS.index(looks)] = rng.uniform(*RESTING_INTENSITY[looks])
        for start, lasts, kind in _random_gestures(rng, steps / FRAME_RATE):
            step = slice(round(start * FRAME_RATE), round((start + lasts) * FRAME_RATE))
            hand[v, step], gesture[v, max(0, step.start - FRAME_RATE) : step.stop + FRAME_RATE] = 1, kind
    hand = np.asarray(gaussian_filter1d(hand, 0.2 * FRAME_RATE, axis=1))
    away, moved = audience.out_of_frame.copy(), audience.seat_shift.copy()
    swaps = tuple(_random_seat_swaps(audience, cameras, steps / FRAME_RATE))
    for swap in swaps:
        gone = np.zeros(steps)
        gone[round(swap.start * FRAME_RATE) : round(swap.end * FRAME_RATE)] = 1
        gone = gaussian_filter1d(gone, 0.25 * FRAME_RATE)
        middle = round((swap.start + swap.end) / 2 * FRAME_RATE)
        for viewer, by in ((swap.left, 1), (swap.right, -1)):
            away[viewer] = np.maximum(away[viewer], gone)
            moved[viewer, middle:] += by
    return replace(
        audience,
        resting_intensity=rest,
        hand_raised=hand,
        gesture=gesture,
        out_of_frame=away,
        seat_shift=moved,
    ), swaps


def _random_gestures(rng: np.random.Generator, seconds: float) -> list[tuple[float, float, int]]:
    """Gestures of one viewer: start and duration in seconds, and an index into `hand.GESTURES`."""
    made = [
        (float(rng.uniform(0, seconds)), float(rng.uniform(2, 6)), int(rng.integers(POPCORN_GESTURE)))
        for _ in range(rng.poisson(seconds / SECONDS_BETWEEN_GESTURES))
    ]
    if rng.random() < POPCORN_EATER_SHARE:
        start = float(rng.uniform(0, seconds * 2 / 3))
        bites = rng.poisson(seconds / 3 / SECONDS_BETWEEN_BITES)
        made += [(start + float(rng.uniform(0, seconds / 3)), 0.75, POPCORN_GESTURE) for _ in range(bites)]
    return made


def _random_seat_swaps(
    audience: SyntheticAudience, cameras: Sequence[Sequence[int]], seconds: float
) -> list[SeatSwap]:
    swaps = []
    for number, seats in enumerate(cameras):
        rng = np.random.default_rng([audience.seed, 6, number])
        if len(seats) > 1 and rng.random() < SEAT_SWAP_SHARE:
            start, left = float(rng.uniform(0.3, 0.7)) * seconds, int(rng.integers(len(seats) - 1))
            swaps.append(SeatSwap(start, start + SEAT_SWAP_SECONDS, seats[left], seats[left + 1]))
    return swaps
