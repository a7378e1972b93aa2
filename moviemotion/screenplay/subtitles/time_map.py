"""Time maps: from the times of a subtitle file to film time, piece by piece."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from moviemotion.screenplay.subtitles.parse import Subtitle

FRAME_RATES = (24000 / 1001, 24.0, 25.0)
"""Frame rates, per second, at which films are shown; a ratio of two of them is the usual speed of subtitles
that were made for another transfer."""
TRANSFER_SPEEDS = tuple(sorted({round(a / b, 12) for a in FRAME_RATES for b in FRAME_RATES}))
"""Film seconds per subtitle second for all pairs of frame rates, ascending; 1 is among them."""


@dataclass(frozen=True)
class TimePiece:
    """A stretch of a subtitle file with one linear map: film time = `speed` · subtitle time + `offset`.

    Attributes:
        first: subtitle time in seconds at which the stretch begins.
        speed: film seconds per subtitle second.
        offset: film time at subtitle time 0, in seconds.
    """

    first: float
    speed: float
    offset: float


@dataclass(frozen=True)
class TimeMap:
    """A map from subtitle time to film time; it has at least one piece, in ascending order of `first`."""

    pieces: tuple[TimePiece, ...]

    @classmethod
    def linear(cls, speed: float = 1.0, offset: float = 0.0) -> TimeMap:
        """One speed and offset for the whole file."""
        return cls((TimePiece(0.0, speed, offset),))

    @property
    def is_identity(self) -> bool:
        """Whether the map changes nothing."""
        return all(piece.speed == 1.0 and piece.offset == 0.0 for piece in self.pieces)

    def film_times(self, times: ArrayLike) -> NDArray[np.float64]:
        """Convert subtitle times to film times, both in seconds."""
        x = np.asarray(times, np.float64)
        piece = np.maximum(np.searchsorted([p.first for p in self.pieces], x, side="right") - 1, 0)
        speeds, offsets = (np.array([getattr(p, name) for p in self.pieces]) for name in ("speed", "offset"))
        return np.asarray(speeds[piece] * x + offsets[piece])

    def apply(self, subtitles: Sequence[Subtitle]) -> tuple[Subtitle, ...]:
        """Convert subtitles to film time; a subtitle belongs to the piece in which it starts.

        Subtitles that would end before the film starts are dropped.
        """
        if not subtitles or self.is_identity:
            return tuple(subtitles)
        times = np.array([(s.start, s.end) for s in subtitles])
        starts = self.film_times(times[:, 0])
        piece = np.maximum(np.searchsorted([p.first for p in self.pieces], times[:, 0], side="right") - 1, 0)
        ends = starts + np.array([p.speed for p in self.pieces])[piece] * (times[:, 1] - times[:, 0])
        moved = [
            replace(s, start=max(float(start), 0.0), end=float(end))
            for s, start, end in zip(subtitles, starts, ends, strict=True)
            if end > 0
        ]
        return tuple(sorted(moved, key=lambda s: (s.start, s.end)))
