"""Reaction delays: of each viewer relative to the others, and of the audience after events at known times.

Faces alone show only which viewers react later than others. They cannot show the delay of the audience as a
whole: an audience that reacts to everything a second later looks exactly like a film that starts a second
later. Measuring this delay requires events that happen at a known time and cause a reaction, which are passed
to `estimate_reaction_delay`. The lines of a script do not qualify by themselves, because it is unknown which
lines cause a reaction. Where reactions are assigned to lines and scenes, `AUDIENCE_DELAY` is assumed instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from moviemotion.statistics import Float64Array

AUDIENCE_DELAY = 1.0
"""Delay of the audience's reactions that is assumed for lines and scenes, in seconds.

The facial muscles respond 0.3 to 0.4 s after a picture (Dimberg & Thunberg, 1998), a spontaneous smile then
unfolds over about half a second (Schmidt, Cohn & Tian, 2003), and a line must be understood first.
"""
MAX_RELATIVE_DELAY = 5
"""Largest delay of one viewer relative to the others, in either direction, in seconds."""
MIN_CORRELATION = 0.2
"""Smallest correlation with the others for which a viewer's delay is estimated."""
MAX_REACTION_DELAY = 10
"""Time after an event within which the audience may react to it, in seconds."""
MIN_RISE = 0.1
"""Smallest rise in mean strength that counts as a reaction of the audience."""
N_RESAMPLES = 1000


@dataclass(frozen=True)
class RelativeDelay:
    """The delay of each viewer relative to the others.

    Attributes:
        viewer_delays: (V,) seconds by which each viewer reacts later than the others; negative if earlier,
            NaN if the delay cannot be estimated.
        spread: standard deviation of `viewer_delays` over viewers, in seconds; NaN with fewer than two.
        spread_interval: 95 % interval of `spread` (percentile bootstrap over viewers).
    """

    viewer_delays: Float64Array
    spread: float
    spread_interval: tuple[float, float]


@dataclass(frozen=True)
class ReactionDelay:
    """The delay with which the audience reacts to known events.

    Attributes:
        seconds: time from an event to the midpoint of the rise that follows, as the median over the events
            with a reaction; NaN without a reaction.
        interval: 95 % interval of `seconds` (percentile bootstrap over events).
        reacted_events: number of events to which the audience reacted.
        events: number of events.
    """

    seconds: float
    interval: tuple[float, float]
    reacted_events: int
    events: int


def estimate_relative_delay(strength: Float64Array, seed: int) -> RelativeDelay:
    """Estimate the lag at which each viewer's curves best match the sum of the others' curves.

    The cross-correlation pools the seven emotions after subtracting the mean of each. A parabola through the
    maximum and the two neighboring seconds gives the lag to a fraction of a second.

    Args:
        strength: (V, S, 7) each viewer's strengths, NaN where not seen.
        seed: random seed for the bootstrap.
    """
    viewers, seconds = strength.shape[:2]
    delays = np.full(viewers, np.nan)
    if viewers > 1 and seconds > 4 * MAX_RELATIVE_DELAY:
        n = np.maximum((~np.isnan(strength)).sum(axis=1, keepdims=True), 1)
        deviation = np.nan_to_num(strength - np.nansum(strength, axis=1, keepdims=True) / n)
        total = deviation.sum(axis=0)
        norm = np.sqrt((deviation**2).sum(axis=(1, 2)))
        for v in range(viewers):
            # The viewer is excluded from the sum; otherwise, viewers would be partly compared with
            # themselves.
            delays[v] = _lag(deviation[v], total - deviation[v], float(norm[v]))
    known = delays[~np.isnan(delays)]
    if len(known) < 2:
        return RelativeDelay(delays, float("nan"), (float("nan"), float("nan")))
    drawn = np.random.default_rng(seed).choice(known, (N_RESAMPLES, len(known)))
    low, high = np.percentile(drawn.std(axis=1, ddof=1), [2.5, 97.5])
    return RelativeDelay(delays, float(known.std(ddof=1)), (float(low), float(high)))


def _lag(own: Float64Array, others: Float64Array, norm: float) -> float:
    """Compute the seconds by which one (S, 7) curve lags behind another; NaN if they are not similar.

    If the maximum is at the end of the range, the best lag may lie beyond it, so it counts as unknown.
    """
    reach = MAX_RELATIVE_DELAY + 1
    inside = others[reach:-reach]
    products = np.array(
        [
            float((own[reach + lag : len(own) - reach + lag] * inside).sum())
            for lag in range(-reach, reach + 1)
        ]
    )
    best = int(products.argmax())
    correlation = products[best] / max(norm * float(np.sqrt((others**2).sum())), 1e-12)
    if best in (0, 2 * reach) or correlation < MIN_CORRELATION:
        return float("nan")
    before, at, after = products[best - 1 : best + 2]
    return best - reach + 0.5 * (before - after) / (before - 2 * at + after)


def estimate_reaction_delay(
    strength: Float64Array, first_second: int, events: Sequence[float], seed: int
) -> ReactionDelay:
    """Estimate how long after known events the audience reacts.

    Args:
        strength: (V, S, 7) each viewer's strengths, NaN where not seen.
        first_second: film second of the first column.
        events: film times, in seconds, at which something that may cause a reaction begins.
        seed: random seed for the bootstrap.
    """
    seen = ~np.isnan(strength)
    with np.errstate(invalid="ignore"):
        curve = np.where(seen, strength, 0).sum(axis=0) / seen.sum(axis=0)
    delays = np.array([_half_rise(curve, event - first_second) for event in events])
    known = delays[~np.isnan(delays)]
    if not len(known):
        return ReactionDelay(float("nan"), (float("nan"), float("nan")), 0, len(events))
    drawn = np.random.default_rng(seed).choice(known, (N_RESAMPLES, len(known)))
    low, high = np.percentile(np.median(drawn, axis=1), [2.5, 97.5])
    return ReactionDelay(float(np.median(known)), (float(low), float(high)), len(known), len(events))


def _half_rise(curve: Float64Array, event: float) -> float:
    """Compute the seconds from `event` (in columns) to half of the highest rise after it; NaN without a rise.

    The midpoint of the rise is used because its start is obscured by noise and its top is flat.
    """
    at = int(np.floor(event))
    after = curve[max(at, 0) : at + MAX_REACTION_DELAY + 1]
    if at < 1 or len(after) < 2 or np.isnan(after).any():
        return float("nan")
    rises = after - curve[at - 1]
    column = int(rises.max(axis=0).argmax())
    rise = rises[:, column]
    if not rise.max() >= MIN_RISE:
        return float("nan")
    k = int(np.argmax(rise >= rise.max() / 2))
    below = rise[k - 1] if k else 0.0
    # A column is the mean over one second, so its value corresponds to the middle of that second.
    middle = at + k + 0.5 - (rise[k] - rise.max() / 2) / (rise[k] - below)
    return float(middle - event)
