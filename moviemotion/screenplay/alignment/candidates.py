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

from moviemotion.screenplay.alignment.normalize import Bools, Wording
from moviemotion.screenplay.alignment.word_scores import SLIP, Evidence, alike

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

_GAP = 5.0
"""Bits lost where words of the line or of the film stand between two matched ones."""
_SENTENCE_CUT = 3.0
"""Bits lost where what is cut from an end of the line is whole sentences."""
_CUT_WORD = 0.5
"""Bits lost for each word of the line that is not matched."""
_ADDED_WORD = 0.7
"""Bits lost for each word of the film between two matched ones."""
_TOGETHER, _APART = 0.5, -2.0
"""Bits where a sentence of the line begins, or ends, and one of the film does so too, or does not."""
_CROSSING = 2.0
"""Bits lost for each sentence of the film that begins between two matched words that are no run."""
_LONGEST_CUT = 6.0
"""Bits that words cut before the first matched one, or after the last, lose at most."""
_SILENCE = 3.0
"""Bits lost for each second of silence between two matched words that are no run."""
_PAUSE = 0.7, 4.7
"""Seconds from word to word beyond which there is silence, and from which more of it says no more."""
_HUSH = 1.0, 3.0
"""Bits lost for each second of silence within a run of matched words, beyond so many seconds."""
_SWAPPED = 4.0
"""Bits lost where the first or last part of a line is said at its other end."""
_SHORT = 12
"""Words of a line at most whose parts may change places; longer ones are found without it."""
_REACH = 32
"""Words of the film between two matched ones at most."""
_LEAST_BITS = 3.0
_MOST_BITS = 250.0


@dataclass(frozen=True)
class Places:
    """Places of one line in the film; arrays of one length.

    Attributes:
        first, last: positions among the words spoken of its first and last matched word.
        bits: evidence that the line is spoken there.
        chains: (places, 2) row and column in `trail` of its last match.
        trail: for each word of the line that is spoken anywhere its number, where it is spoken (ascending
            or not), and row and column of the match before it in the best chain, -1 where it begins one.
    """

    first: Ints
    last: Ints
    bits: Floats
    chains: Ints
    trail: tuple[tuple[int, Ints, Ints], ...]

    def pairs(self, place: int) -> Ints:
        """(K, 2) numbers of the line's words and positions of their matches, in order."""
        pairs: list[tuple[int, int]] = []
        row, column = self.chains[place]
        while row >= 0:
            word, where, before = self.trail[row]
            pairs.append((word, int(where[column])))
            row, column = before[column]
        return np.array(pairs[::-1], np.int64)


class Search:
    """The film's words, with the best chain of one line's matches that ends in each of them.

    Args:
        lines: every line of the script.
        spoken: M words.
        opens: (M,) whether a word begins a sentence.
        at: (M,) when each word is spoken, seconds.
    """

    def __init__(self, lines: Sequence[Wording], spoken: Sequence[str], opens: Bools, at: Floats) -> None:
        self._lines = lines
        said = [word for line in lines for word in line.words]
        self.evidence = Evidence(said, spoken)
        self._matches = _all_matches(set(said), spoken, self.evidence)
        self._opening = np.where(opens, _TOGETHER, _APART)
        self._closing = np.where(np.append(opens[1:], True), _TOGETHER, _APART)
        pause = np.diff(at, prepend=at[:1])
        self._hush = _HUSH[0] * np.maximum(pause - _HUSH[1], 0.0)
        # A chain that ends in word e stands at e + _REACH: a window never leaves the board.
        silence = np.cumsum(np.clip(pause, *_PAUSE) - _PAUSE[0])
        passed = _ADDED_WORD * np.arange(len(opens)) + _SILENCE * silence + _CROSSING * np.cumsum(opens)
        self._passed = np.concatenate([np.zeros(_REACH), passed])
        self._score = np.full(len(self._passed), -np.inf)
        self._first, self._row, self._column = (np.zeros(len(self._passed), np.int64) for _ in range(3))

    def places(self, number: int, free: Bools | None = None) -> Places:
        """The places of a line, by its number; with `free` (M,) only among these words."""
        line = self._lines[number]
        found = [self._search(line.words, line.sentences, free, 0.0)]
        starts = np.flatnonzero(line.parts)
        if len(starts) > 1 and len(line.words) <= _SHORT:
            for cut in dict.fromkeys((starts[1], starts[-1])):
                words = (*line.words[cut:], *line.words[:cut])
                found.append(self._search(words, np.roll(line.sentences, -cut), free, _SWAPPED))
        return _all_of(found)

    def opening(self, number: int, words: int, free: Bools) -> Places:
        """The places, among free words, of the first words of a line."""
        line = self._lines[number]
        return self._search(line.words[:words], line.sentences[:words], free, 0.0)

    def _search(self, line: Sequence[str], begins: Bools, free: Bools | None, owed: float) -> Places:
        """The places of words in this order; `begins`: where a sentence does."""
        trail: list[tuple[int, Ints, Ints]] = []
        for k, word in enumerate(line):
            where, bits = self._matches[word]
            if free is not None:
                where, bits = where[free[where]], bits[free[where]]
            if not len(where):
                continue
            score, first, before = self._chains(line, begins, k, where, bits, trail)
            better = score > self._score[where + _REACH]
            here = where[better] + _REACH
            self._score[here], self._first[here] = score[better], first[better]
            self._row[here], self._column[here] = len(trail), np.flatnonzero(better)
            trail.append((k, where, before))
        return self._harvest(begins, trail, owed)

    def _chains(
        self,
        line: Sequence[str],
        begins: Bools,
        k: int,
        where: Ints,
        bits: Floats,
        trail: list[tuple[int, Ints, Ints]],
    ) -> tuple[Floats, Ints, Ints]:
        """The best chain ending in word `k` of the line at each place it is spoken."""
        start = bits + (self._opening[where] if begins[k] else 0.0)
        if k > 0:
            start += max(_CUT_WORD * k - _LONGEST_CUT, 0.0) - (_SENTENCE_CUT if begins[k] else _GAP)
        window = where[:, None] + np.arange(_REACH)  # from _REACH words before up to the last one
        added = self._passed[where + _REACH][:, None] - self._passed[window] - _ADDED_WORD
        onward = self._score[window] + (bits - _GAP)[:, None] - added
        if begins[k]:
            onward += _CROSSING
        if trail and trail[-1][0] == k - 1:
            # Right after its neighbour in both texts a word opens no gap, but is less of a surprise.
            before = window[:, -1]
            earned = np.minimum(bits, self.evidence.after(line[k - 1], line[k]))
            run = self._score[before] + earned - self._hush[where]
            onward[:, -1] = np.where(self._row[before] == len(trail) - 1, run, onward[:, -1])
        best = onward.argmax(axis=1)
        rows = np.arange(len(where))
        chain, before = onward[rows, best], window[rows, best]
        goes_on = chain > start
        return (
            np.where(goes_on, chain, start) + _CUT_WORD,
            np.where(goes_on, self._first[before], where),
            np.where(goes_on, [self._row[before], self._column[before]], -1).T,
        )

    def _harvest(self, begins: Bools, trail: list[tuple[int, Ints, Ints]], owed: float) -> Places:
        """Settle what the chains owe for the words of the line not matched, and clear the board."""
        ends = np.unique(np.concatenate([where for _, where, _ in trail])) if trail else np.zeros(0, np.int64)
        at = ends + _REACH
        last = np.array([k for k, _, _ in trail], np.int64)[self._row[at]]
        closes = np.append(begins[1:], True)[last]
        rest = len(begins) - 1 - last
        cut = np.maximum(_CUT_WORD * rest - _LONGEST_CUT, 0.0) - np.where(closes, _SENTENCE_CUT, _GAP)
        bits = self._score[at] - _CUT_WORD * len(begins) - owed
        bits += np.where(rest > 0, cut, 0.0) + np.where(closes, self._closing[ends], 0.0)
        good = bits >= _LEAST_BITS
        chains = np.stack([self._row[at], self._column[at]], axis=1)[good]
        first = self._first[at][good]
        self._score[at] = -np.inf
        return Places(first, ends[good], np.minimum(bits[good], _MOST_BITS), chains, tuple(trail))


def _all_of(found: Sequence[Places]) -> Places:
    """The places of one line's words in several orders."""
    if len(found) == 1:
        return found[0]
    rows = np.cumsum([0] + [len(places.trail) for places in found[:-1]])
    shifts = [np.array([row, 0]) for row in rows]
    trail = [
        (k, where, np.where(before >= 0, before + shift, -1))
        for places, shift in zip(found, shifts, strict=True)
        for k, where, before in places.trail
    ]
    return Places(
        np.concatenate([places.first for places in found]),
        np.concatenate([places.last for places in found]),
        np.concatenate([places.bits for places in found]),
        np.concatenate([places.chains + shift for places, shift in zip(found, shifts, strict=True)]),
        tuple(trail),
    )


def _all_matches(
    vocabulary: set[str], spoken: Sequence[str], evidence: Evidence
) -> dict[str, tuple[Ints, Floats]]:
    """For each word where it is spoken, or one almost alike, with the bits of that match alone."""
    where: dict[str, list[int]] = {}
    for position, word in enumerate(spoken):
        where.setdefault(word, []).append(position)
    near = alike(sorted(vocabulary), sorted(where))
    matches = {}
    for word in vocabulary:
        positions = list(where.get(word, []))
        bits = [evidence.alone(word)] * len(positions)
        for other in near.get(word, []):
            positions += where[other]
            alone = min(evidence.alone(word), evidence.alone(other))
            bits += [max(alone - SLIP, 0.0)] * len(where[other])
        matches[word] = np.array(positions, np.int64), np.array(bits)
    return matches
