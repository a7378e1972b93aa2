"""How cameras see a room: lit, in the dark, or in infrared, by the light of the screen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from moviemotion.simulation.synthetic_audience import FRAME_RATE

Picture = NDArray[np.uint8]
Light = NDArray[np.float32]


@dataclass(frozen=True)
class SensorModel:
    """What a camera makes of the light that reaches it.

    Attributes:
        gamma: above 1 the dark parts lose more than the light ones.
        noise: standard deviation of the sensor's noise, grey levels.
        infrared: whether it sees one colour only, and skin as lighter than cloth.
    """

    gamma: float = 1.0
    noise: float = 2.0
    infrared: bool = False

    def apply(self, picture: Light, unit_noise: Light) -> Picture:
        """A picture as this camera gives it.

        Args:
            picture: (H, W, 3) light, 0–255 where it is not too bright.
            grain: (H, W, 1) noise of standard deviation 1.
        """
        if self.infrared:
            picture = np.repeat(picture[..., :1] * 0.75 + 20, 3, axis=2)
        curve = (255 * (np.arange(256) / 255) ** self.gamma).astype(np.float32)
        seen = curve[np.clip(picture, 0, 255).astype(np.uint8)] if self.gamma != 1 else picture
        return np.clip(seen + self.noise * unit_noise, 0, 255).astype(np.uint8)


WELL_LIT_SENSOR = SensorModel()


def random_sensors(seed: int, cameras: int) -> tuple[SensorModel, ...]:
    """Cameras of a theatre: about half in the dark, a third in infrared, the others better lit."""
    looks = []
    for number in range(cameras):
        rng = np.random.default_rng([seed, 7, number])
        kind, gamma, noise = rng.random(), float(rng.uniform(1.5, 2.2)), float(rng.uniform(2, 5))
        looks.append(
            SensorModel(gamma, noise) if kind < 0.5 else SensorModel(1.0, noise, infrared=kind < 0.83)
        )
    return tuple(looks)


def simulate_screen_light(seed: int, steps: int, dim: float = 0.88, flicker: float = 0.01) -> Light:
    """(T, 3) gain of each colour: every shot of the film lights the room a little differently.

    Args:
        dim: gain of the darkest shots; that of the brightest is 1.08.
        flicker: standard deviation within a shot.
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
"""Of a theatre whose only light is the screen, as `screen_light` takes them."""
