"""The light of the screen, and how cameras record it: well lit, in the dark, or in infrared."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from moviemotion.simulation.synthetic_audience import FRAME_RATE

Picture = NDArray[np.uint8]
Light = NDArray[np.float32]


@dataclass(frozen=True)
class SensorModel:
    """A model of how a camera's sensor records light.

    Attributes:
        gamma: exponent of the sensor's response; above 1, dark areas lose more than bright areas.
        noise: standard deviation of the noise, in gray levels.
        infrared: whether the sensor records a single channel in which skin is brighter than cloth.
    """

    gamma: float = 1.0
    noise: float = 2.0
    infrared: bool = False

    def apply(self, picture: Light, unit_noise: Light) -> Picture:
        """Record a frame.

        Args:
            picture: (H, W, 3) float32 light; values above 255 are clipped.
            unit_noise: (H, W, 1) float32 noise with standard deviation 1.

        Returns:
            (H, W, 3) uint8.
        """
        if self.infrared:
            picture = np.repeat(picture[..., :1] * 0.75 + 20, 3, axis=2)
        curve = (255 * (np.arange(256) / 255) ** self.gamma).astype(np.float32)
        seen = curve[np.clip(picture, 0, 255).astype(np.uint8)] if self.gamma != 1 else picture
        return np.clip(seen + self.noise * unit_noise, 0, 255).astype(np.uint8)


WELL_LIT_SENSOR = SensorModel()


def random_sensors(seed: int, cameras: int) -> tuple[SensorModel, ...]:
    """Generate random theater cameras: about half in the dark, a third in infrared, the rest better lit."""
    sensors = []
    for number in range(cameras):
        rng = np.random.default_rng([seed, 7, number])
        kind, gamma, noise = rng.random(), float(rng.uniform(1.5, 2.2)), float(rng.uniform(2, 5))
        sensors.append(
            SensorModel(gamma, noise) if kind < 0.5 else SensorModel(1.0, noise, infrared=kind < 0.83)
        )
    return tuple(sensors)


def simulate_screen_light(seed: int, steps: int, dim: float = 0.88, flicker: float = 0.01) -> Light:
    """Simulate the light of the screen: each shot of the film lights the audience a little differently.

    Args:
        seed: random seed for the film.
        steps: number of time steps, T.
        dim: gain of the darkest shots; the brightest shots have a gain of 1.08.
        flicker: standard deviation of the gain within a shot.

    Returns:
        (T, 3) gain of each color channel.
    """
    rng = np.random.default_rng([seed, 4])
    light = np.empty((steps, 3), np.float32)
    step = 0
    while step < steps:
        lasts = int(rng.uniform(2, 6) * FRAME_RATE)
        light[step : step + lasts] = rng.uniform(dim, 1.08) * (1 + rng.uniform(-0.04, 0.04, 3))
        step += lasts
    return light * (1 + flicker * rng.standard_normal((steps, 1), np.float32))


THEATER_DIM, THEATER_FLICKER = 0.45, 0.04
"""`dim` and `flicker` in a theater lit only by the screen."""
