"""Film time in a live capture: it stops in a pause, and varying delays of a camera do not change it."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from moviemotion.audience.live.film_clock import CameraClock, FilmClock, sample_indices


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
    jitter=st.floats(0.0, 0.5),
    start=st.floats(-1e5, 1e5),
    seed=st.integers(0, 99),
)
def test_a_varying_delay_does_not_change_a_cameras_time(
    delay: float, jitter: float, start: float, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    clock, own = CameraClock(), np.arange(0, 30, 0.1)
    arrived = np.maximum.accumulate(own + delay + rng.exponential(jitter, len(own)).clip(0, 3))
    film = [clock.film_time(start + t, a) for t, a in zip(own, arrived, strict=True)]
    assert (np.diff(film) >= 0).all()
    # Once the shortest delay has been seen, only a drift that no camera has could move it; what was
    # taken for later before that is not taken back.
    settled = int(np.argmin(arrived - own)) + 1
    true = np.maximum(own[settled:] + (arrived - own).min(), max(film[:settled]))
    assert np.abs(film[settled:] - true).max(initial=0) < 0.04


def test_a_camera_whose_clock_jumps_is_followed() -> None:
    clock = CameraClock()
    for k in range(50):
        clock.film_time(k / 10, k / 10 + 0.2)
    assert clock.film_time(-1000.0, 5.2) == pytest.approx(5.2)
    assert clock.film_time(9000.0, 5.3) == pytest.approx(5.3)


def test_one_picture_is_sampled_for_each_tick() -> None:
    assert sample_indices([0.0, 0.1, 0.1999, 0.2, 0.39], 5).tolist() == [0, 0, 1, 1, 1]
