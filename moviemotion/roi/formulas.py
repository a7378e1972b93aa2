"""Writes the sheets of roi.xlsx that contain formulas: inputs, contract months and cash flow.

The formulas reproduce `cash_flow`, starting from the column "Likely" on the sheet Inputs.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import ceil

from openpyxl.styles import Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from moviemotion.roi.cash_flow import COMPUTE_GROUP, FACE_READING_COST, SETUP_MONTHS, STORAGE_COST
from moviemotion.roi.plan import QUARTERS, Cost, CostBasis, Plan
from moviemotion.roi.sheet import BOLD, DECIMAL_FORMAT, MONEY_FORMAT, PERCENT_FORMAT, fill_sheet
from moviemotion.roi.statement import (
    COST_LABEL,
    CUMULATIVE_LABEL,
    NET_LABEL,
    QUARTERLY_ROI_LABEL,
    RECEIPTS_LABEL,
    ROI_LABEL,
)

INPUT_FONT = Font(color="1F4E8C")
QUARTER_COLUMNS = [get_column_letter(2 + q) for q in range(QUARTERS)]
TOTAL_COLUMN = get_column_letter(2 + QUARTERS)
FIRST_MONTH_ROW, LAST_MONTH_ROW = 2, 3
"""Rows that contain the first and the last month of each quarter."""
RESULT_LABELS = (
    "ROI after the last quarter, %",
    "ROI stays positive from quarter",
    "Net present value",
    "Price that satisfies the rule",
)


def fill_inputs_sheet(sheet: Worksheet, plan: Plan) -> dict[str, str]:
    """Write the values of the plan.

    Returns:
        The cells of the drivers, of `discount_rate` and of `multiple`, by key.
    """
    head = (
        "Value",
        "Likely (edit this column)",
        "Low",
        "High",
        "Unit",
        "Source",
        "From month",
        "To month",
    )
    spans = {
        cost.key: (cost.begin, cost.end)
        for cost in plan.costs
        if cost.basis in (CostBasis.MONTH, CostBasis.PERSONS)
    }
    rows = [
        (d.name, d.likely, d.low, d.high, d.unit, d.source, *spans.get(key, ()))
        for key, d in plan.drivers.items()
    ]
    rest = (
        ("Discount rate", plan.discount_rate, None, None, "fraction per year", "for the net present value"),
        (
            "Ratio of receipts to costs",
            plan.revenue_multiple,
            None,
            None,
            "times",
            "for the price that satisfies the rule",
        ),
    )
    fill_sheet(sheet, (head, *rows, *rest), (44, 20, 14, 14, 28, 80, 12, 12))
    cells = {
        key: f"Inputs!$B${row}" for row, key in enumerate([*plan.drivers, "discount_rate", "multiple"], 2)
    }
    for cell in sheet["B"][1:]:
        cell.font = INPUT_FONT
    number = plan.drivers["contracts.number"]
    limit = DataValidation("decimal", operator="between", formula1="0", formula2=str(ceil(number.high)))
    limit.error = f"The sheet Contracts has {ceil(number.high)} rows; for more, increase high in plan.toml."
    limit.showErrorMessage = True
    limit.add(cells["contracts.number"].partition("!")[2].replace("$", ""))
    sheet.add_data_validation(limit)
    return cells


def _fill_quarter_header(sheet: Worksheet, title: str) -> None:
    quarters = [f"Quarter {q}" for q in range(1, QUARTERS + 1)]
    begins = ("Begins in month", *(3 * q for q in range(QUARTERS)))
    ends = ("Ends in month", *(3 * q + 3 for q in range(QUARTERS)))
    fill_sheet(sheet, ((title, *quarters, "Total"), begins, ends), (44, *[15] * (QUARTERS + 1)))


def fill_contracts_sheet(sheet: Worksheet, plan: Plan, inputs: dict[str, str]) -> dict[str, int]:
    """Write the months of service, payment and setup that each contract has in each quarter.

    Returns:
        The row of each total, keyed by name.
    """
    _fill_quarter_header(sheet, "Contract months")
    sheet["I1"], sheet["J1"] = "Begins in month", "Won"
    first, between = inputs["contracts.first_month"], inputs["contracts.months_between"]
    months, after = inputs["contracts.months"], inputs["contracts.paid_after"]
    blocks = {"served": ("0", months), "paid": (after, months), "set up": ("0", f"{SETUP_MONTHS:g}")}
    count = ceil(plan.drivers["contracts.number"].high)
    top = LAST_MONTH_ROW + 1
    for k in range(count):
        sheet[f"I{top + 1 + k}"] = f"={first}+{k}*{between}"
        sheet[f"J{top + 1 + k}"] = f"=MAX(0,MIN(1,{inputs['contracts.number']}-{k}))"
    sums = {}
    for block, (name, (delay, length)) in enumerate(blocks.items()):
        head = top + block * (count + 3)
        sheet[f"A{head}"] = f"Months {name}"
        sheet[f"A{head}"].font = BOLD
        for k in range(count):
            row, begin, won = head + 1 + k, f"$I{top + 1 + k}+{delay}", f"$J{top + 1 + k}"
            sheet[f"A{row}"] = f"Contract {k + 1}"
            for column in QUARTER_COLUMNS:
                sheet[f"{column}{row}"] = f"={won}*{_overlap_formula(column, begin, f'{begin}+{length}')}"
        last = sums[name] = head + count + 1
        sheet[f"A{last}"] = f"All, {name}"
        for column in QUARTER_COLUMNS:
            # The range includes the header row, so that it is not empty if there are no contracts.
            sheet[f"{column}{last}"] = f"=SUM({column}{head}:{column}{last - 1})"
    for row in sheet.iter_rows(min_row=top, min_col=2):
        for cell in row:
            cell.number_format = DECIMAL_FORMAT
    return sums


def _overlap_formula(column: str, begin: str, end: str) -> str:
    """Write the formula for how many months of a column's quarter lie between two times."""
    return f"MAX(0,MIN({column}${LAST_MONTH_ROW},{end})-MAX({column}${FIRST_MONTH_ROW},{begin}))"


def fill_cash_flow_sheet(  # noqa: PLR0915 - one statement for each row of the sheet
    sheet: Worksheet, plan: Plan, inputs: dict[str, str], contracts: dict[str, int]
) -> None:
    """Write activity, cash in, cash out and results, with one column per quarter."""
    _fill_quarter_header(sheet, f"{plan.title} ({plan.currency})")
    rows: dict[str, int] = {}
    row = LAST_MONTH_ROW

    def line(
        name: str, formulas: Iterable[str], number_format: str = MONEY_FORMAT, total: str = "", key: str = ""
    ) -> None:
        nonlocal row
        row += 1
        rows[key or name] = row
        sheet[f"A{row}"] = name
        for column, formula in zip(QUARTER_COLUMNS, formulas, strict=True):
            sheet[f"{column}{row}"] = f"={formula}"
        sheet[f"{TOTAL_COLUMN}{row}"] = total or None
        for column in (*QUARTER_COLUMNS, TOTAL_COLUMN):
            sheet[f"{column}{row}"].number_format = number_format

    def each(formula: str) -> list[str]:
        """Repeat a formula for each quarter, replacing @ with the column letter."""
        return [formula.replace("@", column) for column in QUARTER_COLUMNS]

    def total() -> str:
        return f"=SUM({QUARTER_COLUMNS[0]}{row + 1}:{QUARTER_COLUMNS[-1]}{row + 1})"

    def running(of: int) -> list[str]:
        return [f"SUM(${QUARTER_COLUMNS[0]}{of}:{column}{of})" for column in QUARTER_COLUMNS]

    def heading(text: str) -> None:
        nonlocal row
        row += 1
        sheet[f"A{row}"] = text
        sheet[f"A{row}"].font = BOLD

    heading("Activity")
    months, hours = inputs["contracts.months"], "Audience-hours analyzed"
    line("Contracts served", each(f"Contracts!@{contracts['served']}/{months}"), DECIMAL_FORMAT, total())
    line(
        "Contracts set up",
        each(f"Contracts!@{contracts['set up']}/{SETUP_MONTHS:g}"),
        DECIMAL_FORMAT,
        total(),
    )
    line("Contracts paid for", each(f"Contracts!@{contracts['paid']}/{months}"), DECIMAL_FORMAT, total())
    line(
        "Screenings", each(f"@{rows['Contracts served']}*{inputs['use.screenings']}"), DECIMAL_FORMAT, total()
    )
    line(
        hours,
        each(f"@{rows['Screenings']}*{inputs['use.viewers']}*{inputs['use.film_hours']}"),
        DECIMAL_FORMAT,
        total(),
    )
    heading("Cash in")
    line(RECEIPTS_LABEL, each(f"@{rows['Contracts paid for']}*{inputs['contracts.price']}"), total=total())
    first_cost = row + 1
    group = ""
    for cost in plan.costs:
        if cost.group != group:
            group = cost.group
            heading(f"Cash out: {group}")
        quantities = _quantity_formula(cost, inputs, rows)
        line(cost.name, each(f"{inputs[cost.key]}*{quantities}"), total=total(), key=cost.key)
    heading(f"Cash out: {COMPUTE_GROUP}")
    core_hours = f"@{rows[hours]}/{inputs['compute.audience_hours_per_core_hour']}"
    line(FACE_READING_COST, each(f"{core_hours}*{inputs['compute.core_hour']}"), total=total())
    stored = f"@{rows[hours]}*{inputs['compute.gb_per_audience_hour']}*{inputs['compute.months_kept']}"
    line(STORAGE_COST, each(f"{stored}*{inputs['compute.gb_month']}"), total=total())
    last_cost = row
    heading("Result")
    line(COST_LABEL, each(f"SUM(@{first_cost}:@{last_cost})"), total=total())
    line(NET_LABEL, each(f"@{rows[RECEIPTS_LABEL]}-@{rows[COST_LABEL]}"), total=total())
    line(CUMULATIVE_LABEL, running(rows[NET_LABEL]))
    line("Cumulative costs", running(rows[COST_LABEL]))
    cumulative, spent = rows[CUMULATIVE_LABEL], rows["Cumulative costs"]
    line(ROI_LABEL, each(f'IF(@{spent}>0,100*@{cumulative}/@{spent},"")'), PERCENT_FORMAT)
    line(
        QUARTERLY_ROI_LABEL,
        each(f'IF(@{rows[COST_LABEL]}>0,100*@{rows[NET_LABEL]}/@{rows[COST_LABEL]},"")'),
        PERCENT_FORMAT,
    )
    last = QUARTER_COLUMNS[-1]
    stays = [
        f'IF(COUNTIF({column}{cumulative}:{last}{cumulative},">0")=COLUMNS({column}{cumulative}:{last}{cumulative}),1,0)'
        for column in QUARTER_COLUMNS
    ]
    line("Stays positive from here on (1: yes)", stays, "0")
    positive = f"SUM(B{row}:{last}{row})"
    years = each(f"1/(1+{inputs['discount_rate']})^(@{LAST_MONTH_ROW}/12)")
    line("Discount factor, end of quarter", years, "0.0000")
    heading("Summary")
    shares = f"SUM(B{rows['Contracts paid for']}:{last}{rows['Contracts paid for']})"
    factor, net = rows["Discount factor, end of quarter"], rows[NET_LABEL]
    answers = (
        (f"={last}{rows[ROI_LABEL]}", PERCENT_FORMAT),
        (f'=IF({positive}>0,{QUARTERS + 1}-{positive},"")', "0"),
        (f"=SUMPRODUCT(B{net}:{last}{net},B{factor}:{last}{factor})", MONEY_FORMAT),
        (
            f'=IF({shares}>0,{inputs["multiple"]}*{last}{spent}/{shares},"")'
            if plan.revenue_multiple
            else None,
            MONEY_FORMAT,
        ),
    )
    for name, (formula, number_format) in zip(RESULT_LABELS, answers, strict=True):
        row += 1
        sheet[f"A{row}"], sheet[f"B{row}"] = name, formula
        sheet[f"B{row}"].number_format = number_format
    for name in (RECEIPTS_LABEL, COST_LABEL, NET_LABEL, CUMULATIVE_LABEL, ROI_LABEL):
        for cell in sheet[rows[name]]:
            cell.font = BOLD


def _quantity_formula(cost: Cost, inputs: dict[str, str], rows: dict[str, int]) -> str:
    """Write the formula for the number of units of a cost's basis in one quarter; @ is the column letter."""
    if cost.basis is CostBasis.CONTRACT:
        return f"@{rows['Contracts set up']}"
    if cost.basis is CostBasis.SCREENING:
        return f"@{rows['Screenings']}"
    if cost.basis is CostBasis.ONCE:
        last = 3 * QUARTERS - 1
        month = f"{min(cost.begin, last):g}"
        return f"IF(AND(@${FIRST_MONTH_ROW}<={month},{month}<@${LAST_MONTH_ROW}),1,0)"
    row = inputs[cost.key].rpartition("$")[2]
    months = _overlap_formula("@", f"Inputs!$G${row}", f"Inputs!$H${row}")
    if cost.basis is CostBasis.PERSONS:
        return f"{months}*{inputs['people.person_month']}*(1+{inputs['people.burden']})"
    return months
