"""The complete workflow in a real browser, from consent on a phone to the erasure of a viewer."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import av
import pytest
from studio_browser import DESKTOP, PHONE
from studio_servers import assert_gone

from moviemotion.privacy import consent
from moviemotion.privacy.erasure import find_files_containing
from moviemotion.privacy.seat_links import seat_tokens

SHARED = Path(__file__).parents[3] / "shared" / "data" / "seats"
MINUTES = 3 * 60_000
"""Milliseconds that processing a few seconds of video may take on a slow machine."""
sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")


@dataclass(frozen=True)
class Clips:
    """Two clips and their seats.

    Attributes:
        seats: seat label, camera, region (may be empty), whether its viewer accepts.
    """

    files: tuple[Path, Path]
    seats: tuple[tuple[str, str, str, bool], ...]


@pytest.fixture(
    params=[
        "rendered",
        pytest.param(
            "recorded",
            marks=pytest.mark.skipif(not SHARED.is_dir(), reason="the recorded clips are not here"),
        ),
    ]
)
def clips(request: pytest.FixtureRequest) -> Clips:
    """Clips of a simulated audience, or of two real viewers."""
    if request.param == "recorded":
        files = (SHARED / "seat-b1.mp4", SHARED / "seat-b2.mp4")
        return Clips(files, (("A1", "seat-b1", "", True), ("A2", "seat-b2", "", True)))
    alone, row = request.getfixturevalue("seats")
    with av.open(str(row)) as video:
        width, height = video.streams.video[0].width, video.streams.video[0].height
    left, right = f"0, 0, {width // 2}, {height}", f"{width // 2}, 0, {width}, {height}"
    viewers = (("A1", alone.stem, "", True), ("B1", row.stem, left, True), ("B2", row.stem, right, False))
    return Clips((alone, row), viewers)


def test_from_consent_to_an_erased_viewer(
    clips: Clips, film: Path, root: Path, open_page: Callable, page_problems: list[str]
) -> None:
    page = open_page(DESKTOP)
    begin(page)
    add_seats(page, clips)
    folder = root / "premiere"
    codes = {seat: say(open_page, folder, seat, yes) for seat, _, _, yes in clips.seats}
    agreed = sum(yes for *_, yes in clips.seats)
    sync_api.expect(page.locator(".tally dd").first).to_have_text(str(agreed))  # as they come in

    upload(page, clips, film)
    process_recordings(page)
    assert not (folder / "uploads").exists()

    page.get_by_role("link", name="Open the analysis").click()
    sync_api.expect(page.locator("#summary")).to_contain_text(f"{agreed} viewers")
    jump_between_script_film_and_chart(page)
    viewer = consent.viewer_by_receipt(folder, codes["A1"])
    mention_viewer(page, viewer)
    assert list(find_files_containing(root, viewer)) != []

    erase(page, codes["A1"])
    page.goto("/studies/premiere/analysis")
    sync_api.expect(page.locator("#summary")).to_contain_text("1 viewer ")
    assert_gone(root, viewer)

    phone = open_page(PHONE)
    phone.goto("/c/receipt")
    phone.fill("#code", codes["A1"])
    phone.get_by_role("button", name="Show my answer").click()
    sync_api.expect(phone.get_by_role("status")).to_contain_text("Nothing is stored about you anymore")
    assert page_problems == []


def begin(page) -> None:
    page.goto("/")
    page.get_by_role("link", name="Create the first study").click()
    page.get_by_label(re.compile("^Name")).fill("premiere")
    page.get_by_label(re.compile("^Responsible")).fill("Lantern Films")
    page.get_by_label(re.compile("^Contact")).fill("privacy@lantern.example")
    page.get_by_role("button", name="Create the study").click()
    sync_api.expect(page.get_by_role("heading", level=1)).to_have_text("premiere")


def add_seats(page, clips: Clips) -> None:
    for seat, camera, where, _ in clips.seats:
        page.get_by_label("Seat label", exact=True).fill(seat)
        page.get_by_label("Camera", exact=True).fill(camera)
        page.get_by_label("Region", exact=True).fill(where)
        page.get_by_role("button", name="Add").click()
        sync_api.expect(page.locator("#seats").get_by_role("cell", name=seat, exact=True)).to_be_visible()


def say(open_page: Callable, folder: Path, seat: str, yes: bool) -> str:
    """Answer on a phone without JavaScript, and return the receipt's code."""
    phone = open_page(PHONE, java_script_enabled=False)
    phone.goto(f"/c/{seat_tokens(folder)[seat]}")
    sync_api.expect(phone.get_by_text("Lantern Films does this to")).to_be_visible()
    phone.get_by_role("button", name=re.compile("^Yes" if yes else "^No")).click()
    said = "You said yes" if yes else "You said no"
    sync_api.expect(phone.get_by_role("heading", level=1)).to_have_text(said)
    return phone.locator("#code").get_attribute("data-code")


def upload(page, clips: Clips, film: Path) -> None:
    page.set_input_files("#file-recording", list(clips.files))
    for name in (path.name for path in clips.files):
        sync_api.expect(page.locator("#files")).to_contain_text(f"{name} recording")
    for kind, path in (("script", "film.fountain"), ("subtitles", "film.srt")):
        page.set_input_files(f"#file-{kind}", film / path)
        sync_api.expect(page.locator("#files")).to_contain_text(f"{kind}{Path(path).suffix} {kind}")
    page.set_input_files("#file-film", clips.files[0])
    sync_api.expect(page.locator("#files")).to_contain_text("film.mp4 film")


def process_recordings(page) -> None:
    """Stop and resume the processing; on a fast machine the short clips may be finished before."""
    stage = page.locator("#stage")
    page.get_by_role("button", name="Process the recordings").click()
    moved = "[...document.querySelectorAll('#processing progress')].some((bar) => bar.value > 0)"
    done = "document.getElementById('stage').textContent === 'finished'"
    page.wait_for_function(f"() => {moved} || {done}", timeout=MINUTES)
    stop = "[...document.querySelectorAll('#processing button')].find((b) => b.textContent === 'Stop')"
    page.evaluate(f"() => {stop}?.click()")
    sync_api.expect(stage).to_have_text(re.compile("stopped|finished"), timeout=MINUTES)
    if stage.inner_text() == "stopped":
        page.reload()
        page.get_by_role("button", name="Resume").click()
    sync_api.expect(stage).to_have_text("finished", timeout=MINUTES)


def jump_between_script_film_and_chart(page) -> None:
    """Click or move each of them, and check that the other two follow."""
    script, chart, film = page.locator("#pages .at-cursor"), page.locator("#surface"), page.locator("#film")

    def all_at(second: int, words: str) -> None:
        sync_api.expect(chart).to_have_attribute("aria-valuenow", str(second))
        sync_api.expect(script).to_contain_text(words)
        shows = f"film => Math.floor(film.currentTime) === {second}"
        page.wait_for_function(shows, arg=film.element_handle())

    page.locator("#pages .timed", has_text="learn to swim before morning").click()
    all_at(2, "learn to swim")

    box, seconds = chart.bounding_box(), float(chart.get_attribute("aria-valuemax")) + 1
    chart.click(position={"x": box["width"] * 5.5 / seconds, "y": box["height"] / 2})
    all_at(5, "stand in a bathtub")

    page.keyboard.press("Home")
    all_at(0, "EXT. PIER")
    page.get_by_role("button", name="Play", exact=True).click()
    sync_api.expect(chart).to_have_attribute("aria-valuenow", "3", timeout=MINUTES)
    sync_api.expect(script).to_contain_text("learn to swim")
    page.get_by_role("button", name="Pause", exact=True).click()


def mention_viewer(page, viewer: str) -> None:
    """Mention the viewer's ID in a note and in a group."""
    csrf = page.evaluate("fetch('/api/session').then((answer) => answer.json())")["csrf"]
    api, headers = "/api/studies/premiere", {"X-CSRF-Token": csrf}
    note = page.request.post(
        f"{api}/notes", headers=headers, data={"at": 2, "text": f"Look at {viewer} here"}
    )
    group = page.request.put(f"{api}/segments/front", headers=headers, data={"viewers": [viewer]})
    assert (note.status, group.status) == (201, 204)


def erase(page, code: str) -> None:
    page.get_by_role("link", name="Privacy").click()
    sync_api.expect(page.get_by_role("heading", name="The audit log is intact")).to_be_visible()
    page.get_by_label("Receipt code, random ID, or seat label").fill(code)
    page.get_by_role("button", name="Erase …", exact=True).first.click()
    page.get_by_role("button", name="Erase permanently").click()
    sync_api.expect(page.locator("#done")).to_contain_text("The results were recomputed", timeout=MINUTES)
    sync_api.expect(page.get_by_role("heading", name="The audit log is intact")).to_be_visible()
