"""roi.xlsx: the plan and the model as spreadsheet formulas, so that anyone can check and change them.

What is solved for and what is drawn stands beside the formulas as values, and says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import isnan
from pathlib import Path

from openpyxl import Workbook
from openpyxl.styles import Alignment
from openpyxl.worksheet.worksheet import Worksheet

from moviemotion.roi.formulas import cash_flow_sheet, contracts_sheet, inputs_sheet
from moviemotion.roi.sheet import MONEY, PERCENT, SHARE, fill
from moviemotion.roi.uncertainty import BreakEven, MonteCarlo, Prospect, Swing

FIXED = "does not follow the sheet Inputs"


def write_workbook(path: Path, prospect: Prospect) -> None:
    """Write the workbook; the file appears whole or not at all."""
    plan = prospect.plan
    book = Workbook()
    flow = book.active
    flow.title = "Cash flow"
    inputs = inputs_sheet(book.create_sheet("Inputs"), plan)
    contracts = contracts_sheet(book.create_sheet("Contracts"), plan, inputs)
    cash_flow_sheet(flow, plan, inputs, contracts)
    _needs(book.create_sheet("What must be true"), prospect.needs)
    _swings(book.create_sheet("Sensitivity"), prospect.swings)
    _futures(book.create_sheet("Monte Carlo"), prospect.futures)
    _notes(book.create_sheet("Notes"), plan.notes)
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


def _needs(sheet: Worksheet, needs: Sequence[BreakEven]) -> None:
    rows: list[tuple[object, ...]] = [
        ("Figure, each alone", "Likely", "ROI is positive", "Break-even", "Unit")
    ]
    for need in needs:
        driver = need.driver
        if isnan(need.value):
            side = "at any value" if need.positive else "at no value"
        else:
            side = "at least" if need.at_least else "at most"
        rows.append((driver.name, driver.likely, side, _known(need.value), driver.unit))
    rows += [(), (f"Solved with all other figures likely; {FIXED}.",)]
    fill(sheet, rows, (44, 16, 16, 18, 30))


def _swings(sheet: Worksheet, swings: Sequence[Swing]) -> None:
    rows: list[tuple[object, ...]] = [
        ("Figure, each alone", "Low", "ROI there, %", "High", "ROI there, %", "Unit")
    ]
    for swing in swings:
        driver = swing.driver
        ends = (driver.low, _known(swing.at_low), driver.high, _known(swing.at_high))
        rows.append((driver.name, *ends, driver.unit))
    rows += [(), (f"Calculated with all other figures likely; {FIXED}.",)]
    fill(sheet, rows, (44, 16, 16, 16, 16, 30))
    for column in "CE":
        for cell in sheet[column]:
            cell.number_format = PERCENT


def _futures(sheet: Worksheet, futures: MonteCarlo) -> None:
    rows: list[tuple[object, ...]] = [
        ("ROI so far", "2.5 % of draws below", "Median", "97.5 % of draws below", "Turns positive here")
    ]
    by_quarter = zip(futures.roi_by_quarter, futures.positive_from, strict=True)
    for quarter, (quantiles, share) in enumerate(by_quarter, 1):
        rows.append((f"Quarter {quarter}", *map(_known, quantiles), float(share)))
    low, high = futures.positive_interval
    rows += [
        ("Net present value", *map(_known, futures.net_present_value)),
        ("Draws with a positive ROI (95 % interval)", low, futures.positive, high),
        (),
        (f"{futures.draws:,} draws, seed {futures.seed}; {FIXED}.",),
    ]
    fill(sheet, rows, (44, 22, 16, 22, 22), PERCENT)
    value, positive = len(rows) - 3, len(rows) - 2
    for cells, number_format in ((sheet[value], MONEY), (sheet[positive], SHARE), (sheet["E"], SHARE)):
        for cell in cells:
            cell.number_format = number_format


def _notes(sheet: Worksheet, notes: Sequence[str]) -> None:
    fill(sheet, [("Notes",), *((note,) for note in notes)], (110,))
    for cell in sheet["A"]:
        cell.alignment = Alignment(wrap_text=True, vertical="top")


def _known(value: float) -> float | None:
    # Rounded, so that a spreadsheet shows no minus before a nought.
    return None if isnan(value) else round(float(value), 9) + 0.0
