"""Synthetic damage: what happens between script and final cut, with known truth for every line."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from moviemotion.screenplay.elements import ElementKind, Screenplay
from moviemotion.screenplay.subtitles.parse import Subtitle

_WORDS_PER_SUBTITLE = 9


@dataclass(frozen=True)
class Damaged:
    """Subtitles of a film of a script, and the time at which each line of dialogue is spoken (NaN: cut)."""

    subtitles: tuple[Subtitle, ...]
    starts: dict[int, float]


def damaged_film(
    screenplay: Screenplay,
    seed: int,
    changed: float = 0.2,
    cut: float = 0.2,
    moved: float = 0.1,
    speed: float = 25 / 23.976,
    offset: float = 12.5,
) -> Damaged:
    """Simulate the film of a script: words changed, lines cut, scenes moved.

    Args:
        changed: share of words replaced by others of the script, in proportion to their frequency in it.
        cut: share of lines that are not in the film, in stretches of one to six.
        moved: share of lines that are spoken elsewhere, in stretches of three to eight.
        speed, offset: subtitle time is film time divided by `speed`, plus `offset` seconds.
    """
    rng = np.random.default_rng(seed)
    said = {k: e.text.split() for k, e in enumerate(screenplay.elements) if e.kind is ElementKind.DIALOGUE}
    every = [word for words in said.values() for word in words]
    gone = _stretches(rng, list(said), cut, 1, 7)
    order = [k for k in said if k not in gone]
    away = _stretches(rng, order, moved, 3, 9)
    rest = [k for k in order if k not in away]
    for block in _blocks(order, away):
        at = int(rng.integers(len(rest) + 1))
        rest[at:at] = block
    subtitles: list[Subtitle] = []
    starts = dict.fromkeys(said, math.nan)
    clock = 30.0
    for k in rest:
        swapped = rng.random(len(said[k])) < changed
        words = [str(rng.choice(every)) if s else w for w, s in zip(said[k], swapped, strict=True)]
        starts[k] = clock / speed + offset
        for first in range(0, len(words), _WORDS_PER_SUBTITLE):
            part = words[first : first + _WORDS_PER_SUBTITLE]
            end = clock + 0.33 * len(part) + 0.3
            subtitles.append(Subtitle(clock / speed + offset, end / speed + offset, " ".join(part)))
            clock = end + 0.1
        clock += float(rng.exponential(1.5))
    return Damaged(tuple(subtitles), starts)


def _stretches(rng: np.random.Generator, lines: list[int], share: float, low: int, high: int) -> set[int]:
    """About this share of the lines, in stretches of `low` to `high` - 1 lines."""
    chosen: set[int] = set()
    while len(chosen) < share * len(lines):
        first = int(rng.integers(len(lines)))
        chosen.update(lines[first : first + int(rng.integers(low, high))])
    return chosen


def _blocks(order: list[int], away: set[int]) -> list[list[int]]:
    blocks: list[list[int]] = []
    for before, k in zip([None, *order], order, strict=False):
        if k in away:
            if before in away:
                blocks[-1].append(k)
            else:
                blocks.append([k])
    return blocks
