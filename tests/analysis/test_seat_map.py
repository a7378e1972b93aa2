"""Neighbors form blocks, and blocks remain many enough to test."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from moviemotion.analysis.signals.seat_map import MAX_BLOCK_VIEWERS, MIN_BLOCKS, Place, SeatMap

places = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 30)), min_size=1, max_size=60, unique=True)


def seat_map(seats: list[tuple[int, int]]) -> SeatMap:
    row, position = np.array(seats).T
    return SeatMap(row, position)


@given(places)
def test_blocks_are_runs_of_neighbors_that_are_neither_large_nor_few(seats: list[tuple[int, int]]) -> None:
    numbers = seat_map(seats).shift_blocks()
    count = np.bincount(numbers)
    assert count.min() >= 1
    assert count.max() <= MAX_BLOCK_VIEWERS
    assert len(count) >= min(MIN_BLOCKS, len(seats))
    for number in range(len(count)):
        members = sorted(seats[k] for k in np.flatnonzero(numbers == number))
        assert all(b == (row, seat + 1) for (row, seat), b in pairwise(members))


@given(places)
def test_pairs_are_neighbors_in_one_row_on_adjacent_seats(seats: list[tuple[int, int]]) -> None:
    neighbors = seat_map(seats).neighbors()
    expected = [[a[0] == b[0] and abs(a[1] - b[1]) == 1 for b in seats] for a in seats]
    assert neighbors.tolist() == expected


@pytest.mark.parametrize(
    ("runs", "sizes"),
    [
        ([24], [8, 8, 8]),
        ([9, 4, 4], [4, 4, 4, 5]),
        ([8, 8, 8], [8, 8, 8]),
        ([10], [3, 3, 4]),
        ([6, 2], [2, 3, 3]),
        ([2], [1, 1]),
        ([1], [1]),
    ],
)
def test_long_runs_are_split_evenly(runs: list[int], sizes: list[int]) -> None:
    seats = [(row, seat) for row, length in enumerate(runs) for seat in range(length)]
    assert sorted(np.bincount(seat_map(seats).shift_blocks()).tolist()) == sizes


def test_places_are_arranged_like_the_viewers_and_strangers_sit_alone() -> None:
    seats = SeatMap.of(("x", "b", "a", "y"), {"a": Place("F", 3), "b": Place("F", 4), "c": Place("F", 5)})
    assert seats.neighbors().tolist() == [
        [False, False, False, False],
        [False, False, True, False],
        [False, True, False, False],
        [False, False, False, False],
    ]
