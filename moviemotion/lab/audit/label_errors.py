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

from moviemotion.emotions import DECK_COLUMNS, EMOTIONS
from moviemotion.errors import MoviemotionError
from moviemotion.lab.data.dataset import FaceSet, original_truth
from moviemotion.lab.evaluation.evaluate import predict

FOLDS = 3
SMOOTHING = 0.1
"""Share of each target spread over all classes: a wrong label then costs a network less to contradict."""
FEWEST_A_CLASS = 2 * FOLDS
TINY = 1e-6
"""Added to probabilities before their logarithm."""
CLEAR_MARGIN = 0.8
"""Margin from which another label is proposed."""


@dataclass(frozen=True)
class Opinion:
    """What somebody who did not see the labels says of n faces.

    Attributes:
        probabilities: (n, k) of the k possible answers, the deck's four and perhaps more.
        answers: names of the k columns.
        labels: n columns of the faces' own labels; -1 where a face has none.
        source: who says so, for people.
        from_labels: whether whoever says so learnt from the same labels, and so from the same errors.
    """

    probabilities: NDArray[np.float64]
    answers: tuple[str, ...]
    labels: NDArray[np.int64]
    source: str
    from_labels: bool

    @property
    def judged(self) -> NDArray[np.bool_]:
        """(n,) true where a face has a label to doubt."""
        return self.labels >= 0

    @property
    def suspicion(self) -> NDArray[np.float64]:
        """(n,) from -1 to 1: probability of the best other answer less the label's; NaN without a label."""
        margin = np.full(len(self.labels), np.nan)
        quality = get_label_quality_scores(
            self.labels[self.judged], self.probabilities[self.judged], method="normalized_margin"
        )
        margin[self.judged] = 1 - 2 * quality
        return margin

    @property
    def ranking(self) -> NDArray[np.float64]:
        """(n,) 0–1, to sort by; NaN without a label.

        Of a judge who learnt from the same labels: the odds of the best other answer against the label,
        times the odds that a label of its class is contradicted. Where one label is often wrong, a
        network learns the error and doubts none of its pictures much, but many of them.
        """
        if not self.from_labels:
            return (self.suspicion + 1) / 2
        rows = np.flatnonzero(self.judged)
        label, answer = self.labels[rows], self.probabilities[rows].copy()
        own = answer[np.arange(len(rows)), label]
        answer[np.arange(len(rows)), label] = 0
        other = answer.max(axis=1)
        contradicted = np.bincount(label, other > own, minlength=len(self.answers))
        rate = (contradicted + 1) / (np.bincount(label, minlength=len(self.answers)) + 2)
        odds = np.full(len(self.labels), np.nan)
        odds[rows] = expit(np.log(other + TINY) - np.log(own + TINY) + logit(rate)[label])
        return odds

    @property
    def best(self) -> tuple[str, ...]:
        """The likeliest answer for each face."""
        return tuple(self.answers[k] for k in self.probabilities.argmax(axis=1))

    @property
    def expected_wrong(self) -> int:
        """How many labels confident learning (Northcutt et al., 2021) expects to be wrong."""
        return int(num_label_issues(self.labels[self.judged], self.probabilities[self.judged]))


def reader_opinion(faces: FaceSet, model: Path) -> Opinion:
    """What an exported reader says; worth something on faces that it was not trained on.

    Raises:
        MoviemotionError: the model cannot be read.
    """
    truth = original_truth(faces)
    labels = np.where(truth >= 0, np.array(DECK_COLUMNS)[truth], -1)
    answers = tuple(str(emotion) for emotion in EMOTIONS)
    return Opinion(
        predict(model, faces).astype(np.float64), answers, labels, f"the reader {model.name}", False
    )


def label_opinion(
    faces: FaceSet, groups: NDArray[np.int64], seed: int, say: Callable[[str], None] = print
) -> Opinion:
    """What networks say that were trained on the labels of the other folds.

    Args:
        groups: (n,) pictures of one group, copies of each other, stay in one fold.

    Raises:
        MoviemotionError: a class has too few pictures to be split into folds.
    """
    truth = original_truth(faces)
    judged = np.flatnonzero(truth >= 0)
    classes = np.unique(truth[judged])
    counts = np.bincount(truth[judged], minlength=len(DECK_COLUMNS))
    answers = tuple(str(EMOTIONS[column]) for column in DECK_COLUMNS)
    few = [f"{answers[k]} {counts[k]}" for k in classes if counts[k] < FEWEST_A_CLASS]
    if len(classes) < 2 or few:
        have = ", ".join(few) if few else f"{len(classes)} class"
        raise MoviemotionError(
            f"label errors need {FEWEST_A_CLASS} pictures in each of two classes (have: {have}); "
            "add pictures, or use --second-opinion reader"
        )
    say("training judges on the labels, fold by fold")
    from moviemotion.lab.audit.out_of_fold import out_of_fold  # trains, so it needs torch

    probabilities = np.full((len(faces), len(answers)), 1 / len(answers))
    probabilities[judged] = out_of_fold(
        faces.images[judged], truth[judged], groups[judged], FOLDS, SMOOTHING, seed
    )
    return Opinion(
        probabilities, answers, truth, f"networks trained on the other labels, {FOLDS} folds", True
    )
