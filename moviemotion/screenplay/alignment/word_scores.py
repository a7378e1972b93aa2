"""How much a match of words says: bits, by how unlikely the words are anywhere else in the film.

A word that follows another of its line where both are matched earns by its chance after that word: "do not
know" is one habit of speech, not three coincidences.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from rapidfuzz import fuzz, process

_VERBATIM_PROBABILITY = 0.85
"""Chance that a word of a line that is spoken is spoken as written."""
_COLLOCATION_SHARE = 0.45
"""Share of its bits a word keeps after another: the language, not only this film, joins common words."""
_SMOOTHING = 4.0
"""Weight of a word's overall rate against its rate after another, in occurrences."""
_MIN_FUZZY_LENGTH = 4
_MIN_FUZZY_SCORE = 82.0
MISSPELLING_BITS = 2.0
"""Bits that a word spelled almost alike loses."""


class WordScores:
    """Bits earned by matched words, from how often they stand in both texts (add nothing for themselves)."""

    def __init__(self, script_words: Sequence[str], spoken_words: Sequence[str]) -> None:
        self._unigrams = Counter(script_words) + Counter(spoken_words)
        self._bigrams = Counter(pairwise(script_words)) + Counter(pairwise(spoken_words))
        self._total = max(self._unigrams.total(), 2)

    def single_bits(self, word: str) -> float:
        """Bits of a word matched by itself: log2 P(word | same line) / P(word)."""
        return math.log2(_VERBATIM_PROBABILITY / self._rate(word))

    def following_bits(self, previous: str, word: str) -> float:
        """Bits of a word matched right after `before`, which is matched too."""
        # One occurrence in each text is the match itself.
        seen = max(self._bigrams[previous, word] - 2, 0)
        given = max(self._unigrams[previous] - 2, 0)
        usual = self._rate(word) ** _COLLOCATION_SHARE
        rate = (seen + _SMOOTHING * usual) / (given + _SMOOTHING)
        return math.log2(_VERBATIM_PROBABILITY / rate)

    def run_bits(self, words: Sequence[str]) -> float:
        """Bits of words matched one after another."""
        return self.single_bits(words[0]) + sum(self.following_bits(a, b) for a, b in pairwise(words))

    def _rate(self, word: str) -> float:
        return max(self._unigrams[word] - 1, 1) / self._total


def similar_words(script_words: Sequence[str], spoken_words: Sequence[str]) -> dict[str, list[str]]:
    """For words of the script the different words spoken that are spelled almost alike."""
    left = [word for word in script_words if len(word) >= _MIN_FUZZY_LENGTH]
    right = [word for word in spoken_words if len(word) >= _MIN_FUZZY_LENGTH]
    if not left or not right:
        return {}
    scores = process.cdist(left, right, scorer=fuzz.ratio, score_cutoff=_MIN_FUZZY_SCORE)
    pairs: dict[str, list[str]] = {}
    for i, j in zip(*scores.nonzero(), strict=True):
        if left[i] != right[j]:
            pairs.setdefault(left[i], []).append(right[j])
    return pairs
