"""Layers that scale a network's input, so that callers can pass gray values from 0 to 255."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn


class Standardize(nn.Module):
    """Scale each crop to zero mean and unit variance, since exposure and contrast carry no emotion."""

    def forward(self, x: Tensor) -> Tensor:
        """(n, 1, h, w) gray values → the same shape, scaled."""
        mean = x.mean(dim=(1, 2, 3), keepdim=True)
        deviation = (x - mean).square().mean(dim=(1, 2, 3), keepdim=True).sqrt()
        return (x - mean) / (deviation + 1.0)  # plus 1: uniform crops have zero deviation


class Restore(nn.Module):
    """Remove noise and blur from each crop, as far as its own noise allows (Wiener, 1949).

    The filter multiplies each coefficient of the cosine transform by H / (H² + N / S). S is the power of that
    coefficient in the training faces: the law 1 / f² of natural images (Field, 1987) times the blur of an
    average lens. N is the power of the noise, which the highest frequencies show, and H the response of a
    Gaussian blur, whose width along each axis is the one with which the spectrum of the crop falls below S.
    Clear faces hardly change.
    """

    SCALE, EXPONENT, LENS = math.exp(-2.34), 1.05, 1.84
    """S = SCALE · exp(−LENS · f²) / f² ** EXPONENT for unit variance; f is 1 at the highest frequency."""
    NOISE_BAND = 2 / 3
    """Lowest frequency, along both axes, of the coefficients that show the noise."""
    NOISE_FACTOR = 3.0
    """Factor of the noise: smoothing a little too much costs less than smoothing too little."""
    MIN_NOISE, MIN_POWER = 0.5, 0.3
    """Smallest variances of the noise and of the face, in squared gray levels."""
    BLUR_BAND, BLUR_WIDTH = (1 / 16, 7 / 12), 1 / 4
    """Range of the frequencies along an axis in which blur is measured; highest frequency along the other."""
    MAX_SHARPENING = 0.8, 0.5, 6.0
    """The variance of the removed blur is this fraction of the measured one minus the second number, at most
    the third (in squared pixels); faces differ in sharpness without blur."""

    def __init__(self, side: int = 48) -> None:
        super().__init__()
        frequency = torch.arange(side) / side
        squared = frequency[:, None] ** 2 + frequency[None] ** 2
        spectrum = self.SCALE * torch.exp(-self.LENS * squared) / squared**self.EXPONENT
        low, high = (round(limit * side) for limit in self.BLUR_BAND)
        self.noise_from = round(self.NOISE_BAND * side)
        self.across, self.along = round(self.BLUR_WIDTH * side), slice(low, high)
        # In cycles per pixel; a Gaussian blur of variance v has the response exp(−2 π² v f²).
        exponent = -2 * math.pi**2 * (frequency / 2) ** 2
        self.register_buffer("basis", cosine_basis(side), persistent=False)
        self.register_buffer("inverse_spectrum", 1 / spectrum, persistent=False)
        self.register_buffer("blur_exponent", exponent, persistent=False)
        self.register_buffer("expected", spectrum[self.along, : self.across].mean(1).log(), persistent=False)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """(n, 1, side, side) gray values → the same shape, restored, with mean 0; and (n, 1) noise ratios.

        The noise ratio is the standard deviation of the noise over that of the face.
        """
        with torch.autocast(x.device.type, enabled=False):  # bfloat16 would add noise of its own
            return self._filter(x.float())

    def _filter(self, x: Tensor) -> tuple[Tensor, Tensor]:
        centered = x - x.mean(dim=(2, 3), keepdim=True)
        coefficients = self.basis @ centered @ self.basis.T
        power = coefficients.square()
        noise, ratio = self._noise(coefficients, power)
        rows = self._blur_variance(power[:, 0], noise)
        columns = self._blur_variance(power[:, 0].transpose(1, 2), noise)
        exponent = rows[:, :, None] * self.blur_exponent[:, None] + columns[:, :, None] * self.blur_exponent
        response = exponent.exp()[:, None]
        gain = response / (response.square() + self.NOISE_FACTOR * ratio * self.inverse_spectrum)
        return self.basis.T @ (coefficients * gain) @ self.basis, ratio.flatten(1).sqrt()

    def _noise(self, coefficients: Tensor, power: Tensor) -> tuple[Tensor, Tensor]:
        """(n, 1, 1, 1) variance of the noise, and its ratio to that of the face."""
        high = coefficients[:, :, self.noise_from :, self.noise_from :]
        noise = math.pi / 2 * high.abs().mean(dim=(2, 3), keepdim=True).square()
        noise = noise.clamp_min(self.MIN_NOISE)
        return noise, noise / (power.mean(dim=(2, 3), keepdim=True) - noise).clamp_min(self.MIN_POWER)

    def _blur_variance(self, power: Tensor, noise: Tensor) -> Tensor:
        """Fit the variance of a Gaussian blur along the rows' frequency; (n, side, side) → (n, 1) px²."""
        noise = noise.flatten(1)
        mean = power[:, self.along, : self.across].mean(2)
        weight = (1 - 2 * noise / mean).clamp_min(1e-6)
        fallen = (mean - noise).clamp_min(1e-3).log() - self.expected
        # Power falls with twice the exponent of the response. A weighted regression gives the variance.
        exponent = 2 * self.blur_exponent[self.along]
        total = weight.sum(1, keepdim=True)
        x = exponent - (weight * exponent).sum(1, keepdim=True) / total
        y = fallen - (weight * fallen).sum(1, keepdim=True) / total
        variance = (weight * x * y).sum(1, keepdim=True) / ((weight * x.square()).sum(1, keepdim=True) + 0.1)
        share, natural, most = self.MAX_SHARPENING
        return share * (variance - natural).clamp(0, most)


def cosine_basis(side: int) -> Tensor:
    """(side, side) orthonormal basis of the discrete cosine transform; one row per frequency."""
    place = torch.arange(side, dtype=torch.float32)
    basis = torch.cos(math.pi * (2 * place[None] + 1) * place[:, None] / (2 * side)) * math.sqrt(2 / side)
    basis[0] /= math.sqrt(2)
    return basis


class Rescale(nn.Module):
    """Scale gray values from 0–255 to 0–1, like the proposal's data loader."""

    def forward(self, x: Tensor) -> Tensor:
        """Gray values 0–255 → 0–1, in the same shape."""
        return x / 255
