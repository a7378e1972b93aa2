"""The plan of a screening as sentences, terminal lines, CSV and JSON."""

from __future__ import annotations

import csv
import io
from dataclasses import asdict
from typing import Any

from moviemotion.planning.moment_power import TARGET_POWER
from moviemotion.planning.room_power import MAX_ROOMS
from moviemotion.planning.screening_plan import ScreeningPlan
from moviemotion.reports.number_format import percent, percent_interval


def moment_question(plan: ScreeningPlan) -> str:
    """Describe the reaction and the film for which the number of viewers is planned."""
    return (
        f"A reaction of {plan.length:g} s that {percent(plan.share)} of the viewers show with a strength of "
        f"{plan.strength:g}, in a film of {plan.minutes:g} minutes"
    )


def moment_answer(plan: ScreeningPlan) -> str:
    """State how many viewers are needed to find the reaction reliably."""
    target = percent(TARGET_POWER)
    if plan.viewers is None:
        return (
            f"Even {plan.moments[-1].viewers} viewers find it in fewer than {target} of the screenings. "
            "Only longer, stronger or more widely shared reactions are found reliably."
        )
    if plan.viewers == plan.moments[0].viewers:
        return f"{plan.viewers} viewers, the smallest number that is tested, are enough for {target}."
    return f"About {plan.viewers} viewers, all seen at the time, find it in {target} of the screenings."


def room_question(plan: ScreeningPlan) -> str:
    """Describe the difference between two cuts for which the number of rooms is planned."""
    return (
        f"Two cuts that differ by {plan.difference:g} standard deviations between viewers, if "
        f"{percent(plan.room_share)} of the variance lies between rooms"
    )


def source_sentence(plan: ScreeningPlan) -> str:
    """State how the numbers of viewers and rooms were obtained."""
    return (
        f"Moments: {plan.films} films simulated with seed {plan.seed} and searched by this program, "
        "interpolated. Rooms: formula for rooms as a random effect."
    )


def plan_lines(plan: ScreeningPlan) -> list[str]:
    """Write the plan for the terminal."""
    lines = [f"{moment_question(plan)}:", "", "  viewers   found   95 % interval"]
    lines += [
        f"  {row.viewers:7}  {percent(row.power):>9}   {percent_interval((row.low, row.high))}"
        for row in plan.moments
    ]
    lines += ["", moment_answer(plan), "", f"{room_question(plan)}:", ""]
    lines.append("  viewers in a room   rooms for each cut   viewers for each cut   found")
    for row in plan.rooms:
        if row.rooms is None:
            lines.append(f"  {row.viewers:17}   {f'over {MAX_ROOMS}':>18}")
        else:
            viewers = row.rooms * row.viewers
            lines.append(f"  {row.viewers:17}   {row.rooms:18}   {viewers:20}   {percent(row.power)}")
    return [*lines, "", source_sentence(plan)]


def plan_csv(plan: ScreeningPlan) -> str:
    """Write as CSV how often the reaction is found, with one row for each number of viewers."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(("viewers", "power", "low", "high"))
    for row in plan.moments:
        table.writerow((row.viewers, *(round(value, 4) for value in (row.power, row.low, row.high))))
    return text.getvalue()


def plan_record(plan: ScreeningPlan) -> dict[str, Any]:
    """Convert the plan for `json.dumps`; null means that even the largest number tested is too small."""
    return asdict(plan)
