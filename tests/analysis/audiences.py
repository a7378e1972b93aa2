"""Simulated timelines for the tests of this folder."""

from __future__ import annotations

import numpy as np

from moviemotion.analysis.signals import baseline
from moviemotion.analysis.signals.timeline import Timeline
from moviemotion.emotions import EMOTIONS, Emotion


def simulate_timeline(
    viewers: int,
    seconds: int,
    seed: int,
    shared: tuple[tuple[int, int, Emotion, float], ...] = (),
    private: int = 3,
) -> Timeline:
    """Simulate viewers who react alone `private` times each and share the given reactions.

    Args:
        shared: start, end, emotion and strength of each shared reaction.
    """
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 0.4, (viewers, seconds, len(EMOTIONS)))
    logits[:, :, 0] += rng.uniform(1.5, 3.5, (viewers, 1))
    for viewer in range(viewers):
        for _ in range(private):
            at, emotion = int(rng.integers(0, seconds)), int(rng.integers(1, 4))
            logits[viewer, at : at + int(rng.integers(2, 6)), emotion] += rng.uniform(2, 5)
        for start, end, emotion, strength in shared:
            late = int(rng.integers(0, 3))
            if rng.random() < 0.85:
                logits[viewer, start + late : end + late, EMOTIONS.index(emotion)] += 6 * strength
    scores = np.exp(logits)
    scores /= scores.sum(axis=2, keepdims=True)
    samples = np.full((viewers, seconds), 5, dtype=np.int32)
    names = tuple(f"seat-{v + 1:02d}" for v in range(viewers))
    return Timeline(names, 0, scores.astype(np.float32), samples)


def hide_viewer(timeline: Timeline, viewer: int, start: int, end: int) -> Timeline:
    """The same timeline with one viewer unseen for a while."""
    scores, samples = timeline.probabilities.copy(), timeline.sample_counts.copy()
    scores[viewer, start:end], samples[viewer, start:end] = np.nan, 0
    return Timeline(timeline.viewers, timeline.start, scores, samples)


def strength_of(timeline: Timeline) -> np.ndarray:
    """(V, S, 7) strength of the viewers, from an estimated baseline."""
    return baseline.strength_above_baseline(timeline, baseline.estimate_baseline(timeline))
