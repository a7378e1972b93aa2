"""The strength of the evidence that a matched word provides, in bits.

The score of a match is a log-likelihood ratio, log2(p / q). Here, p is the probability of the word at the
place where its line is spoken, and q is its probability anywhere in the film. Rare words score high, and
"the" scores almost nothing. If the preceding word is matched too, the score is based on the probability of
the word given the preceding word, because "do not know" is a common phrase and not three independent
coincidences.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from rapidfuzz import fuzz, process

_VERBATIM_PROBABILITY = 0.85
"""Probability that a word of a spoken line is spoken as scripted."""
_COLLOCATION_SHARE = 0.45
"""Exponent applied to a word's overall rate to obtain the prior for its rate after another word. The prior is
higher than the overall rate. A film is too short to reveal common word pairs; without this prior, a common
pair that occurs only once would count as two coincidences."""
_SMOOTHING = 4.0
"""Weight of this prior, in occurrences of the preceding word."""
_MIN_FUZZY_LENGTH = 4
"""Minimum length, in letters, of words that may match with different spellings; most shorter words that
differ in one letter are unrelated (can, man)."""
_MIN_FUZZY_SCORE = 82.0
"""Minimum rapidfuzz ratio (0 to 100) at which two words count as spellings of the same word."""
MISSPELLING_BITS = 2.0
"""Bits subtracted from the score of a match between two words that are spelled almost alike."""
_COMMON_ENGLISH = {
    word: per_thousand / 1000
    for per_thousand, words in {
        25: "you i the to",
        12: "a it is that and not",
        7: "of what in me we do he am are have this my for",
        4: "your be on know can no all just with here was there but get right go up they she so out will",
        2.5: "about if him her now come well how one like got want think good did see let who at would",
        1.4: "why as going okay time yes say take look tell man back us them been oh from when were had an",
        0.9: "make need something never really way thing more said any has could too where mean please",
    }.items()
    for word in words.split()
}
"""Least rates of words that are common in spoken English, somewhat below their rates in film subtitles. In
a short film, "What did I say?" may contain no word that is said elsewhere, and is common all the same."""


class WordScores:
    """Scores matched words in bits, from how often the words occur in the two texts combined.

    The match being scored must not count as evidence that its words are frequent, so it is subtracted from
    the counts. A word that occurs once in each text is therefore as rare as possible.

    Args:
        script_words: all words of the script's dialogue, in order.
        spoken_words: all words of the subtitles, in order.
    """

    def __init__(self, script_words: Sequence[str], spoken_words: Sequence[str]) -> None:
        self._unigrams = Counter(script_words) + Counter(spoken_words)
        self._bigrams = Counter(pairwise(script_words)) + Counter(pairwise(spoken_words))
        self._total = max(self._unigrams.total(), 2)

    def single_bits(self, word: str) -> float:
        """Score of an isolated matched word in bits: log2 of P(word | same line) / P(word)."""
        return math.log2(_VERBATIM_PROBABILITY / self._rate(word))

    def following_bits(self, previous: str, word: str) -> float:
        """Score in bits of a word matched right after `previous`, which is also matched."""
        # One occurrence in each text is the match itself, so two are subtracted.
        pairs = max(self._bigrams[previous, word] - 2, 0)
        occurrences = max(self._unigrams[previous] - 2, 0)
        prior = self._rate(word) ** _COLLOCATION_SHARE
        rate = (pairs + _SMOOTHING * prior) / (occurrences + _SMOOTHING)
        return math.log2(_VERBATIM_PROBABILITY / rate)

    def run_bits(self, words: Sequence[str]) -> float:
        """Score in bits of words that are matched consecutively."""
        return self.single_bits(words[0]) + sum(self.following_bits(a, b) for a, b in pairwise(words))

    def _rate(self, word: str) -> float:
        # A matched word occurs in both texts; the two occurrences are one piece of evidence and count once.
        return max(max(self._unigrams[word] - 1, 1) / self._total, _COMMON_ENGLISH.get(word, 0.0))


def similar_words(script_words: Sequence[str], spoken_words: Sequence[str]) -> dict[str, list[str]]:
    """Find the spoken words whose spelling is similar to that of each script word.

    Args:
        script_words: distinct words of the script.
        spoken_words: distinct spoken words.

    Returns:
        Script word → spoken words that are similar but not identical. Script words without similar words
        have no entry.
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
