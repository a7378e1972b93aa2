"""The clock of a camera: how its file's time becomes film time, how that was found, and how certain it is."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray


class ClockSource(StrEnum):
    """How a camera's clock was found, from the most certain to the least."""

    GIVEN = "given"
    SOUND = "sound"
    LIGHT = "light"
    CREATION_TIME = "creation time"
    ASSUMED = "assumed"


@dataclass(frozen=True)
class ClockPiece:
    """A stretch of a file in which film time runs evenly: film time = offset + (1 + drift) × file time.

    Attributes:
        start: file time from which this piece counts, in seconds; −inf for the first piece.
        offset: seconds.
        drift: how much faster film time runs than the file's clock; 0.0001 are 0.36 s per hour.
        start_half_width: half-width of the interval of `start`, in seconds.
    """

    start: float
    offset: float
    drift: float = 0.0
    start_half_width: float = 0.0

    def film_time(self, time: float) -> float:
        """Film time in seconds of a file time in seconds."""
        return time + self.offset + self.drift * time


@dataclass(frozen=True)
class CameraClock:
    """The clock of a camera.

    Attributes:
        pieces: at least one; a recording that was paused or cut has several.
        source: how the clock was found.
        half_width: half-width of the 95 % interval of film time, in seconds; NaN if it is not known.
        drift_half_width: half-width of the 95 % interval of the drift; NaN if the drift was not measured.
    """

    pieces: tuple[ClockPiece, ...] = (ClockPiece(-math.inf, 0.0),)
    source: ClockSource = ClockSource.ASSUMED
    half_width: float = math.nan
    drift_half_width: float = math.nan

    @classmethod
    def of_offset(cls, offset: float, source: ClockSource, half_width: float = math.nan) -> CameraClock:
        """A clock that runs as fast as the film's."""
        return cls((ClockPiece(-math.inf, offset),), source, half_width)

    @property
    def offset(self) -> float:
        """Film time of the file's start, in seconds."""
        return self.pieces[0].offset

    @property
    def drift(self) -> float:
        """The drift of the first piece."""
        return self.pieces[0].drift

    def film_times(self, times: ArrayLike) -> NDArray[np.float64]:
        """Film times in seconds of file times in seconds, any shape."""
        time = np.asarray(times, np.float64)
        piece = np.searchsorted([p.start for p in self.pieces[1:]], time, side="right")
        offset, drift = (np.array([getattr(p, name) for p in self.pieces]) for name in ("offset", "drift"))
        return np.asarray(time + offset[piece] + drift[piece] * time)

    def file_times(self, times: ArrayLike) -> NDArray[np.float64]:
        """File times in seconds of film times in seconds, any shape."""
        time = np.asarray(times, np.float64)
        piece = np.searchsorted([p.film_time(p.start) for p in self.pieces[1:]], time, side="right")
        offset, drift = (np.array([getattr(p, name) for p in self.pieces]) for name in ("offset", "drift"))
        return np.asarray((time - offset[piece]) / (1 + drift[piece]))

    def to_json(self) -> dict[str, object]:
        """The clock for a JSON file; unknown half-widths are null."""
        return {
            "pieces": [
                [_or_null(piece.start), piece.offset, piece.drift, piece.start_half_width]
                for piece in self.pieces
            ],
            "source": str(self.source),
            "half_width": _or_null(self.half_width),
            "drift_half_width": _or_null(self.drift_half_width),
        }

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> CameraClock:
        """Invert `to_json`; raises a LookupError, TypeError or ValueError if the content is damaged."""
        pieces = tuple(
            ClockPiece(-math.inf if start is None else float(start), *map(float, rest))
            for start, *rest in content["pieces"]
        )
        if not pieces or not all(math.isfinite(p.offset + p.drift) for p in pieces):
            raise ValueError("invalid clock")
        widths = [
            math.nan if content[key] is None else float(content[key])
            for key in ("half_width", "drift_half_width")
        ]
        return cls(pieces, ClockSource(content["source"]), *widths)


def composed(outer: Sequence[ClockPiece], inner: Sequence[ClockPiece]) -> tuple[ClockPiece, ...]:
    """The pieces of a clock that leads from a file by way of another file to film time.

    Args:
        outer: the pieces of the other file's clock.
        inner: the pieces that lead from the file to the other file.
    """
    starts = [piece.start for piece in outer]
    result = []
    for piece, end in zip(inner, [*(p.start for p in inner[1:]), math.inf], strict=True):
        crossings = [(start - piece.offset) / (1 + piece.drift) for start in starts[1:]]
        for start in sorted({piece.start, *(c for c in crossings if piece.start < c < end)}):
            # A time before all recordings stands for −inf, which cannot be multiplied by zero.
            there = piece.film_time(max(start, -1e9)) + 1e-9
            other = outer[max(0, bisect_right(starts, there) - 1)]
            result.append(
                ClockPiece(
                    start,
                    other.offset + (1 + other.drift) * piece.offset,
                    (1 + other.drift) * (1 + piece.drift) - 1,
                    piece.start_half_width,
                )
            )
    return tuple(result)


def inverted(pieces: Sequence[ClockPiece]) -> tuple[ClockPiece, ...]:
    """The pieces that lead from the other clock back to the file's."""
    return tuple(
        ClockPiece(
            piece.start if k == 0 else piece.film_time(piece.start),
            -piece.offset / (1 + piece.drift),
            1 / (1 + piece.drift) - 1,
            piece.start_half_width,
        )
        for k, piece in enumerate(pieces)
    )


def shifted(clock: CameraClock, seconds: float) -> CameraClock:
    """A clock whose film time is later by some seconds."""
    return CameraClock(
        tuple(replace(piece, offset=piece.offset + seconds) for piece in clock.pieces),
        clock.source,
        clock.half_width,
        clock.drift_half_width,
    )


def _or_null(value: float) -> float | None:
    return value if math.isfinite(value) else None
