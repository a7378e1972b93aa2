"""The four charts of the ROI page."""

from __future__ import annotations

import numpy as np

from moviemotion._io.svg_chart import (
    Axis,
    Band,
    Bar,
    Bars,
    Chart,
    RowLabels,
    Rule,
    Series,
    category_axis,
    linear_axis,
)
from moviemotion.roi import roi_wording
from moviemotion.roi.plan import QUARTERS
from moviemotion.roi.uncertainty import RoiAnalysis
from moviemotion.statistics import Float64Array

QUARTER_NAMES = [f"Q{q}" for q in range(1, QUARTERS + 1)]
SHOWN_SWINGS = 12
HISTOGRAM_BINS = 60
_BAR_WIDTH = 0.8
_TORNADO_BAR_HEIGHT = 0.42
_TORNADO_ROW = 42
"""Height in pixels of one row of the tornado chart: a name and its bar."""
_TORNADO_FRAME = 90
"""Height in pixels of the tornado chart's axis and title."""


def build_charts(analysis: RoiAnalysis) -> dict[str, Chart]:
    """Build the charts of the page, keyed by ID."""
    return {
        "cash": _cash_flow_chart(analysis),
        "roi": _roi_by_quarter_chart(analysis),
        "tornado": _tornado_chart(analysis),
        "draws": _monte_carlo_chart(analysis),
    }


def _cash_flow_chart(analysis: RoiAnalysis) -> Chart:
    flow, currency = analysis.cash_flow, analysis.plan.currency
    received, spent, net = flow.receipts, -flow.cost, flow.cumulative

    def bars(name: str, color: str, values: Float64Array, hatched: bool = False) -> Bars:
        half = _BAR_WIDTH / 2
        return Bars(
            name,
            color,
            [
                Bar(q - half, q + half, 0, float(v), f"Q{q + 1}, {name}: {currency} {roi_wording.money(v)}")
                for q, v in enumerate(values)
            ],
            hatched,
        )

    line = Series(
        "cumulative net cash",
        "ink",
        range(QUARTERS),
        net.tolist(),
        hover=[f"Q{q}, cumulative net cash: {currency} {roi_wording.money(v)}" for q, v in enumerate(net, 1)],
        symbol="circle",
    )
    return Chart(
        category_axis(QUARTER_NAMES),
        linear_axis([0, *received, *spent, *net], currency, text=_short_money),
        (bars("cash in", "in", received), bars("cash out", "out", spent, hatched=True), line),
    )


def _roi_by_quarter_chart(analysis: RoiAnalysis) -> Chart:
    low, median, high = analysis.monte_carlo.roi_by_quarter.T
    likely = analysis.cash_flow.roi
    quarters = range(QUARTERS)
    return Chart(
        category_axis(QUARTER_NAMES),
        linear_axis([0, *low, *high, *median, *likely], "cumulative ROI, %", text="{:,.0f}".format),
        (
            Band("95 % of draws", "band", quarters, low.tolist(), high.tolist()),
            Series(
                "median draw",
                "accent",
                quarters,
                median.tolist(),
                hover=[
                    f"Q{q}, median: {roi_wording.roi(m)}, "
                    f"95 % of draws: {roi_wording.roi(a)} to {roi_wording.roi(b)}"
                    for q, (a, m, b) in enumerate(analysis.monte_carlo.roi_by_quarter, 1)
                ],
                dash="7 4",
            ),
            Series(
                "likely case",
                "ink",
                quarters,
                likely.tolist(),
                hover=[f"Q{q}, likely case: {roi_wording.roi(v)}" for q, v in enumerate(likely, 1)],
                symbol="circle",
            ),
        ),
    )


def _tornado_chart(analysis: RoiAnalysis) -> Chart:
    base = float(analysis.cash_flow.roi[-1])
    swings = [s for s in analysis.swings if not np.isnan(s.width)][:SHOWN_SWINGS][::-1]
    half = _TORNADO_BAR_HEIGHT / 2
    sides = (("at its low end", "at_low", "low", True), ("at its high end", "at_high", "high", False))
    bars = [
        Bars(
            name,
            side,
            [
                Bar(
                    base,
                    getattr(s, end),
                    k - half,
                    k + half,
                    f"{s.driver.name}: {roi_wording.driver_value(getattr(s.driver, side))} {s.driver.unit}, "
                    f"ROI {roi_wording.roi(getattr(s, end))}",
                )
                for k, s in enumerate(swings)
            ],
            hatched,
        )
        for name, end, side, hatched in sides
    ]
    # The names are above their bars, so that the bars can use the full width of a narrow screen.
    names = RowLabels([(k + half, s.driver.name) for k, s in enumerate(swings)])
    ends = [value for s in swings for value in (s.at_low, s.at_high)]
    return Chart(
        linear_axis([base, *ends], f"ROI after {QUARTERS} quarters, %", text="{:,.0f}".format),
        Axis(-0.6, max(len(swings), 1) - 0.1),
        (*bars, *([] if np.isnan(base) else [Rule(base, "ink")]), names),
        _TORNADO_FRAME + _TORNADO_ROW * max(len(swings), 1),
    )


def _monte_carlo_chart(analysis: RoiAnalysis) -> Chart:
    roi = analysis.monte_carlo.roi
    roi = roi[~np.isnan(roi)]
    # Bin edges include 0, so that no bar contains both losses and gains.
    step = (np.ptp(roi) or 1.0) / HISTOGRAM_BINS if len(roi) else 1.0
    edges = step * np.arange(np.floor(roi.min(initial=0) / step), np.ceil(roi.max(initial=0) / step) + 1)
    counts, _ = np.histogram(roi, edges)
    gains = (edges[1:] + edges[:-1]) / 2 > 0

    def bars(name: str, color: str, chosen: np.ndarray, hatched: bool) -> Bars:
        return Bars(
            name,
            color,
            [
                Bar(
                    float(edges[k]),
                    float(edges[k + 1]),
                    0,
                    float(counts[k]),
                    f"ROI {edges[k]:,.0f} to {edges[k + 1]:,.0f} %: {counts[k]:,} draws",
                )
                for k in np.flatnonzero(chosen)
            ],
            hatched,
        )

    return Chart(
        linear_axis([0, *edges], f"ROI after {QUARTERS} quarters, %", text="{:,.0f}".format, ticks=8),
        linear_axis([0, *counts], "draws", text="{:,.0f}".format),
        (bars("a loss", "out", ~gains, True), bars("a gain", "in", gains, False), Rule(0.0, "ink")),
    )


def _short_money(value: float) -> str:
    """Format a tick of a money axis: `250k`, `1.5M`."""
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return f"{value / size:g}{letter}"
    return f"{value:g}"
