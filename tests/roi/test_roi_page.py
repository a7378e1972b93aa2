"""The page, the table and the terminal's lines, from a plan on disk."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from pathlib import Path

import pytest
from plans import SMALL, small_plan, with_likely, written

from moviemotion._io.svg_chart import Bars, Series
from moviemotion.errors import MoviemotionError
from moviemotion.roi import calculate_roi, example_plan, roi_lines
from moviemotion.roi.roi_charts import build_charts
from moviemotion.roi.roi_page import render_roi_page
from moviemotion.roi.roi_wording import (
    driver_value,
    likely_case_sentence,
    money,
    roi,
    share,
    uncertainty_sentence,
)
from moviemotion.roi.uncertainty import RoiAnalysis, analyze_plan


@dataclass(frozen=True)
class AnalyzedExample:
    """The proposal's example, analyzed into a folder."""

    analysis: RoiAnalysis
    folder: Path

    @property
    def page(self) -> str:
        return (self.folder / "roi.html").read_text(encoding="utf-8")

    @property
    def table(self) -> list[dict[str, str]]:
        text = (self.folder / "cash-flow.csv").read_text(encoding="utf-8")
        return list(csv.DictReader(io.StringIO(text)))


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> AnalyzedExample:
    folder = tmp_path_factory.mktemp("example")
    plan = written(folder, example_plan())
    return AnalyzedExample(calculate_roi(plan, folder / "new" / "roi", 36), folder / "new" / "roi")


def test_a_plan_becomes_a_page_a_table_and_a_workbook(example: AnalyzedExample) -> None:
    assert {path.name for path in example.folder.iterdir()} == {"roi.html", "cash-flow.csv", "roi.xlsx"}


def test_the_same_seed_writes_the_same_page(tmp_path: Path) -> None:
    first, again, other = (
        analyze_plan(small_plan(tmp_path, price="[1, 9000, 9999]"), seed) for seed in (1, 1, 2)
    )
    assert render_roi_page(first) == render_roi_page(again)
    assert render_roi_page(first) != render_roi_page(other)


def test_a_bad_plan_or_folder_writes_nothing(tmp_path: Path) -> None:
    with pytest.raises(MoviemotionError, match=r"use\.viewers"):
        calculate_roi(written(tmp_path, viewers="-1"), tmp_path / "roi", 36)
    assert not (tmp_path / "roi").exists()
    (tmp_path / "file").touch()
    with pytest.raises(MoviemotionError, match=r"file: cannot be written .* choose another out"):
        calculate_roi(written(tmp_path), tmp_path / "file", 36)


def test_the_page_explains_the_pricing_rule(example: AnalyzedExample, tmp_path: Path) -> None:
    page = example.page
    assert "The price is not known" in page
    assert "fixes the ROI at 900\N{NO-BREAK SPACE}%" in page
    for open_question in ("top 7", "names six", "$1,046.77", "Colab Pro+"):
        assert open_question in page
    assert "The price is not known" not in render_roi_page(analyze_plan(small_plan(tmp_path), 1))


def test_the_page_makes_no_request_and_escapes_the_plan(tmp_path: Path) -> None:
    text = SMALL.replace("A small plan", "<script>alert(1)</script>").replace("Cameras", "Cameras </script>")
    page = render_roi_page(calculate_roi(written(tmp_path, text), tmp_path / "roi", 36))
    assert "<script>alert" not in page
    assert "Cameras </script>" not in page
    assert not re.search(r"(src|href)=[\"'](?!#|data:)", page)


def test_the_charts_hold_the_models_figures(example: AnalyzedExample) -> None:
    analysis = example.analysis
    charts = build_charts(analysis)
    received, spent, net = charts["cash"].marks
    assert isinstance(received, Bars)
    assert isinstance(spent, Bars)
    assert isinstance(net, Series)
    assert [bar.y1 for bar in received.bars] == analysis.cash_flow.receipts.tolist()
    assert [bar.y1 for bar in spent.bars] == (-analysis.cash_flow.cost).tolist()
    assert net.y == analysis.cash_flow.cumulative.tolist()
    losses, gains, _ = charts["draws"].marks
    assert isinstance(losses, Bars)
    assert isinstance(gains, Bars)
    positive = sum(bar.y1 for bar in gains.bars)
    assert sum(bar.y1 for bar in losses.bars) + positive == analysis.monte_carlo.draws
    assert positive == round(analysis.monte_carlo.positive_share * analysis.monte_carlo.draws)


def test_every_chart_is_in_the_page_without_a_script(example: AnalyzedExample) -> None:
    ids = re.findall(r'class="chart[^"]*" id="(\w+)"', example.page)
    assert sorted(ids) == sorted(build_charts(example.analysis))
    assert "<script" not in example.page
    assert "Q4, cumulative net cash: USD" in example.page


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_serious_violation(example: AnalyzedExample, browser, scheme: str) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")
    with browser.new_page(color_scheme=scheme) as page:
        page.goto((example.folder / "roi.html").as_uri())
        found = axe.Axe().run(page).response["violations"]
    serious = [v for v in found if v["impact"] in ("serious", "critical")]
    assert [(v["id"], v["nodes"][0]["html"]) for v in serious] == []


def test_the_table_adds_up(example: AnalyzedExample) -> None:
    rows = example.table
    total = {row["line"]: float(row["total"] or "nan") for row in rows}
    assert total["All costs"] == pytest.approx(sum(total[r["line"]] for r in rows if r["group"]), abs=0.2)
    assert total["Receipts from contracts"] == pytest.approx(10 * total["All costs"], abs=0.1)
    quarters = [f"Q{q}" for q in range(1, 7)]
    for row in rows:
        if row["group"]:
            assert sum(float(row[q]) for q in quarters) == pytest.approx(float(row["total"]), abs=0.05)


def test_a_plan_without_costs_or_ranges_still_has_a_page(tmp_path: Path) -> None:
    free = written(tmp_path, SMALL.partition("[costs")[0], core_hour="0", gb_month="0")
    analysis = calculate_roi(free, tmp_path / "roi", 36)
    page = (tmp_path / "roi" / "roi.html").read_text(encoding="utf-8")
    assert "ROI is –" in page
    assert "The plan has no ranges" in page
    assert "nan" not in "\n".join(roi_lines(analysis))
    table = (tmp_path / "roi" / "cash-flow.csv").read_text(encoding="utf-8")
    assert ',"Cumulative ROI, %",,,,,,,\n' in table


def test_costs_that_may_be_zero_leave_dashes(tmp_path: Path) -> None:
    text = SMALL.partition("[costs")[0] + '[costs."X"]\n"Perhaps" = { month = [0, 0, 5] }\n'
    free = written(tmp_path, text, core_hour="0", gb_month="0", price="[1, 2, 3]")
    analysis = calculate_roi(free, tmp_path / "roi", 36)
    assert [swing.driver.name for swing in analysis.swings] == ["Price of a contract", "Perhaps"]


def test_the_terminal_prints_the_seeded_answer(example: AnalyzedExample) -> None:
    lines = roi_lines(example.analysis)
    assert re.search(r"ROI is 900\s%; it turns positive in quarter 4 and stays positive\.", lines[0])
    assert "10,000 draws" in lines[1]
    assert any("Price of a contract: at least" in line for line in lines)


def test_a_loss_is_reported(tmp_path: Path) -> None:
    poor = analyze_plan(with_likely(small_plan(tmp_path), contracts__price=10.0), 1)
    assert "it does not turn positive within 6 quarters" in likely_case_sentence(poor)
    assert uncertainty_sentence(poor).startswith("In 0.0\N{NO-BREAK SPACE}% of 10,000 draws")


def test_formatted_figures() -> None:
    assert (money(-1234.5), money(-0.2)) == ("−1,234", "0")
    assert (roi(-24.714), roi(900.04), roi(float("nan"))) == (
        "−24.7\N{NO-BREAK SPACE}%",
        "900\N{NO-BREAK SPACE}%",
        "–",
    )
    assert [driver_value(number) for number in (0, 0.002, 13.7476, 535_202.4, 12)] == [
        "0",
        "0.002",
        "13.7",
        "535,202",
        "12",
    ]
    assert share(0.99999) == "over 99.9\N{NO-BREAK SPACE}%"
    assert share(0.00001) == "under 0.1\N{NO-BREAK SPACE}%"
