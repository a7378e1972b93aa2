"""The lines of a screenplay found in the subtitles, each with its time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from moviemotion.errors import MoviemotionError
from moviemotion.story.elements import Kind, Screenplay
from moviemotion.story.evidence import believe, information, words_beyond_chance, words_needed
from moviemotion.story.matching import Ints, Words, align, words_of
from moviemotion.story.subtitles import Subtitle

SPOKEN = (Kind.DIALOGUE, Kind.LYRICS)
WORD_SECONDS = 0.33
"""How long a word takes to say: 180 words a minute, the middle of film dialogue."""
_PAUSE = 8.0
"""A silence in seconds beyond which words are not of one line."""
_MOVED_SHARE = 0.5
"""Share of a line's words that must be found where the order of the script does not speak for it."""


@dataclass(frozen=True)
class FoundLine:
    """A line of dialogue found in the subtitles.

    Attributes:
        start, end: seconds of film time.
        first, last: when its first found word begins and its last one ends, seconds of film time;
            beyond them `start` and `end` are guesses.
        share: share of its words that were found, 0–1.
        moved: whether the film has it in another place than the script.
    """

    start: float
    end: float
    first: float
    last: float
    share: float
    moved: bool


@dataclass(frozen=True)
class _Speech:
    """All words spoken, with the film time of each: (M,) starts and ends in seconds."""

    words: Words
    start: NDArray[np.float64]
    end: NDArray[np.float64]


def find_lines(screenplay: Screenplay, subtitles: Sequence[Subtitle]) -> dict[int, FoundLine]:
    """Find the lines of dialogue in the subtitles.

    Returns:
        the lines found, by index into `Screenplay.elements`.

    Raises:
        MoviemotionError: the script has no dialogue, or the subtitles are of another film.
    """
    elements = [k for k, e in enumerate(screenplay.elements) if e.kind in SPOKEN and words_of(e.text)]
    if not elements:
        raise MoviemotionError(
            f"{screenplay.path}: there is no dialogue to find in the subtitles; leave out --subtitles."
        )
    script, lines = _script_words(screenplay, elements)
    speech = _spoken_words(subtitles)
    a, b = align(script, speech.words)
    sure = words_beyond_chance(script, speech.words, a, b)
    if sure < words_needed(script, speech.words):
        raise MoviemotionError(
            f"{screenplay.path}: these subtitles do not match this script; {sure / len(script.words):.1%} of "
            "the script's dialogue found; check that they belong to this film, or leave out --subtitles."
        )
    taken = believe(lines, script, speech.words, a, b)
    found = {line: _timed(lines[line], a[p], b[p], script, speech, moved=False) for line, p in taken.items()}
    for line, (words, spoken) in _moved(lines, script, speech, a, b, taken).items():
        found[line] = _timed(lines[line], words, spoken, script, speech, moved=True)
    return {elements[line]: found[line] for line in sorted(found)}


def _script_words(screenplay: Screenplay, elements: Sequence[int]) -> tuple[Words, list[range]]:
    words: list[str] = []
    lines: list[range] = []
    for element in elements:
        said = words_of(screenplay.elements[element].text)
        lines.append(range(len(words), len(words) + len(said)))
        words += said
    starts = np.zeros(len(words), bool)
    starts[[line.start for line in lines]] = True
    return Words(tuple(words), starts), lines


def _spoken_words(subtitles: Sequence[Subtitle]) -> _Speech:
    """The words of the subtitles; within a subtitle each takes time by its letters."""
    words: list[str] = []
    starts: list[bool] = []
    times: list[NDArray[np.float64]] = []
    for subtitle in subtitles:
        speeches = [said for text in subtitle.text.split("\n") if (said := words_of(text))]
        if not speeches:
            continue
        starts += [k == 0 for said in speeches for k in range(len(said))]
        said = [word for speech in speeches for word in speech]
        words += said
        letters = np.cumsum([0] + [len(word) + 1 for word in said])
        at = subtitle.start + (subtitle.end - subtitle.start) * letters / letters[-1]
        times.append(np.stack([at[:-1], at[1:]]))
    start, end = np.concatenate(times, axis=1) if times else np.zeros((2, 0))
    return _Speech(Words(tuple(words), np.array(starts, bool)), start, end)


def _moved(
    lines: Sequence[range], script: Words, speech: _Speech, a: Ints, b: Ints, taken: dict[int, Ints]
) -> dict[int, tuple[Ints, Ints]]:
    """Lines that the film has elsewhere: align once more what is left of both texts."""
    left = [k for k in range(len(lines)) if k not in taken]
    script_left = np.array([word for k in left for word in lines[k]], np.int64)
    used = np.concatenate([b[pairs] for pairs in taken.values()]) if taken else np.zeros(0, np.int64)
    spoken_left = np.setdiff1d(np.arange(len(speech.words.words)), used)
    if not len(script_left) or not len(spoken_left):
        return {}
    rest, spoken = script.take(script_left), speech.words.take(spoken_left)
    c, d = align(rest, spoken)
    at = np.cumsum([0] + [len(lines[k]) for k in left])
    ranges = [range(lo, hi) for lo, hi in pairwise(at.tolist())]
    return {
        left[k]: (script_left[c[pairs]], spoken_left[d[pairs]])
        for k, pairs in believe(ranges, rest, spoken, c, d).items()
        if len(pairs) >= _MOVED_SHARE * len(ranges[k])
    }


def _timed(line: range, a: Ints, b: Ints, script: Words, speech: _Speech, moved: bool) -> FoundLine:
    """Time a line from its words that were found; those missing at its ends take their usual time."""
    group = np.concatenate([[0], np.cumsum(np.diff(speech.start[b]) > _PAUSE)])
    weight = np.bincount(group, information(script, speech.words, a, b))
    kept = group == weight.argmax()
    a, b = a[kept], b[kept]
    first, last = float(speech.start[b[0]]), float(speech.end[b[-1]])
    start = max(first - float(a[0] - line.start) * WORD_SECONDS, 0.0)
    end = last + float(line.stop - 1 - a[-1]) * WORD_SECONDS
    return FoundLine(start, end, first, last, len(a) / len(line), moved)
