"""How often a moment is found with a given number of viewers, interpolated from a table of simulations.

The table counts how many beats `find_moments` found in rooms simulated by `simulation.room_simulator`. It is
created by `benchmarks/moment_power.py`, which takes about an hour, and must be created again whenever the
moment search changes.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import product
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from moviemotion.statistics import Float64Array, wilson_interval

TARGET_POWER = 0.8
"""Power that a screening should have, by convention (Cohen, 1988)."""
LEVEL = 0.05
"""Largest probability of a false moment in a screening."""

Quantity = Literal["length", "share", "strength", "viewers", "minutes"]


@dataclass(frozen=True)
class MomentPower:
    """How often a moment is found with a given number of viewers.

    Attributes:
        viewers: number of viewers who are seen during the moment.
        power: share of such moments that are found, 0–1.
        low, high: ends of the 95 % Wilson interval of `power`, based on the number of simulated moments.
    """

    viewers: int
    power: float
    low: float
    high: float


@dataclass(frozen=True)
class PowerTable:
    """The simulated table.

    Attributes:
        axes: the simulated values of each quantity, ascending.
        trials: (L, A, T, V) number of simulated moments for each length, share, strength and audience.
        hits: (L, A, T, V, M) number of these moments that were found, separately for each length of the film.
        seed: random seed of the simulation.
        rooms: number of simulated films.
    """

    axes: dict[Quantity, tuple[float, ...]]
    trials: NDArray[np.int64]
    hits: NDArray[np.int64]
    seed: int
    rooms: int

    def limits(self, quantity: Quantity) -> tuple[float, float]:
        """Smallest and largest simulated value of a quantity."""
        return self.axes[quantity][0], self.axes[quantity][-1]


@cache
def power_table() -> PowerTable:
    """Read the table that is part of the package."""
    text = files(__package__).joinpath("moment_power.json").read_text(encoding="utf-8")
    content = json.loads(text)
    axes = {name: tuple(values) for name, values in content["axes"].items()}
    return PowerTable(
        axes, np.array(content["trials"]), np.array(content["hits"]), content["seed"], content["rooms"]
    )


def adjusted_level(films: float) -> float:
    """Significance level for each film at which the level for all films together is `LEVEL` (Šidák, 1967)."""
    return float(1 - (1 - LEVEL) ** (1 / films))


def moment_power(length: float, share: float, strength: float, minutes: float) -> tuple[MomentPower, ...]:
    """Compute how often a moment is found with each simulated number of viewers.

    Power is interpolated linearly between the simulated cells: on a logarithmic scale for the lengths, and on
    a linear scale for share and strength. The interval accounts for the number of moments in these cells. All
    arguments must lie within the limits of the table.

    Args:
        length: how long the reaction is held, in seconds.
        share: share of the viewers who react, 0–1.
        strength: strength of the emotion in the faces of those who react, 0–1.
        minutes: length of the film.
    """
    table = power_table()
    corners = [
        _neighbors(table.axes["length"], length, logarithmic=True),
        _neighbors(table.axes["share"], share),
        _neighbors(table.axes["strength"], strength),
    ]
    films = _neighbors(table.axes["minutes"], minutes, logarithmic=True)
    power: Float64Array = np.zeros(len(table.axes["viewers"]))
    variance = np.zeros_like(power)
    for (i, a), (j, b), (k, c) in product(*corners):
        hits = sum(weight * table.hits[i, j, k, :, film] for film, weight in films)
        power += a * b * c * hits / table.trials[i, j, k]
        variance += (a * b * c) ** 2 / table.trials[i, j, k]
    # The number of moments that a single cell would need to have the same variance as this weighted mean.
    n = 1 / variance
    low, high = wilson_interval(power * n, n)
    return tuple(
        MomentPower(int(viewers), float(p), float(a), float(b))
        for viewers, p, a, b in zip(table.axes["viewers"], power, low, high, strict=True)
    )


def viewers_needed(rows: Sequence[MomentPower]) -> int | None:
    """Smallest number of viewers with a power of `TARGET_POWER`; None if the largest simulated is too small.

    Between two simulated numbers of viewers, power is interpolated over the logarithm of the number, and the
    result is rounded up.
    """
    reached = next((k for k, row in enumerate(rows) if row.power >= TARGET_POWER), None)
    if reached is None:
        return None
    if reached == 0:
        return rows[0].viewers
    before, after = rows[reached - 1], rows[reached]
    part = (TARGET_POWER - before.power) / (after.power - before.power)
    exact = before.viewers * (after.viewers / before.viewers) ** part
    return int(np.ceil(exact - 1e-9))


def _neighbors(
    axis: tuple[float, ...], value: float, *, logarithmic: bool = False
) -> tuple[tuple[int, float], ...]:
    """Return the indices and the weights of the simulated values on either side of a value."""
    points, at = np.array(axis), value
    if logarithmic:
        points, at = np.log(points), float(np.log(value))
    k = int(np.clip(np.searchsorted(points, at, side="right") - 1, 0, len(points) - 2))
    part = float(np.clip((at - points[k]) / (points[k + 1] - points[k]), 0, 1))
    return tuple((index, weight) for index, weight in ((k, 1 - part), (k + 1, part)) if weight)
