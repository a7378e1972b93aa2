"""The clocks of a live capture.

`FilmClock` provides film time, which stops while the film is paused. `CameraClock` converts the timestamps of
one camera to film time.
"""

from __future__ import annotations

import threading
import time
from collections import deque

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

    Some cameras send frames at another rate than their timestamps claim, lose time, or set their clock. As
    long as the difference grows steadily, the timestamps cannot be trusted, and frames are timed by their
    arrival.
    """

    MAX_DRIFT = 1e-3
    """Maximum growth of the clock difference, in seconds per second; quartz clocks drift less."""
    MAX_UNTRUSTED_DELAY = 0.1
    """Maximum delay in seconds that is attributed to the network while the timestamps cannot be trusted."""
    BLOCK_SECONDS, BLOCK_FRAMES, MAX_WAIT = 1.0, 3, 0.5
    """Minimum duration and number of frames of a block of frames, in which the smallest difference is found.
    Waiting longer than `MAX_WAIT` for a frame does not count, so that the frames that a network held back
    are in one block with the first one after them that is on time."""
    MIN_GROWTH = (0.6, 0.5, 0.35, 0.2, 0.1)
    """Growth in seconds of the difference over 2, 3, … blocks from which the timestamps are not trusted."""
    FIRST_BLOCKS = 3
    """Number of blocks after which the timestamps can be trusted."""

    def __init__(self) -> None:
        self.was_set_back = False
        """Whether the last frame's timestamp was earlier than that of the frame before."""
        self._difference = float("inf")
        self._camera_time = self._arrival = self._film_time = float("-inf")
        self._blocks: deque[float] = deque(maxlen=1 + len(self.MIN_GROWTH))
        """The smallest difference between the clocks in each of the last blocks."""
        self._start_block()
        self._trusted = False

    def film_time(self, camera_time: float | None, arrival_time: float) -> float:
        """The film time of a frame, never earlier than that of the previous frame.

        Args:
            camera_time: the camera's timestamp, in seconds from any origin; None if the camera sends none.
            arrival_time: film time at which the frame arrived.
        """
        film_time = arrival_time
        if camera_time is not None:
            self._compare(camera_time, arrival_time)
            film_time = camera_time + self._difference
            if not self._trusted:
                film_time = max(film_time, arrival_time - self.MAX_UNTRUSTED_DELAY)
        self._film_time = max(self._film_time, film_time)
        return self._film_time

    def _compare(self, camera_time: float, arrival_time: float) -> None:
        """Update the difference between the clocks, and whether the timestamps can be trusted."""
        step, waited = camera_time - self._camera_time, arrival_time - self._arrival
        self._camera_time, self._arrival = camera_time, arrival_time
        now = arrival_time - camera_time
        self.was_set_back = step < 0
        if step < 0:  # the clock was set back, and this frame was as late as the one before
            self._difference += waited - step
            self._blocks.clear()
            self._start_block()
        elif self._difference < float("inf"):
            self._difference += self.MAX_DRIFT * waited
        self._difference = min(self._difference, now)
        self._add_to_block(now, waited)
        trusted = len(self._blocks) >= self.FIRST_BLOCKS and not self._is_growing()
        compared = 1 + len(self.MIN_GROWTH) if self._trusted else self.FIRST_BLOCKS - 1
        if trusted and len(self._blocks) >= compared:
            # If even the fastest of many frames was late, the camera's clock has lost time.
            least = min(*list(self._blocks)[-compared:], self._block_least)
            if least > self._difference + self.MAX_UNTRUSTED_DELAY:
                self._difference = least
        self._trusted = trusted

    def _is_growing(self) -> bool:
        """Whether the difference between the clocks grows steadily, which varying delays cannot explain."""
        later = list(self._blocks)[::-1]
        for number, growth in enumerate(self.MIN_GROWTH, 1):
            if number >= len(later) or later[number] >= later[number - 1]:
                return False
            if later[0] - later[number] >= growth:
                return True
        return False

    def _start_block(self) -> None:
        self._block_least = float("inf")
        self._block_seconds, self._block_frames = 0.0, 0

    def _add_to_block(self, difference: float, waited: float) -> None:
        self._block_least = min(self._block_least, difference)
        self._block_seconds += min(waited, self.MAX_WAIT) if waited < float("inf") else 0.0
        self._block_frames += 1
        if self._block_seconds >= self.BLOCK_SECONDS and self._block_frames >= self.BLOCK_FRAMES:
            self._blocks.append(self._block_least)
            self._start_block()
