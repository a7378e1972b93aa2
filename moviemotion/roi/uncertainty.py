"""Answers an investor's three questions: What has to be true? What matters most? How certain is the result?

The answers are break-even values, a tornado chart of one-at-a-time swings, and Monte Carlo draws.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq

from moviemotion.roi.cash_flow import CashFlow, cash_flow
from moviemotion.roi.plan import MAX_VALUE, QUARTERS, Driver, Plan
from moviemotion.statistics import Float64Array, wilson_interval

DRAWS = 10_000
QUANTILES = (0.025, 0.5, 0.975)


@dataclass(frozen=True)
class BreakEven:
    """The value of one driver at which the final ROI changes sign, with all others at their likely values.

    Attributes:
        driver: the driver that is varied.
        value: value at which cumulative net cash is 0; NaN if no value of this driver alone changes the sign.
        at_least: whether ROI is positive above `value` rather than below it.
        positive_at_likely: whether ROI is positive at the driver's likely value.
    """

    driver: Driver
    value: float
    at_least: bool
    positive_at_likely: bool


@dataclass(frozen=True)
class Swing:
    """Final ROI in % with one driver at the ends of its range and all others at their likely values."""

    driver: Driver
    at_low: float
    at_high: float

    @property
    def width(self) -> float:
        """The absolute difference between the two ROIs, in percentage points."""
        return abs(self.at_high - self.at_low)


@dataclass(frozen=True)
class MonteCarloResult:
    """Results of drawing every uncertain driver independently from a triangular distribution.

    Attributes:
        seed: random seed for the draws.
        draws: number of draws, D.
        roi: (D,) ROI in % after the last quarter; NaN where nothing was spent.
        roi_by_quarter: (Q, 3) 2.5 %, 50 % and 97.5 % quantiles of the cumulative ROI.
        net_present_value: (3,) the same quantiles of the net present value.
        positive_share: fraction of draws with a positive ROI after the last quarter.
        positive_interval: 95 % Wilson interval of `positive_share`, which reflects only the number of draws.
        positive_from_share: (Q,) fraction of draws in which ROI stays positive from each quarter on.
    """

    seed: int
    draws: int
    roi: Float64Array
    roi_by_quarter: Float64Array
    net_present_value: Float64Array
    positive_share: float
    positive_interval: tuple[float, float]
    positive_from_share: Float64Array


@dataclass(frozen=True)
class RoiAnalysis:
    """An analyzed plan: the likely cash flow and the answers to the three questions."""

    plan: Plan
    cash_flow: CashFlow
    break_evens: tuple[BreakEven, ...]
    swings: tuple[Swing, ...]
    monte_carlo: MonteCarloResult


def analyze_plan(plan: Plan, seed: int) -> RoiAnalysis:
    """Compute the likely case, break-even values (closest to the likely values first), swings and draws."""
    needs = sorted(
        (break_even(plan, driver) for driver in plan.drivers.values()), key=_distance_to_break_even
    )
    flow = cash_flow(plan, plan.likely_values())
    return RoiAnalysis(plan, flow, tuple(needs), tuple(tornado_swings(plan)), monte_carlo(plan, seed))


def _distance_to_break_even(need: BreakEven) -> float:
    """Return how far a driver's likely value is from its break-even value, as a logarithmic ratio."""
    if np.isnan(need.value):
        return np.inf
    if need.value <= 0 or need.driver.likely <= 0:
        return np.inf if need.value != need.driver.likely else 0.0
    return abs(float(np.log(need.value / need.driver.likely)))


def break_even(plan: Plan, driver: Driver) -> BreakEven:
    """Find the value of one driver, closest to the likely one, at which final cumulative net cash is 0."""

    def net(value: Float64Array | float) -> Float64Array:
        return cash_flow(plan, plan.likely_values() | {driver.key: value}).cumulative[-1]

    tried = _candidate_values(driver)
    gains = net(tried) > 0
    positive = bool(net(driver.likely) > 0)
    changes = np.flatnonzero(gains[1:] != gains[:-1])
    if not len(changes):
        return BreakEven(driver, float("nan"), False, positive)
    middles = (tried[changes] + tried[changes + 1]) / 2
    change = changes[np.abs(middles - driver.likely).argmin()]
    value = brentq(lambda x: float(net(x)), tried[change], tried[change + 1])
    return BreakEven(driver, value, bool(gains[change + 1]), positive)


def _candidate_values(driver: Driver) -> Float64Array:
    """Return the values to search: evenly spaced if there is a maximum, otherwise logarithmically."""
    if driver.maximum < MAX_VALUE:
        even = np.linspace(driver.minimum, driver.maximum, 401)
    else:
        even = np.concatenate(([driver.minimum], np.geomspace(1e-6, 1e6, 601) * max(driver.likely, 1.0)))
    return np.unique([*even, driver.likely])


def tornado_swings(plan: Plan) -> list[Swing]:
    """Compute the swings of all uncertain drivers, the largest first."""

    def roi(driver: Driver, value: float) -> float:
        return float(cash_flow(plan, plan.likely_values() | {driver.key: value}).roi[-1])

    swings = [Swing(d, roi(d, d.low), roi(d, d.high)) for d in plan.drivers.values() if d.is_uncertain]
    return sorted(swings, key=lambda swing: (np.isnan(swing.width), -swing.width))


def monte_carlo(plan: Plan, seed: int, draws: int = DRAWS) -> MonteCarloResult:
    """Draw values for all uncertain drivers, in the plan's order, and compute the cash flow for each draw."""
    generator = np.random.default_rng(seed)
    values: dict[str, float | Float64Array] = {}
    for key, driver in plan.drivers.items():
        values[key] = driver.likely
        if driver.is_uncertain:
            values[key] = generator.triangular(driver.low, driver.likely, driver.high, draws)
    # Each draw has an integer number of contracts.
    values["contracts.number"] = np.rint(np.broadcast_to(values["contracts.number"], draws))
    flow = cash_flow(plan, values)
    count = int((flow.cumulative[-1] > 0).sum())
    low, high = wilson_interval(count, draws)
    first = flow.positive_from_quarter
    return MonteCarloResult(
        seed=seed,
        draws=draws,
        roi=flow.roi[-1],
        roi_by_quarter=np.quantile(flow.roi, QUANTILES, axis=1).T,
        net_present_value=np.quantile(flow.net_present_value(plan.discount_rate), QUANTILES),
        positive_share=count / draws,
        positive_interval=(float(low), float(high)),
        positive_from_share=np.array([(first == quarter).mean() for quarter in range(1, QUARTERS + 1)]),
    )
