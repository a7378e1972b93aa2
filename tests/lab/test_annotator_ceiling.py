"""The annotator ceiling, compared with simulated and real panels."""

import csv
from pathlib import Path

import numpy as np
import pytest

from moviemotion.emotions import PROPOSAL_COLUMNS
from moviemotion.lab.data import dataset
from moviemotion.lab.evaluation.annotator_ceiling import estimate_annotator_ceiling, fit_vote_prior

FACES = Path(__file__).parents[2].parent / "shared" / "data" / "faces"
needs_faces = pytest.mark.skipif(not FACES.exists(), reason="needs ../shared/data/faces (real faces)")


def population(n, rng):
    """(n, 10) probabilities of each answer; some faces are clear, some ambiguous."""
    alpha = np.full((6, 10), 0.05)
    for k, (peak, rest) in enumerate([(8, 0.4), (2, 0.5), (4, 1), (1.5, 1), (6, 2), (3, 2)]):
        alpha[k, :6] = rest / 2
        alpha[k, k] = peak
    chances = rng.standard_gamma(alpha[rng.integers(6, size=n)])
    return chances / chances.sum(axis=1, keepdims=True)


def as_faces(votes):
    n = len(votes)
    return dataset.FaceSet(("",) * n, np.zeros((n, 1, 1), np.uint8), ("",) * n, votes)


def agreed(votes, target):
    four = votes[:, list(PROPOSAL_COLUMNS)]
    top = four == four.max(axis=1, keepdims=True)
    return float((top[np.arange(len(target)), target] / top.sum(axis=1)).mean())


def test_estimates_from_one_panel_match_simulated_second_and_infinite_panels():
    rng = np.random.default_rng(3)
    chances = population(2500, rng)
    first, second = rng.multinomial(10, chances), rng.multinomial(10, chances)
    target = dataset.consensus_truth(as_faces(first))
    has_truth = target >= 0
    estimate = estimate_annotator_ceiling(first[has_truth], target[has_truth], fit_vote_prior(first), seed=1)
    low, high = estimate.second_interval
    assert low < estimate.second_panel < high
    assert estimate.second_panel == pytest.approx(agreed(second[has_truth], target[has_truth]), abs=0.02)
    best = chances[has_truth][:, list(PROPOSAL_COLUMNS)].argmax(axis=1) == target[has_truth]
    assert estimate.infinite_panel == pytest.approx(best.mean(), abs=0.02)
    assert estimate.infinite_panel > estimate.second_panel
    # The shares of the first panel, taken as true probabilities, would give too high an estimate.
    naive = agreed(rng.multinomial(10, first / 10)[has_truth], target[has_truth])
    assert naive > estimate.second_panel + 0.015


def test_unanimous_annotators_have_a_ceiling_of_1_and_results_are_reproducible():
    votes = np.zeros((200, 10), dtype=np.int64)
    target = np.arange(200) % 4
    votes[np.arange(200), np.array(PROPOSAL_COLUMNS)[target]] = 10
    prior = fit_vote_prior(votes)
    result = estimate_annotator_ceiling(votes, target, prior, seed=5)
    assert result.second_panel > 0.98
    assert result == estimate_annotator_ceiling(votes, target, prior, seed=5)


@needs_faces
def test_two_real_panels_of_five_agree_as_often_as_estimated():
    votes = _train_votes()[::16]
    votes = votes[votes.sum(axis=1) == 10]
    rng = np.random.default_rng(2)
    answers = np.repeat(np.tile(np.arange(10), len(votes)), votes.ravel()).reshape(len(votes), 10)
    answers = rng.permuted(answers, axis=1)
    first, second = (np.stack([(a == k).sum(1) for k in range(10)], 1) for a in np.split(answers, 2, axis=1))
    four, top = first[:, list(PROPOSAL_COLUMNS)], first.max(axis=1)
    has_truth = (four.max(axis=1) == top) & ((first == top[:, None]).sum(axis=1) == 1) & (top >= 3)
    target = four.argmax(axis=1)[has_truth]
    estimate = estimate_annotator_ceiling(
        first[has_truth], target, fit_vote_prior(first), seed=1, panel_size=5
    )
    assert estimate.second_panel == pytest.approx(agreed(second[has_truth], target), abs=0.03)


def _train_votes():
    with (FACES / "annotations.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["split"] == "train"]
    return np.array([[int(row[column]) for column in dataset.VOTE_COLUMNS] for row in rows])
