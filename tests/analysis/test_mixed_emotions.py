"""Mixed emotions: two emotions at once in one viewer."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from moviemotion.analysis.signals.mixed_emotions import find_mixed_emotions, mixed_emotion_strength
from moviemotion.emotions import MIXED_EMOTIONS, NON_NEUTRAL_EMOTIONS, Emotion

BY_NAME = {emotion.name: emotion for emotion in MIXED_EMOTIONS}
HAPPY, SAD, SURPRISE = (NON_NEUTRAL_EMOTIONS.index(e) for e in (Emotion.HAPPY, Emotion.SAD, Emotion.SURPRISE))


def viewers_with(*stretches, viewers=1, seconds=20):
    """(viewers, seconds, 7) of nothing, but for: emotion, start, end, strength."""
    strength = np.zeros((viewers, seconds, 7))
    for emotion, start, end, value in stretches:
        strength[:, start:end, emotion] = value
    return strength


def names(strength, start=0, end=20):
    return [mixed.emotion.name for mixed in find_mixed_emotions(strength, 0, start, end)]


def test_simultaneous_emotions_are_mixed_and_successive_ones_are_not():
    at_once = viewers_with((HAPPY, 5, 10, 0.5), (SURPRISE, 5, 10, 0.4))
    assert names(at_once) == ["happily surprised"]
    assert names(viewers_with((HAPPY, 12, 18, 0.9), (SURPRISE, 2, 8, 0.9))) == []
    assert names(viewers_with((HAPPY, 5, 10, 0.9), (SURPRISE, 5, 10, 0.1))) == []


def test_a_laugh_right_after_a_tear_is_in_the_same_window():
    assert names(viewers_with((SAD, 5, 7, 0.7), (HAPPY, 7, 9, 0.9))) != []


def test_the_stronger_component_decides_between_tears_of_joy_and_bittersweet():
    assert names(viewers_with((HAPPY, 5, 10, 0.5), (SAD, 5, 10, 0.3))) == ["tears of joy"]
    assert names(viewers_with((HAPPY, 5, 10, 0.3), (SAD, 5, 10, 0.5))) == ["bittersweet"]


def test_a_mixed_emotion_is_as_strong_as_its_weaker_component():
    strength = mixed_emotion_strength(
        viewers_with((HAPPY, 5, 10, 0.6), (SURPRISE, 5, 10, 0.3)), BY_NAME["happily surprised"]
    )
    assert strength[0, 6:9] == pytest.approx(0.3)
    assert strength[0, :3] == pytest.approx(0.0)


def test_a_mixed_emotion_is_nan_if_less_than_half_of_the_window_was_seen():
    strength = viewers_with((HAPPY, 0, 20, 0.5), (SURPRISE, 0, 20, 0.5))
    strength[0, 8:12] = np.nan
    found = mixed_emotion_strength(strength, BY_NAME["happily surprised"])
    assert np.isnan(found[0, 9:11]).all()
    assert np.isfinite(found[0, [6, 13]]).all()


def test_the_share_counts_only_viewers_who_were_seen():
    strength = viewers_with((HAPPY, 5, 10, 0.5), (SURPRISE, 5, 10, 0.5), viewers=4)
    strength[2, :, SURPRISE], strength[3] = 0, np.nan
    (mixed,) = find_mixed_emotions(strength, 100, 104.0, 112.0)
    assert (mixed.count, mixed.viewers, mixed.share) == (2, 3, pytest.approx(2 / 3))
    assert mixed.share_interval[0] < mixed.share < mixed.share_interval[1]
    assert find_mixed_emotions(strength, 100, 112.0, 120.0) == ()


def test_every_rule_has_a_unique_name_and_two_components():
    assert len(BY_NAME) == len(MIXED_EMOTIONS)
    assert all(len({*emotion.components}) == 2 and 0 < emotion.threshold < 0.5 for emotion in MIXED_EMOTIONS)


@given(st.integers(0, 999))
def test_a_mixed_emotion_grows_with_both_components(seed):
    rng = np.random.default_rng(seed)
    less = rng.uniform(0, 0.5, (2, 12, 7))
    more = np.minimum(less + rng.uniform(0, 0.3), 1)
    emotion = BY_NAME["fearfully surprised"]
    assert (mixed_emotion_strength(more, emotion) >= mixed_emotion_strength(less, emotion) - 1e-12).all()
