"""What is taken from the reactions to a trailer: some figures a viewer, by which outcomes are predicted."""

from __future__ import annotations

import numpy as np

from moviemotion.analysis.analyze import Analysis
from moviemotion.analysis.prediction.outcome_prediction import ReactionTable
from moviemotion.analysis.signals.audience_curve import REACTION_THRESHOLD
from moviemotion.emotions import NON_NEUTRAL_EMOTIONS
from moviemotion.statistics import Float64Array

END_SECONDS = 5
"""Seconds at the end whose mean is the level at which the trailer lets its viewers go."""
_CURVE_STATISTICS = ("mean", "peak", "reacting", "end")
FEATURE_NAMES = (
    *(f"{curve}_{figure}" for curve in (*NON_NEUTRAL_EMOTIONS, "strength") for figure in _CURVE_STATISTICS),
    "synchrony",
    "moments",
)


def viewer_features(trailer: str, analysis: Analysis) -> ReactionTable:
    """The reactions of each viewer of one trailer who was seen, also in its last seconds.

    Of each feeling, and of the strongest in each second (`strength`): its mean, peak, share of seconds of at
    least `REACTING`, and mean over the last `LAST` seconds. `synchrony` is the correlation with the mean of
    the others, 0 where a curve never moves. `moments` is in how many of the room's moments the viewer
    reacted with the feeling of the moment.
    """
    strength, start = analysis.strength, analysis.timeline.start
    rows, viewers = [], []
    for v, name in enumerate(analysis.timeline.viewers):
        seen = ~np.isnan(strength[v, :, 0])
        if not seen[-END_SECONDS:].any():
            continue
        own = strength[v]
        curves = np.column_stack([own, own.max(axis=1)])
        figures = np.stack(
            [
                np.nanmean(curves, axis=0),
                np.nanmax(curves, axis=0),
                (curves[seen] >= REACTION_THRESHOLD).mean(axis=0),
                np.nanmean(curves[-END_SECONDS:], axis=0),
            ]
        )
        joined = sum(
            bool(
                (
                    own[int(m.start) - start : int(m.end) - start, NON_NEUTRAL_EMOTIONS.index(m.emotion)]
                    >= REACTION_THRESHOLD
                ).any()
            )
            for m in analysis.moment_search.moments
        )
        rows.append([*figures.T.ravel(), _synchrony(strength, v), joined])
        viewers.append(name)
    return ReactionTable(
        (trailer,) * len(rows), tuple(viewers), FEATURE_NAMES, np.array(rows).reshape(-1, len(FEATURE_NAMES))
    )


def average_by_trailer(table: ReactionTable) -> ReactionTable:
    """One row a trailer: the mean over its viewers."""
    trailers = tuple(dict.fromkeys(table.trailers))
    of = np.array(table.trailers)
    values = np.array([table.values[of == trailer].mean(axis=0) for trailer in trailers])
    return ReactionTable(trailers, ("",) * len(trailers), table.feature_names, values)


def _synchrony(strength: Float64Array, viewer: int) -> float:
    others = np.delete(strength, viewer, axis=0)
    company = (~np.isnan(others[:, :, 0])).any(axis=0) & ~np.isnan(strength[viewer, :, 0])
    if company.sum() < 2:
        return 0.0
    own, rest = strength[viewer][company], np.nanmean(others[:, company], axis=0)
    own, rest = own - own.mean(axis=0), rest - rest.mean(axis=0)
    scale = np.sqrt((own**2).sum() * (rest**2).sum())
    return float((own * rest).sum() / scale) if scale > 0 else 0.0
