"""A seat is seen only if its viewer has said yes to the disclosure that is current."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from privacy_studies import REGIONS, TERMS

from moviemotion.audience.video.masking import NO_MASK, Mask
from moviemotion.errors import MoviemotionError
from moviemotion.privacy import consent, retention
from moviemotion.privacy.consent import ConsentState, Seat, mask_for_seats
from moviemotion.privacy.consent_problems import consent_problems
from moviemotion.privacy.disclosure import load_disclosure
from moviemotion.privacy.study_database import DataKind, StorageError

NOON = datetime(2099, 11, 24, 12, 0, tzinfo=UTC)


@pytest.fixture
def asked(tmp_path: Path) -> Path:
    """A study with four seats: one camera's own, and three in one camera's picture."""
    folder = tmp_path / "asked"
    retention.begin_study(folder, TERMS, {}, NOON)
    consent.add_seat(folder, "A", "cam-a")
    for seat, region in REGIONS.items():
        consent.add_seat(folder, seat, "row", region)
    return folder


def say(folder: Path, seat: str, accepts: bool) -> consent.Receipt:
    return consent.record_offline_answer(folder, seat, accepts, NOON)


def test_before_anybody_is_asked_no_camera_may_see(asked: Path) -> None:
    masks = consent.camera_masks(asked, ["cam-a", "row", "spare"])
    assert all(mask.hides_everything for mask in masks.values())


def test_only_who_accepts_is_seen(asked: Path) -> None:
    say(asked, "A", True)
    say(asked, "R1", True)
    say(asked, "R2", False)
    consent.ask_for_consent(asked, "R3")
    masks = consent.camera_masks(asked, ["cam-a", "row"])
    assert masks["cam-a"] == NO_MASK
    assert masks["row"] == Mask((REGIONS["R1"],), (REGIONS["R2"], REGIONS["R3"]))


def test_without_a_database_every_camera_is_open(tmp_path: Path) -> None:
    assert consent.camera_masks(tmp_path, ["cam-a"]) == {"cam-a": NO_MASK}


RECORDINGS = {name: f"videos/{name}.mp4" for name in ("cam-a", "row")}


def test_what_was_masked_is_reported_without_naming_who_declined(asked: Path) -> None:
    say(asked, "A", False)
    say(asked, "R1", True)
    say(asked, "R2", False)
    (problem,) = consent_problems(asked, RECORDINGS)
    assert str(problem) == (
        "Participants have declined or were not asked: 1 of 2 recordings not processed and 2 seats masked in "
        "processed recordings; the results are about the others"
    )


def test_a_camera_that_no_seat_uses_is_named(asked: Path) -> None:
    for seat in ("A", *REGIONS):
        say(asked, seat, True)
    (problem,) = consent_problems(asked, {**RECORDINGS, "Row": "videos/Row.mp4"})
    assert (problem.code, problem.subject) == ("camera-without-seat", "videos/Row.mp4")


def test_nothing_is_reported_if_all_accept_or_nobody_is_asked_in_the_program(
    asked: Path, tmp_path: Path
) -> None:
    for seat in ("A", *REGIONS):
        say(asked, seat, True)
    assert not [*consent_problems(asked, RECORDINGS), *consent_problems(tmp_path, RECORDINGS)]


states = st.none() | st.sampled_from(list(ConsentState))


@given(st.lists(st.tuples(states, st.sampled_from([None, *REGIONS.values()])), max_size=5))
def test_viewers_who_have_not_accepted_are_never_seen(seats_asked: list) -> None:
    seats = [Seat(str(k), "row", region, "v", state) for k, (state, region) in enumerate(seats_asked)]
    mask = mask_for_seats(seats)
    for seat in seats:
        if seat.state is not ConsentState.ACCEPTED:
            assert mask.hides_everything or seat.region in mask.hidden
    if not any(seat.state is ConsentState.ACCEPTED for seat in seats):
        assert mask.hides_everything


def test_who_reloads_the_page_or_changes_their_mind_stays_one_viewer(asked: Path) -> None:
    viewer = consent.ask_for_consent(asked, "A")
    assert consent.ask_for_consent(asked, "A") == viewer
    say(asked, "A", False)
    assert consent.ask_for_consent(asked, "A") == viewer
    say(asked, "A", True)
    with pytest.raises(MoviemotionError, match="use the receipt to withdraw it"):
        consent.ask_for_consent(asked, "A")
    with pytest.raises(MoviemotionError, match="use the receipt to withdraw it"):
        consent.record_answer(asked, viewer, False, load_disclosure(asked).version)


def test_ids_are_random_and_say_nothing_of_the_seat(asked: Path) -> None:
    viewers = {consent.ask_for_consent(asked, seat) for seat in ("A", "R1", "R2", "R3")}
    assert len(viewers) == 4
    assert all(len(viewer) == 14 and viewer.startswith("v-") for viewer in viewers)


def test_a_receipt_is_verifiable_and_only_its_holder_has_it(asked: Path) -> None:
    receipt = say(asked, "A", True)
    assert (receipt.state, receipt.time) == (ConsentState.ACCEPTED, "2099-11-24T12:00:00+00:00")
    assert receipt.disclosure == load_disclosure(asked).version
    assert consent.find_receipt(asked, f" {receipt.code.upper()} ") == receipt
    assert not any(receipt.code.encode() in path.read_bytes() for path in asked.rglob("*") if path.is_file())
    with pytest.raises(MoviemotionError, match="not in the audit log"):
        consent.find_receipt(asked, receipt.code[:-1] + "x")


def test_an_answer_to_an_older_disclosure_is_not_taken(asked: Path) -> None:
    viewer, version = consent.ask_for_consent(asked, "A"), load_disclosure(asked).version
    retention.shorten_retention(asked, DataKind.SAMPLES, NOON.date())
    with pytest.raises(MoviemotionError, match="read it again"):
        consent.record_answer(asked, viewer, True, version)


def test_after_the_first_deletion_date_nobody_is_asked(asked: Path) -> None:
    viewer, version = consent.ask_for_consent(asked, "A", NOON), load_disclosure(asked).version
    last, over = NOON + timedelta(days=29), NOON + timedelta(days=30)
    with pytest.raises(MoviemotionError, match="expired on 2099-12-24, the deletion date of its pictures"):
        consent.record_answer(asked, viewer, True, version, over)
    with pytest.raises(MoviemotionError, match="expired on"):
        consent.ask_for_consent(asked, "R1", over)
    assert consent.record_answer(asked, viewer, True, version, last).state is ConsentState.ACCEPTED


def test_a_seat_is_added_once_and_its_region_is_not_empty(asked: Path) -> None:
    with pytest.raises(MoviemotionError, match="asked: seat A already exists"):
        consent.add_seat(asked, "A", "cam-z")
    with pytest.raises(MoviemotionError, match="region is empty"):
        consent.add_seat(asked, "Z", "row", consent.parse_region("5,0,5,9"))
    with pytest.raises(MoviemotionError, match="write LEFT,TOP,RIGHT,BOTTOM"):
        consent.parse_region("5,0,5")
    with pytest.raises(MoviemotionError, match="asked: there is no seat Z"):
        consent.ask_for_consent(asked, "Z")


def test_an_answer_that_cannot_be_anchored_is_not_taken(tmp_path: Path, keys: Path) -> None:
    """It would be kept, and its receipt lost."""
    retention.begin_study(folder := tmp_path / "study", TERMS, {})
    consent.add_seat(folder, "A", "cam-a")
    consent.ask_for_consent(folder, "A")
    (head,) = keys.glob("*.head")
    (blocked := keys / f"{head.name}.partial").mkdir()
    with pytest.raises(StorageError, match="cannot be written"):
        consent.record_offline_answer(folder, "A", True)
    assert consent.list_seats(folder)[0].state is ConsentState.ASKED
    blocked.rmdir()
    assert consent.record_offline_answer(folder, "A", True).state is ConsentState.ACCEPTED
