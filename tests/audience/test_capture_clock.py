"""Film time in a live capture: it stops in a pause, and varying delays of a camera do not change it."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from moviemotion.audience.live.film_clock import CameraClock, FilmClock, sample_indices

FIRST_SECONDS = 4
"""Seconds after which a camera's clock is known to be right."""


def test_film_time_stands_still_before_the_start_and_in_a_pause() -> None:
    clock = FilmClock(speed=100)
    assert clock.now() == 0.0
    clock.resume()
    time.sleep(0.02)
    clock.pause()
    paused = clock.now()
    assert paused >= 2.0
    time.sleep(0.02)
    assert clock.now() == paused
    clock.resume()
    time.sleep(0.02)
    assert clock.now() >= paused + 2.0


def test_sleeping_lasts_through_a_pause_and_ends_with_the_stop() -> None:
    clock = FilmClock(speed=10)
    woken: list[bool] = []
    waiting = threading.Thread(target=lambda: woken.append(clock.sleep_until(0.5)))
    waiting.start()
    waiting.join(0.2)
    assert waiting.is_alive()  # the clock stands
    clock.resume()
    waiting.join(5)
    assert woken == [True]
    waiting = threading.Thread(target=lambda: woken.append(clock.sleep_until(1e6)))
    waiting.start()
    clock.stop()
    waiting.join(5)
    assert woken == [True, False]
    clock.resume()
    assert clock.paused  # stopped for good


@given(
    delay=st.floats(0.02, 2.0),
    jitter=st.floats(0.0, 0.1),
    start=st.floats(-1e5, 1e5),
    seed=st.integers(0, 99),
)
def test_a_varying_delay_does_not_change_a_cameras_time(
    delay: float, jitter: float, start: float, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    clock, own = CameraClock(), np.arange(0, 30, 0.1)
    arrived = np.maximum.accumulate(own + delay + rng.exponential(jitter, len(own)).clip(0, 1))
    film = [clock.film_time(start + t, a) for t, a in zip(own, arrived, strict=True)]
    assert (np.diff(film) >= 0).all()
    # Once the shortest delay has been seen, only a drift that no camera has could move it; what was
    # taken for later before that is not taken back.
    settled = max(int(np.argmin(arrived - own)) + 1, FIRST_SECONDS * 10)
    true = np.maximum(own[settled:] + (arrived - own).min(), max(film[:settled]))
    assert np.abs(film[settled:] - true).max(initial=0) < 0.04


def test_a_camera_whose_clock_jumps_is_followed() -> None:
    clock = CameraClock()
    for k in range(50):
        clock.film_time(k / 10, k / 10 + 0.2)
    assert clock.film_time(-1000.0, 5.2) == pytest.approx(5.2)
    assert clock.film_time(9000.0, 5.3) == pytest.approx(5.3)


TRUE = np.arange(0, 60, 0.1)
"""Film times at which a camera takes its frames."""
WRONG_CLOCKS = {
    "set back by 3 s": TRUE - 3 * (TRUE > 30),
    "set back by half a second": TRUE - 0.5 * (TRUE > 30),
    "set back twice": TRUE - 4 * (TRUE > 20) - 2 * (TRUE > 40),
    "set forward by 3 s": TRUE + 3 * (TRUE > 30),
    "restarted at zero": np.where(TRUE > 30, TRUE - 30, TRUE + 1000),
    "one stamp far in the future": np.where(np.arange(600) == 300, 900.0, TRUE),
    "one stamp of zero": np.where(np.arange(600) == 300, 0.0, TRUE),
    "a fifth of the rate": TRUE / 5,
    "half the rate": TRUE / 2,
    "three times the rate": 3 * TRUE,
    "stamps that stand still": 0 * TRUE,
}


@pytest.mark.parametrize("name", WRONG_CLOCKS)
def test_film_time_is_right_whatever_the_camera_stamps(name: str) -> None:
    delay = 0.2 + np.random.default_rng(0).exponential(0.01, len(TRUE)).clip(0, 0.1)
    clock = CameraClock()
    arrived = np.maximum.accumulate(TRUE + delay)
    film = [
        clock.film_time(own, at)
        for own, at in zip(WRONG_CLOCKS[name].tolist(), arrived.tolist(), strict=True)
    ]
    late = np.array(film) - TRUE - 0.2
    assert np.abs(late).max() < 0.2  # a sample


def test_a_slightly_wrong_rate_is_followed_to_within_a_quarter_of_a_second() -> None:
    for rate in (0.9, 0.96, 0.99, 1.01, 1.1):
        clock = CameraClock()
        film = [clock.film_time(rate * time, time + 0.1) for time in TRUE.tolist()]
        late = np.array(film) - TRUE - 0.1
        assert np.abs(late[TRUE > 10]).max() < 0.25, rate


def test_frames_without_stamps_are_timed_by_their_arrival() -> None:
    clock = CameraClock()
    assert [clock.film_time(None, time) for time in (1.0, 1.2, 1.4)] == [1.0, 1.2, 1.4]


def test_frames_that_the_network_held_back_keep_their_times() -> None:
    held = (TRUE >= 30) & (TRUE < 33)
    arrived = np.where(held, 33.0, TRUE) + 0.1
    clock = CameraClock()
    film = [clock.film_time(own, at) for own, at in zip(TRUE.tolist(), arrived.tolist(), strict=True)]
    assert np.abs(np.array(film) - TRUE - 0.1).max() < 0.05


def test_one_picture_is_sampled_for_each_tick() -> None:
    assert sample_indices([0.0, 0.1, 0.1999, 0.2, 0.39], 5).tolist() == [0, 0, 1, 1, 1]
