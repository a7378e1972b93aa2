"""Feelings laid on the page: what the room felt during each line and each scene."""

from __future__ import annotations

from dataclasses import dataclass

from moviemotion.emotions import Emotion


@dataclass(frozen=True)
class Feeling:
    """What the room felt during a stretch of film.

    Attributes:
        start, end: seconds of film time.
        emotion: the dominant feeling (never neutral), or None where it was not measured (nobody
            seen, no time known) or none stood out (strength below `NOTHING_FELT`).
        strength: mean over viewers of each one's mean strength of that feeling, 0–1; of the strongest
            feeling where none stood out; NaN where not measured.
        strength_interval: its 95 % interval over viewers; NaNs with fewer than two viewers.
        share: share of the viewers who reacted at least once, 0–1; NaN where not measured.
        share_interval: its 95 % Wilson interval.
        viewers: how many viewers were seen in the stretch.
    """

    start: float
    end: float
    emotion: Emotion | None
    strength: float
    strength_interval: tuple[float, float]
    share: float
    share_interval: tuple[float, float]
    viewers: int


@dataclass(frozen=True)
class SceneFeeling:
    """One scene: its heading element (index into `Screenplay.elements`) and what the room felt in it.

    Attributes:
        moments: indices into `MomentSearch.moments` of those whose peak is in the scene.
    """

    scene: int
    heading: int
    feeling: Feeling
    moments: tuple[int, ...]
