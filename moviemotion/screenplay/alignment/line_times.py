"""The lines of a screenplay found in the subtitles, each with its time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from moviemotion.errors import MoviemotionError
from moviemotion.screenplay.alignment.candidates import Candidates, CandidateSearch, Float64Array
from moviemotion.screenplay.alignment.conflicts import (
    LineAlignment,
    align_rephrased_lines,
    best_alignments,
    find_earlier_starts,
    lines_out_of_order,
    resolve_conflicts,
)
from moviemotion.screenplay.alignment.hmm import line_posteriors
from moviemotion.screenplay.alignment.normalize import BoolArray, normalize_text
from moviemotion.screenplay.elements import ElementKind, Screenplay
from moviemotion.screenplay.formats.element_patterns import character_name
from moviemotion.screenplay.subtitles.parse import Subtitle

SPOKEN_KINDS = (ElementKind.DIALOGUE, ElementKind.LYRICS)
_MAX_REPHRASED_WORDS = 3
_MAX_REPHRASED_SECONDS = 1.0
"""Words at an end of a line, and seconds of them, that may be said otherwise; more of them were cut."""
_MAX_WORD_SECONDS = 0.5
"""Seconds that a word takes at most."""
_MIN_OWN_WORDS_SHARE = 0.6
_MAX_PAUSE_SECONDS = 2.0
"""Share of an utterance's words that are a line's own, and seconds to it, to be said with the line."""
_CHANCE_MARGIN_BITS = 5.0
"""Bits beyond N · M: at most one chance place in 2^5 = 32 is believed."""
_MIN_MATCHED_WORDS = 12.0
_MIN_MATCHED_SHARE = 0.003
"""Words matched beyond chance that show it is the same film: 12, and 3 in each 1,000."""


@dataclass(frozen=True)
class TimedLine:
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
    first_word_start: float
    last_word_end: float
    probability: float
    moved: bool


@dataclass(frozen=True)
class LineTimes:
    """What became of the lines of dialogue, by index into `Screenplay.elements`.

    Attributes:
        lines: those found.
        absent: for all others the probability that they are nowhere in the film.
    """

    lines: dict[int, TimedLine]
    absent_probability: dict[int, float]


@dataclass(frozen=True)
class SpokenWords:
    """All words spoken.

    Attributes:
        words: M words.
        opens: (M,) whether a word begins an utterance.
        sentences: (M,) whether it begins a sentence or an utterance.
        start, end: (M,) seconds of film time.
    """

    words: tuple[str, ...]
    starts_utterance: BoolArray
    starts_sentence: BoolArray
    start: Float64Array
    end: Float64Array


def find_line_times(screenplay: Screenplay, subtitles: Sequence[Subtitle]) -> LineTimes:
    """Find the lines of dialogue in the subtitles.

    Raises:
        MoviemotionError: the script has no dialogue, or the subtitles are of another film.
    """
    names = {character_name(e.text).lower() for e in screenplay.elements if e.kind is ElementKind.CHARACTER}
    said = {
        k: normalize_text(e.text, names) for k, e in enumerate(screenplay.elements) if e.kind in SPOKEN_KINDS
    }
    wordings = {k: wording for k, wording in said.items() if wording.words}
    elements, wording = list(wordings), list(wordings.values())
    lines = [line.words for line in wording]
    if not lines:
        raise MoviemotionError(
            f"{screenplay.path}: there is no dialogue to find in the subtitles; leave out --subtitles."
        )
    speech = extract_spoken_words(subtitles)
    search = CandidateSearch(wording, speech.words, speech.starts_sentence, speech.start)
    options = [search.find(k) for k in range(len(lines))]
    _check_same_film(screenplay, lines, options, speech)
    beliefs = line_posteriors(options, len(speech.words))
    claimed = best_alignments(options, beliefs, speech.start)
    claims = resolve_conflicts(claimed, wording, search, speech.starts_sentence)
    claims |= align_rephrased_lines(claims, lines, speech.starts_utterance, speech.start)
    claims = dict(sorted(claims.items()))
    moved = lines_out_of_order(claims)
    taken = np.zeros(len(speech.words), bool)
    for claim in claims.values():
        taken[claim.word_pairs[:, 1]] = True
    begun = find_earlier_starts(claims, wording, search, speech.starts_sentence, speech.start)
    found = {
        elements[k]: _time_line(lines[k], claim, begun.get(k), taken, speech, moved=k in moved)
        for k, claim in claims.items()
    }
    # A line whose place turned out to be another's is not there.
    lost = {elements[k]: claim.probability for k, claim in claimed.items()}
    absent = {
        k: beliefs[n].absent_probability + lost.get(k, 0.0) for n, k in enumerate(elements) if k not in found
    }
    return LineTimes(found, absent)


def extract_spoken_words(subtitles: Sequence[Subtitle]) -> SpokenWords:
    """The words of the subtitles; within a subtitle each takes time by its letters."""
    words: list[str] = []
    opens, sentences = list[bool](), list[bool]()
    times = [np.zeros((2, 0))]
    for subtitle in subtitles:
        speeches = [speech for text in subtitle.text.split("\n") if (speech := normalize_text(text)).words]
        if not speeches:
            continue
        opens += [k == 0 for speech in speeches for k in range(len(speech.words))]
        sentences += [begins for speech in speeches for begins in speech.starts_sentence]
        said = [word for speech in speeches for word in speech.words]
        words += said
        letters = np.cumsum([0] + [len(word) + 1 for word in said])
        at = subtitle.start + (subtitle.end - subtitle.start) * letters / letters[-1]
        times.append(np.stack([at[:-1], at[1:]]))
    start, end = np.concatenate(times, axis=1)
    return SpokenWords(tuple(words), np.array(opens, bool), np.array(sentences, bool), start, end)


def _check_same_film(
    screenplay: Screenplay, lines: Sequence[Sequence[str]], options: Sequence[Candidates], speech: SpokenWords
) -> None:
    """Refuse subtitles in which too few lines are found that chance does not put there.

    A place of B bits is expected by chance N · M · 2^-B times between texts of N and M words (Karlin and
    Altschul, 1990).
    """
    n, m = sum(len(line) for line in lines), len(speech.words)
    chance = math.log2(max(n * m, 1)) + _CHANCE_MARGIN_BITS
    best = [(line, int(line.bits.argmax())) for line in options if line.bits.max(initial=0.0) > chance]
    sure = sum(len(line.word_pairs(place)) for line, place in best)
    if sure < max(min(_MIN_MATCHED_WORDS + _MIN_MATCHED_SHARE * min(n, m), min(n, m) / 3), 1.0):
        raise MoviemotionError(
            f"{screenplay.path}: these subtitles do not match this script; {sure / n:.1%} of the script's "
            "dialogue found; check that they belong to this film, or leave out --subtitles."
        )


def _time_line(
    line: Sequence[str],
    claim: LineAlignment,
    begun: int | None,
    taken: BoolArray,
    speech: SpokenWords,
    moved: bool,
) -> TimedLine:
    """Time a line from its matches; words of it that were said otherwise stand around them.

    Args:
        begun: where its first words are said, if that is before the others.
    """
    first, last = int(claim.word_pairs[0, 1]), int(claim.word_pairs[-1, 1])
    start = _extend_to_sentence_start(first, int(claim.word_pairs[0, 0]), taken, speech)
    start = _extend_over_repeated_words(start, set(line), taken, speech)
    if begun is not None:
        first, start = min(begun, first), min(begun, start)
    stop = _extend_over_rephrased_words(last, len(line) - 1 - int(claim.word_pairs[-1, 0]), 1, taken, speech)
    return TimedLine(
        start=float(speech.start[start]),
        end=float(speech.end[stop]),
        first_word_start=float(speech.start[first]),
        last_word_end=float(speech.end[last]),
        probability=claim.probability,
        moved=moved,
    )


def _extend_to_sentence_start(first: int, missing: int, taken: BoolArray, speech: SpokenWords) -> int:
    """Back to where the film's sentence begins, if what no line claims there stands for the missing words."""
    begin = first
    while begin > 0 and not speech.starts_sentence[begin]:
        begin -= 1
    seconds = speech.start[first] - speech.start[begin]
    if missing and seconds <= _MAX_WORD_SECONDS * (missing + 1) and not taken[begin:first].any():
        return begin
    return _extend_over_rephrased_words(first, missing, -1, taken, speech)


def _extend_over_rephrased_words(
    word: int, missing: int, step: int, taken: BoolArray, speech: SpokenWords
) -> int:
    """How far an utterance goes on, before or after a word, with words that no line claims."""
    begun = word
    for _ in range(min(missing, _MAX_REPHRASED_WORDS)):
        after = word + step
        if not 0 <= after < len(taken) or taken[after] or speech.starts_utterance[max(word, after)]:
            break
        if abs(speech.start[after] - speech.start[begun]) > _MAX_REPHRASED_SECONDS:
            break
        word = after
    return word


def _extend_over_repeated_words(first: int, line: set[str], taken: BoolArray, speech: SpokenWords) -> int:
    """Back over unclaimed words said just before that are the line's own: "Man down. Man down!"."""
    start = first
    while start > 0:
        begin = start - 1
        while begin > 0 and not speech.starts_utterance[begin]:
            begin -= 1
        words = speech.words[begin:start]
        own = sum(word in line for word in words)
        if taken[begin:start].any() or own < _MIN_OWN_WORDS_SHARE * len(words):
            break
        if speech.start[start] - speech.end[start - 1] > _MAX_PAUSE_SECONDS:
            break
        start = begin
    return start
