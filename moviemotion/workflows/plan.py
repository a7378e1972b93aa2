"""Plan a screening and write the plan; called by `moviemotion plan`."""

from __future__ import annotations

import json
from pathlib import Path

from moviemotion._io.atomic_files import write_text_files
from moviemotion.planning.screening_plan import ScreeningPlan
from moviemotion.reports.html.plan_page import render_plan
from moviemotion.reports.plan_lines import plan_csv, plan_record


def write_plan(plan: ScreeningPlan, out: Path) -> None:
    """Write `plan.html` (with the picture), `plan.csv` and `plan.json`.

    Raises:
        MoviemotionError: `out` cannot be written.
    """
    write_text_files(
        out,
        {
            "plan.html": render_plan(plan),
            "plan.csv": plan_csv(plan),
            "plan.json": json.dumps(plan_record(plan), indent=2, allow_nan=False) + "\n",
        },
    )
