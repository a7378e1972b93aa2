"""The seat map: who sat where, and who sat beside whom.

Neighbors may infect each other, so tests that treat viewers as independent need to know who sat together.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class SeatMap:
    """The seats of V viewers, in the order of the timeline's viewers.

    Attributes:
        row: (V,) number of each viewer's row.
        position: (V,) number of each viewer's seat within the row; seats n and n + 1 are next to each other.
    """

    row: NDArray[np.int64]
    position: NDArray[np.int64]

    def neighbors(self) -> NDArray[np.bool_]:
        """(V, V) whether two viewers sat next to each other in the same row."""
        beside = np.abs(self.position[:, None] - self.position) == 1
        return np.asarray(beside & (self.row[:, None] == self.row))

    def blocks(self) -> tuple[NDArray[np.int64], ...]:
        """Group the viewers who sat together: within a row, a block ends where a seat is empty.

        Returns:
            The indices of the viewers of each block, by row and from left to right. Every viewer is in
            exactly one block, so a viewer without neighbors is a block of one.

        Example:
            >>> seats = SeatMap(np.array([1, 1, 1, 2]), np.array([5, 4, 8, 6]))
            >>> [block.tolist() for block in seats.blocks()]
            [[1, 0], [2], [3]]
        """
        order = np.lexsort((self.position, self.row))
        apart = (np.diff(self.row[order]) != 0) | (np.diff(self.position[order]) > 1)
        return tuple(np.split(order, np.flatnonzero(apart) + 1)) if len(order) else ()
