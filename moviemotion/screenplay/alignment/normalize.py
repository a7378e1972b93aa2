"""Normalization: script and subtitle words in a comparable form.

A script and its subtitles spell the same speech differently: "I'm gonna" and "I am going to", "26" and
"twenty-six", "theatre" and "theater", and text recognition turns "will" into "wiII". Variants are reduced to
one spelling, and the starts of sentences and clauses are kept along with the words.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Set
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BoolArray = NDArray[np.bool_]
_SENTENCE_END = re.compile(
    r"(?<!\bmr)(?<!\bms)(?<!\bmrs)(?<!\bdr)(?<!\bst)(?<![.?!…])[.?!…]++[\"”'’)]*\s+|"
    r"\.{2,}|(?<!\s)\s*+--+\s*|(?<!\s)\s++[-–—]++\s+",
    re.IGNORECASE,
)
_CLAUSE_END = re.compile(r"[,;]\s+")
_APOSTROPHE = re.compile(r"(?<=[^\W\d_])['’‘`´](?=[^\W\d_])")
_CLITIC = re.compile(r"(?<!\bca)(?<!\bwo)(?<!\bai)n't\b|(?<!\blet)'(?:m|re|s|ve|ll|d)\b")
_CLITIC_EXPANSIONS = {
    "n't": "not",
    "'m": "am",
    "'re": "are",
    "'s": "is",
    "'ve": "have",
    "'ll": "will",
    "'d": "would",
}
"""Contractions that attach to any word. A possessive 's also becomes "is"; this is harmless because it
happens in both texts."""
_MISDECODED_APOSTROPHE = re.compile(r"(?<=[a-z])í(?=(?:s|t|m|d|re|ve|ll)\b)")
"""A typographic apostrophe that was decoded with the wrong encoding, as in "donít"."""
_MISREAD_L = re.compile(r"(?<=[a-z])I+|\bI(?=[aeiou][a-z])")
"""A lowercase l that text recognition mistook for a capital I, as in "wiII" and "Iook"."""
_DIGITS = re.compile(r"\d+(?:[.,:]\d+)*")
_WORD = re.compile(r"[^\W_]+")
_SPELLINGS = """
gonna: going to, wanna: want to, gotta: got to, dunno: do not know, lemme: let me, gimme: give me
kinda: kind of, cmon: come on, em: them, cause: because, til: till, ya: you, yall: you all, yeah: yes
yep: yes, ok: okay, alright: all right, goddamn: god damn, dr: doctor, mr: mister, mrs: missus
theatre: theater, colour: color, cannot: can not, cant: can not, wont: will not, aint: is not
im: i am, ive: i have, youre: you are, youll: you will, youve: you have, theyre: they are
theyll: they will, theyve: they have, weve: we have, itll: it will, thatll: that will, lets: let us
its: it is, thats: that is, whats: what is, theres: there is, heres: here is, wheres: where is
whos: who is, hes: he is, shes: she is, dont: do not, didnt: did not, doesnt: does not, isnt: is not
wasnt: was not, werent: were not, arent: are not, hasnt: has not, havent: have not, hadnt: had not
couldnt: could not, wouldnt: would not, shouldnt: should not
l: i, lt: it, ls: is, lf: if, ln: in
"""
_SPELLING_EXPANSIONS = {
    short.strip(): whole.split()
    for short, whole in (entry.split(":") for entry in _SPELLINGS.strip().replace("\n", ",").split(","))
}
_ONES = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven"),
    *("twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
_TENS = ("", "ten", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")


@dataclass(frozen=True)
class NormalizedText:
    """A text as a sequence of comparable words.

    Attributes:
        words: N words.
        starts_sentence: (N,) whether a word starts a sentence or follows a dash or an ellipsis.
        starts_clause: (N,) whether a word starts a sentence or follows a comma or semicolon.
    """

    words: tuple[str, ...]
    starts_sentence: BoolArray
    starts_clause: BoolArray


def normalize_text(text: str, character_names: Set[str] = frozenset()) -> NormalizedText:
    """Split a text into comparable words, sentences and clauses.

    Args:
        text: the spoken text.
        character_names: lowercase names. A name at the end of the text counts as a separate clause, since
            actors often move it ("Look out, Anna", "Anna, look out").
    """
    words: list[str] = []
    starts_sentence, starts_clause = list[bool](), list[bool]()
    for sentence in _SENTENCE_END.split(text):
        start = len(words)
        for clause in _CLAUSE_END.split(sentence):
            clause_words = normalize_words(clause)
            starts_sentence += [len(words) == start and k == 0 for k in range(len(clause_words))]
            starts_clause += [k == 0 for k in range(len(clause_words))]
            words += clause_words
    if words and words[-1] in character_names:
        starts_clause[-1] = True
    return NormalizedText(tuple(words), np.array(starts_sentence, bool), np.array(starts_clause, bool))


def normalize_words(text: str) -> list[str]:
    """Return the comparable words of a text.

    The words are lowercased and stripped of accents. Numbers and common contractions are spelled out, and an
    I that text recognition confused with an l is corrected.

    Example:
        >>> normalize_words("I'm 26")
        ['i', 'am', 'twenty', 'six']
    """
    text = _MISREAD_L.sub(lambda letters: "l" * len(letters[0]), text).lower()
    text = _APOSTROPHE.sub("'", _MISDECODED_APOSTROPHE.sub("'", text))
    bare = unicodedata.normalize("NFKD", text)
    bare = "".join(c for c in bare if not unicodedata.combining(c))
    bare = _CLITIC.sub(lambda clitic: f" {_CLITIC_EXPANSIONS[clitic[0]]}", bare)
    bare = _DIGITS.sub(lambda number: f" {_spell_number(number[0])} ", bare.replace("'", ""))
    words: list[str] = []
    for word in _WORD.findall(bare):
        words += _SPELLING_EXPANSIONS.get(word, [word])
    return words


def _spell_number(number: str) -> str:
    """Spell out a number, ignoring thousands separators; other punctuation separates two numbers."""
    if re.fullmatch(r"\d{1,3}(,\d{3})+", number):
        number = number.replace(",", "")
    parts = [part for part in re.split(r"\D", number) if part]
    return " ".join(
        _spell_cardinal(int(part)) if len(part) < 7 and part[0] != "0" else part for part in parts
    )


def _spell_cardinal(n: int) -> str:
    if n < 20:
        return _ONES[n]
    if n < 100:
        return _TENS[n // 10] + (f" {_ONES[n % 10]}" if n % 10 else "")
    size, name = (100, "hundred") if n < 1000 else (1000, "thousand")
    return f"{_spell_cardinal(n // size)} {name}" + (f" {_spell_cardinal(n % size)}" if n % size else "")
