"""How often a difference between two cuts is found if each is shown in several rooms.

People in one room share the day, the place and each other's company, so the rooms are a random effect, and
the comparison is based on the rooms' means. Each cut is shown in k rooms of m viewers, d is the standardized
difference, and ρ is the share of the variance that lies between rooms (the intraclass correlation). The
difference between the two means then has the variance 2 (1 + (m − 1) ρ) / (k m), in units of the total
variance, and its t statistic has 2 (k − 1) degrees of freedom (Donner & Klar, 2000, chapter 5; Murray, 1998).
Power is computed from the noncentral t distribution, which is exact under normality.

`moviemotion compare` exchanges whole rooms between the cuts at random. With fewer than `MIN_ROOMS` rooms for
each cut, there are too few exchanges for a p-value of 0.05.
"""

from __future__ import annotations

from math import sqrt

from numpy import nan_to_num
from scipy.special import nctdtr

from moviemotion.planning.moment_power import TARGET_POWER
from moviemotion.statistics import student_t_quantile

MIN_ROOMS = 4
"""Smallest number of rooms for each cut: 4 + 4 rooms can be exchanged in 70 ways, 3 + 3 in only 20."""
MAX_ROOMS = 50
"""Largest number of rooms for each cut that is considered."""


def difference_power(difference: float, viewers: int, rooms: int, room_share: float) -> float:
    """Probability that a difference between two cuts is found (two-sided test at the 5 % level).

    Args:
        difference: the difference between the cuts' means, in standard deviations between viewers.
        viewers: number of viewers in each room.
        rooms: number of rooms for each cut; at least 2.
        room_share: share of the variance that lies between rooms, 0–1.

    Example:
        >>> round(difference_power(0.5, viewers=24, rooms=4, room_share=0.05), 2)
        0.51
    """
    freedom = 2 * (rooms - 1)
    error = sqrt(2 * (1 + (viewers - 1) * room_share) / (rooms * viewers))
    critical = float(student_t_quantile(freedom))
    shift = difference / error
    # For large shifts, nctdtr underflows to NaN instead of 0.
    below, beyond = (nan_to_num(nctdtr(freedom, shift, at)) for at in (critical, -critical))
    return float(1 - below + beyond)


def rooms_needed(difference: float, viewers: int, room_share: float) -> int | None:
    """Smallest number of rooms for each cut with a power of `TARGET_POWER`; None if over `MAX_ROOMS`."""
    return next(
        (
            rooms
            for rooms in range(MIN_ROOMS, MAX_ROOMS + 1)
            if difference_power(difference, viewers, rooms, room_share) >= TARGET_POWER
        ),
        None,
    )
