"""Expressiveness, valence and arousal: three quantities that sum up the emotions of a face.

*Expressiveness* is how far a face is from the same face at rest, whatever it shows: the total variation
distance between its emotion probabilities and those of the viewer's baseline.

*Valence* is the strength of happy minus the strengths of sad, anger, fear, disgust and contempt: positive
minus negative affect, as in the affect balance of Bradburn (1969, *The Structure of Psychological
Well-Being*). Surprise can be positive or negative, so it is excluded.

*Arousal* is the sum of the strengths, each weighted by the mean arousal that people attribute to the emotion
(Russell & Mehrabian, 1977, *Journal of Research in Personality* 11:273–294). That study has no term for
contempt, which is excluded.

All three describe faces. None is a measure of *engagement*, which this program does not report.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from moviemotion.analysis.signals.baseline import Baseline
from moviemotion.analysis.signals.timeline import Timeline
from moviemotion.emotions import NON_NEUTRAL_EMOTIONS, Emotion
from moviemotion.statistics import Float64Array, paired_difference_interval

POSITIVE_EMOTIONS = (Emotion.HAPPY,)
NEGATIVE_EMOTIONS = (Emotion.SAD, Emotion.ANGER, Emotion.FEAR, Emotion.DISGUST, Emotion.CONTEMPT)
AROUSAL: Mapping[Emotion, float] = MappingProxyType(
    {
        Emotion.HAPPY: 0.51,
        Emotion.SURPRISE: 0.67,
        Emotion.SAD: -0.27,
        Emotion.ANGER: 0.59,
        Emotion.DISGUST: 0.35,
        Emotion.FEAR: 0.60,
    }
)
"""Mean arousal, −1 to 1, of *happy*, *surprised*, *sad*, *angry*, *disgusted* and *fearful*."""


@dataclass(frozen=True)
class AffectCurve:
    """Expressiveness, valence and arousal of an audience, second by second.

    Attributes:
        expressiveness: (S,) mean over the viewers seen, 0–1; NaN where nobody was seen.
        expressiveness_interval: (2, S) 95 % interval over viewers (Student's t).
        valence, arousal: (S,) means over the viewers seen, −1…1.
        valence_interval, arousal_interval: (2, S) 95 % intervals over viewers.
    """

    expressiveness: Float64Array
    expressiveness_interval: Float64Array
    valence: Float64Array
    valence_interval: Float64Array
    arousal: Float64Array
    arousal_interval: Float64Array


def compute_affect(timeline: Timeline, baseline: Baseline, strength: Float64Array) -> AffectCurve:
    """Average the three quantities over the viewers of each second.

    Args:
        timeline: the timeline.
        baseline: the baseline of its viewers.
        strength: (V, S, 7) their strengths, NaN where not seen.
    """
    expressiveness, expressiveness_interval = _mean(compute_expressiveness(timeline, baseline))
    valence, valence_interval = _mean(compute_valence(strength))
    arousal, arousal_interval = _mean(compute_arousal(strength))
    return AffectCurve(
        expressiveness,
        np.clip(expressiveness_interval, 0, 1),
        valence,
        valence_interval,
        arousal,
        arousal_interval,
    )


def compute_expressiveness(timeline: Timeline, baseline: Baseline) -> Float64Array:
    """(V, S) distance of each face from the face at rest, 0–1; NaN where not seen."""
    change = timeline.probabilities.astype(np.float64) - baseline.probabilities[:, None]
    return np.asarray(np.abs(change).sum(axis=2) / 2)


def compute_valence(strength: Float64Array) -> Float64Array:
    """Compute valence: the strength of happiness minus the strengths of the negative emotions.

    Args:
        strength: (V, S, 7) each viewer's strengths, NaN where not seen.

    Returns:
        (V, S) valence, −1…1; NaN where not seen.
    """
    weights = dict.fromkeys(POSITIVE_EMOTIONS, 1.0) | dict.fromkeys(NEGATIVE_EMOTIONS, -1.0)
    return _weighted_sum(strength, weights)


def compute_arousal(strength: Float64Array) -> Float64Array:
    """Compute arousal: the strengths, weighted by the arousal of each emotion.

    Args:
        strength: (V, S, 7) each viewer's strengths, NaN where not seen.

    Returns:
        (V, S) arousal, −1…1; NaN where not seen.
    """
    return _weighted_sum(strength, AROUSAL)


def _weighted_sum(strength: Float64Array, weights: Mapping[Emotion, float]) -> Float64Array:
    # Adding one emotion at a time takes less memory.
    total = np.where(np.isnan(strength[:, :, 0]), np.nan, 0.0)
    for emotion, weight in weights.items():
        total += weight * strength[:, :, NON_NEUTRAL_EMOTIONS.index(emotion)]
    return np.asarray(np.clip(total, -1, 1))


def _mean(values: Float64Array) -> tuple[Float64Array, Float64Array]:
    mean, low, high = paired_difference_interval(0.0, values)
    return mean, np.clip(np.stack([low, high]), -1, 1)
