"""Plan a screening: how many viewers and rooms are needed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from moviemotion.api.arguments import checked_number, checked_path
from moviemotion.api.frames import frame_of
from moviemotion.planning import screening_plan
from moviemotion.reports.plan_lines import plan_lines
from moviemotion.workflows.plan import write_plan

if TYPE_CHECKING:
    import pandas as pd


class Plan:
    """The plan of a screening.

    Attributes:
        result: the underlying record, for use in programs.
    """

    def __init__(self, result: screening_plan.ScreeningPlan) -> None:
        self.result = result

    @property
    def viewers(self) -> int | None:
        """Smallest number of viewers with which the moment is found with 80 % power; None if over 100."""
        return self.result.viewers

    @property
    def moments(self) -> pd.DataFrame:
        """One row per number of viewers: `viewers`, `power`, and its 95 % interval, `low` and `high`."""
        rows = self.result.moments
        return frame_of(
            {
                "viewers": [row.viewers for row in rows],
                "power": [row.power for row in rows],
                "low": [row.low for row in rows],
                "high": [row.high for row in rows],
            }
        )

    @property
    def rooms(self) -> pd.DataFrame:
        """One row per room size: `viewers` in each room, `rooms` for each cut, and `power`."""
        rows = self.result.rooms
        return frame_of(
            {
                "viewers": [row.viewers for row in rows],
                "rooms": [row.rooms for row in rows],
                "power": [row.power for row in rows],
            }
        )

    def save(self, folder: str | Path) -> Path:
        """Write `plan.html` (opens offline), `plan.csv` and `plan.json`.

        Returns:
            The HTML page.

        Raises:
            MoviemotionError: the folder cannot be written.
        """
        path = checked_path("folder", folder)
        write_plan(self.result, path)
        return path / "plan.html"

    def summary(self) -> str:
        """Summarize the plan in plain text."""
        return "\n".join(plan_lines(self.result))

    def __repr__(self) -> str:
        """The summary."""
        return f"<Plan>\n{self.summary()}"


def plan(
    *,
    length: float = 2.0,
    share: float = 0.4,
    strength: float = 0.5,
    minutes: float = 90.0,
    difference: float = 0.5,
    room_share: float = 0.05,
) -> Plan:
    """Plan a screening: viewers needed to find a moment, and rooms needed to tell two cuts apart.

    Power is looked up in a table that was created by applying this version's moment search to simulated films
    (`benchmarks/moment_power.py`). The number of rooms is computed with the formula for two-level designs in
    which rooms are a random effect (Donner & Klar, 2000).

    Args:
        length: how long the reaction is held, in seconds.
        share: share of the viewers who react, 0–1.
        strength: strength of the emotion in the faces of those who react, 0–1.
        minutes: length of the film.
        difference: difference between two cuts, in standard deviations between viewers.
        room_share: share of the variance that lies between rooms, 0–1.

    Raises:
        MoviemotionError: an argument is outside the range that was simulated.

    Example:
        >>> import moviemotion as mm
        >>> plan = mm.plan(length=5, share=0.6, strength=0.7)
        >>> 5 <= plan.viewers <= 100
        True
    """
    return Plan(
        screening_plan.plan_screening(
            length=checked_number("length", length),
            share=checked_number("share", share),
            strength=checked_number("strength", strength),
            minutes=checked_number("minutes", minutes),
            difference=checked_number("difference", difference),
            room_share=checked_number("room_share", room_share),
        )
    )
