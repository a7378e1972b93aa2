"""A segment: a named part of the audience, chosen by a rule or viewer by viewer."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from moviemotion.analysis.segments.participants import ColumnKind, Participants
from moviemotion.analysis.segments.rules import matches_nobody_error, viewers_matching
from moviemotion.errors import MoviemotionError

MAX_NAME_LENGTH = 60
QUADRANT_AGE = 25
"""Age at which the film industry divides audiences into four quadrants (MPA, THEME report)."""
_SEX_COLUMNS = ("sex", "gender")
_FEMALE, _MALE = '("f", "female", "w", "woman", "women")', '("m", "male", "man", "men")'
_NAMED_RULE = re.compile(r"([^=<>!\"'()/]+)=(?!=)(.+)", re.DOTALL)


@dataclass(frozen=True)
class Segment:
    """A named part of the audience.

    Attributes:
        name: the name that people read.
        rule: the rule that says who belongs to it; empty if its viewers were chosen by hand.
        chosen: the viewers who were chosen by hand; empty if there is a rule.
    """

    name: str
    rule: str = ""
    chosen: tuple[str, ...] = ()

    def viewers(self, participants: Participants, audience: Sequence[str]) -> tuple[str, ...]:
        """The viewers of the audience who belong to the segment.

        Raises:
            MoviemotionError: the rule does not fit the participants.
        """
        chosen = viewers_matching(self.rule, participants) if self.rule else self.chosen
        return tuple(viewer for viewer in audience if viewer in set(chosen))


def parse_segment(text: str) -> Segment:
    """Parse a segment: `NAME=RULE`, or only a rule, which is then also its name.

    Raises:
        MoviemotionError: the name is too long.

    Example:
        >>> parse_segment('young women=sex == "f" and age < 25')
        Segment(name='young women', rule='sex == "f" and age < 25', chosen=())
        >>> parse_segment("age <= 30").name
        'age <= 30'
    """
    named = _NAMED_RULE.fullmatch(text)
    name, rule = (part.strip() for part in (named.groups() if named else (text, text)))
    # A rule that serves as its own name may contain a slash, which a name must not: it is part of addresses.
    if not name or len(name) > MAX_NAME_LENGTH or "/" in name or not name.isprintable():
        raise MoviemotionError(
            f"segment {text}: needs a name of at most {MAX_NAME_LENGTH} characters without a slash, "
            'such as young women=sex == "f" and age < 25'
        )
    return Segment(name, rule.strip())


def quadrants(participants: Participants) -> tuple[Segment, ...]:
    """The film industry's four quadrants: women and men, under 25 and from 25.

    Raises:
        MoviemotionError: the participants' sex or age is not known.
    """
    sex = next((column for column in _SEX_COLUMNS if column in participants.columns), None)
    if sex is None or participants.columns.get("age") is not ColumnKind.NUMBER:
        raise MoviemotionError(
            "quadrants: need the columns sex and age (in years); add them to the participants, or give rules"
        )
    return tuple(
        Segment(f"{who} {years}", f"{sex} in {values} and age {bound}")
        for who, values in (("women", _FEMALE), ("men", _MALE))
        for years, bound in (
            (f"under {QUADRANT_AGE}", f"< {QUADRANT_AGE}"),
            (f"{QUADRANT_AGE} and over", f">= {QUADRANT_AGE}"),
        )
    )


def members_of(
    segments: Sequence[Segment], participants: Participants, audience: Sequence[str]
) -> dict[Segment, tuple[str, ...]]:
    """The viewers of each segment; segments whose rules no longer fit the participants have none.

    A rule was checked when it was saved (`checked_segments`), but the participants may have been replaced
    since, and everybody to whom it applied may have been erased.
    """
    members = {}
    for segment in segments:
        try:
            members[segment] = segment.viewers(participants, audience)
        except MoviemotionError:
            members[segment] = ()
    return members


def checked_segments(
    segments: Sequence[Segment], participants: Participants, audience: Sequence[str]
) -> Mapping[Segment, tuple[str, ...]]:
    """The viewers of each segment.

    Raises:
        MoviemotionError: two segments have one name, a rule does not fit the participants, or it applies to
            nobody.
    """
    members: dict[Segment, tuple[str, ...]] = {}
    for segment in segments:
        if segment.name in {other.name for other in members}:
            raise MoviemotionError(f"segment {segment.name}: given twice; give each segment its own name")
        members[segment] = segment.viewers(participants, audience)
        if segment.rule and not members[segment]:
            raise matches_nobody_error(segment.rule, participants.of_viewers(audience))
    return members
