"""The reader's output is a distribution, whatever it is shown."""

from __future__ import annotations

import numpy as np
import pytest

from moviemotion.audience.faces.emotion_model import OnnxEmotionModel


@pytest.fixture(scope="module")
def reader() -> OnnxEmotionModel:
    return OnnxEmotionModel()


def test_rows_are_distributions_over_the_eight_emotions(reader: OnnxEmotionModel) -> None:
    rng = np.random.default_rng(3)
    noise = [rng.integers(0, 256, (48, 48), np.uint8) for _ in range(3)]
    flat = [np.full((48, 48), level, np.uint8) for level in (0, 128, 255)]
    read = reader.predict(noise + flat)
    assert read.shape == (6, 8)
    assert read.dtype == np.float32
    assert np.isfinite(read).all()
    assert (read >= 0).all()
    assert read.sum(axis=1) == pytest.approx(np.ones(6), abs=1e-5)


def test_no_face_gives_no_row(reader: OnnxEmotionModel) -> None:
    assert reader.predict([]).shape == (0, 8)


def test_a_face_reads_the_same_alone_and_in_company(reader: OnnxEmotionModel) -> None:
    rng = np.random.default_rng(4)
    crops = [rng.integers(0, 256, (48, 48), np.uint8) for _ in range(5)]
    assert reader.predict(crops)[2] == pytest.approx(reader.predict([crops[2]])[0], abs=1e-4)


def test_a_brighter_copy_reads_the_same(reader: OnnxEmotionModel) -> None:
    """The network standardises its input, so the light of the room does not matter."""
    crop = np.random.default_rng(5).integers(20, 100, (48, 48)).astype(np.uint8)
    assert reader.predict([crop])[0] == pytest.approx(reader.predict([crop * 2 + 10])[0], abs=1e-2)
