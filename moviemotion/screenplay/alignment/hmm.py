"""A hidden Markov model that determines which lines of the script are spoken, and where.

A model is needed because a line such as "No." matches in a hundred places, and its words alone do not show
which place is right. The neighboring lines do, because films mostly keep the script's order. The model
combines both kinds of evidence.

States: before each line of the script, the state consists of a flag and a position. The flag indicates
whether the previous line was cut or spoken. The position is the number of film words up to the end of the
last line that was spoken in order. Transitions for the next line:

- it is cut: the position stays;
- it is spoken in order: it starts after the position (usually at once, sometimes a few words later, rarely
  slightly earlier if two lines swap places), and the position moves to its end;
- it is moved alone: it is spoken elsewhere, usually nearby, and the position stays;
- the film jumps: the line may be spoken anywhere, and the position moves there.

Emissions: a candidate with B bits of evidence is 2^B times as likely as a chance match. The probability that
a line is cut depends on whether the previous line was cut, since editors cut passages rather than single
lines.

The forward-backward algorithm (Rabiner, 1989) computes the posterior probability of each candidate and of the
line being absent. The two probabilities of being spoken are fitted to each film (Baum-Welch). Aligning words
with a Markov chain that allows jumps follows Vogel, Ney and Tillmann (1996).

A transition matrix over all positions would have M² entries for each line. Instead, step lengths are modeled
as mixtures of geometric distributions, which recursive filters apply in O(M).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

from moviemotion.screenplay.alignment.candidates import Candidates, Float64Array, Int64Array

_FORWARD_STEPS = ((3.0, 0.72), (40.0, 0.2), (600.0, 0.05))
"""Mean number of words between a line's last word and the next line's first, and the weight of each mean.
Usually the next line follows at once; the long means cover words and scenes that are not in the script."""
_BACKWARD_STEPS = (30.0, 0.03)
"""Mean length of backward steps, in words, and their weight; they occur when two lines swap places."""
_MOVED_LINE_PROBABILITY = 0.02
"""Probability that a spoken line is moved alone, so that the next line continues from its original place."""
_MOVED_NEARBY = (60.0, 0.8)
"""Mean distance in words, in either direction, of a line moved within its scene, and the fraction of moved
lines that stay within their scene; the others may be anywhere."""
_JUMP_PROBABILITY = 0.001
"""Probability that the film continues elsewhere, starting with this line."""
_INITIAL_SPOKEN_RATES = (0.85, 0.3)
"""Initial probabilities that a line is spoken after a spoken line and after a cut line, before fitting."""
_ITERATIONS = 2
"""Number of Baum-Welch iterations."""
_DENORMAL_FLOOR = 1e-30
"""Added to every value before filtering, since arithmetic on denormal numbers is slow."""


@dataclass(frozen=True)
class Posterior:
    """The posterior distribution of one line, given the complete film; its probabilities sum to 1.

    Attributes:
        candidate_probabilities: (C,) probability that the line is spoken at each of its candidates.
        absent_probability: probability that the line is absent from the film.
    """

    candidate_probabilities: Float64Array
    absent_probability: float


def line_posteriors(candidates: Sequence[Candidates], word_count: int) -> list[Posterior]:
    """The posterior probability of every candidate of every line.

    Args:
        candidates: the candidates of each line, in the script's order.
        word_count: M, the number of words spoken in the film.

    Returns:
        One posterior for each line.
    """
    model = _LineModel(candidates, word_count)
    rates = np.array(_INITIAL_SPOKEN_RATES)
    found: list[Posterior] = []
    for _ in range(_ITERATIONS):
        found, rates = model.infer(rates)
    return found


StateMass = NDArray[np.float32]
"""(2, M + 1) probability mass of each state. Axis 0: whether the previous line was cut (0) or spoken (1);
axis 1: position in the film, in words."""


class _LineModel:
    """The hidden Markov model of one script and one film.

    All likelihoods of a line are divided by the likelihood of its best candidate. Products such as 2^250 ·
    2^250 would overflow, and posteriors depend only on ratios.
    """

    def __init__(self, lines: Sequence[Candidates], word_count: int) -> None:
        self._lines = lines
        self._word_count = word_count
        peaks = [max(line.bits.max(initial=0.0), 0.0) for line in lines]
        self._likelihoods = [np.exp2(line.bits - peak) for line, peak in zip(lines, peaks, strict=True)]
        self._absent_likelihoods = [2.0**-peak for peak in peaks]
        self._moved_likelihoods = [self._moved_likelihood(k) for k in range(len(lines))]

    def infer(self, rates: Float64Array) -> tuple[list[Posterior], Float64Array]:
        """Run forward-backward once.

        Args:
            rates: (2,) probability that a line is spoken if the previous line was cut, and if it was spoken.

        Returns:
            The posterior of each line, and the rates, (2,), re-estimated from these posteriors.
        """
        before, arrivals = self._forward(rates)
        after = np.ones((2, self._word_count + 1))
        posteriors: list[Posterior] = []
        # Starting each count at one line keeps the rates away from 0 and 1.
        counts = np.ones((2, 2))
        for k in range(len(self._lines) - 1, -1, -1):
            line, likelihood, absent = self._lines[k], self._likelihoods[k], self._absent_likelihoods[k]
            mass = before[k].astype(np.float64)
            # If the line is spoken in order, the position moves to its end. If the line is moved alone, the
            # position stays, so the backward values are weighted at the old position before they are spread
            # over the places where the line may be.
            in_order = likelihood * after[1][line.last_word + 1]
            moved = _MOVED_LINE_PROBABILITY * self._spread_around((rates @ mass) * after[1])[line.first_word]
            spoken = arrivals[k] * in_order + likelihood * moved
            cut = mass @ after[0] * (1 - rates) * absent
            spoken_value = (
                self._transition_backward(line.first_word, in_order) + self._moved_likelihoods[k] * after[1]
            )
            total = spoken.sum() + cut.sum()
            posteriors.append(Posterior(spoken / total, float(cut.sum() / total)))
            counts += np.stack([cut, rates * (mass @ spoken_value)], axis=1) / total
            after = rates[:, None] * spoken_value + (1 - rates[:, None]) * absent * after[0]
            after /= after.max()  # only ratios matter; without this, the product over all lines underflows
        return posteriors[::-1], np.asarray(counts[:, 1] / counts.sum(axis=1))

    def _forward(self, rates: Float64Array) -> tuple[list[StateMass], list[Float64Array]]:
        """The forward pass.

        Returns:
            For each line, the probability mass before it, (2, M + 1), scaled to sum to 1; and for each line,
            the probability of arriving in order at each of its candidates, (C,).
        """
        mass = np.zeros((2, self._word_count + 1))
        mass[1, 0] = 1.0  # the film starts at word 0, as if after a spoken line
        masses, arrivals = list[StateMass](), list[Float64Array]()
        for k, line in enumerate(self._lines):
            # One array is stored per line, so memory grows with lines × words; float32 halves it.
            masses.append(mass.astype(np.float32))
            ready = rates @ mass
            arrivals.append(self._transition_forward(ready)[line.first_word])
            cut = (mass.sum(axis=0) - ready) * self._absent_likelihoods[k]
            said = ready * self._moved_likelihoods[k]
            said += _sum_by_position(line.last_word + 1, self._likelihoods[k] * arrivals[k], self._word_count)
            mass = np.stack([cut, said])
            mass /= mass.sum()
        return masses, arrivals

    def _transition_forward(self, ready: Float64Array) -> Float64Array:
        """The probability that the next line starts at each word, either in order or by a jump.

        Args:
            ready: (M + 1,) probability of each position, multiplied by the probability that the next line is
                spoken.
        """
        steps = _spread_forward(ready)
        steps[:-1] += _BACKWARD_STEPS[1] * _spread_geometrically(ready[::-1], _BACKWARD_STEPS[0])[::-1][1:]
        return (
            1 - _MOVED_LINE_PROBABILITY - _JUMP_PROBABILITY
        ) * steps + _JUMP_PROBABILITY * ready.sum() / self._word_count

    def _transition_backward(self, first: Int64Array, value: Float64Array) -> Float64Array:
        """The transpose of `_transition_forward`, for the backward pass.

        Args:
            first: (C,) first words of the candidates.
            value: (C,) backward values of the candidates.

        Returns:
            (M + 1,) the value of each position before the line.
        """
        at = _sum_by_position(first, value, self._word_count)
        steps = _spread_forward(at[::-1])[::-1]
        steps[1:] += _BACKWARD_STEPS[1] * _spread_geometrically(at, _BACKWARD_STEPS[0])[:-1]
        return (
            1 - _MOVED_LINE_PROBABILITY - _JUMP_PROBABILITY
        ) * steps + _JUMP_PROBABILITY * at.sum() / self._word_count

    def _moved_likelihood(self, k: int) -> NDArray[np.float32]:
        """(M + 1,) the likelihood that line `k` is moved alone, for each position before the line."""
        gain = _sum_by_position(self._lines[k].first_word, self._likelihoods[k], self._word_count)
        return (_MOVED_LINE_PROBABILITY * self._spread_around(gain)).astype(np.float32)

    def _spread_around(self, x: Float64Array) -> Float64Array:
        """Spread mass over the places to which a line may be moved: mostly nearby, otherwise anywhere."""
        mean, share = _MOVED_NEARBY
        both = (_spread_geometrically(x, mean) + _spread_geometrically(x[::-1], mean)[::-1]) / 2
        return share * both + (1 - share) * x.sum() / self._word_count


def _sum_by_position(at: Int64Array, values: Float64Array, words: int) -> Float64Array:
    """(M + 1,) the sum of the values at each position."""
    return np.bincount(at, values, words + 1).astype(np.float64)


def _spread_geometrically(x: Float64Array, mean: float) -> Float64Array:
    """Spread mass forward by a geometric distribution with a given mean, in words."""
    keep = mean / (1 + mean)
    return np.asarray(lfilter([1 - keep], [1, -keep], x + _DENORMAL_FLOOR))


def _forward_step_filter() -> tuple[Float64Array, Float64Array]:
    """The mixture of geometric distributions in `_FORWARD_STEPS` as one recursive filter.

    Each distribution is a first-order filter with z-transform w (1 - k) / (1 - k/z). Over a common
    denominator, the sum of these filters is a single third-order filter, which is faster than three separate
    ones.

    Returns:
        Coefficients of the numerator and the denominator.
    """
    keeps = np.array([mean / (1 + mean) for mean, _ in _FORWARD_STEPS])
    numerator = np.zeros(len(_FORWARD_STEPS))
    for k, (_, weight) in enumerate(_FORWARD_STEPS):
        numerator += weight * (1 - keeps[k]) * np.poly(np.delete(keeps, k))
    return numerator, np.asarray(np.poly(keeps), np.float64)


_STEP_NUMERATOR, _STEP_DENOMINATOR = _forward_step_filter()


def _spread_forward(x: Float64Array) -> Float64Array:
    """Spread mass forward by `_FORWARD_STEPS`."""
    # When the filter's terms cancel, rounding can leave tiny negative values, which are not valid
    # probabilities.
    return np.maximum(lfilter(_STEP_NUMERATOR, _STEP_DENOMINATOR, x + _DENORMAL_FLOOR), 0.0)
