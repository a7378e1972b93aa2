"""The film's clock during a live capture: seconds of film time, which stand still in a pause."""

from __future__ import annotations

import threading
import time

import numpy as np
from numpy.typing import ArrayLike, NDArray


def sample_indices(times: ArrayLike, rate: float) -> NDArray[np.int64]:
    """The sample that each picture would be; of those with one number only the first is sampled.

    Args:
        times: seconds of film time.
        rate: samples a second.
    """
    # Half a millisecond of slack: timestamps are rounded to the stream's time base.
    return np.floor((np.asarray(times, np.float64) + 5e-4) * rate).astype(np.int64)


class FilmClock:
    """Stands at 0 until `resume`. Threads may share it.

    A pause is the film's pause: film time stands still, so nothing is missed in it.
    """

    def __init__(self, speed: float = 1.0) -> None:
        """
        Args:
            speed: seconds of film a second of ours; more than 1 only for recordings played as live.
        """
        self._speed = speed
        self._changed = threading.Condition()
        self._resumed_at = time.monotonic()
        self._time_at_resume = 0.0
        self._paused = True
        self._stopped = False

    def now(self) -> float:
        """Seconds of film time."""
        with self._changed:
            return self._now()

    @property
    def paused(self) -> bool:
        return self._paused

    @property
    def stopped(self) -> bool:
        return self._stopped

    def pause(self) -> None:
        """Let film time stand still."""
        with self._changed:
            self._time_at_resume, self._paused = self._now(), True
            self._changed.notify_all()

    def resume(self) -> None:
        """Let film time run, from where it stands."""
        with self._changed:
            if self._stopped:
                return
            self._time_at_resume, self._resumed_at, self._paused = self._now(), time.monotonic(), False
            self._changed.notify_all()

    def stop(self) -> None:
        """End the capture: time stands still for good and whoever sleeps wakes up."""
        with self._changed:
            self._time_at_resume, self._paused, self._stopped = self._now(), True, True
            self._changed.notify_all()

    def sleep(self, seconds: float) -> bool:
        """Wait, also through a pause; False once the clock has been stopped."""
        with self._changed:
            return not self._changed.wait_for(lambda: self._stopped, seconds / self._speed)

    def sleep_until(self, film_time: float) -> bool:
        """Wait until the film is there; False once the clock has been stopped."""
        with self._changed:
            while not self._stopped and (left := film_time - self._now()) > 0:
                self._changed.wait(None if self._paused else left / self._speed)
            return not self._stopped

    def _now(self) -> float:
        running = 0.0 if self._paused else (time.monotonic() - self._resumed_at) * self._speed
        return self._time_at_resume + running


class CameraClock:
    """Turns a camera's own timestamps into film time.

    A picture arrives late by a delay that varies. The smallest delay of late is the steady one, so
    film time is the camera's time plus the smallest difference that was seen between the two clocks.
    """

    MAX_DRIFT = 1e-3
    """Seconds a second by which the difference may grow: no quartz drifts more."""
    MAX_DELAY_SECONDS = 5.0
    """Seconds. A picture that is later than that tells that the camera's clock has jumped."""

    def __init__(self) -> None:
        self._difference = float("inf")
        self._last_arrival = self._last_film_time = float("-inf")

    def film_time(self, camera_time: float, arrival_time: float) -> float:
        """Film time of a picture, never before that of the last one.

        Args:
            own: the camera's timestamp, seconds from anywhere.
            arrived: film time at which the picture came.
        """
        leak = self.MAX_DRIFT * (arrival_time - self._last_arrival)
        self._last_arrival = arrival_time
        self._difference = min(self._difference + leak, arrival_time - camera_time)
        if arrival_time - (camera_time + self._difference) > self.MAX_DELAY_SECONDS:
            self._difference = arrival_time - camera_time
        self._last_film_time = max(self._last_film_time, camera_time + self._difference)
        return self._last_film_time
