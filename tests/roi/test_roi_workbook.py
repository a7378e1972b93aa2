"""roi.xlsx is recalculated by LibreOffice and must give the model's figures, also after a change in it."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from openpyxl import load_workbook
from plans import SMALL, with_likely, written

from moviemotion.roi.cash_flow import CashFlow, cash_flow, required_price
from moviemotion.roi.formulas import RESULT_LABELS
from moviemotion.roi.plan import QUARTERS, Plan
from moviemotion.roi.plan_file import example_plan, read_plan
from moviemotion.roi.statement import (
    COST_LABEL,
    CUMULATIVE_LABEL,
    NET_LABEL,
    QUARTERLY_ROI_LABEL,
    RECEIPTS_LABEL,
    ROI_LABEL,
)
from moviemotion.roi.uncertainty import analyze_plan
from moviemotion.roi.workbook import write_workbook

OFFICE = shutil.which("soffice")
AWKWARD = {
    "number": "[0, 2.5, 5]",
    "first_month": "1.75",
    "months_between": "0.4",
    "months": "7.3",
    "paid_after": "2.2",
}


@dataclass(frozen=True)
class Recalculated:
    """A plan, and its workbook's sheets after LibreOffice, as rows of values by their first cell."""

    plan: Plan
    flow: CashFlow
    sheets: dict[str, dict[str, tuple[Any, ...]]]


def changed_inputs(path: Path, likely: dict[str, float]) -> None:
    """Put other numbers into the column "Likely", as an accountant would."""
    book = load_workbook(path)
    for row in book["Inputs"].iter_rows(min_row=2):
        if row[0].value in likely:
            row[1].value = likely[row[0].value]
    book.save(path)


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Recalculated]:
    """One start of LibreOffice for all: it takes some seconds."""
    if OFFICE is None:
        pytest.skip("LibreOffice is not installed (Debian: libreoffice-calc-nogui)")
    folder = tmp_path_factory.mktemp("books")
    free = SMALL.partition("[costs")[0].replace("core_hour = 0.5", "core_hour = 0").replace("0.125", "0")
    texts = {
        "example": example_plan(),
        "small": SMALL,
        "awkward": written(folder, SMALL, **AWKWARD).read_text(encoding="utf-8"),
        "without contracts": SMALL.replace("number = 2", "number = 0"),
        "free": free,
        "changed": example_plan(),
    }
    plans = {}
    for name, text in texts.items():
        plans[name] = read_plan(written(folder, text))
        write_workbook(folder / f"{name}.xlsx", analyze_plan(plans[name], 36))
    likely = {"Contracts won": 2.0, "Price of a contract": 400_000.0, "Salary": 15_500.0, "Viewers": 90.0}
    changed_inputs(folder / "changed.xlsx", likely)
    plans["changed"] = with_likely(
        plans["changed"],
        contracts__number=2.0,
        contracts__price=400_000.0,
        people__person_month=15_500.0,
        use__viewers=90.0,
    )
    out = folder / "recalculated"
    subprocess.run(
        [
            OFFICE,
            f"-env:UserInstallation={(folder / 'profile').as_uri()}",
            *("--headless", "--convert-to", "xlsx", "--outdir", str(out)),
            *(str(folder / f"{name}.xlsx") for name in texts),
        ],
        check=True,
        capture_output=True,
        timeout=300,
    )
    found = {}
    for name, plan in plans.items():
        book = load_workbook(out / f"{name}.xlsx", data_only=True)
        sheets = {
            sheet.title: {row[0]: row[1:] for row in sheet.iter_rows(values_only=True) if row[0]}
            for sheet in book
        }
        found[name] = Recalculated(plan, cash_flow(plan, plan.likely_values()), sheets)
    return found


NAMES = ("example", "small", "awkward", "without contracts", "free", "changed")


def same(cells: tuple[Any, ...], values: Any) -> None:
    """Cells are the values; an empty one is NaN."""
    given = [np.nan if cell in (None, "") else cell for cell in cells]
    assert given == pytest.approx(list(values), rel=1e-9, abs=1e-6, nan_ok=True)


@pytest.mark.parametrize("name", NAMES)
def test_every_line_of_the_cash_flow_is_the_spreadsheets(books: dict[str, Recalculated], name: str) -> None:
    book = books[name]
    lines, flow = book.sheets["Cash flow"], book.flow
    for (_, line), values in flow.costs.items():
        same(lines[line][:QUARTERS], values)
    for line, values in (
        (RECEIPTS_LABEL, flow.receipts),
        (COST_LABEL, flow.cost),
        (NET_LABEL, flow.net),
        (CUMULATIVE_LABEL, flow.cumulative),
        (ROI_LABEL, flow.roi),
        (QUARTERLY_ROI_LABEL, flow.quarterly_roi),
    ):
        same(lines[line][:QUARTERS], values)


@pytest.mark.parametrize("name", NAMES)
def test_the_summary_is_the_spreadsheets(books: dict[str, Recalculated], name: str) -> None:
    book = books[name]
    roi, positive_from, value, price = (book.sheets["Cash flow"][result][0] for result in RESULT_LABELS)
    same((roi, positive_from), (book.flow.roi[-1], float(book.flow.positive_from_quarter)))
    same((value,), (float(book.flow.net_present_value(book.plan.discount_rate)),))
    if book.plan.revenue_multiple:
        same((price,), (required_price(book.plan, book.plan.revenue_multiple),))


def test_the_proposals_figures_come_out_of_the_spreadsheet(books: dict[str, Recalculated]) -> None:
    lines = books["example"].sheets["Cash flow"]
    assert lines["Creating the model"][QUARTERS] == 110
    assert lines["Model, first year"][:QUARTERS] == (15_000,) * 4 + (0, 0)
    assert lines[RECEIPTS_LABEL][QUARTERS] == pytest.approx(10 * lines[COST_LABEL][QUARTERS])
    assert lines[ROI_LABEL][QUARTERS - 1] == pytest.approx(900)


def test_no_cell_of_any_sheet_is_an_error(books: dict[str, Recalculated]) -> None:
    for book in books.values():
        cells = [cell for sheet in book.sheets.values() for row in sheet.values() for cell in row]
        assert not [cell for cell in cells if isinstance(cell, str) and cell.startswith("#")]


def test_the_solved_values_are_in_the_workbook(books: dict[str, Recalculated]) -> None:
    book = books["small"]
    for need in analyze_plan(book.plan, 36).break_evens:
        side, value = book.sheets["What must be true"][need.driver.name][1:3]
        same((value,), (need.value,))
        assert side.startswith("at ")


def test_a_text_that_looks_like_a_formula_stays_a_text(tmp_path: Path) -> None:
    text = SMALL.replace("A small plan", "=1+1").replace("Invented.", "=2+2")
    write_workbook(tmp_path / "roi.xlsx", analyze_plan(read_plan(written(tmp_path, text)), 1))
    book = load_workbook(tmp_path / "roi.xlsx")
    for cell in (book["Cash flow"]["A1"], book["Notes"]["A2"]):
        assert cell.value.startswith("=")
        assert cell.data_type == "s"


def test_a_workbook_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "roi.xlsx").mkdir()
    with pytest.raises(OSError, match=r"roi\.xlsx"):
        write_workbook(tmp_path / "roi.xlsx", analyze_plan(read_plan(written(tmp_path)), 1))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["plan.toml", "roi.xlsx"]
