"""The output of the emotion model is a distribution for any input."""

from __future__ import annotations

import numpy as np
import pytest

from moviemotion.audience.faces.emotion_model import OnnxEmotionModel


@pytest.fixture(scope="module")
def model() -> OnnxEmotionModel:
    return OnnxEmotionModel()


def test_rows_are_distributions_over_the_eight_emotions(model: OnnxEmotionModel) -> None:
    rng = np.random.default_rng(3)
    noise = [rng.integers(0, 256, (48, 48), np.uint8) for _ in range(3)]
    flat = [np.full((48, 48), level, np.uint8) for level in (0, 128, 255)]
    predicted = model.predict(noise + flat)
    assert predicted.shape == (6, 8)
    assert predicted.dtype == np.float32
    assert np.isfinite(predicted).all()
    assert (predicted >= 0).all()
    assert predicted.sum(axis=1) == pytest.approx(np.ones(6), abs=1e-5)


def test_no_face_gives_no_row(model: OnnxEmotionModel) -> None:
    assert model.predict([]).shape == (0, 8)


def test_a_face_has_the_same_prediction_alone_and_in_a_batch(model: OnnxEmotionModel) -> None:
    rng = np.random.default_rng(4)
    crops = [rng.integers(0, 256, (48, 48), np.uint8) for _ in range(5)]
    assert model.predict(crops)[2] == pytest.approx(model.predict([crops[2]])[0], abs=1e-4)


def test_a_brighter_copy_has_the_same_prediction(model: OnnxEmotionModel) -> None:
    """The network standardizes its input, so the brightness does not matter."""
    crop = np.random.default_rng(5).integers(20, 100, (48, 48)).astype(np.uint8)
    assert model.predict([crop])[0] == pytest.approx(model.predict([crop * 2 + 10])[0], abs=2e-2)
