"""Alignment of two cuts of a film: which stretch of the first corresponds to which stretch of the second.

If both cuts have a script, the elements are matched by text, and each cut provides the film times of its own
elements. Without scripts, two screenings of the same cut are compared by film second.
"""

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
"""Smallest similarity (0–1) at which two elements count as versions of the same line."""
WINDOW_SECONDS = 5
"""Length of the windows that are compared without a script, in seconds; about the length of a reaction."""


class CutUnitKind(StrEnum):
    """The kinds of units that are compared."""

    FILM = "film"
    SCENE = "scene"
    PASSAGE = "passage"
    LINE = "line"
    SECONDS = "seconds"


@dataclass(frozen=True)
class CutUnit:
    """A part of the film that occurs in both cuts.

    Attributes:
        kind: kind of unit; a passage is a place where the cuts differ, such as two endings.
        label: scene heading or text of the line; for a passage, its first line in each cut; empty for windows
            of film time.
        scene_number: number of the scene in the script of the first cut; 0 if there is none.
        spans: film time of the unit in each cut.
        character: the character who speaks the line, or None.
    """

    kind: CutUnitKind
    label: str
    scene_number: int
    spans: tuple[TimeSpan, TimeSpan]
    character: str | None = None


@dataclass(frozen=True)
class CutAlignment:
    """Alignment of two cuts, unit by unit.

    Attributes:
        units: the entire film, then the units in the order of the first cut's script.
        unmatched_lines: number of lines that occur only in the first cut, and only in the second cut.
        condition: one human-readable sentence stating what must hold for the comparison to be valid.
    """

    units: tuple[CutUnit, ...]
    unmatched_lines: tuple[int, int]
    condition: str


def align_by_seconds(first_second: int, seconds: int) -> CutAlignment:
    """Align two screenings of the same cut by windows of `WINDOW_SECONDS` of film time.

    Args:
        first_second: film second at which both timelines begin.
        seconds: common length of the timelines.
    """
    windows = [
        TimeSpan(at, min(at + WINDOW_SECONDS, first_second + seconds))
        for at in range(first_second, first_second + seconds, WINDOW_SECONDS)
    ]
    units = [CutUnit(CutUnitKind.SECONDS, "", 0, (window, window)) for window in windows]
    film = TimeSpan(first_second, first_second + seconds)
    condition = (
        "Each second of one screening is compared with the same second of the other. This is valid only if "
        "both audiences saw the same cut, at the same speed and starting at the same second."
    )
    return CutAlignment((_film_unit(film, film), *units), (0, 0), condition)


def align_by_script(
    scripts: tuple[TimedScript, TimedScript],
    scenes: tuple[Sequence[SceneEmotions], Sequence[SceneEmotions]],
    film_spans: tuple[TimeSpan, TimeSpan],
) -> CutAlignment:
    """Align two cuts by their scripts: the scenes and lines that occur in both, and the passages that differ.

    Args:
        scripts: the script of each cut, in the film time of that cut.
        scenes: the scenes of each cut.
        film_spans: the analyzed film time of each cut.
    """
    first, second = (script.screenplay.elements for script in scripts)
    pairs = match_elements(first, second)
    match_of = {i: j for i, j in pairs if i is not None and j is not None}
    times = [[_time_span(cue.start, cue.end) for cue in script.cues] for script in scripts]
    by_heading = {scene.heading_element: scene for scene in scenes[1]}
    units = [_film_unit(*film_spans)]
    for scene in scenes[0]:
        other = by_heading.get(match_of.get(scene.heading_element, -1))
        here = _time_span(scene.summary.start, scene.summary.end)
        there = _time_span(other.summary.start, other.summary.end) if other else None
        if here and there:
            units.append(
                CutUnit(
                    CutUnitKind.SCENE, first[scene.heading_element].text, scene.scene_number, (here, there)
                )
            )
    lines = [(_timed_line(i, first, times[0]), _timed_line(j, second, times[1])) for i, j in pairs]
    for in_both, run in groupby((pair for pair in lines if pair != (None, None)), lambda p: None not in p):
        units += (_line_units if in_both else _passage_units)(list(run), (first, second), times)
    unmatched = (
        sum(j is None for i, j in lines if i is not None),
        sum(i is None for i, j in lines if j is not None),
    )
    both = sum(None not in pair for pair in lines)
    alone = f"{unmatched[0]} in the first script only, {unmatched[1]} in the second only"
    condition = (
        "Scenes and lines are matched by their scripts, each in the film time of its own cut. "
        f"{both} {'line is' if both == 1 else 'lines are'} in both, {alone}. "
        f"First: {scripts[0].timing} Second: {scripts[1].timing}"
    )
    order = sorted(
        range(len(units)),
        key=lambda k: (k > 0, units[k].scene_number, units[k].kind is not CutUnitKind.SCENE),
    )
    return CutAlignment(tuple(units[k] for k in order), unmatched, condition)


def match_elements(first: Sequence[Element], second: Sequence[Element]) -> list[ElementPair]:
    """Match the elements of two versions of a script.

    The matching preserves order and maximizes the sum of similarities (Needleman & Wunsch, 1970). There is no
    gap penalty, because a cut may drop any number of lines. Elements of different kinds, or with a similarity
    below `MIN_SIMILARITY`, are never matched.

    Args:
        first, second: elements of the two scripts.

    Returns:
        Pairs of indices, in order. Each element occurs once; if it has no match, its partner is None.
    """
    if [_kind_and_text(e) for e in first] == [_kind_and_text(e) for e in second]:
        return [(k, k) for k in range(len(first))]
    similarity = cdist(
        [e.text for e in first],
        [e.text for e in second],
        scorer=fuzz.ratio,
        score_cutoff=100 * MIN_SIMILARITY,
    )
    similarity *= np.array([[a.kind is b.kind for b in second] for a in first])
    best = np.zeros((len(first) + 1, len(second) + 1), dtype=np.float32)
    for i, row in enumerate(similarity):
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
    return CutUnit(CutUnitKind.FILM, "The entire film", 0, (first, second))


def _time_span(start: float, end: float) -> TimeSpan | None:
    return None if math.isnan(start) or math.isnan(end) else TimeSpan(start, end)


def _timed_line(
    index: int | None, elements: Sequence[Element], times: Sequence[TimeSpan | None]
) -> int | None:
    """Return the element's index if the element is a line with a known film time, else None."""
    return index if index is not None and elements[index].kind in LINE_KINDS and times[index] else None


def _line_units(pairs: Sequence[ElementPair], elements: ScriptPair, times: ElementSpans) -> Iterator[CutUnit]:
    for i, j in pairs:
        if i is not None and j is not None and (here := times[0][i]) and (there := times[1][j]):
            line = elements[0][i]
            yield CutUnit(CutUnitKind.LINE, line.text, line.scene, (here, there), line.character)


def _passage_units(
    pairs: Sequence[ElementPair], elements: ScriptPair, times: ElementSpans
) -> Iterator[CutUnit]:
    """Yield the passage where the cuts differ, if both have lines there."""
    first_lines = [i for i, _ in pairs if i is not None]
    second_lines = [j for _, j in pairs if j is not None]
    if first_lines and second_lines:
        here, there = elements[0][first_lines[0]], elements[1][second_lines[0]]
        spans = _covering_span(first_lines, times[0]), _covering_span(second_lines, times[1])
        yield CutUnit(CutUnitKind.PASSAGE, f"{here.text} / {there.text}", here.scene, spans)


def _covering_span(chosen: Sequence[int], times: Sequence[TimeSpan | None]) -> TimeSpan:
    spans = [span for k in chosen if (span := times[k])]
    return TimeSpan(min(span.start for span in spans), max(span.end for span in spans))
