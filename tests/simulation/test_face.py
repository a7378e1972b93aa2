"""Synthetic faces: the same seed draws the same person, and the detector takes them for people."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moviemotion.audience.faces.detect import CenterFaceDetector
from moviemotion.emotions import EMOTIONS, NON_NEUTRAL_EMOTIONS, Emotion
from moviemotion.simulation.rendering.face import (
    Expression,
    blended_expression,
    random_identity,
    scaled_prototype,
)
from moviemotion.simulation.rendering.render import render_face

SCALE = 44.0
LONG_SIDE = 320


def picture(rgba: np.ndarray) -> np.ndarray:
    cover = rgba[..., 3:].astype(float) / 255
    return (rgba[..., :3] * cover + 34 * (1 - cover)).astype(np.uint8)


def test_the_same_person_and_expression_give_the_same_image() -> None:
    first = render_face(random_identity(3, 1), scaled_prototype(Emotion.HAPPY, 0.5), SCALE)
    again = render_face(random_identity(3, 1), scaled_prototype(Emotion.HAPPY, 0.5), SCALE)
    np.testing.assert_array_equal(first, again)


def test_twelve_neighbors_look_different() -> None:
    cast = [random_identity(7, number) for number in range(12)]
    assert len({(who.skin, who.hair_style) for who in cast}) == 12


def test_every_expression_changes_the_face_and_nothing_below_the_neck() -> None:
    who = random_identity(7, 0)
    rest = render_face(who, Expression(), SCALE).astype(int)
    for emotion in NON_NEUTRAL_EMOTIONS:
        moved = np.abs(render_face(who, scaled_prototype(emotion, 1.0), SCALE).astype(int) - rest).max(
            axis=-1
        )
        assert moved[: int(4.2 * SCALE)].max() > 30, emotion
        assert moved[int(4.2 * SCALE) :].max() == 0, emotion


@settings(max_examples=50)
@given(st.sampled_from(EMOTIONS), st.floats(0, 1))
def test_one_emotion_is_its_scaled_prototype(emotion: Emotion, intensity: float) -> None:
    intensities = np.array([intensity if e is emotion else 0.0 for e in NON_NEUTRAL_EMOTIONS])
    assert blended_expression(intensities) == scaled_prototype(emotion, intensity)


@pytest.mark.parametrize("emotion", [Emotion.NEUTRAL, Emotion.HAPPY, Emotion.SURPRISE, Emotion.SAD])
def test_the_detector_finds_one_face_in_each_image(emotion: Emotion) -> None:
    pictures = [
        picture(render_face(random_identity(7, number), scaled_prototype(emotion, 1.0), SCALE))
        for number in range(12)
    ]
    detector = CenterFaceDetector()
    found = [len(detector.detect([p], LONG_SIDE)[0]) for p in pictures]
    assert found == [1] * 12
