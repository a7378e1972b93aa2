"""Synthetic corruption of faces, as it occurs in real data sets."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image, ImageDraw, ImageFont

CHARACTERS = list("ABCDEFGHJKLMNPQRSTUVWXYZ0123456789?!#&@%")


def solid(rng):
    """One tone, black or white; half of them with sensor noise."""
    gray = rng.choice([0, 255, rng.integers(0, 256)])
    return _bytes(np.full((48, 48), float(gray)) + rng.normal(0, rng.choice([0, 1.5]), (48, 48)))


def noise(rng):
    """Uniform, normal or black-and-white noise."""
    kind = rng.integers(3)
    if kind == 0:
        return rng.integers(0, 256, (48, 48)).astype(np.uint8)
    if kind == 1:
        return _bytes(rng.normal(rng.uniform(80, 170), rng.uniform(20, 60), (48, 48)))
    return ((rng.random((48, 48)) < rng.uniform(0.3, 0.7)) * 255).astype(np.uint8)


def glyph(rng):
    """A large character, a short word, or a page of small text."""
    paper, ink = sorted(
        (int(rng.integers(0, 90)), int(rng.integers(165, 256))), reverse=bool(rng.integers(2))
    )
    image = Image.new("L", (48, 48), paper)
    draw = ImageDraw.Draw(image)
    kind = rng.integers(3)
    if kind < 2:
        text = "".join(rng.choice(CHARACTERS, 1 if kind == 0 else 3))
        size = int(rng.integers(26, 46) if kind == 0 else rng.integers(14, 22))
        draw.text((24, 24), text, fill=ink, font=ImageFont.load_default(size), anchor="mm")
    else:
        size = int(rng.integers(8, 13))
        for y in range(1, 46, size + 2):
            draw.text((1, y), "".join(rng.choice(CHARACTERS, 8)), fill=ink, font=ImageFont.load_default(size))
    return np.asarray(image)


def near_copy(image, rng):
    """The same image shifted by a pixel, relit and recompressed."""
    moved = np.roll(image, rng.integers(-1, 2, 2), (0, 1)).astype(float)
    lit = _bytes(moved * rng.uniform(0.85, 1.15) + rng.uniform(-12, 12))
    buffer = io.BytesIO()
    Image.fromarray(lit).save(buffer, "JPEG", quality=int(rng.integers(50, 91)))
    return np.asarray(Image.open(buffer))


def _bytes(values):
    return values.round().clip(0, 255).astype(np.uint8)
