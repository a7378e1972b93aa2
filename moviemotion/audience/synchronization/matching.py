"""Find where and at what speed one signal fits another, how certain that is, and whether it fits at all.

Stretches of one signal (probes) are correlated with all of the other. Each drift of the clock moves the
probes' correlations against each other, and the drift and shift at which they add up best is found. A fit
counts only if the sum is far above chance and clearly above that at any other shift, because music and
applause resemble themselves. What the first line does not explain is searched for a second one: a recording
that was paused has several.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft, next_fast_len, rfft
from scipy.stats import t as student

from moviemotion.audience.synchronization.clock import ClockPiece
from moviemotion.audience.synchronization.signals import Signal

Float = NDArray[np.float32]

MAX_DRIFT = 0.0015
"""Largest drift searched for. The clocks of cameras differ by up to 0.0001, 29.97 and 30 Hz by 0.001."""
DISTINCT_SECONDS = 1.0
"""Shifts that differ by more than this are different answers."""
MIN_SCORE = 9.0
"""Smallest sum of correlations, in its standard deviations, that counts. Unrelated sound reaches 8."""
MIN_RATIO = 1.3
"""Factor by which the sum must exceed that at every other shift."""
MIN_PROBE_SCORE = 3.5
"""Smallest correlation of one probe near the line, in standard deviations, for it to be used in the fit."""
SEARCH_SECONDS = 0.4
"""Seconds on either side of the line within which a probe's own best shift is searched for."""
POOL_SECONDS = 0.2
"""Width of the cells in which lines are searched for; the finer position follows from the probes."""
MAX_PIECES = 4
MAX_STRAY_SHARE = 0.2
"""Fraction of a line's probes that may lie among those of another line by chance."""
BOUNDARY_SDS = 3.0
"""Standard deviations within which the place of a jump is uncertain."""
MIN_COMPARED_SECONDS = 12.0
"""Length below which no signal is compared."""
UNSURE_SECONDS = 60.0
"""Length below which a signal that fits nowhere may only be too short."""


@dataclass(frozen=True)
class MatchSettings:
    """How a kind of signal is compared.

    Attributes:
        probe_seconds: longest probe.
        min_probe_seconds: shortest probe; a signal must be at least four of them long.
        max_probes: number of probes at most.
        precision: standard deviation in seconds below which a probe's shift cannot be known.
        bias: seconds by which all shifts may be wrong alike, by the echo of the room or the exposure.
    """

    probe_seconds: float
    min_probe_seconds: float
    max_probes: int
    precision: float
    bias: float


SOUND_MATCH = MatchSettings(40.0, 3.0, 32, 0.02, 0.03)
LIGHT_MATCH = MatchSettings(240.0, 8.0, 24, 0.03, 0.03)


class Mismatch(StrEnum):
    """Why a signal could not be fitted to another."""

    TOO_SHORT = "too short"
    NOTHING_KNOWN = "nothing to compare"
    DIFFERENT = "no resemblance"
    AMBIGUOUS = "it fits at several times"


@dataclass(frozen=True)
class Match:
    """How one signal's clock runs on another's.

    Attributes:
        pieces: straight pieces, in order of the first signal's clock.
        half_width: half-width of the 95 % interval of the shift in the middle of the signal, in seconds.
        drift_half_width: half-width of the 95 % interval of the drift; NaN if it could not be measured.
        score: the sum of correlations in standard deviations.
        ratio: the sum divided by the largest sum at another shift.
    """

    pieces: tuple[ClockPiece, ...]
    half_width: float
    drift_half_width: float
    score: float
    ratio: float


def match_signals(own: Signal, reference: Signal, settings: MatchSettings) -> Match | Mismatch:
    """Fit a signal to another that was recorded in the same room, or to that of the film.

    Args:
        own, reference: two signals with the same step.
        settings: how this kind of signal is compared.

    Returns:
        The match, or why there is none.
    """
    if min(own.seconds, reference.seconds) < max(MIN_COMPARED_SECONDS, 4 * settings.min_probe_seconds):
        return Mismatch.TOO_SHORT
    if own.is_silent or reference.is_silent:
        return Mismatch.NOTHING_KNOWN
    probes = _Probes(own, reference, settings)
    best = probes.line(np.ones(len(probes.times), bool))
    if isinstance(best, Mismatch):
        short = min(own.seconds, reference.seconds) < UNSURE_SECONDS
        return Mismatch.TOO_SHORT if best is Mismatch.DIFFERENT and short else best
    lines, left = [best], ~best.members
    while len(lines) < MAX_PIECES:
        other = probes.line(left)
        if isinstance(other, Mismatch) or other.members.sum() < 3:
            break
        left &= ~other.members
        lines.append(other)
    return _joined(lines, probes, own, reference)


@dataclass(frozen=True)
class _Line:
    """A straight relation between two clocks: other = own + shift + drift × (own − middle).

    Attributes:
        members: (probes,) the probes that lie on the line.
    """

    shift: float
    drift: float
    middle: float
    half_width: float
    drift_half_width: float
    members: NDArray[np.bool_]
    score: float
    ratio: float

    def piece(self, start: float) -> ClockPiece:
        """The line from a time of the own clock on."""
        return ClockPiece(start, self.shift - self.drift * self.middle, self.drift)


@dataclass(frozen=True)
class _Stack:
    """The rough line on which probes fit best together, as in `_Line`."""

    shift: float
    drift: float
    middle: float
    score: float
    ratio: float


class _Probes:
    """Stretches of a signal, and how well they fit at each place of another signal.

    Attributes:
        times: (probes,) middle of each probe on the own clock, in seconds.
        fits: (probes, lags) correlation at each lag, in standard deviations over all lags.
    """

    def __init__(self, own: Signal, reference: Signal, settings: MatchSettings) -> None:
        self.step, self._settings = own.step, settings
        seconds = float(np.clip(own.seconds / 16, settings.min_probe_seconds, settings.probe_seconds))
        length = round(seconds / self.step)
        count = int(min(settings.max_probes, len(own.values) // length))
        starts = np.linspace(0, len(own.values) - length, count).astype(int)
        self.times = own.start + (starts + length / 2) * self.step
        # At lag 0, the probe's last value lies on the reference's first.
        self._first_shifts = reference.start - own.start - (starts + length - 1) * self.step
        lags = len(reference.values) + length - 1
        size = next_fast_len(lags, real=True)
        self.fits = np.zeros((count, lags), np.float32)
        for band in range(reference.values.shape[1]):
            spectrum = rfft(reference.values[:, band].astype(np.float32), size)
            for k, start in enumerate(starts):
                probe = own.values[start : start + length, band].astype(np.float32)
                self.fits[k] += irfft(spectrum * rfft(probe[::-1], size), size)[:lags]
        # Few loud events make a probe's fits spiky, which the median of their distances would not show.
        limit = np.quantile(np.abs(self.fits), 0.995, axis=1, keepdims=True)
        deviation = np.minimum(np.abs(self.fits), limit).std(axis=1, keepdims=True) * 1.66
        self.usable = deviation[:, 0] > 0
        self.fits = np.where(deviation > 0, self.fits / np.maximum(deviation, 1e-9), 0).clip(-8, 50)

    def line(self, among: NDArray[np.bool_]) -> _Line | Mismatch:
        """Find the line on which some of the probes fit best together."""
        chosen = np.flatnonzero(among & self.usable)
        if len(chosen) < 2:
            return Mismatch.NOTHING_KNOWN
        stack = self._stack(chosen)
        if stack.score < MIN_SCORE:
            return Mismatch.DIFFERENT
        line = self._fitted(chosen, stack)
        if isinstance(line, Mismatch) or stack.ratio >= MIN_RATIO:
            return line
        # Parts of a recording that was paused fit at different shifts. Repetitive parts fit at several.
        again = self._stack(np.flatnonzero(line.members))
        return line if again.ratio >= MIN_RATIO else Mismatch.AMBIGUOUS

    def _stack(self, chosen: NDArray[np.int_]) -> _Stack:
        """Add up the fits of probes along each line, and find the line on which the sum is largest."""
        pool = max(1, round(POOL_SECONDS / self.step))
        cell = pool * self.step
        middle = float(self.times[chosen].mean())
        span = float(np.ptp(self.times[chosen]))
        cells = (
            self.fits[chosen, : self.fits.shape[1] // pool * pool].reshape(len(chosen), -1, pool).max(axis=2)
        )
        cells -= np.median(cells, axis=1, keepdims=True)
        limit = np.quantile(cells, 0.99, axis=1, keepdims=True)
        cells /= np.maximum(np.minimum(cells, limit).std(axis=1, keepdims=True), 1e-6)
        lead = MAX_DRIFT * span / 2 + 2 * cell
        first = float(self._first_shifts[chosen].min()) - lead
        last = float(self._first_shifts[chosen].max()) + cells.shape[1] * cell + lead
        width = int((last - first) / cell) + 2
        best, drift_of = np.full(width, -np.inf, np.float32), np.zeros(width)
        for drift in np.linspace(-MAX_DRIFT, MAX_DRIFT, 1 + 2 * int(np.ceil(MAX_DRIFT * span / 2 / cell))):
            total, count = np.zeros(width, np.float32), np.zeros(width, np.float32)
            moved = self._first_shifts[chosen] - drift * (self.times[chosen] - middle) - first
            for row, at in zip(cells, np.round(moved / cell).astype(int), strict=True):
                total[at : at + len(row)] += row
                count[at : at + len(row)] += 1
            # Where two recordings hardly overlap, few probes can fit.
            fit = np.where(count >= 2, total / np.sqrt(np.maximum(count, 1)), -np.inf)
            better = fit > best
            best[better], drift_of[better] = fit[better], drift
        top = int(np.argmax(best))
        near = int(np.ceil(DISTINCT_SECONDS / cell)) + 1
        others = np.concatenate([best[: max(0, top - near)], best[top + near + 1 :]])
        return _Stack(
            shift=first + (top + 0.5) * cell,
            drift=float(drift_of[top]),
            middle=middle,
            score=float(best[top]),
            ratio=float(best[top]) / max(float(others.max(initial=1.0)), 1.0),
        )

    def _fitted(self, chosen: NDArray[np.int_], stack: _Stack) -> _Line | Mismatch:
        """Fit a line to the probes' own best shifts near a rough line."""
        shift, drift, middle = stack.shift, stack.drift, stack.middle
        reach = round(SEARCH_SECONDS / self.step)
        shifts, heights = np.zeros(len(chosen)), np.zeros(len(chosen))
        for i, k in enumerate(chosen):
            rough = shift + drift * (self.times[k] - middle)
            lag = round((rough - self._first_shifts[k]) / self.step)
            low = max(0, lag - reach)
            near = self.fits[k, low : max(0, lag + reach + 1)]
            if not len(near):
                continue
            peak = int(np.argmax(near))
            heights[i] = near[peak]
            shifts[i] = self._first_shifts[k] + (low + peak + _vertex(near, peak)) * self.step
        # A probe that fits much better elsewhere belongs to another line.
        on_line = (heights >= MIN_PROBE_SCORE) & (heights > 0.7 * self.fits[chosen].max(axis=1))
        if on_line.sum() < 2:
            return Mismatch.DIFFERENT
        time, value = self.times[chosen] - middle, shifts
        slope, level = drift, float(np.median(value[on_line] - drift * time[on_line]))
        for _ in range(5):
            distance = np.abs(value - level - slope * time)
            close = on_line & (distance <= max(3 * self._settings.precision, 3 * _spread(distance[on_line])))
            if close.sum() < 4:
                break
            slope, level = np.polyfit(time[close], value[close], 1)
        close = on_line & (np.abs(value - level - slope * time) <= SEARCH_SECONDS / 2)
        n = int(close.sum())
        if n < 2:
            return Mismatch.DIFFERENT
        sigma = self._settings.precision
        drift_half_width = float("nan")
        if n >= 4:
            residual = value[close] - level - slope * time[close]
            sigma = max(sigma, float(np.sqrt(residual @ residual / (n - 2))))
            scatter = float(((time[close] - time[close].mean()) ** 2).sum())
            drift_half_width = float(student.ppf(0.975, n - 2)) * sigma / np.sqrt(scatter)
        if not abs(slope) > drift_half_width:
            # No drift was found, so the clocks are taken to run alike.
            slope, level = 0.0, float(np.mean(value[close]))
        members = np.zeros(len(self.times), bool)
        members[chosen[close]] = True
        half_width = float(student.ppf(0.975, max(n - 2, 1)) if n >= 4 else 3.0) * sigma / np.sqrt(n)
        return _Line(
            shift=float(level),
            drift=float(slope),
            middle=middle,
            half_width=float(np.hypot(half_width, self._settings.bias)),
            drift_half_width=float(drift_half_width),
            members=members,
            score=stack.score,
            ratio=stack.ratio,
        )


def _joined(lines: list[_Line], probes: _Probes, own: Signal, reference: Signal) -> Match:
    """Order lines by time; lines that interleave with the best one are chance and are dropped."""
    best = lines[0]
    kept: list[tuple[NDArray[np.float64], _Line]] = []
    for line in lines:
        times = probes.times[line.members]
        separate = [_separate(times, others) for others, _ in kept]
        if all(one is not None for one in separate):
            kept = [(one[1], other) for one, (_, other) in zip(separate, kept, strict=True) if one]
            for one in separate:
                times = np.intersect1d(times, one[0]) if one else times
            kept.append((times, line))
    kept.sort(key=lambda one: float(one[0][0]))
    pieces = [line.piece(-np.inf) for _, line in kept[:1]]
    for (before, _), (after, line) in pairwise(kept):
        following = line.piece(float(after[0]))
        # A probe at the boundary may be on the wrong side of it.
        low, high = float(before[-2:][0]), float(after[:2][-1])
        start, half_width = _boundary(own, reference, pieces[-1], following, low, high)
        pieces.append(replace(following, start=start, start_half_width=half_width))
    return Match(tuple(pieces), best.half_width, best.drift_half_width, best.score, best.ratio)


def _separate(
    first: NDArray[np.float64], second: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    """Two sets of times without the few on the wrong side of the other set; None if they are many."""
    options = []
    for cut in np.concatenate([first, second]):
        options.append((first[first <= cut], second[second > cut]))
        options.append((first[first > cut], second[second <= cut]))
    best = max(options, key=lambda parts: len(parts[0]) + len(parts[1]))
    strays = len(first) + len(second) - len(best[0]) - len(best[1])
    few = strays <= max(1, MAX_STRAY_SHARE * min(len(first), len(second)))
    return best if few and min(map(len, best)) >= 2 else None


def _boundary(
    own: Signal, reference: Signal, first: ClockPiece, second: ClockPiece, low: float, high: float
) -> tuple[float, float]:
    """The own time between `low` and `high` before which one piece fits better, and after which the other.

    Returns:
        The time, and the half-width within which it could as well lie, because the sound there tells little.
    """
    at = np.arange(max(0, int((low - own.start) / own.step)), int((high - own.start) / own.step) + 1)
    at = at[at < len(own.values)]
    fits = []
    for piece in (first, second):
        there = (own.start + at * own.step) * (1 + piece.drift) + piece.offset
        index = np.round((there - reference.start) / reference.step).astype(int)
        inside = (index >= 0) & (index < len(reference.values))
        own_values = own.values[at].astype(np.float64)
        fit = np.zeros(len(at))
        for neighbor in (-1, 0, 1):  # clocks are not known to the width of a value
            values = reference.values[(index + neighbor).clip(0, len(reference.values) - 1)]
            fit += (own_values * values).sum(axis=1)
        fits.append(fit * inside)
    advantage = fits[0] - fits[1]
    gain = np.concatenate([[0.0], np.cumsum(advantage)])
    best = int(np.argmax(gain))
    # As far as a random walk would get from the best place.
    reach = BOUNDARY_SDS * advantage.std() * np.sqrt(np.abs(np.arange(len(gain)) - best))
    possible = np.flatnonzero(gain >= gain[best] - reach)
    earliest, latest = int(possible[0]), int(possible[-1])
    return own.start + float(at[0] + (earliest + latest) / 2) * own.step, (latest - earliest) / 2 * own.step


def _spread(values: NDArray[np.float64]) -> float:
    """Standard deviation, estimated robustly from absolute distances."""
    return float(1.4826 * np.median(values)) if len(values) else 0.0


def _vertex(values: NDArray[np.float32], peak: int) -> float:
    """Position of a peak relative to `peak`, −0.5 to 0.5, from a parabola through three points."""
    if not 0 < peak < len(values) - 1:
        return 0.0
    left, top, right = (float(v) for v in values[peak - 1 : peak + 2])
    bend = left - 2 * top + right
    return float(np.clip(0.5 * (left - right) / bend, -0.5, 0.5)) if bend < 0 else 0.0
