"""Draws the emotional arc of the film as SVG paths for the report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from moviemotion.analysis.analyze import Analysis
from moviemotion.reports.pattern_sentences import arc_sentence
from moviemotion.statistics import Float64Array

WIDTH, HEIGHT = 720, 120
_MIN_VALENCE_RANGE = 0.02
"""Smallest range of valence on the vertical axis; it keeps the curve of a film without reactions flat."""


@dataclass(frozen=True)
class ArcFigure:
    """The emotional arc as SVG paths within a box of `WIDTH` × `HEIGHT`.

    Attributes:
        line: path of the audience's valence.
        band: outline of the 95 % interval of the valence.
        zero: vertical position of valence 0.
        acts: name and left edge of each act.
        summary: text for screen readers.
    """

    line: str
    band: str
    zero: float
    acts: tuple[tuple[str, float], ...]
    summary: str


def build_arc_figure(analysis: Analysis) -> ArcFigure | None:
    """Draw the emotional arc; return None if no part of the arc has an interval."""
    p = analysis.patterns
    low, high = p.arc.curve_interval
    known = ~np.isnan(low)
    if not known.any():
        return None
    most = max(_MIN_VALENCE_RANGE, float(np.abs([low[known], high[known]]).max()))
    x = (np.arange(len(low)) + 0.5) / len(low) * WIDTH

    def y(values: Float64Array) -> Float64Array:
        return np.asarray(HEIGHT / 2 - values / most * (HEIGHT / 2 - 4))

    line = [(a, b) for a, b in zip(x[known], y(p.arc.curve)[known], strict=True)]
    upper = list(zip(x[known], y(high)[known], strict=True))
    lower = list(zip(x[known], y(low)[known], strict=True))
    length = p.arc.end - p.arc.start
    acts = tuple((act.name, (act.start - p.arc.start) / length * WIDTH) for act in p.acts)
    sentence, figures = arc_sentence("The film", p.arc)
    return ArcFigure(
        _svg_path(line),
        _svg_path(upper + lower[::-1]) + "Z",
        HEIGHT / 2,
        acts,
        f"{sentence} {figures}",
    )


def _svg_path(points: Sequence[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
