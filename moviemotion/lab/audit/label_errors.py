"""Pictures whose label is probably wrong, ranked, by an opinion that never saw that label.

Two opinions are on offer: networks trained on the other pictures' labels alone (out of fold), which
any data set allows, and the shipped reader, which is the better judge of data it was not trained on.
Either way a picture's suspicion is the normalised margin (Northcutt et al., 2021): how much
likelier the best other answer is than the label.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from cleanlab.count import num_label_issues
from cleanlab.rank import get_label_quality_scores
from numpy.typing import NDArray
from scipy.special import expit, logit

from moviemotion.emotions import EMOTIONS, PROPOSAL_COLUMNS
from moviemotion.errors import MoviemotionError
from moviemotion.lab.data.dataset import FaceSet, label_truth
from moviemotion.lab.evaluation.evaluate import predict

N_FOLDS = 3
LABEL_SMOOTHING = 0.1
"""Share of each target spread over all classes: a wrong label then costs a network less to contradict."""
MIN_IMAGES_PER_CLASS = 2 * N_FOLDS
EPSILON = 1e-6
"""Added to probabilities before their logarithm."""
RELABEL_MIN_MARGIN = 0.8
"""Margin from which another label is proposed."""


@dataclass(frozen=True)
class LabelPredictions:
    """What somebody who did not see the labels says of n faces.

    Attributes:
        probabilities: (n, k) of the k possible answers, the deck's four and perhaps more.
        answers: names of the k columns.
        labels: n columns of the faces' own labels; -1 where a face has none.
        source: who says so, for people.
        from_labels: whether whoever says so learnt from the same labels, and so from the same errors.
    """

    probabilities: NDArray[np.float64]
    classes: tuple[str, ...]
    labels: NDArray[np.int64]
    source: str
    trained_on_labels: bool

    @property
    def has_label(self) -> NDArray[np.bool_]:
        """(n,) true where a face has a label to doubt."""
        return self.labels >= 0

    @property
    def margin(self) -> NDArray[np.float64]:
        """(n,) from -1 to 1: probability of the best other answer less the label's; NaN without a label."""
        margin = np.full(len(self.labels), np.nan)
        quality = get_label_quality_scores(
            self.labels[self.has_label], self.probabilities[self.has_label], method="normalized_margin"
        )
        margin[self.has_label] = 1 - 2 * quality
        return margin

    @property
    def ranking_score(self) -> NDArray[np.float64]:
        """(n,) 0–1, to sort by; NaN without a label.

        Of a judge who learnt from the same labels: the odds of the best other answer against the label,
        times the odds that a label of its class is contradicted. Where one label is often wrong, a
        network learns the error and doubts none of its pictures much, but many of them.
        """
        if not self.trained_on_labels:
            return (self.margin + 1) / 2
        rows = np.flatnonzero(self.has_label)
        label, answer = self.labels[rows], self.probabilities[rows].copy()
        own = answer[np.arange(len(rows)), label]
        answer[np.arange(len(rows)), label] = 0
        other = answer.max(axis=1)
        contradicted = np.bincount(label, other > own, minlength=len(self.classes))
        rate = (contradicted + 1) / (np.bincount(label, minlength=len(self.classes)) + 2)
        odds = np.full(len(self.labels), np.nan)
        odds[rows] = expit(np.log(other + EPSILON) - np.log(own + EPSILON) + logit(rate)[label])
        return odds

    @property
    def predicted_classes(self) -> tuple[str, ...]:
        """The likeliest answer for each face."""
        return tuple(self.classes[k] for k in self.probabilities.argmax(axis=1))

    @property
    def expected_label_errors(self) -> int:
        """How many labels confident learning (Northcutt et al., 2021) expects to be wrong."""
        return int(num_label_issues(self.labels[self.has_label], self.probabilities[self.has_label]))


def emotion_model_predictions(faces: FaceSet, model: Path) -> LabelPredictions:
    """What an exported reader says; worth something on faces that it was not trained on.

    Raises:
        MoviemotionError: the model cannot be read.
    """
    truth = label_truth(faces)
    labels = np.where(truth >= 0, np.array(PROPOSAL_COLUMNS)[truth], -1)
    answers = tuple(str(emotion) for emotion in EMOTIONS)
    return LabelPredictions(
        predict(model, faces).astype(np.float64), answers, labels, f"the reader {model.name}", False
    )


def out_of_fold_predictions(
    faces: FaceSet, groups: NDArray[np.int64], seed: int, print_line: Callable[[str], None] = print
) -> LabelPredictions:
    """What networks say that were trained on the labels of the other folds.

    Args:
        groups: (n,) pictures of one group, copies of each other, stay in one fold.

    Raises:
        MoviemotionError: a class has too few pictures to be split into folds.
    """
    truth = label_truth(faces)
    judged = np.flatnonzero(truth >= 0)
    classes = np.unique(truth[judged])
    counts = np.bincount(truth[judged], minlength=len(PROPOSAL_COLUMNS))
    answers = tuple(str(EMOTIONS[column]) for column in PROPOSAL_COLUMNS)
    few = [f"{answers[k]} {counts[k]}" for k in classes if counts[k] < MIN_IMAGES_PER_CLASS]
    if len(classes) < 2 or few:
        have = ", ".join(few) if few else f"{len(classes)} class"
        raise MoviemotionError(
            f"label errors need {MIN_IMAGES_PER_CLASS} pictures in each of two classes (have: {have}); "
            "add pictures, or use --second-opinion reader"
        )
    print_line("training judges on the labels, fold by fold")
    from moviemotion.lab.audit.out_of_fold import predict_out_of_fold  # trains, so it needs torch

    probabilities = np.full((len(faces), len(answers)), 1 / len(answers))
    probabilities[judged] = predict_out_of_fold(
        faces.images[judged], truth[judged], groups[judged], N_FOLDS, LABEL_SMOOTHING, seed
    )
    return LabelPredictions(
        probabilities, answers, truth, f"networks trained on the other labels, {N_FOLDS} folds", True
    )
