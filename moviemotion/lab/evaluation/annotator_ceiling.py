"""The annotator ceiling: how often a second panel of annotators would agree with the first.

The ten annotators of a face rarely all agree, and a different ten would sometimes choose another emotion. No
model that sees only the face can be expected to match the first panel's answer more often than a very large
panel of annotators would. A model's accuracy should therefore be compared with this ceiling.

The ceiling is estimated in three steps:

1. For each face, each of the ten answers has a probability of being picked by an annotator. The votes of a
   panel are independent draws from this distribution (multinomial).
2. Across faces, these probabilities follow a mixture of Dirichlet distributions, which is fitted to all votes
   by maximum likelihood. Clear and ambiguous faces are then as frequent as in the data.
3. Given the votes of a face, its probabilities have a known posterior distribution. Second panels are drawn
   from it.

The estimate assumes that annotators are independent given the face, and that the second panel comes from the
same population. A bias common to all annotators would make the answers less certain than estimated here, and
it cannot be detected from votes alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import digamma, gammaln, logsumexp

from moviemotion.emotions import PROPOSAL_COLUMNS
from moviemotion.lab.progress import ProgressCallback, ignore_progress

Float64Array = NDArray[np.float64]

PANEL_SIZE = 10
MAX_ITERATIONS = 1000
TOLERANCE = 3e-6
"""Gain in mean log-likelihood per face, in nats, below which the fit stops."""
OVER_RELAXATION = 1.8
MIN_ALPHA, MAX_ALPHA = 1e-3, 1e3
POSTERIOR_DRAWS = 200


@dataclass(frozen=True)
class VotePrior:
    """A mixture of K Dirichlet distributions over the C answers of an annotator.

    Attributes:
        weights: (K,) positive mixture weights, which sum to one.
        alpha: (K, C) positive parameters of the distributions.
    """

    weights: Float64Array
    alpha: Float64Array


@dataclass(frozen=True)
class AnnotatorCeiling:
    """How often other annotators from the same population would choose the reference label, over n faces.

    Attributes:
        n: number of faces.
        second_panel: fraction of faces for which the true emotion gets the most votes, among the proposal's
            four emotions, from a second panel of ten. A tie of t emotions counts as 1/t if it includes the
            true emotion.
        infinite_panel: the same fraction for an infinitely large panel. If the consensus is the reference
            label, no model that sees only the face can be expected to be correct more often.
        second_interval, infinite_interval: 95 % intervals of the two fractions, from resampled faces and
            posterior draws.
    """

    n: int
    second_panel: float
    second_interval: tuple[float, float]
    infinite_panel: float
    infinite_interval: tuple[float, float]


def estimate_annotator_ceiling(
    votes: NDArray[np.int64],
    target: NDArray[np.int64],
    prior: VotePrior,
    seed: int,
    panel_size: int = PANEL_SIZE,
    on_progress: ProgressCallback = ignore_progress,
) -> AnnotatorCeiling:
    """Simulate second panels for faces whose votes are known.

    Args:
        votes: (n, 10) counts in the order of `VOTE_COLUMNS`.
        target: (n,) the true emotion as an index into `PROPOSAL_EMOTIONS`.
        prior: the result of `fit_vote_prior`.
        panel_size: number of annotators in the second panel.
        on_progress: called after each draw from the posterior.
    """
    rng = np.random.default_rng(seed)
    n = len(votes)
    log_share = np.log(prior.weights) + _VoteCounts(votes).log_likelihood(prior.alpha)
    cumulated = np.exp(log_share - logsumexp(log_share, axis=1, keepdims=True)).cumsum(axis=1)
    second, infinite = np.empty(POSTERIOR_DRAWS), np.empty(POSTERIOR_DRAWS)
    resampled = np.empty((POSTERIOR_DRAWS, 2))
    for draw in range(POSTERIOR_DRAWS):
        component = (rng.random((n, 1)) > cumulated[:, :-1]).sum(axis=1)
        # The posterior of a Dirichlet component adds the votes to its parameters; normalized gamma draws
        # are Dirichlet draws.
        chances = rng.standard_gamma(prior.alpha[component] + votes)
        chances /= chances.sum(axis=1, keepdims=True)
        four = rng.multinomial(panel_size, chances)[:, PROPOSAL_COLUMNS]
        top = four == four.max(axis=1, keepdims=True)
        agree = top[np.arange(n), target] / top.sum(axis=1)
        best = chances[:, PROPOSAL_COLUMNS].argmax(axis=1) == target
        second[draw], infinite[draw] = agree.mean(), best.mean()
        again = rng.integers(n, size=n)
        resampled[draw] = agree[again].mean(), best[again].mean()
        on_progress(draw + 1, POSTERIOR_DRAWS)
    low, high = np.quantile(resampled, (0.025, 0.975), axis=0)
    return AnnotatorCeiling(
        n=n,
        second_panel=float(second.mean()),
        second_interval=(float(low[0]), float(high[0])),
        infinite_panel=float(infinite.mean()),
        infinite_interval=(float(low[1]), float(high[1])),
    )


def fit_vote_prior(votes: NDArray[np.int64]) -> VotePrior:
    """Fit the mixture of Dirichlet-multinomials by EM, starting from one component per answer.

    The M-step is one iteration of Minka's (2000) fixed point for the Dirichlet-multinomial.

    Args:
        votes: (n, C) counts for all faces of a split, including faces without a consensus.
    """
    rows, count = np.unique(votes, axis=0, return_counts=True)
    tally, answers = _VoteCounts(rows), votes.shape[1]
    alpha = np.full((answers, answers), 0.2) + 2 * np.eye(answers)
    weights = np.full(answers, 1 / answers)
    before = -np.inf
    for _ in range(MAX_ITERATIONS):
        joint = np.log(weights) + tally.log_likelihood(alpha)
        total = logsumexp(joint, axis=1)
        likelihood = float(total @ count) / len(votes)
        if likelihood - before < TOLERANCE:
            break
        before = likelihood
        share = (
            np.exp(joint - total[:, None]) * count[:, None]
        )  # responsibility of each component for each row
        weights = np.maximum(share.sum(axis=0), 1e-9)
        weights /= weights.sum()
        alpha = tally.fixed_point(share, alpha)
    return VotePrior(weights, alpha)


class _VoteCounts:
    """Votes as a 0/1 matrix over the (answer, count) pairs that occur, so that sums are matrix products."""

    def __init__(self, votes: NDArray[np.int64]) -> None:
        pairs = [(answer, v) for answer in range(votes.shape[1]) for v in np.unique(votes[:, answer])]
        self.answer, self.count = np.array(pairs).T
        self.has = (votes[:, self.answer] == self.count).astype(np.float64)  # (n, pairs)
        self.of_answer = np.eye(votes.shape[1])[self.answer]  # (pairs, C)
        self.total = votes.sum(axis=1)[:, None]

    def log_likelihood(self, alpha: Float64Array) -> Float64Array:
        """(n, K) log-likelihood of each face's votes under each component, up to a constant for each face."""
        cells = gammaln(self.count + alpha[:, self.answer]) - gammaln(alpha[:, self.answer])
        alpha_sum = alpha.sum(axis=1)
        return self.has @ cells.T + gammaln(alpha_sum) - gammaln(self.total + alpha_sum)

    def fixed_point(self, share: Float64Array, alpha: Float64Array) -> Float64Array:
        """The next alpha, given `share`, the (n, K) responsibilities of the components for the rows."""
        gain = digamma(self.count + alpha[:, self.answer]) - digamma(alpha[:, self.answer])
        above = ((share.T @ self.has) * gain) @ self.of_answer
        alpha_sum = alpha.sum(axis=1)
        below = (share * (digamma(self.total + alpha_sum) - digamma(alpha_sum))).sum(axis=0)
        ratio = above / np.maximum(below, 1e-12)[:, None]
        # Over-relaxation speeds up convergence. Without bounds, identical votes would let alpha grow forever.
        return np.clip(alpha * ratio**OVER_RELAXATION, MIN_ALPHA, MAX_ALPHA)
