"""Rolling captions: remove the words that each cue repeats from the cue before.

Live captions and automatic captions roll: each cue shows the line before once more, above or before its new
words. Matched as they stand, a line of the script would take its time from a repetition.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from moviemotion.screenplay.subtitles.embedded_track import RawSubtitle

_TAG = re.compile(r"</?[a-zA-Z][^<>]*>|<\d[\d:.]*>|\{[^{}]*\}")
_MIN_ROLLING_SHARE = 0.4
"""Minimum share of cues that begin with a repetition of the cue before; elsewhere, hardly any do."""
_MIN_CUES = 6
"""Minimum number of cues for judging whether captions roll."""
_MAX_GAP_SECONDS = 60.0
"""A cue repeats the one before only if it starts at most this many seconds after the end of that cue. It can
be long, because a caption that rolls stays on screen while nobody speaks."""

_Words = list[tuple[str, int]]
"""The words of a cue, each with the number of its line."""


def unroll_captions(cues: Sequence[RawSubtitle]) -> tuple[list[RawSubtitle], bool]:
    """Remove repeated words if the captions roll.

    A cue that only adds words to the line before extends that line; a cue with a new line becomes a cue with
    this line alone.

    Args:
        cues: the cues of a file in chronological order.

    Returns:
        The cues, and whether they rolled; if not, they are unchanged.
    """
    words = [_words(cue.text) for cue in cues]
    repeated = [0] * len(cues)
    for k, (before, cue) in enumerate(pairwise(cues), 1):
        if cue.start - before.end <= _MAX_GAP_SECONDS:
            repeated[k] = _overlap(words[k - 1], words[k])
    rolling = sum(k > 0 for k in repeated)
    if len(cues) < _MIN_CUES or rolling < _MIN_ROLLING_SHARE * (len(cues) - 1):
        return list(cues), False
    unrolled: list[RawSubtitle] = []
    for cue, said, k in zip(cues, words, repeated, strict=True):
        new = said[k:]
        if k and not new:
            unrolled[-1] = replace(unrolled[-1], end=max(unrolled[-1].end, cue.end))
            continue
        grows = 0 if not k else sum(line == said[k - 1][1] for _, line in new)
        if grows:
            added = " ".join(word for word, _ in new[:grows])
            unrolled[-1] = replace(unrolled[-1], end=cue.end, text=f"{unrolled[-1].text} {added}")
        if new[grows:]:
            unrolled.append(replace(cue, text=_join(new[grows:])))
    return unrolled, True


def _words(text: str) -> _Words:
    lines = _TAG.sub("", text).replace("\xa0", " ").split("\n")
    return [(word, number) for number, line in enumerate(lines) for word in line.split()]


def _join(words: _Words) -> str:
    text = words[0][0]
    for (_, line), (word, following) in pairwise(words):
        text += (" " if following == line else "\n") + word
    return text


def _overlap(before: _Words, after: _Words) -> int:
    """The largest number of words with which `before` ends and `after` begins, at least one line."""
    one, other = ([word.lower() for word, _ in words] for words in (before, after))
    line = sum(number == before[-1][1] for _, number in before) if before else 1
    sizes = range(min(len(one), len(other)), line - 1, -1)
    return next((k for k in sizes if one[-k:] == other[:k]), 0)
