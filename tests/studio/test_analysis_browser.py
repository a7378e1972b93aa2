"""The analysis page in a real browser: film, timeline and script follow each other."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest
from studio_browser import DESKTOP, PHONE

from moviemotion.analysis.analyze import Analysis
from moviemotion.analysis.signals.baseline import TimeSpan
from moviemotion.study.provenance import load_analysis
from moviemotion.workflows.report import report

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
expect = sync_api.expect
LEFT, RIGHT = 46, 12


@pytest.fixture
def analysis(matinee: Path) -> Analysis:
    return load_analysis(matinee)


@pytest.fixture
def page(open_page: Callable, matinee: Path):
    """The analysis page of twelve viewers, without a film."""
    page = open_page(DESKTOP)
    page.goto("/studies/matinee/analysis")
    expect(page.locator("#analysis.ready")).to_be_attached()
    return page


@pytest.fixture(autouse=True)
def quiet(page_problems: list[str]):
    """Fail a test in which the page logged an error or sent a request to another host."""
    yield
    assert page_problems == []


def second(page) -> int:
    return int(page.locator("#surface").get_attribute("aria-valuenow"))


def in_view(page) -> str:
    return page.locator("#range").inner_text()


def test_lines_moments_and_the_timeline_follow_each_other(page, analysis: Analysis) -> None:
    line = page.locator(".line", has_text="Then we shall learn").first
    line.click()
    start = next(
        cue.start
        for cue in analysis.script.cues
        if analysis.script.screenplay.elements[cue.element].text.startswith("Then we shall")
    )
    expect(page.locator("#surface")).to_have_attribute("aria-valuenow", str(int(start)))
    expect(page.locator(".at-cursor")).to_contain_text("Then we shall learn")

    page.click("#moment-2 .select")
    moment = analysis.moment_search.moments[1]
    expect(page.locator("#surface")).to_have_attribute("aria-valuenow", str(int(moment.start)))
    expect(page.locator("#moment-2.selected")).to_be_visible()
    expect(page.locator("#tags [aria-pressed=true]")).to_have_text("2")

    box = page.locator("#surface").bounding_box()
    page.mouse.click(box["x"] + box["width"] * (15.5 / len(analysis.audience_curve.seconds)), box["y"] + 40)
    expect(page.locator("#surface")).to_have_attribute("aria-valuenow", "15")
    expect(page.locator("#moment-1.selected")).to_be_visible()
    head = page.locator("#playhead").bounding_box()
    assert head["x"] + 1 == pytest.approx(box["x"] + box["width"] * 15.5 / 90, abs=2)


def test_the_readout_shows_n_and_intervals(page, analysis: Analysis) -> None:
    page.focus("#surface")
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(page.locator("#surface")).to_have_attribute("aria-valuenow", "11")
    audience = analysis.audience_curve
    low, high = audience.overall_strength_interval[:, 11]
    expected = f"{audience.overall_strength[11]:.2f} ({low:.2f}–{high:.2f})"
    expect(page.locator(".meter.overall .value")).to_have_text(expected)
    reacting = f"{round(audience.reacting_share[11] * audience.viewers[11])} of {audience.viewers[11]}"
    expect(page.locator(".meter.share .value")).to_contain_text(reacting)
    assert expected in page.locator("#surface").get_attribute("aria-valuetext")


def test_shortcuts_play_step_zoom_and_search(page, analysis: Analysis) -> None:
    page.focus("#surface")
    page.keyboard.press("]")
    expect(page.locator("#moment-1.selected")).to_be_visible()
    page.keyboard.press("]")
    expect(page.locator("#moment-2.selected")).to_be_visible()
    page.keyboard.press("z")
    moment = analysis.moment_search.moments[1]
    expect(page.locator("#range")).to_have_text(f"0:{int(moment.start) - 3}–1:0{int(moment.end) + 3 - 60}")
    page.keyboard.press("0")
    expect(page.locator("#range")).to_have_text("0:00–1:30")
    page.keyboard.press("Home")
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="Pause", exact=True)).to_be_visible()
    page.wait_for_timeout(1300)
    page.keyboard.press("Space")
    assert 1 <= second(page) <= 4
    page.keyboard.press("ArrowDown")
    page.keyboard.press("4")
    expect(page.locator(".toggle.anger")).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".meter.anger")).to_be_visible()
    page.keyboard.press("/")
    page.keyboard.type("BATHTUB")
    page.keyboard.press("Enter")
    expect(page.locator("#hits")).to_have_text("1 of 1")
    expect(page.locator(".line.hit")).to_contain_text("You cannot even stand in a bathtub")
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("search the script")
    page.get_by_label("Shortcuts work anywhere on this page").uncheck()
    page.keyboard.press("Escape")
    page.locator("#title").click()
    page.locator("#play").focus()
    page.keyboard.press("4")
    expect(page.locator(".toggle.anger")).to_have_attribute("aria-pressed", "true")


def test_zoom_from_the_entire_film_to_a_second(page) -> None:
    box = page.locator("#surface").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 40)
    for _ in range(40):
        page.mouse.wheel(0, -100)
    expect(page.locator("#zoom-in")).to_be_disabled()
    assert in_view(page) in ("0:45–0:46", "0:44–0:45")
    page.click("#show-all")
    expect(page.locator("#range")).to_have_text("0:00–1:30")

    page.keyboard.down("Shift")
    page.mouse.move(box["x"] + box["width"] * 20.3 / 90, box["y"] + 40)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 50.2 / 90, box["y"] + 40, steps=4)
    page.mouse.up()
    page.keyboard.up("Shift")
    expect(page.locator("#range")).to_have_text("0:20–0:50")

    strip = page.locator("#overview").bounding_box()
    page.mouse.move(strip["x"] + strip["width"] * 60.3 / 90, strip["y"] + 10)
    page.mouse.down()
    page.mouse.move(strip["x"] + strip["width"] * 80.4 / 90, strip["y"] + 10, steps=4)
    page.mouse.up()
    expect(page.locator("#range")).to_have_text("1:00–1:20")


def test_scrubbing_moves_the_script_and_the_readout(page) -> None:
    box = page.locator("#surface").bounding_box()
    page.mouse.move(box["x"] + 3, box["y"] + 40)
    page.mouse.down()
    before = page.locator(".at-cursor").get_attribute("id")
    page.mouse.move(box["x"] + box["width"] * 80.4 / 90, box["y"] + 40, steps=10)
    page.mouse.up()
    expect(page.locator("#surface")).to_have_attribute("aria-valuenow", "80")
    assert page.locator(".at-cursor").get_attribute("id") != before


def test_a_segment_is_saved_and_its_curves_shown(page, analysis: Analysis) -> None:
    page.click("#viewers-button")
    for viewer in analysis.timeline.viewers[:6]:
        page.get_by_label(viewer).check()
    page.get_by_label("Save the selected viewers as a segment named").fill("Front row")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_role("button", name="Front row n = 6").click()
    expect(page.locator("#curves-label")).to_have_text("Front row")
    page.keyboard.press("Home")
    expect(page.locator(".meter.share .value")).to_contain_text("of 6")
    expect(page.locator("#legend")).to_contain_text("Dotted: everyone")
    page.click("#viewers-button")
    page.get_by_label(analysis.timeline.viewers[0]).check()
    for viewer in analysis.timeline.viewers[1:6]:
        page.get_by_label(viewer).uncheck()
    page.get_by_role("button", name="Show 1 selected").click()
    expect(page.locator(".meter.overall .value")).to_contain_text("no interval")


def test_the_axis_fits_curves_without_intervals(page) -> None:
    asked = """() => import("/static/analysis/timeline.js").then(({ strengthAxisMax }) =>
        strengthAxisMax({ happy: [0.1, null, 0.72], happyHigh: [null, null, null] }, ["happy"]))"""
    assert page.evaluate(asked) == 0.8


def test_a_note_on_a_moment_is_added_edited_and_deleted(page, matinee: Path) -> None:
    page.click("#moment-1 .select")
    page.get_by_role("button", name="Add a note").click()
    page.get_by_label("Note at").fill("Hold <b>this</b> a beat longer.")
    page.get_by_role("button", name="Save").click()
    note = page.locator("#moment-1 .note p")
    expect(note).to_have_text("Hold <b>this</b> a beat longer.")
    page.get_by_role("button", name="Edit").click()
    page.get_by_label("Note at").fill("Two beats.")
    page.get_by_role("button", name="Save").click()
    expect(note).to_have_text("Two beats.")
    page.reload()
    expect(note).to_have_text("Two beats.")
    page.get_by_role("button", name="Delete").click()
    expect(note).to_have_count(0)


def test_an_export_is_named_after_the_film(page) -> None:
    page.click("#exports-button")
    with page.expect_download() as download:
        page.get_by_role("button", name="Markers OpenTimelineIO").click()
    assert download.value.suggested_filename == "The-Last-Ferry_moments.otio"


def test_the_film_follows_the_timeline_and_moves_it(open_page: Callable, matinee: Path) -> None:
    write_film(matinee / "film.mp4", 90)
    page = open_page(DESKTOP)
    page.goto("/studies/matinee/analysis#t=30")
    film = page.locator("#film")
    expect(film).to_be_visible()
    at = "film => Math.abs(film.currentTime - 30) < 0.1"
    page.wait_for_function(at, arg=film.element_handle())
    page.click("#play")
    page.wait_for_function("film => film.currentTime > 31", arg=film.element_handle())
    page.click("#play")
    assert second(page) == pytest.approx(film.evaluate("film => film.currentTime"), abs=1.1)


def test_a_comparison_links_to_the_analysis(open_page: Callable, matinee: Path, study: Path) -> None:
    page = open_page(DESKTOP)
    page.goto("/compare")
    page.select_option("#first", study.name)
    page.select_option("#second", "matinee")
    page.get_by_role("button", name="Compare").click()
    expect(page.locator("#result")).to_contain_text("differences")
    page.get_by_label("Show").select_option("scenes")
    row = page.locator(".differences tbody tr").first
    expect(row).to_contain_text("n = 12")
    row.get_by_role("link").nth(1).click()
    expect(page.locator("#title")).to_have_text("The Last Ferry")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["390 px", "1280 px"])
def test_no_serious_accessibility_error_in_use(
    open_page: Callable, matinee: Path, size: dict[str, int], scheme: str
) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")
    page = open_page(size, color_scheme=scheme)
    violations = []

    def look(where: str) -> None:
        found = axe.Axe().run(page).response["violations"]
        violations.extend(
            (where, each["id"], each["nodes"][0]["html"])
            for each in found
            if each["impact"] in ("serious", "critical")
        )

    page.goto("/studies/matinee/analysis")
    expect(page.locator("#analysis.ready")).to_be_attached()
    page.click("#moment-1 .select")
    page.get_by_role("button", name="Add a note").click()
    page.fill("#search-text", "you")
    page.press("#search-text", "Enter")
    look("reading")
    for button, dialog in (("#viewers-button", "#viewers-dialog"), ("#exports-button", "#exports-dialog")):
        page.click(button)
        expect(page.locator(dialog)).to_be_visible()
        look(dialog)
        page.keyboard.press("Escape")
    assert violations == []
    assert page.evaluate("document.documentElement.scrollWidth") == size["width"]


def write_film(path: Path, seconds: int) -> None:
    with av.open(str(path), "w") as film:
        stream = film.add_stream("libx264", rate=2)
        stream.width, stream.height, stream.pix_fmt = 64, 36, "yuv420p"
        for second in range(2 * seconds):
            picture = np.full((36, 64, 3), second % 250, np.uint8)
            film.mux(stream.encode(av.VideoFrame.from_ndarray(picture)))
        film.mux(stream.encode())


def test_seconds_outside_the_film_are_gray_and_say_so(open_page: Callable, matinee: Path) -> None:
    seconds = len(load_analysis(matinee).audience_curve.seconds)
    report(matinee, film=TimeSpan(seconds // 4, seconds))
    page = open_page(DESKTOP)
    page.goto("/studies/matinee/analysis")
    expect(page.locator("#analysis.ready")).to_be_attached()
    surface = page.locator("#surface").bounding_box()
    for share, outside in ((0.1, True), (0.6, False)):
        page.mouse.move(surface["x"] + share * surface["width"], surface["y"] + 40)
        expect(page.locator("#tip")).to_be_visible()
        assert ("not in the film" in page.locator("#tip").inner_text()) == outside
    gray = """shares => {
        const drawn = document.querySelector("#strength canvas");
        const canvas = new OffscreenCanvas(drawn.width, drawn.height);
        const pen = canvas.getContext("2d", { willReadFrequently: true });
        pen.drawImage(drawn, 0, 0);
        const left = 46, width = drawn.clientWidth - 46 - 12;
        const at = (share) => (left + share * width) * devicePixelRatio;
        return shares.map((share) => pen.getImageData(at(share), 8, 1, 1).data[3] > 150);
    }"""
    assert page.evaluate(gray, [0.1, 0.9]) == [True, False]


def test_a_line_time_is_set_by_hand_and_undone(page, analysis: Analysis, matinee: Path) -> None:
    line = page.locator(".line.dialogue", has_text="Then we shall learn").first
    index = int(line.get_attribute("id").removeprefix("line-"))
    before = analysis.script.cues[index]
    page.focus("#surface")
    for _ in range(4):
        page.keyboard.press("Shift+ArrowRight")
    line.hover()
    line.get_by_role("button", name="Set the time of").click()
    page.get_by_role("button", name="Current time").click()
    expect(page.locator("#line-time")).to_have_value("0:40.0")
    expect(page.locator("#surface")).to_have_attribute("aria-valuenow", "40")
    page.fill("#line-time", "soon")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".time-form .error")).to_have_text(
        "soon: not a time; enter minutes and seconds, such as 1:23.5"
    )
    page.fill("#line-time", "0:41.5")
    page.keyboard.press("Enter")
    expect(line.locator(".when")).to_have_text("✎ 0:41")
    expect(page.locator(".time-form")).to_have_count(0)
    expect(page.locator(".timing")).to_contain_text("1 time was set by hand.")
    assert load_analysis(matinee).script.cues[index].start == 41.5

    line.get_by_role("button", name="Set the time of").click()
    page.get_by_role("button", name="Undo: not by hand").click()
    expect(line.locator(".when")).not_to_contain_text("✎")
    assert load_analysis(matinee).script.cues[index] == before


def test_everything_follows_the_chosen_segment(page, analysis: Analysis) -> None:
    rows = "".join(
        f"{v},{22 if k < 6 else 40},{'f' if k % 2 else 'm'}\n"
        for k, v in enumerate(analysis.timeline.viewers)
    )
    page.click("#viewers-button")
    page.get_by_label("Participants (CSV)").set_input_files(
        {"name": "people.csv", "mimeType": "text/csv", "buffer": f"viewer,age,sex\n{rows}".encode()}
    )
    page.get_by_label("Rule").fill("age < 25")
    page.get_by_label("Name", exact=True).fill("young")
    page.get_by_role("button", name="Save", exact=True).first.click()
    page.get_by_role("button", name="young n = 6").click()
    expect(page.locator("#curves-label")).to_have_text("young")
    expect(page.locator("#moment-1 dl")).to_contain_text("of 6")
    expect(page.locator(".line .felt", has_text="6 seen").first).to_be_attached()
    expect(page.locator(".line .felt", has_text="12 seen")).to_have_count(0)
    expect(page.locator("#legend")).to_contain_text("Dotted: everyone.")
    expect(page.locator(".toggle.attention")).to_be_hidden()
    page.locator("#tags button").first.click()
    expect(page.locator("#moment-1.selected")).to_be_visible()
    line = page.locator(".line.dialogue", has_text="Then we shall learn").first
    line.hover()
    line.get_by_role("button", name="Set the time of").click()
    page.fill("#line-time", "0:41.5")
    page.keyboard.press("Enter")
    expect(line.locator(".when")).to_have_text("✎ 0:41")
    expect(line.locator(".felt")).to_contain_text("6 seen")
    expect(page.locator("#moment-1 dl")).to_contain_text("of 6")
    page.click("#viewers-button")
    page.get_by_role("button", name="Everyone n = 12").click()
    expect(line.locator(".when")).to_have_text("✎ 0:41")
    expect(page.locator(".toggle.attention")).to_be_visible()
    expect(page.locator("#moment-1 dl")).to_contain_text("of 12")
    expect(page.locator(".line .felt", has_text="12 seen").first).to_be_attached()
    expect(page.locator("#legend")).not_to_contain_text("Dotted")
