"""The clock of a file: wrong stamps are corrected, and a clock that was set is followed."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from moviemotion.audience.video.file_clock import (
    LOOKAHEAD,
    WRAP_SECONDS,
    ClockFaults,
    FileClock,
    Stamp,
)

Times = NDArray[np.float64]
STEP = 0.04
TRUE = np.arange(600) * STEP
SAMPLE = 0.2
"""Seconds between two samples: the accuracy that a film time must have."""


def corrected(decoded: Times, shown: Times | None = None) -> tuple[Times, ClockFaults]:
    """The corrected times of a stream of stamps."""
    clock = FileClock()
    stamps = [
        Stamp(*pair)
        for pair in zip(decoded.tolist(), (decoded if shown is None else shown).tolist(), strict=True)
    ]
    times = [clock.corrected(one, stamps[k + 1 : k + 1 + LOOKAHEAD]) for k, one in enumerate(stamps)]
    return np.array(times), clock.faults


def stamped(at: int | slice, value: float | Callable[[Times], Times]) -> Times:
    """The true times, with other stamps at one place."""
    times = TRUE.copy()
    times[at] = value(times[at]) if callable(value) else value
    return times


WRONG_STAMPS = {
    "one 15 minutes later": stamped(300, 900.0),
    "one at zero": stamped(300, 0.0),
    "one half a second later": stamped(300, TRUE[300] + 0.5),
    "one half a second earlier": stamped(300, TRUE[300] - 0.5),
    "ten at zero": stamped(slice(300, 310), 0.0),
    "ten from a clock that began again": stamped(slice(300, 310), lambda times: times - times[0]),
    "the first at zero, the others from 1970": np.r_[0.0, TRUE[1:] + 1.7e9],
    "the first a day later": stamped(0, 86_400.0),
    "the last a day later": stamped(-1, 86_400.0),
    "the last at zero": stamped(-1, 0.0),
}
SET_CLOCKS = {
    "two recordings joined": np.r_[TRUE[:300], TRUE[:300]],
    "set back by three seconds": stamped(slice(300, None), lambda times: times - 3),
    "set back by a fifth of a second": stamped(slice(300, None), lambda times: times - 0.2),
    "set forward by a day": stamped(slice(300, None), lambda times: times + 86_400),
    "stood still for four seconds": np.r_[TRUE[:301], np.full(99, TRUE[300]), TRUE[301:501]],
}
CORRECT = {
    "steady": TRUE,
    "rounded to a tenth of a second": np.floor(TRUE * 10 + 1e-6) / 10,
    "rounded to a second": np.floor(TRUE + 1e-6),
    "fields stamped in pairs": np.repeat(TRUE[::2], 2),
    "across the end of a 33-bit clock": (TRUE + WRAP_SECONDS - 6) % WRAP_SECONDS,
    "one per minute": TRUE / STEP * 60,
    "with a pause of half an hour": stamped(slice(300, None), lambda times: times + 1800),
    "at a variable rate": np.cumsum(np.random.default_rng(0).choice([0.02, 0.04, 0.2, 1.5], 600)),
    "slides": np.array([0.0, 30, 60]),
    "one frame": np.array([5.0]),
}


@pytest.mark.parametrize("name", WRONG_STAMPS)
def test_wrong_stamps_are_replaced_and_counted(name: str) -> None:
    times, faults = corrected(WRONG_STAMPS[name])
    assert np.abs(times - times[0] - TRUE).max() < SAMPLE / 2
    assert (np.diff(times) > 0).all()
    assert faults.misplaced == (10 if name.startswith("ten") else 1)
    assert faults.restarts == 0


@pytest.mark.parametrize("name", SET_CLOCKS)
def test_a_clock_that_was_set_is_followed_without_a_gap(name: str) -> None:
    times, faults = corrected(SET_CLOCKS[name])
    assert np.abs(times - TRUE).max() < SAMPLE / 2
    assert (np.diff(times) > 0).all()
    assert (faults.misplaced, faults.restarts) == (0, 1)
    assert faults.first_restart == pytest.approx(16.0 if "stood" in name else 12.0, abs=SAMPLE / 2)


@pytest.mark.parametrize("name", CORRECT)
def test_correct_stamps_are_kept(name: str) -> None:
    stamps = CORRECT[name]
    times, faults = corrected(stamps)
    assert faults == ClockFaults()
    spread = "rounded" in name or "pairs" in name or "33-bit" in name
    if spread:
        assert np.abs(times - times[0] - TRUE).max() < SAMPLE / 2
    else:
        assert (times == stamps).all()


def stored_out_of_order(shown: Times) -> tuple[Times, Times]:
    """Decoding times, and presentation times in decoding order, of groups IBBP with two frames of delay."""
    order = [0, *(k + late for k in range(0, len(shown) - 3, 3) for late in (3, 1, 2))]
    placed = shown[order]
    in_order = np.sort(placed)
    return np.r_[in_order[0] - 2 * STEP, in_order[0] - STEP, in_order[:-2]], placed


@pytest.mark.parametrize("name", ["steady", "with a pause of half an hour", "at a variable rate"])
def test_frames_that_are_stored_out_of_order_keep_their_times(name: str) -> None:
    decoded, shown = stored_out_of_order(CORRECT[name])
    times, faults = corrected(decoded, shown)
    assert (times == shown).all()
    assert faults == ClockFaults()


def test_a_wrong_presentation_time_alone_is_replaced() -> None:
    decoded, shown = stored_out_of_order(TRUE)
    wrong = shown.copy()
    wrong[100] = 7200.0
    times, faults = corrected(decoded, wrong)
    assert np.abs(times - shown).max() < SAMPLE
    assert (faults.misplaced, faults.restarts) == (1, 0)


@given(seed=st.integers(0, 10_000), count=st.integers(1, 20))
def test_scattered_wrong_stamps_never_move_the_others(seed: int, count: int) -> None:
    rng = np.random.default_rng(seed)
    wrong = 5 + 25 * rng.choice(23, count, replace=False)
    stamps = TRUE.copy()
    stamps[wrong] = rng.uniform(-5000, 5000, count)
    times, faults = corrected(stamps)
    assert np.abs(times - times[0] - TRUE).max() < SAMPLE / 2
    assert faults.misplaced <= count
    assert faults.restarts == 0


@given(cuts=st.lists(st.tuples(st.integers(40, 560), st.floats(-5000, -0.2)), max_size=4))
def test_film_time_is_continuous_however_often_the_clock_is_set_back(cuts: list[tuple[int, float]]) -> None:
    stamps = TRUE.copy()
    places = {at // 40 * 40: by for at, by in cuts}
    for at, by in places.items():
        stamps[at:] += by
    times, faults = corrected(stamps)
    assert np.abs(times - TRUE).max() < SAMPLE / 2
    assert faults.restarts == len(places)
