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

from moviemotion.analysis.script_emotions import SceneEmotions
from moviemotion.analysis.signals.baseline import TimeSpan
from moviemotion.screenplay.alignment.align import TimedScript
from moviemotion.screenplay.elements import Element, ElementKind

LINE_KINDS = (ElementKind.ACTION, ElementKind.DIALOGUE, ElementKind.LYRICS, ElementKind.CENTERED)
ElementPair = tuple[int | None, int | None]
ScriptPair = tuple[Sequence[Element], Sequence[Element]]
ElementSpans = Sequence[Sequence[TimeSpan | None]]
MIN_SIMILARITY = 0.7
"""Least share of letters in common at which two elements are versions of one line."""
WINDOW_SECONDS = 5
"""Seconds compared as one where there is no script: a reaction lasts about so long."""


class CutUnitKind(StrEnum):
    """What is compared."""

    FILM = "film"
    SCENE = "scene"
    PASSAGE = "passage"
    LINE = "line"
    SECONDS = "seconds"


@dataclass(frozen=True)
class CutUnit:
    """A part of the film in both cuts.

    Attributes:
        kind: a passage is what the cuts have different in one place, such as two endings.
        label: the scene's heading, the line, or where the seconds are; of a passage its first lines.
        scene: number of its scene in the first cut's script; 0 without one.
        stretches: where it is in each cut.
        character: who speaks a line, else None.
    """

    kind: CutUnitKind
    label: str
    scene_number: int
    spans: tuple[TimeSpan, TimeSpan]
    character: str | None = None


@dataclass(frozen=True)
class CutAlignment:
    """Two cuts, unit by unit.

    Attributes:
        units: in the order of the first cut's script; the whole film first.
        only: how many lines only the first and only the second cut has.
        condition: one plain sentence: what must hold for the comparison to hold.
    """

    units: tuple[CutUnit, ...]
    unmatched_lines: tuple[int, int]
    condition: str


def align_by_seconds(first_second: int, seconds: int) -> CutAlignment:
    """The same cut shown twice: each `WINDOW` seconds of film time against the same ones.

    Args:
        first: film second at which both timelines begin.
        seconds: that both have.
    """
    windows = [
        TimeSpan(at, min(at + WINDOW_SECONDS, first_second + seconds))
        for at in range(first_second, first_second + seconds, WINDOW_SECONDS)
    ]
    units = [CutUnit(CutUnitKind.SECONDS, "", 0, (window, window)) for window in windows]
    whole = TimeSpan(first_second, first_second + seconds)
    condition = (
        "Each second of one screening is set against the same second of the other. That holds only if both "
        "audiences saw the same cut, at the same speed and from the same first second."
    )
    return CutAlignment((_film_unit(whole, whole), *units), (0, 0), condition)


def align_by_script(
    scripts: tuple[TimedScript, TimedScript],
    scenes: tuple[Sequence[SceneEmotions], Sequence[SceneEmotions]],
    film_spans: tuple[TimeSpan, TimeSpan],
) -> CutAlignment:
    """Each scene and line of one cut against the same in the other; where they differ, passages."""
    first, second = (script.screenplay.elements for script in scripts)
    pairs = match_elements(first, second)
    of_first = {i: j for i, j in pairs if i is not None and j is not None}
    times = [[_time_span(cue.start, cue.end) for cue in script.cues] for script in scripts]
    by_heading = {scene.heading_element: scene for scene in scenes[1]}
    units = [_film_unit(*film_spans)]
    for scene in scenes[0]:
        other = by_heading.get(of_first.get(scene.heading_element, -1))
        here = _time_span(scene.summary.start, scene.summary.end)
        there = _time_span(other.summary.start, other.summary.end) if other else None
        if here and there:
            units.append(
                CutUnit(
                    CutUnitKind.SCENE, first[scene.heading_element].text, scene.scene_number, (here, there)
                )
            )
    told = [(_timed_line(i, first, times[0]), _timed_line(j, second, times[1])) for i, j in pairs]
    for in_both, run in groupby((pair for pair in told if pair != (None, None)), lambda p: None not in p):
        units += (_line_units if in_both else _passage_units)(list(run), (first, second), times)
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
        range(len(units)),
        key=lambda k: (k > 0, units[k].scene_number, units[k].kind is not CutUnitKind.SCENE),
    )
    return CutAlignment(tuple(units[k] for k in order), only, condition)


def match_elements(first: Sequence[Element], second: Sequence[Element]) -> list[ElementPair]:
    """The elements of two versions of a script, in order, each with its own or with None.

    The pairs in order whose likeness is greatest in sum (Needleman & Wunsch, 1970, without a price for
    gaps); pairs less alike than `REWRITTEN`, or of two kinds, are none.
    """
    if [_kind_and_text(e) for e in first] == [_kind_and_text(e) for e in second]:
        return [(k, k) for k in range(len(first))]
    like = cdist(
        [e.text for e in first],
        [e.text for e in second],
        scorer=fuzz.ratio,
        score_cutoff=100 * MIN_SIMILARITY,
    )
    like *= np.array([[a.kind is b.kind for b in second] for a in first])
    best = np.zeros((len(first) + 1, len(second) + 1), dtype=np.float32)
    for i, row in enumerate(like):
        best[i + 1, 1:] = np.maximum(best[i, 1:], np.where(row > 0, best[i, :-1] + row, 0))
        np.maximum.accumulate(best[i + 1], out=best[i + 1])
    pairs: list[ElementPair] = []
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


def _kind_and_text(element: Element) -> tuple[ElementKind, str]:
    return element.kind, element.text


def _film_unit(first: TimeSpan, second: TimeSpan) -> CutUnit:
    return CutUnit(CutUnitKind.FILM, "The whole film", 0, (first, second))


def _time_span(start: float, end: float) -> TimeSpan | None:
    return None if math.isnan(start) or math.isnan(end) else TimeSpan(start, end)


def _timed_line(at: int | None, elements: Sequence[Element], times: Sequence[TimeSpan | None]) -> int | None:
    """The element if it is a line that is in the film."""
    return at if at is not None and elements[at].kind in LINE_KINDS and times[at] else None


def _line_units(pairs: Sequence[ElementPair], elements: ScriptPair, times: ElementSpans) -> Iterator[CutUnit]:
    for i, j in pairs:
        if i is not None and j is not None and (here := times[0][i]) and (there := times[1][j]):
            line = elements[0][i]
            yield CutUnit(CutUnitKind.LINE, line.text, line.scene, (here, there), line.character)


def _passage_units(
    pairs: Sequence[ElementPair], elements: ScriptPair, times: ElementSpans
) -> Iterator[CutUnit]:
    """What stands in one place of both cuts and is not the same, if both have something there."""
    ours = [i for i, _ in pairs if i is not None]
    theirs = [j for _, j in pairs if j is not None]
    if ours and theirs:
        here, there = elements[0][ours[0]], elements[1][theirs[0]]
        spans = _covering_span(ours, times[0]), _covering_span(theirs, times[1])
        yield CutUnit(CutUnitKind.PASSAGE, f"{here.text} / {there.text}", here.scene, spans)


def _covering_span(chosen: Sequence[int], times: Sequence[TimeSpan | None]) -> TimeSpan:
    inside = [stretch for k in chosen if (stretch := times[k])]
    return TimeSpan(min(s.start for s in inside), max(s.end for s in inside))
