"""Describe the patterns of a film as numbers that can be compared across films."""

from __future__ import annotations

from collections.abc import Sequence
from math import nan

import numpy as np

from moviemotion.analysis.analyze import Analysis
from moviemotion.analysis.patterns.arc import shape_correlations
from moviemotion.analysis.patterns.motifs import Motif, contains_motif
from moviemotion.emotions import NON_NEUTRAL_EMOTIONS


def film_features(analysis: Analysis, motifs: Sequence[Motif]) -> dict[str, float]:
    """Describe the patterns of one screening as numbers.

    Args:
        analysis: the analysis of the screening.
        motifs: motifs found in all films together; each becomes a feature, which is 1 if this film contains
            the motif and 0 otherwise.

    Returns:
        Feature name → value; NaN if the screening is inconclusive for that feature.
    """
    moments, patterns = analysis.moment_search.moments, analysis.patterns
    conclusive = analysis.moment_search.conclusive
    minutes = max(analysis.data_quality.seconds, 1) / 60
    features = {"moments per minute": len(moments) / minutes if conclusive else nan}
    for emotion in NON_NEUTRAL_EMOTIONS:
        count = sum(m.emotion is emotion for m in moments)
        features[f"share of moments that are {emotion}"] = count / len(moments) if moments else nan
    features["strength of the peak"] = max((m.strength for m in moments), default=nan)
    features["strength at the end"] = patterns.peak_end.strength
    features["end minus before"] = patterns.peak_end.change
    if patterns.arc.shape is not None:
        for shape, fit in shape_correlations(patterns.arc.curve).items():
            features[f"arc like “{shape}”"] = fit
    flat = patterns.flat
    features["flat share"] = flat.seconds / flat.judged if flat.conclusive else nan
    changes = patterns.changes
    features["mood changes per hour"] = 60 * len(changes.changes) / minutes if changes.conclusive else nan
    features["synchrony"] = analysis.synchrony.overall
    for motif in motifs:
        features[f"has {', then '.join(motif.emotions)}"] = (
            float(contains_motif(moments, motif.emotions, motif.window)) if moments else nan
        )
    return {name: float(value) if np.isfinite(value) else nan for name, value in features.items()}
