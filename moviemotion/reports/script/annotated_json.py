"""Writes the annotated script as JSON for programs and assistants.

`docs/reference/annotated-script.schema.json` is its JSON Schema. Every measured value is an object with the
`value`, its 95 % `interval` and `n`, the number of viewers on whom it is based; null means that it was not
measured, or is withheld because it describes fewer than five people.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from moviemotion.analysis.analyze import Analysis
from moviemotion.analysis.moments.detection import resonance_ranks
from moviemotion.analysis.script_emotions import EmotionSummary
from moviemotion.reports.number_format import inconclusive_notice
from moviemotion.reports.script.line_notes import KINDS_WITH_EMOTION
from moviemotion.reports.script.page_layout import page_numbers
from moviemotion.reports.tables.csv_json import number_or_null
from moviemotion.screenplay.alignment.align import TimedScript, TimeSource

ANNOTATED_SCRIPT_SCHEMA, ANNOTATED_SCRIPT_VERSION = "moviemotion/annotated-script", 1


def annotated_json(analysis: Analysis) -> dict[str, Any]:
    """Describe the script and what the audience showed, for `json.dumps(…, allow_nan=False)`.

    Raises:
        ValueError: the analysis has no script.
    """
    if analysis.script is None:
        raise ValueError("the analysis has no script; repeat the analysis with a script")
    return {
        "schema": ANNOTATED_SCRIPT_SCHEMA,
        "version": ANNOTATED_SCRIPT_VERSION,
        **screening_json(analysis),
        "timing": analysis.script.timing,
        "title_page": dict(analysis.script.screenplay.title_page),
        "scenes": scenes_json(analysis),
        "elements": elements_json(analysis, analysis.script),
        "moments": moments_with_measures(analysis),
        "flat_stretches": flat_stretches_json(analysis),
    }


def annotated_json_text(analysis: Analysis) -> str:
    """Write `annotated_json` as the text of a file."""
    return json.dumps(annotated_json(analysis), indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def screening_json(analysis: Analysis) -> dict[str, Any]:
    """Describe the film, the audience, and what limits the results."""
    quality, search = analysis.data_quality, analysis.moment_search
    return {
        "film": {"title": analysis.title, "cut": analysis.cut or None, "date": analysis.date or None},
        "audience": {
            "viewers": quality.viewers,
            "usual_viewers": quality.usual_viewers,
            "seconds": quality.seconds,
            "unknown_seconds": quality.unknown_seconds,
        },
        "conclusion": search.conclusion,
        "cautions": [
            *filter(None, [inconclusive_notice(analysis)]),
            *quality.caveats,
            *map(str, quality.problems),
        ],
    }


def scenes_json(analysis: Analysis) -> list[dict[str, Any]]:
    """Describe each scene and the reaction to it."""
    elements = analysis.script.screenplay.elements if analysis.script else ()
    return [
        {
            "number": scene.scene_number,
            "printed_number": elements[scene.heading_element].number,
            "heading": elements[scene.heading_element].text,
            "element": scene.heading_element,
            "start": number_or_null(scene.summary.start),
            "end": number_or_null(scene.summary.end),
            "reaction": _reaction(scene.summary),
            "moments": [moment + 1 for moment in scene.moments],
        }
        for scene in analysis.scene_emotions
    ]


def elements_json(analysis: Analysis, script: TimedScript) -> list[dict[str, Any]]:
    """Describe each element of the script and, for action and what is spoken, the reaction to it."""
    moments: dict[int, list[int]] = {}
    for number, overlapped in enumerate(analysis.moment_elements, 1):
        for element in overlapped:
            moments.setdefault(element, []).append(number)
    pages = page_numbers(script.screenplay.elements)
    return [
        {
            "index": cue.element,
            "kind": str(element.kind),
            "text": element.text,
            "character": element.character,
            "scene": element.scene or None,
            "page": pages[cue.element],
            "start": number_or_null(cue.start),
            "end": number_or_null(cue.end),
            "time_source": str(cue.source),
            "estimated": cue.is_estimated,
            "in_film": cue.source is not TimeSource.CUT,
            "reaction": _reaction(summary) if element.kind in KINDS_WITH_EMOTION else None,
            "moments": moments.get(cue.element, []),
        }
        for cue, summary in zip(script.cues, analysis.element_emotions, strict=True)
        for element in [script.screenplay.elements[cue.element]]
    ]


def moments_with_measures(analysis: Analysis) -> list[dict[str, Any]]:
    """Describe each moment with its evidence."""
    moments = analysis.moment_search.moments
    ranks = resonance_ranks(moments)
    scenes = {moment: scene.scene_number for scene in analysis.scene_emotions for moment in scene.moments}
    return [
        {
            "number": k + 1,
            "kind": str(moment.kind),
            "emotion": str(moment.emotion),
            "start": number_or_null(moment.start),
            "peak": number_or_null(moment.peak),
            "end": number_or_null(moment.end),
            "strength": measure(moment.strength, moment.strength_interval, moment.viewers),
            "share_who_reacted": measure(
                moment.reacting_share, moment.reacting_share_interval, moment.viewers
            ),
            "share_usually_reacting": measure(moment.expected_share, None, moment.viewers),
            "resonance": measure(moment.resonance, moment.resonance_interval, moment.viewers),
            "synchrony": measure(moment.synchrony, moment.synchrony_interval, moment.viewers),
            "rank": ranks[k],
            "rank_interval": [rank or None for rank in moment.rank_interval],
            "adjusted_p": number_or_null(moment.p_adjusted),
            "found_again_in_half_audiences": number_or_null(moment.replicability),
            "mixed_emotions": [
                {
                    "emotion": mixed.emotion.name,
                    "parts": [str(part) for part in mixed.emotion.components],
                    "share": measure(mixed.share, mixed.share_interval, mixed.viewers),
                }
                for mixed in analysis.moment_mixed_emotions[k]
            ],
            "scene": scenes.get(k),
            "elements": list(analysis.moment_elements[k]),
        }
        for k, moment in enumerate(moments)
    ]


def flat_stretches_json(analysis: Analysis) -> dict[str, Any]:
    """Describe the stretches in which almost nobody reacted, and how far they could be judged."""
    flat = analysis.patterns.flat
    return {
        "conclusion": flat.conclusion,
        "stretches": [
            {
                "start": stretch.start,
                "end": stretch.end,
                "mean_share_reacting": measure(stretch.share, None, stretch.viewers),
                "at_most": number_or_null(stretch.most),
            }
            for stretch in flat.stretches
        ],
    }


def measure(value: float, interval: Sequence[float] | None, n: int) -> dict[str, Any]:
    """A measured value with its 95 % interval and the number of viewers; null where not known."""
    known = None if interval is None else [number_or_null(end) for end in interval]
    return {
        "value": number_or_null(value),
        "interval": None if known is None or None in known else known,
        "n": int(n),
    }


def _reaction(summary: EmotionSummary) -> dict[str, Any]:
    """Describe a reaction; `known` is false if too few viewers were seen, or the values are withheld."""
    return {
        "known": summary.has_enough_viewers,
        "emotion": str(summary.emotion) if summary.emotion else None,
        "strength": measure(summary.strength, summary.strength_interval, summary.viewers),
        "mean_share_reacting": measure(
            summary.mean_reacting_share, summary.mean_reacting_share_interval, summary.viewers
        ),
    }
