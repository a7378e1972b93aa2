"""The segments that carry a moment."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Carrier:
    """A segment that reacted more strongly in a moment than everybody else.

    Attributes:
        segment: name of the segment.
        strength, strength_of_others: mean strength of the moment's emotion, 0–1.
        interval: 95 % interval of the difference, −1…1.
        p_adjusted: p-value, adjusted for all moments and segments.
    """

    segment: str
    strength: float
    strength_of_others: float
    interval: tuple[float, float]
    p_adjusted: float
