"""The page of a study in a real browser: warnings about recordings that would be lost, and corrections."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from studio_browser import DESKTOP

from moviemotion.privacy import consent, retention
from moviemotion.privacy.study_database import ConsentTerms

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect


@pytest.fixture
def premiere(root: Path) -> Path:
    folder = root / "premiere"
    retention.begin_study(folder, ConsentTerms("Lantern Films", "privacy@lantern.example"), {})
    return folder


def test_a_mistyped_seat_is_noticed_and_corrected(
    premiere: Path, seats: list[Path], open_page: Callable, page_problems: list[str]
) -> None:
    page = open_page(DESKTOP)
    page.goto("/studies/premiere")
    read, doubts = page.get_by_role("button", name="Process the recordings"), page.locator(".warnings")
    expect(page.locator("#processing")).to_contain_text("Upload the recordings first")

    def add(seat: str, camera: str) -> None:
        page.get_by_label("Seat label", exact=True).fill(seat)
        page.get_by_label("Camera", exact=True).fill(camera)
        page.get_by_role("button", name="Add").click()
        expect(page.locator("#seats").get_by_role("cell", name=seat, exact=True)).to_be_visible()

    add("A1", "seat-10")
    page.set_input_files("#file-recording", seats[0])
    expect(doubts).to_contain_text(
        "seat-01.mp4 will be deleted with the others without being processed: no seat"
    )
    expect(doubts).to_contain_text("Seat A1: there is no recording named seat-10")
    expect(read).to_be_disabled()

    page.get_by_role("button", name="Remove seat A1").click()
    expect(page.locator("#seats")).to_contain_text("No seats")
    add("A1", "seat-01")
    expect(doubts).to_contain_text("none of its participants has accepted")
    consent.record_offline_answer(premiere, "A1", True)
    expect(doubts).to_have_count(0)
    expect(page.locator("#processing")).to_contain_text("1 of 1 recording can be processed")
    expect(read).to_be_enabled()
    expect(page.get_by_role("button", name="Remove seat A1")).to_have_count(0)
    assert page_problems == []


def test_an_error_names_the_field_by_its_label(root: Path, open_page: Callable) -> None:
    page = open_page(DESKTOP)
    page.goto("/studies/new")
    page.get_by_label(re.compile("^Name")).fill("premiere")
    page.get_by_label(re.compile("^Responsible")).fill("   ")
    page.get_by_label(re.compile("^Contact")).fill("privacy@lantern.example")
    page.get_by_role("button", name="Create the study").click()
    expect(page.get_by_role("alert")).to_have_text(
        "Responsible: enter one line with at least one letter or digit"
    )
    expect(page.get_by_label(re.compile("^Responsible"))).to_be_focused()
