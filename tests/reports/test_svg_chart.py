"""Charts as inline SVG: scales, paths, and the markup that a browser gets."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moviemotion._io.html_shell import template_environment
from moviemotion._io.svg_chart import (
    NAN,
    Axis,
    Band,
    Bar,
    Bars,
    Chart,
    Rule,
    Series,
    category_axis,
    linear_axis,
    log_axis,
)


def render(chart: Chart) -> str:
    environment = template_environment("moviemotion._io")
    template = '{% from "svg_chart.html" import chart %}{{ chart(figure, "one", "A chart") }}'
    return environment.from_string(template).render(figure=chart)


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=20))
def test_a_linear_axis_spans_its_values_with_a_few_round_ticks(values):
    axis = linear_axis(values)
    slack = 1e-6 * (axis.high - axis.low)
    assert axis.low - slack <= min(values)
    assert max(values) <= axis.high + slack
    assert 2 <= len(axis.ticks) <= 12


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        ([0, 17], ["0", "5", "10", "15", "20"]),
        ([-2_500, 9_000], ["−2500", "0", "2500", "5000", "7500", "10000"]),
        ([NAN], ["0", "0.2", "0.4", "0.6", "0.8", "1"]),
    ],
)
def test_ticks_are_round_numbers(values, texts):
    assert [text for _, text in linear_axis(values).ticks] == texts


def test_axes_place_values():
    assert log_axis([1, 10, 100]).percent(10) == pytest.approx(50)
    assert category_axis(["a", "b"]).percent(0) == 25
    assert category_axis(["a", "b"], reverse=True).percent(0) == 75
    assert Axis(1, 3).percent(2) == 50


def test_gaps_interrupt_lines_and_bands():
    chart = Chart(Axis(0, 4), Axis(0, 1), ())
    x = [0, 1, 2, 3]
    assert chart.line_path(x, [0, NAN, 1, 0.5]) == "M0 100M50 0L75 50"
    band = Band("", "ink", x, [0, NAN, 0, 0], [1, NAN, 1, 1])
    assert chart.band_path(band) == "M0 0L0 100ZM50 0L75 0L75 100L50 100Z"


def test_every_mark_is_drawn_and_every_text_is_escaped():
    chart = Chart(
        category_axis(["<a>", "b"], "where"),
        linear_axis([0, 1], "share"),
        (
            Bars("<bars>", "in", [Bar(-0.4, 0.4, 0, 0.5, "half", 0.5, ("1", "2"))], hatched=True),
            Band("band", "band", [0, 1], [0, 0], [1, 1]),
            Series(
                "points", "ink", [0, 1], [0.5, NAN], [0.4, NAN], [0.6, NAN], ["0.50", ""], symbol="square"
            ),
            Rule(1, "ink", label="now"),
        ),
    )
    html = render(chart)
    for text in (
        "&lt;a&gt;",
        "&lt;bars&gt;",
        "half",
        "0.50",
        "now",
        "where",
        "share",
        'fill-opacity="0.500"',
    ):
        assert text in html
    assert "<a>" not in html
    assert "nan" not in html
    assert html.count('class="hit"') == 2


def test_one_named_mark_needs_no_legend():
    chart = Chart(Axis(0, 1), Axis(0, 1), (Series("alone", "ink", [0, 1], [0, 1]),))
    assert chart.legend == ()
    assert "legend" not in render(chart)


def test_values_appear_under_the_pointer(browser):
    chart = Chart(Axis(0, 1), Axis(0, 1), (Series("", "ink", [0.5], [0.5], hover=["exactly half"]),))
    style = template_environment("moviemotion._io").get_template("svg_chart.css").render()
    with browser.new_page() as page:
        page.set_content(f"<style>:root {{ --ink: #000 }} {style}</style>{render(chart)}")
        text = page.locator(".hit text")
        assert text.text_content() == "exactly half"
        assert not text.is_visible()
        page.hover(".hit circle")
        assert text.is_visible()
