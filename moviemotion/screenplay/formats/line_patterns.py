"""Line patterns of printed scripts: scene headings, transitions, character names.

These patterns are more permissive than Fountain's rules in `element_patterns`, because typists and converters
differ in their habits.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from moviemotion.screenplay.formats.element_patterns import character_name, is_character_line

_NUMBER = r"[A-Z]?\d+[A-Z]*"
_PREFIX = r"(?:INT|EXT|EST|INT\.?/EXT|EXT\.?/INT|I/E|INTERIOR|EXTERIOR)[. :/-]|(?:Int|Ext)\. "
_HEADING = re.compile(rf"(?:({_NUMBER})\.?\s+)?((?:{_PREFIX}).*)")
_NUMBERED_TWICE = re.compile(rf"({_NUMBER})\.?\s+([^a-z]*[A-Z][^a-z]*?\s\1\.?)")
_NUMBERED = re.compile(rf"({_NUMBER})[.)]?\s+([^a-z]*[A-Z]{{2}}[^a-z]*)")
_TIME_OF_DAY = re.compile(
    r"()([^a-z]+[-–—,]\s*(?:DAY|NIGHT|MORNING|EVENING|DAWN|DUSK|AFTERNOON|NOON|SUNSET|SUNRISE|LATER|"
    r"CONTINUOUS|SAME)\b[^a-z]*)"
)
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
_MAX_NAME_WORDS = 5


def parse_scene_heading(text: str, without_prefix: bool = False) -> tuple[str | None, str] | None:
    """Split a scene heading into scene number and text.

    Args:
        text: the line.
        without_prefix: whether the script's headings lack INT. or EXT.; a line in capitals then only needs a
            number or a time of day to count as a heading.

    Returns:
        The number at the left margin (or None) and the heading without scene numbers; None if the line is not
        a heading.

    Example:
        >>> parse_scene_heading("12A  INT. KITCHEN - NIGHT  12A")
        ('12A', 'INT. KITCHEN - NIGHT')
    """
    forms = (_HEADING, _NUMBERED_TWICE, *((_NUMBERED, _TIME_OF_DAY) if without_prefix else ()))
    match = next((match for form in forms if (match := form.fullmatch(text))), None)
    if match is None:
        return None
    number = match[1] or None
    return number, match[2].removesuffix(f" {number}").rstrip()


def headings_lack_prefix(lines: Iterable[str]) -> bool:
    """Whether a script's scene headings lack INT. or EXT."""
    return sum(bool(_HEADING.fullmatch(line)) for line in lines) < _MIN_PREFIXED_HEADINGS


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
