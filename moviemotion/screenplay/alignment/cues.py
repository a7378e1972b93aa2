"""When an element of the screenplay is on screen, and how that is known."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class TimeSource(StrEnum):
    """Where a cue's time comes from."""

    SUBTITLES = "subtitles"
    INTERPOLATED = "between neighbours"
    PAGE_ESTIMATE = "page"
    TIMING_SHEET = "timing sheet"
    CUT = "not in the film"


@dataclass(frozen=True)
class Cue:
    """When one element of the screenplay is on screen.

    Attributes:
        element: index into `Screenplay.elements`.
        start, end: seconds of film time; NaN where `source` is CUT.
        source: where the time comes from.
        confidence: 0–1; probability that a line of dialogue is spoken at this time, or, where it was cut,
            that it is spoken nowhere; 0 where nothing was measured.
    """

    element: int
    start: float
    end: float
    source: TimeSource
    confidence: float

    @property
    def is_estimated(self) -> bool:
        """Whether the time was read neither from subtitles nor from a timing sheet."""
        return self.source in (TimeSource.INTERPOLATED, TimeSource.PAGE_ESTIMATE)
