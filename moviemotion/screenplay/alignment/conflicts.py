"""Conflicts: which spoken words belong to which line, where several lines claim the same words.

The hidden Markov model gives each line probabilities of its own, so two similar lines ("Go!", "Go, go!") can
both prefer the same words of the film. Here each word gets one owner, in these steps:

1. `best_alignments`: each line claims the words of its most probable place
2. `resolve_conflicts`: a contested word goes to the line that would lose most without it; a sentence of the
   film stays together; the losers look again at the words that are left
3. `align_rephrased_lines`: a line without a single matched word takes the one utterance between its neighbors
4. `find_earlier_starts`: where a line was interrupted or its start repeated, the earlier start is found
"""

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
"""Seconds within which two candidates of a line are variants of one place, so that their probabilities
add."""
_CHANCE_MARGIN_BITS = 3.0
"""Bits above chance that a line's first sentence needs to be accepted at an earlier time than the rest."""
_MIN_PROBABILITY = 1e-300
"""Lower limit of a probability before its logarithm is taken."""
_SEARCH_RADIUS_WORDS = 20
"""Words before and after its place among which a line is searched again."""
_LENGTH_TOLERANCE = 0.34
"""Largest relative difference in length between a line and the utterance that replaces it."""
_MAX_SECONDS_PER_WORD = 3.0
"""Longest time between the neighbors of a rephrased line, for each of its words and one more."""
_REPEATED_SENTENCE_SECONDS, _INTERRUPTED_LINE_SECONDS = 15.0, 40.0
"""How much earlier than its match a line may start, if the match includes its first sentence (which is then
spoken twice), and if it does not (then the line was interrupted)."""
_REPHRASED_PROBABILITY = 0.6
"""Probability assigned to a rephrased line. It is a guess: no word supports the match."""


@dataclass(frozen=True)
class LineAlignment:
    """The spoken words that a line is matched with.

    Attributes:
        word_pairs: (K, 2) numbers of its matched words and positions of the spoken words, both ascending.
        probability: that the line is spoken there.
        bits: evidence of its matched words.
        required_bits: evidence below which "nowhere" would be more probable.
        lead_bits: by how many bits this place is more probable than any other place and than "nowhere".
    """

    word_pairs: Int64Array
    probability: float
    bits: float = 0.0
    required_bits: float = 0.0
    lead_bits: float = 0.0


def best_alignments(
    candidates: Sequence[Candidates], posteriors: Sequence[Posterior], word_starts: Float64Array
) -> dict[int, LineAlignment]:
    """The most probable place of each line, if it is more probable than "nowhere".

    Args:
        candidates: the candidates of each line.
        posteriors: their probabilities.
        word_starts: (M,) when each word is spoken, in seconds.

    Returns:
        Alignments by number of the line; absent lines are missing.
    """
    alignments: dict[int, LineAlignment] = {}
    for k, (line, posterior) in enumerate(zip(candidates, posteriors, strict=True)):
        if not len(line.first_word):
            continue
        at = word_starts[line.first_word]
        # Candidates that differ in a word or two are one place, and must not split its probability.
        same = np.abs(at[:, None] - at) <= _SAME_PLACE_SECONDS
        mass = same @ posterior.candidate_probabilities
        best = int(mass.argmax())
        if mass[best] > posterior.absent_probability:
            place = int(np.where(same[best], posterior.candidate_probabilities, -1.0).argmax())
            bits, absent = float(line.bits[place]), max(posterior.absent_probability, _MIN_PROBABILITY)
            odds = math.log2(mass[best] / absent)
            other = max(float(mass[~same[best]].max(initial=0.0)), absent)
            alignments[k] = LineAlignment(
                line.word_pairs(place),
                probability=float(min(mass[best], 1.0)),
                bits=bits,
                required_bits=bits - odds,
                lead_bits=math.log2(mass[best] / other),
            )
    return alignments


def resolve_conflicts(
    alignments: dict[int, LineAlignment],
    lines: Sequence[NormalizedText],
    search: CandidateSearch,
    starts_sentence: BoolArray,
) -> dict[int, LineAlignment]:
    """Give every spoken word to at most one line.

    A line that loses words is searched again among the unassigned words between its neighbors. It is dropped
    if they give fewer bits than it requires.

    Args:
        alignments: alignments by number of the line; they may share words.
        lines: all lines of the script.
        search: the search that the candidates come from.
        starts_sentence: (M,) whether a spoken word starts a sentence.

    Returns:
        Alignments that share no word.
    """
    words = len(starts_sentence)
    owner = _assign_words(alignments, search, words)
    _assign_whole_sentences(owner, alignments, lines, search.word_scores, starts_sentence)
    moved = lines_out_of_order(alignments)
    kept = {
        k: alignment for k, alignment in alignments.items() if (owner[alignment.word_pairs[:, 1]] == k).all()
    }
    # The words that a losing line still owns are free too, so that the new search can match them.
    free = ~np.isin(owner, list(kept)) & _unassigned_words(kept.values(), starts_sentence)
    for k in sorted(alignments.keys() - kept.keys()):
        before = [n for n in kept if n < k and n not in moved]
        after = [n for n in kept if n > k and n not in moved]
        lo = int(kept[max(before)].word_pairs[-1, 1]) + 1 if before else 0
        hi = int(kept[min(after)].word_pairs[0, 1]) if after else words
        if k in moved:
            # Its neighbors in the script are elsewhere in the film, so only its old place is searched.
            lo, hi = (
                max(int(alignments[k].word_pairs[0, 1]) - _SEARCH_RADIUS_WORDS, 0),
                int(alignments[k].word_pairs[-1, 1]) + _SEARCH_RADIUS_WORDS,
            )
        allowed = np.zeros(words, bool)
        allowed[lo:hi] = free[lo:hi]
        found = search.find(k, allowed)
        if len(found.bits) and found.bits.max() > alignments[k].required_bits:
            best = int(found.bits.argmax())
            # required_bits is where "here" and "nowhere" are equally probable, so the difference is the
            # log-odds of "here".
            probability = 1 / (1 + 2.0 ** (alignments[k].required_bits - found.bits[best]))
            kept[k] = LineAlignment(found.word_pairs(best), float(probability))
            free &= _unassigned_words([kept[k]], starts_sentence)
    return kept


def align_rephrased_lines(
    alignments: dict[int, LineAlignment],
    lines: Sequence[Sequence[str]],
    starts_utterance: BoolArray,
    word_starts: Float64Array,
) -> dict[int, LineAlignment]:
    """Align lines that are spoken in entirely different words.

    Such a line takes the utterance between its neighbors if there is exactly one, of about its length.

    Args:
        alignments: alignments by number of the line.
        lines: the words of all lines of the script.
        starts_utterance: (M,) whether a spoken word starts an utterance.
        word_starts: (M,) when each word is spoken, in seconds.

    Returns:
        Alignments of lines that had none.
    """
    moved = lines_out_of_order(alignments)
    found: dict[int, LineAlignment] = {}
    for k, line in enumerate(lines):
        around = {k - 1, k + 1}
        if k in alignments or not around <= alignments.keys() or around & moved:
            continue
        first, last = int(alignments[k - 1].word_pairs[-1, 1]) + 1, int(alignments[k + 1].word_pairs[0, 1])
        # The rest of the utterance in which the neighbor ends is still the neighbor's.
        while first < last and not starts_utterance[first]:
            first += 1
        size = last - first
        alone = first < last and starts_utterance[last] and not starts_utterance[first + 1 : last].any()
        similar_length = abs(size - len(line)) <= max(_LENGTH_TOLERANCE * len(line), 1)
        if (
            alone
            and similar_length
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
    """Find lines that start earlier than their match, because they are interrupted or start twice.

    A candidate is one chain of words without long gaps. When "I never …" is interrupted and continues three
    lines later, its chain holds the continuation only, and the start has to be searched for separately.

    Args:
        alignments: alignments by number of the line; they share no word.
        lines: all lines of the script.
        search: the search that the candidates come from.
        starts_sentence: (M,) whether a spoken word starts a sentence.
        word_starts: (M,) when each word is spoken, in seconds.

    Returns:
        Position of the first spoken word, by number of the line; other lines are missing.
    """
    free = _unassigned_words(alignments.values(), starts_sentence)
    moved = lines_out_of_order(alignments)
    found: dict[int, int] = {}
    before = 0
    for k, alignment in sorted(alignments.items()):
        missing, first = (int(n) for n in alignment.word_pairs[0])
        if k in moved and not missing:
            continue
        sentence = int(next(iter(np.flatnonzero(lines[k].starts_sentence[1:]) + 1), len(lines[k].words)))
        allowed = np.zeros(len(word_starts), bool)
        since = 0 if k in moved else before
        allowed[since:first] = free[since:first]
        allowed &= word_starts >= word_starts[first] - (
            _INTERRUPTED_LINE_SECONDS if missing else _REPEATED_SENTENCE_SECONDS
        )
        places = search.find_opening(k, min(missing, sentence) or sentence, allowed)
        # Among n words a place of log2 n bits is expected once by chance.
        if len(places.bits) and places.bits.max() > math.log2(max(allowed.sum(), 1)) + _CHANCE_MARGIN_BITS:
            found[k] = int(places.first_word[places.bits == places.bits.max()].max())  # the last of equals
        before = before if k in moved else first
    return found


def _unassigned_words(alignments: Iterable[LineAlignment], starts_sentence: BoolArray) -> BoolArray:
    """(M,) the spoken words that belong to no line.

    Words between two matched words of a line belong to it if they are in the same sentence as either, even
    if they are not matched: they are what the line's own words became.
    """
    free = np.ones(len(starts_sentence), bool)
    number = np.cumsum(starts_sentence)
    for alignment in alignments:
        free[alignment.word_pairs[:, 1]] = False
        for a, b in pairwise(alignment.word_pairs[:, 1]):
            inner = slice(a + 1, b)
            free[inner] &= (number[inner] != number[a]) & (number[inner] != number[b])
    return free


def _assign_words(
    alignments: dict[int, LineAlignment], search: CandidateSearch, word_count: int
) -> Int64Array:
    """(M,) the line that keeps each spoken word, -1 for none: the one that would lose most without it.

    The loss of a line is the difference in bits between its alignment and the best one without any contested
    word, but at most its lead: a line with another place that is nearly as probable loses little. Lines
    without contested words have an infinite loss, so they keep everything.
    """
    claim_count = np.zeros(word_count, int)
    for alignment in alignments.values():
        claim_count[alignment.word_pairs[:, 1]] += 1
    losses: list[tuple[float, int]] = []
    for k, alignment in alignments.items():
        loss = math.inf
        if (claim_count[alignment.word_pairs[:, 1]] > 1).any():
            nearby = np.zeros(word_count, bool)
            nearby[
                max(alignment.word_pairs[0, 1] - _SEARCH_RADIUS_WORDS, 0) : alignment.word_pairs[-1, 1]
                + _SEARCH_RADIUS_WORDS
            ] = True
            remaining = search.find(k, nearby & (claim_count < 2)).bits.max(initial=-math.inf)
            loss = min(alignment.bits - remaining, alignment.lead_bits)
        losses.append((loss, -k))
    owner = np.full(word_count, -1)
    # Written in order of loss, so the line with the greatest loss has the last word; of equals the first
    # line.
    for _, n in sorted(losses):
        owner[alignments[-n].word_pairs[:, 1]] = -n
    return owner


def _assign_whole_sentences(
    owner: Int64Array,
    alignments: dict[int, LineAlignment],
    lines: Sequence[NormalizedText],
    word_scores: WordScores,
    starts_sentence: BoolArray,
) -> None:
    """Change `owner` so that a sentence of the film belongs to one line: the one with most bits in it.

    A sentence is spoken by one person, so if two lines match words in it, one of the matches is due to
    chance. The exception is subtitles that join two short speeches: another line keeps its words if its own
    sentence ends before the main line's words, or starts after them.

    Args:
        owner: (M,) the line of each spoken word, -1 for none; changed in place.
        alignments: alignments by number of the line.
        lines: all lines of the script.
        word_scores: the bits of matched words.
        starts_sentence: (M,) whether a spoken word starts a sentence.
    """
    number = np.cumsum(starts_sentence)
    parts: dict[int, list[tuple[float, int, Int64Array]]] = {}
    for k, alignment in alignments.items():
        pairs = alignment.word_pairs[owner[alignment.word_pairs[:, 1]] == k]
        cuts = np.flatnonzero(np.diff(number[pairs[:, 1]])) + 1
        for part in np.split(pairs, cuts) if len(pairs) else []:
            bits = word_scores.run_bits([lines[k].words[n] for n in part[:, 0]])
            parts.setdefault(int(number[part[0, 1]]), []).append((bits, k, part))
    for shared in parts.values():
        _, best, most = max(shared, key=lambda part: (part[0], -part[1]))
        for _, k, part in shared:
            starts = lines[k].starts_sentence
            ends = np.append(starts[1:], True)
            separate = ends[part[-1, 0]] if part[0, 1] < most[0, 1] else starts[part[0, 0]]
            if k != best and not separate:
                owner[part[:, 1]] = best


def lines_out_of_order(alignments: dict[int, LineAlignment]) -> set[int]:
    """The smallest set of lines without which all others are spoken in the script's order.

    Args:
        alignments: alignments by number of the line.
    """
    order = sorted(alignments)
    at = [int(alignments[k].word_pairs[0, 1]) for k in order]
    # The lines to keep are a longest increasing subsequence of the positions, found by patience sorting:
    # each line is linked to the top of the pile before its own, and the links are followed back at the end.
    tops: list[int] = []
    link = [-1] * len(order)
    for n, position in enumerate(at):
        pile = bisect(tops, position, key=at.__getitem__)
        link[n] = tops[pile - 1] if pile else -1
        tops[pile : pile + 1] = [n]
    in_order: set[int] = set()
    n = tops[-1] if tops else -1
    while n >= 0:
        in_order.add(order[n])
        n = link[n]
    return set(order) - in_order
