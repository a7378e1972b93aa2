"""How good a reader is, and how sure that is. Needs the exported model only, not torch."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from moviemotion.emotions import DECK_EMOTIONS, to_deck
from moviemotion.errors import MoviemotionError
from moviemotion.lab.dataset import FaceSet, consensus_truth, load_faces, original_truth
from moviemotion.statistics import wilson_interval

SHIPPED_READER = Path(__file__).parents[1] / "audience" / "models" / "emotion.onnx"
CALIBRATION_BINS = 15
BATCH = 256


class Truth(StrEnum):
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
class Evaluation:
    """A reader's score on one split against one truth.

    Attributes:
        n: faces that have a truth.
        accuracy: share read right among the deck's four; `interval` its 95 % Wilson interval.
        per_class: emotion → its result.
        ece: expected calibration error of the top probability.
        confusion: true emotion → read emotion → count.
    """

    split: str
    truth: str
    n: int
    accuracy: float
    interval: tuple[float, float]
    per_class: dict[str, ClassResult]
    ece: float
    confusion: dict[str, dict[str, int]]

    def as_dict(self) -> dict[str, object]:
        """Plain containers, ready for JSON."""
        return asdict(self)


def evaluate(data: Path, split: str, truth: Truth, model: Path = SHIPPED_READER) -> Evaluation:
    """Score an exported reader on `<data>/<split>`.

    Raises:
        MoviemotionError: data, votes or model cannot be read, or no face has a truth.
    """
    return score(predict(model, faces := load_faces(data, split)), faces, split, truth)


def score(probabilities: NDArray[np.float32], faces: FaceSet, split: str, truth: Truth) -> Evaluation:
    """Compare predictions, (n, 8) in the order of `EMOTIONS`, with one truth of the same n faces.

    Raises:
        MoviemotionError: no face has a truth, or the faces have no votes for a consensus.
    """
    target = original_truth(faces) if truth is Truth.LABEL else consensus_truth(faces)
    kept = target >= 0
    if not kept.any():
        raise MoviemotionError(
            f"{split}: no face has a {truth} among {', '.join(DECK_EMOTIONS)}; use other data"
        )
    four, target = to_deck(probabilities[kept]), target[kept]
    guess = four.argmax(axis=1)
    right = guess == target
    table = np.zeros((len(DECK_EMOTIONS), len(DECK_EMOTIONS)), dtype=int)
    np.add.at(table, (target, guess), 1)
    per_class = {
        str(emotion): _share(int(table[i, i]), int(table[i].sum()))
        for i, emotion in enumerate(DECK_EMOTIONS)
        if table[i].sum()
    }
    whole = _share(int(right.sum()), len(right))
    return Evaluation(
        split=split,
        truth=str(truth),
        n=whole.n,
        accuracy=whole.recall,
        interval=whole.interval,
        per_class=per_class,
        ece=expected_calibration_error(four.max(axis=1), right),
        confusion={
            str(a): {str(b): int(table[i, j]) for j, b in enumerate(DECK_EMOTIONS)}
            for i, a in enumerate(DECK_EMOTIONS)
        },
    )


def expected_calibration_error(confidence: NDArray[np.floating], right: NDArray[np.bool_]) -> float:
    """Mean gap between confidence and accuracy over 15 equal bins, weighted by size (Naeini et al., 2015).

    Args:
        confidence: (n,) probability given to the chosen class.
        right: (n,) whether it was the true one.
    """
    bins = np.minimum((confidence * CALIBRATION_BINS).astype(int), CALIBRATION_BINS - 1)
    count = np.bincount(bins, minlength=CALIBRATION_BINS)
    gap = np.bincount(bins, confidence - right, minlength=CALIBRATION_BINS)
    return float(np.abs(gap).sum() / count.sum())


def predict(model: Path, faces: FaceSet) -> NDArray[np.float32]:
    """(n, 8) emotion probabilities of every face.

    Raises:
        MoviemotionError: the model is missing or is not an exported reader.
    """
    if not model.exists():
        raise MoviemotionError(f"{model}: no such model; export one with: moviemotion lab export")
    try:
        session = ort.InferenceSession(str(model), providers=["CPUExecutionProvider"])
        parts = [
            session.run(["probabilities"], {"faces": faces.images[i : i + BATCH, None].astype(np.float32)})[0]
            for i in range(0, len(faces), BATCH)
        ]
    except Exception as error:  # ONNX Runtime raises its own classes, derived from Exception alone
        first = str(error).splitlines()[0]
        raise MoviemotionError(
            f"{model}: not an exported reader ({first}); see moviemotion lab export"
        ) from error
    return np.concatenate(parts)


def _share(k: int, n: int) -> ClassResult:
    low, high = wilson_interval(k, n)
    return ClassResult(n, k / n, (float(low), float(high)))


def evaluation_lines(result: Evaluation) -> list[str]:
    """The result as lines for the terminal."""
    low, high = result.interval
    lines = [
        f"{result.split} split against the {result.truth}: accuracy {result.accuracy:.3f} "
        f"(95 % interval {low:.3f} to {high:.3f}, n={result.n}), calibration error {result.ece:.3f}"
    ]
    for emotion, one in result.per_class.items():
        low, high = one.interval
        lines.append(f"  {emotion:<9} recall {one.recall:.3f} ({low:.3f} to {high:.3f}, n={one.n})")
    return lines
