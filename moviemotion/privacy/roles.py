"""In which capacity somebody acts: what they may see, and what the audit log records."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """A capacity in which a person or the program acts."""

    RESEARCHER = "researcher"
    WRITER = "writer"
    PRIVACY_OFFICER = "privacy officer"
    SEAT = "seat"
    """A participant, on the consent page of their seat."""
    SYSTEM = "system"
    """The program itself, such as when it enforces retention."""
