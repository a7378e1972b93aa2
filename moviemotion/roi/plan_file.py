"""plan.toml → Plan. Every fault is collected, so that a file is mended in one go."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Any

from moviemotion.errors import MoviemotionError
from moviemotion.roi.cash_flow import price_for
from moviemotion.roi.plan import COST_UNITS, FIGURES, MONTHS, MOST, Cost, Driver, Figure, Per, Plan

PRICE = "contracts.price"
MULTIPLE = "contracts.multiple"
_HOW = 'write a number, [low, likely, high], or { value = …, source = "…" }'
_TOP = ("title", "currency", "discount_rate", "notes", "costs")


def example() -> str:
    """The deck's figures as plan.toml, with what it leaves open filled in and marked as assumed."""
    return files("moviemotion.roi").joinpath("example.toml").read_text(encoding="utf-8")


def read_plan(path: Path) -> Plan:
    """Read plan.toml.

    Raises:
        MoviemotionError: not readable, or faults in it: a line each, naming the key and the remedy.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise MoviemotionError(f"{path}: not valid TOML: {error}") from error
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8 text"
        raise MoviemotionError(f"{path}: cannot be read ({reason}); check the name") from error
    reading = _Reading()
    plan = reading.plan(table)
    if reading.faults:
        raise MoviemotionError("\n".join(f"{path}: {fault}" for fault in reading.faults))
    return plan


class _Reading:
    def __init__(self) -> None:
        self.faults: list[str] = []
        self.currency = ""

    def plan(self, table: Mapping[str, Any]) -> Plan:
        sections = dict.fromkeys(key.partition(".")[0] for key in FIGURES)
        self._known(table, {*_TOP, *sections}, "")
        title = self._text(table.get("title"), "title")
        self.currency = self._text(table.get("currency"), "currency")
        rate = self._between(table.get("discount_rate"), "discount_rate", 0, 10)
        notes = table.get("notes", [])
        if not isinstance(notes, list):
            self.faults.append('notes: not a list; write notes = ["…", "…"]')
            notes = []
        said = tuple(self._text(note, f"notes, {k}") for k, note in enumerate(notes, 1))
        by_multiple = MULTIPLE.partition(".")[2] in self._table(table, "contracts")
        figures = dict(FIGURES)
        if by_multiple:
            figures = {MULTIPLE: Figure("", "", most=1e6)} | figures
            del figures[PRICE]
        drivers = {}
        for section in sections:
            inside = self._table(table, section)
            keys = {key: figure for key, figure in figures.items() if key.startswith(f"{section}.")}
            self._known(inside, {key.partition(".")[2] for key in keys}, f"{section}.")
            for key, figure in keys.items():
                drivers[key] = self._driver(key, figure, inside.get(key.partition(".")[2]))
        costs = self._costs(self._table(table, "costs"), drivers)
        plan = Plan(title, self.currency, rate, None, drivers, costs, said)
        return self._priced(plan) if by_multiple and not self.faults else plan

    def _priced(self, plan: Plan) -> Plan:
        """The price is fixed before the costs are known: it follows from the likely ones."""
        multiple = plan.drivers[MULTIPLE]
        rest = {key: driver for key, driver in plan.drivers.items() if key != MULTIPLE}
        bare = replace(plan, drivers=rest)
        once = price_for(bare, 1.0)
        if math.isnan(once):
            self.faults.append(
                f"{MULTIPLE}: no contract pays within {MONTHS} months, so no price follows; write {PRICE}"
            )
            return plan
        price = replace(
            multiple,
            key=PRICE,
            name=FIGURES[PRICE].name,
            unit=self._unit(FIGURES[PRICE].unit),
            low=once * multiple.low,
            likely=once * multiple.likely,
            high=once * multiple.high,
            source=f"{multiple.likely:g} × the burdened cost; {multiple.source}".removesuffix("; "),
            most=MOST,
        )
        return replace(bare, multiple=multiple.likely, drivers={PRICE: price} | rest)

    def _costs(self, groups: Mapping[str, Any], drivers: dict[str, Driver]) -> tuple[Cost, ...]:
        costs = []
        for group in groups:
            self._name(group, "costs")
            for name, entry in self._table(groups, group, "costs.").items():
                where = f'costs."{group}"."{name}"'
                self._name(name, where)
                if not isinstance(entry, dict):
                    self.faults.append(f'{where}: not a table; write {{ month = …, source = "…" }}')
                    continue
                units = [per for per in Per if per in entry]
                if len(units) != 1:
                    self.faults.append(f"{where}: write one of {_either(list(Per))}, with the amount")
                    continue
                per = units[0]
                times = {Per.ONCE: {"from"}, Per.MONTH: {"from", "until"}, Per.PERSONS: {"from", "until"}}
                self._known(entry, {per, "source", *times.get(per, set())}, f"{where}.")
                begin = self._between(entry.get("from", 0), f"{where}.from", 0, MONTHS)
                end = self._between(entry.get("until", MONTHS), f"{where}.until", begin, MONTHS)
                cost = Cost(group, name, per, begin, end)
                figure = Figure(name, COST_UNITS[per], most=1e6 if per is Per.PERSONS else MOST)
                written = {"value": entry[per], "source": entry.get("source", "")}
                drivers[cost.key] = self._driver(cost.key, figure, written)
                costs.append(cost)
        return tuple(costs)

    def _driver(self, key: str, figure: Figure, written: Any) -> Driver:
        source = ""
        if isinstance(written, dict):
            self._known(written, {"value", "source"}, f"{key}.")
            source = self._text(written["source"], f"{key}.source") if written.get("source") else ""
            written = written.get("value")
        low, likely, high = self._range(written, key, figure)
        unit = self._unit(figure.unit)
        return Driver(key, figure.name, unit, low, likely, high, source, figure.least, figure.most)

    def _range(self, written: Any, key: str, figure: Figure) -> tuple[float, float, float]:
        three = written if isinstance(written, list) and len(written) == 3 else [written] * 3
        if written is None:
            self.faults.append(f"{key}: missing; {_HOW}")
        elif not all(map(_is_number, three)):
            self.faults.append(f"{key}: {written!r} cannot be used; {_HOW}")
        elif not figure.least <= min(three) <= max(three) <= figure.most:
            self.faults.append(f"{key}: write {figure.least:g} to {figure.most:g}")
        elif sorted(three) != three:
            self.faults.append(f"{key}: {written} is not in order; write [low, likely, high]")
        else:
            return float(three[0]), float(three[1]), float(three[2])
        return 1.0, 1.0, 1.0

    def _between(self, written: Any, where: str, least: float, most: float) -> float:
        if _is_number(written) and least <= written <= most:
            return float(written)
        self.faults.append(f"{where}: write a number from {least:g} to {most:g}")
        return least

    def _text(self, written: Any, where: str) -> str:
        if isinstance(written, str) and written.strip() and written.isprintable():
            return written
        self.faults.append(f"{where}: write a line of text in quotes")
        return ""

    def _name(self, name: str, where: str) -> None:
        # A spreadsheet would take a name that begins with = or + for a formula.
        if not (name[:1].isalnum() and name.isprintable()) or '"' in name:
            self.faults.append(
                f"{where}: {name!r} cannot be a name; begin it with a letter or a digit, without quotes"
            )

    def _unit(self, unit: str) -> str:
        return unit.replace("$", self.currency)

    def _table(self, table: Mapping[str, Any], key: str, where: str = "") -> Mapping[str, Any]:
        value = table.get(key, {})
        if isinstance(value, dict):
            return value
        self.faults.append(f"{where}{key}: not a table; write [{where}{key}]")
        return {}

    def _known(self, table: Mapping[str, Any], keys: Collection[str], where: str) -> None:
        for key in sorted(table.keys() - set(keys)):
            self.faults.append(f"{where}{key}: unknown; use {_either(sorted(keys))}")


def _is_number(value: Any) -> bool:
    # TOML's whole numbers may be too large for isfinite.
    return isinstance(value, int | float) and not isinstance(value, bool) and -math.inf < value < math.inf


def _either(words: Collection[str]) -> str:
    *most, last = words
    return f"{', '.join(most)} or {last}" if most else last
