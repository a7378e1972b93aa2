"""Mixed emotions: two emotions at once in one viewer, as defined by `MIXED_EMOTIONS`.

The audience curve cannot show mixed emotions: an audience that is half happy and half sad has the same curve
as one in which everybody cries tears of joy. Mixed emotions are therefore detected in each viewer before they
are counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from moviemotion.emotions import MIXED_EMOTIONS, NON_NEUTRAL_EMOTIONS, MixedEmotion
from moviemotion.statistics import Float64Array, wilson_interval


@dataclass(frozen=True)
class MixedEmotionOccurrence:
    """How often a mixed emotion occurred in a stretch of the film.

    Attributes:
        emotion: the mixed emotion.
        count: number of viewers who showed it at least once.
        viewers: number of viewers who were seen long enough to decide.
        share: `count` / `viewers`, 0–1.
        share_interval: 95 % Wilson interval of `share`.
        strength: mean peak strength over the viewers who showed it, 0–1.
    """

    emotion: MixedEmotion
    count: int
    viewers: int
    share: float
    share_interval: tuple[float, float]
    strength: float


def mixed_emotion_strength(strength: Float64Array, emotion: MixedEmotion) -> Float64Array:
    """Compute the strength of a mixed emotion in each viewer and second.

    Each component is averaged over the rule's window. The strength of the mixed emotion is that of the weaker
    component, because both must be present.

    Args:
        strength: (V, S, 7) each viewer's strengths, NaN where not seen.
        emotion: the rule that defines the mixed emotion.

    Returns:
        (V, S) strength at the middle second of the window, 0–1; 0 where the rule does not hold; NaN where the
        viewer was seen in less than half of the window.
    """
    first, second = (
        _window_mean(strength[:, :, NON_NEUTRAL_EMOTIONS.index(component)], emotion.window)
        for component in emotion.components
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
    """Find the mixed emotions that at least one viewer showed from `start` to `end`.

    Args:
        strength: (V, S, 7) each viewer's strengths, NaN where not seen.
        first_second: film second of the first column.
        start, end: seconds of film time; the end is exclusive.
        emotions: the rules to try.

    Returns:
        One occurrence for each mixed emotion that was shown, the most frequent first.
    """
    # The window means require the seconds around the stretch, so a wider part is extracted and then trimmed.
    margin = max((emotion.window for emotion in emotions), default=0)
    low, high = int(np.floor(start)) - first_second, int(np.ceil(end)) - first_second
    cut_start, cut_stop = max(0, low - margin), max(0, high + margin)
    found = []
    for emotion in emotions:
        by_viewer = mixed_emotion_strength(strength[:, cut_start:cut_stop], emotion)[
            :, max(0, low) - cut_start : high - cut_start
        ]
        seen = (~np.isnan(by_viewer)).any(axis=1)
        peak = np.nan_to_num(by_viewer).max(axis=1, initial=0.0)
        count, viewers = int((peak > 0).sum()), int(seen.sum())
        if count:
            lowest, highest = wilson_interval(count, viewers)
            interval = (float(lowest), float(highest))
            mean = float(peak[peak > 0].mean())
            found.append(MixedEmotionOccurrence(emotion, count, viewers, count / viewers, interval, mean))
    return tuple(sorted(found, key=lambda m: (-m.count, -m.strength)))


def _window_mean(x: Float64Array, window: int) -> Float64Array:
    """(V, S) → (V, S) mean of the seen seconds in the window; NaN if less than half of it was seen."""
    half = window // 2
    seen = ~np.isnan(x)
    edge = ((0, 0), (half, half))
    total = np.pad(np.where(seen, x, 0.0), edge)
    count = np.pad(seen.astype(float), edge)
    spans = [slice(k, k + x.shape[1]) for k in range(2 * half + 1)]
    n = np.sum([count[:, span] for span in spans], axis=0)
    mean = np.sum([total[:, span] for span in spans], axis=0) / np.maximum(n, 1)
    return np.where(2 * n >= window, mean, np.nan)
