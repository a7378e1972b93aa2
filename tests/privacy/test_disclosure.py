"""The disclosure says what the study does, and its version changes with what it says."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from privacy_studies import TERMS

from moviemotion.errors import MoviemotionError
from moviemotion.privacy import retention
from moviemotion.privacy.disclosure import load_disclosure
from moviemotion.privacy.pseudonymize import pseudonymize_study
from moviemotion.privacy.study_database import DataKind

DAY = datetime(2026, 11, 24, tzinfo=UTC)


def disclosure(folder: Path, terms=TERMS, days=None):
    retention.begin_study(folder, terms, days or {}, DAY)
    return load_disclosure(folder)


def test_it_is_short_and_says_who_why_what_how_long_and_the_rights(tmp_path: Path) -> None:
    text = disclosure(tmp_path, days={DataKind.SAMPLES: 90}).text
    for said in (
        "Lantern Films",
        "privacy@lantern.example",
        TERMS.purpose,
        "22 February 2027",
        "5 viewers or more",
        "withdraw at any time",
        "a copy",
        "deleted",
        "complain",
        "not identified",
        "can be wrong",
        "the emotion it shows: happy, surprise, sad, anger, disgust, fear or contempt.",
    ):
        assert said in text
    assert len(text.split()) < 430


def test_the_disclosure_says_whether_pictures_are_stored(tmp_path: Path) -> None:
    assert "Some pictures of your face, encrypted" in disclosure(tmp_path / "with").text
    without = disclosure(tmp_path / "without", replace(TERMS, pictures=False)).text
    assert "No pictures of you." in without


def test_the_same_study_has_the_same_version_and_any_change_another(tmp_path: Path) -> None:
    first = disclosure(tmp_path / "a").version
    assert disclosure(tmp_path / "b").version == first
    others = [
        disclosure(tmp_path / "c", replace(TERMS, purpose="choose a trailer")).version,
        disclosure(tmp_path / "d", replace(TERMS, recipients="the film's producers")).version,
        disclosure(tmp_path / "e", days={DataKind.REPORTS: 30}).version,
        disclosure(tmp_path / "f", replace(TERMS, pictures=False)).version,
    ]
    assert len({first, *others}) == 5


def test_a_date_brought_forward_is_disclosed(tmp_path: Path) -> None:
    before = disclosure(tmp_path)
    retention.shorten_retention(tmp_path, DataKind.SAMPLES, date(2026, 12, 1))
    after = load_disclosure(tmp_path)
    assert "1 December 2026" in after.text
    assert after.version != before.version


def test_a_study_nobody_is_responsible_for_cannot_ask(study: Path) -> None:
    pseudonymize_study(study)
    with pytest.raises(MoviemotionError, match="no controller is named"):
        load_disclosure(study)
