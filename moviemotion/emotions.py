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
NON_NEUTRAL_EMOTIONS: tuple[Emotion, ...] = EMOTIONS[1:]
"""The emotions other than neutral."""
PROPOSAL_EMOTIONS: tuple[Emotion, ...] = (
    Emotion.HAPPY,
    Emotion.SAD,
    Emotion.NEUTRAL,
    Emotion.SURPRISE,
)
PROPOSAL_COLUMNS: tuple[int, ...] = tuple(EMOTIONS.index(e) for e in PROPOSAL_EMOTIONS)


def to_proposal_emotions(probabilities: FloatArray) -> FloatArray:
    """Project eight-emotion probabilities onto the deck's four.

    Args:
        scores: (..., 8) probabilities in the order of `EMOTIONS`.

    Returns:
        (..., 4) probabilities in the order of `DECK_EMOTIONS`, renormalised to sum to one.
    """
    four = probabilities[..., PROPOSAL_COLUMNS]
    return four / np.maximum(four.sum(axis=-1, keepdims=True), np.finfo(four.dtype).tiny)


@dataclass(frozen=True)
class MixedEmotion:
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
    components: tuple[Emotion, Emotion]
    first_stronger: bool = False
    window: int = 3
    threshold: float = 0.2


MIXED_EMOTIONS: tuple[MixedEmotion, ...] = (
    MixedEmotion("tears of joy", (Emotion.HAPPY, Emotion.SAD), first_stronger=True),
    MixedEmotion("bittersweet", (Emotion.SAD, Emotion.HAPPY), first_stronger=True),
    MixedEmotion("happily surprised", (Emotion.HAPPY, Emotion.SURPRISE)),
    MixedEmotion("sadly surprised", (Emotion.SAD, Emotion.SURPRISE)),
    MixedEmotion("fearfully surprised", (Emotion.FEAR, Emotion.SURPRISE)),
    MixedEmotion("angrily surprised", (Emotion.ANGER, Emotion.SURPRISE)),
    MixedEmotion("sadly angry", (Emotion.SAD, Emotion.ANGER)),
    MixedEmotion("sadly fearful", (Emotion.SAD, Emotion.FEAR)),
    MixedEmotion("sadly disgusted", (Emotion.SAD, Emotion.DISGUST)),
    MixedEmotion("fearfully angry", (Emotion.FEAR, Emotion.ANGER)),
    MixedEmotion("angrily disgusted", (Emotion.ANGER, Emotion.DISGUST)),
)
"""The compound emotions of Du, Tao & Martinez (2014) that annotators see often enough to be checked, and
the two names of joy with sorrow (Larsen & McGraw, 2011)."""
