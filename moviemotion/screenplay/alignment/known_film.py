"""What is known of a film besides its script and subtitles."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class KnownFilm:
    """What is known of a film; every attribute may be unknown.

    Attributes:
        seconds: the exact length of the film.
        recorded_seconds: film time at which the recordings of the audience end.
        credits_start: film time at which the credits start.
        voice: (T,) probability from 0 to 1 that somebody speaks, in steps of 0.1 s of film time.
    """

    seconds: float | None = None
    recorded_seconds: float | None = None
    credits_start: float | None = None
    voice: NDArray[np.float32] | None = None
