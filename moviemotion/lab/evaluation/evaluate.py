"""Evaluate an exported emotion model on a split: accuracy, calibration, and the uncertainty of both.

Only the ONNX file is needed, not torch. Every result comes with an interval or a reference value, so that
chance can be distinguished from quality.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from pathlib import Path

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from moviemotion.emotions import EMOTIONS, PROPOSAL_EMOTIONS, to_proposal_emotions
from moviemotion.errors import MoviemotionError
from moviemotion.lab.data.dataset import FaceSet, consensus_truth, label_truth, load_faces
from moviemotion.lab.evaluation.annotator_ceiling import (
    AnnotatorCeiling,
    estimate_annotator_ceiling,
    fit_vote_prior,
)
from moviemotion.lab.evaluation.calibration import (
    CalibrationBin,
    calibrated_ece_limit,
    calibration_curve,
    expected_calibration_error,
)
from moviemotion.lab.evaluation.paired_comparison import PairedComparison, compare_paired
from moviemotion.lab.evaluation.proposal_protocol import ProposalProtocol, evaluate_proposal_protocol
from moviemotion.lab.progress import ProgressCallback, StageCallback, ignore_progress, ignore_stage, in_stage
from moviemotion.lab.training.face_selection import HELD_OUT_SPLIT, load_held_out_faces
from moviemotion.statistics import wilson_interval

SHIPPED_EMOTION_MODEL = Path(__file__).parents[2] / "audience" / "faces" / "models" / "emotion.onnx"
BATCH_SIZE = 256
BOOTSTRAP_SAMPLES = 2000
SEED = 36


class GroundTruth(StrEnum):
    """What counts as the correct answer: the folder's label or the annotators' consensus."""

    LABEL = "label"
    CONSENSUS = "consensus"


@dataclass(frozen=True)
class ClassResult:
    """The recall of one emotion on its n faces, with a 95 % Wilson interval."""

    n: int
    recall: float
    interval: tuple[float, float]


@dataclass(frozen=True)
class AgreementResult:
    """The accuracy on the n faces whose most frequent answer has exactly `votes` votes."""

    votes: int
    n: int
    accuracy: float
    interval: tuple[float, float]


@dataclass(frozen=True)
class Evaluation:
    """The results of an emotion model on one split against one set of reference labels.

    Attributes:
        n: number of faces that have a reference label.
        accuracy: fraction of faces classified correctly among the proposal's four emotions.
        interval: 95 % Wilson interval of the accuracy.
        macro_f1: mean F1 of the emotions that occur.
        macro_f1_interval: 95 % interval of `macro_f1`, from resampled faces.
        per_class: emotion → result for that emotion.
        ece: expected calibration error of the largest probability.
        calibrated_ece_limit: 95 % quantile of the expected calibration error of a perfectly calibrated model.
        calibration: the reliability diagram.
        confusion: true emotion → predicted emotion → number of faces.
        agreement: accuracy by the number of annotators who agree; empty without votes.
        proposal_protocol: scores over balanced sets of 128 faces; None if an emotion has too few faces.
        annotator_ceiling: how often other annotators would choose the reference label; None without votes.
        comparison: comparison with another model; None without one.
    """

    split: str
    truth: str
    n: int
    accuracy: float
    interval: tuple[float, float]
    macro_f1: float
    macro_f1_interval: tuple[float, float]
    per_class: dict[str, ClassResult]
    ece: float
    calibrated_ece_limit: float
    calibration: tuple[CalibrationBin, ...]
    confusion: dict[str, dict[str, int]]
    agreement: tuple[AgreementResult, ...]
    proposal_protocol: ProposalProtocol | None
    annotator_ceiling: AnnotatorCeiling | None = None
    comparison: PairedComparison | None = None

    def as_dict(self) -> dict[str, object]:
        """Convert the results to plain containers, ready for JSON."""
        return asdict(self)


def evaluate(
    data: Path,
    split: str,
    truth: GroundTruth,
    model: Path = SHIPPED_EMOTION_MODEL,
    other_model: Path | None = None,
    on_progress: StageCallback = ignore_stage,
) -> Evaluation:
    """Evaluate an exported emotion model and optionally compare it with another one.

    Args:
        data: folder with `<split>/<label>/<image>`.
        split: a folder in `data`, or `HELD_OUT_SPLIT` for the faces held out in the model's own run.
        truth: which reference labels count as correct.
        model: ONNX file; defaults to the shipped emotion model.
        other_model: ONNX file of a model to compare with on the same faces.
        on_progress: called with the name of each stage and its progress.

    Raises:
        MoviemotionError: the data, the votes or a model cannot be read, or no face has a reference label.
    """
    on_progress("reading images", 0, 1)
    faces = load_held_out_faces(model, data) if split == HELD_OUT_SPLIT else load_faces(data, split)
    probabilities = predict(model, faces, in_stage(on_progress, "predicting emotions"))
    on_progress("computing scores", 0, 1)
    result = score_predictions(probabilities, faces, split, truth)
    target = ground_truth(faces, truth)
    has_truth = target >= 0
    if faces.votes is not None:
        on_progress("fitting annotators' votes", 0, 1)
        prior = fit_vote_prior(faces.votes)
        ceiling = estimate_annotator_ceiling(
            faces.votes[has_truth],
            target[has_truth],
            prior,
            SEED,
            on_progress=in_stage(on_progress, "estimating annotator ceiling"),
        )
        result = replace(result, annotator_ceiling=ceiling)
    if other_model is not None:
        mine, others = (
            to_proposal_emotions(p[has_truth]).argmax(axis=1) == target[has_truth]
            for p in (probabilities, predict(other_model, faces, in_stage(on_progress, "comparing models")))
        )
        result = replace(result, comparison=compare_paired(mine, others, str(other_model)))
    return result


def ground_truth(faces: FaceSet, truth: GroundTruth) -> NDArray[np.int64]:
    """(n,) the true emotion of each face as an index into `PROPOSAL_EMOTIONS`; -1 if it has none.

    Raises:
        MoviemotionError: `truth` is the consensus and the faces have no votes.
    """
    return label_truth(faces) if truth is GroundTruth.LABEL else consensus_truth(faces)


def score_predictions(
    probabilities: NDArray[np.float32], faces: FaceSet, split: str, truth: GroundTruth, seed: int = SEED
) -> Evaluation:
    """Score predictions against one set of reference labels.

    Args:
        probabilities: (n, 8) in the order of `EMOTIONS`.
        faces: the n faces that were predicted.
        split: name of the split, for the result.
        seed: random seed for the intervals that are estimated by resampling.

    Raises:
        MoviemotionError: no face has a reference label, or `truth` is the consensus and the faces have no
            votes.
    """
    target = ground_truth(faces, truth)
    has_truth = target >= 0
    if not has_truth.any():
        raise MoviemotionError(
            f"{split}: no face has one of the emotions {', '.join(PROPOSAL_EMOTIONS)} as its {truth}; "
            "use other data"
        )
    four, target = to_proposal_emotions(probabilities[has_truth]), target[has_truth]
    guess, confidence = four.argmax(axis=1), four.max(axis=1)
    right = guess == target
    table = np.zeros((len(PROPOSAL_EMOTIONS), len(PROPOSAL_EMOTIONS)), dtype=np.int64)
    np.add.at(table, (target, guess), 1)
    return Evaluation(
        split=split,
        truth=str(truth),
        n=len(right),
        accuracy=float(right.mean()),
        interval=_accuracy_interval(right),
        macro_f1=float(_macro_f1(table)),
        macro_f1_interval=_macro_f1_interval(table, seed),
        per_class={
            str(emotion): ClassResult(int(of.sum()), float(right[of].mean()), _accuracy_interval(right[of]))
            for i, emotion in enumerate(PROPOSAL_EMOTIONS)
            if (of := target == i).any()
        },
        ece=expected_calibration_error(confidence, right),
        calibrated_ece_limit=calibrated_ece_limit(confidence, seed),
        calibration=calibration_curve(confidence, right),
        confusion={
            str(a): {str(b): int(table[i, j]) for j, b in enumerate(PROPOSAL_EMOTIONS)}
            for i, a in enumerate(PROPOSAL_EMOTIONS)
        },
        agreement=() if faces.votes is None else _accuracy_by_agreement(right, faces.votes[has_truth]),
        proposal_protocol=evaluate_proposal_protocol(np.diag(table), table.sum(axis=1), seed),
    )


def predict(
    model: Path, faces: FaceSet, on_progress: ProgressCallback = ignore_progress
) -> NDArray[np.float32]:
    """Predict the emotion probabilities of all faces.

    Args:
        model: ONNX file.
        on_progress: called after each batch with the number of faces done and the total.

    Returns:
        (n, 8) float32 in the order of `EMOTIONS`.

    Raises:
        MoviemotionError: the file is missing or is not an exported emotion model.
    """
    if not model.exists():
        raise MoviemotionError(f"{model}: no such file; export a run with moviemotion lab export")
    options = ort.SessionOptions()
    options.log_severity_level = 3  # an unrelated network would log hundreds of warnings
    try:
        session = ort.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
        parts = []
        for start in range(0, len(faces), BATCH_SIZE):
            batch = faces.images[start : start + BATCH_SIZE, None].astype(np.float32)
            parts.append(session.run(["probabilities"], {"faces": batch})[0])
            on_progress(start + len(batch), len(faces))
    except Exception as error:  # ONNX Runtime's own errors derive directly from Exception
        first = str(error).splitlines()[0]
        raise MoviemotionError(
            f"{model}: not an exported emotion model ({first}); export a run with moviemotion lab export"
        ) from error
    probabilities = np.concatenate(parts)
    if probabilities.shape != (len(faces), len(EMOTIONS)) or not np.isfinite(probabilities).all():
        raise MoviemotionError(
            f"{model}: the output does not consist of {len(EMOTIONS)} finite numbers per face; "
            "export the model again"
        )
    return probabilities


def _accuracy_interval(right: NDArray[np.bool_]) -> tuple[float, float]:
    low, high = wilson_interval(right.sum(), len(right))
    return float(low), float(high)


def _macro_f1(table: NDArray[np.int64]) -> NDArray[np.float64]:
    """Mean F1 over the emotions that occur: (…, 4, 4) confusion matrices, true × predicted → (…)."""
    right = np.diagonal(table, axis1=-2, axis2=-1)
    true, predicted = table.sum(axis=-1), table.sum(axis=-2)
    f1 = 2 * right / np.maximum(true + predicted, 1)
    return (f1 * (true > 0)).sum(axis=-1) / (true > 0).sum(axis=-1)


def _macro_f1_interval(table: NDArray[np.int64], seed: int) -> tuple[float, float]:
    # Resampling faces is equivalent to drawing the confusion matrix from a multinomial distribution.
    n = int(table.sum())
    drawn = np.random.default_rng(seed).multinomial(n, table.ravel() / n, BOOTSTRAP_SAMPLES)
    low, high = np.quantile(_macro_f1(drawn.reshape(-1, *table.shape)), (0.025, 0.975))
    return float(low), float(high)


def _accuracy_by_agreement(right: NDArray[np.bool_], votes: NDArray[np.int64]) -> tuple[AgreementResult, ...]:
    top = votes.max(axis=1)
    return tuple(
        AgreementResult(int(k), int(of.sum()), float(right[of].mean()), _accuracy_interval(right[of]))
        for k in np.unique(top)
        for of in [top == k]
    )
