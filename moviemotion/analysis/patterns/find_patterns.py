"""Find all patterns in the moments and curves of one screening."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from moviemotion.analysis.moments.detection import MomentSearchResult
from moviemotion.analysis.patterns.acts import find_acts
from moviemotion.analysis.patterns.arc import EmotionalArc, find_arcs
from moviemotion.analysis.patterns.change_points import ChangePointSearchResult, find_change_points
from moviemotion.analysis.patterns.contagion import Contagion, find_contagion
from moviemotion.analysis.patterns.flat_stretches import FlatStretchSearchResult, find_flat_stretches
from moviemotion.analysis.patterns.motifs import MotifSearchResult, find_motifs
from moviemotion.analysis.patterns.peak_end import PeakEnd, find_peak_end
from moviemotion.analysis.signals.audience_curve import AudienceCurve, hide_seconds
from moviemotion.analysis.signals.film_span import film_part
from moviemotion.analysis.signals.seat_map import SeatMap
from moviemotion.screenplay.alignment.align import TimedScript
from moviemotion.statistics import Float64Array


@dataclass(frozen=True)
class Patterns:
    """The patterns of one screening.

    Attributes:
        arc: emotional arc of the entire film.
        acts: emotional arc of each act.
        acts_from: one sentence stating where the acts come from.
        peak_end: the strongest moment, and the reactions in the last minutes.
        flat: stretches in which almost nobody reacted.
        changes: times at which the level of an emotion changes.
        motifs: recurring sequences of moments.
        contagion: whether neighbors reacted together beyond the film's common effect.
    """

    arc: EmotionalArc
    acts: tuple[EmotionalArc, ...]
    acts_from: str
    peak_end: PeakEnd
    flat: FlatStretchSearchResult
    changes: ChangePointSearchResult
    motifs: MotifSearchResult
    contagion: Contagion


def find_patterns(
    strength: Float64Array,
    audience_curve: AudienceCurve,
    moment_search: MomentSearchResult,
    script: TimedScript | None,
    seed: int,
    seats: SeatMap | None = None,
    in_film: NDArray[np.bool_] | None = None,
) -> Patterns:
    """Find the patterns of a screening.

    Args:
        strength: (V, S, 7) each viewer's strengths, NaN where not seen.
        audience_curve: the audience curve of the same viewers.
        moment_search: the moments.
        script: the screenplay in film time, or None.
        seed: random seed for all patterns.
        seats: the seats of the same viewers; None if unknown.
        in_film: (S,) whether the film was running; other seconds do not count. By default, all seconds count.
    """
    seconds = len(audience_curve.seconds)
    first = int(audience_curve.seconds[0]) if seconds else 0
    if in_film is not None and not in_film.all():
        part = film_part(in_film)
        strength = np.where(in_film[:, None], strength, np.nan)[:, part]
        audience_curve = hide_seconds(audience_curve, ~in_film)
        first, seconds = first + part.start, strength.shape[1]
    end = _story_end(script, first, first + seconds)
    acts, acts_from = find_acts(script, float(first), end)
    # The credits belong neither to the arc nor to the last act, and would be mistaken for a change of mood.
    story = strength[:, : round(end) - first]
    arc, *act_arcs = find_arcs(story, first, acts, seed)
    return Patterns(
        arc=arc,
        acts=tuple(act_arcs),
        acts_from=acts_from,
        peak_end=find_peak_end(strength, first, end, moment_search.moments),
        flat=find_flat_stretches(audience_curve),
        changes=find_change_points(story, first, seed),
        motifs=find_motifs([moment_search.moments], seed),
        contagion=find_contagion(strength, seats, seed),
    )


def _story_end(script: TimedScript | None, start: int, end: int) -> float:
    """End of the script's last element, to exclude the credits; if there is none, end of the timeline."""
    ends = [cue.end for cue in script.cues if np.isfinite(cue.end)] if script else []
    last = max(ends, default=float(end))
    return last if start < last < end else float(end)
