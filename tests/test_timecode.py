"""Timecode by the laws it must keep, and against OpenTimelineIO's."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentimelineio import opentime

from moviemotion.timecode import TimecodeFormat, exact_frame_rate

RATES = [exact_frame_rate(fps) for fps in (23.976, 24, 25, 29.97, 30, 48, 50, 59.94, 60, 100, 119.88, 120)]
NUMBERINGS = [(rate, False) for rate in RATES] + [
    (exact_frame_rate(fps), True) for fps in (29.97, 59.94, 119.88)
]
numberings = st.sampled_from(NUMBERINGS)
starts = st.integers(0, 20 * 3600 * 24)
film_times = st.floats(0, 20 * 3600)


@given(numberings, starts, film_times)
def test_a_film_time_comes_back_from_its_timecode_to_half_a_frame(numbering, start, seconds) -> None:
    timecode = TimecodeFormat(*numbering, start)
    back = timecode.frame_to_seconds(
        timecode.timecode_to_frame(timecode.frame_to_timecode(timecode.seconds_to_frame(seconds)))
    )
    assert abs(back - seconds) <= 0.5 / timecode.frame_rate + 1e-9


@given(numberings, starts, st.integers(0, 10**7))
def test_each_frame_has_a_timecode_of_its_own_within_a_day(numbering, start, frame) -> None:
    timecode = TimecodeFormat(*numbering, start)
    frame %= timecode.timecode_to_frame("23:59:59:23") or 1
    assert timecode.timecode_to_frame(timecode.frame_to_timecode(frame)) == frame
    assert timecode.frame_to_timecode(frame) != timecode.frame_to_timecode(frame + 1)


@given(st.sampled_from([n for n in NUMBERINGS if n[0] <= 60]), st.integers(0, 23 * 3600 * 60))
def test_opentimelineio_counts_alike(numbering, frame) -> None:
    rate, drop = numbering
    frame %= int(23 * 3600 * rate)
    theirs = opentime.to_timecode(opentime.RationalTime(frame, float(rate)), float(rate), drop)
    assert TimecodeFormat(rate, drop).frame_to_timecode(frame) == theirs


def test_dropped_numbers_keep_up_with_the_clock() -> None:
    drop = TimecodeFormat.from_start_timecode("01:00:00;00", exact_frame_rate(29.97))
    assert drop.drop_frame
    assert drop.frame_to_timecode(drop.seconds_to_frame(59.99)) == "01:00:59;28"
    assert [drop.frame_to_timecode(f) for f in (1799, 1800)] == ["01:00:59;29", "01:01:00;02"]
    assert drop.frame_to_timecode(drop.seconds_to_frame(600)) == "01:10:00;00"
    assert drop.frame_to_timecode(drop.seconds_to_frame(3600)) == "02:00:00;00"
    # Without, an hour of film is 3.6 s short of an hour of timecode.
    plain = TimecodeFormat.from_start_timecode("01:00:00:00", exact_frame_rate(29.97))
    assert plain.frame_to_timecode(plain.seconds_to_frame(3600)) == "01:59:56:12"


def test_a_film_over_midnight_goes_on_at_nought() -> None:
    timecode = TimecodeFormat.from_start_timecode("23:59:59:00", Fraction(25))
    assert timecode.frame_to_timecode(25) == "00:00:00:00"
    assert timecode.timecode_to_frame("00:00:00:00") == 25


@pytest.mark.parametrize(
    ("fps", "rate"),
    [(23.976, "24000/1001"), (23.98, "24000/1001"), (24, "24"), (29.97, "30000/1001"), (25.0001, "25")],
)
def test_rates_as_people_write_them(fps: float, rate: str) -> None:
    assert exact_frame_rate(fps) == Fraction(rate)


@pytest.mark.parametrize("fps", [0, -24, 12.5, 23.5, float("nan"), float("inf"), 1e9])
def test_rates_that_timecode_cannot_count_at(fps: float) -> None:
    with pytest.raises(ValueError, match="give one such as 24"):
        exact_frame_rate(fps)


@pytest.mark.parametrize(
    "code", ["", "1:2:3", "00:00:00:30", "00:60:00:00", "24:00:00:00", "00:01:00;00", "00:01:00;01", "noon"]
)
def test_what_is_no_timecode_at_29_97(code: str) -> None:
    with pytest.raises(ValueError, match=r"is no timecode"):
        TimecodeFormat.from_start_timecode(code, exact_frame_rate(29.97))


def test_numbers_are_dropped_at_no_other_rate() -> None:
    with pytest.raises(ValueError, match="no numbers are dropped at 24 "):
        TimecodeFormat.from_start_timecode("01:00:00;00", exact_frame_rate(24))
