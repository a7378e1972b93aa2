"""What a viewer reads before they answer: short, in plain words, made from what the study really does.

A disclosure is versioned by the hash of its own words: when a date, the purpose or what is kept changes, so
does the version, and every answer says which version was on the page.
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
"""Viewers behind a figure that others than the researcher may see; `small_groups` keeps to it."""
ACCEPT_TEXT = "I have read this and agree that my face is measured as it says."
DECLINE_TEXT = "I do not agree. Black out my seat."


@dataclass(frozen=True)
class DisclosureSection:
    """A heading and its sentences."""

    title: str
    sentences: tuple[str, ...]


@dataclass(frozen=True)
class Disclosure:
    """What is on the page.

    Attributes:
        version: the first 16 digits of the SHA-256 of `text`.
        summary: one sentence, for the top of the page.
        sections: in reading order.
        accept, decline: what a viewer says by their answer; the words of the two buttons.
        until: kind of data → first day on which it is no longer kept.
    """

    version: str
    summary: str
    sections: tuple[DisclosureSection, ...]
    deletion_dates: dict[str, date]
    accept: str = ACCEPT_TEXT
    decline: str = DECLINE_TEXT

    @property
    def text(self) -> str:
        """All of it as plain text."""
        return _plain_text(self.summary, self.sections)


def load_disclosure(folder: Path) -> Disclosure:
    """The disclosure that is current in a study.

    Raises:
        MoviemotionError: the study has no register, or its operator has not said who they are.
    """
    with open_database(folder) as register:
        return build_disclosure(register)


def build_disclosure(database: StudyDatabase) -> Disclosure:
    """The same, of an open register."""
    terms = database.terms
    if terms is None:
        raise MoviemotionError(
            f"{database.folder}: nobody is named as responsible; only a study that moviemotion privacy begin "
            "began can ask for consent"
        )
    until = database.deletion_dates()
    summary = (
        "While you watch, a camera sees your face and a program estimates which feeling it shows. "
        "You choose whether yours is included."
    )
    sections = tuple(_sections(terms, until))
    version = hashlib.sha256(_plain_text(summary, sections).encode()).hexdigest()[:16]
    return Disclosure(version, summary, sections, until)


def _sections(terms: ConsentTerms, deletion_dates: dict[str, date]) -> Iterator[DisclosureSection]:
    yield DisclosureSection(
        "Who and why",
        (
            f"{terms.controller} does this to {terms.purpose}. Reach them at {terms.contact}.",
            "They may do so only because you agree, if you do.",
        ),
    )
    feelings = ", ".join(NON_NEUTRAL_EMOTIONS[:-1]) + f" or {NON_NEUTRAL_EMOTIONS[-1]}"
    yield DisclosureSection(
        "What happens",
        (
            "Several times a second your face is found in the picture and measured: which feeling it shows, "
            f"{feelings}.",
            "It says what a face shows, not what you feel, and can be wrong. Nothing is decided about you.",
            "You are not recognised: your face is compared with nobody's, and your name is not asked.",
        ),
    )
    yield DisclosureSection(
        "What is kept, and until when", tuple(_retention_sentences(terms, deletion_dates))
    )
    passed_on = f"The figures about the room also go to {terms.recipients}." if terms.recipients else ""
    yield DisclosureSection(
        "Who sees it",
        tuple(
            filter(
                None,
                (
                    "The study's researchers and its privacy officer see single viewers, under a random id.",
                    f"Everybody else sees figures about {MIN_GROUP_SIZE} viewers or more together.",
                    passed_on,
                ),
            )
        ),
    )
    yield DisclosureSection(
        "Your choice",
        (
            "If you say no, your seat is blacked out before the program looks at the picture. Watch the film "
            "all the same.",
            "If you say yes, you get a code. With it you can withdraw at any time, without a reason. All "
            "that is held about you is then deleted, and the results are made again without you.",
            f"You can ask {terms.contact} for a copy of what is held about you, have it deleted, restricted "
            "or corrected, and complain to your data protection authority.",
        ),
    )


def _retention_sentences(terms: ConsentTerms, deletion_dates: dict[str, date]) -> Iterator[str]:
    if terms.pictures:
        yield f"Some pictures of your face, encrypted, without your seat, until {_format_date(deletion_dates['pictures'])}."
    else:
        yield "No picture of you."
    yield (
        "A recording that waits to be measured is deleted afterwards, "
        f"{_format_date(deletion_dates['pictures'])} at the latest."
    )
    yield f"The measurements of your face over time, under a random id, until {_format_date(deletion_dates['samples'])}."
    yield f"Results about the whole room until {_format_date(deletion_dates['reports'])}."
    yield "That somebody agreed, declined or withdrew, and when, as proof. It does not say who or where."


def _plain_text(summary: str, sections: tuple[DisclosureSection, ...]) -> str:
    parts = [summary]
    for section in sections:
        parts += ["", section.title, *(f"- {point}" for point in section.sentences)]
    return "\n".join([*parts, "", f"Yes: {ACCEPT_TEXT}", f"No: {DECLINE_TEXT}"]) + "\n"


def _format_date(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
