"""The clocks of a live capture.

`FilmClock` provides film time, which stops while the film is paused. `CameraClock` converts the timestamps of
one camera to film time.
"""

from __future__ import annotations

import threading
import time

import numpy as np
from numpy.typing import ArrayLike, NDArray


def sample_indices(times: ArrayLike, rate: float) -> NDArray[np.int64]:
    """Return the number of the sample that each frame belongs to; only the first frame of a sample is used.

    Args:
        times: film times in seconds.
        rate: samples per second.
    """
    # Half a millisecond of tolerance, since timestamps are rounded to the stream's time base.
    return np.floor((np.asarray(times, np.float64) + 5e-4) * rate).astype(np.int64)


class FilmClock:
    """Thread-safe film time during a capture; it is 0 until the first `resume`.

    The clock is paused together with the film. Film time stops during a pause, so a pause is not a gap.
    """

    def __init__(self, speed: float = 1.0) -> None:
        """Create a paused clock.

        Args:
            speed: seconds of film time per second of real time; greater than 1 only for recordings that are
                played as if they were live.
        """
        self._speed = speed
        self._changed = threading.Condition()
        self._resumed_at = time.monotonic()
        self._time_at_resume = 0.0
        self._paused = True
        self._stopped = False

    def now(self) -> float:
        """The current film time in seconds."""
        with self._changed:
            return self._now()

    @property
    def paused(self) -> bool:
        """Whether film time is paused."""
        return self._paused

    @property
    def stopped(self) -> bool:
        """Whether the capture has ended."""
        return self._stopped

    def pause(self) -> None:
        """Stop film time until `resume`."""
        with self._changed:
            self._time_at_resume, self._paused = self._now(), True
            self._changed.notify_all()

    def resume(self) -> None:
        """Continue film time from its current value."""
        with self._changed:
            if self._stopped:
                return
            self._time_at_resume, self._resumed_at, self._paused = self._now(), time.monotonic(), False
            self._changed.notify_all()

    def stop(self) -> None:
        """End the capture: film time stops permanently, and sleeping threads wake up."""
        with self._changed:
            self._time_at_resume, self._paused, self._stopped = self._now(), True, True
            self._changed.notify_all()

    def sleep(self, seconds: float) -> bool:
        """Wait for a number of seconds, whether or not the film is paused.

        Returns:
            False if the clock has been stopped.
        """
        with self._changed:
            return not self._changed.wait_for(lambda: self._stopped, seconds / self._speed)

    def sleep_until(self, film_time: float) -> bool:
        """Wait until a film time is reached.

        Returns:
            False if the clock has been stopped.
        """
        with self._changed:
            while not self._stopped and (left := film_time - self._now()) > 0:
                self._changed.wait(None if self._paused else left / self._speed)
            return not self._stopped

    def _now(self) -> float:
        running = 0.0 if self._paused else (time.monotonic() - self._resumed_at) * self._speed
        return self._time_at_resume + running


class CameraClock:
    """Converts a camera's own timestamps to film time.

    Frames arrive with varying delays, and the smallest delay is assumed to be constant. Film time is
    therefore the camera's time plus the smallest difference between the two clocks observed so far. This
    difference may grow slowly, so that a drifting camera clock is followed.
    """

    MAX_DRIFT = 1e-3
    """Maximum growth of the clock difference, in seconds per second; quartz clocks drift less."""
    MAX_DELAY_SECONDS = 5.0
    """Maximum delay in seconds; a longer delay means that the camera's clock has jumped."""

    def __init__(self) -> None:
        self._difference = float("inf")
        self._last_arrival = self._last_film_time = float("-inf")

    def film_time(self, camera_time: float, arrival_time: float) -> float:
        """The film time of a frame, never earlier than that of the previous frame.

        Args:
            camera_time: the camera's timestamp, in seconds from any origin.
            arrival_time: film time at which the frame arrived.
        """
        leak = self.MAX_DRIFT * (arrival_time - self._last_arrival)
        self._last_arrival = arrival_time
        self._difference = min(self._difference + leak, arrival_time - camera_time)
        if arrival_time - (camera_time + self._difference) > self.MAX_DELAY_SECONDS:
            self._difference = arrival_time - camera_time
        self._last_film_time = max(self._last_film_time, camera_time + self._difference)
        return self._last_film_time
