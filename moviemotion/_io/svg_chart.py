"""Small charts as inline SVG, without JavaScript.

A `Chart` is plain data: two axes, and marks in the units of these axes. It is drawn by the macro `chart` in
`templates/svg_chart.html`:

    {% from "svg_chart.html" import chart with context %}
    {% include "svg_chart.css" %}      (in the page's style sheet)
    {{ chart(figure) }}

Positions are percentages of the plot area. A chart therefore fits any width, while its text and strokes keep
their size; a `viewBox` would scale them too. Colors are names of the page's CSS variables (`"ink"` means
`var(--ink)`), whose values differ between light and dark mode. Values appear when the pointer is over a mark.
Every mark with hover text has a transparent target in the topmost layer, and CSS shows the text of the target
under the pointer.

Long series that need zooming, such as an audience curve of 7,200 seconds, are drawn with uPlot instead.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import ceil, floor, isnan, log10
from typing import ClassVar

NAN = float("nan")
SOLID = "none"
DASHES = (SOLID, "7 4", "2 3", "8 3 2 3", "12 4")
"""Line patterns that remain distinguishable in black and white, as values of `stroke-dasharray`."""
SYMBOLS = {
    "circle": "M-4 0A4 4 0 1 0 4 0A4 4 0 1 0 -4 0Z",
    "square": "M-3.6 -3.6H3.6V3.6H-3.6Z",
    "diamond": "M0 -5L5 0L0 5L-5 0Z",
    "triangle": "M0 -4.8L4.8 3.6H-4.8Z",
    "cross": "M-4.5 -2.5L-2.5 -4.5L0 -2L2.5 -4.5L4.5 -2.5L2 0L4.5 2.5L2.5 4.5L0 2L-2.5 4.5L-4.5 2.5L-2 0Z",
}
"""Markers as SVG paths in pixels around the origin."""


@dataclass(frozen=True)
class Axis:
    """One axis.

    Attributes:
        low: the value at the left or lower end.
        high: the value at the other end; below `low` for a reversed axis.
        ticks: value and text of each tick; a line break in the text starts a second line.
        title: the quantity with its unit.
        logarithmic: whether the scale is logarithmic.
        has_grid: whether a grid line is drawn at each tick.
    """

    low: float
    high: float
    ticks: tuple[tuple[float, str], ...] = ()
    title: str = ""
    logarithmic: bool = False
    has_grid: bool = True

    def percent(self, value: float) -> float:
        """Position of a value along the axis, in percent."""
        low, high = self.low, self.high
        if self.logarithmic:
            low, high, value = log10(low), log10(high), log10(value)
        return 100 * (value - low) / (high - low)


@dataclass(frozen=True)
class Series:
    """Values with optional intervals, drawn as a line, as points, or both.

    Attributes:
        name: the name in the legend; empty for none.
        color: the name of a CSS variable.
        x: positions.
        y: values; NaN interrupts the line.
        low: lower end of each interval; empty for none.
        high: upper end of each interval; empty for none.
        hover: hover text of each value; empty for none.
        joined: whether a line connects the values.
        symbol: the marker, a key of `SYMBOLS`; empty for no points.
        sizes: scale factor of each point; empty for 1.
        dash: the line's `stroke-dasharray`.
        width: the line's width in pixels.
        opacity: the opacity of the points.
    """

    kind: ClassVar[str] = "series"

    name: str
    color: str
    x: Sequence[float]
    y: Sequence[float]
    low: Sequence[float] = ()
    high: Sequence[float] = ()
    hover: Sequence[str] = ()
    joined: bool = True
    symbol: str = ""
    sizes: Sequence[float] = ()
    dash: str = SOLID
    width: float = 2
    opacity: float = 1


@dataclass(frozen=True)
class Band:
    """The area between two curves, such as an interval."""

    kind: ClassVar[str] = "band"

    name: str
    color: str
    x: Sequence[float]
    low: Sequence[float]
    high: Sequence[float]


@dataclass(frozen=True)
class Bar:
    """A rectangle between two positions and two values.

    Attributes:
        hover: hover text; empty for none.
        opacity: the opacity of the fill.
        text: lines of text in the middle of the rectangle.
        text_color: the name of a CSS variable.
    """

    x0: float
    x1: float
    y0: float
    y1: float
    hover: str = ""
    opacity: float = 1
    text: tuple[str, ...] = ()
    text_color: str = "ink"


@dataclass(frozen=True)
class Bars:
    """Rectangles of one color, such as a bar chart, a histogram or one row of a heat map."""

    kind: ClassVar[str] = "bars"

    name: str
    color: str
    bars: Sequence[Bar]
    hatched: bool = False


@dataclass(frozen=True)
class Rule:
    """A vertical line at one position.

    Attributes:
        label: text next to the upper end of the line; empty for none.
        level: the row of the label, counted from the top; different rows keep nearby labels apart.
    """

    kind: ClassVar[str] = "rule"

    x: float
    color: str
    dash: str = "2 3"
    label: str = ""
    level: int = 0


@dataclass(frozen=True)
class RowLabels:
    """Labels at the left edge of the plot, each placed at a value of the vertical axis."""

    kind: ClassVar[str] = "labels"

    labels: Sequence[tuple[float, str]]


Mark = Series | Band | Bars | Rule | RowLabels


@dataclass(frozen=True)
class Chart:
    """A chart.

    Attributes:
        x: the horizontal axis.
        y: the vertical axis.
        marks: the marks, in drawing order.
        height: the height of the chart including its labels, in pixels.
    """

    x: Axis
    y: Axis
    marks: tuple[Mark, ...]
    height: int = 320

    @property
    def legend(self) -> tuple[Series | Band | Bars, ...]:
        """The named marks, if there are two or more."""
        named = tuple(m for m in self.marks if isinstance(m, (Series, Band, Bars)) and m.name)
        return named if len(named) > 1 else ()

    def left(self, x: float) -> float:
        """The distance of a position from the left edge of the plot, in percent."""
        return round(self.x.percent(x), 3)

    def top(self, y: float) -> float:
        """The distance of a value from the upper edge of the plot, in percent."""
        return round(100 - self.y.percent(y), 3)

    def box(self, bar: Bar) -> tuple[float, float, float, float]:
        """Left, top, width and height of a bar, in percent."""
        left, right = sorted((self.left(bar.x0), self.left(bar.x1)))
        top, bottom = sorted((self.top(bar.y0), self.top(bar.y1)))
        return left, top, round(right - left, 3), round(bottom - top, 3)

    def line_path(self, x: Sequence[float], y: Sequence[float]) -> str:
        """An SVG path in a 100 × 100 box, with gaps where values are NaN."""
        path, pen_down = [], False
        for position, value in zip(x, y, strict=True):
            if isnan(value):
                pen_down = False
                continue
            path.append(f"{'L' if pen_down else 'M'}{self.left(position):g} {self.top(value):g}")
            pen_down = True
        return "".join(path)

    def band_path(self, band: Band) -> str:
        """An SVG path around a band, with one closed shape for each run of known values."""
        runs: list[list[int]] = [[]]
        for k, (low, high) in enumerate(zip(band.low, band.high, strict=True)):
            if isnan(low) or isnan(high):
                runs.append([])
            else:
                runs[-1].append(k)
        shapes = []
        for run in filter(None, runs):
            x = [band.x[k] for k in (*run, *run[::-1])]
            y = [*(band.high[k] for k in run), *(band.low[k] for k in run[::-1])]
            shapes.append(self.line_path(x, y) + "Z")
        return "".join(shapes)


def linear_axis(
    values: Iterable[float],
    title: str = "",
    *,
    low: float | None = None,
    high: float | None = None,
    text: Callable[[float], str] = "{:g}".format,
    ticks: int = 6,
) -> Axis:
    """An axis with ticks at round values.

    Args:
        values: the values that the axis must show; NaN is ignored.
        title: the quantity with its unit.
        low: the lower end; defaults to the tick below the smallest value.
        high: the upper end; defaults to the tick above the largest value.
        text: a function that formats a tick.
        ticks: the approximate number of ticks.

    Example:
        >>> [text for _, text in linear_axis([0, 17]).ticks]
        ['0', '5', '10', '15', '20']
    """
    known = [value for value in values if not isnan(value)] or [0.0, 1.0]
    bottom = min(known) if low is None else low
    top = max(known) if high is None else high
    if top <= bottom:
        bottom, top = bottom - 0.5, bottom + 0.5
    raw = (top - bottom) / max(ticks - 1, 1)
    scale: float = 10.0 ** floor(log10(raw))
    step = next(scale * factor for factor in (1, 2, 2.5, 5, 10) if scale * factor >= raw * 0.999)
    first = floor(bottom / step + 1e-9) if low is None else ceil(bottom / step - 1e-9)
    last = ceil(top / step - 1e-9) if high is None else floor(top / step + 1e-9)
    # Rounding removes floating-point noise from the multiplication (0.30000000000000004) and negative zeros.
    values_at = [round(k * step, 12) + 0.0 for k in range(first, last + 1)]
    marks = tuple((value, text(value).replace("-", "−")) for value in values_at)
    return Axis(
        first * step if low is None else low,
        last * step if high is None else high,
        marks,
        title,
    )


def log_axis(values: Sequence[float], title: str = "") -> Axis:
    """A logarithmic axis with a tick at each value; the values must be positive and in ascending order."""
    margin = (values[-1] / values[0]) ** 0.04
    ticks = tuple((value, f"{value:g}") for value in values)
    return Axis(values[0] / margin, values[-1] * margin, ticks, title, logarithmic=True)


def category_axis(names: Sequence[str], title: str = "", *, reverse: bool = False) -> Axis:
    """An axis of named categories at 0, 1, 2, …, without a grid.

    Args:
        names: the categories.
        title: the title of the axis, which says what the categories are.
        reverse: whether to place the first category at the high end, which is the top of a vertical axis.
    """
    ticks = tuple((float(k), name) for k, name in enumerate(names))
    ends = (-0.5, len(names) - 0.5)
    low, high = ends[::-1] if reverse else ends
    return Axis(low, high, ticks, title, has_grid=False)
