"""Cues: the times at which the elements of a screenplay are on screen, and the sources of these times."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class TimeSource(StrEnum):
    """Where a cue's time comes from."""

    SUBTITLES = "subtitles"
    INTERPOLATED = "interpolated"
    PAGE_ESTIMATE = "page"
    TIMING_SHEET = "timing sheet"
    SOUND = "sound"
    VOICES = "voices"
    BY_HAND = "by hand"
    CUT = "not in the film"


@dataclass(frozen=True)
class Cue:
    """The time at which one element of the screenplay is on screen.

    Attributes:
        element: index into `Screenplay.elements`.
        start, end: seconds of film time; NaN if `source` is CUT.
        source: where the time comes from.
        confidence: the probability, from 0 to 1, that a line of dialogue is spoken at this time or, if the
            line is cut, that it is absent from the film; 0 for estimated times, 1 for times set by hand.
    """

    element: int
    start: float
    end: float
    source: TimeSource
    confidence: float

    @property
    def is_estimated(self) -> bool:
        """Whether the time is an estimate: taken neither from a file nor set by hand."""
        return self.source in (TimeSource.INTERPOLATED, TimeSource.PAGE_ESTIMATE, TimeSource.VOICES)
