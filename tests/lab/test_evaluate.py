"""Scores with intervals, and the accuracy required of the shipped emotion model."""

import json
from pathlib import Path

import numpy as np
import pytest
from faces_folder import write_faces

from moviemotion.emotions import PROPOSAL_COLUMNS
from moviemotion.errors import MoviemotionError
from moviemotion.lab.data import dataset
from moviemotion.lab.evaluation.calibration import (
    calibrated_ece_limit,
    calibration_curve,
    expected_calibration_error,
)
from moviemotion.lab.evaluation.evaluate import (
    SHIPPED_EMOTION_MODEL,
    GroundTruth,
    evaluate,
    predict,
    score_predictions,
)
from moviemotion.lab.evaluation.evaluation_text import evaluation_lines

FACES = Path(__file__).parents[2].parent / "shared" / "data" / "faces"
needs_faces = pytest.mark.skipif(not FACES.exists(), reason="needs ../shared/data/faces (real faces)")


def test_calibration_error_is_0_if_calibrated_and_the_difference_if_overconfident():
    rng = np.random.default_rng(1)
    confidence = rng.uniform(0.25, 1, 200_000)
    assert expected_calibration_error(confidence, rng.random(200_000) < confidence) < 0.01
    assert expected_calibration_error(np.full(1000, 0.9), np.arange(1000) < 600) == pytest.approx(0.3)


def test_the_calibration_curve_counts_each_face_once_and_calibrated_models_stay_under_the_limit():
    rng = np.random.default_rng(4)
    confidence = np.append(rng.uniform(0.25, 1, 3000), 1.0)
    right = rng.random(3001) < confidence
    curve = calibration_curve(confidence, right)
    assert sum(b.n for b in curve) == 3001
    assert all(
        b.low <= b.confidence <= b.high and b.interval[0] <= b.accuracy <= b.interval[1] for b in curve
    )
    gap = sum(b.n * abs(b.confidence - b.accuracy) for b in curve) / 3001
    assert gap == pytest.approx(expected_calibration_error(confidence, right))
    limit = calibrated_ece_limit(confidence, seed=1)
    under_limit = [
        expected_calibration_error(confidence, rng.random(3001) < confidence) < limit for _ in range(400)
    ]
    assert 0.9 < np.mean(under_limit) < 0.99


def test_scores_of_known_predictions(tmp_path):
    write_faces(tmp_path)
    faces = dataset.load_faces(tmp_path, "test")
    truth = dataset.label_truth(faces)
    probabilities = np.full((len(faces), 8), 0.01, dtype=np.float32)
    guess = truth.copy()
    guess[truth == 1] = 2  # every sad face predicted as neutral
    probabilities[np.arange(len(faces)), np.array(PROPOSAL_COLUMNS)[guess]] = 0.93
    result = score_predictions(probabilities, faces, "test", GroundTruth.LABEL)
    assert (result.n, result.accuracy) == (32, 0.75)
    assert result.interval[0] < 0.75 < result.interval[1]
    assert result.per_class["sad"].recall == 0
    assert result.confusion["sad"]["neutral"] == 8
    assert result.per_class["happy"].n == 8
    # neutral: precision 8/16, recall 1 → F1 2/3; sad 0; the others 1.
    assert result.macro_f1 == pytest.approx((1 + 0 + 2 / 3 + 1) / 4)
    assert result.macro_f1_interval[0] < result.macro_f1 < result.macro_f1_interval[1]
    assert [(row.votes, row.n) for row in result.agreement] == [(8, 24), (10, 8)]
    assert result.proposal_protocol is None  # 8 faces per emotion are fewer than 32
    assert "not possible" in " ".join(evaluation_lines(result))


def test_two_models_are_compared_on_the_same_faces_and_json_contains_all_results(tmp_path):
    write_faces(tmp_path, test=40)
    result = evaluate(tmp_path, "test", GroundTruth.CONSENSUS, other_model=SHIPPED_EMOTION_MODEL)
    assert result.comparison.difference == 0
    assert result.comparison.p_value == 1
    assert result.annotator_ceiling.n == result.n == 160
    fields = json.loads(json.dumps(result.as_dict(), allow_nan=False))
    assert {
        "macro_f1",
        "calibration",
        "agreement",
        "proposal_protocol",
        "annotator_ceiling",
        "comparison",
    } <= set(fields)
    assert sum(fields["proposal_protocol"]["probability"]) == pytest.approx(1)
    lines = evaluation_lines(result)
    assert any("McNemar" in line for line in lines)
    assert all(len(line) < 300 for line in lines)


def test_an_evaluation_reports_its_progress(tmp_path):
    write_faces(tmp_path)
    calls = []
    evaluate(tmp_path, "test", GroundTruth.LABEL, on_progress=lambda *call: calls.append(call))
    last = {stage: (done, total) for stage, done, total in calls}
    assert next(iter(last)) == "reading images"
    assert last["predicting emotions"] == (32, 32)
    done, total = last["estimating annotator ceiling"]
    assert done == total > 1


def test_missing_votes_and_invalid_models_are_reported(tmp_path):
    write_faces(tmp_path)
    (tmp_path / "other.onnx").write_bytes(b"not a model")
    with pytest.raises(MoviemotionError, match=r"other\.onnx"):
        evaluate(tmp_path, "test", GroundTruth.LABEL, tmp_path / "other.onnx")
    with pytest.raises(MoviemotionError, match=r"absent\.onnx"):
        evaluate(tmp_path, "test", GroundTruth.LABEL, tmp_path / "absent.onnx")
    with pytest.raises(MoviemotionError, match=r"absent\.onnx"):
        evaluate(tmp_path, "test", GroundTruth.LABEL, other_model=tmp_path / "absent.onnx")
    (tmp_path / "annotations.csv").unlink()
    with pytest.raises(MoviemotionError, match=r"annotations\.csv"):
        evaluate(tmp_path, "test", GroundTruth.CONSENSUS)


def test_another_network_is_reported_in_one_line(tmp_path, capfd):
    write_faces(tmp_path)
    with pytest.raises(MoviemotionError, match="not an exported emotion model"):
        evaluate(tmp_path, "test", GroundTruth.LABEL, SHIPPED_EMOTION_MODEL.with_name("centerface.onnx"))
    assert capfd.readouterr().err == ""


def test_the_shipped_model_is_small_and_predicts_distributions(tmp_path):
    assert SHIPPED_EMOTION_MODEL.stat().st_size <= 8_000_000
    write_faces(tmp_path)
    probabilities = predict(SHIPPED_EMOTION_MODEL, dataset.load_faces(tmp_path, "test"))
    assert probabilities.shape == (32, 8)
    assert probabilities.sum(axis=1) == pytest.approx(np.ones(32), abs=1e-5)


@needs_faces
def test_the_shipped_model_is_as_accurate_as_required_on_the_test_split():
    faces = dataset.load_faces(FACES, "test")
    result = score_predictions(predict(SHIPPED_EMOTION_MODEL, faces), faces, "test", GroundTruth.CONSENSUS)
    assert result.accuracy >= 0.895
    assert result.ece <= 0.03
    assert all(one.recall > 0.6 for one in result.per_class.values())
