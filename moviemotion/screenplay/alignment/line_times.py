"""Line times: find the dialogue of a screenplay in the subtitles, and time each line.

`find_line_times` runs the alignment from normalizing words to resolving conflicts. The resulting times are
exact where words match. A line whose first or last words were rephrased starts before or ends after its
matched words; `_time_line` extends such a line over the surrounding unassigned words.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from moviemotion.errors import SettingError
from moviemotion.screenplay.alignment.candidates import Candidates, CandidateSearch, Float64Array
from moviemotion.screenplay.alignment.conflicts import (
    LineAlignment,
    align_rephrased_lines,
    best_alignments,
    doubt_isolated_lines,
    doubt_lone_moves,
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
"""Maximum number of rephrased words at either end of a line, and maximum seconds from the nearest matched
word to a rephrased word; words beyond these limits count as cut."""
_MAX_WORD_SECONDS = 0.5
"""Longest duration of one word."""
_MIN_OWN_WORDS_SHARE = 0.6
_MAX_PAUSE_SECONDS = 2.0
"""An utterance counts as a repetition of the line after it if at least this fraction of its words occur in
the line and the pause between the two is at most this many seconds."""
_CHANCE_MARGIN_BITS = 5.0
"""Number of bits by which the evidence for a line must exceed log2(N · M). With 5 bits, chance alone produces
one such line in 2^5 = 32 films."""
_MIN_MATCHED_WORDS = 12.0
_MIN_MATCHED_SHARE = 0.003
"""Minimum number of words that must match beyond chance for subtitles to be accepted: 12 plus 3 per 1,000
words of the shorter text."""


@dataclass(frozen=True)
class TimedLine:
    """A line of dialogue found in the subtitles.

    Attributes:
        start, end: seconds of film time.
        first_word_start, last_word_end: start of the first matched word and end of the last one, in seconds
            of film time. `start` may be earlier and `end` later if rephrased words are assumed there.
        probability: probability that the line is spoken there, from 0 to 1.
        moved: whether the line's position in the film departs from the script's order.
    """

    start: float
    end: float
    first_word_start: float
    last_word_end: float
    probability: float
    moved: bool


@dataclass(frozen=True)
class LineTimes:
    """The lines of dialogue, by index into `Screenplay.elements`.

    Attributes:
        lines: the lines found in the film.
        absent_probability: for each of the other lines, the probability that it is absent from the film.
    """

    lines: dict[int, TimedLine]
    absent_probability: dict[int, float]


@dataclass(frozen=True)
class SpokenWords:
    """All words spoken in a film.

    Attributes:
        words: the M words.
        starts_utterance: (M,) whether a word starts a subtitle or follows a change of speaker.
        starts_sentence: (M,) whether a word starts a sentence or an utterance.
        start, end: (M,) seconds of film time.
    """

    words: tuple[str, ...]
    starts_utterance: BoolArray
    starts_sentence: BoolArray
    start: Float64Array
    end: Float64Array


def find_line_times(screenplay: Screenplay, subtitles: Sequence[Subtitle]) -> LineTimes:
    """Find the lines of dialogue in the subtitles.

    Args:
        screenplay: the screenplay.
        subtitles: the film's subtitles in chronological order.

    Raises:
        MoviemotionError: the script has no dialogue, or the subtitles belong to a different film.
    """
    names = {character_name(e.text).lower() for e in screenplay.elements if e.kind is ElementKind.CHARACTER}
    normalized = {
        k: normalize_text(e.text, names) for k, e in enumerate(screenplay.elements) if e.kind in SPOKEN_KINDS
    }
    # Dialogue such as "…" contains no words to find, so it gets no line number. `elements` maps line numbers
    # to elements.
    elements = [k for k, text in normalized.items() if text.words]
    texts = [normalized[k] for k in elements]
    lines = [text.words for text in texts]
    if not lines:
        raise SettingError(
            "no-dialogue",
            "{path}: the script has no dialogue to match with subtitles; run without {subtitles}",
            path=screenplay.path,
        )
    speech = extract_spoken_words(subtitles)
    search = CandidateSearch(texts, speech.words, speech.starts_sentence, speech.start)
    candidates = [search.find(k) for k in range(len(lines))]
    _check_same_film(screenplay, lines, candidates, speech)
    posteriors = line_posteriors(candidates, len(speech.words))
    first_choices = best_alignments(candidates, posteriors, speech.start)
    alignments = resolve_conflicts(first_choices, texts, search, speech.starts_sentence)
    alignments = doubt_lone_moves(alignments)
    alignments |= align_rephrased_lines(alignments, lines, speech.starts_utterance, speech.start)
    alignments = dict(sorted(doubt_isolated_lines(alignments, len(lines)).items()))
    moved = lines_out_of_order(alignments)
    assigned = np.zeros(len(speech.words), bool)
    for alignment in alignments.values():
        assigned[alignment.word_pairs[:, 1]] = True
    earlier = find_earlier_starts(alignments, texts, search, speech.starts_sentence, speech.start)
    found = {
        elements[k]: _time_line(lines[k], alignment, earlier.get(k), assigned, speech, moved=k in moved)
        for k, alignment in alignments.items()
    }
    # If the first choice for a line turned out to belong to another line, its probability is added to the
    # probability that the line is absent.
    lost = {elements[k]: alignment.probability for k, alignment in first_choices.items()}
    absent = {
        k: posteriors[n].absent_probability + lost.get(k, 0.0)
        for n, k in enumerate(elements)
        if k not in found
    }
    return LineTimes(found, absent)


def extract_spoken_words(subtitles: Sequence[Subtitle]) -> SpokenWords:
    """Extract the spoken words; within a subtitle, a word's duration is proportional to its length."""
    words: list[str] = []
    starts_utterance, starts_sentence = list[bool](), list[bool]()
    times = [np.zeros((2, 0))]
    for subtitle in subtitles:
        speeches = [speech for text in subtitle.text.split("\n") if (speech := normalize_text(text)).words]
        if not speeches:
            continue
        starts_utterance += [k == 0 for speech in speeches for k in range(len(speech.words))]
        starts_sentence += [starts for speech in speeches for starts in speech.starts_sentence]
        spoken = [word for speech in speeches for word in speech.words]
        words += spoken
        letters = np.cumsum([0] + [len(word) + 1 for word in spoken])
        at = subtitle.start + (subtitle.end - subtitle.start) * letters / letters[-1]
        times.append(np.stack([at[:-1], at[1:]]))
    start, end = np.concatenate(times, axis=1)
    return SpokenWords(
        tuple(words), np.array(starts_utterance, bool), np.array(starts_sentence, bool), start, end
    )


def _check_same_film(
    screenplay: Screenplay,
    lines: Sequence[Sequence[str]],
    candidates: Sequence[Candidates],
    speech: SpokenWords,
) -> None:
    """Reject subtitles if chance alone would explain the lines found in them.

    Between texts of N and M words, chance alone produces N · M · 2^-B matches with B bits of evidence (Karlin
    and Altschul, 1990). Only lines with more bits than chance alone would produce count as found.

    Raises:
        MoviemotionError: too few words match.
    """
    n, m = sum(len(line) for line in lines), len(speech.words)
    chance = math.log2(max(n * m, 1)) + _CHANCE_MARGIN_BITS
    best = [(line, int(line.bits.argmax())) for line in candidates if line.bits.max(initial=0.0) > chance]
    matched = sum(len(line.word_pairs(place)) for line, place in best)
    # In very short texts, a third of the words is enough.
    if matched < max(min(_MIN_MATCHED_WORDS + _MIN_MATCHED_SHARE * min(n, m), min(n, m) / 3), 1.0):
        raise SettingError(
            "subtitles-mismatch",
            "{path}: these subtitles do not match this script ({share} of its dialogue was found); check "
            "that they belong to this film, or run without {subtitles}",
            path=screenplay.path,
            share=f"{matched / n:.1%}",
        )


def _time_line(
    line: Sequence[str],
    alignment: LineAlignment,
    earlier_start: int | None,
    assigned: BoolArray,
    speech: SpokenWords,
    moved: bool,
) -> TimedLine:
    """Time a line by its matched words and the rephrased words around them.

    Args:
        line: the words of the line.
        alignment: the line's matched words.
        earlier_start: position of the line's first spoken word, if it precedes the matched words.
        assigned: (M,) whether each spoken word is matched with a line.
        speech: all spoken words.
        moved: whether the line's position in the film departs from the script's order.
    """
    first, last = int(alignment.word_pairs[0, 1]), int(alignment.word_pairs[-1, 1])
    start = _extend_to_sentence_start(first, int(alignment.word_pairs[0, 0]), assigned, speech)
    start = _extend_over_repeated_words(start, set(line), assigned, speech)
    if earlier_start is not None:
        first, start = min(earlier_start, first), min(earlier_start, start)
    missing = len(line) - 1 - int(alignment.word_pairs[-1, 0])
    stop = _extend_over_rephrased_words(last, missing, 1, assigned, speech)
    return TimedLine(
        start=float(speech.start[start]),
        end=float(speech.end[stop]),
        first_word_start=float(speech.start[first]),
        last_word_end=float(speech.end[last]),
        probability=alignment.probability,
        moved=moved,
    )


def _extend_to_sentence_start(first: int, missing: int, assigned: BoolArray, speech: SpokenWords) -> int:
    """Move a line's start back to the start of the film's sentence, if the line's missing words fit there.

    Args:
        first: position of the line's first matched word.
        missing: the number of words of the line before the first matched word.
        assigned: (M,) whether each spoken word is matched with a line.
        speech: all spoken words.

    Returns:
        Position of the first word of the line.
    """
    sentence_start = first
    while sentence_start > 0 and not speech.starts_sentence[sentence_start]:
        sentence_start -= 1
    seconds = speech.start[first] - speech.start[sentence_start]
    free = not assigned[sentence_start:first].any()
    if missing and seconds <= _MAX_WORD_SECONDS * (missing + 1) and free:
        return sentence_start
    return _extend_over_rephrased_words(first, missing, -1, assigned, speech)


def _extend_over_rephrased_words(
    word: int, missing: int, step: int, assigned: BoolArray, speech: SpokenWords
) -> int:
    """Extend one end of a line over unassigned words of the utterance, up to the number of missing words.

    Args:
        word: position of the line's first or last matched word.
        missing: the number of words of the line beyond that word.
        step: -1 to extend the start, 1 to extend the end.
        assigned: (M,) whether each spoken word is matched with a line.
        speech: all spoken words.

    Returns:
        Position of the line's first or last word.
    """
    matched = word
    for _ in range(min(missing, _MAX_REPHRASED_WORDS)):
        after = word + step
        if not 0 <= after < len(assigned) or assigned[after] or speech.starts_utterance[max(word, after)]:
            break
        if abs(speech.start[after] - speech.start[matched]) > _MAX_REPHRASED_SECONDS:
            break
        word = after
    return word


def _extend_over_repeated_words(first: int, line: set[str], assigned: BoolArray, speech: SpokenWords) -> int:
    """Move a line's start back over an immediately preceding repetition of its words: "Man down. Man down!".

    Returns:
        Position of the first word of the line.
    """
    start = first
    while start > 0:
        utterance = start - 1
        while utterance > 0 and not speech.starts_utterance[utterance]:
            utterance -= 1
        words = speech.words[utterance:start]
        own = sum(word in line for word in words)
        if assigned[utterance:start].any() or own < _MIN_OWN_WORDS_SHARE * len(words):
            break
        if speech.start[start] - speech.end[start - 1] > _MAX_PAUSE_SECONDS:
            break
        start = utterance
    return start
