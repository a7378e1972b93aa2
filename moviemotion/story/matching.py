"""Find the words of the script in the subtitles: one global alignment by dynamic programming.

A script is revised until the film is cut: words are swapped, lines dropped, others added. So the alignment
looks for runs of shared words in the same order. It is Needleman and Wunsch's (1970) with free gaps and a
price for opening a run, solved a row at a time with numpy: along a row the free gap is a running maximum.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz, process

Ints = NDArray[np.int64]
Floats = NDArray[np.float32]

_OPEN = 0.9
"""Price of opening a run: more than one common word earns, so chance matches do not pay."""
_OPEN_AT_START = 0.45
"""The price where both a speech and a subtitle begin."""
_SWAP = 0.7
"""Price of one differing word within a run."""
_LEAST_WORTH = 0.25
_FUZZY_LENGTH = 4
_FUZZY_SCORE = 78.0


def words_of(text: str) -> list[str]:
    """The words of a text as they are compared: lower case, no accents, no apostrophes."""
    bare = unicodedata.normalize("NFKD", text.lower())
    bare = "".join(c for c in bare if not unicodedata.combining(c))
    return re.findall(r"[^\W_]+", re.sub(r"(?<=\w)['’`´](?=\w)", "", bare))


@dataclass(frozen=True)
class Words:
    """A text as a sequence of words.

    Attributes:
        words: N words, as `words_of` gives them.
        starts: (N,) bool, whether the word begins an utterance.
    """

    words: tuple[str, ...]
    starts: NDArray[np.bool_]

    def take(self, where: Ints) -> Words:
        """The words at these positions only."""
        return Words(tuple(self.words[k] for k in where), self.starts[where])


def align(script: Words, spoken: Words) -> tuple[Ints, Ints]:
    """Align two texts word by word, in order.

    Args:
        script: N words.
        spoken: M words.

    Returns:
        two (K,) arrays of positions, both rising: word `a[k]` of the script is word `b[k]` as spoken.
    """
    if not script.words or not spoken.words:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    return _walk_back(*_fill(script, spoken))


def _fill(script: Words, spoken: Words) -> tuple[NDArray[np.uint8], ...]:
    """Score every pair of positions; keep three packed (N, M) bit tables of the choices made.

    They say: the best alignment ends in this pair; it comes from the row above; the pair goes on a run.
    A fourth says where the two words are equal.
    """
    columns = len(spoken.words)
    worths = _worths(script, spoken)
    price = np.full(columns, _OPEN, np.float32)
    price_at_start = np.where(spoken.starts, np.float32(_OPEN_AT_START), price)
    best = np.zeros(columns + 1, np.float32)  # best[j]: of the rows so far against spoken[:j]
    run = np.full(columns + 1, -np.inf, np.float32)  # the same, ending in a pair at j - 1
    tables: tuple[list[NDArray[np.uint8]], ...] = ([], [], [], [])
    for word, starts in zip(script.words, script.starts, strict=True):
        worth = np.full(columns, -_SWAP, np.float32)
        where, gain = worths[word]
        worth[where] = gain
        opened = best[:-1] - (price_at_start if starts else price)
        goes_on = run[:-1] > opened
        pair = np.maximum(run[:-1], opened) + worth
        through = np.maximum(pair, best[1:])
        row = np.maximum.accumulate(through)
        equal = np.zeros(columns, bool)
        equal[where] = True
        above = row == best[1:]
        for table, bits in zip(tables, (row == pair, above, goes_on, equal), strict=True):
            table.append(np.packbits(bits))
        best[1:] = row
        run[1:] = pair
    return tuple(np.array(table) for table in tables)


def _walk_back(
    ends: NDArray[np.uint8], above: NDArray[np.uint8], goes_on: NDArray[np.uint8], equal: NDArray[np.uint8]
) -> tuple[Ints, Ints]:
    def is_set(table: NDArray[np.uint8], i: int, j: int) -> bool:
        return bool(table[i, j >> 3] >> (7 - (j & 7)) & 1)

    i, j = len(ends) - 1, ends.shape[1] * 8 - 1
    pairs: list[tuple[int, int]] = []
    in_run = False
    while i >= 0 and j >= 0:
        if in_run or (is_set(ends, i, j) and not is_set(above, i, j)):
            if is_set(equal, i, j):
                pairs.append((i, j))
            in_run = is_set(goes_on, i, j)
            i, j = i - 1, j - 1
        elif is_set(above, i, j):
            i -= 1
        else:
            j -= 1
    found = np.array(pairs[::-1], np.int64).reshape(-1, 2)
    return found[:, 0], found[:, 1]


def _worths(script: Words, spoken: Words) -> dict[str, tuple[Ints, Floats]]:
    """For each word of the script, where it is spoken and what a match there earns.

    A word earns more the rarer it is, from `_LEAST_WORTH` to 1, as in inverse document frequency; a word
    spelled almost alike ("goin'", a slip of the keyboard) earns a part of it.
    """
    counts = Counter(script.words) + Counter(spoken.words)
    total = math.log(max(counts.total(), 3))
    places: dict[str, list[int]] = {}
    for position, word in enumerate(spoken.words):
        places.setdefault(word, []).append(position)
    alike = _alike(sorted(set(script.words)), sorted(places))
    worths = {}
    for word in set(script.words):
        where, gain = list[int](), list[float]()
        for other, likeness in alike.get(word, []) + ([(word, 1.0)] if word in places else []):
            rarity = 1 - math.log(max(counts[word], counts[other])) / total
            where += places[other]
            gain += [max(_LEAST_WORTH, rarity) * likeness] * len(places[other])
        worths[word] = np.array(where, np.int64), np.array(gain, np.float32)
    return worths


def _alike(script: Sequence[str], spoken: Sequence[str]) -> dict[str, list[tuple[str, float]]]:
    """Pairs of different words spelled almost alike, with how much alike, 0–1."""
    left = [word for word in script if len(word) >= _FUZZY_LENGTH]
    right = [word for word in spoken if len(word) >= _FUZZY_LENGTH]
    if not left or not right:
        return {}
    scores = process.cdist(left, right, scorer=fuzz.ratio, score_cutoff=_FUZZY_SCORE, dtype=np.uint8)
    pairs: dict[str, list[tuple[str, float]]] = {}
    for i, j in zip(*np.nonzero(scores), strict=True):
        if left[i] != right[j]:
            pairs.setdefault(left[i], []).append((right[j], float(scores[i, j]) / 100))
    return pairs
