"""Analyses held in memory while they are in use.

Each analysis is loaded once and reloaded only after its study has changed. What a user may see of an analysis
depends on their role, so masked variants and finished JSON responses are cached per role.
"""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import takewhile
from pathlib import Path

from moviemotion.analysis.analyze import Analysis
from moviemotion.analysis.comparison.screening_comparison import ScreeningComparison, compare_screenings
from moviemotion.analysis.segments.segment import Segment
from moviemotion.analysis.segments.segment_analysis import (
    SegmentAnalysis,
    compare_with_others,
    moment_carriers,
)
from moviemotion.privacy.erased_viewers import refuse_restored
from moviemotion.privacy.releases import current_release
from moviemotion.privacy.roles import Role
from moviemotion.privacy.small_groups import (
    analysis_for_role,
    comparison_for_role,
    mask_small_groups,
    segment_for_role,
    visible_segments,
)
from moviemotion.study.analysis_cache import InputState, cached_analysis, input_state
from moviemotion.study.stored_segments import segment_members
from moviemotion.workflows.screen import DEFAULT_SEED

Members = Mapping[Segment, tuple[str, ...]]
"""The viewers of each segment that a role may see, in the order in which the segments were created."""

MAX_OPEN_ANALYSES = 3
"""Number of analyses held at once; a large analysis takes a lot of memory."""
MAX_KEPT_PARTS = 8
"""Number of analyses restricted to a role or a segment that are held for each analysis."""
MAX_CACHED_RESPONSES = 50
"""Number of JSON responses cached for each analysis."""


def compare_for_role(
    analyses: tuple[Analysis, Analysis], names: tuple[str, str], paired: bool, role: Role
) -> ScreeningComparison:
    """Compare two screenings, as far as a role may see the result.

    Args:
        analyses: the screenings, with the viewers whose results the role sees.
        names: what the screenings are called.
        paired: whether the same viewers saw both.
        role: the role of the person who views the comparison.

    Raises:
        MoviemotionError: the screenings have nothing in common.
    """
    if role is not Role.RESEARCHER:
        analyses = (mask_small_groups(analyses[0]), mask_small_groups(analyses[1]))
    comparison = compare_screenings(*analyses, names, paired, DEFAULT_SEED)
    return comparison_for_role(comparison, analyses, role)


class OpenAnalysis:
    """The analysis of one study as each role may see it, with cached JSON responses. Thread-safe."""

    def __init__(self, state: InputState, analysis: Analysis) -> None:
        self.cache_state, self.analysis = state, analysis
        self._lock = threading.Lock()
        self._shown: OrderedDict[tuple[object, ...], Analysis] = OrderedDict()
        self._responses: OrderedDict[tuple[object, ...], bytes] = OrderedDict()

    def visible_to(self, role: Role, segments: Members) -> Analysis:
        """The analysis, restricted to what this role may see.

        Args:
            role: the role.
            segments: the segments that the role may see, for the segments that carry moments.
        """

        def compute() -> Analysis:
            carriers = moment_carriers(self.analysis, segments)
            return analysis_for_role(replace(self.analysis, moment_carriers=carriers), role)

        return self._kept((role, *segments.items()), compute)

    def segment_visible_to(self, role: Role, segment: Segment, segments: Members) -> Analysis:
        """The analysis of one of the segments that a role may see; see `segment_for_role`."""
        before = list(takewhile(lambda other: other != segment, segments))
        earlier = [segments[other] for other in before]
        return self._kept(
            (role, segment, *segments.items()),
            lambda: segment_for_role(self.analysis, segments[segment], role, earlier, len(segments)),
        )

    def segments_visible_to(self, role: Role, segments: Members) -> tuple[SegmentAnalysis, ...]:
        """All segments that a role may see; only the researcher sees their differences from everybody else.

        The others' values in each line and scene would follow from a difference.
        """
        return tuple(
            SegmentAnalysis(
                segment,
                len(members),
                self.segment_visible_to(role, segment, segments),
                compare_with_others(self.analysis, segment, members, len(segments))
                if role is Role.RESEARCHER
                else None,
            )
            for segment, members in segments.items()
        )

    def _kept(self, key: tuple[object, ...], compute: Callable[[], Analysis]) -> Analysis:
        with self._lock:
            if key not in self._shown:
                self._shown[key] = compute()
            self._shown.move_to_end(key)
            while len(self._shown) > MAX_KEPT_PARTS:
                self._shown.popitem(last=False)
            return self._shown[key]

    def cached_json(self, key: tuple[object, ...], compute: Callable[[], object]) -> bytes:
        """The value returned by `compute` as UTF-8 JSON, cached by key."""
        with self._lock:
            found = self._responses.get(key)
        if found is None:
            found = json.dumps(compute(), ensure_ascii=False, allow_nan=False).encode()
        with self._lock:
            self._responses[key] = found
            self._responses.move_to_end(key)
            while len(self._responses) > MAX_CACHED_RESPONSES:
                self._responses.popitem(last=False)
        return found


class OpenAnalyses:
    """The most recently used analyses. Thread-safe."""

    def __init__(self) -> None:
        self._analyses: OrderedDict[tuple[Path, frozenset[str]], OpenAnalysis] = OrderedDict()
        self._lock = threading.Lock()
        self._study_locks: dict[Path, threading.Lock] = {}

    def open_for_role(self, folder: Path, role: Role) -> OpenAnalysis:
        """The current analysis of the viewers whose results are shown to a role; see `releases`.

        Raises:
            MoviemotionError: the study is not finished, or is damaged.
        """
        while True:
            of_everybody = self.open(folder)
            if role is Role.RESEARCHER:
                return of_everybody
            left_out, _ = current_release(folder, of_everybody.analysis.timeline.viewers)
            released = self.open(folder, left_out)
            # If a viewer was erased in the meantime, the release may have to leave out others too.
            if released.cache_state == of_everybody.cache_state:
                return released

    def open(self, folder: Path, left_out: frozenset[str] = frozenset()) -> OpenAnalysis:
        """The current analysis of a finished study, without some of its viewers.

        Raises:
            MoviemotionError: the study is not finished, or is damaged.
        """
        key = folder, left_out
        with self._lock:
            study_lock = self._study_locks.setdefault(folder, threading.Lock())
        # Requests for a study that is being loaded must wait, so that it is not loaded twice.
        with study_lock:
            state = input_state(folder)
            with self._lock:
                found = self._analyses.get(key)
            if found is None or found.cache_state != state:
                refuse_restored(folder)
                found = OpenAnalysis(state, cached_analysis(folder, left_out))
            with self._lock:
                self._analyses[key] = found
                self._analyses.move_to_end(key)
                while len(self._analyses) > MAX_OPEN_ANALYSES:
                    self._analyses.popitem(last=False)
        return found


def segments_shown(folder: Path, study: OpenAnalysis, role: Role) -> dict[Segment, tuple[str, ...]]:
    """The viewers of each segment of a study that a role may see; see `releases`."""
    viewers = study.analysis.timeline.viewers
    members = segment_members(folder, viewers)
    by_name = {segment.name: of_segment for segment, of_segment in members.items()}
    shown = (
        visible_segments(by_name, viewers, role)
        if role is Role.RESEARCHER
        else current_release(folder, viewers, by_name)[1]
    )
    return {segment: shown[segment.name] for segment in members if segment.name in shown}
