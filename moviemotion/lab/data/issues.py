"""What an audit finds: records with a score, a reason and a proposal, and no picture changed by it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class IssueKind(StrEnum):
    """What can be wrong with a picture or a folder."""

    UNREADABLE = "unreadable"
    FOLDER = "folder"
    IMAGE_FORMAT = "other form"
    VOTES = "votes"
    SOLID = "solid"
    NEAR_SOLID = "near-solid"
    NOISE = "noise"
    GLYPH = "glyph or text"
    NO_FACE = "no face"
    CUT_OFF = "cut off"
    DUPLICATE = "duplicate"
    CROSS_CLASS_DUPLICATE = "duplicate across classes"
    CROSS_SPLIT_DUPLICATE = "duplicate across splits"
    MISLABELED = "mislabelled"


CORRUPTION_KINDS = (
    IssueKind.SOLID,
    IssueKind.NEAR_SOLID,
    IssueKind.NOISE,
    IssueKind.GLYPH,
    IssueKind.NO_FACE,
    IssueKind.CUT_OFF,
)
DUPLICATE_KINDS = (IssueKind.DUPLICATE, IssueKind.CROSS_CLASS_DUPLICATE, IssueKind.CROSS_SPLIT_DUPLICATE)


class CleaningAction(StrEnum):
    """What to do with a picture in the cleaned copy."""

    KEEP = "keep"
    REMOVE = "remove"
    RELABEL = "relabel"


@dataclass(frozen=True)
class Issue:
    """One thing that is wrong, or may be.

    Attributes:
        image: path relative to the data folder; a folder where the fault is the folder's.
        score: 0–1, larger is more certain or more severe; comparable within a kind only.
        why: one sentence with the figure that decided.
        other: the picture that this one repeats, for duplicates.
        new_label: the label proposed, where the choice is to relabel.
    """

    kind: IssueKind
    image: str
    score: float
    reason: str
    duplicate_of: str = ""
    action: CleaningAction = CleaningAction.KEEP
    new_label: str = ""
