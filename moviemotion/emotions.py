"""The vocabulary of feelings. Imports nothing of ours; everyone may import it.

The eight emotions are those of the FER+ annotation (Barsoum et al., 2016), in its column order.
Arrays of emotion probabilities in this project always have them on the last axis in this order.
"""

from __future__ import annotations

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
