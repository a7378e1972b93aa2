"""Flat stretches: a minute or longer in which almost nobody reacted.

"No reaction was measured" and "there was no reaction" are different claims. A stretch counts as flat only if
the upper limit of the 95 % interval for the share of reacting viewers stays low. A small audience therefore
yields no flat stretches rather than many.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from moviemotion.analysis.signals.audience_curve import AudienceCurve
from moviemotion.statistics import Z95, Float64Array, wilson_interval

MAX_REACTING_SHARE = 0.25
"""A stretch is flat while the upper end of the reacting share's interval stays below this value."""
_MAX_REACTING_PERCENT = f"{MAX_REACTING_SHARE * 100:.0f}\N{NO-BREAK SPACE}%"
MIN_VIEWERS = int(np.ceil(Z95**2 * (1 - MAX_REACTING_SHARE) / MAX_REACTING_SHARE))
"""Smallest number of viewers for which Wilson's interval can lie below `MAX_REACTING_SHARE`.

If none of n viewers reacts, the upper end is z² / (n + z²), which is below m for n > z² (1 − m) / m.
"""
SMOOTHING_SECONDS = 15
"""Window over which the share is averaged, in seconds, so that one viewer's smile does not end a stretch."""
MIN_DURATION = 60
"""Shortest flat stretch, in seconds."""


@dataclass(frozen=True)
class FlatStretch:
    """A stretch in which almost nobody reacted.

    Attributes:
        start, end: seconds of film time; the end is exclusive.
        share: share of viewers who react, averaged over the stretch, 0–1.
        most: largest upper end of the reacting share's 95 % interval within the stretch; below
            `MAX_REACTING_SHARE`.
        viewers: smallest number of viewers seen in any second of the stretch.
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
        stretches: the flat stretches, the longest first.
        seconds: total length of the flat stretches.
        judged: number of seconds in which enough viewers were seen for a decision.
        conclusive: false if there were too few such seconds.
        conclusion: a human-readable statement of the outcome.
    """

    stretches: tuple[FlatStretch, ...]
    seconds: int
    judged: int
    conclusive: bool
    conclusion: str


def find_flat_stretches(audience_curve: AudienceCurve) -> FlatStretchSearchResult:
    """Search for stretches in which the reacting share is reliably below `MAX_REACTING_SHARE`.

    The share is averaged over `SMOOTHING_SECONDS`. Its Wilson interval is based on the number of viewers seen
    in the second, as if the neighboring seconds added no information, so it is conservative.
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
    """(S,) → (S,) mean of the known seconds in the window around each second; NaN where unknown."""
    known = ~np.isnan(x)
    window = np.ones(SMOOTHING_SECONDS)
    total = np.convolve(np.where(known, x, 0), window)[SMOOTHING_SECONDS // 2 :][: len(x)]
    count = np.convolve(known, window)[SMOOTHING_SECONDS // 2 :][: len(x)]
    return np.where(known, total / np.maximum(count, 1), np.nan)


def _conclusion(audience_curve: AudienceCurve, stretches: tuple[FlatStretch, ...], judged: int) -> str:
    if judged < MIN_DURATION:
        most = int(audience_curve.viewers.max(initial=0))
        were = "1 viewer was" if most == 1 else f"{most} viewers were"
        return (
            f"Inconclusive: at most {were} seen at once; {MIN_VIEWERS} are needed to show that fewer than "
            f"{_MAX_REACTING_PERCENT} of people would react."
        )
    if not stretches:
        return (
            f"No stretch of {MIN_DURATION} seconds or longer was flat with 95\N{NO-BREAK SPACE}% confidence "
            f"(fewer than {_MAX_REACTING_PERCENT} reacting)."
        )
    number = "1 stretch is" if len(stretches) == 1 else f"{len(stretches)} stretches are"
    return (
        f"{number} flat: for {MIN_DURATION} seconds or longer, fewer than {_MAX_REACTING_PERCENT} reacted, "
        "with 95\N{NO-BREAK SPACE}% confidence in each second."
    )
