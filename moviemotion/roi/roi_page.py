"""Renders roi.html, a page without scripts that works offline and shows the analysis of a plan."""

from __future__ import annotations

from functools import cache
from itertools import groupby
from math import isnan

from jinja2 import Environment

from moviemotion._io.html_shell import inline_asset, template_environment
from moviemotion.roi import roi_wording
from moviemotion.roi.plan import QUARTERS
from moviemotion.roi.roi_charts import SHOWN_SWINGS, build_charts
from moviemotion.roi.statement import QUARTERLY_ROI_LABEL, ROI_LABEL, statement_lines
from moviemotion.roi.uncertainty import RoiAnalysis

SHOWN_BREAK_EVENS = 10
"""Number of break-even values that are visible at first; the rest are in a collapsed part of the page."""


def render_roi_page(analysis: RoiAnalysis) -> str:
    """Render the page of a plan.

    Returns:
        A complete HTML page that makes no network requests.
    """
    lines = statement_lines(analysis.cash_flow)
    return (
        _environment()
        .get_template("roi.html.jinja")
        .render(
            analysis=analysis,
            plan=analysis.plan,
            draws=analysis.monte_carlo,
            groups=[(group, list(inside)) for group, inside in groupby(lines, lambda line: line.group)],
            charts=build_charts(analysis),
        )
    )


@cache
def _environment() -> Environment:
    environment = template_environment("moviemotion.roi")
    for function in (
        roi_wording.money,
        roi_wording.percent,
        roi_wording.roi,
        roi_wording.driver_value,
        roi_wording.share,
        roi_wording.break_even_text,
        roi_wording.likely_case_sentence,
        roi_wording.uncertainty_sentence,
        roi_wording.compute_cost_sentence,
    ):
        environment.filters[function.__name__] = function
    environment.globals |= {
        "css": inline_asset("moviemotion.roi", "roi.css"),
        "quarters": QUARTERS,
        "in_percent": (ROI_LABEL, QUARTERLY_ROI_LABEL),
        "shown_swings": SHOWN_SWINGS,
        "shown_break_evens": SHOWN_BREAK_EVENS,
        "isnan": isnan,
    }
    return environment
