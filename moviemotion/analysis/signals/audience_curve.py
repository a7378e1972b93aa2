"""The audience curve: what all viewers together showed in each second, with intervals."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from moviemotion.analysis.signals.strength_intervals import strength_intervals
from moviemotion.analysis.signals.synchrony import sliding_synchrony
from moviemotion.analysis.signals.timeline import Timeline
from moviemotion.statistics import Float64Array, wilson_interval

MIN_VIEWERS = 5
"""With fewer viewers seen at once, single viewers dominate, and no statement is made about the audience."""
REACTION_THRESHOLD = 0.25
"""A viewer is reacting in any second in which at least one emotion reaches this strength.

At 0.25, a quarter of the annotators who do not see the emotion in an average face at rest would see it after
the same change.
"""


@dataclass(frozen=True)
class AudienceCurve:
    """What the audience showed, second by second.

    The emotion axis is in the order of `NON_NEUTRAL_EMOTIONS`.

    Attributes:
        seconds: (S,) int, film second at which each column starts.
        viewers: (S,) int, number of viewers who were seen.
        strength: (S, 7) mean strength over the viewers seen, weighted by the quality of their samples, 0–1;
            NaN where no viewer was seen.
        strength_interval: (2, S, 7) lower and upper ends of the 95 % interval of `strength` over viewers (see
            `strength_intervals`).
        overall_strength: (S,) mean strength of each viewer's strongest emotion over the viewers seen, with
            the same weights, 0–1.
        overall_strength_interval: (2, S) 95 % interval of `overall_strength`.
        reacting_share: (S,) share of the viewers seen who react (with a strength ≥ `REACTION_THRESHOLD`),
            0–1. The share is not weighted, because it counts people.
        reacting_share_interval: (2, S) 95 % Wilson interval of `reacting_share`.
        synchrony: (S,) mean correlation over pairs of viewers in a window around the second, −1…1; NaN with
            fewer than two viewers or no variation.
    """

    seconds: NDArray[np.int64]
    viewers: NDArray[np.int64]
    strength: Float64Array
    strength_interval: Float64Array
    overall_strength: Float64Array
    overall_strength_interval: Float64Array
    reacting_share: Float64Array
    reacting_share_interval: Float64Array
    synchrony: Float64Array

    @property
    def has_enough_viewers(self) -> NDArray[np.bool_]:
        """(S,) whether at least `MIN_VIEWERS` were seen; otherwise, the audience's reaction is unknown."""
        return np.asarray(self.viewers >= MIN_VIEWERS)


def compute_audience_curve(timeline: Timeline, strength: Float64Array) -> AudienceCurve:
    """Average the viewers second by second.

    Args:
        timeline: the timeline, which provides the quality weights.
        strength: (V, S, 7) strengths of the same viewers and seconds, NaN where not seen.
    """
    seen = timeline.sample_counts > 0
    viewers = seen.sum(axis=0)
    strongest = np.where(seen, np.nan_to_num(strength).max(axis=2), np.nan)
    mean, low, high = strength_intervals(strength, timeline.weight)
    overall, overall_low, overall_high = strength_intervals(strongest, timeline.weight)
    reacting = (strongest >= REACTION_THRESHOLD).sum(axis=0)
    with np.errstate(invalid="ignore"):
        share = reacting / viewers
    return AudienceCurve(
        seconds=timeline.start + np.arange(len(viewers)),
        viewers=viewers.astype(np.int64),
        strength=mean,
        strength_interval=np.stack([low, high]),
        overall_strength=overall,
        overall_strength_interval=np.stack([overall_low, overall_high]),
        reacting_share=share,
        reacting_share_interval=np.stack(wilson_interval(reacting, viewers)),
        synchrony=sliding_synchrony(strength),
    )


def hide_seconds(curve: AudienceCurve, hidden: NDArray[np.bool_]) -> AudienceCurve:
    """Treat some seconds of a curve as if no viewer had been seen.

    Args:
        curve: the curve.
        hidden: (S,) whether to hide each second.
    """

    def without(values: Float64Array) -> Float64Array:
        return np.where(hidden.reshape(-1, *(1,) * (values.ndim - 1)), np.nan, values)

    def interval_without(interval: Float64Array) -> Float64Array:
        return np.stack([without(end) for end in interval])

    return replace(
        curve,
        viewers=np.where(hidden, 0, curve.viewers),
        strength=without(curve.strength),
        strength_interval=interval_without(curve.strength_interval),
        overall_strength=without(curve.overall_strength),
        overall_strength_interval=interval_without(curve.overall_strength_interval),
        reacting_share=without(curve.reacting_share),
        reacting_share_interval=interval_without(curve.reacting_share_interval),
        synchrony=without(curve.synchrony),
    )
