"""The lines of the cash flow statement, which the page and cash-flow.csv both show."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from math import isnan

import numpy as np

from moviemotion.roi.cash_flow import CashFlow
from moviemotion.roi.plan import QUARTERS
from moviemotion.statistics import Float64Array

RECEIPTS_LABEL = "Receipts from contracts"
COST_LABEL = "All costs"
NET_LABEL = "Net cash"
CUMULATIVE_LABEL = "Cumulative net cash"
ROI_LABEL = "Cumulative ROI, %"
QUARTERLY_ROI_LABEL = "ROI of the quarter alone, %"


@dataclass(frozen=True)
class StatementLine:
    """A line of the cash flow statement.

    Attributes:
        group: group of costs; empty for lines that are not costs.
        name: name of the line.
        values: (Q,) value for each quarter; NaN where undefined.
        total: total over all quarters; NaN if a total is meaningless.
    """

    group: str
    name: str
    values: Float64Array
    total: float

    @property
    def cells(self) -> list[float]:
        """The values for the quarters, followed by the total."""
        return [*self.values.tolist(), self.total]


def statement_lines(flow: CashFlow) -> list[StatementLine]:
    """List the statement lines of a cash flow with scalar drivers."""

    def summed(name: str, values: Float64Array, group: str = "") -> StatementLine:
        return StatementLine(group, name, values, float(values.sum()))

    return [
        summed(RECEIPTS_LABEL, flow.receipts),
        *(summed(name, values, group) for (group, name), values in flow.costs.items()),
        summed(COST_LABEL, flow.cost),
        summed(NET_LABEL, flow.net),
        StatementLine("", CUMULATIVE_LABEL, flow.cumulative, float(flow.cumulative[-1])),
        StatementLine("", ROI_LABEL, flow.roi, float(flow.roi[-1])),
        StatementLine("", QUARTERLY_ROI_LABEL, flow.quarterly_roi, np.nan),
    ]


def cash_flow_csv(flow: CashFlow) -> str:
    """Write the statement as CSV with one column per quarter and a total; undefined values are empty."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["group", "line", *(f"Q{q}" for q in range(1, QUARTERS + 1)), "total"])
    for line in statement_lines(flow):
        writer.writerow([line.group, line.name, *_cells(line.cells)])
    return text.getvalue()


def _cells(values: list[float]) -> Iterator[str]:
    return ("" if isnan(value) else f"{value:.2f}" for value in values)
