"""Interpolation: place untimed elements between the timed lines.

Between two timed lines that are consecutive in both script and film, the time is divided among the elements
in proportion to their length on the page. Where the film's order departs from the script's, the elements of a
scene stay with the timed line of that scene. They are placed directly after the line that precedes them, or
directly before the line that follows them, and their durations are estimated from the page.
"""

from __future__ import annotations

import math
from bisect import bisect
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from moviemotion.screenplay.alignment.cues import Cue, TimeSource
from moviemotion.screenplay.alignment.line_times import SPOKEN_KINDS, LineTimes, TimedLine
from moviemotion.screenplay.alignment.page_duration import page_seconds, printed_line_count
from moviemotion.screenplay.elements import Element, ElementKind

_CUT_PROBABILITY = 0.5
"""A line whose probability of being absent from the film is at least this high counts as cut."""
_MAX_EXTRA_SECONDS = 10.0
"""Two moved lines count as moved together if the time between them in the film exceeds the time estimated
from the page by at most this many seconds."""
_UNSPOKEN_SPEECH_KINDS = (ElementKind.CHARACTER, ElementKind.PARENTHETICAL)
_ALL_SPEECH_KINDS = (*_UNSPOKEN_SPEECH_KINDS, *SPOKEN_KINDS)


def interpolate_cues(
    elements: Sequence[Element], line_times: LineTimes, film_seconds: float
) -> tuple[Cue, ...]:
    """Create one cue for each element.

    Timed lines keep their times; the time between them is divided among the other elements in proportion to
    their length on the page. Lines that are probably absent from the film are marked as cut, and a scene is
    cut completely if all of its lines are cut.

    Args:
        elements: the elements of the screenplay.
        line_times: the timed lines, by index into `elements`.
        film_seconds: length of the film in seconds; no cue ends after it.
    """
    lines = _resolve_overlaps({k: _clip_to_film(line, film_seconds) for k, line in line_times.lines.items()})
    cut = {k for k, absent in line_times.absent_probability.items() if absent >= _CUT_PROBABILITY}
    cut |= _elements_of_cut_scenes(elements, cut)
    cues = [
        Cue(k, math.nan, math.nan, TimeSource.CUT, line_times.absent_probability.get(k, 0.0))
        for k in range(len(elements))
    ]
    for k, line in lines.items():
        cues[k] = Cue(k, line.start, line.end, TimeSource.SUBTITLES, line.probability)
    for items, start, end in _untimed_spans(elements, lines, film_seconds):
        present = [k for k in items if k not in cut]
        weights = [printed_line_count(elements[k]) for k in present]
        scale = (end - start) / max(sum(weights), 1)
        at = start
        for k, weight in zip(present, weights, strict=True):
            until = min(at + weight * scale, end)
            cues[k] = Cue(k, at, until, TimeSource.INTERPOLATED, 0.0)
            at = until
    return with_speech_times(elements, cues)


def with_speech_times(elements: Sequence[Element], cues: Sequence[Cue]) -> tuple[Cue, ...]:
    """Assign the times of dialogue to the character names and parentheticals that belong to it."""
    timed = list(cues)
    for speech in _speeches(elements):
        spoken = [cues[k] for k in speech if elements[k].kind in SPOKEN_KINDS]
        shown = [cue for cue in spoken if cue.source is not TimeSource.CUT]
        best = max(shown or spoken, key=lambda cue: cue.confidence, default=None)
        if best is None:
            continue
        for k in speech:
            if elements[k].kind not in SPOKEN_KINDS:
                start = min((cue.start for cue in shown), default=math.nan)
                end = max((cue.end for cue in shown), default=math.nan)
                timed[k] = replace(best, element=k, start=start, end=end)
    return tuple(timed)


def _speeches(elements: Sequence[Element]) -> Iterator[list[int]]:
    """The indices of the elements of each speech, starting with the character."""
    speech: list[int] = []
    for k, element in enumerate(elements):
        if element.kind is ElementKind.CHARACTER or element.kind not in _ALL_SPEECH_KINDS:
            if speech:
                yield speech
            speech = []
        if element.kind in _ALL_SPEECH_KINDS:
            speech.append(k)
    if speech:
        yield speech


def _clip_to_film(line: TimedLine, film_end: float) -> TimedLine:
    start, end, first, last = (
        min(t, film_end) for t in (line.start, line.end, line.first_word_start, line.last_word_end)
    )
    return replace(line, start=start, end=end, first_word_start=first, last_word_end=last)


def _resolve_overlaps(found: dict[int, TimedLine]) -> dict[int, TimedLine]:
    """Separate neighboring lines whose estimated times overlap; times from matched words are kept."""
    lines = dict(found)
    in_order = [k for k, line in lines.items() if not line.moved]
    for k, after in pairwise(in_order):
        line, following = lines[k], lines[after]
        start = max(following.start, line.start, min(line.last_word_end, following.first_word_start))
        lines[after] = replace(following, start=start, end=max(following.end, start))
        lines[k] = replace(line, end=max(min(line.end, start), line.start))
    return lines


UntimedSpan = tuple[list[int], float, float]


def _untimed_spans(
    elements: Sequence[Element], lines: dict[int, TimedLine], film_end: float
) -> Iterator[UntimedSpan]:
    """Find the groups of elements to be placed together, each with its start and end time.

    Args:
        elements: the elements of the screenplay.
        lines: the timed lines, by index into `elements`.
        film_end: length of the film in seconds.
    """
    starts = sorted(line.start for line in lines.values())
    ends = sorted(line.end for line in lines.values())
    edge = TimedLine(0.0, 0.0, 0.0, 0.0, 1.0, moved=False)
    last = replace(edge, start=film_end)
    anchors = [(-1, edge), *_lines_with_scene(elements, lines), (len(elements), last)]
    for (k, line), (after, following) in pairwise(anchors):
        items = [
            n
            for n in range(k + 1, after)
            if elements[n].kind not in (ElementKind.CHARACTER, ElementKind.PARENTHETICAL) and n not in lines
        ]
        if not line.moved and not following.moved:
            yield items, line.end, max(following.start, line.end)
            continue
        if (
            line.moved
            and following.moved
            and 0 <= following.start - line.end <= _total_page_seconds(elements, items) + _MAX_EXTRA_SECONDS
        ):
            yield items, line.end, following.start
            continue
        # The film departs from the script here, so the time between the two lines does not belong to these
        # elements. Each scene stays with its own line instead.
        here = [n for n in items if _stays_with_previous_line(elements, n, k, after, line.moved)]
        there = [n for n in items if n not in set(here)]
        next_start = starts[bisect(starts, line.end)] if bisect(starts, line.end) < len(starts) else film_end
        yield here, line.end, min(next_start, line.end + _total_page_seconds(elements, here))
        at = bisect(ends, following.start)
        previous_end = ends[at - 1] if at else 0.0
        yield (
            there,
            max(previous_end, following.start - _total_page_seconds(elements, there)),
            following.start,
        )


def _lines_with_scene(
    elements: Sequence[Element], lines: dict[int, TimedLine]
) -> Iterator[tuple[int, TimedLine]]:
    """The timed lines that tell where their scene is: all but single moved lines of scenes that stay.

    If one line of a scene is spoken elsewhere, the scene's heading and action do not go with it.
    """
    staying = {elements[k].scene for k, line in lines.items() if not line.moved}
    moved = Counter(elements[k].scene for k, line in lines.items() if line.moved)
    for k, line in lines.items():
        scene = elements[k].scene
        if not (line.moved and moved[scene] == 1 and scene in staying):
            yield k, line


def _total_page_seconds(elements: Sequence[Element], items: Sequence[int]) -> float:
    return sum(page_seconds(elements[n]) for n in items)


def _stays_with_previous_line(elements: Sequence[Element], n: int, k: int, after: int, moved: bool) -> bool:
    """Whether element `n` stays with the preceding line `k` rather than with the following line `after`.

    Args:
        elements: the elements of the screenplay.
        n: index of the element.
        k, after: indices of the timed lines before and after the element; -1 and `len(elements)` at the edges
            of the film.
        moved: whether line `k` was moved.
    """
    scene = elements[n].scene
    if k >= 0 and scene == elements[k].scene:
        return True
    return not moved and not (after < len(elements) and scene == elements[after].scene)


def _elements_of_cut_scenes(elements: Sequence[Element], cut: set[int]) -> set[int]:
    """The elements of scenes in which every line is cut. Scenes without dialogue are never included."""
    spoken = [k for k, element in enumerate(elements) if element.kind in SPOKEN_KINDS]
    present = {elements[k].scene for k in spoken if k not in cut}
    gone = {elements[k].scene for k in spoken} - present
    return {k for k, element in enumerate(elements) if element.scene in gone}
