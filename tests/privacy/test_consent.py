"""A seat is seen only if its viewer has said yes to the disclosure that is current."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from privacy_studies import REGIONS, TERMS

from moviemotion.audience.video.masking import OPEN, Mask
from moviemotion.errors import MoviemotionError
from moviemotion.privacy import consent, retention
from moviemotion.privacy.consent import Seat, State, mask_of
from moviemotion.privacy.disclosure import disclosure_of
from moviemotion.privacy.study_database import Kind, NoRoomError

NOON = datetime(2099, 11, 24, 12, 0, tzinfo=UTC)


@pytest.fixture
def asked(tmp_path: Path) -> Path:
    """A study with four seats: one camera's own, and three in one camera's picture."""
    folder = tmp_path / "asked"
    retention.begin(folder, TERMS, {}, NOON)
    consent.add_seat(folder, "A", "cam-a")
    for seat, region in REGIONS.items():
        consent.add_seat(folder, seat, "row", region)
    return folder


def say(folder: Path, seat: str, accepts: bool) -> consent.Receipt:
    return consent.answer_by_hand(folder, seat, accepts, NOON)


def test_before_anybody_is_asked_no_camera_may_see(asked: Path) -> None:
    masks = consent.masks(asked, ["cam-a", "row", "spare"])
    assert all(mask.closed for mask in masks.values())


def test_only_who_accepts_is_seen(asked: Path) -> None:
    say(asked, "A", True)
    say(asked, "R1", True)
    say(asked, "R2", False)
    consent.ask(asked, "R3")
    masks = consent.masks(asked, ["cam-a", "row"])
    assert masks["cam-a"] == OPEN
    assert masks["row"] == Mask((REGIONS["R1"],), (REGIONS["R2"], REGIONS["R3"]))


def test_without_a_register_every_camera_is_open(tmp_path: Path) -> None:
    assert consent.masks(tmp_path, ["cam-a"]) == {"cam-a": OPEN}


states = st.none() | st.sampled_from(list(State))


@given(st.lists(st.tuples(states, st.sampled_from([None, *REGIONS.values()])), max_size=5))
def test_whoever_has_not_accepted_is_never_seen(told: list) -> None:
    seats = [Seat(str(k), "row", region, "v", state) for k, (state, region) in enumerate(told)]
    mask = mask_of(seats)
    for seat in seats:
        if seat.state is not State.ACCEPTED:
            assert mask.closed or seat.region in mask.hidden
    if not any(seat.state is State.ACCEPTED for seat in seats):
        assert mask.closed


def test_who_reloads_the_page_or_changes_their_mind_stays_one_viewer(asked: Path) -> None:
    viewer = consent.ask(asked, "A")
    assert consent.ask(asked, "A") == viewer
    say(asked, "A", False)
    assert consent.ask(asked, "A") == viewer
    say(asked, "A", True)
    with pytest.raises(MoviemotionError, match="withdraw with the receipt"):
        consent.ask(asked, "A")
    with pytest.raises(MoviemotionError, match="withdraw with the receipt"):
        consent.answer(asked, viewer, False, disclosure_of(asked).version)


def test_ids_are_random_and_say_nothing_of_the_seat(asked: Path) -> None:
    viewers = {consent.ask(asked, seat) for seat in ("A", "R1", "R2", "R3")}
    assert len(viewers) == 4
    assert all(len(viewer) == 14 and viewer.startswith("v-") for viewer in viewers)


def test_a_receipt_is_verifiable_and_only_its_holder_has_it(asked: Path) -> None:
    receipt = say(asked, "A", True)
    assert (receipt.state, receipt.time) == (State.ACCEPTED, "2099-11-24T12:00:00+00:00")
    assert receipt.disclosure == disclosure_of(asked).version
    assert consent.check_receipt(asked, f" {receipt.code.upper()} ") == receipt
    assert not any(receipt.code.encode() in path.read_bytes() for path in asked.rglob("*") if path.is_file())
    with pytest.raises(MoviemotionError, match="not in the audit log"):
        consent.check_receipt(asked, receipt.code[:-1] + "x")


def test_an_answer_to_an_older_disclosure_is_not_taken(asked: Path) -> None:
    viewer, version = consent.ask(asked, "A"), disclosure_of(asked).version
    retention.bring_forward(asked, Kind.SAMPLES, NOON.date())
    with pytest.raises(MoviemotionError, match="read it again"):
        consent.answer(asked, viewer, True, version)


def test_after_a_day_that_viewers_are_told_of_nobody_is_asked(asked: Path) -> None:
    viewer, version = consent.ask(asked, "A", NOON), disclosure_of(asked).version
    last, over = NOON + timedelta(days=29), NOON + timedelta(days=30)
    with pytest.raises(MoviemotionError, match="is over since 2099-12-24, when its pictures were to go"):
        consent.answer(asked, viewer, True, version, over)
    with pytest.raises(MoviemotionError, match="is over"):
        consent.ask(asked, "R1", over)
    assert consent.answer(asked, viewer, True, version, last).state is State.ACCEPTED


def test_a_seat_is_added_once_and_its_region_is_not_empty(asked: Path) -> None:
    with pytest.raises(MoviemotionError, match="asked: seat A is there already"):
        consent.add_seat(asked, "A", "cam-z")
    with pytest.raises(MoviemotionError, match="region is empty"):
        consent.add_seat(asked, "Z", "row", consent.read_region("5,0,5,9"))
    with pytest.raises(MoviemotionError, match="write LEFT,TOP,RIGHT,BOTTOM"):
        consent.read_region("5,0,5")
    with pytest.raises(MoviemotionError, match="asked: no such seat, Z"):
        consent.ask(asked, "Z")


def test_an_answer_that_cannot_be_anchored_is_not_taken(tmp_path: Path, keys: Path) -> None:
    """It would be kept, and its receipt lost."""
    retention.begin(folder := tmp_path / "study", TERMS, {})
    consent.add_seat(folder, "A", "cam-a")
    consent.ask(folder, "A")
    (head,) = keys.glob("*.head")
    (keys / f"{head.name}.partial").symlink_to(tmp_path / "no such folder" / "file")
    with pytest.raises(NoRoomError, match="cannot be written"):
        consent.answer_by_hand(folder, "A", True)
    assert consent.seats(folder)[0].state is State.ASKED
    assert consent.answer_by_hand(folder, "A", True).state is State.ACCEPTED
