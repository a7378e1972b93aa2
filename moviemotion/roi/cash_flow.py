"""The model, which computes quarterly cash in, cash out and ROI from the values of a plan.

ROI = net gain ÷ cost × 100 (as in the proposal, "Return on investment"), based on all cash up to the end of a
quarter. Time is measured in months from the start of the plan. The service and the payment of each contract
are spread evenly over its length, and its setup cost over the first three months. The workbook contains the
same formulas.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil

import numpy as np
from numpy.typing import ArrayLike

from moviemotion.roi.plan import MONTHS, QUARTERS, CostBasis, Plan
from moviemotion.statistics import Float64Array

SETUP_MONTHS = 3.0
COMPUTE_GROUP = "Machines for each audience"
FACE_READING_COST = "Analyzing the faces"
STORAGE_COST = "Storing the samples"


@dataclass(frozen=True)
class CashFlow:
    """Cash by quarter in the plan's currency; arrays have shape (Q, ...) for drivers of shape (...).

    Attributes:
        receipts: payments from contracts.
        costs: costs by group and name, in the order of the plan; the two in `COMPUTE_GROUP` come last.
        contract_months: number of contract months paid for.
        audience_hours: analyzed audience-hours (hours of film × viewers).
    """

    receipts: Float64Array
    costs: Mapping[tuple[str, str], Float64Array]
    contract_months: Float64Array
    audience_hours: Float64Array

    @property
    def cost(self) -> Float64Array:
        """Total costs of each quarter."""
        return sum(self.costs.values(), np.zeros_like(self.receipts))

    @property
    def net(self) -> Float64Array:
        """Receipts minus costs of each quarter."""
        return self.receipts - self.cost

    @property
    def cumulative(self) -> Float64Array:
        """Cumulative net cash at the end of each quarter."""
        return self.net.cumsum(axis=0)

    @property
    def roi(self) -> Float64Array:
        """Cumulative ROI in % at the end of each quarter; NaN where nothing was spent."""
        return _percent(self.cumulative, self.cost.cumsum(axis=0))

    @property
    def quarterly_roi(self) -> Float64Array:
        """ROI in % of each quarter alone; NaN where nothing was spent."""
        return _percent(self.net, self.cost)

    @property
    def positive_from_quarter(self) -> Float64Array:
        """The quarter, counted from 1, from which cumulative net cash stays positive; NaN if none."""
        stays = np.logical_and.accumulate(self.cumulative[::-1] > 0, axis=0)
        count = stays.sum(axis=0)
        return np.where(count > 0, QUARTERS + 1.0 - count, np.nan)

    def net_present_value(self, discount_rate: float) -> Float64Array:
        """Compute the net present value, discounting each quarter's net cash flow from the quarter's end.

        Args:
            discount_rate: annual rate, as a fraction.
        """
        years = np.arange(1, QUARTERS + 1) / 4
        return np.tensordot((1 + discount_rate) ** -years, self.net, axes=1)


def cash_flow(plan: Plan, values: Mapping[str, ArrayLike]) -> CashFlow:
    """Compute the cash flow of a plan.

    Args:
        plan: the plan, which defines the costs.
        values: value of every driver, by key: either numbers, or arrays with a common shape (...).
    """
    v = {key: np.asarray(value, dtype=np.float64) for key, value in values.items()}
    shape = np.broadcast_shapes(*(value.shape for value in v.values()))
    number, months = v["contracts.number"], v["contracts.months"]
    contracts = np.arange(ceil(float(np.max(number, initial=0)))).reshape(-1, *[1] * len(shape))
    begin = v["contracts.first_month"] + contracts * v["contracts.months_between"]
    # The number of contracts may be an expected value, so the last contract can count as a fraction.
    won = np.clip(number - contracts, 0, 1)

    def contract_months(start: Float64Array, length: Float64Array) -> Float64Array:
        return (won * _months_in_quarters(start, start + length)).sum(axis=1)

    served = contract_months(begin, months) / months
    paid = contract_months(begin + v["contracts.paid_after"], months)
    set_up = contract_months(begin, np.array(SETUP_MONTHS)) / SETUP_MONTHS
    screenings = served * v["use.screenings"]
    person = v["people.person_month"] * (1 + v["people.burden"])

    def quantity(basis: CostBasis, start: float, end: float) -> Float64Array:
        """Compute the number of units of a cost basis in each quarter."""
        if basis is CostBasis.CONTRACT:
            return set_up
        if basis is CostBasis.SCREENING:
            return screenings
        if basis is CostBasis.ONCE:
            return _quarters((np.arange(QUARTERS) == min(start, MONTHS - 1) // 3).astype(float), shape)
        present = _quarters(_months_in_quarters(np.array(start), np.array(end)), shape)
        return present * person if basis is CostBasis.PERSONS else present

    costs = {(c.group, c.name): v[c.key] * quantity(c.basis, c.begin, c.end) for c in plan.costs}
    hours = screenings * v["use.viewers"] * v["use.film_hours"]
    costs[COMPUTE_GROUP, FACE_READING_COST] = (
        hours / v["compute.audience_hours_per_core_hour"] * v["compute.core_hour"]
    )
    costs[COMPUTE_GROUP, STORAGE_COST] = (
        hours * v["compute.gb_per_audience_hour"] * v["compute.gb_month"] * v["compute.months_kept"]
    )
    return CashFlow(
        receipts=np.broadcast_to(v["contracts.price"] / months * paid, (QUARTERS, *shape)),
        costs={key: np.broadcast_to(cost, (QUARTERS, *shape)) for key, cost in costs.items()},
        contract_months=np.broadcast_to(paid, (QUARTERS, *shape)),
        audience_hours=np.broadcast_to(hours, (QUARTERS, *shape)),
    )


def required_price(plan: Plan, multiple: float) -> float:
    """Compute the contract price at which likely receipts are a multiple of likely costs.

    Args:
        plan: the plan; its price is ignored.
        multiple: required ratio of receipts to costs; the proposal demands 10.

    Returns:
        The price, or NaN if no contract is paid within the plan.
    """
    values = plan.likely_values() | {"contracts.price": 0.0}
    flow = cash_flow(plan, values)
    shares = float(flow.contract_months.sum()) / values["contracts.months"]
    return multiple * float(flow.cost.sum()) / shares if shares else float("nan")


def _months_in_quarters(begin: Float64Array, end: Float64Array) -> Float64Array:
    """Compute how many months of each quarter lie between two times; (...) → (Q, ...)."""
    quarter = _quarters(np.arange(0.0, MONTHS, 3.0), np.broadcast_shapes(begin.shape, end.shape))
    return np.clip(np.minimum(quarter + 3, end) - np.maximum(quarter, begin), 0, None)


def _quarters(values: Float64Array, shape: tuple[int, ...]) -> Float64Array:
    """Reshape (Q,) to (Q, 1, ...) for broadcasting against arrays of shape (...)."""
    return values.reshape(QUARTERS, *[1] * len(shape))


def _percent(part: Float64Array, whole: Float64Array) -> Float64Array:
    return np.divide(100 * part, whole, out=np.full(whole.shape, np.nan), where=whole > 0)
