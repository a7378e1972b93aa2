"""Which lines are spoken, and where: a hidden Markov model over the lines of the script.

Line by line the film is in one of two states, line spoken or line cut, and remembers the last word spoken.
A line spoken goes on from there, mostly at once, sometimes further on; or it is spoken elsewhere (moved),
alone or with those that follow it. Places earn by their words' bits. Forward and backward sums (Rabiner,
1989) give every place of every line its probability, and the rates of cutting are fitted to each film (Baum
and Welch). The alignment of words by a Markov chain with jumps is Vogel, Ney and Tillmann's (1996).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

from moviemotion.screenplay.alignment.candidates import Candidates, Float64Array, Int64Array

_FORWARD_STEPS = ((3.0, 0.72), (40.0, 0.2), (600.0, 0.05))
"""Mean words between a line's last word and the next one's first, with the weight of each."""
_BACKWARD_STEPS = (30.0, 0.03)
"""The same for steps back, as where two lines swap places."""
_MOVED_LINE_PROBABILITY = 0.02
"""Chance that a line spoken stands elsewhere while the next goes on from where it was."""
_MOVED_NEARBY = (60.0, 0.8)
"""Mean words, either way, to a line that stands elsewhere in its scene, and the share that do."""
_JUMP_PROBABILITY = 0.001
"""Chance that the film goes on elsewhere from this line on."""
_INITIAL_SPOKEN_RATES = (0.85, 0.3)
_ITERATIONS = 2
_DENORMAL_FLOOR = 1e-30


@dataclass(frozen=True)
class Posterior:
    """What the whole film says about one line.

    Attributes:
        there: (places,) probability that it is spoken in each of its places.
        absent: probability that it is spoken nowhere; all sum to 1.
    """

    candidate_probabilities: Float64Array
    absent_probability: float


def line_posteriors(candidates: Sequence[Candidates], word_count: int) -> list[Posterior]:
    """The probability of every place of every line.

    Args:
        lines: the places of each line, in the script's order.
        words: how many words are spoken in the film.
    """
    model = _LineModel(candidates, word_count)
    rates = np.array(_INITIAL_SPOKEN_RATES)
    found: list[Posterior] = []
    for _ in range(_ITERATIONS):
        found, rates = model.infer(rates)
    return found


StateMass = NDArray[np.float32]
"""(2, M + 1): the line before cut or spoken × words of the film gone by."""


class _LineModel:
    """One script and one film. A line's likelihoods are relative to its best place, so no sum overflows."""

    def __init__(self, lines: Sequence[Candidates], word_count: int) -> None:
        self._lines = lines
        self._word_count = word_count
        peaks = [max(line.bits.max(initial=0.0), 0.0) for line in lines]
        self._likelihoods = [np.exp2(line.bits - peak) for line, peak in zip(lines, peaks, strict=True)]
        self._absent_likelihoods = [2.0**-peak for peak in peaks]
        self._moved_likelihoods = [self._moved_likelihood(k) for k in range(len(lines))]

    def infer(self, rates: Float64Array) -> tuple[list[Posterior], Float64Array]:
        """Posteriors given the rates at which a line is spoken after one cut and one spoken; better rates."""
        before, arrivals = self._forward(rates)
        after = np.ones((2, self._word_count + 1))
        found: list[Posterior] = []
        counts = np.ones((2, 2))  # a line of each sort beforehand keeps the rates off 0 and 1
        for k in range(len(self._lines) - 1, -1, -1):
            line, gain, nothing = self._lines[k], self._likelihoods[k], self._absent_likelihoods[k]
            mass = before[k].astype(np.float64)
            goes_on = gain * after[1][line.last_word + 1]
            elsewhere = (
                _MOVED_LINE_PROBABILITY * self._spread_around((rates @ mass) * after[1])[line.first_word]
            )
            there = arrivals[k] * goes_on + gain * elsewhere
            stays = mass @ after[0] * (1 - rates) * nothing
            value = (
                self._transition_backward(line.first_word, goes_on) + self._moved_likelihoods[k] * after[1]
            )
            whole = there.sum() + stays.sum()
            found.append(Posterior(there / whole, float(stays.sum() / whole)))
            counts += np.stack([stays, rates * (mass @ value)], axis=1) / whole
            after = rates[:, None] * value + (1 - rates[:, None]) * nothing * after[0]
            after /= after.max()
        return found[::-1], np.asarray(counts[:, 1] / counts.sum(axis=1))

    def _forward(self, rates: Float64Array) -> tuple[list[StateMass], list[Float64Array]]:
        """The mass before each line, each scaled to sum to 1, and how likely it arrives at its places."""
        mass = np.zeros((2, self._word_count + 1))
        mass[1, 0] = 1.0
        masses, arrivals = list[StateMass](), list[Float64Array]()
        for k, line in enumerate(self._lines):
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
        """How likely the next line begins with each word, if it keeps the script's order or leads away."""
        steps = _spread_forward(ready)
        steps[:-1] += _BACKWARD_STEPS[1] * _spread_geometrically(ready[::-1], _BACKWARD_STEPS[0])[::-1][1:]
        return (
            1 - _MOVED_LINE_PROBABILITY - _JUMP_PROBABILITY
        ) * steps + _JUMP_PROBABILITY * ready.sum() / self._word_count

    def _transition_backward(self, first: Int64Array, value: Float64Array) -> Float64Array:
        """The same seen from behind: what places with a value are worth, by the words gone by."""
        at = _sum_by_position(first, value, self._word_count)
        steps = _spread_forward(at[::-1])[::-1]
        steps[1:] += _BACKWARD_STEPS[1] * _spread_geometrically(at, _BACKWARD_STEPS[0])[:-1]
        return (
            1 - _MOVED_LINE_PROBABILITY - _JUMP_PROBABILITY
        ) * steps + _JUMP_PROBABILITY * at.sum() / self._word_count

    def _moved_likelihood(self, k: int) -> NDArray[np.float32]:
        """How likely line `k` stands elsewhere alone, by the words gone by."""
        gain = _sum_by_position(self._lines[k].first_word, self._likelihoods[k], self._word_count)
        return (_MOVED_LINE_PROBABILITY * self._spread_around(gain)).astype(np.float32)

    def _spread_around(self, x: Float64Array) -> Float64Array:
        mean, share = _MOVED_NEARBY
        both = (_spread_geometrically(x, mean) + _spread_geometrically(x[::-1], mean)[::-1]) / 2
        return share * both + (1 - share) * x.sum() / self._word_count


def _sum_by_position(at: Int64Array, values: Float64Array, words: int) -> Float64Array:
    """(M + 1,) the sum of the values at each place."""
    return np.bincount(at, values, words + 1).astype(np.float64)


def _spread_geometrically(x: Float64Array, mean: float) -> Float64Array:
    """Spread mass onwards by a geometric law of this mean."""
    keep = mean / (1 + mean)
    # The floor keeps the filter out of denormal numbers, which are slow.
    return np.asarray(lfilter([1 - keep], [1, -keep], x + _DENORMAL_FLOOR))


def _forward_step_filter() -> tuple[Float64Array, Float64Array]:
    """The sum of the geometric laws of `_STEPS` as one recursive filter."""
    keeps = np.array([mean / (1 + mean) for mean, _ in _FORWARD_STEPS])
    ahead = np.zeros(len(_FORWARD_STEPS))
    for k, (_, share) in enumerate(_FORWARD_STEPS):
        ahead += share * (1 - keeps[k]) * np.poly(np.delete(keeps, k))
    return ahead, np.asarray(np.poly(keeps), np.float64)


_STEP_NUMERATOR, _STEP_DENOMINATOR = _forward_step_filter()


def _spread_forward(x: Float64Array) -> Float64Array:
    return np.maximum(lfilter(_STEP_NUMERATOR, _STEP_DENOMINATOR, x + _DENORMAL_FLOOR), 0.0)
