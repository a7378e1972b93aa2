"""The issues that an audit reports: each has a kind, a score, a reason and a proposed action.

This module only defines records; `cleaning` applies the actions.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class IssueKind(StrEnum):
    """The kinds of problems with an image or a folder."""

    UNREADABLE = "unreadable"
    FOLDER = "folder"
    IMAGE_FORMAT = "image format"
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
    MISLABELED = "mislabeled"


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
    """What to do with an image in the cleaned copy."""

    KEEP = "keep"
    REMOVE = "remove"
    RELABEL = "relabel"


@dataclass(frozen=True)
class Issue:
    """A certain or possible problem in a face set.

    Attributes:
        image: path of the affected image or folder, relative to the data folder.
        score: 0–1; larger means more certain or more severe; comparable only within one kind.
        reason: brief explanation with the decisive measurement.
        duplicate_of: for duplicates, the image of which this one is a copy.
        action: the proposed action.
        new_label: the proposed label, if the action is to relabel.
    """

    kind: IssueKind
    image: str
    score: float
    reason: str
    duplicate_of: str = ""
    action: CleaningAction = CleaningAction.KEEP
    new_label: str = ""
