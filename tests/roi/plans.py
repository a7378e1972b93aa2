"""A small plan that is easily worked out by hand, and ways to change it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from moviemotion.roi.plan import Plan
from moviemotion.roi.plan_file import read_plan

SMALL = """
title = "A small plan"
currency = "EUR"
discount_rate = 0.1
notes = ["Invented."]
[contracts]
price = 12000
number = 2
first_month = 3
months_between = 6
months = 12
paid_after = 1
[use]
screenings = 4
viewers = 10
film_hours = 2
[compute]
audience_hours_per_core_hour = 8
core_hour = 0.5
gb_per_audience_hour = 0.25
gb_month = 0.125
months_kept = 2
[people]
person_month = 400
burden = 0.5
[costs."Machines"]
"Made" = { once = 110 }
"Later" = { once = 90, from = 18 }
"Model" = { month = 50, until = 12 }
[costs."People"]
"Staff" = { persons = 0.5, from = 2 }
[costs."Studios"]
"Cameras" = { contract = 600 }
"Evening" = { screening = 30 }
"""


def written(folder: Path, text: str = SMALL, **changes: str) -> Path:
    """plan.toml in a folder; a change is FIGURE="VALUE" for a line `FIGURE = …` of the text."""
    lines = [
        f"{name} = {changes[name]}" if (name := line.partition(" = ")[0]) in changes else line
        for line in text.splitlines()
    ]
    path = folder / "plan.toml"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def small_plan(folder: Path, **changes: str) -> Plan:
    return read_plan(written(folder, **changes))


def with_likely(plan: Plan, **likely: float) -> Plan:
    """The plan with other likely values, by the last part of their keys, __ for the dot before it."""
    drivers = dict(plan.drivers)
    for name, value in likely.items():
        key = name.replace("__", ".")
        drivers[key] = replace(drivers[key], low=value, likely=value, high=value)
    return replace(plan, drivers=drivers)
