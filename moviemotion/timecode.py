"""SMPTE timecode: the numbering of a film's frames in edit lists.

The arithmetic uses exact frame rates. OpenTimelineIO is not used because it supports only television rates,
accepts timecodes that drop-frame counting skips, and takes a second to import. The tests compare this module
with OpenTimelineIO.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from math import ceil

DEFAULT_START_TIMECODE = "01:00:00:00"
"""The conventional timecode of a film's first frame, and the default in Resolve and Avid timelines."""
_TIMECODE = re.compile(r"(\d{1,2})[:;](\d{2})[:;](\d{2})([:;])(\d{2,3})")
_RATE_TOLERANCE = 0.005
"""Tolerance in frames per second, wide enough that 23.98 is accepted for 24000/1001."""


def clock_text(seconds: float) -> str:
    """Format a film time as `1:05` or `1:02:05`, rounded down to the second.

    Example:
        >>> clock_text(3725.9)
        '1:02:05'
    """
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def exact_frame_rate(fps: float) -> Fraction:
    """Return the exact value of a rounded frame rate: an integer, or an integer times 1000/1001.

    Args:
        fps: frames per second, rounded as is customary, such as 25 or 23.976.

    Raises:
        ValueError: timecode is not defined for this rate.

    Example:
        >>> exact_frame_rate(23.98)
        Fraction(24000, 1001)
    """
    if 1 <= fps <= 999:
        for whole in (round(fps), ceil(fps)):
            for rate in (Fraction(whole), Fraction(whole * 1000, 1001)):
                if abs(rate - Fraction(fps)) < _RATE_TOLERANCE:
                    return rate
    raise ValueError(
        f"timecode is not defined for {fps:g} frames per second; give a rate such as 24, 25 or 29.97"
    )


@dataclass(frozen=True)
class TimecodeFormat:
    """The numbering of a film's frames.

    Attributes:
        frame_rate: frames per second, as returned by `exact_frame_rate`.
        drop_frame: whether frame numbers are skipped so that the timecode stays in step with real time; only
            possible at 29.97 and its multiples.
        start_frame: the number of the film's first frame, counted from timecode 00:00:00:00.

    Example:
        >>> timecode = TimecodeFormat.from_start_timecode("01:00:00:00", exact_frame_rate(24))
        >>> timecode.frame_to_timecode(timecode.seconds_to_frame(83.5))
        '01:01:23:12'
    """

    frame_rate: Fraction
    drop_frame: bool = False
    start_frame: int = 0

    def seconds_to_frame(self, seconds: float) -> int:
        """The number of the frame, counted from 0, whose start is nearest to a film time."""
        return round(Fraction(seconds) * self.frame_rate)

    def frame_to_seconds(self, frame: int) -> float:
        """Film time in seconds at which a frame starts; frames are counted from 0."""
        return float(frame / self.frame_rate)

    def frame_to_timecode(self, frame: int) -> str:
        """A frame's timecode: `01:00:10:00`, or `01:00:10;00` in drop-frame counting.

        Timecode restarts at 00:00:00:00 after 24 hours. Drop-frame counting skips the first frame numbers of
        every minute except each tenth: two numbers at 29.97 (SMPTE ST 12-1).

        Args:
            frame: the number of the frame, counted from 0.
        """
        number = (self.start_frame + frame) % self._frames_per_day
        if self.drop_frame:
            # Add the numbers skipped before this frame. Numbers are skipped nine times in each full ten
            # minutes, and then once in each minute after the first. The first minute is longer than the
            # others because no numbers are skipped in it.
            tens, rest = divmod(number, 600 * self._nominal_rate - 9 * self._dropped_per_minute)
            minutes = max(rest - self._dropped_per_minute, 0) // (
                60 * self._nominal_rate - self._dropped_per_minute
            )
            number += self._dropped_per_minute * (9 * tens + minutes)
        seconds, frames = divmod(number, self._nominal_rate)
        mark = ";" if self.drop_frame else ":"
        return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}{mark}{frames:02}"

    def timecode_to_frame(self, timecode: str) -> int:
        """The number of the frame that has a given timecode, counted from the film's first frame.

        Raises:
            ValueError: the text is not a timecode at this rate, or drop-frame counting skips it.
        """
        return (self._frame_number(timecode) - self.start_frame) % self._frames_per_day

    @classmethod
    def from_start_timecode(cls, timecode: str, frame_rate: Fraction) -> TimecodeFormat:
        """The format of a film whose first frame has a given timecode.

        Args:
            timecode: the first frame's timecode; a semicolon in it means drop-frame counting.
            frame_rate: frames per second, as returned by `exact_frame_rate`.

        Raises:
            ValueError: the text is not a timecode at this rate.
        """
        zero = cls(frame_rate, drop_frame=";" in timecode)
        return cls(frame_rate, zero.drop_frame, zero._frame_number(timecode))

    def __post_init__(self) -> None:
        if self.drop_frame and (self._nominal_rate % 30 or self.frame_rate.denominator == 1):
            raise ValueError(
                f"drop-frame timecode is not defined for {float(self.frame_rate):g} frames per second; "
                "use 29.97 or 59.94"
            )

    @property
    def _nominal_rate(self) -> int:
        """Frame numbers per second of timecode: 30 at 29.97 frames per second."""
        return ceil(self.frame_rate)

    @property
    def _dropped_per_minute(self) -> int:
        """Frame numbers skipped in every minute except each tenth."""
        return self._nominal_rate // 15 if self.drop_frame else 0

    @property
    def _frames_per_day(self) -> int:
        return 24 * 6 * (600 * self._nominal_rate - 9 * self._dropped_per_minute)

    def _frame_number(self, timecode: str) -> int:
        part = _TIMECODE.fullmatch(timecode)
        if not part:
            raise ValueError(f"{timecode} is not a timecode; write it as 01:00:00:00")
        hours, minutes, seconds, frames = (int(part[k]) for k in (1, 2, 3, 5))
        dropped = self.drop_frame and seconds == 0 and minutes % 10 and frames < self._dropped_per_minute
        if hours > 23 or minutes > 59 or seconds > 59 or frames >= self._nominal_rate or dropped:
            raise ValueError(
                f"{timecode} is not a timecode at {float(self.frame_rate):g} frames per second; "
                "choose another timecode"
            )
        count = ((hours * 60 + minutes) * 60 + seconds) * self._nominal_rate + frames
        passed = hours * 60 + minutes
        return count - self._dropped_per_minute * (passed - passed // 10)
