"""How each camera's clock became film time, as the reports state it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ClockSummary:
    """The clock of a camera. Unknown half-widths are NaN.

    Attributes:
        camera: the camera's name.
        start: film time at which the recording starts, in seconds.
        half_width: half-width of the 95 % interval of film time, in seconds.
        drift: how much faster film time runs than the camera's clock; 0.0001 is 0.36 s per hour.
        drift_half_width: half-width of the 95 % interval of the drift.
        source: how the clock was found: "given", "sound", "light", "creation time" or "assumed".
        pieces: number of pieces; a recording that was paused has several, and only the first is described.
    """

    camera: str
    start: float
    half_width: float
    drift: float
    drift_half_width: float
    source: str
    pieces: int
