"""How late people react: each viewer against the others, and the room against events whose time is known.

What the faces alone can tell is who is later than whom. How late the room is as a whole cannot be known
from them: a room that reacts a second later to everything looks just like a film that starts a second later.
For that, something must be known that happens at a known time and is felt; `delay_after` takes such events.
Lines of a script are no such events by themselves: nobody knows which of them is felt.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from moviemotion.statistics import Float64Array

MAX_RELATIVE_DELAY = 5
"""Seconds that one viewer may be earlier or later than the others."""
MIN_CORRELATION = 0.2
"""Correlation with the others below which nothing can be told of a viewer's delay."""
MAX_REACTION_DELAY = 10
"""Seconds after an event in which the room may react to it."""
MIN_RISE = 0.1
"""Mean strength by which the room must rise for a reaction."""
N_RESAMPLES = 1000


@dataclass(frozen=True)
class RelativeDelay:
    """Who is later than whom.

    Attributes:
        behind: (V,) seconds by which each viewer reacts later than the others do, negative where earlier;
            NaN where it cannot be told.
        spread: standard deviation of `behind` between viewers, seconds; NaN with fewer than two.
        spread_interval: its 95 % interval (percentile bootstrap over viewers).
    """

    viewer_delays: Float64Array
    spread: float
    spread_interval: tuple[float, float]


@dataclass(frozen=True)
class ReactionDelay:
    """How late the room reacts to known events.

    Attributes:
        seconds: median over the events that were felt, from the event to half of the rise that follows.
        interval: its 95 % interval (percentile bootstrap over events).
        felt: how many events the room reacted to, of `events`.
    """

    seconds: float
    interval: tuple[float, float]
    reacted_events: int
    events: int


def estimate_relative_delay(strength: Float64Array, seed: int) -> RelativeDelay:
    """The lag at which each viewer's curves fit best to the sum of the others'.

    The cross-correlation pools the seven feelings, each less its own mean; a parabola through its highest
    second and the two beside it gives a part of a second.

    Args:
        strength: (V, S, 7), NaN where not seen.
        seed: of the bootstrap.
    """
    viewers, seconds = strength.shape[:2]
    behind = np.full(viewers, np.nan)
    if viewers > 1 and seconds > 4 * MAX_RELATIVE_DELAY:
        n = np.maximum((~np.isnan(strength)).sum(axis=1, keepdims=True), 1)
        d = np.nan_to_num(strength - np.nansum(strength, axis=1, keepdims=True) / n)
        room = d.sum(axis=0)
        size = np.sqrt((d**2).sum(axis=(1, 2)))
        for v in range(viewers):
            behind[v] = _lag(d[v], room - d[v], float(size[v]))
    known = behind[~np.isnan(behind)]
    if len(known) < 2:
        return RelativeDelay(behind, float("nan"), (float("nan"), float("nan")))
    drawn = np.random.default_rng(seed).choice(known, (N_RESAMPLES, len(known)))
    low, high = np.percentile(drawn.std(axis=1, ddof=1), [2.5, 97.5])
    return RelativeDelay(behind, float(known.std(ddof=1)), (float(low), float(high)))


def _lag(own: Float64Array, others: Float64Array, size: float) -> float:
    """Seconds by which one (S, 7) curve lies behind another; NaN where they are not alike."""
    reach = MAX_RELATIVE_DELAY + 1
    inside = others[reach:-reach]
    products = np.array(
        [
            float((own[reach + lag : len(own) - reach + lag] * inside).sum())
            for lag in range(-reach, reach + 1)
        ]
    )
    best = int(products.argmax())
    alike = products[best] / max(size * float(np.sqrt((others**2).sum())), 1e-12)
    if best in (0, 2 * reach) or alike < MIN_CORRELATION:
        return float("nan")
    before, at, after = products[best - 1 : best + 2]
    return best - reach + 0.5 * (before - after) / (before - 2 * at + after)


def estimate_reaction_delay(
    strength: Float64Array, first_second: int, events: Sequence[float], seed: int
) -> ReactionDelay:
    """How long after known events the room reacts.

    Args:
        strength: (V, S, 7), NaN where not seen.
        first: film second of the first column.
        events: film times, seconds, at which something begins that may be felt.
        seed: of the bootstrap.
    """
    seen = ~np.isnan(strength)
    with np.errstate(invalid="ignore"):
        room = np.where(seen, strength, 0).sum(axis=0) / seen.sum(axis=0)
    delays = np.array([_half_rise(room, event - first_second) for event in events])
    known = delays[~np.isnan(delays)]
    if not len(known):
        return ReactionDelay(float("nan"), (float("nan"), float("nan")), 0, len(events))
    drawn = np.random.default_rng(seed).choice(known, (N_RESAMPLES, len(known)))
    low, high = np.percentile(np.median(drawn, axis=1), [2.5, 97.5])
    return ReactionDelay(float(np.median(known)), (float(low), float(high)), len(known), len(events))


def _half_rise(room: Float64Array, event: float) -> float:
    """Seconds from `event` (in columns) to half of the highest rise after it; NaN where there is none."""
    at = int(np.floor(event))
    after = room[max(at, 0) : at + MAX_REACTION_DELAY + 1]
    if at < 1 or len(after) < 2 or np.isnan(after).any():
        return float("nan")
    rises = after - room[at - 1]
    column = int(rises.max(axis=0).argmax())
    rise = rises[:, column]
    if not rise.max() >= MIN_RISE:
        return float("nan")
    k = int(np.argmax(rise >= rise.max() / 2))
    below = rise[k - 1] if k else 0.0
    # A column is a second's mean, so it stands for the middle of the second.
    middle = at + k + 0.5 - (rise[k] - rise.max() / 2) / (rise[k] - below)
    return float(middle - event)
