"""Packs the data of the report's charts into compact JSON for the page.

Curves are stored as 16-bit integers in units of 1/10,000, and viewer strips as one byte per second. This is
more precise than a chart can show, yet keeps the data of 200 viewers and a two-hour film below 3 MB.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moviemotion.analysis.analyze import Analysis
from moviemotion.analysis.attention import Attention
from moviemotion.analysis.segments.segment_analysis import SegmentAnalysis
from moviemotion.analysis.signals.audience_curve import MIN_VIEWERS, AudienceCurve
from moviemotion.analysis.signals.film_span import stretches
from moviemotion.emotions import NON_NEUTRAL_EMOTIONS
from moviemotion.reports.emotion_style import EMPHASIZED, PALETTE
from moviemotion.statistics import Float64Array

NO_VALUE = 65_535
CURVE_STEPS = 10_000
NOT_SEEN = 255
STRENGTH_LEVELS = 31
EMOTION_STYLES = [
    {"key": f, "symbol": PALETTE[f].symbol, "dash": PALETTE[f].dash, "shown": f in EMPHASIZED}
    for f in NON_NEUTRAL_EMOTIONS
]
"""The style of each emotion, and whether the page shows it initially."""


def chart_data(analysis: Analysis, segments: Sequence[SegmentAnalysis] = ()) -> dict[str, Any]:
    """Collect everything that the page's script draws, in a form suitable for JSON.

    `curves` are packed by `pack_curves` and `strips` by `pack_strips`. Times are seconds of film time.
    `outside` lists the stretches before the film, after it and in its credits. Each of `segments` has what
    replaces the values of everyone if it is chosen.
    """
    curve = analysis.audience_curve
    return {
        "start": int(analysis.timeline.start),
        "seconds": len(curve.seconds),
        "steps": CURVE_STEPS,
        "noValue": NO_VALUE,
        "emotions": EMOTION_STYLES,
        "outside": stretches(~analysis.in_film, analysis.timeline.start),
        **_shown_part(analysis, MIN_VIEWERS),
        "names": list(analysis.timeline.viewers),
        "strips": pack_strips(analysis.strength),
        "scenes": timed_scenes(analysis),
        "segments": [_shown_part(each.analysis, min(MIN_VIEWERS, each.viewers)) for each in segments],
    }


def _shown_part(analysis: Analysis, min_viewers: int) -> dict[str, Any]:
    """The curves and moments of an audience, or of a segment of it."""
    curve = analysis.audience_curve
    return {
        "viewers": curve.viewers.tolist(),
        "minViewers": min_viewers,
        "curves": pack_curves(curve, min_viewers) | pack_attention(analysis.attention, min_viewers),
        "moments": [
            {
                "start": float(m.start),
                "peak": float(m.peak),
                "end": float(m.end),
                "emotion": m.emotion,
                "kind": m.kind,
                "elements": list(lines),
            }
            for m, lines in zip(analysis.moment_search.moments, analysis.moment_elements, strict=True)
        ],
    }


def timed_scenes(analysis: Analysis) -> list[dict[str, Any]]:
    """List the scenes whose times are known, in script order."""
    elements = analysis.script.screenplay.elements if analysis.script else ()
    return [
        {
            "number": s.scene_number,
            "heading": elements[s.heading_element].text,
            "start": float(s.summary.start),
            "end": float(s.summary.end),
        }
        for s in analysis.scene_emotions
        if not np.isnan(s.summary.start)
    ]


def pack_curves(audience_curve: AudienceCurve, min_viewers: int) -> dict[str, str]:
    """Pack the audience curves and their intervals, keyed by name.

    Seconds in which fewer than `min_viewers` viewers were seen have no value; the pages draw them as unknown.
    """
    curves = {
        "overall": audience_curve.overall_strength,
        "overallLow": audience_curve.overall_strength_interval[0],
        "overallHigh": audience_curve.overall_strength_interval[1],
        "share": audience_curve.reacting_share,
        "shareLow": audience_curve.reacting_share_interval[0],
        "shareHigh": audience_curve.reacting_share_interval[1],
    }
    for column, emotion in enumerate(NON_NEUTRAL_EMOTIONS):
        curves[emotion] = audience_curve.strength[:, column]
        curves[f"{emotion}Low"] = audience_curve.strength_interval[0, :, column]
        curves[f"{emotion}High"] = audience_curve.strength_interval[1, :, column]
    enough = audience_curve.viewers >= min_viewers
    return {name: pack_curve(np.where(enough, curve, np.nan)) for name, curve in curves.items()}


def pack_attention(attention: Attention, min_viewers: int) -> dict[str, str]:
    """Pack the share that faces the screen and its interval; empty if attention was not measured.

    Seconds in which the state of fewer than `min_viewers` viewers is known have no value.
    """
    if not attention.is_measured:
        return {}
    enough = attention.known >= min_viewers
    low, high = attention.share_interval
    curves = {"attention": attention.share, "attentionLow": low, "attentionHigh": high}
    return {name: pack_curve(np.where(enough, curve, np.nan)) for name, curve in curves.items()}


def pack_curve(values: Float64Array) -> str:
    """Pack (S,) values from 0 to 1 as base64 of little-endian uint16.

    The unit is 1 / `CURVE_STEPS`; `NO_VALUE` stands for NaN.
    """
    steps = np.full(values.shape, NO_VALUE, dtype="<u2")
    known = ~np.isnan(values)
    steps[known] = np.rint(np.clip(values[known], 0, 1) * CURVE_STEPS)
    return b64encode(steps.tobytes()).decode("ascii")


def pack_strips(strength: NDArray[np.floating]) -> str:
    """Pack (V, S, 7) strengths as base64 bytes, viewer by viewer.

    Each byte is 32 × the column of the strongest emotion + its strength in units of 1/31, or `NOT_SEEN` for
    NaN.
    """
    cells = np.full(strength.shape[:2], NOT_SEEN, dtype=np.uint8)
    seen = ~np.isnan(strength).any(axis=-1)
    known = strength[seen]
    if known.size:
        level = np.rint(np.clip(known.max(axis=-1), 0, 1) * STRENGTH_LEVELS)
        cells[seen] = known.argmax(axis=-1) * (STRENGTH_LEVELS + 1) + level
    return b64encode(cells.tobytes()).decode("ascii")
