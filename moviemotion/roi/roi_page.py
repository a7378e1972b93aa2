"""roi.html: one page that opens offline. It shows what was worked out; it computes nothing."""

from __future__ import annotations

from functools import cache
from itertools import groupby
from math import isnan

from jinja2 import Environment

from moviemotion._io.html_shell import asset, script_data, templates
from moviemotion.roi import roi_wording
from moviemotion.roi.plan import QUARTERS
from moviemotion.roi.roi_charts import SHOWN_SWINGS, charts
from moviemotion.roi.statement import ROI, ROI_OF_QUARTER, statement
from moviemotion.roi.uncertainty import Prospect

SHOWN_NEEDS = 10
"""The tightest; the others stand in a part that opens."""


def render(prospect: Prospect) -> str:
    """A complete HTML page that makes no network request."""
    lines = statement(prospect.flow)
    return (
        _environment()
        .get_template("roi.html.jinja")
        .render(
            prospect=prospect,
            plan=prospect.plan,
            futures=prospect.futures,
            groups=[(group, list(inside)) for group, inside in groupby(lines, lambda line: line.group)],
            charts=script_data(charts(prospect)),
        )
    )


@cache
def _environment() -> Environment:
    environment = templates("moviemotion.roi")
    for function in (
        roi_wording.money,
        roi_wording.percent,
        roi_wording.roi,
        roi_wording.value,
        roi_wording.share,
        roi_wording.need,
        roi_wording.summary,
        roi_wording.doubt,
        roi_wording.reading_cost,
    ):
        environment.filters[function.__name__] = function
    environment.globals |= {
        "css": asset("moviemotion.roi", "roi.css"),
        "javascript": asset("moviemotion._io", "charts.js"),
        "quarters": QUARTERS,
        "in_percent": (ROI, ROI_OF_QUARTER),
        "shown_swings": SHOWN_SWINGS,
        "shown_needs": SHOWN_NEEDS,
        "isnan": isnan,
    }
    return environment
