"""Remove from the readings what the screen's light explains.

A face looks different when the screen brightens, and the readings of all faces change at once, which would
pass for a reaction that the audience shares. For each viewer and emotion, the log-odds against a neutral face
are regressed on the brightness, and what the regression explains is subtracted. A true reaction that only
happens to begin in a bright shot is hardly changed, because brightness over the whole film decides.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from moviemotion.analysis.signals.timeline import Timeline
from moviemotion.statistics import Float64Array

MIN_SECONDS = 60
"""Number of seconds in which a viewer and the light must be known for the regression."""
TREND_SECONDS = 61
"""Seconds of the running mean that is taken out before the regression, because moods and exposure wander."""
MAX_RESIDUAL = 2.0
"""Standard deviations at which residuals are limited, so that reactions do not decide the regression."""
MIN_DEVIATION = 0.02
"""Standard deviation of log brightness below which the light is too even to explain anything."""
_MIN_PROBABILITY = 1e-4


def without_screen_light(timeline: Timeline, light: Float64Array) -> Timeline:
    """Subtract what the screen's light explains from each viewer's readings.

    Args:
        timeline: the readings.
        light: (V, S) log brightness at each viewer's place; NaN where unknown. A viewer without light remains
            unchanged.

    Returns:
        A timeline in which the mean of each viewer's log-odds is the same as before.
    """
    probabilities = timeline.probabilities.copy()
    for viewer in range(len(probabilities)):
        own = probabilities[viewer]
        known = np.isfinite(own[:, 0]) & np.isfinite(light[viewer])
        if known.sum() < MIN_SECONDS:
            continue
        brightness = _without_trend(light[viewer], known)
        if float(brightness.std()) < MIN_DEVIATION:
            continue
        log_odds = np.log(np.maximum(own, _MIN_PROBABILITY))[known].astype(np.float64)
        log_odds -= log_odds[:, :1]
        centered = light[viewer][known] - light[viewer][known].mean()
        for emotion in range(1, own.shape[1]):
            curve = np.full(len(own), np.nan)
            curve[known] = log_odds[:, emotion]
            slope = _robust_slope(brightness, _without_trend(curve, known))
            log_odds[:, emotion] -= slope * centered
        shares = np.exp(log_odds - log_odds.max(axis=1, keepdims=True))
        own[known] = (shares / shares.sum(axis=1, keepdims=True)).astype(own.dtype)
    return replace(timeline, probabilities=probabilities)


def _without_trend(curve: Float64Array, known: NDArray[np.bool_]) -> Float64Array:
    """The known values of a curve, minus their running mean."""
    window = np.ones(TREND_SECONDS)
    count = np.convolve(known.astype(np.float64), window, "same")
    mean = np.convolve(np.where(known, curve, 0.0), window, "same") / np.maximum(count, 1)
    return np.asarray((curve - mean)[known])


def _robust_slope(x: Float64Array, y: Float64Array) -> float:
    """Slope of y on x; residuals are limited (Huber, 1964), by iterated pseudo-observations."""
    power = float(x @ x)
    slope = float(x @ y) / power
    for _ in range(10):
        residual = y - slope * x
        limit = MAX_RESIDUAL * 1.4826 * float(np.median(np.abs(residual - np.median(residual))))
        before, slope = slope, float(x @ (slope * x + np.clip(residual, -limit, limit))) / power
        if abs(slope - before) * float(x.std()) < 1e-4:
            break
    return slope
