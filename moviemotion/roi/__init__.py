"""Return on investment: a plan in TOML becomes a page, a table and a workbook with formulas."""

from __future__ import annotations

from pathlib import Path

from moviemotion._io.atomic_files import atomic_write_text
from moviemotion.errors import MoviemotionError
from moviemotion.roi.plan_file import example_plan, read_plan
from moviemotion.roi.roi_page import render_roi_page
from moviemotion.roi.roi_wording import roi_lines
from moviemotion.roi.statement import cash_flow_csv
from moviemotion.roi.uncertainty import RoiAnalysis, analyze_plan
from moviemotion.roi.workbook import write_workbook

__all__ = ["calculate_roi", "example_plan", "roi_lines"]

PAGE_FILE, TABLE_FILE, WORKBOOK_FILE = "roi.html", "cash-flow.csv", "roi.xlsx"


def calculate_roi(plan: Path, out: Path, seed: int) -> RoiAnalysis:
    """Work out a plan and write `roi.html`, `cash-flow.csv` and `roi.xlsx` into a folder.

    Args:
        plan: plan.toml; `example()` is one.
        seed: of the Monte Carlo draws.

    Raises:
        MoviemotionError: faults in the plan, a line each; or the folder cannot be written.
    """
    prospect = analyze_plan(read_plan(plan), seed)
    page, table = render_roi_page(prospect), cash_flow_csv(prospect.cash_flow)
    try:
        out.mkdir(parents=True, exist_ok=True)
        atomic_write_text(out / PAGE_FILE, page)
        atomic_write_text(out / TABLE_FILE, table)
        write_workbook(out / WORKBOOK_FILE, prospect)
    except OSError as error:
        raise MoviemotionError(
            f"{out}: cannot be written ({error.strerror}); choose another --out"
        ) from error
    return prospect
