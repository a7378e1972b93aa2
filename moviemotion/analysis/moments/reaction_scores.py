"""Reaction scores: each viewer's curves on a common scale, at the time scale of moments or of moods.

The moment test adds these scores over viewers. Three steps give every viewer a similar influence. The slow
part of a curve is separated from its short reactions and handled at another time scale. The curve is divided
by the viewer's own standard deviation. The result is limited (winsorized), so that a single strong reaction
does not count as much as three viewers. A viewer who is not seen has a score of 0, like one who does not
react, so failing to find faces can never create a moment.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import median_filter

from moviemotion.analysis.signals.audience_curve import MIN_VIEWERS
from moviemotion.statistics import Float64Array

MAX_SCORE = 3.0
"""Limit of a score in either direction, in standard deviations of the viewer's own curve."""
MIN_DEVIATION = 0.1
"""Lower limit of a viewer's standard deviation of strength, so that tiny fluctuations are not amplified."""


@dataclass(frozen=True)
class TimeScale:
    """A time scale on which reactions are shared.

    Attributes:
        name: `moment` or `mood`.
        median_seconds: window of a running median that removes shorter reactions; 1 keeps all reactions.
        trend_seconds: window of a running median that is subtracted, so that an expression held for longer
            does not hide short reactions; with 0, only the viewer's mean is subtracted.
        mean_seconds: window over which scores are averaged, because people react at different speeds.
        reach: largest shift of the null model, in seconds.
        edge_seconds: seconds at either end of the film that cannot be evidence, because people are settling
            in or leaving.
    """

    name: str
    median_seconds: int
    trend_seconds: int
    mean_seconds: int
    reach: int
    edge_seconds: int


MOMENT = TimeScale("moment", median_seconds=1, trend_seconds=41, mean_seconds=3, reach=20, edge_seconds=0)
MOOD = TimeScale("mood", median_seconds=41, trend_seconds=0, mean_seconds=1, reach=90, edge_seconds=60)
"""A mood is an expression held for more than half of the median's window. The running median removes shorter
reactions, however many there are, and preserves the start and end of longer ones."""


def level_curves(strength: Float64Array, scale: TimeScale) -> Float64Array:
    """Compute each viewer's curves at a time scale.

    Args:
        strength: (V, S, F) each viewer's strengths, NaN where not seen.
        scale: the time scale.

    Returns:
        (V, S, F) strengths, NaN where not seen.
    """
    if scale.median_seconds == 1:
        return strength
    seen = ~np.isnan(strength)
    return np.where(seen, _running_median(np.where(seen, strength, 0.0), scale.median_seconds), np.nan)


def reaction_scores(levels: Float64Array, scale: TimeScale) -> NDArray[np.float32]:
    """Compute each viewer's scores.

    Args:
        levels: (V, S, F) each viewer's curves at this time scale (`level_curves`), NaN where not seen.
        scale: the time scale.

    Returns:
        (V, S, F) scores within ±`MAX_SCORE`; 0 where not seen.
    """
    seen = ~np.isnan(levels[:, :, :1])
    n = np.maximum(seen.sum(axis=1, keepdims=True), 1)
    x = np.where(seen, levels, 0.0)
    if scale.trend_seconds:
        x = np.where(seen, x - _running_median(x, scale.trend_seconds), 0.0)
    deviation = np.where(seen, x - x.sum(axis=1, keepdims=True) / n, 0.0)
    spread = np.sqrt((deviation**2).sum(axis=1, keepdims=True) / n)
    scores = np.clip(deviation / np.maximum(spread, MIN_DEVIATION), -MAX_SCORE, MAX_SCORE)
    return np.where(seen, _running_mean(scores, seen, scale.mean_seconds), 0.0).astype(np.float32)


def eligible_seconds(
    seen: NDArray[np.bool_], in_film: NDArray[np.bool_], scale: TimeScale
) -> NDArray[np.bool_]:
    """Find the seconds that can be evidence for a shared reaction.

    A second counts if at least `MIN_VIEWERS` viewers and half of the usual number are seen, and if it lies
    within the film and not too close to its ends. In a dark scene, the few faces that are found may have been
    found only because they smile. The usual number is used rather than the total number of viewers, so that a
    person who merely passes through the frame does not count.

    Args:
        seen: (V, S) whether each viewer was seen.
        in_film: (S,) whether the film was running.
        scale: the time scale.

    Returns:
        (S,) whether each second can be evidence.
    """
    eligible = in_film & (seen.sum(axis=0) >= max(MIN_VIEWERS, usual_viewers(seen, in_film) / 2))
    film = np.flatnonzero(in_film)
    if len(film):
        eligible[: film[0] + scale.edge_seconds] = False
        eligible[max(film[-1] + 1 - scale.edge_seconds, 0) :] = False
    return np.asarray(eligible)


def usual_viewers(seen: NDArray[np.bool_], in_film: NDArray[np.bool_]) -> float:
    """Return the largest number of viewers who are seen at once in at least a tenth of the film.

    Args:
        seen: (V, S) whether each viewer was seen.
        in_film: (S,) whether the film was running.
    """
    count = seen[:, in_film].sum(axis=0)
    return float(np.quantile(count, 0.9)) if len(count) else 0.0


def _running_median(x: Float64Array, seconds: int) -> Float64Array:
    return np.asarray(median_filter(x, size=(1, seconds, 1), mode="reflect"))


def _running_mean(x: Float64Array, seen: NDArray[np.bool_], seconds: int) -> Float64Array:
    """Average the seen seconds over a centered window."""
    half = seconds // 2
    edge = ((0, 0), (half, half), (0, 0))
    values, count = np.pad(x, edge), np.pad(seen.astype(float), edge)
    spans = [slice(k, k + x.shape[1]) for k in range(2 * half + 1)]
    total = np.sum([values[:, span] for span in spans], axis=0)
    n = np.sum([count[:, span] for span in spans], axis=0)
    return np.asarray(total / np.maximum(n, 1))
