"""Line corrections: times of script elements that a person has set by hand.

A corrected time replaces the one from the alignment and counts as certain. Elements without a time of their
own are interpolated again between their neighbors. Corrections are kept apart from the aligned script, so
that they can be undone, and are carried over to another draft as long as their elements are unchanged.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from itertools import pairwise

from moviemotion.errors import MoviemotionError
from moviemotion.problems import Harm, Problem
from moviemotion.screenplay.alignment.align import TimedScript
from moviemotion.screenplay.alignment.conflicts import out_of_order
from moviemotion.screenplay.alignment.cues import Cue, TimeSource
from moviemotion.screenplay.alignment.interpolate import interpolate_cues, with_speech_times
from moviemotion.screenplay.alignment.line_times import SPOKEN_KINDS, LineTimes, TimedLine
from moviemotion.screenplay.alignment.page_duration import page_seconds
from moviemotion.screenplay.elements import Element, ElementKind, Screenplay
from moviemotion.timecode import clock_text

CORRECTABLE_KINDS = (
    ElementKind.SCENE_HEADING,
    ElementKind.ACTION,
    ElementKind.DIALOGUE,
    ElementKind.LYRICS,
    ElementKind.TRANSITION,
    ElementKind.CENTERED,
)
"""The kinds of elements whose times can be set. Character names and parentheticals follow their speech."""
BACKWARD = "line-times-backward"
"""Code of the problem of times that go back against the order of the script within a scene."""
LOST = "script-line-times-lost"
"""Code of the problem of times that were dropped because their lines are no longer in the script."""
_SHOWN_LETTERS = 40
_ROUNDING_SECONDS = 0.001


@dataclass(frozen=True)
class LineCorrection:
    """A time that was set by hand.

    Attributes:
        element: index into `Screenplay.elements`.
        start, end: seconds of film time.
    """

    element: int
    start: float
    end: float


def make_correction(
    script: TimedScript, element: int, start: float, end: float | None, film: tuple[float, float]
) -> LineCorrection:
    """Check a time that was set by hand.

    Args:
        script: the script in film time.
        element: index into `Screenplay.elements`.
        start: seconds of film time.
        end: seconds of film time; None to keep the length of the element.
        film: film time of the first and the last picture, in seconds.

    Raises:
        MoviemotionError: the element does not exist or has no time of its own, or the time is not in the
            film; the message names the element by its number, counted from 1.
    """
    elements = script.screenplay.elements
    if not 0 <= element < len(elements):
        raise MoviemotionError(
            f"element {element + 1}: not in the script, which has {len(elements)} elements; "
            "use the numbers of its table of lines"
        )
    if elements[element].kind not in CORRECTABLE_KINDS:
        raise MoviemotionError(
            f"element {element + 1}: has no time of its own, because it is a {elements[element].kind}; "
            "set the time of the speech or the action after it"
        )
    if end is None:
        cue = script.cues[element]
        length = page_seconds(elements[element]) if math.isnan(cue.start) else cue.end - cue.start
        end = min(start + length, max(film[1], start))
    if end < start:
        raise MoviemotionError(
            f"element {element + 1}: ends at {clock_text(end)}, before it starts at {clock_text(start)}; "
            "correct the end, or leave it empty to keep the element's length"
        )
    if start < film[0] - _ROUNDING_SECONDS or end > film[1] + _ROUNDING_SECONDS:
        raise MoviemotionError(
            f"element {element + 1}: from {clock_text(start)} to {clock_text(end)} is not in the film, which "
            f"runs from {clock_text(film[0])} to {clock_text(film[1])}; correct the time"
        )
    return LineCorrection(element, start, end)


def film_bounds(
    script: TimedScript, recorded_seconds: float, span: tuple[float, float] | None
) -> tuple[float, float]:
    """Film time of the first and the last picture, as far as it is known, in seconds.

    Args:
        script: the script in film time, which may run on after the recordings end.
        recorded_seconds: the recorded length of the film.
        span: film time of the first and the last picture, if known.
    """
    last = max((cue.end for cue in script.cues if not math.isnan(cue.end)), default=0.0)
    return span or (0.0, max(last, recorded_seconds))


def with_corrections(script: TimedScript, corrections: Sequence[LineCorrection]) -> TimedScript:
    """Set the corrected times, and interpolate the elements around them that have no time of their own.

    Args:
        script: the script as it was aligned.
        corrections: at most one correction for each element.
    """
    if not corrections:
        return script
    elements = script.screenplay.elements
    own = {
        cue.element: cue
        for cue in script.cues
        if not (cue.is_estimated or cue.source is TimeSource.CUT)
        and elements[cue.element].kind in CORRECTABLE_KINDS
    }
    by_hand = {c.element: Cue(c.element, c.start, c.end, TimeSource.BY_HAND, 1.0) for c in corrections}
    own |= by_hand
    # A scene with a time is in the film, although some of its lines may not be.
    present = {elements[k].scene for k in by_hand}
    cut = {cue.element for cue in script.cues if cue.source is TimeSource.CUT} - set(by_hand)
    cut -= {k for k in cut if elements[k].kind not in SPOKEN_KINDS and elements[k].scene in present}
    interpolated = _interpolate(script, own, cut)
    near = _elements_near(by_hand, own, len(elements))
    cues = [
        own.get(k, after if k in near and k not in cut else before)
        for k, (before, after) in enumerate(zip(script.cues, interpolated, strict=True))
    ]
    count = len(by_hand)
    timing = f"{script.timing} {count} {'time was' if count == 1 else 'times were'} set by hand."
    return replace(script, cues=with_speech_times(elements, cues), timing=timing)


def _interpolate(script: TimedScript, own: Mapping[int, Cue], cut: Iterable[int]) -> tuple[Cue, ...]:
    """Interpolate all elements between those that have a time of their own."""
    moved = out_of_order({k: cue.start for k, cue in own.items()})
    lines = {
        k: TimedLine(cue.start, cue.end, cue.start, cue.end, cue.confidence, k in moved)
        for k, cue in sorted(own.items())
    }
    last = max(cue.end for cue in (*script.cues, *own.values()) if not math.isnan(cue.end))
    return interpolate_cues(script.screenplay.elements, LineTimes(lines, dict.fromkeys(cut, 1.0)), last)


def _elements_near(by_hand: Collection[int], own: Collection[int], n_elements: int) -> set[int]:
    """The elements whose nearest neighbor with a time of its own, before or after them, was set by hand."""
    anchors = [-1, *sorted(own), n_elements]
    return {
        k
        for before, after in pairwise(anchors)
        if before in by_hand or after in by_hand
        for k in range(before + 1, after)
    }


def order_problems(script: TimedScript, corrections: Sequence[LineCorrection]) -> Iterator[Problem]:
    """Report times set by hand that go back against the order of the script within a scene."""
    elements = script.screenplay.elements
    in_order = sorted(corrections, key=lambda correction: correction.element)
    backward = [
        (one, other)
        for one, other in pairwise(in_order)
        if elements[one.element].scene == elements[other.element].scene and other.start < one.start
    ]
    if backward:
        one, other = backward[0]
        yield Problem(
            BACKWARD,
            Harm.WRONG,
            f"{len(backward)} of the times set by hand {'goes' if len(backward) == 1 else 'go'} back within "
            f"a scene: {_quoted(elements[other.element])} at {clock_text(other.start)} comes before "
            f"{_quoted(elements[one.element])} at {clock_text(one.start)}; correct them, unless the film "
            "departs from the script here",
        )


def carry_over(
    corrections: Sequence[LineCorrection], before: Screenplay, after: Screenplay
) -> tuple[tuple[LineCorrection, ...], tuple[Problem, ...]]:
    """Carry corrections over to another draft of the script, whose elements may have other numbers.

    Args:
        corrections: the corrections of the earlier draft.
        before, after: the earlier draft, and the new one.

    Returns:
        The corrections of unchanged elements, and a problem if others were dropped.
    """
    known, new = ([_identity(element) for element in play.elements] for play in (before, after))
    if not corrections or known == new:
        return tuple(corrections), ()
    blocks = SequenceMatcher(None, known, new, autojunk=False).get_matching_blocks()
    moved_to = {block.a + k: block.b + k for block in blocks for k in range(block.size)}
    kept = tuple(replace(c, element=moved_to[c.element]) for c in corrections if c.element in moved_to)
    lost = [c for c in corrections if c.element not in moved_to]
    if not lost:
        return kept, ()
    text = (
        f"{len(lost)} of the times set by hand {'was' if len(lost) == 1 else 'were'} dropped, because the "
        f"new script does not have {'its line' if len(lost) == 1 else 'their lines'} word for word (first: "
        f"{_quoted(before.elements[lost[0].element])} at {clock_text(lost[0].start)}); set them again"
    )
    return kept, (Problem(LOST, Harm.WRONG, text),)


def spoken_words(text: str) -> str:
    """The words of a text, without case, punctuation and spacing, which programs change in passing."""
    return " ".join(re.findall(r"\w+", text.casefold()))


def _identity(element: Element) -> tuple[ElementKind, str]:
    return element.kind, spoken_words(element.text)


def _quoted(element: Element) -> str:
    text = " ".join(element.text.split())
    return f"“{text if len(text) <= _SHOWN_LETTERS else text[:_SHOWN_LETTERS].rstrip() + '…'}”"
