"""How good a reader is, and how sure that is. Needs the exported model only, not torch."""

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
from moviemotion.lab.training.face_selection import HELD_OUT_SPLIT, load_held_out_faces
from moviemotion.statistics import wilson_interval

SHIPPED_EMOTION_MODEL = Path(__file__).parents[2] / "audience" / "faces" / "models" / "emotion.onnx"
BATCH_SIZE = 256
BOOTSTRAP_SAMPLES = 2000
SEED = 36


class GroundTruth(StrEnum):
    """What counts as right."""

    LABEL = "label"
    CONSENSUS = "consensus"


@dataclass(frozen=True)
class ClassResult:
    """One emotion: how many faces, the share of them read as such, and its 95 % Wilson interval."""

    n: int
    recall: float
    interval: tuple[float, float]


@dataclass(frozen=True)
class AgreementResult:
    """The faces on whose top answer exactly `votes` annotators agree, and the share of them read right."""

    votes: int
    n: int
    accuracy: float
    interval: tuple[float, float]


@dataclass(frozen=True)
class Evaluation:
    """A reader's score on one split against one truth.

    Attributes:
        n: faces that have a truth.
        accuracy: share read right among the deck's four; `interval` its 95 % Wilson interval.
        macro_f1: mean F1 of the emotions that occur; its 95 % interval from resampled faces.
        per_class: emotion → its result.
        ece: expected calibration error of the top probability.
        honest_ece: the error that a perfectly honest reader stays under 95 times in 100 on so many faces.
        calibration: the reliability diagram.
        confusion: true emotion → read emotion → count.
        agreement: the score by how many annotators agree; empty without votes.
        deck_protocol: the score over balanced 128-face sets; None where an emotion has too few faces.
        panel: how often other annotators would give the truth; None unless asked for with `evaluate`.
        comparison: with another reader; None unless asked for with `evaluate`.
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
    honest_ece: float
    calibration: tuple[CalibrationBin, ...]
    confusion: dict[str, dict[str, int]]
    agreement: tuple[AgreementResult, ...]
    deck_protocol: ProposalProtocol | None
    panel: AnnotatorCeiling | None = None
    comparison: PairedComparison | None = None

    def as_dict(self) -> dict[str, object]:
        """Plain containers, ready for JSON."""
        return asdict(self)


def evaluate(
    data: Path,
    split: str,
    truth: GroundTruth,
    model: Path = SHIPPED_EMOTION_MODEL,
    other_model: Path | None = None,
) -> Evaluation:
    """Score an exported reader on `<data>/<split>`, and with `against` compare it with another.

    Args:
        split: a folder of `data`, or `HELD_OUT`: what the reader's own run held out of the train split.

    Raises:
        MoviemotionError: data, votes or a model cannot be read, or no face has a truth.
    """
    faces = load_held_out_faces(model, data) if split == HELD_OUT_SPLIT else load_faces(data, split)
    probabilities = predict(model, faces)
    result = score_predictions(probabilities, faces, split, truth)
    target = ground_truth(faces, truth)
    kept = target >= 0
    if faces.votes is not None:
        panel = estimate_annotator_ceiling(faces.votes[kept], target[kept], fit_vote_prior(faces.votes), SEED)
        result = replace(result, panel=panel)
    if other_model is not None:
        mine, others = (
            to_proposal_emotions(p[kept]).argmax(axis=1) == target[kept]
            for p in (probabilities, predict(other_model, faces))
        )
        result = replace(result, comparison=compare_paired(mine, others, str(other_model)))
    return result


def ground_truth(faces: FaceSet, truth: GroundTruth) -> NDArray[np.int64]:
    """(n,) index into `DECK_EMOTIONS`; -1 where a face has none.

    Raises:
        MoviemotionError: the faces have no votes for a consensus.
    """
    return label_truth(faces) if truth is GroundTruth.LABEL else consensus_truth(faces)


def score_predictions(
    probabilities: NDArray[np.float32], faces: FaceSet, split: str, truth: GroundTruth, seed: int = SEED
) -> Evaluation:
    """Compare predictions, (n, 8) in the order of `EMOTIONS`, with one truth of the same n faces.

    Raises:
        MoviemotionError: no face has a truth, or the faces have no votes for a consensus.
    """
    target = ground_truth(faces, truth)
    kept = target >= 0
    if not kept.any():
        raise MoviemotionError(
            f"{split}: no face has a {truth} among {', '.join(PROPOSAL_EMOTIONS)}; use other data"
        )
    four, target = to_proposal_emotions(probabilities[kept]), target[kept]
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
        honest_ece=calibrated_ece_limit(confidence, seed),
        calibration=calibration_curve(confidence, right),
        confusion={
            str(a): {str(b): int(table[i, j]) for j, b in enumerate(PROPOSAL_EMOTIONS)}
            for i, a in enumerate(PROPOSAL_EMOTIONS)
        },
        agreement=() if faces.votes is None else _accuracy_by_agreement(right, faces.votes[kept]),
        deck_protocol=evaluate_proposal_protocol(np.diag(table), table.sum(axis=1), seed),
    )


def predict(model: Path, faces: FaceSet) -> NDArray[np.float32]:
    """(n, 8) emotion probabilities of every face.

    Raises:
        MoviemotionError: the model is missing or is not an exported reader.
    """
    if not model.exists():
        raise MoviemotionError(f"{model}: no such model; export one with: moviemotion lab export")
    options = ort.SessionOptions()
    options.log_severity_level = 3  # of another network it would warn in hundreds of lines
    try:
        session = ort.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
        parts = [
            session.run(
                ["probabilities"], {"faces": faces.images[i : i + BATCH_SIZE, None].astype(np.float32)}
            )[0]
            for i in range(0, len(faces), BATCH_SIZE)
        ]
    except Exception as error:  # ONNX Runtime raises its own classes, derived from Exception alone
        first = str(error).splitlines()[0]
        raise MoviemotionError(
            f"{model}: not an exported reader ({first}); see moviemotion lab export"
        ) from error
    probabilities = np.concatenate(parts)
    if probabilities.shape != (len(faces), len(EMOTIONS)) or not np.isfinite(probabilities).all():
        raise MoviemotionError(
            f"{model}: its probabilities are not {len(EMOTIONS)} finite numbers a face; export it again"
        )
    return probabilities


def _accuracy_interval(right: NDArray[np.bool_]) -> tuple[float, float]:
    low, high = wilson_interval(right.sum(), len(right))
    return float(low), float(high)


def _macro_f1(table: NDArray[np.int64]) -> NDArray[np.float64]:
    """(…, 4, 4) confusions, truth by read → (…) mean F1 over the emotions that occur."""
    right = np.diagonal(table, axis1=-2, axis2=-1)
    true, read = table.sum(axis=-1), table.sum(axis=-2)
    f1 = 2 * right / np.maximum(true + read, 1)
    return (f1 * (true > 0)).sum(axis=-1) / (true > 0).sum(axis=-1)


def _macro_f1_interval(table: NDArray[np.int64], seed: int) -> tuple[float, float]:
    # Resampling faces is a multinomial draw of the table's cells.
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
