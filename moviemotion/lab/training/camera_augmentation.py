"""Augmentation of training faces by a model of a camera in a theater.

A training face is photographed again: it turns and moves in front of the camera, light falls on it from one
side or from the screen, the lens and the face's motion blur it, and a sensor with few pixels and little light
records it with noise, rounds it to whole gray levels and compresses it. Only a part of the faces undergoes
each step, so that clear faces remain in every batch.

All functions draw from a generator seeded by the caller, so that a run is reproducible.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from moviemotion.lab.training.layers import cosine_basis

SIZE = 48
MAX_ROLL, MAX_SHIFT = 0.21, 0.17
"""Largest roll in radians, and largest shift as a fraction of half the image."""
SCALE_DEVIATION, SCALE_RANGE, MAX_ASPECT = 0.15, (0.7, 1.35), 0.12
"""Standard deviation of the log of the scale, limits of the scale, and largest log of the aspect ratio."""
COVERED, SIDE_LIT, SCREEN_LIT, INFRARED, DARK = 0.25, 0.25, 0.15, 0.15, 0.5
DEFOCUSED, MOVING, DISTANT, DENOISED, AMPLIFIED, COMPRESSED = 0.25, 0.25, 0.28, 0.2, 0.3, 0.3
"""Fraction of the faces that undergo each step."""
MAX_DEFOCUS, MAX_MOTION = 2.5, 10.0
"""Largest standard deviation of the defocus blur, and largest length of the motion blur, in pixels."""
DISTANT_SIZES = (16, 20, 24, 32, 40)
"""Sizes in pixels at which distant faces are recorded."""
MIN_EXPOSURE, MAX_READ_NOISE, MAX_PHOTON_NOISE = 0.04, 4.0, 0.08
"""Smallest exposure of a dark face; largest standard deviation of the read noise, in gray levels; largest
variance of the photon noise, in gray levels per gray level."""
BLOCK = 8
_LUMINANCE_STEPS = (
    *(16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55),
    *(14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51, 87, 80, 62),
    *(18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92),
    *(49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99),
)
"""Quantization steps of JPEG at quality 50 (ITU-T T.81, table K.1)."""


def augment_camera(images: Tensor, generator: torch.Generator) -> Tensor:
    """Photograph faces again, with a random camera, light, motion and distance for each.

    Args:
        images: (n, 1, 48, 48) float32, gray 0–255.
        generator: random generator on the images' device.

    Returns:
        The augmented images, in the same format.
    """
    return _Camera(generator, images.device).photograph(images)


class _Camera:
    """Draws the random parameters; every image has its own."""

    def __init__(self, generator: torch.Generator, device: torch.device) -> None:
        self._generator, self._device = generator, device
        across = torch.linspace(-1, 1, SIZE, device=device)
        self._x, self._y = across[None, None, None, :], across[None, None, :, None]

    def photograph(self, images: Tensor) -> Tensor:
        faces = self._cover(self._move(images))
        faces = self._light(faces).clamp(0, 255)
        faces = self._blur(faces)
        # The faces are already in random order, so any part of the batch is a random sample.
        distant = round(DISTANT * len(faces) / len(DISTANT_SIZES))
        parts = []
        for size in DISTANT_SIZES:
            part, faces = faces[:distant], faces[distant:]
            if len(part):
                small = self._record(F.interpolate(part, size=(size, size), mode="area"))
                parts.append(F.interpolate(small, size=(SIZE, SIZE), mode="bicubic", align_corners=False))
        return torch.cat([*parts, self._record(faces)]).clamp(0, 255)

    def _uniform(self, low: float, high: float, n: int) -> Tensor:
        drawn = torch.rand(n, generator=self._generator, device=self._device)
        return (drawn * (high - low) + low)[:, None, None, None]

    def _chosen(self, share: float, n: int) -> Tensor:
        """(n, 1, 1, 1) 1 for approximately the given fraction of the images, else 0."""
        return (self._uniform(0, 1, n) < share).float()

    def _normal(self, *shape: int) -> Tensor:
        return torch.randn(shape, generator=self._generator, device=self._device)

    def _move(self, images: Tensor) -> Tensor:
        """Mirror, turn, scale, stretch and shift, as faces move and boxes are inaccurate."""
        n = len(images)
        angle = self._uniform(-MAX_ROLL, MAX_ROLL, n).flatten()
        # The grid is where each output pixel is read, so its scale is the inverse of the face's.
        scale = (SCALE_DEVIATION * self._normal(n)).exp().clamp(1 / SCALE_RANGE[1], 1 / SCALE_RANGE[0])
        aspect = self._uniform(-MAX_ASPECT / 2, MAX_ASPECT / 2, n).flatten().exp()
        flip = 1 - 2 * self._chosen(0.5, n).flatten()
        theta = torch.zeros(n, 2, 3, device=self._device)
        theta[:, 0, 0], theta[:, 0, 1] = flip * scale * aspect * angle.cos(), -scale * angle.sin() / aspect
        theta[:, 1, 0], theta[:, 1, 1] = flip * scale * aspect * angle.sin(), scale * angle.cos() / aspect
        for axis in (0, 1):
            theta[:, axis, 2] = self._uniform(-MAX_SHIFT, MAX_SHIFT, n).flatten()
        grid = F.affine_grid(theta, list(images.shape), align_corners=False)
        return F.grid_sample(images, grid, padding_mode="border", align_corners=False)

    def _cover(self, faces: Tensor) -> Tensor:
        """Cover part of the face (random erasing; Zhong et al., 2020), as hands, cups and heads do."""
        n = len(faces)
        inside = (self._x - self._uniform(-1, 1, n)).abs() < self._uniform(0.17, 0.46, n)
        inside = inside & ((self._y - self._uniform(-1, 1, n)).abs() < self._uniform(0.17, 0.46, n))
        return torch.lerp(faces, self._uniform(0, 255, n), inside * self._chosen(COVERED, n))

    def _light(self, faces: Tensor) -> Tensor:
        """Change the tone curve, and add light from one side, from the screen, or from an infrared lamp."""
        n = len(faces)
        # An infrared lamp beside the lens leaves no shading from above, and makes skin even.
        shading = _filter(faces, _gaussian_response(torch.full((n, 1, 1, 1), 7.0, device=self._device)))
        even = faces - self._uniform(0.3, 0.9, n) * (shading - shading.mean((2, 3), keepdim=True))
        faces = torch.lerp(faces, even, self._chosen(INFRARED, n)).clamp(0, 255)
        faces = 255 * (faces / 255) ** self._uniform(-0.6, 0.7, n).exp()
        angle = self._uniform(0, 2 * math.pi, n)
        along = self._x * angle.cos() + self._y * angle.sin()
        edge = torch.sigmoid((along - self._uniform(-0.6, 0.6, n)) / self._uniform(0.05, 0.5, n))
        faces = faces * (1 - self._uniform(0, 0.8, n) * self._chosen(SIDE_LIT, n) * edge)
        slope = self._uniform(-0.6, 0.6, n) * self._chosen(SCREEN_LIT, n)
        return faces * (1 + slope * self._y)

    def _blur(self, faces: Tensor) -> Tensor:
        """Blur by defocus (a Gaussian) and by motion along a line."""
        n = len(faces)
        sigma = self._uniform(0.3, MAX_DEFOCUS, n) * self._chosen(DEFOCUSED, n)
        length = self._uniform(2, MAX_MOTION, n) * self._chosen(MOVING, n)
        angle = self._uniform(0, math.pi, n)
        fy, fx = _frequencies(self._device)
        motion = torch.sinc(length * (fx * angle.cos() + fy * angle.sin()))
        return _filter(faces, _gaussian_response(sigma) * motion).clamp(0, 255)

    def _record(self, faces: Tensor) -> Tensor:
        """Expose, add noise, amplify, round and compress, at the sensor's resolution."""
        n, side = len(faces), faces.shape[-1]
        dark = self._chosen(DARK, n)
        exposure = self._uniform(math.log(MIN_EXPOSURE), 0, n).exp()
        signal = faces * torch.lerp(self._uniform(0.6, 1.1, n), exposure, dark)
        variance = self._uniform(0, MAX_READ_NOISE, n) ** 2 + self._uniform(0, MAX_PHOTON_NOISE, n) * signal
        noise = self._normal(n, 1, side, side)
        # Interpolation of the color pixels and denoising in the camera make noise smooth.
        smooth = F.avg_pool2d(F.pad(noise, (1, 1, 1, 1), mode="replicate"), 3, 1)
        noise = torch.lerp(noise, 2 * smooth, self._chosen(DENOISED, n))
        recorded = (signal + noise * variance.sqrt()).clamp(0, 255).round()
        amplified = (recorded / exposure ** self._uniform(0, 1, n)).clamp(0, 255).round()
        recorded = torch.lerp(recorded, amplified, dark * self._chosen(AMPLIFIED, n))
        return torch.lerp(recorded, self._compress(recorded), self._chosen(COMPRESSED, n))

    def _compress(self, faces: Tensor) -> Tensor:
        """Round the cosine coefficients of blocks of 8×8 pixels, as JPEG does with luminance."""
        n, side = len(faces), faces.shape[-1]
        quality = self._uniform(25, 90, n)[..., None, None]
        factor = torch.where(quality < 50, 50 / quality, 2 - quality / 50)
        steps = torch.tensor(_LUMINANCE_STEPS, device=self._device).view(BLOCK, BLOCK) * factor
        rest = -side % BLOCK
        padded = F.pad(faces, (0, rest, 0, rest), mode="replicate")
        blocks = padded.unfold(2, BLOCK, BLOCK).unfold(3, BLOCK, BLOCK)
        basis = cosine_basis(BLOCK).to(self._device)
        coefficients = basis @ (blocks - 128) @ basis.T
        rounded = (coefficients / steps.clamp_min(1)).round() * steps.clamp_min(1)
        restored = (basis.T @ rounded @ basis + 128).transpose(3, 4).reshape(padded.shape)
        return restored[..., :side, :side].clamp(0, 255).round()


_MARGIN = 8


def _frequencies(device: torch.device) -> tuple[Tensor, Tensor]:
    """Frequencies in cycles per pixel of the rows and columns of a padded image's Fourier transform."""
    padded = SIZE + 2 * _MARGIN
    return torch.fft.fftfreq(padded, device=device)[:, None], torch.fft.rfftfreq(padded, device=device)[None]


def _gaussian_response(sigma: Tensor) -> Tensor:
    """The frequency response of Gaussian blurs with standard deviations (n, 1, 1, 1) in pixels."""
    fy, fx = _frequencies(sigma.device)
    return torch.exp(-2 * (math.pi * sigma) ** 2 * (fx**2 + fy**2))


def _filter(faces: Tensor, response: Tensor) -> Tensor:
    """Filter each image with its own frequency response; edges are repeated beyond the image."""
    padded = F.pad(faces, (_MARGIN,) * 4, mode="replicate")
    filtered = torch.fft.irfft2(torch.fft.rfft2(padded) * response, s=padded.shape[-2:])
    return filtered[..., _MARGIN:-_MARGIN, _MARGIN:-_MARGIN]
