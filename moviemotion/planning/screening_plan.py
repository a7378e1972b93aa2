"""The plan of a screening: viewers needed to find a moment, and rooms needed to tell two cuts apart."""

from __future__ import annotations

from dataclasses import dataclass

from moviemotion.errors import SettingError
from moviemotion.planning.moment_power import MomentPower, Quantity, moment_power, power_table, viewers_needed
from moviemotion.planning.room_power import difference_power, rooms_needed

ROOM_SIZES = (8, 12, 24, 50, 100)
"""Numbers of viewers in a room for which the number of rooms is computed."""
MAX_DIFFERENCE = 3.0


@dataclass(frozen=True)
class RoomCount:
    """How many rooms are needed if each room has a given number of viewers.

    Attributes:
        viewers: number of viewers in each room.
        rooms: number of rooms for each cut; None if more than `MAX_ROOMS` are needed.
        power: probability of finding the difference in this many rooms; 0 if `rooms` is None.
    """

    viewers: int
    rooms: int | None
    power: float


@dataclass(frozen=True)
class ScreeningPlan:
    """The quantities for which a screening was planned, and how many viewers and rooms are needed.

    Attributes:
        length: how long the reaction is held, in seconds.
        share: share of the viewers who react, 0–1.
        strength: strength of the emotion in the faces of those who react, 0–1.
        minutes: length of the film.
        difference: difference between two cuts, in standard deviations between viewers.
        room_share: share of the variance that lies between rooms, 0–1.
        moments: how often such a moment is found, by the number of viewers.
        viewers: smallest number of viewers with which the moment is found in 80 % of the screenings; None if
            more than 100.
        rooms: how many rooms are needed to find the difference with 80 % power, by the number of viewers in
            each room.
        seed: random seed of the simulation behind `moments`.
        films: number of simulated films behind `moments`.
    """

    length: float
    share: float
    strength: float
    minutes: float
    difference: float
    room_share: float
    moments: tuple[MomentPower, ...]
    viewers: int | None
    rooms: tuple[RoomCount, ...]
    seed: int
    films: int


def plan_screening(
    length: float = 2.0,
    share: float = 0.4,
    strength: float = 0.5,
    minutes: float = 90.0,
    difference: float = 0.5,
    room_share: float = 0.05,
) -> ScreeningPlan:
    """Plan a screening; see `ScreeningPlan` for the arguments.

    Raises:
        SettingError: an argument is outside the range that was simulated.
    """
    asked: dict[Quantity, float] = {
        "length": length,
        "share": share,
        "strength": strength,
        "minutes": minutes,
    }
    table = power_table()
    for name, value in asked.items():
        _check_range(name, value, *table.limits(name))
    _check_range("difference", difference, 0.05, MAX_DIFFERENCE)
    _check_range("room_share", room_share, 0.0, 0.9)
    moments = moment_power(length, share, strength, minutes)
    rooms = []
    for viewers in ROOM_SIZES:
        needed = rooms_needed(difference, viewers, room_share)
        power = difference_power(difference, viewers, needed, room_share) if needed else 0.0
        rooms.append(RoomCount(viewers, needed, power))
    return ScreeningPlan(
        length,
        share,
        strength,
        minutes,
        difference,
        room_share,
        moments,
        viewers_needed(moments),
        tuple(rooms),
        table.seed,
        table.rooms,
    )


def _check_range(name: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:
        raise SettingError(
            "outside-plan",
            f"{{{name}}} {{value}}: not covered by the plan; choose a number from {{low}} to {{high}}",
            value=f"{value:g}",
            low=f"{low:g}",
            high=f"{high:g}",
        )
