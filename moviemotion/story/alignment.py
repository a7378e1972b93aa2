"""Lay the script on the film's clock: every element of the screenplay gets a start and an end."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from moviemotion.story.screenplay import Screenplay


class TimeSource(StrEnum):
    """Where a cue's time comes from."""

    SUBTITLES = "subtitles"
    BETWEEN = "between neighbours"
    PAGE = "page"
    CUT = "not in the film"


@dataclass(frozen=True)
class Cue:
    """When one element of the screenplay is on screen.

    Attributes:
        element: index into `Screenplay.elements`.
        start, end: seconds of film time; NaN where `source` is CUT.
        source: where the time comes from.
        confidence: 0–1; share of the element's words found in the subtitles, 0 where none were.
    """

    element: int
    start: float
    end: float
    source: TimeSource
    confidence: float


@dataclass(frozen=True)
class TimedScript:
    """A screenplay on the film's clock: one cue an element, in the order of the elements.

    Attributes:
        timing: one plain sentence for people: where the times come from and how many lines matched.
    """

    screenplay: Screenplay
    cues: tuple[Cue, ...]
    timing: str
