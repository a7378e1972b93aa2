"""How strong the evidence of a matched word is, in bits.

The score of a match is a log-likelihood ratio: log2 of the probability of the word at the place where its
line is spoken, divided by its probability at any place of the film. Rare words score high, "the" next to
nothing. A word matched right after the word before it is scored by its probability after that word, because
"do not know" is one habit of speech and not three independent coincidences.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from rapidfuzz import fuzz, process

_VERBATIM_PROBABILITY = 0.85
"""Probability that a word of a spoken line is spoken as written."""
_COLLOCATION_SHARE = 0.45
"""Exponent of a word's rate in the prior of its rate after another word, which is thus higher than the rate
itself. A film is too short to show which words its language joins; without this prior a common pair that
occurs only once would count as two coincidences."""
_SMOOTHING = 4.0
"""Weight of that prior, in occurrences of the preceding word."""
_MIN_FUZZY_LENGTH = 4
"""Letters; most pairs of shorter words that differ in one letter are unrelated (can, man)."""
_MIN_FUZZY_SCORE = 82.0
"""rapidfuzz ratio, of 100, from which two words are taken for spellings of one word."""
MISSPELLING_BITS = 2.0
"""Bits subtracted from the match of two words that are spelled almost alike."""


class WordScores:
    """Bits of matched words, from how often the words occur in both texts together.

    The match that is being scored must not count as evidence that its words are frequent, so it is subtracted
    from the counts: a word that occurs once in each text is as rare as a word can be.

    Args:
        script_words: all words of the script's dialogue, in order.
        spoken_words: all words of the subtitles, in order.
    """

    def __init__(self, script_words: Sequence[str], spoken_words: Sequence[str]) -> None:
        self._unigrams = Counter(script_words) + Counter(spoken_words)
        self._bigrams = Counter(pairwise(script_words)) + Counter(pairwise(spoken_words))
        self._total = max(self._unigrams.total(), 2)

    def single_bits(self, word: str) -> float:
        """Bits of an isolated matched word: log2 of P(word | same line) / P(word)."""
        return math.log2(_VERBATIM_PROBABILITY / self._rate(word))

    def following_bits(self, previous: str, word: str) -> float:
        """Bits of a word matched right after `previous`, which is matched too."""
        # One occurrence in each text is the match itself, so two are subtracted.
        pairs = max(self._bigrams[previous, word] - 2, 0)
        occurrences = max(self._unigrams[previous] - 2, 0)
        prior = self._rate(word) ** _COLLOCATION_SHARE
        rate = (pairs + _SMOOTHING * prior) / (occurrences + _SMOOTHING)
        return math.log2(_VERBATIM_PROBABILITY / rate)

    def run_bits(self, words: Sequence[str]) -> float:
        """Bits of words that are matched consecutively."""
        return self.single_bits(words[0]) + sum(self.following_bits(a, b) for a, b in pairwise(words))

    def _rate(self, word: str) -> float:
        # A matched word occurs in both texts; the two occurrences are one piece of evidence, so count one.
        return max(self._unigrams[word] - 1, 1) / self._total


def similar_words(script_words: Sequence[str], spoken_words: Sequence[str]) -> dict[str, list[str]]:
    """Spoken words that are spelled almost like a word of the script, for each such word of the script.

    Args:
        script_words: distinct words of the script.
        spoken_words: distinct spoken words.

    Returns:
        Script word → similar but different spoken words. Words without any are missing.
    """
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
