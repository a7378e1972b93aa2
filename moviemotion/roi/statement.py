"""The cash flow as lines, for the page and for cash-flow.csv."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from math import isnan

import numpy as np

from moviemotion.roi.cash_flow import CashFlow
from moviemotion.roi.plan import QUARTERS
from moviemotion.statistics import Float

RECEIPTS = "Receipts from contracts"
COST = "All costs"
NET = "Net cash"
CUMULATIVE = "Net cash so far"
ROI = "ROI so far, %"
ROI_OF_QUARTER = "ROI of the quarter alone, %"


@dataclass(frozen=True)
class Line:
    """A line of the statement.

    Attributes:
        group: of costs; empty for the others.
        values: (Q,) by quarter; NaN where it is not defined.
        total: of all quarters; NaN where a sum means nothing.
    """

    group: str
    name: str
    values: Float
    total: float

    @property
    def cells(self) -> list[float]:
        return [*self.values.tolist(), self.total]


def statement(flow: CashFlow) -> list[Line]:
    """The lines of a cash flow of single values, in the order in which they are read."""

    def summed(name: str, values: Float, group: str = "") -> Line:
        return Line(group, name, values, float(values.sum()))

    return [
        summed(RECEIPTS, flow.receipts),
        *(summed(name, values, group) for (group, name), values in flow.costs.items()),
        summed(COST, flow.cost),
        summed(NET, flow.net),
        Line("", CUMULATIVE, flow.cumulative, float(flow.cumulative[-1])),
        Line("", ROI, flow.roi, float(flow.roi[-1])),
        Line("", ROI_OF_QUARTER, flow.roi_of_quarter, np.nan),
    ]


def cash_flow_csv(flow: CashFlow) -> str:
    """The statement as CSV: group, line, a column for each quarter, total; empty where not defined."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["group", "line", *(f"Q{q}" for q in range(1, QUARTERS + 1)), "total"])
    for line in statement(flow):
        writer.writerow([line.group, line.name, *_cells(line.cells)])
    return text.getvalue()


def _cells(values: list[float]) -> Iterator[str]:
    return ("" if isnan(value) else f"{value:.2f}" for value in values)
