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

_KEPT = 0.85
"""Chance that a word of a line that is spoken is spoken as written."""
_HABIT = 0.45
"""Share of its bits a word keeps after another: the language, not only this film, joins common words."""
_SMOOTHING = 4.0
"""Weight of a word's overall rate against its rate after another, in occurrences."""
_FUZZY_LENGTH = 4
_FUZZY_SCORE = 82.0
SLIP = 2.0
"""Bits that a word spelled almost alike loses."""


class Evidence:
    """Bits earned by matched words, from how often they stand in both texts (add nothing for themselves)."""

    def __init__(self, script: Sequence[str], spoken: Sequence[str]) -> None:
        self._one = Counter(script) + Counter(spoken)
        self._two = Counter(pairwise(script)) + Counter(pairwise(spoken))
        self._total = max(self._one.total(), 2)

    def alone(self, word: str) -> float:
        """Bits of a word matched by itself: log2 P(word | same line) / P(word)."""
        return math.log2(_KEPT / self._rate(word))

    def after(self, before: str, word: str) -> float:
        """Bits of a word matched right after `before`, which is matched too."""
        # One occurrence in each text is the match itself.
        seen = max(self._two[before, word] - 2, 0)
        given = max(self._one[before] - 2, 0)
        usual = self._rate(word) ** _HABIT
        rate = (seen + _SMOOTHING * usual) / (given + _SMOOTHING)
        return math.log2(_KEPT / rate)

    def run(self, words: Sequence[str]) -> float:
        """Bits of words matched one after another."""
        return self.alone(words[0]) + sum(self.after(a, b) for a, b in pairwise(words))

    def _rate(self, word: str) -> float:
        return max(self._one[word] - 1, 1) / self._total


def alike(script: Sequence[str], spoken: Sequence[str]) -> dict[str, list[str]]:
    """For words of the script the different words spoken that are spelled almost alike."""
    left = [word for word in script if len(word) >= _FUZZY_LENGTH]
    right = [word for word in spoken if len(word) >= _FUZZY_LENGTH]
    if not left or not right:
        return {}
    scores = process.cdist(left, right, scorer=fuzz.ratio, score_cutoff=_FUZZY_SCORE)
    pairs: dict[str, list[str]] = {}
    for i, j in zip(*scores.nonzero(), strict=True):
        if left[i] != right[j]:
            pairs.setdefault(left[i], []).append(right[j])
    return pairs
