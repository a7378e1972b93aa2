"""SMPTE timecode: how edit lists number a film's frames. Serves everyone.

Own arithmetic on exact rates. OpenTimelineIO's knows the rates of television only, takes the timecodes that
drop-frame counting leaves out, and costs a second to import; the tests hold ours against it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from math import ceil

DEFAULT_START_TIMECODE = "01:00:00:00"
"""The timecode at which a film begins by custom, and the timelines of Resolve and Avid by default."""
_TIMECODE = re.compile(r"(\d{1,2})[:;](\d{2})[:;](\d{2})([:;])(\d{2,3})")
_RATE_TOLERANCE = 0.005
"""Frames a second: 23.98 is what people write for 24000/1001."""


def exact_frame_rate(fps: float) -> Fraction:
    """The rate that people mean by 24, 25, 23.976, 29.97, …: whole, or whole · 1000/1001.

    Raises:
        ValueError: timecode cannot count at this rate.
    """
    if 1 <= fps <= 999:
        for whole in (round(fps), ceil(fps)):
            for rate in (Fraction(whole), Fraction(whole * 1000, 1001)):
                if abs(rate - Fraction(fps)) < _RATE_TOLERANCE:
                    return rate
    raise ValueError(f"{fps:g} is no frame rate that timecode has; give one such as 24, 25 or 29.97")


@dataclass(frozen=True)
class TimecodeFormat:
    """How the frames of a film are numbered.

    Attributes:
        rate: frames a second, as `exact_rate` gives it.
        drop: whether numbers are dropped so that the timecode keeps up with the clock; for 29.97 and its
            multiples only.
        start: number of the film's first frame.
    """

    frame_rate: Fraction
    drop_frame: bool = False
    start_frame: int = 0

    def seconds_to_frame(self, seconds: float) -> int:
        """The frame of the film, from 0, nearest to a film time."""
        return round(Fraction(seconds) * self.frame_rate)

    def frame_to_seconds(self, frame: int) -> float:
        """Film time at which a frame, counted from 0, begins."""
        return float(frame / self.frame_rate)

    def frame_to_timecode(self, frame: int) -> str:
        """A frame's timecode, `01:00:10:00`, or `01:00:10;00` with dropped numbers. Days start again at 0.

        Of each minute that is no tenth, the first numbers are dropped: two at 29.97 (SMPTE ST 12-1).
        """
        number = (self.start_frame + frame) % self._frames_per_day
        if self.drop_frame:
            tens, rest = divmod(number, 600 * self._nominal_rate - 9 * self._dropped_per_minute)
            minutes = max(rest - self._dropped_per_minute, 0) // (
                60 * self._nominal_rate - self._dropped_per_minute
            )
            number += self._dropped_per_minute * (9 * tens + minutes)
        seconds, frames = divmod(number, self._nominal_rate)
        mark = ";" if self.drop_frame else ":"
        return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}{mark}{frames:02}"

    def timecode_to_frame(self, timecode: str) -> int:
        """The frame of the film that has a timecode.

        Raises:
            ValueError: the text is no timecode at this rate, or is one that is dropped.
        """
        return (self._frame_number(timecode) - self.start_frame) % self._frames_per_day

    @classmethod
    def from_start_timecode(cls, timecode: str, frame_rate: Fraction) -> TimecodeFormat:
        """A film whose first frame has this timecode; a semicolon before its frames drops numbers.

        Raises:
            ValueError: the text is no timecode at this rate.
        """
        zero = cls(frame_rate, drop_frame=";" in timecode)
        return cls(frame_rate, zero.drop_frame, zero._frame_number(timecode))

    def __post_init__(self) -> None:
        if self.drop_frame and (self._nominal_rate % 30 or self.frame_rate.denominator == 1):
            raise ValueError(f"no numbers are dropped at {float(self.frame_rate):g} frames a second")

    @property
    def _nominal_rate(self) -> int:
        """Numbers a second."""
        return ceil(self.frame_rate)

    @property
    def _dropped_per_minute(self) -> int:
        """Numbers dropped a minute."""
        return self._nominal_rate // 15 if self.drop_frame else 0

    @property
    def _frames_per_day(self) -> int:
        return 24 * 6 * (600 * self._nominal_rate - 9 * self._dropped_per_minute)

    def _frame_number(self, timecode: str) -> int:
        part = _TIMECODE.fullmatch(timecode)
        if not part:
            raise ValueError(f"{timecode} is no timecode; write it as 01:00:00:00")
        hours, minutes, seconds, frames = (int(part[k]) for k in (1, 2, 3, 5))
        dropped = self.drop_frame and seconds == 0 and minutes % 10 and frames < self._dropped_per_minute
        if hours > 23 or minutes > 59 or seconds > 59 or frames >= self._nominal_rate or dropped:
            raise ValueError(f"{timecode} is no timecode at {float(self.frame_rate):g} frames a second")
        count = ((hours * 60 + minutes) * 60 + seconds) * self._nominal_rate + frames
        passed = hours * 60 + minutes
        return count - self._dropped_per_minute * (passed - passed // 10)
