"""The figures of a plan as people read them."""

from __future__ import annotations

from math import floor, isnan, log10

import numpy as np

from moviemotion.roi.cash_flow import COMPUTE_GROUP
from moviemotion.roi.plan import QUARTERS
from moviemotion.roi.uncertainty import BreakEven, RoiAnalysis

PERCENT_SIGN = "\N{NO-BREAK SPACE}%"


def money(amount: float) -> str:
    """Whole units of the currency: `1,234`, `−1,234`."""
    return f"{amount:z,.0f}".replace("-", "−")


def percent(number: float) -> str:
    """ROI without its sign: `−24.7`, `900`; a dash where nothing was spent."""
    if isnan(number):
        return "–"
    return f"{number:z,.{0 if abs(number) >= 99.95 else 1}f}".replace("-", "−")


def roi(number: float) -> str:
    """ROI: `−24.7 %`, `900 %`; a dash where nothing was spent."""
    return "–" if isnan(number) else f"{percent(number)}{PERCENT_SIGN}"


def driver_value(number: float) -> str:
    """A driver's value with three digits or more: `0.002`, `13.7`, `535,202`; a dash for NaN."""
    if isnan(number):
        return "–"
    digits = 0 if number == 0 else max(0, 2 - floor(log10(abs(number))))
    text = f"{number:z,.{digits}f}".replace("-", "−")
    return text.rstrip("0").rstrip(".") if "." in text else text


def share(part: float) -> str:
    """A share with one decimal that never rounds to all or nothing."""
    if 0 < part < 0.0005:
        return f"under 0.1{PERCENT_SIGN}"
    if 0.9995 < part < 1:
        return f"over 99.9{PERCENT_SIGN}"
    return f"{100 * part:.1f}{PERCENT_SIGN}"


def break_even_text(found: BreakEven) -> str:
    """What must be true of one driver, all others being likely."""
    if not isnan(found.value):
        return f"{'at least' if found.at_least else 'at most'} {driver_value(found.value)}"
    return "any value will do" if found.positive_at_likely else "no value is enough"


def likely_case_sentence(prospect: RoiAnalysis) -> str:
    """The likely case in one sentence."""
    flow = prospect.cash_flow
    quarter = float(flow.positive_from_quarter)
    turns = (
        f"does not turn positive within {QUARTERS} quarters"
        if isnan(quarter)
        else f"turns positive in quarter {quarter:.0f} and stays so"
    )
    return (
        f"In the likely case {prospect.plan.currency} {money(float(flow.cost.sum()))} is spent and "
        f"{money(float(flow.receipts.sum()))} comes in over {QUARTERS} quarters: ROI is "
        f"{roi(float(flow.roi[-1]))}; it {turns}."
    )


def uncertainty_sentence(prospect: RoiAnalysis) -> str:
    """How sure that is, in one sentence."""
    futures = prospect.monte_carlo
    low, high = futures.positive_interval
    bottom, middle, top = map(roi, futures.roi_by_quarter[-1])
    return (
        f"In {share(futures.positive_share)} of {futures.draws:,} draws from the plan’s ranges ROI is positive "
        f"by then ({share(low)} to {share(high)}, 95{PERCENT_SIGN} interval of the drawing alone); the middle "
        f"draw has {middle}, and 95{PERCENT_SIGN} of them lie between {bottom} and {top}."
    )


def compute_cost_sentence(prospect: RoiAnalysis) -> str:
    """What it costs to read the faces, from the measured speed, in one sentence."""
    plan, flow = prospect.plan, prospect.cash_flow
    speed = plan.drivers["compute.audience_hours_per_core_hour"]
    hours = float(flow.audience_hours.sum())
    cost = sum(float(flow.costs[key].sum()) for key in flow.costs if key[0] == COMPUTE_GROUP)
    whole = float(flow.cost.sum())
    part = f", {share(cost / whole)} of all costs" if whole else ""
    return (
        f"{driver_value(hours)} audience-hours at {driver_value(speed.likely)} audience-hours a core-hour are "
        f"{driver_value(hours / speed.likely)} core-hours; with storage they cost "
        f"{plan.currency} {money(cost)}{part}."
    )


def roi_lines(prospect: RoiAnalysis) -> list[str]:
    """For the terminal: the likely case by quarter, how sure it is, and what it hangs on."""
    flow = prospect.cash_flow
    quarters = zip(flow.net, flow.cumulative, flow.roi, strict=True)
    solved = [found for found in prospect.break_evens if not np.isnan(found.value)]
    return [
        likely_case_sentence(prospect),
        uncertainty_sentence(prospect),
        "",
        f"{'quarter':>7} {'net cash':>16} {'so far':>16} {'ROI so far':>12}",
        *(
            f"{q:>7} {money(float(net)):>16} {money(float(so_far)):>16} {roi(float(percent)):>12}"
            for q, (net, so_far, percent) in enumerate(quarters, 1)
        ),
        "",
        f"For a positive ROI within {QUARTERS} quarters, each alone, the tightest first:",
        *(
            f"  {f.driver.name}: {break_even_text(f)} {f.driver.unit} (likely {driver_value(f.driver.likely)})"
            for f in solved[:5]
        ),
    ]
