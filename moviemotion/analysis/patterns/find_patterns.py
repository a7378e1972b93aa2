"""The patterns of one screening, from what is already known about it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from moviemotion.analysis.moments.detection import MomentSearchResult
from moviemotion.analysis.patterns.acts import find_acts
from moviemotion.analysis.patterns.arc import EmotionalArc, find_arcs
from moviemotion.analysis.patterns.change_points import ChangePointSearchResult, find_change_points
from moviemotion.analysis.patterns.contagion import Contagion, find_contagion
from moviemotion.analysis.patterns.flat_stretches import FlatStretchSearchResult, find_flat_stretches
from moviemotion.analysis.patterns.motifs import MotifSearchResult, find_motifs
from moviemotion.analysis.patterns.peak_end import PeakEnd, find_peak_end
from moviemotion.analysis.signals.audience_curve import AudienceCurve
from moviemotion.screenplay.alignment.align import TimedScript
from moviemotion.statistics import Float64Array


@dataclass(frozen=True)
class Patterns:
    """What the moments and the curves of a screening are like as a whole.

    Attributes:
        arc: of the whole film; `acts` of each act.
        acts_from: one sentence: where the acts come from.
        peak_end: the strongest moment and the last minutes.
        flat: where next to nobody reacted.
        changes: where the mood turns.
        motifs: the order of the moments.
        contagion: whether viewers moved together in smaller circles.
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
) -> Patterns:
    """Find the patterns of a screening.

    Args:
        strength: (V, S, 7) of every viewer, NaN where not seen.
        room: the same viewers joined.
        search: the moments.
        script: the screenplay on the film's clock, or None.
        seed: of all that is drawn at random.
    """
    first, seconds = (
        int(audience_curve.seconds[0]) if len(audience_curve.seconds) else 0,
        len(audience_curve.seconds),
    )
    end = _story_end(script, first, first + seconds)
    acts, acts_from = find_acts(script, float(first), end)
    told = strength[:, : round(end) - first]
    arc, *of_acts = find_arcs(told, first, acts, seed)
    return Patterns(
        arc=arc,
        acts=tuple(of_acts),
        acts_from=acts_from,
        peak_end=find_peak_end(strength, first, end, moment_search.moments),
        flat=find_flat_stretches(audience_curve),
        changes=find_change_points(told, first, seed),
        motifs=find_motifs([moment_search.moments], seed),
        contagion=find_contagion(strength, seed),
    )


def _story_end(script: TimedScript | None, start: int, end: int) -> float:
    """Where the script's last line ends, as credits are no story; without one, where what was read ends."""
    ends = [cue.end for cue in script.cues if np.isfinite(cue.end)] if script else []
    last = max(ends, default=float(end))
    return last if start < last < end else float(end)
