"""Moments: stretches in which the room felt something together, each with its evidence."""

from __future__ import annotations

from dataclasses import dataclass

from moviemotion.emotions import Emotion


@dataclass(frozen=True)
class Moment:
    """A stretch of film time in which the room moved together, more than chance explains.

    Attributes:
        start, end: seconds of film time, end exclusive.
        peak: second of the strongest shared feeling.
        emotion: the dominant feeling (never neutral).
        strength: mean departure of that emotion from the viewers' own resting face at the peak, 0–1.
        strength_interval: its 95 % interval over viewers.
        share: share of seen viewers reacting at the peak, 0–1.
        share_interval: its 95 % Wilson interval.
        synchrony: inter-subject correlation within the moment and its surroundings; NaN if undefined.
        viewers: how many viewers were seen at the peak.
        p_adjusted: family-wise adjusted p-value from the circular-shift null.
    """

    start: float
    end: float
    peak: float
    emotion: Emotion
    strength: float
    strength_interval: tuple[float, float]
    share: float
    share_interval: tuple[float, float]
    synchrony: float
    viewers: int
    p_adjusted: float


@dataclass(frozen=True)
class MomentSearch:
    """The outcome of a search for moments.

    Attributes:
        moments: those with `p_adjusted` ≤ `alpha`, in order of time.
        conclusion: one plain sentence for people: what was found, or why nothing can be concluded.
        conclusive: false where there were too few viewers or seconds to conclude anything.
        shifts: random circular shifts behind the p-values (0 where none were made).
        alpha: the level of the test.
        seed: seed of the shifts.
    """

    moments: tuple[Moment, ...]
    conclusion: str
    conclusive: bool
    shifts: int
    alpha: float
    seed: int
