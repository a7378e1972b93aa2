"""The eight emotions, the proposal's four emotions, and mixed emotions.

The eight emotions are those annotated in FER+ (Barsoum et al., 2016), in the column order of that data set.
Throughout the project, the last axis of every emotion-probability array is in this order.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.floating]


class Emotion(StrEnum):
    """An emotion that a face can show."""

    NEUTRAL = "neutral"
    HAPPY = "happy"
    SURPRISE = "surprise"
    SAD = "sad"
    ANGER = "anger"
    DISGUST = "disgust"
    FEAR = "fear"
    CONTEMPT = "contempt"


EMOTIONS: tuple[Emotion, ...] = tuple(Emotion)
"""All eight emotions, in the order used by every array."""
NON_NEUTRAL_EMOTIONS: tuple[Emotion, ...] = EMOTIONS[1:]
"""The emotions except neutral."""
PROPOSAL_EMOTIONS: tuple[Emotion, ...] = (
    Emotion.HAPPY,
    Emotion.SAD,
    Emotion.NEUTRAL,
    Emotion.SURPRISE,
)
"""The proposal's four emotions, in the order of the outputs of the proposal's network."""
PROPOSAL_COLUMNS: tuple[int, ...] = tuple(EMOTIONS.index(e) for e in PROPOSAL_EMOTIONS)
"""The indices of the proposal's emotions in `EMOTIONS`."""


def to_proposal_emotions(probabilities: FloatArray) -> FloatArray:
    """Reduce the probabilities of the eight emotions to those of the proposal's four.

    Args:
        probabilities: (..., 8) emotion probabilities in the order of `EMOTIONS`.

    Returns:
        (..., 4) probabilities in the order of `PROPOSAL_EMOTIONS`, renormalized to sum to one.
    """
    four = probabilities[..., PROPOSAL_COLUMNS]
    return four / np.maximum(four.sum(axis=-1, keepdims=True), np.finfo(four.dtype).tiny)


@dataclass(frozen=True)
class MixedEmotion:
    """Two emotions that are strong at the same time in one viewer.

    A viewer shows a mixed emotion in a window of film time if the mean strength of each component over the
    window reaches the threshold. Strength is a fraction of annotators' votes, and the votes for one face add
    up to 1, so the two components together rarely exceed 1. In an evenly mixed emotion, each is about 0.5.

    Attributes:
        name: the everyday name of the mixed emotion.
        components: the two emotions.
        first_stronger: whether the first component must be the stronger one; needed because a pair of
            emotions may have two names, depending on which is stronger.
        window: number of seconds over which each component is averaged, because the two may alternate (tears,
            then a laugh).
        threshold: strength that both components must reach, 0–1. The default is two votes out of ten, since
            single votes are outliers (Barsoum et al., 2016).
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
"""The compound emotions of Du, Tao & Martinez (2014) that annotators see often enough to evaluate, and the
two names for a mixture of joy and sorrow (Larsen & McGraw, 2011)."""
