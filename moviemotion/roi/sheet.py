"""What the sheets of roi.xlsx share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

BOLD = Font(bold=True)
HEAD = PatternFill("solid", fgColor="ECEBE5")
MONEY, DECIMAL = "#,##0;[Red]-#,##0", "0.00"
PERCENT = '0.0" %";[Red]-0.0" %"'
SHARE = "0.0%"


def fill(
    sheet: Worksheet, rows: Iterable[Sequence[object]], widths: Sequence[float], number_format: str = ""
) -> None:
    """Rows from the top; the first is a head that stays in sight. Without a format each number has one."""
    for row in rows:
        sheet.append(row)
    for cell in sheet[1]:
        cell.font, cell.fill = BOLD, HEAD
    for column, width in enumerate(widths, 1):
        sheet.column_dimensions[get_column_letter(column)].width = width
    sheet.freeze_panes = "B2"
    for row in sheet.iter_rows(min_col=2):
        for cell in row:
            if isinstance(cell.value, str):
                cell.alignment = Alignment(indent=1)
            elif cell.value is not None:
                cell.number_format = number_format or _suited(cell.value)


def _suited(value: float) -> str:
    """As many decimals as the number needs."""
    if abs(value) >= 1000 or value == int(value):
        return MONEY
    return DECIMAL if abs(value) >= 0.1 else "0.0000"
