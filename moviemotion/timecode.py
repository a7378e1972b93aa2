"""SMPTE timecode: how edit lists number a film's frames. Serves everyone.

Own arithmetic on exact rates. OpenTimelineIO's knows the rates of television only, takes the timecodes that
drop-frame counting leaves out, and costs a second to import; the tests hold ours against it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from math import ceil

FIRST_FRAME = "01:00:00:00"
"""The timecode at which a film begins by custom, and the timelines of Resolve and Avid by default."""
_CODE = re.compile(r"(\d{1,2})[:;](\d{2})[:;](\d{2})([:;])(\d{2,3})")
_NEAR = 0.005
"""Frames a second: 23.98 is what people write for 24000/1001."""


def exact_rate(fps: float) -> Fraction:
    """The rate that people mean by 24, 25, 23.976, 29.97, …: whole, or whole · 1000/1001.

    Raises:
        ValueError: timecode cannot count at this rate.
    """
    if 1 <= fps <= 999:
        for whole in (round(fps), ceil(fps)):
            for rate in (Fraction(whole), Fraction(whole * 1000, 1001)):
                if abs(rate - Fraction(fps)) < _NEAR:
                    return rate
    raise ValueError(f"{fps:g} is no frame rate that timecode has; give one such as 24, 25 or 29.97")


@dataclass(frozen=True)
class Timecode:
    """How the frames of a film are numbered.

    Attributes:
        rate: frames a second, as `exact_rate` gives it.
        drop: whether numbers are dropped so that the timecode keeps up with the clock; for 29.97 and its
            multiples only.
        start: number of the film's first frame.
    """

    rate: Fraction
    drop: bool = False
    start: int = 0

    def frame(self, seconds: float) -> int:
        """The frame of the film, from 0, nearest to a film time."""
        return round(Fraction(seconds) * self.rate)

    def seconds(self, frame: int) -> float:
        """Film time at which a frame, counted from 0, begins."""
        return float(frame / self.rate)

    def code(self, frame: int) -> str:
        """A frame's timecode, `01:00:10:00`, or `01:00:10;00` with dropped numbers. Days start again at 0.

        Of each minute that is no tenth, the first numbers are dropped: two at 29.97 (SMPTE ST 12-1).
        """
        number = (self.start + frame) % self._day
        if self.drop:
            tens, rest = divmod(number, 600 * self._base - 9 * self._gone)
            minutes = max(rest - self._gone, 0) // (60 * self._base - self._gone)
            number += self._gone * (9 * tens + minutes)
        seconds, frames = divmod(number, self._base)
        mark = ";" if self.drop else ":"
        return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}{mark}{frames:02}"

    def frame_at(self, code: str) -> int:
        """The frame of the film that has a timecode.

        Raises:
            ValueError: the text is no timecode at this rate, or is one that is dropped.
        """
        return (self._number(code) - self.start) % self._day

    @classmethod
    def starting(cls, code: str, rate: Fraction) -> Timecode:
        """A film whose first frame has this timecode; a semicolon before its frames drops numbers.

        Raises:
            ValueError: the text is no timecode at this rate.
        """
        zero = cls(rate, drop=";" in code)
        return cls(rate, zero.drop, zero._number(code))

    def __post_init__(self) -> None:
        if self.drop and (self._base % 30 or self.rate.denominator == 1):
            raise ValueError(f"no numbers are dropped at {float(self.rate):g} frames a second")

    @property
    def _base(self) -> int:
        """Numbers a second."""
        return ceil(self.rate)

    @property
    def _gone(self) -> int:
        """Numbers dropped a minute."""
        return self._base // 15 if self.drop else 0

    @property
    def _day(self) -> int:
        return 24 * 6 * (600 * self._base - 9 * self._gone)

    def _number(self, code: str) -> int:
        part = _CODE.fullmatch(code)
        if not part:
            raise ValueError(f"{code} is no timecode; write it as 01:00:00:00")
        hours, minutes, seconds, frames = (int(part[k]) for k in (1, 2, 3, 5))
        dropped = self.drop and seconds == 0 and minutes % 10 and frames < self._gone
        if hours > 23 or minutes > 59 or seconds > 59 or frames >= self._base or dropped:
            raise ValueError(f"{code} is no timecode at {float(self.rate):g} frames a second")
        count = ((hours * 60 + minutes) * 60 + seconds) * self._base + frames
        passed = hours * 60 + minutes
        return count - self._gone * (passed - passed // 10)
