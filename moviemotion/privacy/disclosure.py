"""The disclosure that participants read before they answer, generated from the study's settings.

The version of a disclosure is the hash of its text, so it changes whenever a date, the purpose or the kinds
of stored data change. Every answer records which version was read.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from moviemotion.emotions import NON_NEUTRAL_EMOTIONS
from moviemotion.errors import MoviemotionError
from moviemotion.privacy.study_database import ConsentTerms, StudyDatabase, open_database

MIN_GROUP_SIZE = 5
"""Minimum number of viewers behind any value shown to roles other than the researcher; see `small_groups`."""
ACCEPT_TEXT = "I have read this and agree to my face being measured as described."
WITHDRAWAL_LIMITS = (
    f"If results have been shown before, new results leave out at least {MIN_GROUP_SIZE} viewers: you, and "
    "others drawn at random. Whoever compares them with older results learns nothing about you alone. "
    "Results that were passed on before cannot be called back, and the researchers saw your measurements "
    "until then."
)
"""What a withdrawal can and cannot do, as participants read it; see `releases`."""
DECLINE_TEXT = "I do not agree. Black out my seat."


@dataclass(frozen=True)
class DisclosureSection:
    """A heading and its sentences."""

    title: str
    sentences: tuple[str, ...]


@dataclass(frozen=True)
class Disclosure:
    """The text of a consent page.

    Attributes:
        version: the first 16 digits of the SHA-256 hash of `text`.
        summary: a short summary for the top of the page.
        sections: the sections, in reading order.
        accept, decline: the labels of the two buttons.
        deletion_dates: kind of data → date on which it is deleted.
    """

    version: str
    summary: str
    sections: tuple[DisclosureSection, ...]
    deletion_dates: dict[str, date]
    accept: str = ACCEPT_TEXT
    decline: str = DECLINE_TEXT

    @property
    def text(self) -> str:
        """The complete disclosure as plain text."""
        return _plain_text(self.summary, self.sections)


def load_disclosure(folder: Path) -> Disclosure:
    """Load the current disclosure of a study.

    Raises:
        MoviemotionError: the study has no database or no named controller.
    """
    with open_database(folder) as database:
        return build_disclosure(database)


def build_disclosure(database: StudyDatabase) -> Disclosure:
    """Build the current disclosure of a study from its open database."""
    terms = database.terms
    if terms is None:
        raise MoviemotionError(
            f"{database.folder}: no controller is named, so consent cannot be requested; start the study "
            "with moviemotion privacy begin"
        )
    until = database.deletion_dates()
    summary = (
        "While you watch, a camera records your face and a program estimates which emotion it shows. "
        "You choose whether your face is included."
    )
    sections = tuple(_sections(terms, until))
    version = hashlib.sha256(_plain_text(summary, sections).encode()).hexdigest()[:16]
    return Disclosure(version, summary, sections, until)


def _sections(terms: ConsentTerms, deletion_dates: dict[str, date]) -> Iterator[DisclosureSection]:
    yield DisclosureSection(
        "Who and why",
        (
            f"{terms.controller} does this to {terms.purpose}. You can reach them at {terms.contact}.",
            "They may do so only if you agree.",
        ),
    )
    emotions = ", ".join(NON_NEUTRAL_EMOTIONS[:-1]) + f" or {NON_NEUTRAL_EMOTIONS[-1]}"
    yield DisclosureSection(
        "What happens",
        (
            "Several times a second, your face is found in the video and measured for the emotion it shows: "
            f"{emotions}. So is the direction in which your head is turned, and whether you are in your "
            "seat; where your eyes look is not measured.",
            "The result says what a face shows, not what you feel, and can be wrong. "
            "Nothing is decided about you.",
            "You are not identified: your face is not compared with anyone else's, and you are not asked for "
            "your name.",
        ),
    )
    yield DisclosureSection(
        "What is stored, and for how long", tuple(_retention_sentences(terms, deletion_dates))
    )
    passed_on = (
        f"Results about the audience are also given to {terms.recipients}." if terms.recipients else ""
    )
    yield DisclosureSection(
        "Who sees it",
        tuple(
            filter(
                None,
                (
                    "The study's researchers and its privacy officer see individual viewers, by random ID.",
                    f"Everyone else sees only results about {MIN_GROUP_SIZE} viewers or more together.",
                    passed_on,
                ),
            )
        ),
    )
    yield DisclosureSection(
        "Your choice",
        (
            "If you say no, your seat is blacked out before the program analyzes the video. You can still "
            "watch the film.",
            "If you say yes, you get a code. With it you can withdraw at any time, without giving a reason. "
            "All data about you is then deleted, and the results are recomputed without you.",
            WITHDRAWAL_LIMITS,
            f"You can ask {terms.contact} for a copy of the data about you, or to have it deleted, "
            "restricted or corrected. You can also complain to your data protection authority.",
        ),
    )


def _retention_sentences(terms: ConsentTerms, deletion_dates: dict[str, date]) -> Iterator[str]:
    if terms.pictures:
        until = _format_date(deletion_dates["pictures"])
        yield f"Some pictures of your face, encrypted and without your seat number, until {until}."
    else:
        yield "No pictures of you."
    yield (
        "Recordings awaiting measurement are deleted once they have been measured, "
        f"{_format_date(deletion_dates['pictures'])} at the latest."
    )
    until = _format_date(deletion_dates["samples"])
    yield f"The measurements of your face over time, under a random ID, until {until}."
    yield f"Results about the whole audience until {_format_date(deletion_dates['reports'])}."
    yield "Proof that someone agreed, declined or withdrew, and when. It does not say who or in which seat."


def _plain_text(summary: str, sections: tuple[DisclosureSection, ...]) -> str:
    parts = [summary]
    for section in sections:
        parts += ["", section.title, *(f"- {point}" for point in section.sentences)]
    return "\n".join([*parts, "", f"Yes: {ACCEPT_TEXT}", f"No: {DECLINE_TEXT}"]) + "\n"


def _format_date(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
