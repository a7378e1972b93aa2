"""The page's four charts as plotly's data and layout; colours are names that the page's script knows."""

from __future__ import annotations

from typing import Any

import numpy as np

from moviemotion.roi import roi_wording
from moviemotion.roi.plan import QUARTERS
from moviemotion.roi.uncertainty import RoiAnalysis
from moviemotion.statistics import Float64Array

QUARTER_NAMES = [f"Q{q}" for q in range(1, QUARTERS + 1)]
SHOWN_SWINGS = 12
HISTOGRAM_BINS = 60
HATCH = {"fillmode": "overlay", "fgcolor": "paper", "size": 6, "solidity": 0.3}


def build_charts(prospect: RoiAnalysis) -> dict[str, Any]:
    """Each chart by the id of its place in the page."""
    return {
        "cash": _cash(prospect),
        "roi": _roi(prospect),
        "tornado": _tornado(prospect),
        "futures": _monte_carlo(prospect),
    }


def _cash(prospect: RoiAnalysis) -> dict[str, Any]:
    flow, currency = prospect.cash_flow, prospect.plan.currency
    bar = {"type": "bar", "x": QUARTER_NAMES, "hovertemplate": f"{currency} %{{y:,.0f}}"}
    return {
        "data": [
            {**bar, "name": "cash in", "y": flow.receipts.tolist(), "marker": {"color": "in"}},
            {
                **bar,
                "name": "cash out",
                "y": (-flow.cost).tolist(),
                "marker": {"color": "out", "pattern": {**HATCH, "shape": "/"}},
            },
            {
                "type": "scatter",
                "mode": "lines+markers",
                "name": "net so far",
                "x": QUARTER_NAMES,
                "y": flow.cumulative.tolist(),
                "line": {"color": "ink", "width": 2},
                "marker": {"color": "ink", "size": 7},
                "hovertemplate": f"{currency} %{{y:,.0f}}",
            },
        ],
        "layout": {
            "barmode": "relative",
            "xaxis": {},
            "yaxis": {"title": {"text": currency}, "tickformat": "~s"},
        },
    }


def _roi(prospect: RoiAnalysis) -> dict[str, Any]:
    low, middle, high = prospect.monte_carlo.roi_by_quarter.T
    line: dict[str, Any] = {"type": "scatter", "x": QUARTER_NAMES, "hovertemplate": "%{y:.0f} %"}
    edge = {**line, "mode": "lines", "line": {"color": "accent", "width": 0}, "showlegend": False}
    return {
        "data": [
            {**edge, "name": "2.5 % of draws below", "y": _nan_to_none(low)},
            {
                **edge,
                "name": "95 % of draws",
                "y": _nan_to_none(high),
                "fill": "tonexty",
                "fillcolor": "band",
                "showlegend": True,
            },
            {
                **line,
                "name": "middle draw",
                "mode": "lines",
                "y": _nan_to_none(middle),
                "line": {"color": "accent", "width": 2, "dash": "dash"},
            },
            {
                **line,
                "name": "likely case",
                "mode": "lines+markers",
                "y": _nan_to_none(prospect.cash_flow.roi),
                "line": {"color": "ink", "width": 2},
                "marker": {"color": "ink", "size": 7},
            },
        ],
        "layout": {"xaxis": {}, "yaxis": {"title": {"text": "ROI so far, %"}}},
    }


def _tornado(prospect: RoiAnalysis) -> dict[str, Any]:
    base = float(prospect.cash_flow.roi[-1])
    swings = [s for s in prospect.swings if not np.isnan(s.width)][:SHOWN_SWINGS][::-1]
    names = [s.driver.name for s in swings]
    bar = {"type": "bar", "orientation": "h", "y": list(range(len(swings))), "width": 0.42}
    sides = (("at its low end", "at_low", "low", "/"), ("at its high end", "at_high", "high", ""))
    data = [
        {
            **bar,
            "name": name,
            "base": [base] * len(swings),
            "x": [getattr(s, end) - base for s in swings],
            "customdata": [
                [
                    s.driver.name,
                    f"{roi_wording.driver_value(getattr(s.driver, side))} {s.driver.unit}",
                    roi_wording.roi(getattr(s, end)),
                ]
                for s in swings
            ],
            "hovertemplate": "%{customdata[0]}<br>%{customdata[1]}: ROI %{customdata[2]}<extra></extra>",
            "marker": {"color": side, "pattern": {**HATCH, "shape": pattern}},
        }
        for name, end, side, pattern in sides
    ]
    return {
        "data": data,
        "layout": {
            "barmode": "overlay",
            "xaxis": {"title": {"text": f"ROI after {QUARTERS} quarters, %"}},
            "yaxis": {"visible": False, "range": [-0.6, max(len(swings), 1) - 0.1]},
            # The names stand over their bars, so that a narrow screen keeps its width for them.
            "annotations": [
                {
                    "text": name,
                    "x": 0,
                    "xref": "paper",
                    "xanchor": "left",
                    "y": k + 0.42,
                    "showarrow": False,
                    "bgcolor": "paper",
                }
                for k, name in enumerate(names)
            ],
            "shapes": [] if np.isnan(base) else [_vertical_line(base, "ink")],
        },
    }


def _monte_carlo(prospect: RoiAnalysis) -> dict[str, Any]:
    roi = prospect.monte_carlo.roi
    roi = roi[~np.isnan(roi)]
    # An edge at nil, so that no bar holds both losses and gains.
    step = (np.ptp(roi) or 1.0) / HISTOGRAM_BINS if len(roi) else 1.0
    edges = step * np.arange(np.floor(roi.min(initial=0) / step), np.ceil(roi.max(initial=0) / step) + 1)
    counts, _ = np.histogram(roi, edges)
    middles, width = (edges[1:] + edges[:-1]) / 2, np.diff(edges)
    bar = {"type": "bar", "hovertemplate": "ROI about %{x:.0f} %: %{y} draws"}
    sides = (("a loss", middles <= 0, "out", "/"), ("a gain", middles > 0, "in", ""))
    return {
        "data": [
            {
                **bar,
                "name": name,
                "x": middles[side].tolist(),
                "y": counts[side].tolist(),
                "width": width[side].tolist(),
                "marker": {"color": colour, "pattern": {**HATCH, "shape": shape}},
            }
            for name, side, colour, shape in sides
        ],
        "layout": {
            "xaxis": {"title": {"text": f"ROI after {QUARTERS} quarters, %"}},
            "yaxis": {"title": {"text": "draws"}},
            "shapes": [_vertical_line(0.0, "ink")],
        },
    }


def _vertical_line(x: float, color: str) -> dict[str, Any]:
    line = {"color": color, "width": 1.5, "dash": "dot"}
    return {"type": "line", "x0": x, "x1": x, "y0": 0, "y1": 1, "yref": "paper", "line": line}


def _nan_to_none(values: Float64Array) -> list[float | None]:
    return [None if np.isnan(value) else float(value) for value in values]
