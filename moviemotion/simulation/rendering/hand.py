"""Draw a hand that covers a mouth, supports a cheek, or is closed around popcorn."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from moviemotion.simulation.rendering.canvas import Canvas, Field
from moviemotion.simulation.rendering.face import Identity

LEFT, TOP, RIGHT, BOTTOM = -0.8, -1.1, 0.8, 3.2
"""The window to be drawn, in face units; the origin is the center of the palm."""
SUPERSAMPLING = 2
"""Supersampling factor of the drawing."""
FINGERS = ((-0.27, 0.68), (-0.09, 0.82), (0.09, 0.78), (0.27, 0.6))
"""The x position at which each finger starts, and the finger's length, in face units."""
POPCORN_KERNELS = ((-0.2, -0.32), (0.02, -0.42), (0.22, -0.3), (-0.08, -0.22), (0.14, -0.16))
"""The x and y position of each popcorn kernel, in face units."""


@dataclass(frozen=True)
class Gesture:
    """The position of a hand relative to a face.

    Attributes:
        place: x and y of the center of the palm, in face units.
        turn: clockwise rotation of the fingers from upright, in degrees.
        popcorn: whether the hand is closed around popcorn.
    """

    place: tuple[float, float]
    turn: float
    popcorn: bool = False


GESTURES: tuple[Gesture, ...] = (
    Gesture((0.0, 1.15), 0.0),  # over the mouth
    Gesture((-0.85, 0.75), 12.0),  # under one cheek
    Gesture((0.15, 0.35), -25.0),  # over the nose and one eye
    Gesture((0.0, 1.2), 0.0, popcorn=True),
)
POPCORN_GESTURE = len(GESTURES) - 1


def draw_hand(identity: Identity, gesture: Gesture, scale: float) -> Image.Image:
    """Draw the hand and forearm of a person.

    Args:
        identity: the person, who determines the colors of skin and sleeve.
        gesture: the gesture, which determines the rotation and the popcorn.
        scale: pixels per face unit.

    Returns:
        A square RGBA image with the center of the palm at its center.
    """
    pixel = 1 / (scale * SUPERSAMPLING)
    c = Canvas.blank(LEFT, TOP, round((RIGHT - LEFT) / pixel), round((BOTTOM - TOP) / pixel), pixel)
    skin = np.array(identity.skin, np.float32) * 0.92
    _limb(c, (0.0, 1.1), (0.0, 3.4), 0.42, np.array(identity.clothing, np.float32))
    _limb(c, (0.0, 0.2), (0.0, 1.0), 0.27, skin)
    _limb(c, (0.0, -0.02), (0.0, 0.28), 0.4, skin)
    if gesture.popcorn:
        for x, y in POPCORN_KERNELS:
            _limb(c, (x, y), (x + 0.04, y + 0.03), 0.12, np.array([236, 222, 178], np.float32))
    for x, length in FINGERS:
        reach = 0.16 if gesture.popcorn else length
        _limb(c, (x, -0.12), (1.12 * x, -0.1 - reach), 0.092, skin)
    _limb(c, (-0.38, 0.2), (-0.52, -0.22), 0.1, skin)
    picture = Image.fromarray(np.dstack([np.clip(c.rgb, 0, 255), c.alpha * 255]).astype(np.uint8))
    half = round(BOTTOM * scale * SUPERSAMPLING)
    around = Image.new("RGBA", (2 * half, 2 * half))
    around.paste(picture, (half + round(LEFT / pixel), half + round(TOP / pixel)))
    turned = around.rotate(-gesture.turn, Image.Resampling.BILINEAR)
    return turned.resize((2 * half // SUPERSAMPLING, 2 * half // SUPERSAMPLING), Image.Resampling.HAMMING)


def _limb(
    c: Canvas, start: tuple[float, float], end: tuple[float, float], radius: float, skin: Field
) -> None:
    """Draw a rounded limb that is lighter along its middle and casts a shadow on anything below it."""
    across, along = end[0] - start[0], end[1] - start[1]
    at = ((c.x - start[0]) * across + (c.y - start[1]) * along) / (across**2 + along**2)
    at = np.clip(at, 0, 1)
    off = np.hypot(c.x - start[0] - at * across, c.y - start[1] - at * along)
    c.darken(np.asarray(np.exp(-np.clip(off - radius, 0, None) / 0.04) * c.alpha, np.float32), 0.35)
    round_ = np.sqrt(np.clip(1 - (off / radius) ** 2, 0, 1))
    light: NDArray[np.float32] = np.asarray(0.62 + 0.42 * round_ - 0.1 * c.x, np.float32)
    c.paint(c.coverage(radius - off), skin * light[..., None])
