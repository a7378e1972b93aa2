"""A mixed model for several screenings of one cut: viewers in rooms, with a random intercept for each room.

The strength of a viewer is modeled as the mean of the cut, plus the deviation of the room, plus the deviation
of the viewer. People who sit together share the room, the time of day and each other's company, so 30 viewers
in one room provide less evidence than 30 viewers in many rooms.

Each room contributes the mean of its viewers and the sampling variance of that mean. The variance between
rooms is estimated by restricted maximum likelihood (Viechtbauer, 2005), given the variance within rooms. If
all rooms have the same number of viewers, the result equals the estimate from a one-way analysis of variance,
(MSB − MSW) / n.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from moviemotion.statistics import Float64Array, student_t_quantile

_ITERATIONS = 100
_TINY = 1e-12


@dataclass(frozen=True)
class RoomModel:
    """A mixed model of K outcomes on two sides; NaN where it cannot be estimated.

    Attributes:
        mean: (2, K) mean of each side, weighted by the precision of its rooms' means.
        interval: (2, K) 95 % interval of the second mean minus the first (Hartung & Knapp, 2001, but never
            narrower than without their correction). The degrees of freedom are the number of rooms minus two.
        between: (K,) variance between rooms.
        within: (2, K) variance between the viewers of one room, on each side.
    """

    mean: Float64Array
    interval: Float64Array
    between: Float64Array
    within: Float64Array


def room_means(values: Float64Array, rooms: NDArray[np.int64]) -> tuple[Float64Array, Float64Array]:
    """Compute the mean over the viewers seen in each room (NaN if none) and their number, each (R, K).

    Args:
        values: (V, K) strengths, NaN where not seen.
        rooms: (V,) room of each viewer, numbered from 0.
    """
    member = np.eye(int(rooms.max()) + 1)[rooms].T
    count = member @ ~np.isnan(values)
    with np.errstate(invalid="ignore"):
        return (member @ np.nan_to_num(values)) / count, count


def fit_rooms(
    first: Float64Array, second: Float64Array, rooms: tuple[NDArray[np.int64], NDArray[np.int64]]
) -> RoomModel:
    """Fit the mixed model.

    Args:
        first, second: (V, K) strengths of the viewers on each side, NaN where not seen.
        rooms: for each side, the (V,) rooms of its viewers, numbered from 0.
    """
    means, counts, within = [], [], []
    for values, room in zip((first, second), rooms, strict=True):
        mean, count = room_means(values, room)
        freedom = np.maximum(count - 1, 0).sum(axis=0)
        squares = np.nansum((values - mean[room]) ** 2, axis=0)
        with np.errstate(invalid="ignore", divide="ignore"):
            within.append(squares / freedom)
        means.append(np.nan_to_num(mean))
        counts.append(count)
    # If no room of a side has two viewers, the other side's variance within rooms is used.
    within = [np.where(np.isfinite(own), own, other) for own, other in (within, within[::-1])]
    sampling = [
        np.maximum(variance, _TINY) / np.where(count > 0, count, np.nan)
        for variance, count in zip(within, counts, strict=True)
    ]
    between = _restricted_maximum_likelihood(means, sampling)
    side_means, precision, deviations = [], [], np.zeros(len(between))
    for mean, variance in zip(means, sampling, strict=True):
        weight = np.nan_to_num(1 / (between + variance))
        total = weight.sum(axis=0)
        with np.errstate(invalid="ignore", divide="ignore"):
            side_means.append((weight * mean).sum(axis=0) / total)
        deviations += (weight * (mean - np.nan_to_num(side_means[-1])) ** 2).sum(axis=0)
        precision.append(total)
    freedom = sum((count > 0).sum(axis=0) for count in counts) - 2
    with np.errstate(invalid="ignore", divide="ignore"):
        inflation = np.maximum(deviations / freedom, 1)
        error = np.sqrt(inflation * (1 / precision[0] + 1 / precision[1]))
        half = np.where(freedom > 0, student_t_quantile(np.maximum(freedom, 1)) * error, np.nan)
    difference = side_means[1] - side_means[0]
    half = np.where(np.isfinite(difference), half, np.nan)
    return RoomModel(
        np.stack(side_means),
        np.clip(np.stack([difference - half, difference + half]), -1, 1),
        between,
        np.stack(within),
    )


def _restricted_maximum_likelihood(means: list[Float64Array], sampling: list[Float64Array]) -> Float64Array:
    """Estimate the (K,) variance between rooms, at least 0, by Fisher scoring, starting from 0."""
    between = np.zeros(means[0].shape[1])
    for _ in range(_ITERATIONS):
        score, information = np.zeros((2, *between.shape))
        for mean, variance in zip(means, sampling, strict=True):
            weight = np.nan_to_num(1 / (between + variance))
            total = np.maximum(weight.sum(axis=0), _TINY)
            deviation = mean - (weight * mean).sum(axis=0) / total
            one, two, three = (np.sum(weight**power, axis=0) for power in (1, 2, 3))
            score += (weight**2 * deviation**2).sum(axis=0) - one + two / total
            information += two - 2 * three / total + (two / total) ** 2
        between = np.maximum(between + score / np.maximum(information, _TINY), 0)
    return between
