"""What a plan holds: figures with their doubt and their source, and costs for each of something."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

QUARTERS = 6
"""The deck's limit: ROI must be positive within so many."""
MONTHS = 3 * QUARTERS
MAX_VALUE = 1e12


class CostBasis(StrEnum):
    """What a cost is multiplied by; also its key in plan.toml."""

    ONCE = "once"
    MONTH = "month"
    CONTRACT = "contract"
    SCREENING = "screening"
    PERSONS = "persons"
    """People at work, each at the plan's price of a month, burden included."""


@dataclass(frozen=True)
class Driver:
    """A figure of the plan.

    Attributes:
        key: its place in plan.toml.
        low, likely, high: in `unit`; all the same where there is no doubt.
        source: where it comes from; empty where the plan does not say.
        least, most: what it can be at all.
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
        return self.low < self.high


@dataclass(frozen=True)
class Cost:
    """A cost: its driver's value for each of `per`.

    Attributes:
        name: also its driver's name.
        begin, end: months of the plan, from 0; once: when it is paid; contract, screening: not used.
    """

    group: str
    name: str
    basis: CostBasis
    begin: float = 0.0
    end: float = MONTHS

    @property
    def key(self) -> str:
        return f'costs."{self.group}"."{self.name}"'


@dataclass(frozen=True)
class Plan:
    """A plan over `QUARTERS` quarters.

    Attributes:
        currency: of all money.
        discount_rate: of a year, as a share; for the net present value only.
        multiple: where the price follows from the costs: how many times them the contracts pay.
        drivers: by key, in the order of the page; all of `FIGURES` and one for each cost.
        notes: what the reader must know of the plan.
    """

    title: str
    currency: str
    discount_rate: float
    revenue_multiple: float | None
    drivers: Mapping[str, Driver]
    costs: tuple[Cost, ...]
    notes: tuple[str, ...] = ()

    def likely_values(self) -> dict[str, float]:
        """The likely value of each driver."""
        return {key: driver.likely for key, driver in self.drivers.items()}


@dataclass(frozen=True)
class DriverSpec:
    """What a driver that every plan has is called, and what it can be; $ stands for the currency."""

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
        "Speed of reading faces", "audience-hours a core-hour", minimum=1e-3, maximum=1e6
    ),
    "compute.core_hour": DriverSpec("Price of a core-hour", "$ a core-hour"),
    "compute.gb_per_audience_hour": DriverSpec("Size of the readings", "GB an audience-hour"),
    "compute.gb_month": DriverSpec("Price of storage", "$ a GB and month"),
    "compute.months_kept": DriverSpec("The readings are kept for", "months", maximum=1200),
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
