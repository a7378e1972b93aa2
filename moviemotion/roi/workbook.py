"""Writes roi.xlsx: the plan and the model as spreadsheet formulas that can be checked and changed.

Break-even values, swings and draws are written as constants, with a note saying so.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import isnan
from pathlib import Path

from openpyxl import Workbook
from openpyxl.styles import Alignment
from openpyxl.worksheet.worksheet import Worksheet

from moviemotion.roi.formulas import fill_cash_flow_sheet, fill_contracts_sheet, fill_inputs_sheet
from moviemotion.roi.sheet import MONEY_FORMAT, PERCENT_FORMAT, SHARE_FORMAT, fill_sheet
from moviemotion.roi.uncertainty import BreakEven, MonteCarloResult, RoiAnalysis, Swing

NOT_LINKED_NOTE = "not updated when the sheet Inputs changes"


def write_workbook(path: Path, analysis: RoiAnalysis) -> None:
    """Write the workbook atomically: the file is either written completely or not at all."""
    plan = analysis.plan
    book = Workbook()
    flow = book.active
    flow.title = "Cash flow"
    inputs = fill_inputs_sheet(book.create_sheet("Inputs"), plan)
    contracts = fill_contracts_sheet(book.create_sheet("Contracts"), plan, inputs)
    fill_cash_flow_sheet(flow, plan, inputs, contracts)
    _fill_break_evens(book.create_sheet("What must be true"), analysis.break_evens)
    _fill_sensitivity(book.create_sheet("Sensitivity"), analysis.swings)
    _fill_monte_carlo(book.create_sheet("Monte Carlo"), analysis.monte_carlo)
    _fill_notes(book.create_sheet("Notes"), plan.notes)
    for sheet in book:
        sheet.page_setup.orientation = "landscape"
        sheet.page_setup.fitToHeight = 0
        sheet.sheet_properties.pageSetUpPr.fitToPage = True
    partial = path.with_name(path.name + ".partial")
    try:
        book.save(partial)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _fill_break_evens(sheet: Worksheet, break_evens: Sequence[BreakEven]) -> None:
    rows: list[tuple[object, ...]] = [
        ("Value, each varied alone", "Likely", "ROI is positive", "Break-even", "Unit")
    ]
    for found in break_evens:
        driver = found.driver
        if isnan(found.value):
            side = "at any value" if found.positive_at_likely else "at no value"
        else:
            side = "at least" if found.at_least else "at most"
        rows.append((driver.name, driver.likely, side, _none_if_nan(found.value), driver.unit))
    rows += [(), (f"Solved with all other values at their likely values; {NOT_LINKED_NOTE}.",)]
    fill_sheet(sheet, rows, (44, 16, 16, 18, 30))


def _fill_sensitivity(sheet: Worksheet, swings: Sequence[Swing]) -> None:
    rows: list[tuple[object, ...]] = [
        ("Value, each varied alone", "Low", "ROI at low, %", "High", "ROI at high, %", "Unit")
    ]
    for swing in swings:
        driver = swing.driver
        ends = (driver.low, _none_if_nan(swing.at_low), driver.high, _none_if_nan(swing.at_high))
        rows.append((driver.name, *ends, driver.unit))
    rows += [(), (f"Calculated with all other values at their likely values; {NOT_LINKED_NOTE}.",)]
    fill_sheet(sheet, rows, (44, 16, 16, 16, 16, 30))
    for column in "CE":
        for cell in sheet[column]:
            cell.number_format = PERCENT_FORMAT


def _fill_monte_carlo(sheet: Worksheet, result: MonteCarloResult) -> None:
    rows: list[tuple[object, ...]] = [
        ("Cumulative ROI", "2.5 % of draws below", "Median", "97.5 % of draws below", "Positive from here on")
    ]
    by_quarter = zip(result.roi_by_quarter, result.positive_from_share, strict=True)
    for quarter, (quantiles, share) in enumerate(by_quarter, 1):
        rows.append((f"Quarter {quarter}", *map(_none_if_nan, quantiles), float(share)))
    low, high = result.positive_interval
    rows += [
        ("Net present value", *map(_none_if_nan, result.net_present_value)),
        ("Draws with a positive ROI (95 % interval)", low, result.positive_share, high),
        (),
        (f"{result.draws:,} draws, seed {result.seed}; {NOT_LINKED_NOTE}.",),
    ]
    fill_sheet(sheet, rows, (44, 22, 16, 22, 22), PERCENT_FORMAT)
    value, positive = len(rows) - 3, len(rows) - 2
    for cells, number_format in (
        (sheet[value], MONEY_FORMAT),
        (sheet[positive], SHARE_FORMAT),
        (sheet["E"], SHARE_FORMAT),
    ):
        for cell in cells:
            cell.number_format = number_format


def _fill_notes(sheet: Worksheet, notes: Sequence[str]) -> None:
    fill_sheet(sheet, [("Notes",), *((note,) for note in notes)], (110,))
    for cell in sheet["A"]:
        cell.alignment = Alignment(wrap_text=True, vertical="top")


def _none_if_nan(value: float) -> float | None:
    # Rounded, so that a spreadsheet does not show a negative zero.
    return None if isnan(value) else round(float(value), 9) + 0.0
