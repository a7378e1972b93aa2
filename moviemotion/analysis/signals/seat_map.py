"""The seat map: who sat where, and who sat beside whom.

Neighbors may infect each other, so tests that treat viewers as independent need to know who sat together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np
from numpy.typing import NDArray

MAX_BLOCK_VIEWERS = 8
"""Largest number of viewers who are shifted as one block in the test for moments."""
MIN_BLOCKS = 3
"""Smallest number of blocks in an audience with which the test for moments can find anything."""


@dataclass(frozen=True)
class Place:
    """A place in the theater.

    Attributes:
        row: name of the row.
        seat: position within the row, a whole number; seats n and n + 1 are next to each other.
    """

    row: str
    seat: int


@dataclass(frozen=True)
class SeatMap:
    """The seats of V viewers, in the order of the timeline's viewers.

    Attributes:
        row: (V,) number of each viewer's row.
        position: (V,) number of each viewer's seat within the row; seats n and n + 1 are next to each other.
    """

    row: NDArray[np.int64]
    position: NDArray[np.int64]

    @classmethod
    def of(cls, viewers: Sequence[str], places: Mapping[str, Place]) -> SeatMap:
        """Arrange the places in the order of `viewers`; a viewer without a place is assumed to sit alone.

        Example:
            >>> SeatMap.of(("b", "a"), {"a": Place("F", 7), "b": Place("G", 2)}).position.tolist()
            [2, 7]
        """
        rows = sorted({place.row for place in places.values()})
        number = {viewer: rows.index(place.row) for viewer, place in places.items()}
        position = {viewer: place.seat for viewer, place in places.items()}
        return cls(
            np.array([number.get(v, len(rows) + k) for k, v in enumerate(viewers)], dtype=np.int64),
            np.array([position.get(v, 0) for v in viewers], dtype=np.int64),
        )

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

    def shift_blocks(self) -> NDArray[np.int64]:
        """Number the blocks of neighbors that the test for moments shifts as one.

        Viewers who sat together form a block, but if full rows were blocks, there would be too few blocks for
        a test. Blocks with more than `MAX_BLOCK_VIEWERS` viewers are therefore split evenly. If there are
        still fewer than `MIN_BLOCKS` blocks, the longest ones are split further. At the few places where a
        block is split, neighbors count as independent.

        Returns:
            (V,) number of each viewer's block, from 0.

        Example:
            >>> SeatMap(np.ones(10, dtype=int), np.arange(10)).shift_blocks().tolist()
            [0, 0, 0, 0, 1, 1, 1, 2, 2, 2]
        """
        together = self.blocks()
        parts = [ceil(len(block) / MAX_BLOCK_VIEWERS) for block in together]
        while sum(parts) < min(MIN_BLOCKS, len(self.row)):
            parts[max(range(len(parts)), key=lambda k: len(together[k]) / parts[k])] += 1
        numbers = np.zeros(len(self.row), dtype=np.int64)
        pieces = [
            piece for block, n in zip(together, parts, strict=True) for piece in np.array_split(block, n)
        ]
        for number, piece in enumerate(pieces):
            numbers[piece] = number
        return numbers
