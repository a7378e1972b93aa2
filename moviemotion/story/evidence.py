"""Which matched words to believe: agreement that chance does not explain.

Any two films share "what are you doing". A run of shared words is weighed as sequence searches weigh it
(Karlin and Altschul, 1990): with information of B bits, N · M · 2^-B such runs are expected by chance
between texts of N and M words. A line is believed when far less than one is expected in the stretch where
it could have matched: the whole film at first, then the gap between its believed neighbours.
"""

from __future__ import annotations

import math
from bisect import bisect
from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from moviemotion.story.matching import Ints, Words

_MARGIN = 5.0
"""Bits beyond N · M: at most one chance run in 2^5 = 32 is believed."""
_NEW_RUN = 6.0
"""Bits that a further run in the same line must pay for starting elsewhere."""
_FEWEST_WORDS = 12.0
_LEAST_SHARE = 0.003
"""Words in runs beyond chance needed to call it the same film: 12, and 3 in each 1,000 words.

Measured: early draft against its film 102 of 6,446 words (31 needed); later drafts thousands; films
and scripts that do not belong together at most 14 of 6,446."""

Bits = NDArray[np.float64]


def information(script: Words, spoken: Words, a: Ints, b: Ints) -> Bits:
    """Bits of each matched pair of words: how unlikely the word is in the two texts together."""
    counts = Counter(script.words) + Counter(spoken.words)
    total = counts.total()
    return np.array(
        [
            math.log2(total / max(counts[script.words[i]], counts[spoken.words[j]]))
            for i, j in zip(a, b, strict=True)
        ]
    )


def runs(a: Ints, b: Ints) -> Ints:
    """(K,) number of the run each pair is in; pairs in a run follow each other in both texts."""
    breaks = (np.diff(a) != 1) | (np.diff(b) != 1)
    return np.concatenate([[0], np.cumsum(breaks)]) if len(a) else np.zeros(0, np.int64)


def words_beyond_chance(script: Words, spoken: Words, a: Ints, b: Ints) -> int:
    """How many matched words lie in runs that chance does not explain."""
    if not len(a):
        return 0
    run = runs(a, b)
    weight = np.bincount(run, information(script, spoken, a, b))[run]
    return int((weight > _chance(len(script.words), len(spoken.words))).sum())


def words_needed(script: Words, spoken: Words) -> float:
    """How many words beyond chance tell that both texts are of the same film."""
    shorter = min(len(script.words), len(spoken.words))
    return max(min(_FEWEST_WORDS + _LEAST_SHARE * shorter, shorter / 3), 1.0)


def _chance(n: int, m: int) -> float:
    return math.log2(max(n, 1) * max(m, 1)) + _MARGIN


def believe(lines: Sequence[range], script: Words, spoken: Words, a: Ints, b: Ints) -> dict[int, Ints]:
    """The lines that were found, each with its pairs (positions in `a` and `b`).

    Args:
        lines: the positions of each line's words in the script, in order.
        script, spoken, a, b: the texts and their alignment.
    """
    bits = information(script, spoken, a, b)
    run = runs(a, b)
    pairs: dict[int, Ints] = {}
    weights: dict[int, float] = {}
    for number, words in enumerate(lines):
        lo, hi = np.searchsorted(a, [words.start, words.stop])
        if hi > lo:
            pairs[number] = np.arange(lo, hi)
            of_runs = np.bincount(run[lo:hi] - run[lo], bits[lo:hi])
            weights[number] = np.maximum(of_runs - _NEW_RUN, 0).sum() + _NEW_RUN
    believed: set[int] = set()
    while found := _sure(pairs.keys() - believed, sorted(believed), weights, pairs, lines, b, spoken):
        believed |= found
    return {number: pairs[number] for number in sorted(believed)}


def _sure(
    candidates: set[int],
    believed: list[int],
    weights: dict[int, float],
    pairs: dict[int, Ints],
    lines: Sequence[range],
    b: Ints,
    spoken: Words,
) -> set[int]:
    """The candidates that outweigh chance in the gap between their believed neighbours."""
    sure = set()
    for number in candidates:
        at = bisect(believed, number)
        first_word, first_spoken = 0, 0
        last_word, last_spoken = lines[-1].stop, len(spoken.words)
        if at:
            before = believed[at - 1]
            first_word, first_spoken = lines[before].stop, int(b[pairs[before][-1]]) + 1
        if at < len(believed):
            after = believed[at]
            last_word, last_spoken = lines[after].start, int(b[pairs[after][0]])
        if weights[number] > _chance(last_word - first_word, last_spoken - first_spoken):
            sure.add(number)
    return sure
