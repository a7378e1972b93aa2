"""The JSON data for the studio's analysis page: audience curves, moments and the script.

Curves are packed as in the report (see `chart_data`); null means that a value was not measured.
"""

from __future__ import annotations

from typing import Any

from moviemotion.analysis.analyze import Analysis
from moviemotion.analysis.script_emotions import EmotionSummary
from moviemotion.analysis.signals.audience_curve import MIN_VIEWERS, REACTION_THRESHOLD, AudienceCurve
from moviemotion.analysis.signals.film_span import stretches
from moviemotion.reports import number_format
from moviemotion.reports.attention_sentences import attention_summary
from moviemotion.reports.html.chart_data import (
    CURVE_STEPS,
    EMOTION_STYLES,
    NO_VALUE,
    pack_attention,
    pack_curves,
    timed_scenes,
)
from moviemotion.reports.html.screening_report import script_rows
from moviemotion.reports.tables.csv_json import moments_json, number_or_null
from moviemotion.screenplay.alignment.line_corrections import CORRECTABLE_KINDS
from moviemotion.screenplay.read_back import read_back


def audience_json(analysis: Analysis) -> dict[str, Any]:
    """Describe the audience second by second, with the conclusions of the analysis.

    `start` is the first second of film time, and `seconds` is the number of seconds. `viewers` is the number
    of viewers seen in each second, and `curves` contains the output of `pack_curves`. `outside` lists the
    stretches before the film, after it and in its credits.
    """
    return {
        "title": analysis.title,
        "summary": number_format.summary_sentence(analysis),
        "conclusion": analysis.moment_search.conclusion,
        "conclusive": analysis.moment_search.conclusive,
        "caveats": analysis.data_quality.caveats,
        "problems": [str(problem) for problem in analysis.data_quality.problems],
        "timing": analysis.script.timing if analysis.script else None,
        "script": f"Script: {read_back(analysis.script.screenplay).sentence()}." if analysis.script else None,
        "start": int(analysis.timeline.start),
        "seconds": len(analysis.audience_curve.seconds),
        "size": analysis.data_quality.viewers,
        "emotions": EMOTION_STYLES,
        "reacting": REACTION_THRESHOLD,
        "scenes": timed_scenes(analysis),
        "outside": stretches(~analysis.in_film, analysis.timeline.start),
        **_with_attention(curves_json(analysis.audience_curve, MIN_VIEWERS), analysis),
        "attention": {
            "summary": attention_summary(analysis),
            "conclusion": analysis.attention.conclusion,
            "drops": [{"start": d.start, "end": d.end} for d in analysis.attention.drops],
        },
    }


def _with_attention(curves: dict[str, Any], analysis: Analysis) -> dict[str, Any]:
    """The curves of everyone with their attention, which is not shown for segments."""
    return {**curves, "curves": curves["curves"] | pack_attention(analysis.attention, MIN_VIEWERS)}


def curves_json(curve: AudienceCurve, min_viewers: int) -> dict[str, Any]:
    """Pack the curves of an audience or of a group of viewers.

    Args:
        curve: the curves.
        min_viewers: smallest number of viewers seen in a second for which its values are shown.
    """
    return {
        "minViewers": min_viewers,
        "steps": CURVE_STEPS,
        "noValue": NO_VALUE,
        "viewers": curve.viewers.tolist(),
        "curves": pack_curves(curve, min_viewers),
    }


def moments_with_elements(analysis: Analysis) -> list[dict[str, Any]]:
    """List the moments as in `moments.json`, each with `elements`, the indices of its script elements."""
    moments = moments_json(analysis)["moments"]
    return [
        {**moment, "elements": list(elements)}
        for moment, elements in zip(moments, analysis.moment_elements, strict=True)
    ]


def script_json(analysis: Analysis) -> list[dict[str, Any]]:
    """List the printed elements of the script with kind, text, time, emotion and moment numbers."""
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
            "byHand": row.is_by_hand,
            "timeable": row.element.kind in CORRECTABLE_KINDS,
            "cut": row.is_cut,
            "moments": list(row.moments),
            "emotionSummary": _emotion_json(row.emotion_summary) if row.emotion_summary else None,
        }
        for row in script_rows(analysis)
    ]


def _emotion_json(summary: EmotionSummary) -> dict[str, Any]:
    """Describe the emotion during an element; `viewers` is 0 if the emotion is unmeasured or withheld."""
    return {
        "emotion": summary.emotion,
        "strength": number_or_null(summary.strength),
        "interval": [number_or_null(end) for end in summary.strength_interval],
        "meanShare": number_or_null(summary.mean_reacting_share),
        "meanShareInterval": [number_or_null(end) for end in summary.mean_reacting_share_interval],
        "viewers": summary.viewers,
        "usualViewers": summary.usual_viewers,
        "enoughViewers": summary.has_enough_viewers,
    }
