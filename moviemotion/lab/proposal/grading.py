"""Grade a free answer by the ideas in it: generous to spelling, strict on what is wrong."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rapidfuzz.distance import OSA

PART_WORDS = {
    "early": {"first", "early", "earlier", "initial", "initially", "beginning", "start", "shallow", "1", "2"},
    "late": {"final", "finally", "last", "late", "later", "latter", "deep", "deeper", "end", "4", "5"},
}
CONTRAST_WORDS = {
    "vs",
    "versus",
    "while",
    "whereas",
    "but",
    "then",
    "however",
    "compared",
    "into",
    "otherwise",
    "else",
}
NEGATION_WORDS = {
    "not",
    "no",
    "never",
    "without",
    "dont",
    "doesnt",
    "arent",
    "isnt",
    "cannot",
    "cant",
    "wont",
    "nor",
}
CLAUSE_BOUNDARY = re.compile(r"[.;:,!?\n]|->|→|\b(?:and|" + "|".join(sorted(CONTRAST_WORDS)) + r")\b")


@dataclass(frozen=True)
class Idea:
    """Something to be said, or not to be said.

    Attributes:
        ways: any one will do; a way is groups, each of phrases, of which each group needs one.
        part: "early", "late", or None where it may be said of anything.
        cancels: of a wrong statement, the indices of the ideas that it takes back.
    """

    name: str
    phrasings: tuple[tuple[tuple[str, ...], ...], ...]
    part: str | None = None
    contradicts: tuple[int, ...] = ()


@dataclass(frozen=True)
class GradedAnswer:
    """Which ideas were found, which were missed, and what was wrong: names."""

    found: tuple[str, ...]
    missed: tuple[str, ...]
    wrong_statements: tuple[str, ...]


def parse_phrasing(text: str) -> tuple[tuple[str, ...], ...]:
    """`negative|minus + zero|off` → two groups of phrases."""
    return tuple(tuple(phrase.strip() for phrase in group.split("|")) for group in text.split(" + "))


def grade_answer(answer: str, ideas: Sequence[Idea], wrong_statements: Sequence[Idea]) -> GradedAnswer:
    """Grade an answer.

    An idea may be spread over a sentence; a wrong statement must stand in one clause without a
    negation, and takes back the ideas that it contradicts.
    """
    clauses = _split_clauses(answer)
    mistakes = [w for w in wrong_statements if any(_mentions(w, [c]) and not _is_negated(c) for c in clauses)]
    cancelled = {k for w in mistakes for k in w.contradicts}
    found = [k for k, idea in enumerate(ideas) if k not in cancelled and _mentions(idea, clauses)]
    return GradedAnswer(
        found=tuple(ideas[k].name for k in found),
        missed=tuple(idea.name for k, idea in enumerate(ideas) if k not in found),
        wrong_statements=tuple(w.name for w in mistakes),
    )


@dataclass(frozen=True)
class _Clause:
    words: tuple[str, ...]
    without_spaces: str
    part: str


def _split_clauses(answer: str) -> list[_Clause]:
    """Cut an answer where a thought may end, and say of which part of the network each piece speaks."""
    text = re.sub(r"[’']", "", answer.casefold()).replace("max(0,", "max(0 ").replace("max(x,", "max(x ")
    clauses: list[_Clause] = []
    part = "early"  # the questions name the early blocks first
    start = 0
    for end, turn in [
        *((m.start(), m.group() in CONTRAST_WORDS) for m in CLAUSE_BOUNDARY.finditer(text)),
        (len(text), False),
    ]:
        piece = text[start:end]
        words = tuple(re.findall(r"\w+", piece))
        named = [p for p, names in PART_WORDS.items() if names & set(words)]
        if len(named) == 1:
            part = named[0]
        if words:
            clauses.append(_Clause(words, re.sub(r"\s", "", piece), part))
        if turn and clauses:
            part = "late"
        start = end
    return clauses


def _mentions(idea: Idea, clauses: Sequence[_Clause]) -> bool:
    spoken = [c for c in clauses if idea.part in (None, c.part)]
    words = [w for c in spoken for w in (*c.words, "")]  # "": a phrase does not run over a boundary
    squeezed = " ".join(c.without_spaces for c in spoken)
    return any(
        all(any(_contains_phrase(p, words, squeezed) for p in group) for group in way)
        for way in idea.phrasings
    )


def _contains_phrase(phrase: str, words: Sequence[str], squeezed: str) -> bool:
    if re.search(r"[^\w ]", phrase):
        return phrase in squeezed
    wanted = phrase.split()
    return any(
        all(_words_match(w, h) for w, h in zip(wanted, words[i : i + len(wanted)], strict=True))
        for i in range(len(words) - len(wanted) + 1)
    )


def _words_match(wanted: str, word: str) -> bool:
    """Whether a word may be meant: one slip from four letters on, two from seven; plurals and endings."""
    if word == wanted or (
        len(wanted) > 2 and word.startswith(wanted) and word[len(wanted) :] in WORD_ENDINGS
    ):
        return True
    slips = 0 if len(wanted) < 4 else 1 if len(wanted) < 7 else 2
    if not word or word[0] != wanted[0]:
        return False
    return OSA.distance(wanted, word, score_cutoff=slips) <= slips


WORD_ENDINGS = {"s", "es", "ed", "d", "ing", "ped", "ping"}


def _is_negated(clause: _Clause) -> bool:
    return bool(NEGATION_WORDS & set(clause.words))
