"""Reports of a comparison: terminal, page, CSV and JSON."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace

import pytest

from moviemotion.analysis.comparison.screening_comparison import ScreeningComparison, compare_screenings
from moviemotion.emotions import NON_NEUTRAL_EMOTIONS
from moviemotion.reports.html.comparison_report import (
    comparison_csv,
    comparison_json,
    comparison_lines,
    render_comparison,
    signed_interval,
    signed_number,
    significant_differences,
)
from tests.analysis.two_cuts import JOKE, SAD_END, SCENES, screening, script_of, time_of, timed

SCRIPT = timed(script_of([*SCENES, ("EXT. ISLAND - DUSK", (*SAD_END, "A <b>bold</b> & last word."))]))


@pytest.fixture(scope="module")
def comparison() -> ScreeningComparison:
    first, second = screening(SCRIPT, 10, 1), screening(SCRIPT, 10, 2, (time_of(SCRIPT, JOKE),))
    return compare_screenings(first, second, ("cold <house>", "warm house"), False, 1)


def test_the_terminal_says_what_differs_and_what_would_decide_the_rest(
    comparison: ScreeningComparison,
) -> None:
    lines = comparison_lines(comparison)
    assert len(lines) <= 12
    assert any(JOKE in line and "happy +" in line and "p " in line for line in lines)
    assert "viewers in each screening" in lines[-3]
    assert "a difference between the two rooms" in lines[-2]


def test_the_report_of_several_screenings_says_that_rooms_are_random() -> None:
    first, second = ([screening(SCRIPT, 4, seed + k) for k in range(3)] for seed in (1, 11))
    several = compare_screenings(first, second, ("cold", "warm"), False, 1)
    lines = comparison_lines(several)
    assert any("Rooms are treated as random (3 screenings and 3 screenings)" in line for line in lines)
    assert any("At least 4 screenings of each cut are needed" in line for line in lines)
    assert "Rooms are treated as random" in render_comparison(several)
    assert comparison_json(several)["method"]["rooms"] == [3, 3]


def test_csv_and_json_hold_every_unit_and_emotion(comparison: ScreeningComparison) -> None:
    rows = list(csv.DictReader(io.StringIO(comparison_csv(comparison))))
    report = json.loads(json.dumps(comparison_json(comparison), allow_nan=False))
    assert (
        len(rows) == len(report["differences"]) == len(comparison.alignment.units) * len(NON_NEUTRAL_EMOTIONS)
    )
    joke = next(row for row in rows if row["label"] == JOKE and row["emotion"] == "happy")
    assert joke["verdict"] == "differs"
    assert float(joke["low"]) < float(joke["difference"]) < float(joke["high"])
    assert float(joke["mean_second"]) - float(joke["mean_first"]) == pytest.approx(
        float(joke["difference"]), abs=1e-5
    )
    assert report["method"]["permutations"] == 2000


def test_a_line_that_a_spreadsheet_would_run_is_a_text_in_csv(comparison: ScreeningComparison) -> None:
    sides = comparison.alignment
    film, *rest = sides.units
    odd = replace(sides, units=(replace(film, label="=1+1 and so on"), *rest))
    row = next(csv.DictReader(io.StringIO(comparison_csv(replace(comparison, alignment=odd)))))
    assert row["label"] == "'=1+1 and so on"


def test_the_page_holds_the_figures_escaped_and_asks_for_nothing(comparison: ScreeningComparison) -> None:
    page = render_comparison(comparison)
    assert "cold &lt;house&gt;" in page
    assert "<house>" not in page
    assert "http" not in page.replace('http-equiv="Content', "")
    for d in significant_differences(comparison):
        assert f"<b>{signed_number(d.difference)}</b> <small>{signed_interval(d.interval)}</small>" in page


def test_a_difference_has_its_sign() -> None:
    assert signed_number(0.123) == "+0.12"
    assert signed_number(-0.5) == "−0.50"
    assert signed_number(0.001) == "0.00"
    assert signed_number(float("nan")) == "–"


@pytest.mark.parametrize("width", [390, 1280])
def test_the_page_fits_its_window(comparison: ScreeningComparison, width: int, browser, tmp_path) -> None:
    (path := tmp_path / "comparison.html").write_text(render_comparison(comparison), encoding="utf-8")
    with browser.new_page(viewport={"width": width, "height": 800}) as page:
        trouble: list[str] = []
        page.on("console", lambda message: trouble.append(message.text))
        page.goto(path.as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") == width
        assert page.locator("table.differences").count() == 2
        assert trouble == []
