"""Hands, and things in hands, drawn before faces, with where they lie: what a judge of cover learns from.

No data set says which audience faces are covered. Faces of any data set can be: a hand is a palm, fingers
and a forearm, each a stick with round ends, in about the face's own tone; a thing is a rounded box of any
tone and pattern. What matters is that they vary, in place, size, turn, light and edge.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from moviemotion.lab.data.dataset import FACE_SIZE

Point = tuple[Tensor, Tensor]
"""(n,) x and (n,) y, in pixels."""

SIDE = FACE_SIZE
HANDS, THINGS = 0.42, 0.13
"""Share of the faces that get one."""
FINGERS = (-0.75, -0.25, 0.25, 0.75)
"""Where they start, in half palms from its middle."""
SMALL = (30, 20, 14)
"""Pixels of faces that are far away, or blurred."""
DOWN, ACROSS = torch.meshgrid(torch.arange(SIDE) + 0.5, torch.arange(SIDE) + 0.5, indexing="ij")


class Painter:
    """Covers faces, and spoils the picture as cameras do."""

    def __init__(self, seed: int) -> None:
        self.generator = torch.Generator().manual_seed(seed)

    def paint(self, faces: Tensor) -> tuple[Tensor, Tensor]:
        """Some of the faces covered, all of them moved, lit, blurred and noisy.

        Args:
            faces: (n, 48, 48) float32, grey 0–255.

        Returns:
            (n, 48, 48) the pictures, grey 0–255; (n, 48, 48) how far each pixel shows something before the
            face, 0–1.
        """
        pictures, kind = self._moved(faces), self._uniform(0, 1, len(faces))
        cover = torch.zeros_like(pictures)
        things = (kind >= HANDS) & (kind < HANDS + THINGS)
        for chosen, draw in ((kind < HANDS, self._hand), (things, self._thing)):
            if chosen.any():
                pictures[chosen], cover[chosen] = draw(pictures[chosen])
        return self._seen(pictures), cover

    def _uniform(self, low: float, high: float, *shape: int) -> Tensor:
        return torch.rand(*shape, generator=self.generator) * (high - low) + low

    def _normal(self, *shape: int) -> Tensor:
        return torch.randn(*shape, generator=self.generator)

    def _chance(self, share: float, n: int) -> Tensor:
        return self._uniform(0, 1, n) < share

    def _side(self, n: int) -> Tensor:
        return torch.where(self._chance(0.5, n), -1.0, 1.0)

    def _blotches(self, n: int, size: int) -> Tensor:
        """(n, 48, 48) smooth noise of deviation 1."""
        coarse = self._normal(n, 1, SIDE // size, SIDE // size)
        return F.interpolate(coarse, size=SIDE, mode="bicubic", align_corners=False)[:, 0]

    def _moved(self, faces: Tensor) -> Tensor:
        n = len(faces)
        turn, scale = self._uniform(-0.15, 0.15, n), 1 + self._uniform(-0.12, 0.12, n)
        flip = self._side(n)
        theta = torch.zeros(n, 2, 3)
        theta[:, 0, 0], theta[:, 0, 1] = flip * scale * turn.cos(), -scale * turn.sin()
        theta[:, 1, 0], theta[:, 1, 1] = flip * scale * turn.sin(), scale * turn.cos()
        theta[:, :, 2] = self._uniform(-0.08, 0.08, n, 2)
        grid = F.affine_grid(theta, [n, 1, SIDE, SIDE], align_corners=False)
        return F.grid_sample(faces[:, None], grid, padding_mode="border", align_corners=False)[:, 0]

    def _hand(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        n, uniform = len(pictures), self._uniform
        skin = _middle_tone(pictures) * uniform(0.6, 1.3, n)
        half = uniform(5, 10, n)
        # Most hands come from below, some from a side.
        turn = uniform(-1, 1, n) ** 3 * 1.5 + torch.where(self._chance(0.15, n), 1.4 * self._side(n), 0.0)
        x, y = SIDE / 2 + 9 * self._normal(n), uniform(14, 50, n)
        up_x, up_y = turn.sin(), -turn.cos()
        roundness, shadow = uniform(0, 0.6, n), uniform(0, 0.55, n)
        curled = torch.where(self._chance(0.3, n), uniform(0.1, 0.45, n), 1.0)
        length, thick = half * uniform(1.2, 2.1, n) * curled, half * uniform(0.2, 0.28, n)
        sleeve = torch.where(self._chance(0.4, n), uniform(0.2, 1.6, n), 1.0)
        spread, always = uniform(0, 0.35, n), torch.ones(n)

        def at(across: Tensor | float, along: Tensor | float) -> Point:
            """A point of the hand, in half palms from the palm's middle."""
            return x + half * (along * up_x - across * up_y), y + half * (along * up_y + across * up_x)

        cover = torch.zeros_like(pictures)

        def stick(start: Point, end: Point, radius: Tensor, tone: Tensor, there: Tensor) -> None:
            nonlocal pictures, cover
            off = _distance(start, end) - _pixels(radius)
            here = (0.5 - off).clamp(0, 1) * _pixels(there)
            pictures = pictures * (1 - _pixels(shadow * there) * torch.exp(-off.clamp_min(0) / 1.2))
            bulge = (1 - (1 + off / _pixels(radius)).clamp(0, 1) ** 2).sqrt()
            light = 1 - _pixels(roundness) * (1 - bulge)
            pictures = torch.lerp(pictures, _pixels(tone) * light, here)
            cover = torch.maximum(cover, here)

        stick(at(0, -1), at(0, -9), half * uniform(0.55, 0.95, n), skin * sleeve, always)
        stick(at(0, -0.6), at(0, 0.3), half, skin, always)
        for across in FINGERS:
            points = turn + 1.3 * spread * across + 0.06 * self._normal(n)
            reach = length * (1 - 0.25 * abs(across) + 0.1 * self._normal(n)).clamp(0.2, 1.4)
            start = at(across, 0.6)
            end = start[0] + reach * points.sin(), start[1] - reach * points.cos()
            tone = skin * uniform(0.92, 1.08, n)
            stick(start, end, thick * (1 - 0.12 * abs(across)), tone, self._chance(0.93, n).float())
        side = self._side(n)
        points, reach = turn + side * uniform(0.4, 1.4, n), half * uniform(0.5, 1.2, n)
        start = at(0.9 * side, 0)
        end = start[0] + reach * points.sin(), start[1] - reach * points.cos()
        stick(start, end, 1.1 * thick, skin, self._chance(0.75, n).float())
        texture = self._blotches(n, 6) * _pixels(uniform(0, 0.07, n) * skin)
        return pictures + cover * texture, cover

    def _thing(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        n, uniform = len(pictures), self._uniform
        x, y = ACROSS - _pixels(SIDE / 2 + 10 * self._normal(n)), DOWN - _pixels(uniform(22, 54, n))
        turn, wide, high = uniform(-1, 1, n), uniform(5, 18, n), uniform(5, 18, n)
        cos, sin = _pixels(turn.cos()), _pixels(turn.sin())
        across, down = (x * cos + y * sin) / _pixels(wide), (y * cos - x * sin) / _pixels(high)
        power = _pixels(uniform(2, 8, n))  # from an ellipse to a box
        radius = (across.abs() ** power + down.abs() ** power).clamp_min(1e-6) ** (1 / power)
        cover = ((1 - radius) * _pixels(torch.minimum(wide, high)) + 0.5).clamp(0, 1)
        skin = _middle_tone(pictures)
        tone = torch.where(self._chance(0.5, n), skin * uniform(0.4, 1.6, n), uniform(5, 250, n))
        striped = uniform(0, 0.25, n) * self._chance(0.4, n)
        stripes = torch.sin(across * _pixels(uniform(3, 15, n))) * _pixels(striped * skin)
        pattern = self._blotches(n, 4) * _pixels(uniform(0, 0.2, n) * skin) + stripes
        light = 1 - _pixels(uniform(0, 0.5, n)) * across.clamp(-1, 1) ** 2
        return torch.lerp(pictures, _pixels(tone) * light + pattern, cover), cover

    def _seen(self, pictures: Tensor) -> Tensor:
        """In light from a side, far away, in the dark, with noise."""
        n, uniform = len(pictures), self._uniform
        angle, shift = uniform(0, 6.3, n), uniform(-18, 18, n)
        along = (ACROSS - SIDE / 2) * _pixels(angle.cos()) + (DOWN - SIDE / 2) * _pixels(angle.sin())
        shade = torch.sigmoid((along - _pixels(shift)) / _pixels(uniform(1, 12, n)))
        pictures = pictures * (1 - _pixels(uniform(0, 0.7, n) * self._chance(0.3, n)) * shade)
        for pixels in SMALL:
            far = F.interpolate(pictures[:, None], size=pixels, mode="area")
            enlarged = F.interpolate(far, size=SIDE, mode="bicubic", align_corners=False)[:, 0]
            pictures = torch.where(_pixels(self._chance(0.15, n)), enlarged, pictures)
        gamma = torch.where(self._chance(0.4, n), uniform(1, 2.3, n), uniform(-0.4, 0.4, n).exp())
        pictures = 255 * (pictures.clamp(0, 255) / 255) ** _pixels(gamma) * _pixels(uniform(0.35, 1.05, n))
        contrast = pictures.flatten(1).std(1).clamp(4, 40)
        noise = self._normal(n, SIDE, SIDE) * _pixels(uniform(0, 0.2, n) * contrast)
        return (pictures + noise).clamp(0, 255).round()


def _pixels(each: Tensor) -> Tensor:
    """(n,) → (n, 1, 1)."""
    return each[:, None, None]


def _middle_tone(pictures: Tensor) -> Tensor:
    return pictures[:, 12:40, 12:36].flatten(1).median(dim=1).values


def _distance(start: Point, end: Point) -> Tensor:
    """(n, 48, 48) of each pixel from a line, both ends (n,) x and y."""
    x, y, dx, dy = (_pixels(t) for t in (*start, end[0] - start[0], end[1] - start[1]))
    along = ((ACROSS - x) * dx + (DOWN - y) * dy) / (dx**2 + dy**2).clamp_min(1e-3)
    along = along.clamp(0, 1)
    return torch.hypot(ACROSS - x - along * dx, DOWN - y - along * dy)
