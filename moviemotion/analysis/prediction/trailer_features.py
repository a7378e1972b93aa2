"""Features of the reactions to a trailer, one row per viewer, for predicting outcomes."""

from __future__ import annotations

import numpy as np

from moviemotion.analysis.analyze import Analysis
from moviemotion.analysis.prediction.outcome_prediction import ReactionTable
from moviemotion.analysis.signals.audience_curve import REACTION_THRESHOLD
from moviemotion.emotions import NON_NEUTRAL_EMOTIONS
from moviemotion.statistics import Float64Array

END_SECONDS = 5
"""Length of the end of a trailer, in seconds; the mean over it describes the mood in which viewers leave."""
_CURVE_STATISTICS = ("mean", "peak", "reacting", "end")
FEATURE_NAMES = (
    *(f"{curve}_{figure}" for curve in (*NON_NEUTRAL_EMOTIONS, "strength") for figure in _CURVE_STATISTICS),
    "synchrony",
    "moments",
)


def viewer_features(trailer: str, analysis: Analysis) -> ReactionTable:
    """Compute the features of each viewer of a trailer who was also seen in its last seconds.

    For each emotion, and for the strongest emotion in each second (`strength`), the features are the mean,
    the peak, the fraction of seconds with at least `REACTION_THRESHOLD`, and the mean over the last
    `END_SECONDS`. `synchrony` is the correlation with the mean of the other viewers; it is 0 for a constant
    curve. `moments` is the number of the audience's moments in which the viewer reacted with the emotion of
    the moment.

    Args:
        trailer: name of the trailer.
        analysis: the analysis of the trailer's screening.
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
        shared_moments = sum(
            bool(
                (
                    own[int(m.start) - start : int(m.end) - start, NON_NEUTRAL_EMOTIONS.index(m.emotion)]
                    >= REACTION_THRESHOLD
                ).any()
            )
            for m in analysis.moment_search.moments
        )
        rows.append([*figures.T.ravel(), _synchrony(strength, v), shared_moments])
        viewers.append(name)
    return ReactionTable(
        (trailer,) * len(rows), tuple(viewers), FEATURE_NAMES, np.array(rows).reshape(-1, len(FEATURE_NAMES))
    )


def average_by_trailer(table: ReactionTable) -> ReactionTable:
    """Average the features over the viewers of each trailer; one row per trailer.

    The room is kept if the trailer was shown in only one room, and left empty otherwise.
    """
    trailers = tuple(dict.fromkeys(table.trailers))
    trailer_of = np.array(table.trailers)
    values = np.array([table.values[trailer_of == trailer].mean(axis=0) for trailer in trailers])
    shown = dict.fromkeys(zip(table.trailers, table.rooms, strict=False))
    rooms = tuple(room for _, room in shown) if len(shown) == len(trailers) else ()
    return ReactionTable(trailers, ("",) * len(trailers), table.feature_names, values, rooms)


def _synchrony(strength: Float64Array, viewer: int) -> float:
    others = np.delete(strength, viewer, axis=0)
    both_seen = (~np.isnan(others[:, :, 0])).any(axis=0) & ~np.isnan(strength[viewer, :, 0])
    if both_seen.sum() < 2:
        return 0.0
    own, mean = strength[viewer][both_seen], np.nanmean(others[:, both_seen], axis=0)
    own, mean = own - own.mean(axis=0), mean - mean.mean(axis=0)
    scale = np.sqrt((own**2).sum() * (mean**2).sum())
    return float((own * mean).sum() / scale) if scale > 0 else 0.0
