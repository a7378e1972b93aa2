"""The report in a real browser: quiet, offline, and its parts tied together."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import pytest

from moviemotion.emotions import NON_NEUTRAL_EMOTIONS, Emotion
from moviemotion.reports.html.screening_report import render_report


@pytest.fixture(scope="module")
def trouble() -> list[str]:
    """Console messages, page errors and requests other than for the report itself."""
    return []


@pytest.fixture(autouse=True)
def quiet(trouble) -> Iterator[None]:
    """Fail the test in which the page complained or asked the network for something."""
    yield
    heard = trouble.copy()
    trouble.clear()
    assert heard == []


@pytest.fixture(scope="module")
def show(browser, trouble, tmp_path_factory) -> Iterator[Callable]:
    """Open an analysis's report in a page of its own."""
    contexts = []

    def open_report(analysis, width=1280, scheme="light"):
        path = tmp_path_factory.mktemp("report") / "report.html"
        path.write_text(render_report(analysis), encoding="utf-8")
        contexts.append(browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme))
        page = contexts[-1].new_page()
        page.on("console", lambda m: trouble.append(m.text))
        page.on("pageerror", lambda e: trouble.append(str(e)))
        page.on("request", lambda r: r.url == path.as_uri() or trouble.append(r.url))
        page.goto(path.as_uri())
        page.wait_for_selector("#plot canvas")
        return page

    yield open_report
    for context in contexts:
        context.close()


@pytest.fixture(scope="module")
def page(show, analysis):
    """One page for the tests below: opening costs seconds, and each test sets what it reads."""
    return show(analysis)


def ids(page, selector: str) -> list[str]:
    return page.eval_on_selector_all(selector, "nodes => nodes.map(node => node.id)")


def test_choosing_a_moment_shows_its_lines(page, analysis):
    page.click("#moment-2 .choose")
    assert ids(page, ".line.in-moment") == [f"line-{e}" for e in analysis.moment_elements[1]]
    assert page.get_attribute("#moment-2 .choose", "aria-pressed") == "true"
    first = page.locator(".line.in-moment").first
    page.wait_for_function(
        "id => { const box = document.getElementById('pages').getBoundingClientRect(),"
        " row = document.getElementById(id).getBoundingClientRect();"
        " return row.top >= box.top && row.bottom <= box.bottom }",
        arg=first.get_attribute("id"),
    )


def test_a_moment_can_be_chosen_by_keyboard_on_the_curve(page, analysis):
    page.focus("#tags [data-moment='0']")
    page.keyboard.press("Enter")
    assert ids(page, ".line.in-moment") == [f"line-{e}" for e in analysis.moment_elements[0]]


def test_clicking_a_line_moves_the_cursor_on_the_curve(page, analysis):
    page.click("#line-31 .text")
    assert page.input_value("#time") == str(int(analysis.script.cues[31].start))
    assert page.is_visible("#cursor")
    assert page.get_attribute("#line-31", "data-evidence") in page.inner_text("#readout")
    surface, cursor = page.locator("#surface").bounding_box(), page.locator("#cursor").bounding_box()
    share = (int(analysis.script.cues[31].start) + 0.5) / 150
    assert cursor["x"] == pytest.approx(surface["x"] + share * surface["width"], abs=2)


def test_the_readout_gives_interval_and_n(page, analysis):
    page.focus("#time")
    page.keyboard.press("ArrowRight")
    k = int(page.input_value("#time"))
    low, high = analysis.audience_curve.overall_strength_interval[:, k]
    readout = page.inner_text("#readout")
    assert f"strength {analysis.audience_curve.overall_strength[k]:.2f} ({low:.2f}–{high:.2f})" in readout
    assert f"seen {analysis.audience_curve.viewers[k]}" in readout


def test_the_readout_says_where_no_viewer_was_seen(page):
    """As for any second with fewer than five, nothing is said about the audience."""
    page.evaluate("() => { time.value = 90; time.dispatchEvent(new Event('input')) }")
    assert page.inner_text("#readout") == "1:30 unknown: nobody seen, or too few"


def point_at(page, second: float, y: float = 80) -> str:
    """Move the pointer to a second on the curve, and read the tooltip."""
    surface = page.locator("#surface").bounding_box()
    page.mouse.move(surface["x"] + second / 150 * surface["width"], surface["y"] + y)
    return page.inner_text("#tip") if page.is_visible("#tip") else ""


def test_the_tooltip_gives_the_values_of_the_second_under_the_pointer(page, analysis):
    curve = analysis.audience_curve
    low, high = curve.strength_interval[:, 22, NON_NEUTRAL_EMOTIONS.index(Emotion.HAPPY)]
    tip = point_at(page, 22.5)
    assert tip.startswith("0:22\n")
    assert f"● happy {curve.strength[22, NON_NEUTRAL_EMOTIONS.index(Emotion.HAPPY)]:.2f}" in tip
    assert f"({low:.2f}–{high:.2f})" in tip
    page.mouse.move(0, 0)
    assert not page.is_visible("#tip")


def test_curves_are_drawn_at_their_seconds(page):
    """The first peak has curve, interval and shading; where no viewer was seen there is only the grid."""
    colors = """second => {
        const drawn = document.querySelector("#plot canvas"), origin = drawn.getBoundingClientRect().left;
        const canvas = new OffscreenCanvas(drawn.width, drawn.height);
        const pen = canvas.getContext("2d", { willReadFrequently: true });
        pen.drawImage(drawn, 0, 0);
        const box = document.getElementById("surface").getBoundingClientRect();
        const x = Math.round((box.left - origin + second / 150 * box.width) * devicePixelRatio);
        return new Set(new Uint32Array(pen.getImageData(x, 0, 1, canvas.height).data.buffer)).size;
    }"""
    assert page.evaluate(colors, 22.5) > page.evaluate(colors, 91)


def test_a_click_on_the_curve_chooses_the_moment_there(page):
    page.click(
        "#surface", position={"x": 22.5 / 150 * page.locator("#surface").bounding_box()["width"], "y": 80}
    )
    assert page.get_attribute("#moment-1 .choose", "aria-pressed") == "true"
    assert page.input_value("#time") == "22"


def test_dragging_zooms_curve_and_strips_and_a_button_returns(page):
    box = page.locator("#surface").bounding_box()
    page.mouse.move(box["x"] + 150, box["y"] + 80)
    page.mouse.down()
    page.mouse.move(box["x"] + 250, box["y"] + 80, steps=4)
    page.mouse.move(box["x"] + 300, box["y"] + 80, steps=4)
    page.mouse.up()
    page.wait_for_selector("#whole:visible")
    assert page.inner_text("#strips-range") != "0:00–2:30"
    page.click("#whole")
    page.wait_for_selector("#whole", state="hidden")
    assert page.inner_text("#strips-range") == "0:00–2:30"


def test_other_emotions_are_hidden_until_chosen(page):
    assert "▼ sad" in point_at(page, 30.5)
    assert "✚ fear" not in point_at(page, 31.5)
    page.click(".toggle.fear")
    assert "✚ fear" in point_at(page, 30.5)
    page.click(".toggle.fear")
    assert "✚ fear" not in point_at(page, 31.5)


def test_paper_has_its_own_width_and_light_colors(show, analysis):
    page = show(analysis, scheme="dark")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.eval_on_selector("#plot .uplot", "node => node.offsetWidth") == 660
    assert (
        page.evaluate("getComputedStyle(document.documentElement).getPropertyValue('--ink').trim()")
        == "#1d1e22"
    )
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.eval_on_selector("#plot .uplot", "node => node.offsetWidth") != 660


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_serious_violation(show, analysis, scheme):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")
    found = axe.Axe().run(show(analysis, scheme=scheme)).response["violations"]
    serious = [v for v in found if v["impact"] in ("serious", "critical")]
    assert [(v["id"], v["nodes"][0]["html"]) for v in serious] == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_needs_no_horizontal_scrolling(show, analysis, scheme):
    page = show(analysis, width=390, scheme=scheme)
    assert page.evaluate("document.documentElement.scrollWidth") == 390


@pytest.mark.parametrize(
    "case",
    [
        {"scenes": 0},
        {"moments": 0},
        {"viewers": 1, "conclusive": False, "scenes": 0},
        {"start": 5000, "seconds": 60},
        {"seconds": 20, "nobody": (0, 20), "moments": 0, "scenes": 1},
    ],
)
def test_unusual_screenings_cause_no_errors(show, make, case):
    page = show(make(**case), scheme="dark")
    assert page.is_visible("#strips")


def test_a_long_film_responds_quickly(show, long_film):
    page = show(long_film)
    milliseconds = page.evaluate(
        "() => { const t = performance.now(); document.querySelector('#moment-30 .choose').click();"
        " return performance.now() - t }"
    )
    assert milliseconds < 1000


def test_seconds_outside_the_film_are_gray_and_say_so(show, analysis):
    in_film = np.ones(150, dtype=bool)
    in_film[:15] = in_film[120:] = False
    page = show(replace(analysis, in_film=in_film))
    gray = """seconds => {
        const drawn = document.querySelector("#plot canvas"), origin = drawn.getBoundingClientRect().left;
        const canvas = new OffscreenCanvas(drawn.width, drawn.height);
        const pen = canvas.getContext("2d", { willReadFrequently: true });
        pen.drawImage(drawn, 0, 0);
        const box = document.getElementById("surface").getBoundingClientRect();
        return seconds.map((second) => {
            const x = Math.round((box.left - origin + second / 150 * box.width) * devicePixelRatio);
            return pen.getImageData(x, 8, 1, 1).data[3] > 150;
        });
    }"""
    assert page.evaluate(gray, [5.5, 60.5, 140.5]) == [True, False, True]
    assert "Gray: before the film" in page.inner_text("#curve")
    assert page.inner_text("#quality").split("Film analyzed")[1].split()[0] == "1:45"
    assert point_at(page, 5.5).startswith("0:05\nnot in the film")
    assert "not in the film" not in point_at(page, 60.5)
    page.evaluate("() => { time.value = 130; time.dispatchEvent(new Event('input')) }")
    assert page.inner_text("#readout").startswith("2:10 not in the film")


def test_a_film_whose_span_is_the_whole_recording_has_no_gray(page):
    assert "Gray: before the film" not in page.inner_text("#curve")
