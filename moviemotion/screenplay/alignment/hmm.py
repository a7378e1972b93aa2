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

from moviemotion.screenplay.alignment.candidates import Floats, Ints, Places

_STEPS = ((3.0, 0.72), (40.0, 0.2), (600.0, 0.05))
"""Mean words between a line's last word and the next one's first, with the weight of each."""
_BACK = (30.0, 0.03)
"""The same for steps back, as where two lines swap places."""
_ALONE = 0.02
"""Chance that a line spoken stands elsewhere while the next goes on from where it was."""
_NEARBY = (60.0, 0.8)
"""Mean words, either way, to a line that stands elsewhere in its scene, and the share that do."""
_TOGETHER = 0.001
"""Chance that the film goes on elsewhere from this line on."""
_FIRST_RATES = (0.85, 0.3)
_PASSES = 2
_FLOOR = 1e-30


@dataclass(frozen=True)
class Posterior:
    """What the whole film says about one line.

    Attributes:
        there: (places,) probability that it is spoken in each of its places.
        absent: probability that it is spoken nowhere; all sum to 1.
    """

    there: Floats
    absent: float


def posteriors(lines: Sequence[Places], words: int) -> list[Posterior]:
    """The probability of every place of every line.

    Args:
        lines: the places of each line, in the script's order.
        words: how many words are spoken in the film.
    """
    model = _Model(lines, words)
    rates = np.array(_FIRST_RATES)
    found: list[Posterior] = []
    for _ in range(_PASSES):
        found, rates = model.infer(rates)
    return found


Mass = NDArray[np.float32]
"""(2, M + 1): the line before cut or spoken × words of the film gone by."""


class _Model:
    """One script and one film. A line's likelihoods are relative to its best place, so no sum overflows."""

    def __init__(self, lines: Sequence[Places], words: int) -> None:
        self._lines = lines
        self._words = words
        peaks = [max(line.bits.max(initial=0.0), 0.0) for line in lines]
        self._gain = [np.exp2(line.bits - peak) for line, peak in zip(lines, peaks, strict=True)]
        self._nothing = [2.0**-peak for peak in peaks]
        self._alone = [self._stands_alone(k) for k in range(len(lines))]

    def infer(self, rates: Floats) -> tuple[list[Posterior], Floats]:
        """Posteriors given the rates at which a line is spoken after one cut and one spoken; better rates."""
        before, arrivals = self._forward(rates)
        after = np.ones((2, self._words + 1))
        found: list[Posterior] = []
        counts = np.ones((2, 2))  # a line of each sort beforehand keeps the rates off 0 and 1
        for k in range(len(self._lines) - 1, -1, -1):
            line, gain, nothing = self._lines[k], self._gain[k], self._nothing[k]
            mass = before[k].astype(np.float64)
            goes_on = gain * after[1][line.last + 1]
            elsewhere = _ALONE * self._around((rates @ mass) * after[1])[line.first]
            there = arrivals[k] * goes_on + gain * elsewhere
            stays = mass @ after[0] * (1 - rates) * nothing
            value = self._ahead(line.first, goes_on) + self._alone[k] * after[1]
            whole = there.sum() + stays.sum()
            found.append(Posterior(there / whole, float(stays.sum() / whole)))
            counts += np.stack([stays, rates * (mass @ value)], axis=1) / whole
            after = rates[:, None] * value + (1 - rates[:, None]) * nothing * after[0]
            after /= after.max()
        return found[::-1], np.asarray(counts[:, 1] / counts.sum(axis=1))

    def _forward(self, rates: Floats) -> tuple[list[Mass], list[Floats]]:
        """The mass before each line, each scaled to sum to 1, and how likely it arrives at its places."""
        mass = np.zeros((2, self._words + 1))
        mass[1, 0] = 1.0
        masses, arrivals = list[Mass](), list[Floats]()
        for k, line in enumerate(self._lines):
            masses.append(mass.astype(np.float32))
            ready = rates @ mass
            arrivals.append(self._arrival(ready)[line.first])
            cut = (mass.sum(axis=0) - ready) * self._nothing[k]
            said = ready * self._alone[k]
            said += _scattered(line.last + 1, self._gain[k] * arrivals[k], self._words)
            mass = np.stack([cut, said])
            mass /= mass.sum()
        return masses, arrivals

    def _arrival(self, ready: Floats) -> Floats:
        """How likely the next line begins with each word, if it keeps the script's order or leads away."""
        steps = _onward(ready)
        steps[:-1] += _BACK[1] * _decay(ready[::-1], _BACK[0])[::-1][1:]
        return (1 - _ALONE - _TOGETHER) * steps + _TOGETHER * ready.sum() / self._words

    def _ahead(self, first: Ints, value: Floats) -> Floats:
        """The same seen from behind: what places with a value are worth, by the words gone by."""
        at = _scattered(first, value, self._words)
        steps = _onward(at[::-1])[::-1]
        steps[1:] += _BACK[1] * _decay(at, _BACK[0])[:-1]
        return (1 - _ALONE - _TOGETHER) * steps + _TOGETHER * at.sum() / self._words

    def _stands_alone(self, k: int) -> NDArray[np.float32]:
        """How likely line `k` stands elsewhere alone, by the words gone by."""
        gain = _scattered(self._lines[k].first, self._gain[k], self._words)
        return (_ALONE * self._around(gain)).astype(np.float32)

    def _around(self, x: Floats) -> Floats:
        mean, share = _NEARBY
        both = (_decay(x, mean) + _decay(x[::-1], mean)[::-1]) / 2
        return share * both + (1 - share) * x.sum() / self._words


def _scattered(at: Ints, values: Floats, words: int) -> Floats:
    """(M + 1,) the sum of the values at each place."""
    return np.bincount(at, values, words + 1).astype(np.float64)


def _decay(x: Floats, mean: float) -> Floats:
    """Spread mass onwards by a geometric law of this mean."""
    keep = mean / (1 + mean)
    # The floor keeps the filter out of denormal numbers, which are slow.
    return np.asarray(lfilter([1 - keep], [1, -keep], x + _FLOOR))


def _mixture() -> tuple[Floats, Floats]:
    """The sum of the geometric laws of `_STEPS` as one recursive filter."""
    keeps = np.array([mean / (1 + mean) for mean, _ in _STEPS])
    ahead = np.zeros(len(_STEPS))
    for k, (_, share) in enumerate(_STEPS):
        ahead += share * (1 - keeps[k]) * np.poly(np.delete(keeps, k))
    return ahead, np.asarray(np.poly(keeps), np.float64)


_AHEAD, _BEHIND = _mixture()


def _onward(x: Floats) -> Floats:
    return np.maximum(lfilter(_AHEAD, _BEHIND, x + _FLOOR), 0.0)
