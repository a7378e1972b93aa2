"""Formats the values of a plan for readers, and writes the sentences about its results."""

from __future__ import annotations

from math import floor, isnan, log10

import numpy as np

from moviemotion.roi.cash_flow import COMPUTE_GROUP
from moviemotion.roi.plan import QUARTERS
from moviemotion.roi.uncertainty import BreakEven, RoiAnalysis

PERCENT_SIGN = "\N{NO-BREAK SPACE}%"


def money(amount: float) -> str:
    """Format an amount in whole units of the currency: `1,234`, `−1,234`."""
    return f"{amount:z,.0f}".replace("-", "−")


def percent(number: float) -> str:
    """Format a percentage without the percent sign: `−24.7`, `900`; a dash for NaN."""
    if isnan(number):
        return "–"
    return f"{number:z,.{0 if abs(number) >= 99.95 else 1}f}".replace("-", "−")


def roi(number: float) -> str:
    """Format an ROI: `−24.7 %`, `900 %`; a dash for NaN (nothing was spent)."""
    return "–" if isnan(number) else f"{percent(number)}{PERCENT_SIGN}"


def driver_value(number: float) -> str:
    """Format a value with at least three significant digits: `0.002`, `13.7`, `535,202`; a dash for NaN."""
    if isnan(number):
        return "–"
    digits = 0 if number == 0 else max(0, 2 - floor(log10(abs(number))))
    text = f"{number:z,.{digits}f}".replace("-", "−")
    return text.rstrip("0").rstrip(".") if "." in text else text


def share(part: float) -> str:
    """Format a fraction as a percentage with one decimal; only exactly 0 and 1 become 0 % and 100 %."""
    if 0 < part < 0.0005:
        return f"under 0.1{PERCENT_SIGN}"
    if 0.9995 < part < 1:
        return f"over 99.9{PERCENT_SIGN}"
    return f"{100 * part:.1f}{PERCENT_SIGN}"


def break_even_text(found: BreakEven) -> str:
    """Describe which values of one driver give a positive ROI, with all others at their likely values."""
    if not isnan(found.value):
        return f"{'at least' if found.at_least else 'at most'} {driver_value(found.value)}"
    return "any value is enough" if found.positive_at_likely else "no value is enough"


def likely_case_sentence(analysis: RoiAnalysis) -> str:
    """Describe the likely case in one sentence."""
    flow = analysis.cash_flow
    quarter = float(flow.positive_from_quarter)
    turns = (
        f"does not turn positive within {QUARTERS} quarters"
        if isnan(quarter)
        else f"turns positive in quarter {quarter:.0f} and stays positive"
    )
    return (
        f"In the likely case, {analysis.plan.currency} {money(float(flow.cost.sum()))} is spent and "
        f"{money(float(flow.receipts.sum()))} is received over {QUARTERS} quarters: ROI is "
        f"{roi(float(flow.roi[-1]))}; it {turns}."
    )


def uncertainty_sentence(analysis: RoiAnalysis) -> str:
    """Describe the uncertainty of the ROI in two sentences."""
    result = analysis.monte_carlo
    low, high = result.positive_interval
    bottom, middle, top = map(roi, result.roi_by_quarter[-1])
    return (
        f"In {share(result.positive_share)} of {result.draws:,} draws from the plan’s ranges, ROI is "
        f"positive by then ({share(low)} to {share(high)}, a 95{PERCENT_SIGN} interval that reflects only "
        f"the number of draws). The median is {middle}, and 95{PERCENT_SIGN} of the draws lie between "
        f"{bottom} and {top}."
    )


def compute_cost_sentence(analysis: RoiAnalysis) -> str:
    """Describe the cost of face analysis, based on the measured speed, in one sentence."""
    plan, flow = analysis.plan, analysis.cash_flow
    speed = plan.drivers["compute.audience_hours_per_core_hour"]
    hours = float(flow.audience_hours.sum())
    cost = sum(float(flow.costs[key].sum()) for key in flow.costs if key[0] == COMPUTE_GROUP)
    whole = float(flow.cost.sum())
    part = f", {share(cost / whole)} of all costs" if whole else ""
    return (
        f"{driver_value(hours)} audience-hours at {driver_value(speed.likely)} audience-hours per core-hour "
        f"take {driver_value(hours / speed.likely)} core-hours; with storage they cost "
        f"{plan.currency} {money(cost)}{part}."
    )


def roi_lines(analysis: RoiAnalysis) -> list[str]:
    """Summarize the analysis for the terminal: likely case by quarter, uncertainty, break-even values."""
    flow = analysis.cash_flow
    quarters = zip(flow.net, flow.cumulative, flow.roi, strict=True)
    solved = [found for found in analysis.break_evens if not np.isnan(found.value)]
    return [
        likely_case_sentence(analysis),
        uncertainty_sentence(analysis),
        "",
        f"{'quarter':>7} {'net cash':>16} {'cumulative':>16} {'ROI':>12}",
        *(
            f"{q:>7} {money(float(net)):>16} {money(float(total)):>16} {roi(float(percent)):>12}"
            for q, (net, total, percent) in enumerate(quarters, 1)
        ),
        "",
        f"For a positive ROI within {QUARTERS} quarters, varying one value at a time (closest first):",
        *(
            f"  {f.driver.name}: {break_even_text(f)} {f.driver.unit} "
            f"(likely {driver_value(f.driver.likely)})"
            for f in solved[:5]
        ),
    ]
