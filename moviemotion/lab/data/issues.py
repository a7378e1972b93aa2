"""What an audit finds: records with a score, a reason and a proposal, and no picture changed by it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What can be wrong with a picture or a folder."""

    UNREADABLE = "unreadable"
    FOLDER = "folder"
    FORM = "other form"
    VOTES = "votes"
    SOLID = "solid"
    NEAR_SOLID = "near-solid"
    NOISE = "noise"
    GLYPH = "glyph or text"
    NO_FACE = "no face"
    CUT_OFF = "cut off"
    DUPLICATE = "duplicate"
    CLASS_CONFLICT = "duplicate across classes"
    SPLIT_LEAK = "duplicate across splits"
    MISLABELLED = "mislabelled"


CORRUPTED = (Kind.SOLID, Kind.NEAR_SOLID, Kind.NOISE, Kind.GLYPH, Kind.NO_FACE, Kind.CUT_OFF)
DUPLICATED = (Kind.DUPLICATE, Kind.CLASS_CONFLICT, Kind.SPLIT_LEAK)


class Choice(StrEnum):
    """What to do with a picture in the cleaned copy."""

    KEEP = "keep"
    REMOVE = "remove"
    RELABEL = "relabel"


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong, or may be.

    Attributes:
        image: path relative to the data folder; a folder where the fault is the folder's.
        score: 0–1, larger is more certain or more severe; comparable within a kind only.
        why: one sentence with the figure that decided.
        other: the picture that this one repeats, for duplicates.
        new_label: the label proposed, where the choice is to relabel.
    """

    kind: Kind
    image: str
    score: float
    why: str
    other: str = ""
    choice: Choice = Choice.KEEP
    new_label: str = ""
