"""Place recordings on a common clock, by all comparisons of sound and light that succeed.

Recordings that fit each other form a group. Recordings that do not fit stay in a group of their own: nothing
is forced. A group is placed in film time by the film itself, by an offset that was given for one of its
cameras, or, if it is the largest and nothing else is known, by its earliest recording.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product

import numpy as np

from moviemotion.audience.synchronization.clock import (
    CameraClock,
    ClockPiece,
    ClockSource,
    composed,
    inverted,
    shifted,
)
from moviemotion.audience.synchronization.matching import Match, MatchSettings, Mismatch, match_signals
from moviemotion.audience.synchronization.signals import Signal

FILM = ""
"""Stands for the film among the names of recordings."""
MAX_COMPARED = 4
"""Number of a group's recordings with which another recording is compared."""
MAX_DRIFT_HALF_WIDTH = 3e-4
"""Largest half-width of a drift that may decide which of several clocks runs at the usual speed."""
SAME_JUMP_SECONDS = 0.5
"""Difference between two jumps that count as one; drifting clocks differ by up to this much."""
MAX_DISAGREEMENT = 0.4
"""Seconds by which two ways to find a clock may differ before both are reported."""
_IDENTITY = (ClockPiece(-math.inf, 0.0),)


@dataclass(frozen=True)
class Recording:
    """What is known about a recording before it is compared.

    Attributes:
        name: the camera's name; `FILM` for the film.
        seconds: the file's length; NaN if it is not declared.
        offset: film time of the file's start, if it was given.
    """

    name: str
    seconds: float
    offset: float | None = None


@dataclass
class Group:
    """Recordings on a common clock.

    Attributes:
        clocks: recording → its clock; times are those of the first recording's file.
    """

    clocks: dict[str, CameraClock]

    @property
    def cameras(self) -> list[str]:
        """The group's recordings without the film."""
        return [name for name in self.clocks if name != FILM]


@dataclass(frozen=True)
class Disagreement:
    """Two ways to find a camera's clock that contradict each other.

    Attributes:
        camera: the camera.
        used, other: the clock's source that was used and the other one.
        seconds: film time by the used source minus film time by the other, where they differ most.
    """

    camera: str
    used: ClockSource
    other: ClockSource
    seconds: float


@dataclass
class Alignment:
    """Recordings in groups, refined with each kind of signal.

    Attributes:
        groups: at first, each recording is alone.
        reasons: recording → why it did not fit, for each kind of signal.
        disagreements: contradictions found so far.
    """

    recordings: Sequence[Recording]
    groups: list[Group] = field(init=False)
    reasons: dict[str, dict[ClockSource, Mismatch]] = field(default_factory=dict)
    disagreements: list[Disagreement] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Put each recording in a group of its own, the film's first."""
        ordered = sorted(self.recordings, key=lambda r: (r.name != FILM, -np.nan_to_num(r.seconds)))
        self.groups = [Group({r.name: CameraClock(_IDENTITY, ClockSource.ASSUMED, 0.0)}) for r in ordered]

    def join(self, signals: Mapping[str, Signal], settings: MatchSettings, source: ClockSource) -> None:
        """Join groups whose recordings fit each other.

        Args:
            signals: recording → its signal, for the recordings that have one.
            settings: how this kind of signal is compared.
            source: the kind of signal.
        """
        tried: set[tuple[str, str]] = set()
        joined = True
        while joined:
            joined = False
            done: list[Group] = []
            for group in sorted(self.groups, key=self._rank):
                if any(self._join(group, other, signals, settings, source, tried) for other in done):
                    joined = True
                else:
                    done.append(group)
            self.groups = done
        for group in self.groups:
            self._change_reference(group, signals, settings, source)
            _change_speed(group)

    def _change_reference(
        self, group: Group, signals: Mapping[str, Signal], settings: MatchSettings, source: ClockSource
    ) -> None:
        """If two recordings jump alike against the first one, it is the first one that was paused."""
        jumping = {
            name: clock.pieces[1].film_time(0) - clock.pieces[0].film_time(0)
            for name, clock in group.clocks.items()
            if len(clock.pieces) > 1 and name in signals
        }
        alike = [
            name
            for name, jump in jumping.items()
            if sum(abs(jump - other) < SAME_JUMP_SECONDS for other in jumping.values()) > 1
        ]
        if FILM in group.clocks or not alike:
            return
        reference = max(alike, key=lambda name: signals[name].seconds)
        clocks = {reference: CameraClock(_IDENTITY, source, 0.0)}
        back = inverted(group.clocks[reference].pieces)
        for name, clock in group.clocks.items():
            if name == reference:
                continue
            match = match_signals(signals[name], signals[reference], settings) if name in signals else None
            if isinstance(match, Match):
                clocks[name] = CameraClock(match.pieces, source, match.half_width, match.drift_half_width)
            else:
                clocks[name] = replace(clock, pieces=composed(back, clock.pieces))
        jumps = sum(len(clock.pieces) > 1 for clock in clocks.values())
        if jumps < len(jumping):
            group.clocks = clocks

    def _rank(self, group: Group) -> tuple[bool, int, float]:
        lengths = {r.name: np.nan_to_num(r.seconds) for r in self.recordings}
        return FILM not in group.clocks, -len(group.clocks), -max(lengths[name] for name in group.clocks)

    def _join(
        self,
        group: Group,
        other: Group,
        signals: Mapping[str, Signal],
        settings: MatchSettings,
        source: ClockSource,
        tried: set[tuple[str, str]],
    ) -> bool:
        """Try to move a group's recordings to another group."""
        pairs = product(self._compared(group, signals, 2), self._compared(other, signals, MAX_COMPARED))
        for own, reference in pairs:
            if (own, reference) in tried:
                continue
            tried.add((own, reference))
            match = match_signals(signals[own], signals[reference], settings)
            if isinstance(match, Mismatch):
                for name in (own, reference):
                    reasons = self.reasons.setdefault(name, {})
                    if reasons.get(source) is not Mismatch.AMBIGUOUS:
                        reasons[source] = match
                continue
            to_other = composed(other.clocks[reference].pieces, match.pieces)
            way = composed(to_other, inverted(group.clocks[own].pieces))
            doubt = other.clocks[reference].half_width
            for name, clock in group.clocks.items():
                other.clocks[name] = CameraClock(
                    composed(way, clock.pieces),
                    source if name == own or clock.source is ClockSource.ASSUMED else clock.source,
                    math.hypot(match.half_width, doubt, clock.half_width),
                    match.drift_half_width if name == own else clock.drift_half_width,
                )
            first = other.clocks[reference]
            if first.source is ClockSource.ASSUMED:
                other.clocks[reference] = replace(first, source=source)
            return True
        return False

    def _compared(self, group: Group, signals: Mapping[str, Signal], count: int) -> list[str]:
        """The recordings of a group with which others are compared: the film, then the longest."""
        known = [name for name in group.clocks if name in signals and not signals[name].is_silent]
        return sorted(known, key=lambda name: (name != FILM, -signals[name].seconds))[:count]

    def check(self, signals: Mapping[str, Signal], settings: MatchSettings, source: ClockSource) -> None:
        """Compare clocks with those that another kind of signal gives, and use the latter where they differ.

        Args:
            signals: recording → its signal, which has the same clock as the samples.
            settings: how this kind of signal is compared.
            source: the kind of signal.
        """
        for group in self.groups:
            # Light is too coarse to find each jump that sound shows.
            steady = {
                name: signals[name]
                for name, c in group.clocks.items()
                if len(c.pieces) == 1 and name in signals
            }
            # If most recordings contradict the reference, it is the reference that is out of step.
            found = [
                self._contradicting(group, reference, steady, settings, source)
                for reference in self._compared(group, steady, 2)
            ]
            for name, (clock, difference) in min(found, key=len, default={}).items():
                self.disagreements.append(Disagreement(name, source, group.clocks[name].source, difference))
                group.clocks[name] = clock

    def _contradicting(
        self,
        group: Group,
        reference: str,
        signals: Mapping[str, Signal],
        settings: MatchSettings,
        source: ClockSource,
    ) -> dict[str, tuple[CameraClock, float]]:
        """Clocks that differ from those of a group, with the largest difference in seconds."""
        found = {}
        for name, clock in group.clocks.items():
            if name not in signals or name == reference or clock.source is source:
                continue
            match = match_signals(signals[name], signals[reference], settings)
            if isinstance(match, Mismatch):
                continue
            doubt = math.hypot(match.half_width, group.clocks[reference].half_width)
            pieces = composed(group.clocks[reference].pieces, match.pieces)
            other = CameraClock(pieces, source, doubt, match.drift_half_width)
            ends = signals[name].start + np.array([0.05, 0.5, 0.95]) * signals[name].seconds
            difference = other.film_times(ends) - clock.film_times(ends)
            largest = float(difference[np.argmax(np.abs(difference))])
            if abs(largest) > max(MAX_DISAGREEMENT, 3 * (doubt + np.nan_to_num(clock.half_width))):
                found[name] = other, largest
        return found

    def film_clocks(self) -> tuple[dict[str, CameraClock], list[Group]]:
        """Place the groups in film time.

        Returns:
            Camera → its clock, for all cameras, and the groups whose place in film time is not known.
        """
        given = {r.name: r.offset for r in self.recordings if r.offset is not None}
        clocks: dict[str, CameraClock] = {}
        floating: list[Group] = []
        for group in sorted(self.groups, key=self._rank):
            anchors = [given[name] - group.clocks[name].offset for name in group.cameras if name in given]
            if FILM in group.clocks:
                film = group.clocks[FILM]
                back = inverted(film.pieces)
                placed = {
                    name: replace(clock, pieces=composed(back, clock.pieces))
                    for name, clock in group.clocks.items()
                }
                self._report_given(placed, given)
            elif anchors:
                placed = {n: shifted(c, float(np.median(anchors))) for n, c in group.clocks.items()}
                self._report_given(placed, given)
            else:
                first = min(clock.offset for clock in group.clocks.values())
                placed = {n: shifted(c, -first) for n, c in group.clocks.items()}
                if group.cameras:
                    floating.append(group)
            clocks |= {name: clock for name, clock in placed.items() if name != FILM}
        for name, offset in given.items():
            clocks[name] = CameraClock.of_offset(offset, ClockSource.GIVEN)
        film_found = any(FILM in group.clocks and group.cameras for group in self.groups)
        if not film_found and not given and floating and len(floating[0].cameras) > 1:
            # Film time starts with the earliest recording of the largest group.
            floating = floating[1:]
        return clocks, floating

    def _report_given(self, placed: Mapping[str, CameraClock], given: Mapping[str, float]) -> None:
        """Note the given offsets that contradict what was measured."""
        for name, clock in placed.items():
            if name not in given or len(placed) == 1 or clock.source is ClockSource.ASSUMED:
                continue
            seconds = next(np.nan_to_num(r.seconds) for r in self.recordings if r.name == name)
            ends = np.array([0.0, seconds])
            difference = given[name] + ends - clock.film_times(ends)
            largest = float(difference[np.argmax(np.abs(difference))])
            if abs(largest) > max(MAX_DISAGREEMENT, 3 * np.nan_to_num(clock.half_width)):
                self.disagreements.append(Disagreement(name, ClockSource.GIVEN, clock.source, largest))


def _change_speed(group: Group) -> None:
    """If most recordings drift alike against the first one, it is the first one that drifts."""
    first = next(iter(group.clocks))
    drifts = [
        clock.drift
        for name, clock in group.clocks.items()
        if name == first or clock.drift_half_width <= MAX_DRIFT_HALF_WIDTH
    ]
    usual = float(np.median(drifts))
    if FILM in group.clocks or len(drifts) < 3 or usual == 0:
        return
    scale = (ClockPiece(-math.inf, 0.0, 1 / (1 + usual) - 1),)
    group.clocks = {n: replace(c, pieces=composed(scale, c.pieces)) for n, c in group.clocks.items()}
