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
from moviemotion.lab.proposal.explain.measure import Blocks, Relu, Translation
from moviemotion.lab.proposal.explain.relu import EDGES, Forward
from moviemotion.lab.proposal.explain.translation import DISTANCES, SHIFTS

Chart = dict[str, Any]

DASHES = ("solid", "dash", "dot", "dashdot", "longdash")
SYMBOLS = ("circle", "square", "diamond", "triangle-up", "x")


def block_charts(m: Blocks) -> dict[str, Chart]:
    """Receptive fields, grating tuning, what faces lose, and probes."""
    blocks = list(range(1, len(m.fields) + 1))
    names = [f"block {k}" for k in blocks]
    sources = ["pixels", *names]
    middle = len(CUTOFFS) // 2
    fields = [
        _line("after its pooling", names, [f.pooled.side for f in m.fields], 3, markers=True),
        _line("of its convolution", names, [f.unpooled.side for f in m.fields], 1, markers=True),
        _line("90 % of the gradient on faces", names, [f.effective for f in m.fields], 2, markers=True),
        _line("the face", names, [FACE_SIZE] * len(names), 0),
    ]
    tuning = [
        _line(name, FREQUENCIES, t.curve, k, markers=True, dash=_dash(k))
        for k, name, t in zip(blocks, names, m.tuning, strict=True)
    ]
    bands = [
        _dots("only coarse kept", sources, [loss.only_coarse[middle] for loss in m.losses], 3),
        _dots("only fine kept", sources, [loss.only_fine[middle] for loss in m.losses], 1),
    ]
    accuracy = [
        _dots("only coarse kept", CUTOFFS, m.accuracy.only_coarse, 3, joined=True),
        _dots("only fine kept", CUTOFFS, m.accuracy.only_fine, 1, joined=True),
        _line("whole faces", CUTOFFS, [m.accuracy.whole.value] * len(CUTOFFS), 0),
    ]
    return {
        "fields": _chart(fields, "", "side of the square seen, px", y={"rangemode": "tozero"}),
        "tuning": _chart(
            tuning,
            "cycles a face",
            "response (a filter's best = 1)",
            x=_log(FREQUENCIES),
            y={"rangemode": "tozero"},
        ),
        "bands": _chart(bands, "", "lost of the answer (1: as for no face)", y={"rangemode": "tozero"}),
        "bandAccuracy": _chart(
            accuracy,
            "cutoff, cycles a face",
            "accuracy",
            x=_log(CUTOFFS),
            y={"range": [0, 1], "tickformat": ".0%"},
        ),
        "probes": _chart(
            [_dots("linear reader", sources, m.probes, 3)], "", "accuracy", y={"tickformat": ".0%"}
        ),
    }


def relu_charts(m: Relu) -> dict[str, Chart]:
    """Pre-activations, and the slope of every gate."""
    middles = (EDGES[:-1] + EDGES[1:]) / 2
    blocks = [layer for layer in m.layers if layer.layer.startswith("block")]
    forward = [
        _line(layer.layer, middles, layer.density / np.diff(EDGES), k, dash=_dash(k))
        for k, layer in enumerate(blocks, 1)
    ]
    gate = {
        "type": "scatter",
        "mode": "markers",
        "name": "one unit",
        "x": _round(m.gate.points[0]),
        "y": _round(m.gate.points[1]),
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
            _blocked(m.layers), "", "inputs at or below zero", y={"range": [0, 1], "tickformat": ".0%"}
        ),
    }


def _blocked(layers: Sequence[Forward]) -> list[Chart]:
    return [
        _dots("mean over faces", [layer.layer for layer in layers], [layer.blocked for layer in layers], 3)
    ]


def translation_charts(m: Translation) -> dict[str, Chart]:
    """Pixels against distance, and everything against the shift."""
    pixels = (0, *SHIFTS)
    accuracy = [
        *(
            _line(name, pixels, values, 0, dash=DASHES[k])
            for k, (name, values) in enumerate(m.shifts.by_direction.items())
        ),
        _dots("mean of the four", pixels, m.shifts.accuracy, 3, joined=True),
    ]
    output = [
        _dots("answers that stay", pixels, m.shifts.kept, 3, joined=True),
        _dots("probability that changes hands", pixels, m.shifts.moved, 1, joined=True),
    ]
    similarity = [
        _dots(f"block {k}", pixels, values, k, joined=True, dash=_dash(k))
        for k, values in enumerate(m.shifts.similarity, 1)
    ]
    return {
        "correlation": _chart(
            [_dots("pairs of pixels", DISTANCES, m.correlation, 3, joined=True)],
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
    k = max(0, colour - 1) % len(DASHES)
    return {
        "type": "scatter",
        "mode": "lines+markers" if markers else "lines",
        "name": name,
        "x": list(x),
        "y": _round(y),
        "line": {"color": _colour(colour), "width": 1.5 if colour == 0 else 2.5, "dash": dash},
        "marker": {"color": _colour(colour), "symbol": SYMBOLS[k], "size": 8},
    }


def _dots(
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
            "color": _colour(colour),
            "thickness": 1.5,
            "width": 4,
        },
    }


def _colour(number: int) -> str:
    return f"b{(number - 1) % len(DASHES) + 1 if number else 0}"


def _dash(block: int) -> str:
    return DASHES[(block - 1) % len(DASHES)]


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


def _log(values: Sequence[float]) -> Chart:
    return {"type": "log", "tickvals": list(values), "ticktext": [f"{v:g}" for v in values]}


def _zero_line() -> Chart:
    line = {"color": "ink", "width": 1, "dash": "dot"}
    return {"type": "line", "x0": 0, "x1": 0, "yref": "paper", "y0": 0, "y1": 1, "line": line}


def _round(values: Any) -> list[float]:
    return [float(f"{v:.4g}") for v in np.asarray(values, dtype=np.float64)]
