"""Reads plan.toml. All errors in a file are collected and reported together."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Any

from moviemotion._io.toml_files import read_toml
from moviemotion.errors import MoviemotionError
from moviemotion.roi.cash_flow import required_price
from moviemotion.roi.plan import (
    COST_UNITS,
    DRIVER_SPECS,
    MAX_VALUE,
    MONTHS,
    Cost,
    CostBasis,
    Driver,
    DriverSpec,
    Plan,
)

PRICE_KEY = "contracts.price"
MULTIPLE_KEY = "contracts.multiple"
_VALUE_SYNTAX = 'write a number, [low, likely, high], or { value = …, source = "…" }'
_TOP_LEVEL_KEYS = ("title", "currency", "discount_rate", "notes", "costs")


def example_plan() -> str:
    """Return a plan.toml with the proposal's values; those that the proposal lacks are marked as assumed."""
    return files("moviemotion.roi").joinpath("example.toml").read_text(encoding="utf-8")


def read_plan(path: Path) -> Plan:
    """Read plan.toml.

    Raises:
        MoviemotionError: the file cannot be read or has errors; the message lists them one per line, each
            with its key and a remedy.
    """
    reading = _PlanReader()
    plan = reading.read(read_toml(path))
    if reading.errors:
        raise MoviemotionError("\n".join(f"{path}: {error}" for error in reading.errors))
    return plan


class _PlanReader:
    """Converts the tables of a plan and collects all errors."""

    def __init__(self) -> None:
        self.errors: list[str] = []
        self.currency = ""

    def read(self, table: Mapping[str, Any]) -> Plan:
        sections = dict.fromkeys(key.partition(".")[0] for key in DRIVER_SPECS)
        self._check_keys(table, {*_TOP_LEVEL_KEYS, *sections}, "")
        title = self._read_text(table.get("title"), "title")
        self.currency = self._read_text(table.get("currency"), "currency")
        rate = self._read_number(table.get("discount_rate"), "discount_rate", 0, 10)
        notes = table.get("notes", [])
        if not isinstance(notes, list):
            self.errors.append('notes: not a list; write notes = ["…", "…"]')
            notes = []
        texts = tuple(self._read_text(note, f"notes, {k}") for k, note in enumerate(notes, 1))
        by_multiple = MULTIPLE_KEY.partition(".")[2] in self._read_table(table, "contracts")
        figures = dict(DRIVER_SPECS)
        if by_multiple:
            figures = {MULTIPLE_KEY: DriverSpec("", "", maximum=1e6)} | figures
            del figures[PRICE_KEY]
        drivers = {}
        for section in sections:
            inside = self._read_table(table, section)
            keys = {key: figure for key, figure in figures.items() if key.startswith(f"{section}.")}
            self._check_keys(inside, {key.partition(".")[2] for key in keys}, f"{section}.")
            for key, figure in keys.items():
                drivers[key] = self._read_driver(key, figure, inside.get(key.partition(".")[2]))
        costs = self._read_costs(self._read_table(table, "costs"), drivers)
        plan = Plan(title, self.currency, rate, None, drivers, costs, texts)
        return self._with_price(plan) if by_multiple and not self.errors else plan

    def _with_price(self, plan: Plan) -> Plan:
        """Set the price as a multiple of the likely costs.

        The price is the same in all draws, because it is agreed before the actual costs are known.
        """
        multiple = plan.drivers[MULTIPLE_KEY]
        rest = {key: driver for key, driver in plan.drivers.items() if key != MULTIPLE_KEY}
        bare = replace(plan, drivers=rest)
        once = required_price(bare, 1.0)
        if math.isnan(once):
            self.errors.append(
                f"{MULTIPLE_KEY}: no contract is paid within {MONTHS} months, so no price can be derived; "
                f"set {PRICE_KEY}"
            )
            return plan
        price = replace(
            multiple,
            key=PRICE_KEY,
            name=DRIVER_SPECS[PRICE_KEY].name,
            unit=self._unit(DRIVER_SPECS[PRICE_KEY].unit),
            low=once * multiple.low,
            likely=once * multiple.likely,
            high=once * multiple.high,
            source=f"{multiple.likely:g} × the burdened cost; {multiple.source}".removesuffix("; "),
            maximum=MAX_VALUE,
        )
        return replace(bare, revenue_multiple=multiple.likely, drivers={PRICE_KEY: price} | rest)

    def _read_costs(self, groups: Mapping[str, Any], drivers: dict[str, Driver]) -> tuple[Cost, ...]:
        costs = []
        for group in groups:
            self._check_name(group, "costs")
            for name, entry in self._read_table(groups, group, "costs.").items():
                where = f'costs."{group}"."{name}"'
                self._check_name(name, where)
                if not isinstance(entry, dict):
                    self.errors.append(f'{where}: not a table; write {{ month = …, source = "…" }}')
                    continue
                bases = [basis for basis in CostBasis if basis in entry]
                if len(bases) != 1:
                    self.errors.append(
                        f"{where}: the cost needs exactly one basis; "
                        f"write one of {_join_with_or(list(CostBasis))}, with the amount"
                    )
                    continue
                basis = bases[0]
                times = {
                    CostBasis.ONCE: {"from"},
                    CostBasis.MONTH: {"from", "until"},
                    CostBasis.PERSONS: {"from", "until"},
                }
                self._check_keys(entry, {basis, "source", *times.get(basis, set())}, f"{where}.")
                begin = self._read_number(entry.get("from", 0), f"{where}.from", 0, MONTHS)
                end = self._read_number(entry.get("until", MONTHS), f"{where}.until", begin, MONTHS)
                cost = Cost(group, name, basis, begin, end)
                figure = DriverSpec(
                    name, COST_UNITS[basis], maximum=1e6 if basis is CostBasis.PERSONS else MAX_VALUE
                )
                written = {"value": entry[basis], "source": entry.get("source", "")}
                drivers[cost.key] = self._read_driver(cost.key, figure, written)
                costs.append(cost)
        return tuple(costs)

    def _read_driver(self, key: str, figure: DriverSpec, written: Any) -> Driver:
        source = ""
        if isinstance(written, dict):
            self._check_keys(written, {"value", "source"}, f"{key}.")
            source = self._read_text(written["source"], f"{key}.source") if written.get("source") else ""
            written = written.get("value")
        low, likely, high = self._read_range(written, key, figure)
        unit = self._unit(figure.unit)
        return Driver(key, figure.name, unit, low, likely, high, source, figure.minimum, figure.maximum)

    def _read_range(self, written: Any, key: str, figure: DriverSpec) -> tuple[float, float, float]:
        three = written if isinstance(written, list) and len(written) == 3 else [written] * 3
        if written is None:
            self.errors.append(f"{key}: missing; {_VALUE_SYNTAX}")
        elif not all(map(_is_number, three)):
            self.errors.append(f"{key}: {written!r} is not valid; {_VALUE_SYNTAX}")
        elif not figure.minimum <= min(three) <= max(three) <= figure.maximum:
            self.errors.append(f"{key}: out of range; write {figure.minimum:g} to {figure.maximum:g}")
        elif sorted(three) != three:
            self.errors.append(f"{key}: {written} is not in ascending order; write [low, likely, high]")
        else:
            return float(three[0]), float(three[1]), float(three[2])
        return 1.0, 1.0, 1.0

    def _read_number(self, written: Any, where: str, least: float, most: float) -> float:
        if _is_number(written) and least <= written <= most:
            return float(written)
        self.errors.append(f"{where}: not a valid number; write a number from {least:g} to {most:g}")
        return least

    def _read_text(self, written: Any, where: str) -> str:
        if isinstance(written, str) and written.strip() and written.isprintable():
            return written
        self.errors.append(f"{where}: not a single line of text; write one line in quotes")
        return ""

    def _check_name(self, name: str, where: str) -> None:
        # A spreadsheet would execute a name beginning with = or + as a formula.
        if not (name[:1].isalnum() and name.isprintable()) or '"' in name:
            self.errors.append(
                f"{where}: {name!r} is not a valid name; begin it with a letter or a digit, without quotes"
            )

    def _unit(self, unit: str) -> str:
        return unit.replace("$", self.currency)

    def _read_table(self, table: Mapping[str, Any], key: str, where: str = "") -> Mapping[str, Any]:
        value = table.get(key, {})
        if isinstance(value, dict):
            return value
        self.errors.append(f"{where}{key}: not a table; write [{where}{key}]")
        return {}

    def _check_keys(self, table: Mapping[str, Any], keys: Collection[str], where: str) -> None:
        for key in sorted(table.keys() - set(keys)):
            self.errors.append(f"{where}{key}: unknown; use {_join_with_or(sorted(keys))}")


def _is_number(value: Any) -> bool:
    # TOML integers can be too large for math.isfinite.
    return isinstance(value, int | float) and not isinstance(value, bool) and -math.inf < value < math.inf


def _join_with_or(words: Collection[str]) -> str:
    *most, last = words
    return f"{', '.join(most)} or {last}" if most else last
