"""The lines of a screenplay found in the subtitles, each with its time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from moviemotion.errors import MoviemotionError
from moviemotion.screenplay.alignment.candidates import Floats, Places, Search
from moviemotion.screenplay.alignment.conflicts import (
    Claim,
    begun_before,
    best_claims,
    out_of_order,
    said_otherwise,
    settled,
)
from moviemotion.screenplay.alignment.hmm import posteriors
from moviemotion.screenplay.alignment.normalize import Bools, worded
from moviemotion.screenplay.elements import Kind, Screenplay
from moviemotion.screenplay.formats.element_patterns import character_name
from moviemotion.screenplay.subtitles.parse import Subtitle

SPOKEN = (Kind.DIALOGUE, Kind.LYRICS)
_OTHER_WORDS = 3
_OTHER_SECONDS = 1.0
"""Words at an end of a line, and seconds of them, that may be said otherwise; more of them were cut."""
_WORD = 0.5
"""Seconds that a word takes at most."""
_OWN_WORDS = 0.6
_SAME_BREATH = 2.0
"""Share of an utterance's words that are a line's own, and seconds to it, to be said with the line."""
_MARGIN = 5.0
"""Bits beyond N · M: at most one chance place in 2^5 = 32 is believed."""
_FEWEST_WORDS = 12.0
_LEAST_SHARE = 0.003
"""Words matched beyond chance that show it is the same film: 12, and 3 in each 1,000."""


@dataclass(frozen=True)
class FoundLine:
    """A line of dialogue found in the subtitles.

    Attributes:
        start, end: seconds of film time.
        first, last: when its first found word begins and its last one ends, seconds of film time;
            beyond them `start` and `end` are guesses.
        probability: that it is spoken there, 0–1.
        moved: whether the film has it in another place than the script.
    """

    start: float
    end: float
    first: float
    last: float
    probability: float
    moved: bool


@dataclass(frozen=True)
class Found:
    """What became of the lines of dialogue, by index into `Screenplay.elements`.

    Attributes:
        lines: those found.
        absent: for all others the probability that they are nowhere in the film.
    """

    lines: dict[int, FoundLine]
    absent: dict[int, float]


@dataclass(frozen=True)
class Speech:
    """All words spoken.

    Attributes:
        words: M words.
        opens: (M,) whether a word begins an utterance.
        sentences: (M,) whether it begins a sentence or an utterance.
        start, end: (M,) seconds of film time.
    """

    words: tuple[str, ...]
    opens: Bools
    sentences: Bools
    start: Floats
    end: Floats


def find_lines(screenplay: Screenplay, subtitles: Sequence[Subtitle]) -> Found:
    """Find the lines of dialogue in the subtitles.

    Raises:
        MoviemotionError: the script has no dialogue, or the subtitles are of another film.
    """
    names = {character_name(e.text).lower() for e in screenplay.elements if e.kind is Kind.CHARACTER}
    said = {k: worded(e.text, names) for k, e in enumerate(screenplay.elements) if e.kind in SPOKEN}
    wordings = {k: wording for k, wording in said.items() if wording.words}
    elements, wording = list(wordings), list(wordings.values())
    lines = [line.words for line in wording]
    if not lines:
        raise MoviemotionError(
            f"{screenplay.path}: there is no dialogue to find in the subtitles; leave out --subtitles."
        )
    speech = spoken_words(subtitles)
    search = Search(wording, speech.words, speech.sentences, speech.start)
    options = [search.places(k) for k in range(len(lines))]
    _same_film(screenplay, lines, options, speech)
    beliefs = posteriors(options, len(speech.words))
    claimed = best_claims(options, beliefs, speech.start)
    claims = settled(claimed, wording, search, speech.sentences)
    claims |= said_otherwise(claims, lines, speech.opens, speech.start)
    claims = dict(sorted(claims.items()))
    moved = out_of_order(claims)
    taken = np.zeros(len(speech.words), bool)
    for claim in claims.values():
        taken[claim.pairs[:, 1]] = True
    begun = begun_before(claims, wording, search, speech.sentences, speech.start)
    found = {
        elements[k]: _timed(lines[k], claim, begun.get(k), taken, speech, moved=k in moved)
        for k, claim in claims.items()
    }
    # A line whose place turned out to be another's is not there.
    lost = {elements[k]: claim.probability for k, claim in claimed.items()}
    absent = {k: beliefs[n].absent + lost.get(k, 0.0) for n, k in enumerate(elements) if k not in found}
    return Found(found, absent)


def spoken_words(subtitles: Sequence[Subtitle]) -> Speech:
    """The words of the subtitles; within a subtitle each takes time by its letters."""
    words: list[str] = []
    opens, sentences = list[bool](), list[bool]()
    times = [np.zeros((2, 0))]
    for subtitle in subtitles:
        speeches = [speech for text in subtitle.text.split("\n") if (speech := worded(text)).words]
        if not speeches:
            continue
        opens += [k == 0 for speech in speeches for k in range(len(speech.words))]
        sentences += [begins for speech in speeches for begins in speech.sentences]
        said = [word for speech in speeches for word in speech.words]
        words += said
        letters = np.cumsum([0] + [len(word) + 1 for word in said])
        at = subtitle.start + (subtitle.end - subtitle.start) * letters / letters[-1]
        times.append(np.stack([at[:-1], at[1:]]))
    start, end = np.concatenate(times, axis=1)
    return Speech(tuple(words), np.array(opens, bool), np.array(sentences, bool), start, end)


def _same_film(
    screenplay: Screenplay, lines: Sequence[Sequence[str]], options: Sequence[Places], speech: Speech
) -> None:
    """Refuse subtitles in which too few lines are found that chance does not put there.

    A place of B bits is expected by chance N · M · 2^-B times between texts of N and M words (Karlin and
    Altschul, 1990).
    """
    n, m = sum(len(line) for line in lines), len(speech.words)
    chance = math.log2(max(n * m, 1)) + _MARGIN
    best = [(line, int(line.bits.argmax())) for line in options if line.bits.max(initial=0.0) > chance]
    sure = sum(len(line.pairs(place)) for line, place in best)
    if sure < max(min(_FEWEST_WORDS + _LEAST_SHARE * min(n, m), min(n, m) / 3), 1.0):
        raise MoviemotionError(
            f"{screenplay.path}: these subtitles do not match this script; {sure / n:.1%} of the script's "
            "dialogue found; check that they belong to this film, or leave out --subtitles."
        )


def _timed(
    line: Sequence[str], claim: Claim, begun: int | None, taken: Bools, speech: Speech, moved: bool
) -> FoundLine:
    """Time a line from its matches; words of it that were said otherwise stand around them.

    Args:
        begun: where its first words are said, if that is before the others.
    """
    first, last = int(claim.pairs[0, 1]), int(claim.pairs[-1, 1])
    start = _begun_otherwise(first, int(claim.pairs[0, 0]), taken, speech)
    start = _said_before(start, set(line), taken, speech)
    if begun is not None:
        first, start = min(begun, first), min(begun, start)
    stop = _said_otherwise(last, len(line) - 1 - int(claim.pairs[-1, 0]), 1, taken, speech)
    return FoundLine(
        start=float(speech.start[start]),
        end=float(speech.end[stop]),
        first=float(speech.start[first]),
        last=float(speech.end[last]),
        probability=claim.probability,
        moved=moved,
    )


def _begun_otherwise(first: int, missing: int, taken: Bools, speech: Speech) -> int:
    """Back to where the film's sentence begins, if what no line claims there stands for the missing words."""
    begin = first
    while begin > 0 and not speech.sentences[begin]:
        begin -= 1
    seconds = speech.start[first] - speech.start[begin]
    if missing and seconds <= _WORD * (missing + 1) and not taken[begin:first].any():
        return begin
    return _said_otherwise(first, missing, -1, taken, speech)


def _said_otherwise(word: int, missing: int, step: int, taken: Bools, speech: Speech) -> int:
    """How far an utterance goes on, before or after a word, with words that no line claims."""
    begun = word
    for _ in range(min(missing, _OTHER_WORDS)):
        after = word + step
        if not 0 <= after < len(taken) or taken[after] or speech.opens[max(word, after)]:
            break
        if abs(speech.start[after] - speech.start[begun]) > _OTHER_SECONDS:
            break
        word = after
    return word


def _said_before(first: int, line: set[str], taken: Bools, speech: Speech) -> int:
    """Back over unclaimed words said just before that are the line's own: "Man down. Man down!"."""
    start = first
    while start > 0:
        begin = start - 1
        while begin > 0 and not speech.opens[begin]:
            begin -= 1
        words = speech.words[begin:start]
        own = sum(word in line for word in words)
        if taken[begin:start].any() or own < _OWN_WORDS * len(words):
            break
        if speech.start[start] - speech.end[start - 1] > _SAME_BREATH:
            break
        start = begin
    return start
