"""Conflicts: assign each spoken word to one line when several lines claim it.

The hidden Markov model assigns probabilities to each line separately, so two similar lines ("Go!", "Go, go!")
can both prefer the same spoken words. This module assigns each word to one line, in these steps:

1. `best_alignments`: each line claims the words of its most probable place
2. `resolve_conflicts`: a contested word goes to the line that would lose most without it, and a sentence of
   the film is not split between lines. Lines that lost words are searched for again in the remaining words
3. `align_rephrased_lines`: a line without any matched words takes the only utterance between its neighbors
4. `find_earlier_starts`: finds the earlier start of a line that was interrupted or whose start was repeated
"""

from __future__ import annotations

import math
from bisect import bisect
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from moviemotion.screenplay.alignment.candidates import Candidates, CandidateSearch, Float64Array, Int64Array
from moviemotion.screenplay.alignment.hmm import Posterior
from moviemotion.screenplay.alignment.normalize import BoolArray, NormalizedText
from moviemotion.screenplay.alignment.word_scores import WordScores

_SAME_PLACE_SECONDS = 1.0
"""Candidates of a line that are at most this many seconds apart are variants of one place, so their
probabilities are added."""
_CHANCE_MARGIN_BITS = 3.0
"""Bits above chance that are required to place a line's first sentence earlier than the rest of the line."""
_MIN_PROBABILITY = 1e-300
"""Lower limit of a probability before its logarithm is taken."""
_SEARCH_RADIUS_WORDS = 20
"""A second search for a line covers this many words before and after its old place."""
_LENGTH_TOLERANCE = 0.34
"""Largest relative difference in length between a line and the utterance that replaces it."""
_MAX_SECONDS_PER_WORD = 3.0
"""Longest time between the neighbors of a rephrased line, in seconds per word; one extra word is allowed."""
_REPEATED_SENTENCE_SECONDS, _INTERRUPTED_LINE_SECONDS = 15.0, 40.0
"""Maximum number of seconds by which a line may start before its match. The first value applies if the match
includes the line's first sentence, which is then spoken twice; the second, if the line was interrupted."""
_LONE_MOVE_BITS, _ISOLATED_BITS = 4.0, 3.5
"""Bits subtracted from the evidence for a line that was moved alone, and from the stated odds of a line whose
neighbors are both absent from the film; fitted to the gold lists."""
_MIN_LONE_PROBABILITY = 0.5
_NEARBY_WORDS = 400
"""A line moved alone is dropped if it is less probable than this and more than this many words away from its
neighbors in order, a few minutes of film."""
_PASSAGE_WORDS = 120
"""Two lines that start at most this many words apart in the film are in the same passage."""
_REPHRASED_PROBABILITY = 0.6
"""Probability assigned to a rephrased line. It is a guess, because no matched words support it."""


@dataclass(frozen=True)
class LineAlignment:
    """The match between a line and spoken words.

    Attributes:
        word_pairs: (K, 2) index of each matched word in the line, and its position among the spoken words;
            both are ascending.
        probability: the probability that the line is spoken there.
        bits: evidence from the matched words.
        required_bits: the evidence below which it is more probable that the line is absent from the film.
        lead_bits: the margin in bits over the next most probable place, or over the line being absent.
    """

    word_pairs: Int64Array
    probability: float
    bits: float = 0.0
    required_bits: float = 0.0
    lead_bits: float = 0.0


def best_alignments(
    candidates: Sequence[Candidates], posteriors: Sequence[Posterior], word_starts: Float64Array
) -> dict[int, LineAlignment]:
    """The most probable place of each line, unless the line is more likely to be absent from the film.

    Args:
        candidates: the candidates of each line.
        posteriors: the posterior probabilities of the candidates.
        word_starts: (M,) when each word is spoken, in seconds.

    Returns:
        Line number → alignment; absent lines have no entry.
    """
    alignments: dict[int, LineAlignment] = {}
    for k, (line, posterior) in enumerate(zip(candidates, posteriors, strict=True)):
        if not len(line.first_word):
            continue
        at = word_starts[line.first_word]
        # Candidates that differ in a word or two are the same place, so its probability must not be split
        # among them.
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
    """Assign every spoken word to at most one line.

    A line that loses words is searched for again in the unassigned words between its neighbors. It is dropped
    if the new match has fewer bits than `required_bits`.

    Args:
        alignments: alignments by line number; they may share words.
        lines: all lines of the script.
        search: the search that found the candidates.
        starts_sentence: (M,) whether a spoken word starts a sentence.

    Returns:
        Alignments that do not share words.
    """
    words = len(starts_sentence)
    owner = _assign_words(alignments, search, words)
    _assign_whole_sentences(owner, alignments, lines, search.word_scores, starts_sentence)
    moved = lines_out_of_order(alignments)
    kept = {
        k: alignment for k, alignment in alignments.items() if (owner[alignment.word_pairs[:, 1]] == k).all()
    }
    # Words that the losing line still owns are made available too, so that the new search can match them.
    free = ~np.isin(owner, list(kept)) & _unassigned_words(kept.values(), starts_sentence)
    for k in sorted(alignments.keys() - kept.keys()):
        before = [n for n in kept if n < k and n not in moved]
        after = [n for n in kept if n > k and n not in moved]
        lo = int(kept[max(before)].word_pairs[-1, 1]) + 1 if before else 0
        hi = int(kept[min(after)].word_pairs[0, 1]) if after else words
        if k in moved:
            # The line's neighbors in the script are elsewhere in the film, so only its old place is searched.
            lo, hi = (
                max(int(alignments[k].word_pairs[0, 1]) - _SEARCH_RADIUS_WORDS, 0),
                int(alignments[k].word_pairs[-1, 1]) + _SEARCH_RADIUS_WORDS,
            )
        allowed = np.zeros(words, bool)
        allowed[lo:hi] = free[lo:hi]
        found = search.find(k, allowed)
        if len(found.bits) and found.bits.max() > alignments[k].required_bits:
            best = int(found.bits.argmax())
            # At required_bits, present and absent are equally probable, so the difference is the log-odds of
            # the line being present.
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

    Such a line takes the utterance between its neighbors if there is exactly one and its length is similar.

    Args:
        alignments: alignments by line number.
        lines: the words of all lines of the script.
        starts_utterance: (M,) whether a spoken word starts an utterance.
        word_starts: (M,) when each word is spoken, in seconds.

    Returns:
        Alignments of lines that previously had none.
    """
    moved = lines_out_of_order(alignments)
    found: dict[int, LineAlignment] = {}
    for k, line in enumerate(lines):
        around = {k - 1, k + 1}
        if k in alignments or not around <= alignments.keys() or around & moved:
            continue
        first, last = int(alignments[k - 1].word_pairs[-1, 1]) + 1, int(alignments[k + 1].word_pairs[0, 1])
        # The rest of the utterance in which the neighbor ends still belongs to the neighbor.
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
    """Find lines that start earlier than their match because they are interrupted or their start is repeated.

    A candidate is one chain of words without long gaps. When "I never …" is interrupted and continues three
    lines later, the chain contains only the continuation, and the start has to be searched for separately.

    Args:
        alignments: alignments by line number; they do not share words.
        lines: all lines of the script.
        search: the search that found the candidates.
        starts_sentence: (M,) whether a spoken word starts a sentence.
        word_starts: (M,) when each word is spoken, in seconds.

    Returns:
        Line number → position of the line's first spoken word; other lines have no entry.
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
        # Among n words, one match of log2 n bits is expected by chance.
        if len(places.bits) and places.bits.max() > math.log2(max(allowed.sum(), 1)) + _CHANCE_MARGIN_BITS:
            found[k] = int(places.first_word[places.bits == places.bits.max()].max())  # last if tied
        before = before if k in moved else first
    return found


def doubt_lone_moves(
    alignments: dict[int, LineAlignment],
) -> dict[int, LineAlignment]:
    """Weigh lines that are spoken far from their place in the script while their neighbors are not.

    Such a line is more often a line that was cut, and whose words somebody else says elsewhere, than the
    model's independent words make it. Its odds are therefore lowered; if it then is more likely to be absent
    from the film, it is dropped, unless it stays nearby.

    Args:
        alignments: alignments by line number; they do not share words.

    Returns:
        The remaining alignments.
    """
    moved = lines_out_of_order(alignments)
    order = sorted(alignments)
    kept = dict(alignments)
    for n, k in enumerate(order):
        if k not in moved or _moves_with_neighbor(order, n, moved, alignments):
            continue
        alignment = alignments[k]
        odds = (
            alignment.bits - alignment.required_bits
            if alignment.bits
            else math.log2(alignment.probability / max(1 - alignment.probability, _MIN_PROBABILITY))
        )
        odds -= _LONE_MOVE_BITS
        probability = 1 / (1 + 2.0 ** -max(min(odds, 60.0), -60.0))
        if probability < _MIN_LONE_PROBABILITY and _distance(order, n, moved, alignments) > _NEARBY_WORDS:
            del kept[k]
        else:
            kept[k] = replace(alignment, probability=min(alignment.probability, probability))
    return kept


def doubt_isolated_lines(alignments: dict[int, LineAlignment], line_count: int) -> dict[int, LineAlignment]:
    """Lower the probability of lines found in passages that are otherwise absent from the film.

    Writers keep phrases of passages that they drop. On the gold lists, isolated lines with a probability of
    0.9 to 0.99 were right in 9 of 14 cases, other lines in 17 of 20.

    Args:
        alignments: alignments by line number.
        line_count: the number of lines of the script.

    Returns:
        The same alignments; only probabilities change.
    """
    return {
        k: replace(alignment, probability=_lower_odds(alignment.probability, _ISOLATED_BITS))
        if line_count > 1 and not {k - 1, k + 1} & alignments.keys()
        else alignment
        for k, alignment in alignments.items()
    }


def _lower_odds(probability: float, bits: float) -> float:
    """The probability after subtracting evidence in bits."""
    return probability / (probability + (1 - probability) * 2.0**bits)


def _moves_with_neighbor(
    order: Sequence[int], n: int, moved: set[int], alignments: dict[int, LineAlignment]
) -> bool:
    """Whether the line found before or after line `order[n]` was moved to the same passage of the film."""
    here = alignments[order[n]].word_pairs[0, 1]
    return any(
        order[m] in moved and abs(int(alignments[order[m]].word_pairs[0, 1]) - int(here)) <= _PASSAGE_WORDS
        for m in (n - 1, n + 1)
        if 0 <= m < len(order)
    )


def _distance(order: Sequence[int], n: int, moved: set[int], alignments: dict[int, LineAlignment]) -> int:
    """Number of words in the film between line `order[n]` and the nearer of its neighbors in order."""
    here = int(alignments[order[n]].word_pairs[0, 1])
    before = next((m for m in reversed(order[:n]) if m not in moved), None)
    after = next((m for m in order[n + 1 :] if m not in moved), None)
    around = [int(alignments[m].word_pairs[0, 1]) for m in (before, after) if m is not None]
    return min((abs(here - there) for there in around), default=0)


def _unassigned_words(alignments: Iterable[LineAlignment], starts_sentence: BoolArray) -> BoolArray:
    """(M,) mask of the spoken words that do not belong to any line.

    Unmatched words between two matched words of a line belong to that line if they are in the same sentence
    as either of them, because they replace the scripted words.
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
    """Decide which line keeps each spoken word: the line that would lose most without it.

    The loss of a line is the difference in bits between its alignment and its best alignment without
    contested words. It is at most `lead_bits`, because a line with another place that is nearly as probable
    loses little. Lines without contested words have an infinite loss, so they keep all their words.

    Returns:
        (M,) number of the line that keeps each spoken word; -1 for none.
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
    # Lines are written in ascending order of loss, so that the greatest loss takes precedence; the first line
    # wins ties.
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
    """Change `owner` so that each sentence of the film belongs to the line with the most bits in it.

    A sentence is spoken by one person, so if two lines match words in it, one of the matches is due to
    chance. Subtitles that join two short speeches are an exception: a second line keeps its words if its own
    sentence ends before the main line's words or starts after them.

    Args:
        owner: (M,) number of the line that keeps each spoken word, -1 for none; changed in place.
        alignments: alignments by line number.
        lines: all lines of the script.
        word_scores: scores of matched words, in bits.
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
    """The smallest set of lines whose removal leaves the remaining lines in the script's order.

    Args:
        alignments: alignments by line number.
    """
    return out_of_order({k: int(alignment.word_pairs[0, 1]) for k, alignment in alignments.items()})


def out_of_order(positions: Mapping[int, float]) -> set[int]:
    """The smallest set of items whose removal leaves the positions of the others ascending.

    Args:
        positions: item → position; the items are in the order of their numbers.
    """
    order = sorted(positions)
    at = [positions[k] for k in order]
    # The items to keep are a longest increasing subsequence of the positions, found by patience sorting: each
    # item is linked to the top of the preceding pile, and the links are followed back at the end.
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
