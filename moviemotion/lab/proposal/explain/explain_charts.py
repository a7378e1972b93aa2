"""The charts of the explanation page.

Colors are names of CSS variables: `b0` for the reference, `b1` … `b5` for the blocks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from moviemotion._io.svg_chart import (
    DASHES,
    SOLID,
    SYMBOLS,
    Axis,
    Chart,
    Rule,
    Series,
    category_axis,
    linear_axis,
    log_axis,
)
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

MARKER_SYMBOLS = tuple(SYMBOLS)


def block_charts(measurements: BlockMeasurements) -> dict[str, Chart]:
    """Charts of receptive fields, grating tuning, responses to filtered faces, and linear probes."""
    blocks = list(range(1, len(measurements.receptive_fields) + 1))
    names = [f"block {k}" for k in blocks]
    sources = ["pixels", *names]
    at_blocks, at_sources = range(len(names)), range(len(sources))
    middle = len(CUTOFFS) // 2
    fields = [
        _line(
            "after pooling",
            at_blocks,
            [f.after_pooling.size for f in measurements.receptive_fields],
            3,
            markers=True,
        ),
        _line(
            "convolution alone",
            at_blocks,
            [f.before_pooling.size for f in measurements.receptive_fields],
            1,
            markers=True,
        ),
        _line(
            "90 % of the gradient on faces",
            at_blocks,
            [f.effective_size for f in measurements.receptive_fields],
            2,
            markers=True,
        ),
        _line("the face", at_blocks, [FACE_SIZE] * len(names), 0),
    ]
    tuning = [
        _line(name, FREQUENCIES, t.response_curve, k, markers=True, dash=_dash(k))
        for k, name, t in zip(blocks, names, measurements.tuning, strict=True)
    ]
    bands = [
        _points_with_intervals(
            "coarse structure only",
            at_sources,
            [loss.low_pass[middle] for loss in measurements.band_losses],
            3,
        ),
        _points_with_intervals(
            "fine detail only", at_sources, [loss.high_pass[middle] for loss in measurements.band_losses], 1
        ),
    ]
    accuracy = [
        _points_with_intervals(
            "coarse structure only", CUTOFFS, measurements.band_accuracy.low_pass, 3, joined=True
        ),
        _points_with_intervals(
            "fine detail only", CUTOFFS, measurements.band_accuracy.high_pass, 1, joined=True
        ),
        _line("original faces", CUTOFFS, [measurements.band_accuracy.unfiltered.value] * len(CUTOFFS), 0),
    ]
    return {
        "fields": _chart(fields, category_axis(names), "side of the visible square, px", from_zero=True),
        "tuning": _chart(
            tuning, log_axis(FREQUENCIES, "cycles per face"), "response (filter's largest: 1)", from_zero=True
        ),
        "bands": _chart(
            bands, category_axis(sources), "loss of response (1: as for uniform gray)", from_zero=True
        ),
        "bandAccuracy": _percent_chart(accuracy, log_axis(CUTOFFS, "cutoff, cycles per face"), "accuracy"),
        "probes": _percent_chart(
            [_points_with_intervals("linear probe", at_sources, measurements.probe_accuracy, 3)],
            category_axis(sources),
            "accuracy",
            full_range=False,
        ),
    }


def relu_charts(measurements: ReluMeasurements) -> dict[str, Chart]:
    """Charts of the pre-activations and of the slope of every ReLU unit."""
    middles = (BIN_EDGES[:-1] + BIN_EDGES[1:]) / 2
    blocks = [layer for layer in measurements.layers if layer.layer.startswith("block")]
    forward = [
        _line(layer.layer, middles, layer.density / np.diff(BIN_EDGES), k, dash=_dash(k))
        for k, layer in enumerate(blocks, 1)
    ]
    slopes = measurements.gradients.slope_points
    gate = replace(
        _line("one unit", slopes[0], slopes[1], 3), joined=False, symbol="circle", opacity=0.4, hover=()
    )
    gate = replace(gate, sizes=[0.6] * len(gate.x))
    input_title = "input of ReLU (1: its root mean square)"
    return {
        "forward": _chart(
            forward,
            linear_axis(BIN_EDGES, input_title),
            "density",
            from_zero=True,
            rules=(Rule(0, "ink"),),
        ),
        "gate": Chart(
            linear_axis([], input_title, low=-4, high=4, ticks=9),
            linear_axis([], "gradient before ÷ after ReLU", low=-0.15, high=1.15),
            (gate, Rule(0, "ink")),
        ),
        "blocked": _percent_chart(
            _zero_share_points(measurements.layers),
            category_axis([layer.layer for layer in measurements.layers]),
            "inputs at or below zero",
        ),
    }


def _zero_share_points(layers: Sequence[ActivationStatistics]) -> list[Series]:
    shares = [layer.zero_share for layer in layers]
    return [_points_with_intervals("mean over faces", range(len(layers)), shares, 3)]


def translation_charts(measurements: TranslationMeasurements) -> dict[str, Chart]:
    """Charts of pixel correlation by distance, and of the network's responses by shift."""
    pixels = (0, *SHIFT_DISTANCES)
    accuracy = [
        *(
            _line(name, pixels, values, 0, dash=DASHES[k % len(DASHES)])
            for k, (name, values) in enumerate(measurements.shift_curve.by_direction.items())
        ),
        _points_with_intervals("mean of the four", pixels, measurements.shift_curve.accuracy, 3, joined=True),
    ]
    output = [
        _points_with_intervals(
            "predictions that stay the same", pixels, measurements.shift_curve.unchanged_share, 3, joined=True
        ),
        _points_with_intervals(
            "total variation of probabilities",
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
    shift = linear_axis(pixels, "shift, px", ticks=8)
    pairs = _points_with_intervals(
        "pairs of pixels", PIXEL_DISTANCES, measurements.pixel_correlation, 3, joined=True
    )
    return {
        "correlation": _chart(
            [pairs], linear_axis((0, *PIXEL_DISTANCES), "distance, px", ticks=8), "correlation over faces"
        ),
        "accuracy": _percent_chart(accuracy, shift, "accuracy"),
        "output": _percent_chart(output, shift, "share"),
        "similarity": _chart(similarity, shift, "correlation with the original face's maps"),
    }


def _line(
    name: str,
    x: Sequence[float] | ArrayLike,
    y: Sequence[float] | ArrayLike,
    color: int,
    markers: bool = False,
    dash: str = SOLID,
) -> Series:
    positions, values = _round(x), _round(y)
    return Series(
        name,
        _color(color),
        positions,
        values,
        hover=[f"{name}: {value:g}" for value in values],
        symbol=MARKER_SYMBOLS[max(0, color - 1) % len(MARKER_SYMBOLS)] if markers else "",
        dash=dash,
        width=1.5 if color == 0 else 2.5,
    )


def _points_with_intervals(
    name: str,
    x: Sequence[float],
    estimates: Sequence[Estimate],
    color: int,
    joined: bool = False,
    dash: str = SOLID,
) -> Series:
    value, low, high = (_round([getattr(e, part) for e in estimates]) for part in ("value", "low", "high"))
    return replace(
        _line(name, x, value, color, markers=True, dash=dash),
        low=low,
        high=high,
        hover=[f"{name}: {v:g} ({a:g} to {b:g})" for v, a, b in zip(value, low, high, strict=True)],
        joined=joined,
    )


def _color(number: int) -> str:
    return f"b{(number - 1) % len(DASHES) + 1 if number else 0}"


def _dash(block: int) -> str:
    return DASHES[(block - 1) % len(DASHES)]


def _chart(
    series: Sequence[Series], x: Axis, y_title: str, *, from_zero: bool = False, rules: tuple[Rule, ...] = ()
) -> Chart:
    return Chart(x, linear_axis(_extent(series, from_zero), y_title), (*series, *rules))


def _percent_chart(series: Sequence[Series], x: Axis, y_title: str, *, full_range: bool = True) -> Chart:
    """A chart of percentages, on an axis from 0 to 100 % if `full_range`, otherwise fitted to the values."""
    low, high = (0.0, 1.0) if full_range else (None, None)
    y = linear_axis(_extent(series), y_title, low=low, high=high, text="{:.0%}".format)
    return Chart(x, y, tuple(series))


def _extent(series: Sequence[Series], from_zero: bool = False) -> list[float]:
    return [*([0.0] if from_zero else []), *(v for s in series for v in (*s.y, *s.low, *s.high))]


def _round(values: ArrayLike) -> list[float]:
    return [float(f"{v:.4g}") for v in np.asarray(values, dtype=np.float64)]
