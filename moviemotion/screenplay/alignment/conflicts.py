"""Which words spoken belong to which line, where several lines claim the same."""

from __future__ import annotations

import math
from bisect import bisect
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from moviemotion.screenplay.alignment.candidates import Candidates, CandidateSearch, Float64Array, Int64Array
from moviemotion.screenplay.alignment.hmm import Posterior
from moviemotion.screenplay.alignment.normalize import BoolArray, NormalizedText
from moviemotion.screenplay.alignment.word_scores import WordScores

_SAME_PLACE_SECONDS = 1.0
"""Seconds within which two alignments of a line are the same place."""
_CHANCE_MARGIN_BITS = 3.0
"""Bits beyond chance that a line's first sentence needs where it is said before the rest."""
_MIN_PROBABILITY = 1e-300
_SEARCH_RADIUS_WORDS = 20
"""Words about its place in which a line is looked for anew."""
_LENGTH_TOLERANCE = 0.34
"""How far the length of an utterance may be from a line's, as a share, to stand for it."""
_MAX_SECONDS_PER_WORD = 3.0
"""Seconds for each word of it, and as many again, between the neighbours at most."""
_REPEATED_SENTENCE_SECONDS, _INTERRUPTED_LINE_SECONDS = 15.0, 40.0
"""Seconds that a line may begin before what was found of it, with its first sentence in it, or without."""
_REPHRASED_PROBABILITY = 0.6
"""Probability given to such a line: a guess, no word speaks for it."""


@dataclass(frozen=True)
class LineAlignment:
    """A line's claim on words spoken.

    Attributes:
        pairs: (K, 2) numbers of its words and positions of theirs, both rising.
        probability: that it is spoken there.
        bits: what its words say for it.
        doubt: bits without which it would rather be nowhere.
        lead: bits by which it is more probable than any other place, and than none.
    """

    word_pairs: Int64Array
    probability: float
    bits: float = 0.0
    required_bits: float = 0.0
    lead_bits: float = 0.0


def best_alignments(
    candidates: Sequence[Candidates], posteriors: Sequence[Posterior], word_starts: Float64Array
) -> dict[int, LineAlignment]:
    """For each line its most probable place, if that is more probable than none.

    Args:
        start: (M,) when each word is spoken, seconds.
    """
    claims: dict[int, LineAlignment] = {}
    for k, (line, belief) in enumerate(zip(candidates, posteriors, strict=True)):
        if not len(line.first_word):
            continue
        at = word_starts[line.first_word]
        same = np.abs(at[:, None] - at) <= _SAME_PLACE_SECONDS
        mass = same @ belief.candidate_probabilities
        best = int(mass.argmax())
        if mass[best] > belief.absent_probability:
            place = int(np.where(same[best], belief.candidate_probabilities, -1.0).argmax())
            bits, absent = float(line.bits[place]), max(belief.absent_probability, _MIN_PROBABILITY)
            odds = math.log2(mass[best] / absent)
            other = max(float(mass[~same[best]].max(initial=0.0)), absent)
            claims[k] = LineAlignment(
                line.word_pairs(place),
                probability=float(min(mass[best], 1.0)),
                bits=bits,
                required_bits=bits - odds,
                lead_bits=math.log2(mass[best] / other),
            )
    return claims


def resolve_conflicts(
    alignments: dict[int, LineAlignment],
    lines: Sequence[NormalizedText],
    search: CandidateSearch,
    starts_sentence: BoolArray,
) -> dict[int, LineAlignment]:
    """The claims without conflict.

    A line that loses some words looks again at those that no line claims between its neighbours, and is there
    if they say so against its doubt.
    """
    words = len(starts_sentence)
    owner = _assign_words(alignments, search, words)
    _assign_whole_sentences(owner, alignments, lines, search.word_scores, starts_sentence)
    moved = lines_out_of_order(alignments)
    kept = {k: claim for k, claim in alignments.items() if (owner[claim.word_pairs[:, 1]] == k).all()}
    # What losers keep is free again: it is theirs to find.
    free = ~np.isin(owner, list(kept)) & _unassigned_words(kept.values(), starts_sentence)
    for k in sorted(alignments.keys() - kept.keys()):
        before = [n for n in kept if n < k and n not in moved]
        after = [n for n in kept if n > k and n not in moved]
        lo = int(kept[max(before)].word_pairs[-1, 1]) + 1 if before else 0
        hi = int(kept[min(after)].word_pairs[0, 1]) if after else words
        if k in moved:
            lo, hi = (
                max(int(alignments[k].word_pairs[0, 1]) - _SEARCH_RADIUS_WORDS, 0),
                int(alignments[k].word_pairs[-1, 1]) + _SEARCH_RADIUS_WORDS,
            )
        room = np.zeros(words, bool)
        room[lo:hi] = free[lo:hi]
        found = search.find(k, room)
        if len(found.bits) and found.bits.max() > alignments[k].required_bits:
            best = int(found.bits.argmax())
            chance = 1 / (1 + 2.0 ** (alignments[k].required_bits - found.bits[best]))
            kept[k] = LineAlignment(found.word_pairs(best), float(chance))
            free &= _unassigned_words([kept[k]], starts_sentence)
    return kept


def align_rephrased_lines(
    alignments: dict[int, LineAlignment],
    lines: Sequence[Sequence[str]],
    starts_utterance: BoolArray,
    word_starts: Float64Array,
) -> dict[int, LineAlignment]:
    """Lines of which no word is left: the utterance of their length alone between their neighbours.

    Args:
        opens: (M,) whether a word begins an utterance.
        start: (M,) when each word is spoken, seconds.
    """
    moved = lines_out_of_order(alignments)
    found: dict[int, LineAlignment] = {}
    for k, line in enumerate(lines):
        around = {k - 1, k + 1}
        if k in alignments or not around <= alignments.keys() or around & moved:
            continue
        first, last = int(alignments[k - 1].word_pairs[-1, 1]) + 1, int(alignments[k + 1].word_pairs[0, 1])
        # What the neighbours left of their own utterances is theirs.
        while first < last and not starts_utterance[first]:
            first += 1
        size = last - first
        alone = first < last and starts_utterance[last] and not starts_utterance[first + 1 : last].any()
        fits = abs(size - len(line)) <= max(_LENGTH_TOLERANCE * len(line), 1)
        if (
            alone
            and fits
            and word_starts[last] - word_starts[first - 1] <= _MAX_SECONDS_PER_WORD * (1 + size)
        ):
            found[k] = LineAlignment(np.array([[0, first]]), _REPHRASED_PROBABILITY)
    return found


def find_earlier_starts(
    alignments: dict[int, LineAlignment],
    lines: Sequence[NormalizedText],
    search: CandidateSearch,
    starts_sentence: BoolArray,
    word_starts: Float64Array,
) -> dict[int, int]:
    """Where lines begin whose first sentence is said some words earlier: broken by another, or said twice.

    Args:
        start: (M,) when each word is spoken, seconds.

    Returns:
        position among the words spoken of the first one, by line.
    """
    free = _unassigned_words(alignments.values(), starts_sentence)
    moved = lines_out_of_order(alignments)
    found: dict[int, int] = {}
    before = 0
    for k, claim in sorted(alignments.items()):
        missing, first = (int(n) for n in claim.word_pairs[0])
        if k in moved and not missing:
            continue
        sentence = int(next(iter(np.flatnonzero(lines[k].starts_sentence[1:]) + 1), len(lines[k].words)))
        room = np.zeros(len(word_starts), bool)
        since = 0 if k in moved else before
        room[since:first] = free[since:first]
        room &= word_starts >= word_starts[first] - (
            _INTERRUPTED_LINE_SECONDS if missing else _REPEATED_SENTENCE_SECONDS
        )
        places = search.find_opening(k, min(missing, sentence) or sentence, room)
        if len(places.bits) and places.bits.max() > math.log2(max(room.sum(), 1)) + _CHANCE_MARGIN_BITS:
            found[k] = int(places.first_word[places.bits == places.bits.max()].max())  # of equals the nearest
        before = before if k in moved else first
    return found


def _unassigned_words(alignments: Iterable[LineAlignment], starts_sentence: BoolArray) -> BoolArray:
    """(M,) words that no line claims, and that do not stand within a claim in a sentence it has words of."""
    free = np.ones(len(starts_sentence), bool)
    number = np.cumsum(starts_sentence)
    for claim in alignments:
        free[claim.word_pairs[:, 1]] = False
        for a, b in pairwise(claim.word_pairs[:, 1]):
            inner = slice(a + 1, b)
            free[inner] &= (number[inner] != number[a]) & (number[inner] != number[b])
    return free


def _assign_words(
    alignments: dict[int, LineAlignment], search: CandidateSearch, word_count: int
) -> Int64Array:
    """(M,) the line that keeps each word spoken, -1 for none: the one that would lose most without it."""
    claimed = np.zeros(word_count, int)
    for claim in alignments.values():
        claimed[claim.word_pairs[:, 1]] += 1
    losses: list[tuple[float, int]] = []
    for k, claim in alignments.items():
        loss = math.inf
        if (claimed[claim.word_pairs[:, 1]] > 1).any():
            room = np.zeros(word_count, bool)
            room[
                max(claim.word_pairs[0, 1] - _SEARCH_RADIUS_WORDS, 0) : claim.word_pairs[-1, 1]
                + _SEARCH_RADIUS_WORDS
            ] = True
            left = search.find(k, room & (claimed < 2)).bits.max(initial=-math.inf)
            loss = min(claim.bits - left, claim.lead_bits)
        losses.append((loss, -k))
    owner = np.full(word_count, -1)
    for _, n in sorted(losses):  # the greatest comes last
        owner[alignments[-n].word_pairs[:, 1]] = -n
    return owner


def _assign_whole_sentences(
    owner: Int64Array,
    alignments: dict[int, LineAlignment],
    lines: Sequence[NormalizedText],
    word_scores: WordScores,
    starts_sentence: BoolArray,
) -> None:
    """Give, in `owner`, a film's sentence to the line with most of it.

    Another has part of it only where its own sentence ends before that line's words, or begins after them.
    """
    number = np.cumsum(starts_sentence)
    parts: dict[int, list[tuple[float, int, Int64Array]]] = {}
    for k, claim in alignments.items():
        pairs = claim.word_pairs[owner[claim.word_pairs[:, 1]] == k]
        cuts = np.flatnonzero(np.diff(number[pairs[:, 1]])) + 1
        for part in np.split(pairs, cuts) if len(pairs) else []:
            bits = word_scores.run_bits([lines[k].words[n] for n in part[:, 0]])
            parts.setdefault(int(number[part[0, 1]]), []).append((bits, k, part))
    for shared in parts.values():
        _, best, most = max(shared, key=lambda part: (part[0], -part[1]))
        for _, k, part in shared:
            begins = lines[k].starts_sentence
            ends = np.append(begins[1:], True)
            whole = ends[part[-1, 0]] if part[0, 1] < most[0, 1] else begins[part[0, 0]]
            if k != best and not whole:
                owner[part[:, 1]] = best


def lines_out_of_order(alignments: dict[int, LineAlignment]) -> set[int]:
    """The fewest lines without which all others are spoken in the script's order."""
    order = sorted(alignments)
    at = [int(alignments[k].word_pairs[0, 1]) for k in order]
    # Longest increasing subsequence by patience sorting, each line linked to the one before it.
    tops: list[int] = []
    link = [-1] * len(order)
    for n, position in enumerate(at):
        pile = bisect(tops, position, key=at.__getitem__)
        link[n] = tops[pile - 1] if pile else -1
        tops[pile : pile + 1] = [n]
    keeping: set[int] = set()
    n = tops[-1] if tops else -1
    while n >= 0:
        keeping.add(order[n])
        n = link[n]
    return set(order) - keeping
