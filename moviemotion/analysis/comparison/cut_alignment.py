"""Two cuts of a film laid side by side: which stretch of the one is which stretch of the other."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby

import numpy as np
from rapidfuzz import fuzz
from rapidfuzz.process import cdist

from moviemotion.analysis.script_emotions import SceneFeeling
from moviemotion.analysis.signals.baseline import Stretch
from moviemotion.screenplay.alignment.align import TimedScript
from moviemotion.screenplay.formats.registry import Element, Kind

LINES = (Kind.ACTION, Kind.DIALOGUE, Kind.LYRICS, Kind.CENTERED)
Pair = tuple[int | None, int | None]
Scripts = tuple[Sequence[Element], Sequence[Element]]
Times = Sequence[Sequence[Stretch | None]]
REWRITTEN = 0.7
"""Least share of letters in common at which two elements are versions of one line."""
WINDOW = 5
"""Seconds compared as one where there is no script: a reaction lasts about so long."""


class UnitKind(StrEnum):
    """What is compared."""

    FILM = "film"
    SCENE = "scene"
    PASSAGE = "passage"
    LINE = "line"
    SECONDS = "seconds"


@dataclass(frozen=True)
class Unit:
    """A part of the film in both cuts.

    Attributes:
        kind: a passage is what the cuts have different in one place, such as two endings.
        label: the scene's heading, the line, or where the seconds are; of a passage its first lines.
        scene: number of its scene in the first cut's script; 0 without one.
        stretches: where it is in each cut.
        character: who speaks a line, else None.
    """

    kind: UnitKind
    label: str
    scene: int
    stretches: tuple[Stretch, Stretch]
    character: str | None = None


@dataclass(frozen=True)
class SideBySide:
    """Two cuts, unit by unit.

    Attributes:
        units: in the order of the first cut's script; the whole film first.
        only: how many lines only the first and only the second cut has.
        condition: one plain sentence: what must hold for the comparison to hold.
    """

    units: tuple[Unit, ...]
    only: tuple[int, int]
    condition: str


def by_seconds(first: int, seconds: int) -> SideBySide:
    """The same cut shown twice: each `WINDOW` seconds of film time against the same ones.

    Args:
        first: film second at which both timelines begin.
        seconds: that both have.
    """
    windows = [Stretch(at, min(at + WINDOW, first + seconds)) for at in range(first, first + seconds, WINDOW)]
    units = [Unit(UnitKind.SECONDS, "", 0, (window, window)) for window in windows]
    whole = Stretch(first, first + seconds)
    condition = (
        "Each second of one screening is set against the same second of the other. That holds only if both "
        "audiences saw the same cut, at the same speed and from the same first second."
    )
    return SideBySide((_whole(whole, whole), *units), (0, 0), condition)


def by_script(
    scripts: tuple[TimedScript, TimedScript],
    scenes: tuple[Sequence[SceneFeeling], Sequence[SceneFeeling]],
    wholes: tuple[Stretch, Stretch],
) -> SideBySide:
    """Each scene and line of one cut against the same in the other; where they differ, passages."""
    first, second = (script.screenplay.elements for script in scripts)
    pairs = match_elements(first, second)
    of_first = {i: j for i, j in pairs if i is not None and j is not None}
    times = [[_stretch(cue.start, cue.end) for cue in script.cues] for script in scripts]
    by_heading = {scene.heading: scene for scene in scenes[1]}
    units = [_whole(*wholes)]
    for scene in scenes[0]:
        other = by_heading.get(of_first.get(scene.heading, -1))
        here = _stretch(scene.feeling.start, scene.feeling.end)
        there = _stretch(other.feeling.start, other.feeling.end) if other else None
        if here and there:
            units.append(Unit(UnitKind.SCENE, first[scene.heading].text, scene.scene, (here, there)))
    told = [(_told(i, first, times[0]), _told(j, second, times[1])) for i, j in pairs]
    for in_both, run in groupby((pair for pair in told if pair != (None, None)), lambda p: None not in p):
        units += (_lines if in_both else _passage)(list(run), (first, second), times)
    only = (
        sum(j is None for i, j in told if i is not None),
        sum(i is None for i, j in told if j is not None),
    )
    both = sum(None not in pair for pair in told)
    alone = f"{only[0]} in the first script only, {only[1]} in the second only"
    condition = (
        "Scenes and lines are set against each other by the script, each on its own film's clock. "
        f"{both} {'line is' if both == 1 else 'lines are'} in both, {alone}. "
        f"First: {scripts[0].timing} Second: {scripts[1].timing}"
    )
    order = sorted(
        range(len(units)), key=lambda k: (k > 0, units[k].scene, units[k].kind is not UnitKind.SCENE)
    )
    return SideBySide(tuple(units[k] for k in order), only, condition)


def match_elements(first: Sequence[Element], second: Sequence[Element]) -> list[Pair]:
    """The elements of two versions of a script, in order, each with its own or with None.

    The pairs in order whose likeness is greatest in sum (Needleman & Wunsch, 1970, without a price for
    gaps); pairs less alike than `REWRITTEN`, or of two kinds, are none.
    """
    if [_key(e) for e in first] == [_key(e) for e in second]:
        return [(k, k) for k in range(len(first))]
    like = cdist(
        [e.text for e in first], [e.text for e in second], scorer=fuzz.ratio, score_cutoff=100 * REWRITTEN
    )
    like *= np.array([[a.kind is b.kind for b in second] for a in first])
    best = np.zeros((len(first) + 1, len(second) + 1), dtype=np.float32)
    for i, row in enumerate(like):
        best[i + 1, 1:] = np.maximum(best[i, 1:], np.where(row > 0, best[i, :-1] + row, 0))
        np.maximum.accumulate(best[i + 1], out=best[i + 1])
    pairs: list[Pair] = []
    i, j = len(first), len(second)
    while i or j:
        if j and best[i, j] == best[i, j - 1]:
            j -= 1
            pairs.append((None, j))
        elif i and best[i, j] == best[i - 1, j]:
            i -= 1
            pairs.append((i, None))
        else:
            i, j = i - 1, j - 1
            pairs.append((i, j))
    return pairs[::-1]


def _key(element: Element) -> tuple[Kind, str]:
    return element.kind, element.text


def _whole(first: Stretch, second: Stretch) -> Unit:
    return Unit(UnitKind.FILM, "The whole film", 0, (first, second))


def _stretch(start: float, end: float) -> Stretch | None:
    return None if math.isnan(start) or math.isnan(end) else Stretch(start, end)


def _told(at: int | None, elements: Sequence[Element], times: Sequence[Stretch | None]) -> int | None:
    """The element if it is a line that is in the film."""
    return at if at is not None and elements[at].kind in LINES and times[at] else None


def _lines(pairs: Sequence[Pair], elements: Scripts, times: Times) -> Iterator[Unit]:
    for i, j in pairs:
        if i is not None and j is not None and (here := times[0][i]) and (there := times[1][j]):
            line = elements[0][i]
            yield Unit(UnitKind.LINE, line.text, line.scene, (here, there), line.character)


def _passage(pairs: Sequence[Pair], elements: Scripts, times: Times) -> Iterator[Unit]:
    """What stands in one place of both cuts and is not the same, if both have something there."""
    ours = [i for i, _ in pairs if i is not None]
    theirs = [j for _, j in pairs if j is not None]
    if ours and theirs:
        here, there = elements[0][ours[0]], elements[1][theirs[0]]
        spans = _span(ours, times[0]), _span(theirs, times[1])
        yield Unit(UnitKind.PASSAGE, f"{here.text} / {there.text}", here.scene, spans)


def _span(chosen: Sequence[int], times: Sequence[Stretch | None]) -> Stretch:
    inside = [stretch for k in chosen if (stretch := times[k])]
    return Stretch(min(s.start for s in inside), max(s.end for s in inside))
