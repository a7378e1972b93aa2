"""The parts of a plan: drivers with their ranges and sources, and costs with their bases."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

QUARTERS = 6
"""Number of quarters within which the proposal demands a positive ROI."""
MONTHS = 3 * QUARTERS
MAX_VALUE = 1e12


class CostBasis(StrEnum):
    """The basis that a cost is multiplied by; the values are also the keys in plan.toml."""

    ONCE = "once"
    MONTH = "month"
    CONTRACT = "contract"
    SCREENING = "screening"
    PERSONS = "persons"
    """Number of people employed, each paid the plan's monthly salary, including benefits and taxes."""


@dataclass(frozen=True)
class Driver:
    """A quantity in the plan.

    Attributes:
        key: path of the value in plan.toml.
        name: human-readable name.
        unit: unit of the values.
        low: lower end of the range.
        likely: the most likely value.
        high: upper end of the range; equal to `low` if the value is certain.
        source: source of the values; empty if the plan does not give one.
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
        """Whether the range contains more than one value."""
        return self.low < self.high


@dataclass(frozen=True)
class Cost:
    """A cost: the value of its driver multiplied by its basis.

    Attributes:
        group: heading under which it is listed.
        name: name of the cost and of its driver.
        basis: the basis that the driver's value is multiplied by.
        begin: month of the plan in which the cost begins, counted from 0; for `ONCE`, the month of payment.
            Unused for `CONTRACT` and `SCREENING`.
        end: month of the plan at whose start the cost ends, counted from 0.
    """

    group: str
    name: str
    basis: CostBasis
    begin: float = 0.0
    end: float = MONTHS

    @property
    def key(self) -> str:
        """The key of the cost's driver, which is its path in plan.toml."""
        return f'costs."{self.group}"."{self.name}"'


@dataclass(frozen=True)
class Plan:
    """A plan over `QUARTERS` quarters.

    Attributes:
        title: title of the page.
        currency: currency of all amounts.
        discount_rate: annual rate, as a fraction; used only for the net present value.
        revenue_multiple: ratio of receipts to costs that determines the price; None if the plan sets the
            price.
        drivers: the drivers by key, in the order in which the page lists them: all of `DRIVER_SPECS`, and one
            for each cost.
        costs: the costs, in the order in which the plan lists them.
        notes: what readers need to know about the plan.
    """

    title: str
    currency: str
    discount_rate: float
    revenue_multiple: float | None
    drivers: Mapping[str, Driver]
    costs: tuple[Cost, ...]
    notes: tuple[str, ...] = ()

    def likely_values(self) -> dict[str, float]:
        """Return the likely value of each driver, by key."""
        return {key: driver.likely for key, driver in self.drivers.items()}


@dataclass(frozen=True)
class DriverSpec:
    """Name, unit and limits of a driver that every plan contains; $ in the unit stands for the currency."""

    name: str
    unit: str
    minimum: float = 0.0
    maximum: float = MAX_VALUE


DRIVER_SPECS = {
    "contracts.price": DriverSpec("Price of a contract", "$ per contract"),
    "contracts.number": DriverSpec("Contracts won", "contracts", maximum=50),
    "contracts.first_month": DriverSpec("First contract begins", "months from the start", maximum=MONTHS),
    "contracts.months_between": DriverSpec("Time between contracts", "months", maximum=MONTHS),
    "contracts.months": DriverSpec("Length of a contract", "months", minimum=1, maximum=60),
    "contracts.paid_after": DriverSpec("Time until service is paid for", "months", maximum=MONTHS),
    "use.screenings": DriverSpec("Screenings", "per contract", maximum=1e6),
    "use.viewers": DriverSpec("Viewers", "per screening", maximum=1e6),
    "use.film_hours": DriverSpec("Length of a film", "hours", maximum=24),
    "compute.audience_hours_per_core_hour": DriverSpec(
        "Speed of face analysis", "audience-hours per core-hour", minimum=1e-3, maximum=1e6
    ),
    "compute.core_hour": DriverSpec("Price of a core-hour", "$ per core-hour"),
    "compute.gb_per_audience_hour": DriverSpec("Size of the samples", "GB per audience-hour"),
    "compute.gb_month": DriverSpec("Price of storage", "$ per GB and month"),
    "compute.months_kept": DriverSpec("Retention of the samples", "months", maximum=1200),
    "people.person_month": DriverSpec("Salary", "$ per person and month"),
    "people.burden": DriverSpec("Benefits and taxes on top of salaries", "fraction", maximum=5),
}
COST_UNITS = {
    CostBasis.ONCE: "$ once",
    CostBasis.MONTH: "$ per month",
    CostBasis.CONTRACT: "$ per contract",
    CostBasis.SCREENING: "$ per screening",
    CostBasis.PERSONS: "people",
}
