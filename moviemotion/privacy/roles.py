"""Roles: the capacity in which someone acts determines what they may see and is recorded in the audit log."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """A capacity in which a person or the program acts."""

    RESEARCHER = "researcher"
    WRITER = "writer"
    PRIVACY_OFFICER = "privacy officer"
    SEAT = "seat"
    """A participant on the consent page of their seat."""
    SYSTEM = "system"
    """The program itself, for example when it enforces retention."""
