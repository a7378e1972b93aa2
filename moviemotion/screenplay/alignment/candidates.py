"""Where in the film could a line be spoken? Every place whose words resemble it, with the bits that says.

Each line is laid over all words spoken by local alignment with affine gaps (Gotoh, 1982), in bits: matched
words earn by their rarity (see `evidence`), words cut, added or swapped cost; less so where whole sentences
are. A short line is tried with its first or last part at the other end, too: "Jim, it is over" is said as "It
is over, Jim". As most pairs of words differ, only equal ones are visited.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from moviemotion.screenplay.alignment.normalize import BoolArray, NormalizedText
from moviemotion.screenplay.alignment.word_scores import MISSPELLING_BITS, WordScores, similar_words

Int64Array = NDArray[np.int64]
Float64Array = NDArray[np.float64]

_GAP_BITS = 5.0
"""Bits lost where words of the line or of the film stand between two matched ones."""
_SENTENCE_CUT_BITS = 3.0
"""Bits lost where what is cut from an end of the line is whole sentences."""
_CUT_WORD_BITS = 0.5
"""Bits lost for each word of the line that is not matched."""
_ADDED_WORD_BITS = 0.7
"""Bits lost for each word of the film between two matched ones."""
_SHARED_BOUNDARY_BITS, _UNSHARED_BOUNDARY_BITS = 0.5, -2.0
"""Bits where a sentence of the line begins, or ends, and one of the film does so too, or does not."""
_SENTENCE_CROSSING_BITS = 2.0
"""Bits lost for each sentence of the film that begins between two matched words that are no run."""
_MAX_CUT_BITS = 6.0
"""Bits that words cut before the first matched one, or after the last, lose at most."""
_SILENCE_BITS = 3.0
"""Bits lost for each second of silence between two matched words that are no run."""
_SILENCE_SECONDS = 0.7, 4.7
"""Seconds from word to word beyond which there is silence, and from which more of it says no more."""
_RUN_SILENCE_BITS = 1.0, 3.0
"""Bits lost for each second of silence within a run of matched words, beyond so many seconds."""
_SWAPPED_PARTS_BITS = 4.0
"""Bits lost where the first or last part of a line is said at its other end."""
_MAX_SWAPPED_WORDS = 12
"""Words of a line at most whose parts may change places; longer ones are found without it."""
_MAX_GAP_WORDS = 32
"""Words of the film between two matched ones at most."""
_MIN_BITS = 3.0
_MAX_BITS = 250.0


@dataclass(frozen=True)
class Candidates:
    """Places of one line in the film; arrays of one length.

    Attributes:
        first, last: positions among the words spoken of its first and last matched word.
        bits: evidence that the line is spoken there.
        chains: (places, 2) row and column in `trail` of its last match.
        trail: for each word of the line that is spoken anywhere its number, where it is spoken (ascending
            or not), and row and column of the match before it in the best chain, -1 where it begins one.
    """

    first_word: Int64Array
    last_word: Int64Array
    bits: Float64Array
    last_match: Int64Array
    backpointers: tuple[tuple[int, Int64Array, Int64Array], ...]

    def word_pairs(self, candidate: int) -> Int64Array:
        """(K, 2) numbers of the line's words and positions of their matches, in order."""
        pairs: list[tuple[int, int]] = []
        row, column = self.last_match[candidate]
        while row >= 0:
            word, where, before = self.backpointers[row]
            pairs.append((word, int(where[column])))
            row, column = before[column]
        return np.array(pairs[::-1], np.int64)


class CandidateSearch:
    """The film's words, with the best chain of one line's matches that ends in each of them.

    Args:
        lines: every line of the script.
        spoken: M words.
        opens: (M,) whether a word begins a sentence.
        at: (M,) when each word is spoken, seconds.
    """

    def __init__(
        self,
        lines: Sequence[NormalizedText],
        spoken_words: Sequence[str],
        starts_sentence: BoolArray,
        word_times: Float64Array,
    ) -> None:
        self._lines = lines
        said = [word for line in lines for word in line.words]
        self.word_scores = WordScores(said, spoken_words)
        self._matches = _find_word_matches(set(said), spoken_words, self.word_scores)
        self._sentence_start_bits = np.where(starts_sentence, _SHARED_BOUNDARY_BITS, _UNSHARED_BOUNDARY_BITS)
        self._sentence_end_bits = np.where(
            np.append(starts_sentence[1:], True), _SHARED_BOUNDARY_BITS, _UNSHARED_BOUNDARY_BITS
        )
        pause = np.diff(word_times, prepend=word_times[:1])
        self._run_silence_bits = _RUN_SILENCE_BITS[0] * np.maximum(pause - _RUN_SILENCE_BITS[1], 0.0)
        # A chain that ends in word e stands at e + _REACH: a window never leaves the board.
        silence = np.cumsum(np.clip(pause, *_SILENCE_SECONDS) - _SILENCE_SECONDS[0])
        passed = (
            _ADDED_WORD_BITS * np.arange(len(starts_sentence))
            + _SILENCE_BITS * silence
            + _SENTENCE_CROSSING_BITS * np.cumsum(starts_sentence)
        )
        self._gap_bits = np.concatenate([np.zeros(_MAX_GAP_WORDS), passed])
        self._score = np.full(len(self._gap_bits), -np.inf)
        self._first, self._row, self._column = (np.zeros(len(self._gap_bits), np.int64) for _ in range(3))

    def find(self, line_index: int, allowed: BoolArray | None = None) -> Candidates:
        """The places of a line, by its number; with `free` (M,) only among these words."""
        line = self._lines[line_index]
        found = [self._search(line.words, line.starts_sentence, allowed, 0.0)]
        starts = np.flatnonzero(line.starts_clause)
        if len(starts) > 1 and len(line.words) <= _MAX_SWAPPED_WORDS:
            for cut in dict.fromkeys((starts[1], starts[-1])):
                words = (*line.words[cut:], *line.words[:cut])
                found.append(
                    self._search(words, np.roll(line.starts_sentence, -cut), allowed, _SWAPPED_PARTS_BITS)
                )
        return _merge_candidates(found)

    def find_opening(self, line_index: int, word_count: int, allowed: BoolArray) -> Candidates:
        """The places, among free words, of the first words of a line."""
        line = self._lines[line_index]
        return self._search(line.words[:word_count], line.starts_sentence[:word_count], allowed, 0.0)

    def _search(
        self, line: Sequence[str], starts_sentence: BoolArray, allowed: BoolArray | None, penalty: float
    ) -> Candidates:
        """The places of words in this order; `begins`: where a sentence does."""
        trail: list[tuple[int, Int64Array, Int64Array]] = []
        for k, word in enumerate(line):
            where, bits = self._matches[word]
            if allowed is not None:
                where, bits = where[allowed[where]], bits[allowed[where]]
            if not len(where):
                continue
            score, first, before = self._extend_chains(line, starts_sentence, k, where, bits, trail)
            better = score > self._score[where + _MAX_GAP_WORDS]
            here = where[better] + _MAX_GAP_WORDS
            self._score[here], self._first[here] = score[better], first[better]
            self._row[here], self._column[here] = len(trail), np.flatnonzero(better)
            trail.append((k, where, before))
        return self._collect_candidates(starts_sentence, trail, penalty)

    def _extend_chains(
        self,
        line: Sequence[str],
        starts_sentence: BoolArray,
        k: int,
        where: Int64Array,
        bits: Float64Array,
        backpointers: list[tuple[int, Int64Array, Int64Array]],
    ) -> tuple[Float64Array, Int64Array, Int64Array]:
        """The best chain ending in word `k` of the line at each place it is spoken."""
        start = bits + (self._sentence_start_bits[where] if starts_sentence[k] else 0.0)
        if k > 0:
            start += max(_CUT_WORD_BITS * k - _MAX_CUT_BITS, 0.0) - (
                _SENTENCE_CUT_BITS if starts_sentence[k] else _GAP_BITS
            )
        window = where[:, None] + np.arange(_MAX_GAP_WORDS)  # from _REACH words before up to the last one
        added = self._gap_bits[where + _MAX_GAP_WORDS][:, None] - self._gap_bits[window] - _ADDED_WORD_BITS
        onward = self._score[window] + (bits - _GAP_BITS)[:, None] - added
        if starts_sentence[k]:
            onward += _SENTENCE_CROSSING_BITS
        if backpointers and backpointers[-1][0] == k - 1:
            # Right after its neighbour in both texts a word opens no gap, but is less of a surprise.
            before = window[:, -1]
            earned = np.minimum(bits, self.word_scores.following_bits(line[k - 1], line[k]))
            run = self._score[before] + earned - self._run_silence_bits[where]
            onward[:, -1] = np.where(self._row[before] == len(backpointers) - 1, run, onward[:, -1])
        best = onward.argmax(axis=1)
        rows = np.arange(len(where))
        chain, before = onward[rows, best], window[rows, best]
        goes_on = chain > start
        return (
            np.where(goes_on, chain, start) + _CUT_WORD_BITS,
            np.where(goes_on, self._first[before], where),
            np.where(goes_on, [self._row[before], self._column[before]], -1).T,
        )

    def _collect_candidates(
        self,
        starts_sentence: BoolArray,
        backpointers: list[tuple[int, Int64Array, Int64Array]],
        penalty: float,
    ) -> Candidates:
        """Settle what the chains owe for the words of the line not matched, and clear the board."""
        ends = (
            np.unique(np.concatenate([where for _, where, _ in backpointers]))
            if backpointers
            else np.zeros(0, np.int64)
        )
        at = ends + _MAX_GAP_WORDS
        last = np.array([k for k, _, _ in backpointers], np.int64)[self._row[at]]
        closes = np.append(starts_sentence[1:], True)[last]
        rest = len(starts_sentence) - 1 - last
        cut = np.maximum(_CUT_WORD_BITS * rest - _MAX_CUT_BITS, 0.0) - np.where(
            closes, _SENTENCE_CUT_BITS, _GAP_BITS
        )
        bits = self._score[at] - _CUT_WORD_BITS * len(starts_sentence) - penalty
        bits += np.where(rest > 0, cut, 0.0) + np.where(closes, self._sentence_end_bits[ends], 0.0)
        good = bits >= _MIN_BITS
        chains = np.stack([self._row[at], self._column[at]], axis=1)[good]
        first = self._first[at][good]
        self._score[at] = -np.inf
        return Candidates(first, ends[good], np.minimum(bits[good], _MAX_BITS), chains, tuple(backpointers))


def _merge_candidates(found: Sequence[Candidates]) -> Candidates:
    """The places of one line's words in several orders."""
    if len(found) == 1:
        return found[0]
    rows = np.cumsum([0] + [len(places.backpointers) for places in found[:-1]])
    shifts = [np.array([row, 0]) for row in rows]
    trail = [
        (k, where, np.where(before >= 0, before + shift, -1))
        for places, shift in zip(found, shifts, strict=True)
        for k, where, before in places.backpointers
    ]
    return Candidates(
        np.concatenate([places.first_word for places in found]),
        np.concatenate([places.last_word for places in found]),
        np.concatenate([places.bits for places in found]),
        np.concatenate([places.last_match + shift for places, shift in zip(found, shifts, strict=True)]),
        tuple(trail),
    )


def _find_word_matches(
    vocabulary: set[str], spoken: Sequence[str], evidence: WordScores
) -> dict[str, tuple[Int64Array, Float64Array]]:
    """For each word where it is spoken, or one almost alike, with the bits of that match alone."""
    where: dict[str, list[int]] = {}
    for position, word in enumerate(spoken):
        where.setdefault(word, []).append(position)
    near = similar_words(sorted(vocabulary), sorted(where))
    matches = {}
    for word in vocabulary:
        positions = list(where.get(word, []))
        bits = [evidence.single_bits(word)] * len(positions)
        for other in near.get(word, []):
            positions += where[other]
            alone = min(evidence.single_bits(word), evidence.single_bits(other))
            bits += [max(alone - MISSPELLING_BITS, 0.0)] * len(where[other])
        matches[word] = np.array(positions, np.int64), np.array(bits)
    return matches
