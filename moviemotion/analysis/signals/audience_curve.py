"""The audience curve: what all viewers together showed in each second, each figure with its interval."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from moviemotion.analysis.signals.strength_intervals import strength_intervals
from moviemotion.analysis.signals.synchrony import sliding_synchrony
from moviemotion.analysis.signals.timeline import Timeline
from moviemotion.statistics import Float64Array, wilson_interval

REACTION_THRESHOLD = 0.25
"""A viewer reacts in a second in which one of their emotions has at least this strength.

At 0.25, a quarter of the annotators who saw nothing in the face at rest would see the emotion now.
"""


@dataclass(frozen=True)
class AudienceCurve:
    """What the audience showed, second by second.

    The emotion axis is in the order of `NON_NEUTRAL_EMOTIONS`.

    Attributes:
        seconds: (S,) int, film second at which each column starts.
        viewers: (S,) int, how many viewers were seen.
        strength: (S, 7) mean strength over the seen viewers, weighted by the quality of their samples, 0–1;
            NaN where no viewer was seen.
        strength_interval: (2, S, 7) its 95 % interval over viewers (see `strength_intervals`), low then high.
        overall_strength: (S,) mean over the seen viewers of each one's strongest emotion, with the same
            weights, 0–1.
        overall_strength_interval: (2, S) its 95 % interval.
        reacting_share: (S,) share of the seen viewers who react (a strength ≥ `REACTION_THRESHOLD`), 0–1. It
            counts people, so it is not weighted.
        reacting_share_interval: (2, S) its 95 % Wilson interval.
        synchrony: (S,) leave-one-out inter-subject correlation in a window around the second, −1…1;
            NaN with fewer than two viewers or no variation.
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


def compute_audience_curve(timeline: Timeline, strength: Float64Array) -> AudienceCurve:
    """Average the viewers second by second.

    Args:
        timeline: who was seen when, and how well.
        strength: (V, S, 7) of the same viewers and seconds, NaN where not seen.
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
