"""The vocabulary of feelings. Imports nothing of ours; everyone may import it.

The eight emotions are those of the FER+ annotation (Barsoum et al., 2016), in its column order.
Arrays of emotion probabilities in this project always have them on the last axis in this order.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.floating]


class Emotion(StrEnum):
    """An emotion a face can show."""

    NEUTRAL = "neutral"
    HAPPY = "happy"
    SURPRISE = "surprise"
    SAD = "sad"
    ANGER = "anger"
    DISGUST = "disgust"
    FEAR = "fear"
    CONTEMPT = "contempt"


EMOTIONS: tuple[Emotion, ...] = tuple(Emotion)
FEELINGS: tuple[Emotion, ...] = EMOTIONS[1:]
"""The emotions other than neutral."""
DECK_EMOTIONS: tuple[Emotion, ...] = (
    Emotion.HAPPY,
    Emotion.SAD,
    Emotion.NEUTRAL,
    Emotion.SURPRISE,
)
DECK_COLUMNS: tuple[int, ...] = tuple(EMOTIONS.index(e) for e in DECK_EMOTIONS)


def to_deck(scores: FloatArray) -> FloatArray:
    """Project eight-emotion probabilities onto the deck's four.

    Args:
        scores: (..., 8) probabilities in the order of `EMOTIONS`.

    Returns:
        (..., 4) probabilities in the order of `DECK_EMOTIONS`, renormalised to sum to one.
    """
    four = scores[..., DECK_COLUMNS]
    return four / np.maximum(four.sum(axis=-1, keepdims=True), np.finfo(four.dtype).tiny)


@dataclass(frozen=True)
class CompoundFeeling:
    """Two emotions in one face at once, under one name.

    A viewer has the feeling in a window of film time over which both parts reach the threshold on
    average. Strength is a share of annotators' votes, and votes are shared out: both parts together
    rarely pass 1, so a feeling that is evenly mixed has about a half of each.

    Attributes:
        name: as people say it.
        parts: the two emotions.
        led: whether the first part must be the stronger; one pair of emotions may have two names.
        window: seconds over which each part is averaged; a laugh may follow a tear.
        threshold: strength that both parts must reach, 0–1. Two votes of ten: annotators' lone votes
            are outliers (Barsoum et al., 2016).
    """

    name: str
    parts: tuple[Emotion, Emotion]
    led: bool = False
    window: int = 3
    threshold: float = 0.2


COMPOUND_FEELINGS: tuple[CompoundFeeling, ...] = (
    CompoundFeeling("tears of joy", (Emotion.HAPPY, Emotion.SAD), led=True),
    CompoundFeeling("bittersweet", (Emotion.SAD, Emotion.HAPPY), led=True),
    CompoundFeeling("happily surprised", (Emotion.HAPPY, Emotion.SURPRISE)),
    CompoundFeeling("sadly surprised", (Emotion.SAD, Emotion.SURPRISE)),
    CompoundFeeling("fearfully surprised", (Emotion.FEAR, Emotion.SURPRISE)),
    CompoundFeeling("angrily surprised", (Emotion.ANGER, Emotion.SURPRISE)),
    CompoundFeeling("sadly angry", (Emotion.SAD, Emotion.ANGER)),
    CompoundFeeling("sadly fearful", (Emotion.SAD, Emotion.FEAR)),
    CompoundFeeling("sadly disgusted", (Emotion.SAD, Emotion.DISGUST)),
    CompoundFeeling("fearfully angry", (Emotion.FEAR, Emotion.ANGER)),
    CompoundFeeling("angrily disgusted", (Emotion.ANGER, Emotion.DISGUST)),
)
"""The compound emotions of Du, Tao & Martinez (2014) that annotators see often enough to be checked, and
the two names of joy with sorrow (Larsen & McGraw, 2011)."""
