"""Timecode: its laws as properties, known values, and agreement with OpenTimelineIO."""

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
def test_a_film_time_survives_the_round_trip_to_half_a_frame(numbering, start, seconds) -> None:
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
def test_opentimelineio_gives_the_same_timecodes(numbering, frame) -> None:
    rate, drop = numbering
    frame %= int(23 * 3600 * rate)
    theirs = opentime.to_timecode(opentime.RationalTime(frame, float(rate)), float(rate), drop)
    assert TimecodeFormat(rate, drop).frame_to_timecode(frame) == theirs


@pytest.mark.parametrize("fps", [29.97, 59.94, 119.88])
def test_drop_frame_numbers_count_up_and_skip_exactly_the_dropped_ones(fps: float) -> None:
    """Hold every frame of 21 minutes against an enumeration of all numbers, without arithmetic."""
    rate = exact_frame_rate(fps)
    nominal, dropped = round(fps), round(fps) // 15
    numbers = [
        f"00:{minute:02}:{second:02};{frame:02}"
        for minute in range(21)
        for second in range(60)
        for frame in range(nominal)
        if not (minute % 10 and second == 0 and frame < dropped)
    ]
    timecode = TimecodeFormat(rate, drop_frame=True)
    assert [timecode.frame_to_timecode(frame) for frame in range(len(numbers))] == numbers
    assert [timecode.timecode_to_frame(number) for number in numbers] == list(range(len(numbers)))
    for minute in (1, 9, 11):
        for frame in range(dropped):
            with pytest.raises(ValueError, match="is not a timecode at"):
                timecode.timecode_to_frame(f"00:{minute:02}:00;{frame:02}")


def test_a_drop_frame_day_has_2589408_frames() -> None:
    timecode = TimecodeFormat(exact_frame_rate(29.97), drop_frame=True)
    assert timecode.frame_to_timecode(2_589_407) == "23:59:59;29"
    assert timecode.frame_to_timecode(2_589_408) == "00:00:00;00"
    late = TimecodeFormat.from_start_timecode("23:59:59;29", exact_frame_rate(29.97))
    assert late.timecode_to_frame("00:00:00;00") == 1
    assert late.timecode_to_frame("23:59:59;28") == 2_589_407


def test_drop_frame_timecode_keeps_up_with_the_clock() -> None:
    drop = TimecodeFormat.from_start_timecode("01:00:00;00", exact_frame_rate(29.97))
    assert drop.drop_frame
    assert drop.frame_to_timecode(drop.seconds_to_frame(59.99)) == "01:00:59;28"
    assert [drop.frame_to_timecode(f) for f in (1799, 1800)] == ["01:00:59;29", "01:01:00;02"]
    assert drop.frame_to_timecode(drop.seconds_to_frame(600)) == "01:10:00;00"
    assert drop.frame_to_timecode(drop.seconds_to_frame(3600)) == "02:00:00;00"
    # Without dropping, an hour of film is 3.6 s short of an hour of timecode.
    plain = TimecodeFormat.from_start_timecode("01:00:00:00", exact_frame_rate(29.97))
    assert plain.frame_to_timecode(plain.seconds_to_frame(3600)) == "01:59:56:12"


def test_timecode_starts_again_at_midnight() -> None:
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
def test_rates_without_timecode_are_rejected(fps: float) -> None:
    with pytest.raises(ValueError, match="give a rate such as 24"):
        exact_frame_rate(fps)


@pytest.mark.parametrize(
    "code",
    [
        "",
        "1:2:3",
        "00:00:00:30",
        "00:60:00:00",
        "00:00:60:00",
        "24:00:00:00",
        "00:01:00;00",
        "00:01:00;01",
        "noon",
    ],
)
def test_invalid_timecodes_at_29_97_are_rejected(code: str) -> None:
    with pytest.raises(ValueError, match=r"is not a timecode"):
        TimecodeFormat.from_start_timecode(code, exact_frame_rate(29.97))


@pytest.mark.parametrize("fps", [23.976, 24, 25, 30, 47.952, 60])
def test_only_29_97_and_its_multiples_have_drop_frame_timecode(fps: float) -> None:
    with pytest.raises(ValueError, match=f"drop-frame timecode is not defined for {fps:g} "):
        TimecodeFormat.from_start_timecode("01:00:00;00", exact_frame_rate(fps))
