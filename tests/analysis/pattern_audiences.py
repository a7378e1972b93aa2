"""Invented strengths of feeling in which one pattern, or none, is planted: for tests and the benchmark."""

from __future__ import annotations

import numpy as np
from scipy.signal import lfilter

from moviemotion.analysis.moments.detection import Moment
from moviemotion.emotions import NON_NEUTRAL_EMOTIONS, Emotion


def autoregression(rng: np.random.Generator, rhythm: float, *shape: int) -> np.ndarray:
    """Stationary noise of variance 1: on the second last axis, `rhythm` times the second before, and new."""
    noise = rng.standard_normal(shape)
    noise[..., 0, :] /= np.sqrt(1 - rhythm**2)
    return lfilter([np.sqrt(1 - rhythm**2)], [1, -rhythm], noise, axis=-2)


def steady_audience(
    rng: np.random.Generator, viewers: int, seconds: int, shared: float = 0.05, rhythm: float = 0.9
) -> np.ndarray:
    """(V, S, 7) strengths without any change of level: what all feel and what each feels are both noise."""
    together = shared * autoregression(rng, rhythm, seconds, len(NON_NEUTRAL_EMOTIONS))
    alone = 0.05 * autoregression(rng, 0.9, viewers, seconds, len(NON_NEUTRAL_EMOTIONS))
    return np.clip(0.1 + together[None] + alone, 0, 1)


def changing_audience(rng: np.random.Generator, viewers: int, seconds: int, by: float) -> np.ndarray:
    """A still room that is happier by so much in the middle third."""
    room = steady_audience(rng, viewers, seconds, shared=0.03)
    room[:, seconds // 3 : 2 * seconds // 3, NON_NEUTRAL_EMOTIONS.index(Emotion.HAPPY)] += by
    return np.clip(room, 0, 1)


def laughing_audience(
    rng: np.random.Generator, viewers: int, seconds: int, contagion: float = 0.0
) -> np.ndarray:
    """(V, S, 7) viewers who answer a film's beats at their own pace and gain, and have feelings of their own.

    Args:
        contagion: share of each one's own feelings that both neighbours show two seconds later.
    """
    time = np.arange(seconds)
    shared, own = np.zeros((2, viewers, seconds, len(NON_NEUTRAL_EMOTIONS)))
    beats = seconds // 40
    at, lasts = rng.uniform(0, seconds - 20, beats), rng.uniform(3, 9, beats)
    feeling, height = rng.integers(0, 3, beats), rng.uniform(0.3, 0.9, beats)
    for viewer in range(viewers):
        gain, late = rng.normal(0.95, 0.2), rng.uniform(0.3, 2)
        for k in range(beats):
            if rng.random() < 0.9:
                middle = at[k] + late + rng.normal(0, 0.15) + lasts[k] / 2
                bump = np.exp(-(((time - middle) / (lasts[k] / 2)) ** 2))
                shared[viewer, :, feeling[k]] += gain * height[k] * rng.normal(1, 0.15) * bump
        for _ in range(rng.poisson(seconds / 60)):
            bump = rng.uniform(0.4, 0.8) * np.exp(-(((time - rng.uniform(0, seconds)) / 1.5) ** 2))
            own[viewer, :, rng.integers(0, 3)] += bump
    caught = np.zeros_like(own)
    caught[1:, 2:] += own[:-1, :-2]
    caught[:-1, 2:] += own[1:, :-2]
    return np.clip(shared + own + contagion * caught + rng.normal(0, 0.05, own.shape), 0, 1)


def moment(peak: float, emotion: Emotion) -> Moment:
    """A moment of which only the peak's second and the feeling matter."""
    nothing = (0.4, 0.6)
    return Moment(peak, peak + 5, peak, emotion, 0.5, nothing, 0.5, nothing, 0.3, nothing, 20, 0.01)


def moments_at_random(rng: np.random.Generator, count: int, seconds: float = 6000) -> list[Moment]:
    """Moments of three feelings in no order."""
    kinds = (Emotion.HAPPY, Emotion.SAD, Emotion.SURPRISE)
    return [moment(t, kinds[rng.integers(3)]) for t in np.sort(rng.uniform(0, seconds, count))]


def moments_in_order(rng: np.random.Generator, pairs: int) -> list[Moment]:
    """Sad, and happy within 80 s, so many times; and as many surprises at random."""
    moments = []
    for k in range(pairs):
        sad = 600 * k + rng.uniform(0, 300)
        moments += [moment(sad, Emotion.SAD), moment(sad + rng.uniform(15, 80), Emotion.HAPPY)]
    return moments + [moment(t, Emotion.SURPRISE) for t in rng.uniform(0, 600 * pairs, pairs)]
