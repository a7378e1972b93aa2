"""What a plan holds: figures with their doubt and their source, and costs for each of something."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

QUARTERS = 6
"""The deck's limit: ROI must be positive within so many."""
MONTHS = 3 * QUARTERS
MOST = 1e12


class Per(StrEnum):
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
    least: float = 0.0
    most: float = MOST

    @property
    def uncertain(self) -> bool:
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
    per: Per
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
    multiple: float | None
    drivers: Mapping[str, Driver]
    costs: tuple[Cost, ...]
    notes: tuple[str, ...] = ()

    def likely(self) -> dict[str, float]:
        """The likely value of each driver."""
        return {key: driver.likely for key, driver in self.drivers.items()}


@dataclass(frozen=True)
class Figure:
    """What a driver that every plan has is called, and what it can be; $ stands for the currency."""

    name: str
    unit: str
    least: float = 0.0
    most: float = MOST


FIGURES = {
    "contracts.price": Figure("Price of a contract", "$ a contract"),
    "contracts.number": Figure("Contracts won", "contracts", most=50),
    "contracts.first_month": Figure("The first contract begins", "months from the start", most=MONTHS),
    "contracts.months_between": Figure("Between one contract and the next", "months", most=MONTHS),
    "contracts.months": Figure("Length of a contract", "months", least=1, most=60),
    "contracts.paid_after": Figure("A month's service is paid after", "months", most=MONTHS),
    "use.screenings": Figure("Screenings", "a contract", most=1e6),
    "use.viewers": Figure("Viewers", "a screening", most=1e6),
    "use.film_hours": Figure("Length of a film", "hours", most=24),
    "compute.audience_hours_per_core_hour": Figure(
        "Speed of reading faces", "audience-hours a core-hour", least=1e-3, most=1e6
    ),
    "compute.core_hour": Figure("Price of a core-hour", "$ a core-hour"),
    "compute.gb_per_audience_hour": Figure("Size of the readings", "GB an audience-hour"),
    "compute.gb_month": Figure("Price of storage", "$ a GB and month"),
    "compute.months_kept": Figure("The readings are kept for", "months", most=1200),
    "people.person_month": Figure("Salary", "$ a person and month"),
    "people.burden": Figure("Benefits and taxes on top of salaries", "share", most=5),
}
COST_UNITS = {
    Per.ONCE: "$ once",
    Per.MONTH: "$ a month",
    Per.CONTRACT: "$ a contract",
    Per.SCREENING: "$ a screening",
    Per.PERSONS: "persons",
}
