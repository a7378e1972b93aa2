"""The audience curve as a matplotlib figure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from moviemotion.analysis.analyze import Analysis
from moviemotion.analysis.signals.audience_curve import MIN_VIEWERS
from moviemotion.emotions import NON_NEUTRAL_EMOTIONS
from moviemotion.errors import MoviemotionError
from moviemotion.reports.emotion_style import PALETTE
from moviemotion.reports.number_format import audience_size, film_time

if TYPE_CHECKING:
    from matplotlib.axes import Axes

DEFAULT_CURVES = 4
TICK_STEPS = (5, 10, 30, 60, 300, 600, 1200)
"""Seconds between ticks of the time axis."""
MAX_TICKS = 12


def plot_audience(analysis: Analysis, emotions: Sequence[str] | None, ax: Axes | None) -> Axes:
    """Plot mean strength over film time, with 95 % intervals as bands and moments as shaded spans.

    Seconds in which fewer than `MIN_VIEWERS` viewers were seen are hatched and have no curve.

    Raises:
        MoviemotionError: matplotlib is not installed, or an emotion is unknown.
    """
    try:
        from matplotlib import pyplot
        from matplotlib.ticker import FuncFormatter, MultipleLocator
    except ModuleNotFoundError:
        raise MoviemotionError(
            "matplotlib is not installed; run: pip install 'moviemotion[notebook]'"
        ) from None
    curve = analysis.audience_curve
    known = [str(emotion) for emotion in NON_NEUTRAL_EMOTIONS]
    if emotions is None:
        peaks = np.nan_to_num(curve.strength).max(axis=0, initial=0)
        emotions = [known[k] for k in sorted(np.argsort(-peaks, kind="stable")[:DEFAULT_CURVES])]
    unknown = [emotion for emotion in emotions if emotion not in known]
    if unknown:
        raise MoviemotionError(f"{unknown[0]!r}: no such emotion; choose from {', '.join(known)}")
    if ax is None:
        _, ax = pyplot.subplots(figsize=(10, 3.5), layout="constrained")
    enough = curve.has_enough_viewers
    for emotion in emotions:
        k = known.index(emotion)
        color = PALETTE[NON_NEUTRAL_EMOTIONS[k]].light
        mean = np.where(enough, curve.strength[:, k], np.nan)
        ax.plot(curve.seconds, mean, color=color, label=emotion, linewidth=1.5)
        low, high = np.where(enough, curve.strength_interval[:, :, k], np.nan)
        ax.fill_between(curve.seconds, low, high, color=color, alpha=0.15, linewidth=0)
    edges = analysis.timeline.start + np.flatnonzero(np.diff(~enough, prepend=False, append=False))
    # The legend shows one entry for all of these stretches; it omits labels that begin with an underscore.
    label = f"unknown: fewer than {MIN_VIEWERS} seen"
    for start, end in edges.reshape(-1, 2).tolist():
        ax.axvspan(start, end, color="0.6", fill=False, hatch="////", linewidth=0, label=label)
        label = "_"
    for moment in analysis.moment_search.moments:
        color = PALETTE[moment.emotion].light
        ax.axvspan(moment.start, moment.end, color=color, alpha=0.08, linewidth=0)
    ax.set(
        title=f"{analysis.title}: {audience_size(analysis)}",
        xlabel="film time",
        ylabel="mean strength",
        ylim=(0, 1),
    )
    ax.margins(x=0)
    seconds = len(curve.seconds)
    step = next((step for step in TICK_STEPS if seconds / step <= MAX_TICKS), TICK_STEPS[-1])
    ax.xaxis.set_major_locator(MultipleLocator(step))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: film_time(value)))
    ax.legend(loc="upper right", ncols=len(emotions) + (not enough.all()), frameon=False)
    return ax
