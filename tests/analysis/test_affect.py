"""Tests of `signals.affect`: expressiveness, valence and arousal as they are defined."""

from __future__ import annotations

import numpy as np
import pytest

from moviemotion.analysis.signals.affect import (
    AROUSAL,
    compute_affect,
    compute_arousal,
    compute_expressiveness,
    compute_valence,
)
from moviemotion.analysis.signals.baseline import Baseline
from moviemotion.analysis.signals.timeline import Timeline
from moviemotion.emotions import EMOTIONS, NON_NEUTRAL_EMOTIONS, Emotion

REST = np.array([0.8, 0.2, 0, 0, 0, 0, 0, 0])


def timeline(*faces: np.ndarray) -> Timeline:
    """Viewers who each show one face in one second."""
    probabilities = np.array(faces, np.float32)[:, None]
    names = tuple(f"seat-{k}" for k in range(len(faces)))
    return Timeline(names, 0, probabilities, np.ones(probabilities.shape[:2], np.int32))


def baseline(viewers: int) -> Baseline:
    return Baseline(np.tile(REST, (viewers, 1)), np.full(viewers, 9), np.zeros(viewers, bool))


def of(emotion: Emotion, strength: float) -> np.ndarray:
    found = np.zeros((1, 1, len(NON_NEUTRAL_EMOTIONS)))
    found[..., NON_NEUTRAL_EMOTIONS.index(emotion)] = strength
    return found


def test_expressiveness_is_the_part_of_the_votes_that_changed() -> None:
    sad, unseen = np.eye(8)[EMOTIONS.index(Emotion.SAD)], np.full(8, np.nan)
    half = (REST + sad) / 2
    values = compute_expressiveness(timeline(REST, sad, half, unseen), baseline(4))[:, 0]
    assert values[:3] == pytest.approx([0, 1, 0.5], abs=1e-6)
    assert np.isnan(values[3])


@pytest.mark.parametrize("emotion", NON_NEUTRAL_EMOTIONS)
def test_valence_and_arousal_follow_their_sources(emotion: Emotion) -> None:
    sign = {Emotion.HAPPY: 1, Emotion.SURPRISE: 0}.get(emotion, -1)
    assert compute_valence(of(emotion, 0.5))[0, 0] == pytest.approx(sign * 0.5)
    assert compute_arousal(of(emotion, 0.5))[0, 0] == pytest.approx(0.5 * AROUSAL.get(emotion, 0))


def test_means_are_over_the_viewers_seen_with_their_interval() -> None:
    strength = np.concatenate([of(Emotion.HAPPY, value) for value in (0.2, 0.4, 0.6, np.nan)])
    strength[3] = np.nan
    affect = compute_affect(timeline(*[REST] * 4), baseline(4), strength)
    assert affect.valence[0] == pytest.approx(0.4)
    assert affect.valence_interval[:, 0] == pytest.approx(
        [0.4 - 4.303 * 0.2 / 3**0.5, 0.4 + 4.303 * 0.2 / 3**0.5], abs=1e-3
    )
    assert affect.expressiveness[0] == pytest.approx(0, abs=1e-6)
