"""Moments: stretches in which the room felt something together, each with its evidence.

The null: viewers feel what they feel, but not together. Each viewer's whole timeline is shifted in a
circle by a random number of seconds, which keeps their own rhythm and breaks the tie to the film and
to the others. A second is evidence where the room's standardised sum is larger than in the shifted
rooms, corrected for all seconds and feelings that were looked at.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from moviemotion.emotions import FEELINGS, Emotion
from moviemotion.resonance.room import REACTING, Room, synchrony_interval
from moviemotion.statistics import Float, wilson_interval

ALPHA = 0.05
SHIFTS = 1000
FEWEST_VIEWERS = 5
FEWEST_SECONDS = 60
SMOOTHING = 3
"""Seconds over which each viewer's curve is averaged: people react at different speeds."""
EDGE = 0.5
"""A moment reaches as far as the room stays above this share of its peak."""


@dataclass(frozen=True)
class Moment:
    """A stretch of film time in which the room moved together, more than chance explains.

    Attributes:
        start, end: seconds of film time, end exclusive.
        peak: second of the strongest shared feeling.
        emotion: the dominant feeling (never neutral).
        strength: mean departure of that emotion from the viewers' own resting face at the peak, 0–1.
        strength_interval: its 95 % interval over viewers.
        share: share of the viewers seen in the moment who reacted with that feeling in it, 0–1.
        share_interval: its 95 % Wilson interval.
        synchrony: inter-subject correlation in the window around the peak; NaN if undefined.
        synchrony_interval: its 95 % interval over viewers.
        viewers: how many viewers were seen in the moment.
        p_adjusted: p-value from the circular-shift null, adjusted for all seconds and feelings.
    """

    start: float
    end: float
    peak: float
    emotion: Emotion
    strength: float
    strength_interval: tuple[float, float]
    share: float
    share_interval: tuple[float, float]
    synchrony: float
    synchrony_interval: tuple[float, float]
    viewers: int
    p_adjusted: float


@dataclass(frozen=True)
class MomentSearch:
    """The outcome of a search for moments.

    Attributes:
        moments: those with `p_adjusted` ≤ `alpha`, in order of time.
        conclusion: one plain sentence for people: what was found, or why nothing can be concluded.
        conclusive: false where there were too few viewers or seconds to conclude anything.
        shifts: random circular shifts behind the p-values (0 where none were made).
        alpha: the level of the test.
        seed: seed of the shifts.
    """

    moments: tuple[Moment, ...]
    conclusion: str
    conclusive: bool
    shifts: int
    alpha: float
    seed: int


def find_moments(strength: Float, room: Room, seed: int) -> MomentSearch:
    """Search a screening for moments.

    Control is family-wise: the chance of one or more false moments in a screening is at most
    `ALPHA`, which also bounds the false-discovery rate. For each feeling the largest second of each
    shifted room is kept; p-values are compared across feelings by the smallest p of each shifted
    room (Westfall & Young, 1993, single-step minP).

    Args:
        strength: (V, S, 7) of every viewer, NaN where not seen.
        room: the same viewers joined.
        seed: of the random shifts.
    """
    viewers, seconds = strength.shape[0], strength.shape[1]
    lacking = _lacking(viewers, seconds)
    if lacking:
        return MomentSearch((), f"{lacking} Nothing can be concluded.", False, 0, ALPHA, seed)
    deviation, variance = _standardise(_smooth(strength))
    observed = _standardised_sum(deviation.sum(axis=0), variance.sum(axis=0))
    null = _shifted_maxima(deviation, variance, np.random.default_rng(seed))
    p = _adjusted_p(observed, null)
    found = [
        _moment(strength, room, feeling, start, stop, peak, float(p[peak, feeling]))
        for feeling in range(len(FEELINGS))
        for start, stop, peak in _stretches(room.strength[:, feeling], p[:, feeling])
    ]
    moments = _without_shadows(found)
    if moments:
        number = "1 moment stands" if len(moments) == 1 else f"{len(moments)} moments stand"
        conclusion = (
            f"{number} out: the room moved together more than chance explains. Where nothing is shared, "
            f"this search finds a false moment in at most {ALPHA * 100:.0f} % of screenings."
        )
    else:
        conclusion = (
            "No moment stands out from what these viewers would have shown without the film; "
            "that does not prove that there was none."
        )
    return MomentSearch(moments, conclusion, True, SHIFTS, ALPHA, seed)


def _lacking(viewers: int, seconds: int) -> str:
    if viewers < FEWEST_VIEWERS:
        were = "1 viewer was" if viewers == 1 else f"{viewers} viewers were"
        return f"Only {were} seen; moments need at least {FEWEST_VIEWERS}."
    if seconds < FEWEST_SECONDS:
        return f"Only {seconds} seconds were seen; moments need at least {FEWEST_SECONDS}."
    return ""


def _smooth(strength: Float) -> Float:
    """Running mean over `SMOOTHING` seconds of what was seen; NaN stays where nothing was."""
    seen = ~np.isnan(strength)
    half = SMOOTHING // 2
    edge = ((0, 0), (half, half), (0, 0))
    filled, count = np.pad(np.where(seen, strength, 0), edge), np.pad(seen.astype(float), edge)
    spans = [slice(k, k + strength.shape[1]) for k in range(SMOOTHING)]
    total = np.sum([filled[:, span] for span in spans], axis=0)
    n = np.sum([count[:, span] for span in spans], axis=0)
    return np.where(seen, total / np.maximum(n, 1), np.nan)


def _standardise(x: Float) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Each viewer's departures from their own mean, and their own variance where seen; else 0."""
    seen = ~np.isnan(x)
    n = np.maximum(seen.sum(axis=1, keepdims=True), 1)
    mean = np.where(seen, x, 0).sum(axis=1, keepdims=True) / n
    deviation = np.where(seen, x - mean, 0)
    variance = (deviation**2).sum(axis=1, keepdims=True) / n
    return deviation.astype(np.float32), np.where(seen, variance, 0).astype(np.float32)


def _standardised_sum(deviation: NDArray[np.float32], variance: NDArray[np.float32]) -> Float:
    return np.asarray(deviation / np.sqrt(np.maximum(variance, 1e-12)), dtype=np.float64)


def _shifted_maxima(
    deviation: NDArray[np.float32], variance: NDArray[np.float32], rng: np.random.Generator
) -> Float:
    """(SHIFTS, 7) the largest second of each feeling in each shifted room."""
    viewers, seconds, feelings = deviation.shape
    maxima = np.empty((SHIFTS, feelings))
    for shift in range(SHIFTS):
        total, spread = np.zeros((2, seconds, feelings), dtype=np.float32)
        shifts = rng.integers(0, seconds, size=(viewers,)).tolist()
        for viewer, by in enumerate(shifts):
            for source, sums in ((deviation[viewer], total), (variance[viewer], spread)):
                sums[by:] += source[: seconds - by]
                sums[:by] += source[seconds - by :]
        maxima[shift] = _standardised_sum(total, spread).max(axis=0)
    return maxima


def _adjusted_p(observed: Float, null: Float) -> Float:
    """(S, 7) p-values adjusted for every second and feeling, from (SHIFTS, 7) maxima of the null."""
    ranked = np.sort(null, axis=0)

    def p_of(statistic: Float, feeling: int) -> Float:
        at_least = len(ranked) - np.searchsorted(ranked[:, feeling], statistic, side="left")
        return np.asarray((1 + at_least) / (1 + len(ranked)))

    feelings = range(observed.shape[1])
    raw = np.stack([p_of(observed[:, f], f) for f in feelings], axis=1)
    smallest = np.sort(np.stack([p_of(null[:, f], f) for f in feelings], axis=1).min(axis=1))
    return np.asarray((1 + np.searchsorted(smallest, raw, side="right")) / (1 + len(smallest)))


def _stretches(curve: Float, p: Float) -> list[tuple[int, int, int]]:
    """Start, stop (exclusive) and peak columns of each stretch of one feeling around evidence."""
    found: list[tuple[int, int, int]] = []
    evidence = p <= ALPHA
    left = evidence.copy()
    while left.any():
        peak = int(np.argmax(np.where(left, curve, -1)))
        level = EDGE * curve[peak]
        start = stop = peak
        while start > 0 and curve[start - 1] >= level:
            start -= 1
        while stop < len(curve) and curve[stop] >= level:
            stop += 1
        left[start:stop] = False
        if not any(start < b and a < stop for a, b, _ in found):
            found.append((start, stop, peak))
    return found


def _moment(strength: Float, room: Room, feeling: int, start: int, stop: int, peak: int, p: float) -> Moment:
    during = strength[:, start:stop, feeling]
    seen = (~np.isnan(during)).any(axis=1)
    reacted = (np.nan_to_num(during) >= REACTING).any(axis=1).sum()
    low, high = wilson_interval(reacted, seen.sum())
    first = int(room.seconds[0])
    return Moment(
        start=float(first + start),
        end=float(first + stop),
        peak=float(first + peak),
        emotion=FEELINGS[feeling],
        strength=float(room.strength[peak, feeling]),
        strength_interval=(
            float(room.strength_interval[0, peak, feeling]),
            float(room.strength_interval[1, peak, feeling]),
        ),
        share=float(reacted / seen.sum()),
        share_interval=(float(low), float(high)),
        synchrony=float(room.synchrony[peak]),
        synchrony_interval=synchrony_interval(strength, peak),
        viewers=int(seen.sum()),
        p_adjusted=p,
    )


def _without_shadows(moments: list[Moment]) -> tuple[Moment, ...]:
    """Drop the weaker of two moments where one's peak lies in the other: it is told with it."""
    kept: list[Moment] = []
    for moment in sorted(moments, key=lambda m: -m.strength):
        if not any(k.start <= moment.peak < k.end or moment.start <= k.peak < moment.end for k in kept):
            kept.append(moment)
    return tuple(sorted(kept, key=lambda m: m.start))
