"""The parts of a plan: drivers with range and source, and costs with what they are multiplied by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

QUARTERS = 6
"""The proposal demands a positive ROI within this time."""
MONTHS = 3 * QUARTERS
MAX_VALUE = 1e12


class CostBasis(StrEnum):
    """What a cost is multiplied by; the values are also the keys in plan.toml."""

    ONCE = "once"
    MONTH = "month"
    CONTRACT = "contract"
    SCREENING = "screening"
    PERSONS = "persons"
    """People at work, each at the plan's monthly price including benefits and taxes."""


@dataclass(frozen=True)
class Driver:
    """A figure of the plan.

    Attributes:
        key: its place in plan.toml.
        name: for people.
        unit: of the values.
        low: lower end of the range.
        likely: the most likely value.
        high: upper end of the range; equal to `low` for a certain value.
        source: where the figure comes from; empty if the plan does not say.
        minimum: smallest permitted value.
        maximum: largest permitted value.
    """

    key: str
    name: str
    unit: str
    low: float
    likely: float
    high: float
    source: str = ""
    minimum: float = 0.0
    maximum: float = MAX_VALUE

    @property
    def is_uncertain(self) -> bool:
        """Whether the range is more than one value."""
        return self.low < self.high


@dataclass(frozen=True)
class Cost:
    """A cost: the value of its driver × its basis.

    Attributes:
        group: heading under which it is listed.
        name: also the name of its driver.
        basis: what it is multiplied by.
        begin: first month of the plan, from 0; for `ONCE` the month of payment. Unused for `CONTRACT` and
            `SCREENING`.
        end: month at which it ends.
    """

    group: str
    name: str
    basis: CostBasis
    begin: float = 0.0
    end: float = MONTHS

    @property
    def key(self) -> str:
        """The key of its driver, which is its place in plan.toml."""
        return f'costs."{self.group}"."{self.name}"'


@dataclass(frozen=True)
class Plan:
    """A plan over `QUARTERS` quarters.

    Attributes:
        title: for the page.
        currency: of all amounts.
        discount_rate: per year, as a share; only for the net present value.
        revenue_multiple: receipts ÷ costs that decides the price; None if the plan sets the price.
        drivers: by key, in the order of the page: all of `DRIVER_SPECS` and one for each cost.
        costs: in the order of the plan.
        notes: what readers have to know about the plan.
    """

    title: str
    currency: str
    discount_rate: float
    revenue_multiple: float | None
    drivers: Mapping[str, Driver]
    costs: tuple[Cost, ...]
    notes: tuple[str, ...] = ()

    def likely_values(self) -> dict[str, float]:
        """Return the likely value of each driver, by its key."""
        return {key: driver.likely for key, driver in self.drivers.items()}


@dataclass(frozen=True)
class DriverSpec:
    """Name, unit and limits of a driver that every plan has; $ in the unit stands for the currency."""

    name: str
    unit: str
    minimum: float = 0.0
    maximum: float = MAX_VALUE


DRIVER_SPECS = {
    "contracts.price": DriverSpec("Price of a contract", "$ a contract"),
    "contracts.number": DriverSpec("Contracts won", "contracts", maximum=50),
    "contracts.first_month": DriverSpec("The first contract begins", "months from the start", maximum=MONTHS),
    "contracts.months_between": DriverSpec("Between one contract and the next", "months", maximum=MONTHS),
    "contracts.months": DriverSpec("Length of a contract", "months", minimum=1, maximum=60),
    "contracts.paid_after": DriverSpec("A month's service is paid after", "months", maximum=MONTHS),
    "use.screenings": DriverSpec("Screenings", "a contract", maximum=1e6),
    "use.viewers": DriverSpec("Viewers", "a screening", maximum=1e6),
    "use.film_hours": DriverSpec("Length of a film", "hours", maximum=24),
    "compute.audience_hours_per_core_hour": DriverSpec(
        "Speed of face analysis", "audience-hours a core-hour", minimum=1e-3, maximum=1e6
    ),
    "compute.core_hour": DriverSpec("Price of a core-hour", "$ a core-hour"),
    "compute.gb_per_audience_hour": DriverSpec("Size of the samples", "GB an audience-hour"),
    "compute.gb_month": DriverSpec("Price of storage", "$ a GB and month"),
    "compute.months_kept": DriverSpec("Retention of the samples", "months", maximum=1200),
    "people.person_month": DriverSpec("Salary", "$ a person and month"),
    "people.burden": DriverSpec("Benefits and taxes on top of salaries", "share", maximum=5),
}
COST_UNITS = {
    CostBasis.ONCE: "$ once",
    CostBasis.MONTH: "$ a month",
    CostBasis.CONTRACT: "$ a contract",
    CostBasis.SCREENING: "$ a screening",
    CostBasis.PERSONS: "persons",
}
