"""The timeline of feels: viewer × second × emotion, with the samples behind each cell."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Timeline:
    """What each viewer's face showed in each second of film time.

    Attributes:
        viewers: V names.
        start: film second of the first column; column k covers [start + k, start + k + 1).
        scores: (V, S, 8) float32, mean emotion probabilities in the order of `EMOTIONS`;
            NaN where the viewer was not seen. Never filled in.
        samples: (V, S) int32, how many samples each cell is the mean of.
    """

    viewers: tuple[str, ...]
    start: int
    scores: NDArray[np.float32]
    samples: NDArray[np.int32]
