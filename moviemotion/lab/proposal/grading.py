"""Grade a free-text answer by the ideas it mentions, tolerating misspellings but not wrong statements.

An answer is divided into clauses, each about the early or the late part of a network. An idea counts if one
of its phrasings occurs in the clauses about the part to which the idea applies.
"""

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
    """An idea that an answer should mention, or a wrong statement that it should avoid.

    Attributes:
        phrasings: ways to express the idea, any of which suffices; see `parse_phrasing`.
        part: "early" or "late" if the clause must be about the early or the late part of the network.
        contradicts: for a wrong statement, indices of the ideas that do not count if the statement occurs.
    """

    name: str
    phrasings: tuple[tuple[tuple[str, ...], ...], ...]
    part: str | None = None
    contradicts: tuple[int, ...] = ()


@dataclass(frozen=True)
class GradedAnswer:
    """The names of the ideas that were found and missed, and of the wrong statements."""

    found: tuple[str, ...]
    missed: tuple[str, ...]
    wrong_statements: tuple[str, ...]


def parse_phrasing(text: str) -> tuple[tuple[str, ...], ...]:
    """Parse a phrasing: groups of alternative phrases; one phrase of each group must occur.

    Example:
        >>> parse_phrasing("negative|minus + zero|off")
        (('negative', 'minus'), ('zero', 'off'))
    """
    return tuple(tuple(phrase.strip() for phrase in group.split("|")) for group in text.split(" + "))


def grade_answer(answer: str, ideas: Sequence[Idea], wrong_statements: Sequence[Idea]) -> GradedAnswer:
    """Grade an answer.

    An idea may be spread over several clauses. A wrong statement must occur within one clause without a
    negation, and the ideas that it contradicts then do not count.
    """
    clauses = _split_clauses(answer)
    mistakes = [w for w in wrong_statements if any(_mentions(w, [c]) and not _is_negated(c) for c in clauses)]
    contradicted = {k for w in mistakes for k in w.contradicts}
    found = [k for k, idea in enumerate(ideas) if k not in contradicted and _mentions(idea, clauses)]
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
    """Divide an answer into clauses and assign each clause to a part of the network."""
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
    relevant = [c for c in clauses if idea.part in (None, c.part)]
    words = [w for c in relevant for w in (*c.words, "")]  # "" keeps phrases from crossing a boundary
    squeezed = " ".join(c.without_spaces for c in relevant)
    return any(
        all(any(_contains_phrase(p, words, squeezed) for p in group) for group in phrasing)
        for phrasing in idea.phrasings
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
    """Whether a word matches, ignoring endings and a few typos.

    Words of four or more letters may have one typo, and words of seven or more letters may have two.
    """
    if word == wanted or (
        len(wanted) > 2 and word.startswith(wanted) and word[len(wanted) :] in WORD_ENDINGS
    ):
        return True
    typos = 0 if len(wanted) < 4 else 1 if len(wanted) < 7 else 2
    if not word or word[0] != wanted[0]:
        return False
    return OSA.distance(wanted, word, score_cutoff=typos) <= typos


WORD_ENDINGS = {"s", "es", "ed", "d", "ing", "ped", "ping"}


def _is_negated(clause: _Clause) -> bool:
    return bool(NEGATION_WORDS & set(clause.words))
