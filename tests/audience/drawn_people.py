"""Images of synthetic people in the dark, with known positions of all faces."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from moviemotion.audience.faces.detect import FaceBox
from moviemotion.emotions import Emotion
from moviemotion.simulation.rendering.face import random_identity, scaled_prototype
from moviemotion.simulation.rendering.render import LEFT, TOP, render_face

Picture = NDArray[np.uint8]
SMILE = scaled_prototype(Emotion.HAPPY, 0.4)


def portrait(number: int, scale: float = 44.0) -> Image.Image:
    """Head and shoulders of an synthetic person; `scale` pixels are half the width of the face."""
    return Image.fromarray(render_face(random_identity(36, number), SMILE, scale))


def scene(width: int, height: int, *people: tuple[int, float, int, int]) -> Picture:
    """A dark frame with people: number, scale, and x and y of the point between eyes and nose."""
    background = Image.new("RGB", (width, height), (34, 32, 42))
    for number, scale, x, y in people:
        figure = portrait(number, scale)
        background.paste(figure, (round(x + LEFT * scale), round(y + TOP * scale)), figure)
    return np.asarray(background)


def overlap(face: FaceBox, left: float, top: float, right: float, bottom: float) -> float:
    """Intersection over union."""
    wide = min(face.right, right) - max(face.left, left)
    high = min(face.bottom, bottom) - max(face.top, top)
    shared = max(wide, 0) * max(high, 0)
    own = (face.right - face.left) * (face.bottom - face.top)
    return shared / (own + (right - left) * (bottom - top) - shared)
