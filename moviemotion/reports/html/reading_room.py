"""What the reading room shows of an analysis, as JSON: the room's curves, its moments, and the script.

Curves are packed as the report packs them (see `charts`); null stands for what was not measured.
"""

from __future__ import annotations

from typing import Any

from moviemotion.analysis.analyze import Analysis
from moviemotion.analysis.script_emotions import EmotionSummary
from moviemotion.analysis.signals.audience_curve import REACTION_THRESHOLD, AudienceCurve
from moviemotion.reports import number_format
from moviemotion.reports.html.chart_data import (
    CURVE_STEPS,
    EMOTION_STYLES,
    NO_VALUE,
    pack_curves,
    timed_scenes,
)
from moviemotion.reports.html.screening_report import script_rows
from moviemotion.reports.tables.csv_json import moments_json, number_or_null


def audience_json(analysis: Analysis) -> dict[str, Any]:
    """The whole room second by second, and what is said about it.

    `seconds` film seconds from `start` on; `viewers` how many were seen in each; `curves` as
    `packed_curves`.
    """
    return {
        "title": analysis.title,
        "summary": number_format.summary_sentence(analysis),
        "conclusion": analysis.moment_search.conclusion,
        "conclusive": analysis.moment_search.conclusive,
        "problems": analysis.data_quality.problems,
        "timing": analysis.script.timing if analysis.script else None,
        "start": int(analysis.timeline.start),
        "seconds": len(analysis.audience_curve.seconds),
        "size": analysis.data_quality.viewers,
        "emotions": EMOTION_STYLES,
        "reacting": REACTION_THRESHOLD,
        "scenes": timed_scenes(analysis),
        **curves_json(analysis.audience_curve),
    }


def curves_json(curve: AudienceCurve) -> dict[str, Any]:
    """The curves of a room, or of a group in it."""
    return {
        "steps": CURVE_STEPS,
        "noValue": NO_VALUE,
        "viewers": curve.viewers.tolist(),
        "curves": pack_curves(curve),
    }


def moments_with_elements(analysis: Analysis) -> list[dict[str, Any]]:
    """The moments as `moments.json` has them, each with the indices of its `elements` in the script."""
    told = moments_json(analysis)["moments"]
    return [
        {**moment, "elements": list(elements)}
        for moment, elements in zip(told, analysis.moment_elements, strict=True)
    ]


def script_json(analysis: Analysis) -> list[dict[str, Any]]:
    """The script's printed elements in order: kind, text, time, what was felt, the numbers of its moments."""
    elements = analysis.script.screenplay.elements if analysis.script else ()
    return [
        {
            "index": row.index,
            "kind": str(row.element.kind),
            "text": row.element.text,
            "scene": row.element.scene,
            "number": row.element.number,
            "character": row.element.character,
            "dual": row.element.dual,
            "page": elements[row.index].page,
            "start": number_or_null(row.cue.start),
            "end": number_or_null(row.cue.end),
            "estimated": row.cue.is_estimated,
            "cut": row.is_cut,
            "moments": list(row.moments),
            "emotionSummary": _emotion_json(row.emotion_summary) if row.emotion_summary else None,
        }
        for row in script_rows(analysis)
    ]


def _emotion_json(feeling: EmotionSummary) -> dict[str, Any]:
    """What the room felt during an element; `viewers` 0 where it was not measured or is withheld."""
    return {
        "emotion": feeling.emotion,
        "strength": number_or_null(feeling.strength),
        "interval": [number_or_null(end) for end in feeling.strength_interval],
        "share": number_or_null(feeling.reacting_share),
        "shareInterval": [number_or_null(end) for end in feeling.reacting_share_interval],
        "viewers": feeling.viewers,
    }
