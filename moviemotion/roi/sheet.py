"""Styles and layout shared by the sheets of roi.xlsx."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

BOLD = Font(bold=True)
HEADER_FILL = PatternFill("solid", fgColor="ECEBE5")
MONEY_FORMAT, DECIMAL_FORMAT = "#,##0;[Red]-#,##0", "0.00"
PERCENT_FORMAT = '0.0" %";[Red]-0.0" %"'
SHARE_FORMAT = "0.0%"


def fill_sheet(
    sheet: Worksheet, rows: Iterable[Sequence[object]], widths: Sequence[float], number_format: str = ""
) -> None:
    """Write rows from the top of a sheet; the first row is a frozen header.

    Args:
        sheet: an empty sheet.
        rows: the header, followed by rows of values.
        widths: widths of the columns.
        number_format: format of all numbers; if empty, a suitable format is chosen for each.
    """
    for row in rows:
        sheet.append(row)
    for cell in sheet[1]:
        cell.font, cell.fill = BOLD, HEADER_FILL
    for column, width in enumerate(widths, 1):
        sheet.column_dimensions[get_column_letter(column)].width = width
    sheet.freeze_panes = "B2"
    for row in sheet.iter_rows():
        for cell in row:
            if isinstance(cell.value, str):
                cell.data_type = "s"  # text that begins with = must not become a formula
                cell.alignment = Alignment(horizontal="left", indent=int(cell.column > 1))
            elif cell.value is not None:
                cell.number_format = number_format or _suitable_format(cell.value)
                sheet.cell(1, cell.column).alignment = Alignment(horizontal="right")


def _suitable_format(value: float) -> str:
    """Choose the number of decimals based on the magnitude of the number."""
    if abs(value) >= 1000 or value == int(value):
        return MONEY_FORMAT
    return DECIMAL_FORMAT if abs(value) >= 0.1 else "0.0000"
