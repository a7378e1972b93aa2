"""The room: what all viewers together felt in each second, each figure with its interval."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]


@dataclass(frozen=True)
class Room:
    """What the room felt, second by second. The feeling axis is in the order of `FEELINGS`.

    Attributes:
        seconds: (S,) int, film second at which each column starts.
        viewers: (S,) int, how many viewers were seen.
        strength: (S, 7) mean strength over the seen viewers, 0–1; NaN where nobody was seen.
        strength_interval: (2, S, 7) its 95 % bootstrap interval over viewers, low then high.
        overall: (S,) mean over the seen viewers of each one's strongest feeling, 0–1.
        overall_interval: (2, S) its 95 % bootstrap interval.
        share: (S,) share of the seen viewers who react (some strength ≥ `REACTING`), 0–1.
        share_interval: (2, S) its 95 % Wilson interval.
        synchrony: (S,) leave-one-out inter-subject correlation in a window around the second, −1…1;
            NaN with fewer than two viewers or no variation.
    """

    seconds: NDArray[np.int64]
    viewers: NDArray[np.int64]
    strength: Float
    strength_interval: Float
    overall: Float
    overall_interval: Float
    share: Float
    share_interval: Float
    synchrony: Float
