"""Renders the plan of a screening, both as a separate page and as a section of a studio page."""

from __future__ import annotations

from functools import cache

from jinja2 import Environment
from markupsafe import Markup

from moviemotion._io.html_shell import inline_asset, template_environment
from moviemotion._io.svg_chart import Band, Chart, Rule, Series, linear_axis, log_axis
from moviemotion.planning.moment_power import TARGET_POWER
from moviemotion.planning.room_power import MAX_ROOMS, MIN_ROOMS
from moviemotion.planning.screening_plan import ScreeningPlan
from moviemotion.reports import number_format, plan_lines


def render_plan(plan: ScreeningPlan) -> str:
    """Render the plan as an HTML page that makes no network requests."""
    return _environment().get_template("plan.html").render(plan=plan, result=plan_part(plan))


def plan_part(plan: ScreeningPlan) -> Markup:
    """Render the answers, the chart and the tables, for embedding in a page.

    The page must include `svg_chart.css` and define the color variables `accent`, `faint` and `muted`.
    """
    template = _environment().get_template("plan-part.html")
    return Markup(
        template.render(plan=plan, figure=power_chart(plan), min_rooms=MIN_ROOMS, max_rooms=MAX_ROOMS)
    )


def power_chart(plan: ScreeningPlan) -> Chart:
    """Plot the percentage of screenings in which the moment is found against the number of viewers."""
    viewers = [row.viewers for row in plan.moments]
    found, low, high = (
        [100 * value for value in values]
        for values in zip(*((row.power, row.low, row.high) for row in plan.moments), strict=True)
    )
    hover = [
        f"{row.viewers} viewers: {number_format.percent(row.power)} "
        f"({number_format.percent_interval((row.low, row.high))})"
        for row in plan.moments
    ]
    target = [100 * TARGET_POWER] * len(viewers)
    needed = (Rule(plan.viewers, "ink", label=f"{plan.viewers} viewers"),) if plan.viewers else ()
    return Chart(
        log_axis(viewers, "viewers"),
        linear_axis([0, 100], "found, %", low=0, high=100),
        (
            Band("95 % interval", "faint", viewers, low, high),
            Series(number_format.percent(TARGET_POWER), "muted", viewers, target, dash="7 4", width=1.5),
            Series("found", "accent", viewers, found, hover=hover, symbol="circle"),
            *needed,
        ),
    )


@cache
def _environment() -> Environment:
    environment = template_environment("moviemotion.reports.html")
    for function in (
        number_format.percent,
        number_format.percent_interval,
        plan_lines.moment_question,
        plan_lines.moment_answer,
        plan_lines.room_question,
        plan_lines.source_sentence,
    ):
        environment.filters[function.__name__] = function
    environment.globals["css"] = inline_asset("moviemotion.reports.html", "report.css")
    return environment
