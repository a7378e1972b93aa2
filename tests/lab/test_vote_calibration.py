"""The exponent that scales probabilities to shares of votes."""

from __future__ import annotations

import json
from dataclasses import asdict

import numpy as np
import pytest
from faces_folder import write_faces
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("torch", reason="needs the lab extra (torch)")
onnx = pytest.importorskip("onnx", reason="needs the lab extra (onnx)")

from onnx import TensorProto, helper, numpy_helper  # noqa: E402

from moviemotion.audience.faces import emotion_model  # noqa: E402
from moviemotion.emotions import EMOTIONS, Emotion  # noqa: E402
from moviemotion.lab.evaluation.vote_calibration import calibrate_to_votes, fit_vote_exponent  # noqa: E402
from moviemotion.lab.training.config import TrainingConfig  # noqa: E402


@given(st.floats(0.3, 2.5), st.integers(0, 99))
def test_the_exponent_of_simulated_votes_is_recovered(exponent, seed):
    probabilities = np.random.default_rng(seed).dirichlet(np.ones(8), 200)
    shares = probabilities**exponent
    shares /= shares.sum(axis=1, keepdims=True)
    assert fit_vote_exponent(probabilities, shares) == pytest.approx(exponent, abs=0.02)


def bands_model(path, sharpness):
    """A model of the bright bands of `write_faces`: softmax over the proposal's four, overconfident."""
    weights = np.zeros((48 * 48, 8), np.float32)
    for k, emotion in enumerate((Emotion.HAPPY, Emotion.SAD, Emotion.NEUTRAL, Emotion.SURPRISE)):
        band = np.zeros((48, 48))
        band[6 + 10 * k : 14 + 10 * k, 8:40] = sharpness / 25600
        weights[:, EMOTIONS.index(emotion)] = band.ravel()
    nodes = [
        helper.make_node("Flatten", ["faces"], ["flat"]),
        helper.make_node("MatMul", ["flat", "weights"], ["logits"]),
        helper.make_node("Softmax", ["logits"], ["probabilities"]),
    ]
    graph = helper.make_graph(
        nodes,
        "bands",
        [helper.make_tensor_value_info("faces", TensorProto.FLOAT, ["n", 1, 48, 48])],
        [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["n", 8])],
        [numpy_helper.from_array(weights, "weights")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    run = {"config": asdict(TrainingConfig(validation=0.3))}
    helper.set_model_props(model, {"run": json.dumps(run), "emotions": ",".join(EMOTIONS)})
    onnx.save(model, str(path))


def test_the_exponent_is_stored_in_the_file_and_used_by_the_audience_pipeline(tmp_path, monkeypatch):
    write_faces(tmp_path, train=16)
    model = tmp_path / "bands.onnx"
    bands_model(model, 12.0)
    monkeypatch.setattr(emotion_model, "EMOTION_WEIGHTS", model)
    crop = np.full((48, 48), 100, np.uint8)
    crop[6:14, 8:40] = 200
    before = emotion_model.OnnxEmotionModel().predict([crop])[0]
    exponent = calibrate_to_votes(model, tmp_path)
    after = emotion_model.OnnxEmotionModel().predict([crop])[0]
    assert exponent < 1
    happy = EMOTIONS.index(Emotion.HAPPY)
    assert before[happy] > 0.99
    assert after[happy] == pytest.approx(0.8, abs=0.1)  # eight of ten annotators say so
    assert after == pytest.approx(before**exponent / (before**exponent).sum(), abs=1e-4)
    metadata = {p.key: p.value for p in onnx.load(str(model)).metadata_props}
    assert metadata["emotions"] == ",".join(EMOTIONS)
