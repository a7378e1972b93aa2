"""Draw hands and objects over faces, as training data for the occlusion model.

No data set marks which parts of a face are occluded, so occlusions are drawn over ordinary faces, and the
masks of the drawings are the targets. A hand consists of a palm, fingers and a forearm, each drawn as a thick
line with round ends, roughly in the tone of the face. An object is a rounded box of any tone and pattern. The
drawings need not look realistic, but must vary in position, size, angle, lighting and sharpness, so that the
network learns nothing specific to them.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from moviemotion.lab.data.dataset import FACE_SIZE

Points = tuple[Tensor, Tensor]
"""(n,) x and (n,) y coordinates in pixels, one point per image."""

IMAGE_SIZE = FACE_SIZE
HAND_SHARE, OBJECT_SHARE = 0.42, 0.13
"""Fraction of the faces over which a hand is drawn, and fraction over which an object is drawn."""
FINGER_OFFSETS = (-0.75, -0.25, 0.25, 0.75)
"""Positions of the finger bases across the palm, measured from its center in half palm widths."""
LOW_RESOLUTIONS = (30, 20, 14)
"""Sizes in pixels to which faces are reduced to imitate distance and blur."""
PIXEL_Y, PIXEL_X = torch.meshgrid(
    torch.arange(IMAGE_SIZE) + 0.5, torch.arange(IMAGE_SIZE) + 0.5, indexing="ij"
)


class OcclusionAugmenter:
    """Draws occlusions over faces and degrades the images the way cameras do."""

    def __init__(self, seed: int) -> None:
        self.generator = torch.Generator().manual_seed(seed)

    def augment(self, faces: Tensor) -> tuple[Tensor, Tensor]:
        """Draw occlusions over some of the faces; shift, relight, blur and add noise to all of them.

        Args:
            faces: (n, 48, 48) float32, gray 0–255.

        Returns:
            The images, (n, 48, 48), gray 0–255; and the occluded fraction of each pixel, (n, 48, 48), 0–1.
        """
        images, kind = self._random_affine(faces), self._uniform(0, 1, len(faces))
        mask = torch.zeros_like(images)
        objects = (kind >= HAND_SHARE) & (kind < HAND_SHARE + OBJECT_SHARE)
        for chosen, draw in ((kind < HAND_SHARE, self._draw_hand), (objects, self._draw_object)):
            if chosen.any():
                images[chosen], mask[chosen] = draw(images[chosen])
        return self._degrade(images), mask

    def _uniform(self, low: float, high: float, *shape: int) -> Tensor:
        return torch.rand(*shape, generator=self.generator) * (high - low) + low

    def _normal(self, *shape: int) -> Tensor:
        return torch.randn(*shape, generator=self.generator)

    def _random_mask(self, share: float, n: int) -> Tensor:
        return self._uniform(0, 1, n) < share

    def _random_sign(self, n: int) -> Tensor:
        return torch.where(self._random_mask(0.5, n), -1.0, 1.0)

    def _smooth_noise(self, n: int, size: int) -> Tensor:
        """(n, 48, 48) smooth noise with a standard deviation of about 1."""
        coarse = self._normal(n, 1, IMAGE_SIZE // size, IMAGE_SIZE // size)
        return F.interpolate(coarse, size=IMAGE_SIZE, mode="bicubic", align_corners=False)[:, 0]

    def _random_affine(self, faces: Tensor) -> Tensor:
        n = len(faces)
        turn, scale = self._uniform(-0.15, 0.15, n), 1 + self._uniform(-0.12, 0.12, n)
        flip = self._random_sign(n)
        theta = torch.zeros(n, 2, 3)
        theta[:, 0, 0], theta[:, 0, 1] = flip * scale * turn.cos(), -scale * turn.sin()
        theta[:, 1, 0], theta[:, 1, 1] = flip * scale * turn.sin(), scale * turn.cos()
        theta[:, :, 2] = self._uniform(-0.08, 0.08, n, 2)
        grid = F.affine_grid(theta, [n, 1, IMAGE_SIZE, IMAGE_SIZE], align_corners=False)
        return F.grid_sample(faces[:, None], grid, padding_mode="border", align_corners=False)[:, 0]

    def _draw_hand(self, images: Tensor) -> tuple[Tensor, Tensor]:
        n, uniform = len(images), self._uniform
        skin = _median_tone(images) * uniform(0.6, 1.3, n)
        half = uniform(5, 10, n)
        # Most hands come from below, some from the side.
        turn = uniform(-1, 1, n) ** 3 * 1.5 + torch.where(
            self._random_mask(0.15, n), 1.4 * self._random_sign(n), 0.0
        )
        x, y = IMAGE_SIZE / 2 + 9 * self._normal(n), uniform(14, 50, n)
        up_x, up_y = turn.sin(), -turn.cos()
        roundness, shadow = uniform(0, 0.6, n), uniform(0, 0.55, n)
        curled = torch.where(self._random_mask(0.3, n), uniform(0.1, 0.45, n), 1.0)
        length, thick = half * uniform(1.2, 2.1, n) * curled, half * uniform(0.2, 0.28, n)
        sleeve = torch.where(self._random_mask(0.4, n), uniform(0.2, 1.6, n), 1.0)
        spread, always = uniform(0, 0.35, n), torch.ones(n)

        def at(across: Tensor | float, along: Tensor | float) -> Points:
            """Image coordinates of a point given in half palm widths from the center of the palm."""
            return x + half * (along * up_x - across * up_y), y + half * (along * up_y + across * up_x)

        mask = torch.zeros_like(images)

        def draw_segment(start: Points, end: Points, radius: Tensor, tone: Tensor, there: Tensor) -> None:
            nonlocal images, mask
            # Anti-aliased edge, a soft shadow around it, and light that falls off toward the edge.
            off = _distance_to_segment(start, end) - _per_image(radius)
            here = (0.5 - off).clamp(0, 1) * _per_image(there)
            images = images * (1 - _per_image(shadow * there) * torch.exp(-off.clamp_min(0) / 1.2))
            bulge = (1 - (1 + off / _per_image(radius)).clamp(0, 1) ** 2).sqrt()
            light = 1 - _per_image(roundness) * (1 - bulge)
            images = torch.lerp(images, _per_image(tone) * light, here)
            mask = torch.maximum(mask, here)

        draw_segment(at(0, -1), at(0, -9), half * uniform(0.55, 0.95, n), skin * sleeve, always)
        draw_segment(at(0, -0.6), at(0, 0.3), half, skin, always)
        for across in FINGER_OFFSETS:
            points = turn + 1.3 * spread * across + 0.06 * self._normal(n)
            reach = length * (1 - 0.25 * abs(across) + 0.1 * self._normal(n)).clamp(0.2, 1.4)
            start = at(across, 0.6)
            end = start[0] + reach * points.sin(), start[1] - reach * points.cos()
            tone = skin * uniform(0.92, 1.08, n)
            draw_segment(
                start, end, thick * (1 - 0.12 * abs(across)), tone, self._random_mask(0.93, n).float()
            )
        side = self._random_sign(n)
        points, reach = turn + side * uniform(0.4, 1.4, n), half * uniform(0.5, 1.2, n)
        start = at(0.9 * side, 0)
        end = start[0] + reach * points.sin(), start[1] - reach * points.cos()
        draw_segment(start, end, 1.1 * thick, skin, self._random_mask(0.75, n).float())
        texture = self._smooth_noise(n, 6) * _per_image(uniform(0, 0.07, n) * skin)
        return images + mask * texture, mask

    def _draw_object(self, images: Tensor) -> tuple[Tensor, Tensor]:
        n, uniform = len(images), self._uniform
        x, y = (
            PIXEL_X - _per_image(IMAGE_SIZE / 2 + 10 * self._normal(n)),
            PIXEL_Y - _per_image(uniform(22, 54, n)),
        )
        turn, wide, high = uniform(-1, 1, n), uniform(5, 18, n), uniform(5, 18, n)
        cos, sin = _per_image(turn.cos()), _per_image(turn.sin())
        across, down = (x * cos + y * sin) / _per_image(wide), (y * cos - x * sin) / _per_image(high)
        power = _per_image(uniform(2, 8, n))  # exponent of a superellipse: 2 is an ellipse, 8 nearly a box
        radius = (across.abs() ** power + down.abs() ** power).clamp_min(1e-6) ** (1 / power)
        mask = ((1 - radius) * _per_image(torch.minimum(wide, high)) + 0.5).clamp(0, 1)
        skin = _median_tone(images)
        tone = torch.where(self._random_mask(0.5, n), skin * uniform(0.4, 1.6, n), uniform(5, 250, n))
        striped = uniform(0, 0.25, n) * self._random_mask(0.4, n)
        stripes = torch.sin(across * _per_image(uniform(3, 15, n))) * _per_image(striped * skin)
        pattern = self._smooth_noise(n, 4) * _per_image(uniform(0, 0.2, n) * skin) + stripes
        light = 1 - _per_image(uniform(0, 0.5, n)) * across.clamp(-1, 1) ** 2
        return torch.lerp(images, _per_image(tone) * light + pattern, mask), mask

    def _degrade(self, images: Tensor) -> Tensor:
        """Imitate light from one side, distance, darkness and noise."""
        n, uniform = len(images), self._uniform
        angle, shift = uniform(0, 6.3, n), uniform(-18, 18, n)
        along = (PIXEL_X - IMAGE_SIZE / 2) * _per_image(angle.cos()) + (
            PIXEL_Y - IMAGE_SIZE / 2
        ) * _per_image(angle.sin())
        shade = torch.sigmoid((along - _per_image(shift)) / _per_image(uniform(1, 12, n)))
        images = images * (1 - _per_image(uniform(0, 0.7, n) * self._random_mask(0.3, n)) * shade)
        for pixels in LOW_RESOLUTIONS:
            far = F.interpolate(images[:, None], size=pixels, mode="area")
            enlarged = F.interpolate(far, size=IMAGE_SIZE, mode="bicubic", align_corners=False)[:, 0]
            images = torch.where(_per_image(self._random_mask(0.15, n)), enlarged, images)
        gamma = torch.where(self._random_mask(0.4, n), uniform(1, 2.3, n), uniform(-0.4, 0.4, n).exp())
        images = 255 * (images.clamp(0, 255) / 255) ** _per_image(gamma) * _per_image(uniform(0.35, 1.05, n))
        contrast = images.flatten(1).std(1).clamp(4, 40)
        noise = self._normal(n, IMAGE_SIZE, IMAGE_SIZE) * _per_image(uniform(0, 0.2, n) * contrast)
        return (images + noise).clamp(0, 255).round()


def _per_image(each: Tensor) -> Tensor:
    """(n,) → (n, 1, 1)."""
    return each[:, None, None]


def _median_tone(images: Tensor) -> Tensor:
    return images[:, 12:40, 12:36].flatten(1).median(dim=1).values


def _distance_to_segment(start: Points, end: Points) -> Tensor:
    """(n, 48, 48) distance, in pixels, of each pixel from the line segment of its image."""
    x, y, dx, dy = (_per_image(t) for t in (*start, end[0] - start[0], end[1] - start[1]))
    along = ((PIXEL_X - x) * dx + (PIXEL_Y - y) * dy) / (dx**2 + dy**2).clamp_min(1e-3)
    along = along.clamp(0, 1)
    return torch.hypot(PIXEL_X - x - along * dx, PIXEL_Y - y - along * dy)
