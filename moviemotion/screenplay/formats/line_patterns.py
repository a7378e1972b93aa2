"""Line patterns of printed scripts: scene headings, transitions, character names.

These patterns are more permissive than Fountain's rules in `element_patterns`, because typists and converters
differ in their habits.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from moviemotion.screenplay.formats.element_patterns import character_name, is_character_line
from moviemotion.screenplay.formats.scene_headings import TIME_OF_DAY, split_heading

_NUMBER = re.compile(r"([A-Z]?\d{1,4}[A-Z]{0,3})[.)]?\s+")
_PREFIX = re.compile(
    r"(?:INT|EXT|EST|INT\.?/EXT|EXT\.?/INT|I/E|INTERIOR|EXTERIOR)[. :/,;–-]|"
    r"(?:Int|Ext|Interior|Exterior)[.:] "
)
_AFTER_TRANSITION = re.compile(
    r"(?:FADE IN|FADE UP|FADE TO|(?:SMASH |MATCH )?CUT TO|DISSOLVE TO|BACK TO)(?:[:.]|\s?[-–—])\s{0,9}"
)
"""A transition on the line of the heading that follows it."""
_BULLET = re.compile(r"[*•·>–—-]{1,3}\s{0,9}")
_TRAILING_NUMBER = re.compile(r"[A-Z]?\d{1,4}[A-Z]{0,3}\.?")
_TRANSITION = re.compile(r"(.*\bTO|FADE (IN|OUT|INTO|UP)|CUT TO [A-Z ]+|.*\bINTO)[:.]?")
_SHOT = re.compile(
    r"(?:ANGLE|CLOSE|INSERT|BACK TO|LATER|SERIES|MONTAGE|FLASH|INTERCUT|WIDE|TITLES?|SUPER|CREDITS?|"
    r"THE END|END|OMITTED|CONTINUOUS|POV|SMASH|MATCH|CUT|FADE|DISSOLVE|ACT|SCENE|CHAPTER|"
    r"(?:VARIOUS|SINGLE) SHOTS?|ON|IN|AT|UNDER|DOWN|INSIDE|OUTSIDE|ACROSS|FURTHER|ALONG|THROUGH|BEHIND|"
    r"BESIDE|OVER|NEAR|FROM)\b"
)
"""First words of lines in capitals that name a shot or a place; character names never start with them."""
_NOT_IN_NAME = re.compile(
    r"""^[-–—.…"“(]|   |:| [-–—]+ |\bP\.?O\.?V\b|(?<!\bJR)(?<!\bSR)(?<!\bDR)\.$|[!?,;…–—"”-]$""",
    re.IGNORECASE,
)
_BYLINE = re.compile(r"(written|screenplay|teleplay|story|adapted|based|by)\b", re.IGNORECASE)
_SENTENCE_END = re.compile(r"[.!?:…—-][\"'”’)\]]*$")
_MIN_PREFIXED_HEADINGS = 3
"""If a script has fewer headings with INT. or EXT. than this, its headings are assumed to have no prefix."""
_MAX_TIMED_RATIO = 2
"""The same is assumed if lines in capitals with only a time of day are this many times as frequent."""
_MAX_NAME_WORDS = 5
_MAX_SLUG_WORDS = 8
_CACHED_LINES = 20_000
"""Each line of a script is judged many times."""
_CAMERA = re.compile(
    r"\b(?:ANGLE|CLOSE|CLOSER|INSERT|SERIES|MONTAGE|FLASH|INTERCUT|WIDE|WIDER|TITLES?|SUPER|CREDITS?|END|POV|"
    r"SHOTS?|REVERSE|FADE|CUT|DISSOLVE|OMITTED|CONTINUED|CONTINUOUS|LATER|ACT|SCENE|CHAPTER|BACK TO|PAN|ZOOM|"
    r"VIEW|MORE|SILENCE|BLACK)\b"
)


def parse_scene_heading(text: str, without_prefix: bool = False) -> tuple[str | None, str] | None:
    """Split a scene heading into scene number and text.

    Args:
        text: the line.
        without_prefix: whether the script's headings lack INT. or EXT.; a line in capitals then only needs a
            number or a time of day to count as a heading.

    Returns:
        The scene number in either margin (or None) and the heading without scene numbers; None if the line is
        not a heading.

    Example:
        >>> parse_scene_heading("12A  INT. KITCHEN - NIGHT  12A")
        ('12A', 'INT. KITCHEN - NIGHT')
    """
    text, at_end = _without_trailing_number(text)
    found = _split_prefixed(text)
    if found is None:
        number = _NUMBER.match(text)
        rest = text[number.end() :] if number else text
        capitals = not any(map(str.islower, rest)) and sum(map(str.isalpha, rest)) > 1
        if number and capitals and (without_prefix or number[1] == at_end):
            found = number[1], rest
        elif without_prefix and capitals and TIME_OF_DAY.search(text):
            found = None, text
    return None if found is None else (found[0] or at_end, found[1])


@lru_cache(_CACHED_LINES)
def _split_prefixed(text: str) -> tuple[str | None, str] | None:
    """Split a heading with INT. or EXT., or a form of other languages, into number and text."""
    if found := split_heading(text, any_case=False):
        return found
    number = _NUMBER.match(text)
    rest = text[number.end() :] if number else text
    for start in (None, _AFTER_TRANSITION.match(rest), _BULLET.match(rest)):
        if _PREFIX.match(rest, start.end() if start else 0):
            return number[1] if number else None, rest[start.end() :] if start else rest
    if rest[:1] in "([" and rest[-1:] in ")]" and _PREFIX.match(rest, 1):
        return number[1] if number else None, rest[1:-1]
    return None


def _without_trailing_number(text: str) -> tuple[str, str | None]:
    """Split off a scene number in the right margin, or one that repeats the number in the left margin."""
    head, _, last = text.rpartition(" ")
    number = last.rstrip(".")
    if not head or not _TRAILING_NUMBER.fullmatch(last):
        return text, None
    left = _NUMBER.match(text)
    if head[-1] != " " and not (left and left[1] == number and left.end() < len(head)):
        return text, None
    return head.rstrip(), number


def headings_lack_prefix(lines: Iterable[str]) -> bool:
    """Whether a script's scene headings lack INT. or EXT."""
    prefixed = timed = 0
    for line in lines:
        if _split_prefixed(line):
            prefixed += 1
        elif TIME_OF_DAY.search(line) and parse_scene_heading(line, without_prefix=True):
            timed += 1
    return prefixed < _MIN_PREFIXED_HEADINGS or timed > _MAX_TIMED_RATIO * prefixed


def is_slug_line(text: str) -> bool:
    """Whether a line in capitals can name a place, such as THE KITCHEN, rather than a shot or a shout."""
    return (
        text == text.upper()
        and any(map(str.isalpha, text))
        and len(text.split()) <= _MAX_SLUG_WORDS
        and text[0].isalnum()
        and (text[-1].isalnum() or text[-1] in ")'’")
        and not _CAMERA.search(text)
        and not is_transition_line(text)
    )


def is_transition_line(text: str) -> bool:
    """Whether a line is a transition, such as CUT TO: or FADE OUT."""
    return bool(_TRANSITION.fullmatch(text))


def is_byline(text: str) -> bool:
    """Whether a line of a title page starts the credits, for example "written by"."""
    return bool(_BYLINE.match(text))


def ends_sentence(text: str) -> bool:
    """Whether a line ends with a complete or an interrupted sentence."""
    return bool(_SENTENCE_END.search(text))


def continues_sentence(text: str, following: str) -> bool:
    """Whether a text and the following text belong to the same sentence."""
    return following[:1].islower() or not ends_sentence(text)


@lru_cache(_CACHED_LINES)
def is_character_name(text: str, uppercase: bool = True) -> bool:
    """Whether a line can be a character name with its extensions, judged by the text alone.

    Args:
        text: the line.
        uppercase: whether character names are in capitals; if not, each word must start with a capital.
    """
    name = character_name(text.removesuffix(":"))
    words = name.split()
    in_case = (
        is_character_line(text)
        if uppercase
        else all(word[0].isupper() or not word[0].isalpha() for word in words)
    )
    return (
        0 < len(words) <= _MAX_NAME_WORDS
        and in_case
        and not _NOT_IN_NAME.search(name)
        and not (parse_scene_heading(text) or is_transition_line(text) or _SHOT.match(text))
    )
