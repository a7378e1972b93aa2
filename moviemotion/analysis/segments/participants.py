"""Participants: what is known about the viewers beside their faces, such as age and sex."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

Value = str | float | bool
"""An attribute of a participant: a text, a number, or yes (true) and no (false)."""


class ColumnKind(StrEnum):
    """What the values of an attribute are."""

    TEXT = "text"
    NUMBER = "number"
    YES_NO = "yes/no"


@dataclass(frozen=True)
class Participants:
    """The attributes of the viewers of one screening.

    Attributes:
        columns: attribute → what its values are.
        attributes: viewer → attribute → value. What is unknown is missing.
    """

    columns: Mapping[str, ColumnKind]
    attributes: Mapping[str, Mapping[str, Value]]

    def of_viewers(self, viewers: Iterable[str]) -> Participants:
        """The participants who are among the given viewers, in that order."""
        return Participants(
            self.columns, {viewer: self.attributes[viewer] for viewer in viewers if viewer in self.attributes}
        )

    def values(self, column: str) -> tuple[Value, ...]:
        """The different values of an attribute, sorted."""
        known = {own[column] for own in self.attributes.values() if column in own}
        return tuple(sorted(known, key=lambda value: (str(type(value)), value)))


NO_PARTICIPANTS = Participants({}, {})
"""The participants of a screening whose viewers were not asked anything."""
