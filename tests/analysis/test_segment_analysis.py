"""Segments are analyzed like audiences, and a moment names the segment that carries it."""

from __future__ import annotations

import numpy as np
import pytest
from audiences import simulate_timeline

from moviemotion.analysis.analyze import Analysis, analyze
from moviemotion.analysis.segments.segment import Segment
from moviemotion.analysis.segments.segment_analysis import (
    analyze_part,
    analyze_segments,
    moment_carriers,
)
from moviemotion.analysis.signals.seat_map import SeatMap
from moviemotion.analysis.signals.timeline import Timeline
from moviemotion.emotions import Emotion

COMMON = ((60, 66, Emotion.HAPPY, 0.9),)
OWN = ((160, 168, Emotion.HAPPY, 0.9),)
SIZE = 12
LIVELY, REST, FEW = Segment("lively", "x"), Segment("the rest", "y"), Segment("few", "z")


@pytest.fixture(scope="module")
def room() -> Analysis:
    """Twelve viewers with a reaction of their own, and twelve without."""
    lively = simulate_timeline(SIZE, 300, 1, (*COMMON, *OWN))
    rest = simulate_timeline(SIZE, 300, 2, COMMON)
    timeline = Timeline(
        tuple(f"seat-{k:02}" for k in range(2 * SIZE)),
        0,
        np.concatenate([lively.probabilities, rest.probabilities]),
        np.concatenate([lively.sample_counts, rest.sample_counts]),
    )
    seats = SeatMap(np.arange(2 * SIZE), np.zeros(2 * SIZE, dtype=int))
    return analyze("Film", timeline, None, (), 1, seat_map=seats)


@pytest.fixture(scope="module")
def members(room: Analysis) -> dict[Segment, tuple[str, ...]]:
    viewers = room.timeline.viewers
    return {LIVELY: viewers[:SIZE], REST: viewers[SIZE:], FEW: viewers[:4]}


def test_a_segment_is_analyzed_like_an_audience(room: Analysis, members) -> None:
    rows = [20, 3, 4, 5, 6, 7, 8]
    part = analyze_part(room, [room.timeline.viewers[k] for k in rows])
    assert part.timeline.viewers == tuple(room.timeline.viewers[k] for k in sorted(rows))
    np.testing.assert_array_equal(part.strength, room.strength[sorted(rows)])
    assert part.seat_map is not None
    np.testing.assert_array_equal(part.seat_map.row, room.seat_map.row[sorted(rows)])
    assert part.data_quality.viewers == len(rows)
    assert part.data_quality.problems == room.data_quality.problems
    assert analyze_part(room, room.timeline.viewers).moment_search == room.moment_search


def test_the_moment_names_the_segment_that_carries_it(room: Analysis, members) -> None:
    carriers = moment_carriers(room, members)
    own = [160 <= moment.peak < 175 for moment in room.moment_search.moments]
    assert sorted(own) == [False, True]
    assert [[carrier.segment for carrier in of_moment] for of_moment in carriers] == [
        ["lively"] if is_own else [] for is_own in own
    ]
    (carrier,) = carriers[own.index(True)]
    assert carrier.strength > carrier.strength_of_others
    assert carrier.interval[0] > 0
    assert 0 < carrier.p_adjusted <= 0.05


def test_p_values_are_multiplied_by_the_number_of_segments(room: Analysis, members) -> None:
    def smallest(shown: dict[Segment, tuple[str, ...]]) -> float:
        return min(carrier.p_adjusted for each in moment_carriers(room, shown) for carrier in each)

    one, two = {LIVELY: members[LIVELY]}, {LIVELY: members[LIVELY], REST: members[REST]}
    assert smallest(two) == pytest.approx(2 * smallest(one))
    p = [
        {m.peak: m.p_adjusted for m in analyze_part(room, members[LIVELY], n).moment_search.moments}
        for n in (1, 3)
    ]
    assert all(later == pytest.approx(3 * p[0][peak]) for peak, later in p[1].items())


def test_a_segment_differs_where_it_reacts_and_others_do_not(room: Analysis, members) -> None:
    lively, rest, few = analyze_segments(room, {**members, Segment("nobody", "n"): ()})
    assert {row.emotion for row in lively.differences} == {Emotion.HAPPY}
    assert any(160 <= row.unit.spans[1].start < 170 and row.difference > 0.3 for row in lively.differences)
    assert not any(
        55 <= row.unit.spans[1].start < 75 for row in lively.differences if row.unit.spans[1].end < 300
    )
    assert all(row.difference < 0 for row in rest.differences)
    assert few.comparison is None
    assert few.differences == ()
    assert not few.analysis.moment_search.conclusive


def test_nothing_is_said_of_segments_that_are_too_small(room: Analysis, members) -> None:
    everybody_but_four = room.timeline.viewers[4:]
    assert moment_carriers(room, {FEW: members[FEW], REST: everybody_but_four}) == ((), ())
