"""Which words spoken belong to which line, where several lines claim the same."""

from __future__ import annotations

import math
from bisect import bisect
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from moviemotion.screenplay.alignment.candidates import Floats, Ints, Places, Search
from moviemotion.screenplay.alignment.hmm import Posterior
from moviemotion.screenplay.alignment.normalize import Bools, Wording
from moviemotion.screenplay.alignment.word_scores import Evidence

_SAME_PLACE = 1.0
"""Seconds within which two alignments of a line are the same place."""
_MARGIN = 3.0
"""Bits beyond chance that a line's first sentence needs where it is said before the rest."""
_LEAST = 1e-300
_AROUND = 20
"""Words about its place in which a line is looked for anew."""
_ABOUT = 0.34
"""How far the length of an utterance may be from a line's, as a share, to stand for it."""
_CLOSE = 3.0
"""Seconds for each word of it, and as many again, between the neighbours at most."""
_SAID_TWICE, _BROKEN = 15.0, 40.0
"""Seconds that a line may begin before what was found of it, with its first sentence in it, or without."""
_SAID_OTHERWISE = 0.6
"""Probability given to such a line: a guess, no word speaks for it."""


@dataclass(frozen=True)
class Claim:
    """A line's claim on words spoken.

    Attributes:
        pairs: (K, 2) numbers of its words and positions of theirs, both rising.
        probability: that it is spoken there.
        bits: what its words say for it.
        doubt: bits without which it would rather be nowhere.
        lead: bits by which it is more probable than any other place, and than none.
    """

    pairs: Ints
    probability: float
    bits: float = 0.0
    doubt: float = 0.0
    lead: float = 0.0


def best_claims(options: Sequence[Places], beliefs: Sequence[Posterior], start: Floats) -> dict[int, Claim]:
    """For each line its most probable place, if that is more probable than none.

    Args:
        start: (M,) when each word is spoken, seconds.
    """
    claims: dict[int, Claim] = {}
    for k, (line, belief) in enumerate(zip(options, beliefs, strict=True)):
        if not len(line.first):
            continue
        at = start[line.first]
        same = np.abs(at[:, None] - at) <= _SAME_PLACE
        mass = same @ belief.there
        best = int(mass.argmax())
        if mass[best] > belief.absent:
            place = int(np.where(same[best], belief.there, -1.0).argmax())
            bits, absent = float(line.bits[place]), max(belief.absent, _LEAST)
            odds = math.log2(mass[best] / absent)
            other = max(float(mass[~same[best]].max(initial=0.0)), absent)
            claims[k] = Claim(
                line.pairs(place),
                probability=float(min(mass[best], 1.0)),
                bits=bits,
                doubt=bits - odds,
                lead=math.log2(mass[best] / other),
            )
    return claims


def settled(
    claims: dict[int, Claim], lines: Sequence[Wording], search: Search, sentences: Bools
) -> dict[int, Claim]:
    """The claims without conflict.

    A line that loses some words looks again at those that no line claims between its neighbours, and is there
    if they say so against its doubt.
    """
    words = len(sentences)
    owner = _owners(claims, search, words)
    _keep_whole(owner, claims, lines, search.evidence, sentences)
    moved = out_of_order(claims)
    kept = {k: claim for k, claim in claims.items() if (owner[claim.pairs[:, 1]] == k).all()}
    # What losers keep is free again: it is theirs to find.
    free = ~np.isin(owner, list(kept)) & _free(kept.values(), sentences)
    for k in sorted(claims.keys() - kept.keys()):
        before = [n for n in kept if n < k and n not in moved]
        after = [n for n in kept if n > k and n not in moved]
        lo = int(kept[max(before)].pairs[-1, 1]) + 1 if before else 0
        hi = int(kept[min(after)].pairs[0, 1]) if after else words
        if k in moved:
            lo, hi = max(int(claims[k].pairs[0, 1]) - _AROUND, 0), int(claims[k].pairs[-1, 1]) + _AROUND
        room = np.zeros(words, bool)
        room[lo:hi] = free[lo:hi]
        found = search.places(k, room)
        if len(found.bits) and found.bits.max() > claims[k].doubt:
            best = int(found.bits.argmax())
            chance = 1 / (1 + 2.0 ** (claims[k].doubt - found.bits[best]))
            kept[k] = Claim(found.pairs(best), float(chance))
            free &= _free([kept[k]], sentences)
    return kept


def said_otherwise(
    claims: dict[int, Claim], lines: Sequence[Sequence[str]], opens: Bools, start: Floats
) -> dict[int, Claim]:
    """Lines of which no word is left: the utterance of their length alone between their neighbours.

    Args:
        opens: (M,) whether a word begins an utterance.
        start: (M,) when each word is spoken, seconds.
    """
    moved = out_of_order(claims)
    found: dict[int, Claim] = {}
    for k, line in enumerate(lines):
        around = {k - 1, k + 1}
        if k in claims or not around <= claims.keys() or around & moved:
            continue
        first, last = int(claims[k - 1].pairs[-1, 1]) + 1, int(claims[k + 1].pairs[0, 1])
        # What the neighbours left of their own utterances is theirs.
        while first < last and not opens[first]:
            first += 1
        size = last - first
        alone = first < last and opens[last] and not opens[first + 1 : last].any()
        fits = abs(size - len(line)) <= max(_ABOUT * len(line), 1)
        if alone and fits and start[last] - start[first - 1] <= _CLOSE * (1 + size):
            found[k] = Claim(np.array([[0, first]]), _SAID_OTHERWISE)
    return found


def begun_before(
    claims: dict[int, Claim], lines: Sequence[Wording], search: Search, sentences: Bools, start: Floats
) -> dict[int, int]:
    """Where lines begin whose first sentence is said some words earlier: broken by another, or said twice.

    Args:
        start: (M,) when each word is spoken, seconds.

    Returns:
        position among the words spoken of the first one, by line.
    """
    free = _free(claims.values(), sentences)
    moved = out_of_order(claims)
    found: dict[int, int] = {}
    before = 0
    for k, claim in sorted(claims.items()):
        missing, first = (int(n) for n in claim.pairs[0])
        if k in moved and not missing:
            continue
        sentence = int(next(iter(np.flatnonzero(lines[k].sentences[1:]) + 1), len(lines[k].words)))
        room = np.zeros(len(start), bool)
        since = 0 if k in moved else before
        room[since:first] = free[since:first]
        room &= start >= start[first] - (_BROKEN if missing else _SAID_TWICE)
        places = search.opening(k, min(missing, sentence) or sentence, room)
        if len(places.bits) and places.bits.max() > math.log2(max(room.sum(), 1)) + _MARGIN:
            found[k] = int(places.first[places.bits == places.bits.max()].max())  # of equals the nearest
        before = before if k in moved else first
    return found


def _free(claims: Iterable[Claim], sentences: Bools) -> Bools:
    """(M,) words that no line claims, and that do not stand within a claim in a sentence it has words of."""
    free = np.ones(len(sentences), bool)
    number = np.cumsum(sentences)
    for claim in claims:
        free[claim.pairs[:, 1]] = False
        for a, b in pairwise(claim.pairs[:, 1]):
            inner = slice(a + 1, b)
            free[inner] &= (number[inner] != number[a]) & (number[inner] != number[b])
    return free


def _owners(claims: dict[int, Claim], search: Search, words: int) -> Ints:
    """(M,) the line that keeps each word spoken, -1 for none: the one that would lose most without it."""
    claimed = np.zeros(words, int)
    for claim in claims.values():
        claimed[claim.pairs[:, 1]] += 1
    losses: list[tuple[float, int]] = []
    for k, claim in claims.items():
        loss = math.inf
        if (claimed[claim.pairs[:, 1]] > 1).any():
            room = np.zeros(words, bool)
            room[max(claim.pairs[0, 1] - _AROUND, 0) : claim.pairs[-1, 1] + _AROUND] = True
            left = search.places(k, room & (claimed < 2)).bits.max(initial=-math.inf)
            loss = min(claim.bits - left, claim.lead)
        losses.append((loss, -k))
    owner = np.full(words, -1)
    for _, n in sorted(losses):  # the greatest comes last
        owner[claims[-n].pairs[:, 1]] = -n
    return owner


def _keep_whole(
    owner: Ints, claims: dict[int, Claim], lines: Sequence[Wording], evidence: Evidence, sentences: Bools
) -> None:
    """Give, in `owner`, a film's sentence to the line with most of it.

    Another has part of it only where its own sentence ends before that line's words, or begins after them.
    """
    number = np.cumsum(sentences)
    parts: dict[int, list[tuple[float, int, Ints]]] = {}
    for k, claim in claims.items():
        pairs = claim.pairs[owner[claim.pairs[:, 1]] == k]
        cuts = np.flatnonzero(np.diff(number[pairs[:, 1]])) + 1
        for part in np.split(pairs, cuts) if len(pairs) else []:
            bits = evidence.run([lines[k].words[n] for n in part[:, 0]])
            parts.setdefault(int(number[part[0, 1]]), []).append((bits, k, part))
    for shared in parts.values():
        _, best, most = max(shared, key=lambda part: (part[0], -part[1]))
        for _, k, part in shared:
            begins = lines[k].sentences
            ends = np.append(begins[1:], True)
            whole = ends[part[-1, 0]] if part[0, 1] < most[0, 1] else begins[part[0, 0]]
            if k != best and not whole:
                owner[part[:, 1]] = best


def out_of_order(claims: dict[int, Claim]) -> set[int]:
    """The fewest lines without which all others are spoken in the script's order."""
    order = sorted(claims)
    at = [int(claims[k].pairs[0, 1]) for k in order]
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
