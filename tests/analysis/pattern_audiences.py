"""Simulated strengths with one planted pattern or none, for tests and the benchmark."""

from __future__ import annotations

import numpy as np
from scipy.signal import lfilter

from moviemotion.analysis.moments.detection import Moment
from moviemotion.emotions import NON_NEUTRAL_EMOTIONS, Emotion


def autoregression(rng: np.random.Generator, coefficient: float, *shape: int) -> np.ndarray:
    """Stationary first-order autoregressive noise of variance 1 along the second last axis."""
    noise = rng.standard_normal(shape)
    noise[..., 0, :] /= np.sqrt(1 - coefficient**2)
    return lfilter([np.sqrt(1 - coefficient**2)], [1, -coefficient], noise, axis=-2)


def steady_audience(
    rng: np.random.Generator, viewers: int, seconds: int, shared: float = 0.05, coefficient: float = 0.9
) -> np.ndarray:
    """(V, S, 7) strengths without any change of level: shared noise and noise of each viewer."""
    together = shared * autoregression(rng, coefficient, seconds, len(NON_NEUTRAL_EMOTIONS))
    alone = 0.05 * autoregression(rng, 0.9, viewers, seconds, len(NON_NEUTRAL_EMOTIONS))
    return np.clip(0.1 + together[None] + alone, 0, 1)


def moment(peak: float, emotion: Emotion) -> Moment:
    """A moment of which only the peak and the emotion matter."""
    nothing = (0.4, 0.6)
    return Moment(peak, peak + 5, peak, emotion, 0.5, nothing, 0.5, nothing, 0.3, nothing, 20, 0.01)


def moments_at_random(rng: np.random.Generator, count: int, seconds: float = 6000) -> list[Moment]:
    """Moments of three emotions in random order."""
    kinds = (Emotion.HAPPY, Emotion.SAD, Emotion.SURPRISE)
    return [moment(t, kinds[rng.integers(3)]) for t in np.sort(rng.uniform(0, seconds, count))]


def moments_in_order(rng: np.random.Generator, pairs: int) -> list[Moment]:
    """Sad, then happy within 80 s, `pairs` times, and as many surprises at random times."""
    moments = []
    for k in range(pairs):
        sad = 600 * k + rng.uniform(0, 300)
        moments += [moment(sad, Emotion.SAD), moment(sad + rng.uniform(15, 80), Emotion.HAPPY)]
    return moments + [moment(t, Emotion.SURPRISE) for t in rng.uniform(0, 600 * pairs, pairs)]
