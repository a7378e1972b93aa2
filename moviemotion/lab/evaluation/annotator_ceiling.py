"""How good can a reader be? How often a second panel of annotators would give the first panel's answer.

Each face is taken to have its own chances that an annotator picks each of the ten answers. A panel's
votes are independent draws from them (multinomial). The chances of all faces follow a mixture of
Dirichlet distributions, fitted to all votes by maximum likelihood, so that both the plain faces and the
mixed ones are as frequent as they are in the data. Given a face's own votes, its chances are known up
to their posterior; the second panel is drawn from that.

Assumed: annotators are independent given the face, and the second panel comes from the same crowd. A
crowd that shares a slant makes the truth less certain than this says; nothing in the votes can show it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import digamma, gammaln, logsumexp

from moviemotion.emotions import PROPOSAL_COLUMNS

Float64Array = NDArray[np.float64]

PANEL_SIZE = 10
MAX_ITERATIONS = 1000
TOLERANCE = 3e-6
"""Gain in mean log-likelihood of a face, in nats, below which the fit stops."""
OVER_RELAXATION = 1.8
MIN_ALPHA, MAX_ALPHA = 1e-3, 1e3
POSTERIOR_DRAWS = 200


@dataclass(frozen=True)
class VotePrior:
    """A mixture of K Dirichlet distributions over the C answers of an annotator.

    Attributes:
        weights: (K,) sum to one.
        alpha: (K, C) positive.
    """

    weights: Float64Array
    alpha: Float64Array


@dataclass(frozen=True)
class AnnotatorCeiling:
    """How often others of the same crowd would give the truth, over the same n faces.

    Attributes:
        second_panel: share of faces on which a second panel of ten, asked for one of the deck's four,
            gives the truth by its most votes; a tie between t counts 1 / t if the truth is among them.
        endless_panel: the same of a panel without end. Against the consensus, no reader that
            sees the face alone can be expected to be right more often.
        second_interval, endless_interval: 95 %, from faces resampled and the posterior redrawn.
    """

    n: int
    second_panel: float
    second_interval: tuple[float, float]
    endless_panel: float
    endless_interval: tuple[float, float]


def estimate_annotator_ceiling(
    votes: NDArray[np.int64],
    target: NDArray[np.int64],
    prior: VotePrior,
    seed: int,
    panel_size: int = PANEL_SIZE,
) -> AnnotatorCeiling:
    """Simulate second panels for faces whose first votes are known.

    Args:
        votes: (n, 10) in the order of `VOTE_COLUMNS`.
        target: (n,) the truth, index into `DECK_EMOTIONS`.
        prior: from `fit_prior`.
        panel: annotators in the second panel.
    """
    rng = np.random.default_rng(seed)
    n = len(votes)
    log_share = np.log(prior.weights) + _VoteCounts(votes).log_likelihood(prior.alpha)
    cumulated = np.exp(log_share - logsumexp(log_share, axis=1, keepdims=True)).cumsum(axis=1)
    second, endless, resampled = (
        np.empty(POSTERIOR_DRAWS),
        np.empty(POSTERIOR_DRAWS),
        np.empty((POSTERIOR_DRAWS, 2)),
    )
    for draw in range(POSTERIOR_DRAWS):
        component = (rng.random((n, 1)) > cumulated[:, :-1]).sum(axis=1)
        chances = rng.standard_gamma(prior.alpha[component] + votes)
        chances /= chances.sum(axis=1, keepdims=True)
        four = rng.multinomial(panel_size, chances)[:, PROPOSAL_COLUMNS]
        top = four == four.max(axis=1, keepdims=True)
        agree = top[np.arange(n), target] / top.sum(axis=1)
        best = chances[:, PROPOSAL_COLUMNS].argmax(axis=1) == target
        second[draw], endless[draw] = agree.mean(), best.mean()
        again = rng.integers(n, size=n)
        resampled[draw] = agree[again].mean(), best[again].mean()
    low, high = np.quantile(resampled, (0.025, 0.975), axis=0)
    return AnnotatorCeiling(
        n=n,
        second_panel=float(second.mean()),
        second_interval=(float(low[0]), float(high[0])),
        endless_panel=float(endless.mean()),
        endless_interval=(float(low[1]), float(high[1])),
    )


def fit_vote_prior(votes: NDArray[np.int64]) -> VotePrior:
    """Fit the mixture of Dirichlet-multinomials by EM, one component an answer to begin with.

    The M-step is one round of Minka's (2000) fixed point for the Dirichlet-multinomial.

    Args:
        votes: (n, C) counts of a whole split, those without a consensus too.
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
        share = np.exp(joint - total[:, None]) * count[:, None]  # how much of each row is whose
        weights = np.maximum(share.sum(axis=0), 1e-9)
        weights /= weights.sum()
        alpha = tally.fixed_point(share, alpha)
    return VotePrior(weights, alpha)


class _VoteCounts:
    """Votes as a 0/1 matrix over the pairs (answer, count) that occur: both sums become products."""

    def __init__(self, votes: NDArray[np.int64]) -> None:
        pairs = [(answer, v) for answer in range(votes.shape[1]) for v in np.unique(votes[:, answer])]
        self.answer, self.count = np.array(pairs).T
        self.has = (votes[:, self.answer] == self.count).astype(np.float64)  # (n, pairs)
        self.of_answer = np.eye(votes.shape[1])[self.answer]  # (pairs, C)
        self.total = votes.sum(axis=1)[:, None]

    def log_likelihood(self, alpha: Float64Array) -> Float64Array:
        """(n, K) log chance of each face's votes under each component, less what the components share."""
        cells = gammaln(self.count + alpha[:, self.answer]) - gammaln(alpha[:, self.answer])
        whole = alpha.sum(axis=1)
        return self.has @ cells.T + gammaln(whole) - gammaln(self.total + whole)

    def fixed_point(self, share: Float64Array, alpha: Float64Array) -> Float64Array:
        """The next alpha; share, (n, K), says how much of each row belongs to each component."""
        gain = digamma(self.count + alpha[:, self.answer]) - digamma(alpha[:, self.answer])
        above = ((share.T @ self.has) * gain) @ self.of_answer
        whole = alpha.sum(axis=1)
        below = (share * (digamma(self.total + whole) - digamma(whole))).sum(axis=0)
        ratio = above / np.maximum(below, 1e-12)[:, None]
        # Over-relaxed, for speed. Bounded: votes that are all alike would send alpha to infinity.
        return np.clip(alpha * ratio**OVER_RELAXATION, MIN_ALPHA, MAX_ALPHA)
