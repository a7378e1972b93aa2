"""The page's charts as plotly traces.

Colours are names that the page's script looks up: b0 for what others are compared with, b1 … b5.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from moviemotion.lab.data.dataset import FACE_SIZE
from moviemotion.lab.proposal.explain.evidence import Estimate
from moviemotion.lab.proposal.explain.frequency_tuning import CUTOFFS, FREQUENCIES
from moviemotion.lab.proposal.explain.measure import (
    BlockMeasurements,
    ReluMeasurements,
    TranslationMeasurements,
)
from moviemotion.lab.proposal.explain.relu import BIN_EDGES, ActivationStatistics
from moviemotion.lab.proposal.explain.translation import PIXEL_DISTANCES, SHIFT_DISTANCES

Chart = dict[str, Any]

LINE_DASHES = ("solid", "dash", "dot", "dashdot", "longdash")
MARKER_SYMBOLS = ("circle", "square", "diamond", "triangle-up", "x")


def block_charts(measurements: BlockMeasurements) -> dict[str, Chart]:
    """Receptive fields, grating tuning, what faces lose, and probes."""
    blocks = list(range(1, len(measurements.receptive_fields) + 1))
    names = [f"block {k}" for k in blocks]
    sources = ["pixels", *names]
    middle = len(CUTOFFS) // 2
    fields = [
        _line(
            "after its pooling",
            names,
            [f.after_pooling.size for f in measurements.receptive_fields],
            3,
            markers=True,
        ),
        _line(
            "of its convolution",
            names,
            [f.before_pooling.size for f in measurements.receptive_fields],
            1,
            markers=True,
        ),
        _line(
            "90 % of the gradient on faces",
            names,
            [f.effective_size for f in measurements.receptive_fields],
            2,
            markers=True,
        ),
        _line("the face", names, [FACE_SIZE] * len(names), 0),
    ]
    tuning = [
        _line(name, FREQUENCIES, t.response_curve, k, markers=True, dash=_dash(k))
        for k, name, t in zip(blocks, names, measurements.tuning, strict=True)
    ]
    bands = [
        _points_with_intervals(
            "only coarse kept", sources, [loss.low_pass[middle] for loss in measurements.band_losses], 3
        ),
        _points_with_intervals(
            "only fine kept", sources, [loss.high_pass[middle] for loss in measurements.band_losses], 1
        ),
    ]
    accuracy = [
        _points_with_intervals(
            "only coarse kept", CUTOFFS, measurements.band_accuracy.low_pass, 3, joined=True
        ),
        _points_with_intervals(
            "only fine kept", CUTOFFS, measurements.band_accuracy.high_pass, 1, joined=True
        ),
        _line("whole faces", CUTOFFS, [measurements.band_accuracy.unfiltered.value] * len(CUTOFFS), 0),
    ]
    return {
        "fields": _chart(fields, "", "side of the square seen, px", y={"rangemode": "tozero"}),
        "tuning": _chart(
            tuning,
            "cycles a face",
            "response (a filter's best = 1)",
            x=_log_axis(FREQUENCIES),
            y={"rangemode": "tozero"},
        ),
        "bands": _chart(bands, "", "lost of the answer (1: as for no face)", y={"rangemode": "tozero"}),
        "bandAccuracy": _chart(
            accuracy,
            "cutoff, cycles a face",
            "accuracy",
            x=_log_axis(CUTOFFS),
            y={"range": [0, 1], "tickformat": ".0%"},
        ),
        "probes": _chart(
            [_points_with_intervals("linear reader", sources, measurements.probe_accuracy, 3)],
            "",
            "accuracy",
            y={"tickformat": ".0%"},
        ),
    }


def relu_charts(measurements: ReluMeasurements) -> dict[str, Chart]:
    """Pre-activations, and the slope of every gate."""
    middles = (BIN_EDGES[:-1] + BIN_EDGES[1:]) / 2
    blocks = [layer for layer in measurements.layers if layer.layer.startswith("block")]
    forward = [
        _line(layer.layer, middles, layer.density / np.diff(BIN_EDGES), k, dash=_dash(k))
        for k, layer in enumerate(blocks, 1)
    ]
    gate = {
        "type": "scatter",
        "mode": "markers",
        "name": "one unit",
        "x": _round(measurements.gradients.slope_points[0]),
        "y": _round(measurements.gradients.slope_points[1]),
        "marker": {"color": "b3", "size": 5, "opacity": 0.4},
    }
    return {
        "forward": _chart(
            forward, "input of ReLU (its root mean square = 1)", "density", shapes=[_zero_line()]
        ),
        "gate": _chart(
            [gate],
            "input of ReLU (its root mean square = 1)",
            "gradient behind ÷ before ReLU",
            x={"range": [-4, 4]},
            y={"range": [-0.15, 1.15]},
            shapes=[_zero_line()],
        ),
        "blocked": _chart(
            _zero_share_points(measurements.layers),
            "",
            "inputs at or below zero",
            y={"range": [0, 1], "tickformat": ".0%"},
        ),
    }


def _zero_share_points(layers: Sequence[ActivationStatistics]) -> list[Chart]:
    return [
        _points_with_intervals(
            "mean over faces", [layer.layer for layer in layers], [layer.zero_share for layer in layers], 3
        )
    ]


def translation_charts(measurements: TranslationMeasurements) -> dict[str, Chart]:
    """Pixels against distance, and everything against the shift."""
    pixels = (0, *SHIFT_DISTANCES)
    accuracy = [
        *(
            _line(name, pixels, values, 0, dash=LINE_DASHES[k])
            for k, (name, values) in enumerate(measurements.shift_curve.by_direction.items())
        ),
        _points_with_intervals("mean of the four", pixels, measurements.shift_curve.accuracy, 3, joined=True),
    ]
    output = [
        _points_with_intervals(
            "answers that stay", pixels, measurements.shift_curve.unchanged_share, 3, joined=True
        ),
        _points_with_intervals(
            "probability that changes hands",
            pixels,
            measurements.shift_curve.probability_change,
            1,
            joined=True,
        ),
    ]
    similarity = [
        _points_with_intervals(f"block {k}", pixels, values, k, joined=True, dash=_dash(k))
        for k, values in enumerate(measurements.shift_curve.map_correlation, 1)
    ]
    return {
        "correlation": _chart(
            [
                _points_with_intervals(
                    "pairs of pixels", PIXEL_DISTANCES, measurements.pixel_correlation, 3, joined=True
                )
            ],
            "distance, px",
            "correlation over faces",
        ),
        "accuracy": _chart(accuracy, "shift, px", "accuracy", y={"range": [0, 1], "tickformat": ".0%"}),
        "output": _chart(output, "shift, px", "share", y={"range": [0, 1.02], "tickformat": ".0%"}),
        "similarity": _chart(similarity, "shift, px", "correlation with the unmoved face's maps"),
    }


def _line(
    name: str,
    x: Sequence[Any] | Any,
    y: Sequence[float] | Any,
    colour: int,
    markers: bool = False,
    dash: str = "solid",
) -> Chart:
    k = max(0, colour - 1) % len(LINE_DASHES)
    return {
        "type": "scatter",
        "mode": "lines+markers" if markers else "lines",
        "name": name,
        "x": list(x),
        "y": _round(y),
        "line": {"color": _color(colour), "width": 1.5 if colour == 0 else 2.5, "dash": dash},
        "marker": {"color": _color(colour), "symbol": MARKER_SYMBOLS[k], "size": 8},
    }


def _points_with_intervals(
    name: str,
    x: Sequence[Any],
    estimates: Sequence[Estimate],
    colour: int,
    joined: bool = False,
    dash: str = "solid",
) -> Chart:
    value, low, high = (np.array([getattr(e, part) for e in estimates]) for part in ("value", "low", "high"))
    return {
        **_line(name, x, value, colour, markers=True, dash=dash),
        "mode": "lines+markers" if joined else "markers",
        "error_y": {
            "type": "data",
            "symmetric": False,
            "array": _round(np.nan_to_num(high - value)),
            "arrayminus": _round(np.nan_to_num(value - low)),
            "color": _color(colour),
            "thickness": 1.5,
            "width": 4,
        },
    }


def _color(number: int) -> str:
    return f"b{(number - 1) % len(LINE_DASHES) + 1 if number else 0}"


def _dash(block: int) -> str:
    return LINE_DASHES[(block - 1) % len(LINE_DASHES)]


def _chart(
    traces: list[Chart],
    x_title: str,
    y_title: str,
    x: Chart | None = None,
    y: Chart | None = None,
    shapes: list[Chart] | None = None,
) -> Chart:
    layout = {
        "xaxis": {"title": {"text": x_title}, **(x or {})},
        "yaxis": {"title": {"text": y_title}, **(y or {})},
        "shapes": shapes or [],
        "showlegend": len(traces) > 1,
    }
    return {"data": traces, "layout": layout}


def _log_axis(values: Sequence[float]) -> Chart:
    return {"type": "log", "tickvals": list(values), "ticktext": [f"{v:g}" for v in values]}


def _zero_line() -> Chart:
    line = {"color": "ink", "width": 1, "dash": "dot"}
    return {"type": "line", "x0": 0, "x1": 0, "yref": "paper", "y0": 0, "y1": 1, "line": line}


def _round(values: Any) -> list[float]:
    return [float(f"{v:.4g}") for v in np.asarray(values, dtype=np.float64)]
