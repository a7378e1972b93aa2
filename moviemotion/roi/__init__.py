"""Computes the return on investment of a plan; writes an HTML page, a table and a workbook with formulas.

`plan_file` reads the plan from TOML, and `cash_flow` contains the model. `uncertainty` finds the break-even
values, the drivers with the largest influence, and the uncertainty of the result. `roi_page` and `workbook`
present the results; the workbook reproduces the model with formulas.
"""

from __future__ import annotations

from pathlib import Path

from moviemotion._io.atomic_files import atomic_write_text
from moviemotion.errors import SettingError
from moviemotion.roi.plan_file import example_plan, read_plan
from moviemotion.roi.roi_page import render_roi_page
from moviemotion.roi.roi_wording import roi_lines
from moviemotion.roi.statement import cash_flow_csv
from moviemotion.roi.uncertainty import RoiAnalysis, analyze_plan
from moviemotion.roi.workbook import write_workbook

__all__ = ["calculate_roi", "example_plan", "roi_lines"]

PAGE_FILE, TABLE_FILE, WORKBOOK_FILE = "roi.html", "cash-flow.csv", "roi.xlsx"


def calculate_roi(plan: Path, out: Path, seed: int) -> RoiAnalysis:
    """Analyze a plan, and write `roi.html`, `cash-flow.csv` and `roi.xlsx` to a folder.

    Args:
        plan: path of a file in the format that `example_plan` returns.
        out: the output folder, which is created if it does not exist.
        seed: random seed for the Monte Carlo draws.

    Returns:
        The analysis.

    Raises:
        MoviemotionError: the plan has errors (one per line of the message), or the folder cannot be written.
    """
    analysis = analyze_plan(read_plan(plan), seed)
    page, table = render_roi_page(analysis), cash_flow_csv(analysis.cash_flow)
    try:
        out.mkdir(parents=True, exist_ok=True)
        atomic_write_text(out / PAGE_FILE, page)
        atomic_write_text(out / TABLE_FILE, table)
        write_workbook(out / WORKBOOK_FILE, analysis)
    except OSError as error:
        raise SettingError(
            "cannot-write",
            "{path}: cannot be written ({reason}); choose another {out}",
            path=out,
            reason=error.strerror,
        ) from error
    return analysis
