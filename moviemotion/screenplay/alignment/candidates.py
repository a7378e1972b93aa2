"""Candidates: every place in the film where a line might be spoken, scored in bits.

Each line is aligned locally with all spoken words, with affine gap penalties (Gotoh, 1982). Matched words are
scored by their rarity (see `word_scores`). Deleted, inserted or swapped words incur a penalty in bits, which
is lower for complete sentences, because editors cut sentences. Silence and sentence starts between matched
words are penalized too, because a line is usually spoken without interruption. The search for a short line is
repeated with its first or last clause moved to the opposite end, because "Jim, it is over" may be spoken as
"It is over, Jim".

The usual dynamic program fills a table of all pairs of words, N · M cells for each line. Since few of these
pairs match, this implementation visits only the matching ones. A *chain* is a sequence of matched words in
ascending order in both texts. For each word, `CandidateSearch` lists the positions where it is spoken, and it
keeps one array over the film with the best chain that ends at each position. All positions of a word are
updated at once with numpy.
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
"""Gap-opening penalty in bits, for words of the line or of the film between two matched words."""
_SENTENCE_CUT_BITS = 3.0
"""Gap-opening penalty in bits if the words cut from an end of the line are complete sentences."""
_CUT_WORD_BITS = 0.5
"""Deletion penalty in bits for each unmatched word of the line."""
_ADDED_WORD_BITS = 0.7
"""Insertion penalty in bits for each word of the film between two matched words."""
_SHARED_BOUNDARY_BITS, _UNSHARED_BOUNDARY_BITS = 0.5, -2.0
"""Scores in bits at the start or end of a sentence of the line. The first applies if a sentence of the film
also starts or ends there, the second if not."""
_SENTENCE_CROSSING_BITS = 2.0
"""Penalty in bits for each sentence of the film that starts between two non-adjacent matched words."""
_MAX_CUT_BITS = 6.0
"""Maximum penalty in bits for words cut before the first matched word or after the last. It is limited
because a long line must still be found if only one of its sentences survives the edit."""
_SILENCE_BITS = 3.0
"""Penalty in bits per second of silence between two non-adjacent matched words."""
_SILENCE_SECONDS = 0.7, 4.7
"""Limits of the time between consecutive matched words, in seconds. A pause longer than the first limit
counts as silence; beyond the second limit, the penalty no longer increases."""
_RUN_SILENCE_BITS = 1.0, 3.0
"""Penalty in bits per second of silence between adjacent matched words, and the number of seconds of silence
that are not penalized."""
_SWAPPED_PARTS_BITS = 4.0
"""Penalty in bits if the first or last clause of a line is spoken at the opposite end."""
_MAX_SWAPPED_WORDS = 12
"""Longest line, in words, whose clauses may be reordered; longer lines are found without reordering."""
_MAX_GAP_WORDS = 32
"""Maximum distance in words between consecutive matched words of the film."""
_MIN_BITS = 3.0
"""Candidates with fewer bits are dropped because they are indistinguishable from chance."""
_MAX_BITS = 250.0
"""Upper limit of a candidate's bits, so that 2^bits and products of such values stay finite."""
_NO_CHAIN = -np.inf


@dataclass(frozen=True)
class Candidates:
    """The C candidate places of one line in the film.

    Attributes:
        first_word, last_word: (C,) positions of the first and the last matched word among the spoken words.
        bits: (C,) evidence that the line is spoken at each candidate.
        last_match: (C, 2) row and column in `backpointers` of the last match.
        backpointers: one row for each word of the line that occurs in the film. A row contains the word's
            index in the line; the positions where the word is spoken, (K,); and the row and column of the
            preceding match in the best chain, (K, 2). Both are -1 at the start of a chain.
    """

    first_word: Int64Array
    last_word: Int64Array
    bits: Float64Array
    last_match: Int64Array
    backpointers: tuple[tuple[int, Int64Array, Int64Array], ...]

    def word_pairs(self, candidate: int) -> Int64Array:
        """The matched words of a candidate, in order.

        Args:
            candidate: index of the candidate.

        Returns:
            (K, 2) index of each matched word in the line, and its position among the spoken words.
        """
        pairs: list[tuple[int, int]] = []
        row, column = self.last_match[candidate]
        while row >= 0:
            word, where, before = self.backpointers[row]
            pairs.append((word, int(where[column])))
            row, column = before[column]
        return np.array(pairs[::-1], np.int64)


class CandidateSearch:
    """Searches the spoken words of one film for the lines of one script.

    Args:
        lines: all lines of the script.
        spoken_words: the M words spoken in the film.
        starts_sentence: (M,) whether a spoken word starts a sentence.
        word_times: (M,) when each word is spoken, in seconds.
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
        # The penalty for a gap is a sum over the words in the gap, so the penalty between two positions is
        # the difference of two cumulative sums, and one subtraction covers a window of 32 positions.
        silence = np.cumsum(np.clip(pause, *_SILENCE_SECONDS) - _SILENCE_SECONDS[0])
        passed = (
            _ADDED_WORD_BITS * np.arange(len(starts_sentence))
            + _SILENCE_BITS * silence
            + _SENTENCE_CROSSING_BITS * np.cumsum(starts_sentence)
        )
        # The best chain that ends at word e is stored at index e + _MAX_GAP_WORDS. The padding at the start
        # lets the window of the first words extend back without a bounds check.
        self._gap_bits = np.concatenate([np.zeros(_MAX_GAP_WORDS), passed])
        self._score = np.full(len(self._gap_bits), _NO_CHAIN)
        self._first, self._row, self._column = (np.zeros(len(self._gap_bits), np.int64) for _ in range(3))

    def find(self, line_index: int, allowed: BoolArray | None = None) -> Candidates:
        """Find the candidates of a line.

        Args:
            line_index: index of the line in `lines`.
            allowed: (M,) mask of the spoken words that may be matched; defaults to all words.
        """
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
        """Find the candidates of the first words of a line.

        Args:
            line_index: index of the line in `lines`.
            word_count: the number of words to search for.
            allowed: (M,) mask of the spoken words that may be matched.
        """
        line = self._lines[line_index]
        return self._search(line.words[:word_count], line.starts_sentence[:word_count], allowed, 0.0)

    def _search(
        self, line: Sequence[str], starts_sentence: BoolArray, allowed: BoolArray | None, penalty: float
    ) -> Candidates:
        """Find the candidates of a sequence of words.

        Args:
            line: the words.
            starts_sentence: whether each word starts a sentence.
            allowed: (M,) mask of the spoken words that may be matched; defaults to all words.
            penalty: bits subtracted from every candidate.
        """
        backpointers: list[tuple[int, Int64Array, Int64Array]] = []
        for k, word in enumerate(line):
            where, bits = self._matches[word]
            if allowed is not None:
                where, bits = where[allowed[where]], bits[allowed[where]]
            if not len(where):
                continue
            score, first, before = self._extend_chains(line, starts_sentence, k, where, bits, backpointers)
            # Only the best chain that ends at a position can be part of a longer best chain, so one score per
            # position is enough, regardless of which word of the line is matched there.
            better = score > self._score[where + _MAX_GAP_WORDS]
            here = where[better] + _MAX_GAP_WORDS
            self._score[here], self._first[here] = score[better], first[better]
            self._row[here], self._column[here] = len(backpointers), np.flatnonzero(better)
            backpointers.append((k, where, before))
        return self._collect_candidates(starts_sentence, backpointers, penalty)

    def _extend_chains(
        self,
        line: Sequence[str],
        starts_sentence: BoolArray,
        k: int,
        where: Int64Array,
        bits: Float64Array,
        backpointers: list[tuple[int, Int64Array, Int64Array]],
    ) -> tuple[Float64Array, Int64Array, Int64Array]:
        """The best chain that ends with word `k` of the line, at each position where it is spoken.

        Deletion penalties are applied jointly: `_collect_candidates` subtracts the penalty for all words of
        the line, and each match adds the penalty for one word back.

        Returns:
            For each position, the score of the chain, (K,); the position of the chain's first match, (K,);
            and the backpointer, (K, 2).
        """
        # The chain either starts here, with the words before k cut …
        start = bits + (self._sentence_start_bits[where] if starts_sentence[k] else 0.0)
        if k > 0:
            start += max(_CUT_WORD_BITS * k - _MAX_CUT_BITS, 0.0) - (
                _SENTENCE_CUT_BITS if starts_sentence[k] else _GAP_BITS
            )
        # … or continues a chain that ends in the window of _MAX_GAP_WORDS words before this position.
        window = where[:, None] + np.arange(_MAX_GAP_WORDS)
        added = self._gap_bits[where + _MAX_GAP_WORDS][:, None] - self._gap_bits[window] - _ADDED_WORD_BITS
        continued = self._score[window] + (bits - _GAP_BITS)[:, None] - added
        if starts_sentence[k]:
            # A sentence of the line starts here too, so one sentence start in the film is expected.
            continued += _SENTENCE_CROSSING_BITS
        if backpointers and backpointers[-1][0] == k - 1:
            # A word that directly follows its neighbor in both texts does not open a gap, but it is also
            # less surprising.
            before = window[:, -1]
            gained = np.minimum(bits, self.word_scores.following_bits(line[k - 1], line[k]))
            run = self._score[before] + gained - self._run_silence_bits[where]
            continued[:, -1] = np.where(self._row[before] == len(backpointers) - 1, run, continued[:, -1])
        best = continued.argmax(axis=1)
        rows = np.arange(len(where))
        chain, before = continued[rows, best], window[rows, best]
        continues = chain > start
        return (
            np.where(continues, chain, start) + _CUT_WORD_BITS,
            np.where(continues, self._first[before], where),
            np.where(continues, [self._row[before], self._column[before]], -1).T,
        )

    def _collect_candidates(
        self,
        starts_sentence: BoolArray,
        backpointers: list[tuple[int, Int64Array, Int64Array]],
        penalty: float,
    ) -> Candidates:
        """Turn the chains into candidates, and reset the arrays for the next line.

        Each chain is penalized for the words of the line that it does not match.
        """
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
        # Resetting only the entries that were used keeps the search time of a line independent of the film's
        # length.
        self._score[at] = _NO_CHAIN
        return Candidates(first, ends[good], np.minimum(bits[good], _MAX_BITS), chains, tuple(backpointers))


def _merge_candidates(found: Sequence[Candidates]) -> Candidates:
    """Join the candidates found for several word orders of one line; rows of backpointers are renumbered."""
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
    vocabulary: set[str], spoken: Sequence[str], word_scores: WordScores
) -> dict[str, tuple[Int64Array, Float64Array]]:
    """Find where each word of the script, or a similar word, is spoken, and score each match in isolation.

    Returns:
        Word → positions of its matches among the spoken words, (K,), and bits of each match, (K,).
    """
    where: dict[str, list[int]] = {}
    for position, word in enumerate(spoken):
        where.setdefault(word, []).append(position)
    near = similar_words(sorted(vocabulary), sorted(where))
    matches = {}
    for word in vocabulary:
        positions = list(where.get(word, []))
        bits = [word_scores.single_bits(word)] * len(positions)
        for other in near.get(word, []):
            positions += where[other]
            alone = min(word_scores.single_bits(word), word_scores.single_bits(other))
            bits += [max(alone - MISSPELLING_BITS, 0.0)] * len(where[other])
        matches[word] = np.array(positions, np.int64), np.array(bits)
    return matches
