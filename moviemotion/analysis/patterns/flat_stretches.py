"""Flat stretches: where next to nobody reacted for a minute or more."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from moviemotion.analysis.signals.audience_curve import AudienceCurve
from moviemotion.statistics import Z95, Float64Array, wilson_interval

MAX_REACTING_SHARE = 0.25
"""A stretch is flat while the upper end of the share reacting stays below this."""
_MAX_REACTING_PERCENT = f"{MAX_REACTING_SHARE * 100:.0f}\N{NO-BREAK SPACE}%"
MIN_VIEWERS = int(np.ceil(Z95**2 * (1 - MAX_REACTING_SHARE) / MAX_REACTING_SHARE))
"""With fewer, even a room in which nobody reacts leaves the upper end above `LEVEL` (Wilson)."""
SMOOTHING_SECONDS = 15
"""Seconds over which the share is averaged: one viewer's own smile does not end a stretch."""
MIN_DURATION = 60
"""Seconds."""


@dataclass(frozen=True)
class FlatStretch:
    """A stretch in which next to nobody reacted.

    Attributes:
        start, end: seconds of film time, end exclusive.
        share: mean share of the viewers reacting in a second of it, 0–1.
        most: the highest upper end in it of the 95 % interval of the share reacting; below `LEVEL`.
        viewers: the fewest seen in a second of it.
    """

    start: float
    end: float
    share: float
    most: float
    viewers: int


@dataclass(frozen=True)
class FlatStretchSearchResult:
    """The outcome of a search for flat stretches.

    Attributes:
        stretches: the longest first.
        seconds: how much of the film is flat; `judged` of how much enough viewers were seen.
        conclusive: false where too few viewers were seen in all of the film.
        conclusion: one plain sentence.
    """

    stretches: tuple[FlatStretch, ...]
    seconds: int
    judged: int
    conclusive: bool
    conclusion: str


def find_flat_stretches(audience_curve: AudienceCurve) -> FlatStretchSearchResult:
    """Search a room for stretches in which the share reacting is surely below `LEVEL`.

    The share is the mean over `SMOOTHING` seconds; its interval is Wilson's for as many viewers as were
    seen in the second, as if their seconds told no more than one: it errs on the wide side.
    """
    share = _smooth(np.where(audience_curve.viewers > 0, audience_curve.reacting_share, np.nan))
    _, upper = wilson_interval(share * audience_curve.viewers, audience_curve.viewers)
    enough = audience_curve.viewers >= MIN_VIEWERS
    flat = enough & (np.nan_to_num(upper, nan=1.0) < MAX_REACTING_SHARE)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], flat.astype(int), [0]])))
    stretches = [
        FlatStretch(
            start=float(audience_curve.seconds[0] + a),
            end=float(audience_curve.seconds[0] + b),
            share=float(np.average(audience_curve.reacting_share[a:b], weights=audience_curve.viewers[a:b])),
            most=float(upper[a:b].max()),
            viewers=int(audience_curve.viewers[a:b].min()),
        )
        for a, b in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)
        if b - a >= MIN_DURATION
    ]
    seconds, judged = int(sum(s.end - s.start for s in stretches)), int(enough.sum())
    longest_first = tuple(sorted(stretches, key=lambda s: (s.start - s.end, s.start)))
    return FlatStretchSearchResult(
        longest_first,
        seconds,
        judged,
        judged >= MIN_DURATION,
        _conclusion(audience_curve, longest_first, judged),
    )


def _smooth(x: Float64Array) -> Float64Array:
    """(S,) → the mean of what is known in the window around each second, NaN where it is not itself."""
    known = ~np.isnan(x)
    window = np.ones(SMOOTHING_SECONDS)
    total = np.convolve(np.where(known, x, 0), window)[SMOOTHING_SECONDS // 2 :][: len(x)]
    count = np.convolve(known, window)[SMOOTHING_SECONDS // 2 :][: len(x)]
    return np.where(known, total / np.maximum(count, 1), np.nan)


def _conclusion(room: AudienceCurve, stretches: tuple[FlatStretch, ...], judged: int) -> str:
    if judged < MIN_DURATION:
        most = int(room.viewers.max(initial=0))
        were = "1 viewer was" if most == 1 else f"{most} viewers were"
        return (
            f"Cannot tell where nobody felt anything: at most {were} seen at once, and it takes "
            f"{MIN_VIEWERS} to be sure that fewer than {_MAX_REACTING_PERCENT} of people would react."
        )
    if not stretches:
        return f"Nowhere was the room surely flat (under {_MAX_REACTING_PERCENT} reacting) for {MIN_DURATION} seconds or more."
    number = "1 stretch is" if len(stretches) == 1 else f"{len(stretches)} stretches are"
    return f"{number} flat: for {MIN_DURATION} seconds or more, surely fewer than {_MAX_REACTING_PERCENT} reacted."
