"""Return on investment: a plan in TOML becomes a page, a table and a workbook with formulas."""

from __future__ import annotations

from pathlib import Path

from moviemotion._io.atomic_files import write_whole
from moviemotion.errors import MoviemotionError
from moviemotion.roi.plan_file import example, read_plan
from moviemotion.roi.roi_page import render
from moviemotion.roi.roi_wording import roi_lines
from moviemotion.roi.statement import cash_flow_csv
from moviemotion.roi.uncertainty import Prospect, work_out
from moviemotion.roi.workbook import write_workbook

__all__ = ["calculate", "example", "roi_lines"]

PAGE, TABLE, WORKBOOK = "roi.html", "cash-flow.csv", "roi.xlsx"


def calculate(plan: Path, out: Path, seed: int) -> Prospect:
    """Work out a plan and write `roi.html`, `cash-flow.csv` and `roi.xlsx` into a folder.

    Args:
        plan: plan.toml; `example()` is one.
        seed: of the Monte Carlo draws.

    Raises:
        MoviemotionError: faults in the plan, a line each; or the folder cannot be written.
    """
    prospect = work_out(read_plan(plan), seed)
    page, table = render(prospect), cash_flow_csv(prospect.flow)
    try:
        out.mkdir(parents=True, exist_ok=True)
        write_whole(out / PAGE, page)
        write_whole(out / TABLE, table)
        write_workbook(out / WORKBOOK, prospect)
    except OSError as error:
        raise MoviemotionError(
            f"{out}: cannot be written ({error.strerror}); choose another --out"
        ) from error
    return prospect
