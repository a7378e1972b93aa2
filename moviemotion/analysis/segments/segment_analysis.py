"""Segments of an audience: each is analyzed like an audience, and compared with everybody else.

Three questions have three tests, and each controls the probability of any false answer (5 %) over everything
that it looks at:

- *Did the segment react together?* The search for moments among the segment's viewers.
- *Where does it differ from the others?* The comparison of two audiences, over lines, scenes or stretches.
- *Which segment carries a moment of the room?* A comparison of the segment with the others, only in the
  moments of the room. Because the moments are found without regard to segments, this selection is no
  evidence for a difference.

Each p-value is multiplied by the number of segments (Bonferroni).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from moviemotion.analysis.analyze import Analysis, interpret
from moviemotion.analysis.comparison.group_differences import ALPHA, DifferenceVerdict, compare_groups
from moviemotion.analysis.comparison.screening_comparison import (
    ScreeningComparison,
    UnitDifference,
    compare_screenings,
)
from moviemotion.analysis.moments.carrier import Carrier
from moviemotion.analysis.moments.detection import Moment
from moviemotion.analysis.script_emotions import mean_strength_during
from moviemotion.analysis.segments.segment import Segment
from moviemotion.analysis.signals.audience_curve import MIN_VIEWERS, compute_audience_curve
from moviemotion.analysis.signals.baseline import Baseline
from moviemotion.emotions import NON_NEUTRAL_EMOTIONS
from moviemotion.statistics import Float64Array

EVERYBODY_ELSE = "everybody else"
"""Name of the viewers who are not in a segment."""


@dataclass(frozen=True)
class SegmentAnalysis:
    """A segment of an audience.

    Attributes:
        segment: its name and rule.
        viewers: number of its viewers in the screening.
        analysis: the analysis of these viewers alone.
        comparison: the comparison with everybody else (first: everybody else, second: the segment); None if
            either has fewer than `MIN_VIEWERS` viewers.
    """

    segment: Segment
    viewers: int
    analysis: Analysis
    comparison: ScreeningComparison | None

    @property
    def differences(self) -> tuple[UnitDifference, ...]:
        """Where the segment differs from everybody else, by scene, line or stretch and emotion."""
        rows = self.comparison.differences if self.comparison else ()
        return tuple(row for row in rows if row.verdict is DifferenceVerdict.DIFFERS)


def analyze_segments(
    analysis: Analysis, members: Mapping[Segment, Sequence[str]]
) -> tuple[SegmentAnalysis, ...]:
    """Analyze each segment that has viewers.

    Args:
        analysis: the analysis of the whole audience.
        members: the viewers of each segment.
    """
    present = {segment: viewers for segment, viewers in members.items() if viewers}
    return tuple(
        SegmentAnalysis(
            segment,
            len(viewers),
            analyze_part(analysis, viewers, len(present)),
            compare_with_others(analysis, segment, viewers, len(present)),
        )
        for segment, viewers in present.items()
    )


def analyze_part(analysis: Analysis, viewers: Sequence[str], audiences: int = 1) -> Analysis:
    """Analyze a part of an audience as if nobody else had been there.

    The viewers' baselines, and therefore their strengths, are those of the whole analysis.

    Args:
        analysis: the analysis of the whole audience.
        viewers: the viewers of the part.
        audiences: number of parts that are reported together; see `find_moments`.
    """
    rows = rows_of(analysis, viewers)
    part = with_viewers(analysis, rows)
    seats = analysis.seat_map
    found = interpret(
        part.title,
        part.timeline,
        part.baseline,
        part.strength,
        part.in_film,
        part.script,
        replace(seats, row=seats.row[rows], position=seats.position[rows]) if seats else None,
        analysis.moment_search.seed,
        audiences,
    )
    whole = analysis.data_quality
    quality = replace(
        found.data_quality,
        problems=whole.problems,
        caveats=whole.caveats if found.moment_search.conclusive else (),
    )
    return replace(found, data_quality=quality)


def with_viewers(analysis: Analysis, rows: NDArray[np.int64]) -> Analysis:
    """Limit the timeline, strengths and audience curve to some viewers; all else stays that of everybody."""
    timeline, strength, rest = analysis.timeline.of_viewers(rows), analysis.strength[rows], analysis.baseline
    return replace(
        analysis,
        timeline=timeline,
        strength=strength,
        baseline=Baseline(rest.probabilities[rows], rest.seconds[rows], rest.from_marked_span[rows]),
        audience_curve=compute_audience_curve(timeline, strength),
    )


def compare_with_others(
    analysis: Analysis, segment: Segment, viewers: Sequence[str], audiences: int
) -> ScreeningComparison | None:
    """Compare a segment with everybody else; None if there are too few viewers on either side."""
    others = [viewer for viewer in analysis.timeline.viewers if viewer not in set(viewers)]
    if min(len(viewers), len(others)) < MIN_VIEWERS:
        return None
    comparison = compare_parts(analysis, (others, viewers), (EVERYBODY_ELSE, segment.name))
    groups = comparison.group_comparison
    return replace(
        comparison,
        group_comparison=replace(groups, p_adjusted=np.minimum(audiences * groups.p_adjusted, 1)),
    )


def compare_parts(
    analysis: Analysis,
    viewers: tuple[Sequence[str], Sequence[str]],
    names: tuple[str, str],
    seed: int | None = None,
) -> ScreeningComparison:
    """Compare two parts of an audience that have no viewers in common.

    Args:
        analysis: the analysis of the whole audience.
        viewers: the viewers of each part.
        names: names of the parts.
        seed: random seed for the permutations; defaults to that of the analysis.

    Raises:
        MoviemotionError: a part has too few viewers.
    """
    parts = [with_viewers(analysis, rows_of(analysis, each)) for each in viewers]
    seed = analysis.moment_search.seed if seed is None else seed
    return replace(compare_screenings(parts[0], parts[1], names, False, seed), same_screening=True)


def moment_carriers(
    analysis: Analysis, members: Mapping[Segment, Sequence[str]]
) -> tuple[tuple[Carrier, ...], ...]:
    """Find the segments that carry each moment, by their p-values.

    A moment has no carrier if no segment is known to differ, which does not mean that all are alike.

    Args:
        analysis: the analysis of the whole audience.
        members: the viewers of each segment.
    """
    moments, everybody = analysis.moment_search.moments, len(analysis.timeline.viewers)
    tested = {
        segment: rows
        for segment, viewers in members.items()
        if MIN_VIEWERS <= len(rows := rows_of(analysis, viewers)) <= everybody - MIN_VIEWERS
    }
    carriers: list[list[Carrier]] = [[] for _ in moments]
    if not moments:
        return ()
    start = analysis.timeline.start
    by_moment = np.stack([strength_during_moment(analysis.strength, start, m) for m in moments], axis=1)
    for segment, rows in tested.items():
        others = np.setdiff1d(np.arange(everybody), rows)
        found = compare_groups(by_moment[others], by_moment[rows], False, analysis.moment_search.seed)
        p = np.minimum(len(tested) * found.p_adjusted, 1)
        # A p-value that is not known is not below anything.
        carried = (p <= ALPHA) & (found.difference > 0) & (found.viewers >= MIN_VIEWERS).all(axis=0)
        for k in np.flatnonzero(carried):
            low, high = found.interval[:, k]
            strengths = float(found.mean[1, k]), float(found.mean[0, k])
            carriers[k].append(Carrier(segment.name, *strengths, (float(low), float(high)), float(p[k])))
    return tuple(tuple(sorted(each, key=lambda carrier: carrier.p_adjusted)) for each in carriers)


def strength_during_moment(strength: Float64Array, first_second: int, moment: Moment) -> Float64Array:
    """(V, S, 7) → (V,) each viewer's mean strength of a moment's emotion; NaN if not seen during it."""
    column = strength[:, :, [NON_NEUTRAL_EMOTIONS.index(moment.emotion)]]
    return mean_strength_during(column, first_second, moment.start, moment.end)[:, 0]


def rows_of(analysis: Analysis, viewers: Sequence[str]) -> NDArray[np.int64]:
    """The rows of some viewers in the analysis; viewers who are not in it are ignored."""
    chosen = set(viewers)
    return np.array([k for k, viewer in enumerate(analysis.timeline.viewers) if viewer in chosen], np.int64)
