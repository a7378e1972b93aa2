"""Carry the times of a script over to a revision of it: the film stays the same, only the script changes."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from difflib import SequenceMatcher

from moviemotion.screenplay.alignment.align import TimedScript
from moviemotion.screenplay.alignment.cues import Cue, TimeSource
from moviemotion.screenplay.alignment.interpolate import with_speech_times
from moviemotion.screenplay.alignment.normalize import normalize_words
from moviemotion.screenplay.elements import Element, ElementKind, Screenplay

_UNTIMED_KINDS = (ElementKind.CHARACTER, ElementKind.PARENTHETICAL)
"""These take their times from the speech to which they belong."""
_COUNTED_KINDS = (ElementKind.ACTION, ElementKind.DIALOGUE, ElementKind.LYRICS, ElementKind.CENTERED)
_MIN_MOVED_WORDS = 8
"""Fewest words of a passage that is recognized at another place; shorter ones may occur twice by chance."""
_MIN_UNCHANGED_SHARE = 0.1
"""A script of which less than this is unchanged is not a revision."""


def carry_times_over(before: TimedScript, revised: Screenplay) -> TimedScript | None:
    """Time a revised script by the script with which the film was screened.

    Unchanged elements keep their times, also if they were moved together with their scene. New and rewritten
    elements, and single elements that were moved to another scene, are marked as cut: the film does not show
    them at this place.

    Args:
        before: the script with which the film was screened.
        revised: the revision.

    Returns:
        The revision with its cues; None if it has nearly nothing in common with the script.
    """
    old, new = before.screenplay.elements, revised.elements
    old_of = _unchanged_elements(old, new)
    belonging = _scenes_that_belong_together((old[i].scene, new[k].scene) for k, i in old_of.items())
    kept = {k: i for k, i in old_of.items() if (old[i].scene, new[k].scene) in belonging}
    lines = [k for k, element in enumerate(new) if element.kind in _COUNTED_KINDS]
    same, moved = sum(k in kept for k in lines), sum(k in old_of and k not in kept for k in lines)
    if same < _MIN_UNCHANGED_SHARE * len(lines) or not same:
        return None
    cues = [
        replace(before.cues[kept[k]], element=k)
        if k in kept
        else Cue(k, math.nan, math.nan, TimeSource.CUT, 0.0)
        for k in range(len(new))
    ]
    timing = (
        f"The script was revised after the screening: of {len(lines)} lines of action and dialogue, {same} "
        f"are unchanged and keep their times. New or rewritten lines ({len(lines) - same - moved}) and lines "
        f"moved to another scene ({moved}) are marked as not in the film. {before.timing}"
    )
    return TimedScript(revised, with_speech_times(new, cues), timing, before.problems)


def _unchanged_elements(old: Sequence[Element], new: Sequence[Element]) -> dict[int, int]:
    """Match elements of the same kind and with the same words: index in the revision → in the script.

    First, all passages that are in the same order are matched; then, as long as there are any, passages that
    were moved.
    """
    found: dict[int, int] = {}
    old_left, new_left = _comparable(old), _comparable(new)
    keys = [{k: _key(elements[k]) for k in _comparable(elements)} for elements in (old, new)]
    while True:
        matcher = SequenceMatcher(
            None, [keys[0][k] for k in old_left], [keys[1][k] for k in new_left], autojunk=False
        )
        blocks = [
            list(zip(new_left[b : b + size], old_left[a : a + size], strict=True))
            for a, b, size in matcher.get_matching_blocks()
        ]
        matched = {
            k: i
            for block in blocks
            if not found or sum(len(keys[1][k][1]) for k, _ in block) >= _MIN_MOVED_WORDS
            for k, i in block
        }
        if not matched:
            return found
        found |= matched
        used = set(matched.values())
        old_left = [i for i in old_left if i not in used]
        new_left = [k for k in new_left if k not in matched]


def _comparable(elements: Sequence[Element]) -> list[int]:
    return [k for k, element in enumerate(elements) if element.kind not in _UNTIMED_KINDS]


def _key(element: Element) -> tuple[ElementKind, tuple[str, ...]]:
    return element.kind, tuple(normalize_words(element.text)) or (element.text.strip(),)


def _scenes_that_belong_together(matches: Iterable[tuple[int, int]]) -> set[tuple[int, int]]:
    """Pairs of scenes one of which contains most of what the other contains.

    A scene may have been divided, or several may have been joined. A single element that was moved to another
    scene makes no pair.

    Args:
        matches: the scene in the script and in the revision, for each unchanged element.
    """
    pairs = [pair for pair, _ in Counter(matches).most_common()]
    of_old: dict[int, int] = {}
    of_new: dict[int, int] = {}
    for old, new in pairs:
        of_old.setdefault(old, new)
        of_new.setdefault(new, old)
    return {(old, new) for old, new in pairs if of_old[old] == new or of_new[new] == old}
