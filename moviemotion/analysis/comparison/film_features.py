"""One film's patterns as plain figures, to be set beside those of other films."""

from __future__ import annotations

from collections.abc import Sequence
from math import nan

import numpy as np

from moviemotion.analysis.analyze import Analysis
from moviemotion.analysis.patterns.arc import shape_correlations
from moviemotion.analysis.patterns.motifs import Motif, contains_motif
from moviemotion.emotions import NON_NEUTRAL_EMOTIONS


def film_features(analysis: Analysis, motifs: Sequence[Motif]) -> dict[str, float]:
    """Pattern → figure; NaN where the screening cannot tell.

    Args:
        motifs: found in all films together; of each, whether this film has it (1 or 0).
    """
    moments, patterns = analysis.moment_search.moments, analysis.patterns
    conclusive = analysis.moment_search.conclusive
    minutes = max(analysis.data_quality.seconds, 1) / 60
    figures = {"moments a minute": len(moments) / minutes if conclusive else nan}
    for feeling in NON_NEUTRAL_EMOTIONS:
        of_feeling = sum(m.emotion is feeling for m in moments)
        figures[f"share of moments that are {feeling}"] = of_feeling / len(moments) if moments else nan
    figures["height of the peak"] = max((m.strength for m in moments), default=nan)
    figures["strength at the end"] = patterns.peak_end.strength
    figures["end against before"] = patterns.peak_end.change
    known = patterns.arc.shape is not None
    for shape, fit in shape_correlations(patterns.arc.curve).items() if known else ():
        figures[f"arc like “{shape}”"] = fit
    flat = patterns.flat
    figures["share that is flat"] = flat.seconds / flat.judged if flat.conclusive else nan
    turns = patterns.changes
    figures["turns an hour"] = 60 * len(turns.changes) / minutes if turns.conclusive else nan
    figures["synchrony"] = analysis.synchrony.overall
    for motif in motifs:
        figures[f"has {', then '.join(motif.feelings)}"] = (
            float(contains_motif(moments, motif.feelings, motif.window)) if moments else nan
        )
    return {name: float(figure) if np.isfinite(figure) else nan for name, figure in figures.items()}
