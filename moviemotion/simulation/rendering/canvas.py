"""A canvas in face units, and soft-edged shapes to paint on it.

The origin is between the eyes and the nose, with x to the right and y down. One unit is half the width of an
average face: the cheekbones are at x = ±1, the chin at y = 1.4, the top of the skull at y = −1.54, and the
eyes halfway between, as drawing manuals recommend.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Field = NDArray[np.float32]
Size = float | Field

SHADE_COLOR_FACTORS = np.array([0.8, 1.0, 1.05], np.float32)
"""Loss of each color channel in shade; shaded skin keeps its red."""


@dataclass(frozen=True)
class Canvas:
    """An image, or a view of part of an image that shares its pixels.

    Attributes:
        x: (1, W) position of each column in face units.
        y: (H, 1) position of each row in face units.
        rgb: (H, W, 3) float32, 0–255.
        alpha: (H, W) float32, 0–1.
        pixel: face units per pixel.
    """

    x: Field
    y: Field
    rgb: Field
    alpha: Field
    pixel: float

    @classmethod
    def blank(cls, left: float, top: float, width: int, height: int, pixel: float) -> Canvas:
        """Create a transparent canvas of width × height pixels, with its top left corner at (left, top)."""
        x = (left + pixel * (np.arange(width, dtype=np.float32) + 0.5))[None, :]
        y = (top + pixel * (np.arange(height, dtype=np.float32) + 0.5))[:, None]
        rgb, alpha = np.zeros((height, width, 3), np.float32), np.zeros((height, width), np.float32)
        return cls(x, y, rgb, alpha, pixel)

    def slices(self, left: float, top: float, right: float, bottom: float) -> tuple[slice, slice]:
        """The rows and columns of a rectangle specified in face units."""
        rows = np.searchsorted(self.y[:, 0], (top, bottom))
        columns = np.searchsorted(self.x[0], (left, right))
        return slice(int(rows[0]), int(rows[1])), slice(int(columns[0]), int(columns[1]))

    def view(self, left: float, top: float, right: float, bottom: float) -> Canvas:
        """A view of a rectangle of this canvas, which shares its pixels: painting on one changes both."""
        rows, columns = self.slices(left, top, right, bottom)
        return Canvas(
            self.x[:, columns], self.y[rows], self.rgb[rows, columns], self.alpha[rows, columns], self.pixel
        )

    def coverage(self, distance: ArrayLike) -> Field:
        """Convert a signed distance in face units, positive inside, to antialiased coverage, 0–1."""
        covered: Field = np.clip(np.asarray(distance, np.float32) / self.pixel + 0.5, 0, 1)
        return covered

    def spot(self, x: float, y: float, rx: float, ry: float) -> Field:
        """A soft elliptical spot with the value 1 at its center."""
        across, down = np.exp(-(((self.x - x) / rx) ** 2)), np.exp(-(((self.y - y) / ry) ** 2))
        return np.asarray(across * down, np.float32)

    def ellipse(self, x: float, y: float, rx: float, ry: float) -> Field:
        """The coverage of an ellipse."""
        radius = np.sqrt(((self.x - x) / rx) ** 2 + ((self.y - y) / ry) ** 2)
        return self.coverage((1 - radius) * min(rx, ry))

    def stroke(self, curve: Size, thickness: Size, inside: Size = 1.0) -> Field:
        """A soft line along y = curve(x), multiplied by `inside`."""
        return np.asarray(np.exp(-(((self.y - curve) / thickness) ** 2)) * inside, np.float32)

    def band(self, top: Size, bottom: Size) -> Field:
        """The coverage of the band between two curves over x."""
        return self.coverage(self.y - top) * self.coverage(bottom - self.y)

    def paint(self, mask: Field, color: ArrayLike) -> None:
        """Paint a color, RGB or (H, W, 3), with the opacity `mask`."""
        self.rgb[...] += (np.asarray(color, np.float32) - self.rgb) * mask[..., None]
        np.maximum(self.alpha, mask, out=self.alpha)

    def darken(self, mask: Field, amount: float) -> None:
        """Darken the image with the opacity `mask`."""
        self.rgb[...] *= 1 - np.clip(mask, 0, 1)[..., None] * (SHADE_COLOR_FACTORS * amount)
