"""Find images whose label is probably wrong, using predictions that do not depend on that label.

A network that was trained on a wrong label tends to reproduce it, so each label is compared with a prediction
made without it. There are two sources of such predictions. Networks trained only on the labels of the other
images (out of fold) work for any face set. The shipped emotion model is more accurate, but only on images
that it was not trained on. Labels are ranked by their normalized margin (Northcutt et al., 2021): the
probability of the best other answer minus the probability of the label.
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
from moviemotion.errors import SettingError
from moviemotion.lab.data.dataset import FaceSet, label_truth
from moviemotion.lab.evaluation.evaluate import predict
from moviemotion.lab.progress import ProgressCallback, ignore_progress

N_FOLDS = 3
LABEL_SMOOTHING = 0.1
"""Fraction of each target spread over all classes, so that networks fit wrong labels less closely."""
MIN_IMAGES_PER_CLASS = 2 * N_FOLDS
EPSILON = 1e-6
"""Added to probabilities before taking the logarithm."""
RELABEL_MIN_MARGIN = 0.8
"""Smallest margin at which a new label is proposed."""


@dataclass(frozen=True)
class LabelPredictions:
    """Predictions for n faces that do not depend on their own labels.

    Attributes:
        probabilities: (n, k) over the k classes, which are the proposal's four emotions and possibly others.
        classes: names of the k columns.
        labels: (n,) index into `classes` of each face's label; -1 if the face has no label.
        source: description of where the predictions come from.
        trained_on_labels: whether the predictions come from networks trained on the other labels of the same
            face set, which may contain the same errors.
    """

    probabilities: NDArray[np.float64]
    classes: tuple[str, ...]
    labels: NDArray[np.int64]
    source: str
    trained_on_labels: bool

    @property
    def has_label(self) -> NDArray[np.bool_]:
        """(n,) true for the faces that have a label."""
        return self.labels >= 0

    @property
    def margin(self) -> NDArray[np.float64]:
        """(n,) −1 to 1: probability of the best other answer minus that of the label; NaN if unlabeled."""
        margin = np.full(len(self.labels), np.nan)
        quality = get_label_quality_scores(
            self.labels[self.has_label], self.probabilities[self.has_label], method="normalized_margin"
        )
        margin[self.has_label] = 1 - 2 * quality
        return margin

    @property
    def ranking_score(self) -> NDArray[np.float64]:
        """(n,) 0–1, the score by which suspicious labels are sorted; NaN if unlabeled.

        For a model that was not trained on the labels, this is the margin, scaled to 0–1. Otherwise it is the
        odds of the best other answer against the label, times the odds that a label of its class is
        contradicted. If many labels of one class are wrong, networks learn the error. They then contradict
        many of these labels, but each of them only slightly. The second factor compensates for this.
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
        """The most likely class of each face."""
        return tuple(self.classes[k] for k in self.probabilities.argmax(axis=1))

    @property
    def expected_label_errors(self) -> int:
        """The number of wrong labels, estimated by confident learning (Northcutt et al., 2021)."""
        return int(num_label_issues(self.labels[self.has_label], self.probabilities[self.has_label]))


def emotion_model_predictions(
    faces: FaceSet, model: Path, on_progress: ProgressCallback = ignore_progress
) -> LabelPredictions:
    """Predict the emotions of faces with an exported emotion model that was not trained on them.

    Args:
        model: ONNX file.
        on_progress: called after each batch with the number of faces done and the total.

    Raises:
        MoviemotionError: the model cannot be read.
    """
    truth = label_truth(faces)
    labels = np.where(truth >= 0, np.array(PROPOSAL_COLUMNS)[truth], -1)
    answers = tuple(str(emotion) for emotion in EMOTIONS)
    return LabelPredictions(
        predict(model, faces, on_progress).astype(np.float64),
        answers,
        labels,
        f"the emotion model {model.name}",
        False,
    )


def out_of_fold_predictions(
    faces: FaceSet,
    groups: NDArray[np.int64],
    seed: int,
    print_line: Callable[[str], None] = print,
    on_progress: ProgressCallback = ignore_progress,
) -> LabelPredictions:
    """Predict the emotion of each face with a network that was trained on the other folds.

    Args:
        groups: (n,) group number of each face; duplicates share a group and stay in one fold.
        print_line: called with lines of text for the user.
        on_progress: called after each training batch with the number of batches done and the total over all
            folds.

    Raises:
        SettingError: a class has too few images to be divided into folds.
    """
    truth = label_truth(faces)
    labeled = np.flatnonzero(truth >= 0)
    classes = np.unique(truth[labeled])
    counts = np.bincount(truth[labeled], minlength=len(PROPOSAL_COLUMNS))
    answers = tuple(str(EMOTIONS[column]) for column in PROPOSAL_COLUMNS)
    few = [f"{answers[k]} {counts[k]}" for k in classes if counts[k] < MIN_IMAGES_PER_CLASS]
    if len(classes) < 2 or few:
        found = ", ".join(few) if few else f"{len(classes)} class"
        raise SettingError(
            "too-few-images-per-class",
            "out-of-fold predictions need at least {least} images in each of two or more classes "
            "(found: {found}); "
            "add images, or set {second_opinion} to model",
            least=MIN_IMAGES_PER_CLASS,
            found=found,
        )
    print_line(f"training {N_FOLDS} networks, each on the labels of the other folds")
    from moviemotion.lab.audit.out_of_fold import predict_out_of_fold  # imports torch

    probabilities = np.full((len(faces), len(answers)), 1 / len(answers))
    probabilities[labeled] = predict_out_of_fold(
        faces.images[labeled], truth[labeled], groups[labeled], N_FOLDS, LABEL_SMOOTHING, seed, on_progress
    )
    return LabelPredictions(
        probabilities, answers, truth, f"networks trained on the other labels, {N_FOLDS} folds", True
    )
