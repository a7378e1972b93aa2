"""Mixed feelings: two emotions at once in one viewer, by the rules of `COMPOUND_FEELINGS`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from moviemotion.emotions import MIXED_EMOTIONS, NON_NEUTRAL_EMOTIONS, MixedEmotion
from moviemotion.statistics import Float64Array, wilson_interval


@dataclass(frozen=True)
class MixedEmotionOccurrence:
    """A mixed feeling in a stretch of film.

    Attributes:
        feeling: which.
        count: viewers who had it at least once; `viewers` of those who were seen long enough to tell.
        share: the one over the other, 0–1; `share_interval` its 95 % Wilson interval.
        strength: mean over those who had it of its peak, 0–1.
    """

    emotion: MixedEmotion
    count: int
    viewers: int
    share: float
    share_interval: tuple[float, float]
    strength: float


def mixed_emotion_strength(strength: Float64Array, emotion: MixedEmotion) -> Float64Array:
    """How strongly each viewer has a mixed feeling: the weaker of its parts, averaged over the window.

    Args:
        strength: (V, S, 7) of the viewers, NaN where not seen.

    Returns:
        (V, S) 0–1 at the window's middle second; 0 where the rule does not hold; NaN where the viewer was
        seen in less than half of the window.
    """
    first, second = (
        _window_mean(strength[:, :, NON_NEUTRAL_EMOTIONS.index(p)], emotion.window)
        for p in emotion.components
    )
    weaker = np.minimum(first, second)
    holds = (weaker >= emotion.threshold) & (~np.array(emotion.first_stronger) | (first >= second))
    return np.where(np.isnan(weaker), np.nan, np.where(holds, weaker, 0.0))


def find_mixed_emotions(
    strength: Float64Array,
    first_second: int,
    start: float,
    end: float,
    emotions: Sequence[MixedEmotion] = MIXED_EMOTIONS,
) -> tuple[MixedEmotionOccurrence, ...]:
    """The mixed feelings that somebody had from `start` to `end`, the most frequent first.

    Args:
        strength: (V, S, 7) of every viewer, NaN where not seen.
        first: film second of the first column.
        start, end: seconds of film time, end exclusive.
    """
    reach = max((f.window for f in emotions), default=0)
    low, high = int(np.floor(start)) - first_second, int(np.ceil(end)) - first_second
    from_, to = max(0, low - reach), max(0, high + reach)
    found = []
    for feeling in emotions:
        of_viewers = mixed_emotion_strength(strength[:, from_:to], feeling)[
            :, max(0, low) - from_ : high - from_
        ]
        seen = (~np.isnan(of_viewers)).any(axis=1)
        peak = np.nan_to_num(of_viewers).max(axis=1, initial=0.0)
        count, viewers = int((peak > 0).sum()), int(seen.sum())
        if count:
            lowest, highest = wilson_interval(count, viewers)
            interval = (float(lowest), float(highest))
            mean = float(peak[peak > 0].mean())
            found.append(MixedEmotionOccurrence(feeling, count, viewers, count / viewers, interval, mean))
    return tuple(sorted(found, key=lambda m: (-m.count, -m.strength)))


def _window_mean(x: Float64Array, window: int) -> Float64Array:
    """(V, S) → the mean of what was seen in the window around each second."""
    half = window // 2
    seen = ~np.isnan(x)
    edge = ((0, 0), (half, half))
    total = np.pad(np.where(seen, x, 0.0), edge)
    count = np.pad(seen.astype(float), edge)
    spans = [slice(k, k + x.shape[1]) for k in range(2 * half + 1)]
    n = np.sum([count[:, span] for span in spans], axis=0)
    mean = np.sum([total[:, span] for span in spans], axis=0) / np.maximum(n, 1)
    return np.where(2 * n >= window, mean, np.nan)
