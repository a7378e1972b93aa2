"""Every page of the studio: axe finds no accessibility error, and none is wider than its screen."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from studio_browser import DESKTOP, PHONE

from moviemotion.audience.video.masking import Region
from moviemotion.privacy import consent, retention
from moviemotion.privacy.seat_links import seat_tokens
from moviemotion.privacy.study_database import ConsentTerms

axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")
GRAVE = ("serious", "critical")
SCRIPTED = ("/studies/", "/compare")
"""Pages that load their content with JavaScript."""


@pytest.fixture
def asked(root: Path) -> Path:
    """A study with seats in each consent state."""
    folder = root / "premiere"
    retention.begin_study(folder, ConsentTerms("Lantern Films", "privacy@lantern.example"), {})
    for number, seat in enumerate(("A1", "A2", "A3", "A4")):
        consent.add_seat(folder, seat, "row", Region(320 * number, 0, 320 * number + 320, 480))
    return folder


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["390 px", "1280 px"])
def test_no_page_has_a_serious_accessibility_error(
    size: dict[str, int],
    scheme: str,
    asked: Path,
    study: Path,
    open_page: Callable,
    page_problems: list[str],
) -> None:
    shutil.copytree(study, study.parent / "another-cut")
    code = consent.record_offline_answer(asked, "A1", True).code
    consent.record_offline_answer(asked, "A2", False)
    seat, answered = (f"/c/{seat_tokens(asked)[name]}" for name in ("A3", "A1"))
    page = open_page(size, color_scheme=scheme)
    violations = []

    def look(where: str) -> None:
        if where.startswith(SCRIPTED):
            page.wait_for_load_state("networkidle")
        found = axe.Axe().run(page).response["violations"]
        grave = (each for each in found if each["impact"] in GRAVE)
        violations.extend((where, each["id"], each["nodes"][0]["html"]) for each in grave)
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            violations.append((where, "wider than the screen"))

    done = f"/studies/{study.name}"
    for path in (
        "/",
        "/studies/new",
        "/studies/premiere",
        "/studies/premiere/seats",
        "/studies/premiere/kiosk",
        "/studies/premiere/kiosk/A4",
        "/studies/premiere/privacy",
        done,
        f"{done}/analysis",
        f"{done}/privacy",
        f"/compare?first={study.name}&second=another-cut",
        "/sign-in",
        "/api",
        seat,
        answered,
        "/c/receipt",
    ):
        page.goto(path)
        look(path)
    page.goto(seat)
    page.get_by_role("button", name="No").click()
    look("receipt")
    page.goto("/c/receipt")
    page.fill("#code", code)
    page.get_by_role("button", name="Show my answer").click()
    page.locator("summary").click()
    look("receipt, to withdraw")
    page.goto(f"{done}/privacy")
    page.locator("[data-erase]").first.click()
    look("to erase")
    # The browser also logs each failed request to its console.
    assert page_problems == []
    page.goto("/c/receipt")
    page.fill("#code", "no code")
    page.get_by_role("button", name="Show my answer").click()
    look("a wrong code")
    page.goto("/studies/nowhere")
    look("an error")
    assert violations == []
