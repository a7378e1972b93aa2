"""Exports a screening as WebVTT: a JSON metadata track for web pages, and a caption track for viewers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from html import escape
from math import isnan
from typing import Any

from moviemotion.analysis.analyze import Analysis
from moviemotion.analysis.script_emotions import EmotionSummary
from moviemotion.emotions import NON_NEUTRAL_EMOTIONS
from moviemotion.reports.emotion_style import PALETTE
from moviemotion.reports.number_format import cautions, moment_evidence, moment_name
from moviemotion.reports.script.line_notes import KINDS_WITH_EMOTION
from moviemotion.reports.tables.csv_json import moments_json, number_or_null
from moviemotion.screenplay.alignment.cues import TimeSource

VttCue = tuple[float, float, str]
"""Start and end in seconds of film time, and the text."""


def metadata_vtt(analysis: Analysis) -> str:
    """Write a metadata track of JSON objects whose `type` is scene, line, moment or second.

    Moments have the same fields as in `moments.json`. Strengths, shares and intervals equal those in the
    report; null means that a value was not measured.
    """
    records = [*_scenes(analysis), *_moments(analysis), *_lines(analysis), *_seconds(analysis)]
    cues = [(start, end, _cue_json(record)) for start, end, record in records if not isnan(start)]
    return _vtt_document(f"{analysis.title}: audience reactions as JSON", cues, cautions(analysis))


def captions_vtt(analysis: Analysis) -> str:
    """Write a caption track that shows the moments while the film plays."""
    cues = [
        (
            moment.start,
            moment.end,
            f"{PALETTE[moment.emotion].symbol} {moment_name(k, moment)}\n{escape(moment_evidence(moment))}",
        )
        for k, moment in enumerate(analysis.moment_search.moments, 1)
    ]
    return _vtt_document(f"{analysis.title}: moments", cues, cautions(analysis), " line:0")


def _moments(analysis: Analysis) -> Iterator[tuple[float, float, dict[str, Any]]]:
    for moment in moments_json(analysis)["moments"]:
        yield moment["start"], moment["end"], {"type": "moment", **moment}


def _scenes(analysis: Analysis) -> Iterator[tuple[float, float, dict[str, Any]]]:
    elements = analysis.script.screenplay.elements if analysis.script else ()
    for scene in analysis.scene_emotions:
        heading = elements[scene.heading_element]
        fields = {"type": "scene", "scene": scene.scene_number, "heading": heading.text}
        yield scene.summary.start, scene.summary.end, fields | _emotion_fields(scene.summary)


def _lines(analysis: Analysis) -> Iterator[tuple[float, float, dict[str, Any]]]:
    if analysis.script is None:
        return
    for cue, summary in zip(analysis.script.cues, analysis.element_emotions, strict=True):
        element = analysis.script.screenplay.elements[cue.element]
        if element.kind in KINDS_WITH_EMOTION:
            fields = {
                "type": "line",
                "line": element.line,
                "kind": str(element.kind),
                "character": element.character,
                "text": element.text,
                "estimated": cue.is_estimated,
                "by_hand": cue.source is TimeSource.BY_HAND,
            }
            yield cue.start, cue.end, fields | _emotion_fields(summary)


def _seconds(analysis: Analysis) -> Iterator[tuple[float, float, dict[str, Any]]]:
    curve = analysis.audience_curve
    for k, second in enumerate(curve.seconds.tolist()):
        fields = {
            "type": "second",
            "second": second,
            "viewers": int(curve.viewers[k]),
            "enough_viewers": bool(curve.has_enough_viewers[k]),
            "overall": number_or_null(curve.overall_strength[k]),
            "share": number_or_null(curve.reacting_share[k]),
            "synchrony": number_or_null(curve.synchrony[k]),
            "strength": {
                str(f): number_or_null(curve.strength[k, at]) for at, f in enumerate(NON_NEUTRAL_EMOTIONS)
            },
        }
        yield second, second + 1, fields


def _emotion_fields(summary: EmotionSummary) -> dict[str, Any]:
    return {
        "emotion": summary.emotion,
        "strength": number_or_null(summary.strength),
        "strength_interval": [number_or_null(v) for v in summary.strength_interval],
        "mean_share": number_or_null(summary.mean_reacting_share),
        "viewers": summary.viewers,
        "usual_viewers": summary.usual_viewers,
    }


def _vtt_document(title: str, cues: list[VttCue], notice: str, settings: str = "") -> str:
    parts = [f"WEBVTT {' '.join(title.split()).replace('-->', '->')}\n"]
    if notice:
        parts.append(f"\nNOTE {notice.replace('-->', '->')}\n")
    # WebVTT requires cues to be sorted by start time; among cues that start together, the longest comes
    # first.
    for start, end, text in sorted(cues, key=lambda cue: (cue[0], -cue[1])):
        # WebVTT requires each cue to end after it starts.
        times = f"{_vtt_time(start)} --> {_vtt_time(max(end, start + 0.001))}"
        parts.append(f"\n{times}{settings}\n{text}\n")
    return "".join(parts)


def _cue_json(record: dict[str, Any]) -> str:
    # "-->" would start a new cue.
    text = json.dumps(record, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.replace("-->", "--\\u003e")


def _vtt_time(seconds: float) -> str:
    milliseconds = round(seconds * 1000)
    hours, rest = divmod(milliseconds, 3_600_000)
    minutes, rest = divmod(rest, 60_000)
    return f"{hours:02}:{minutes:02}:{rest // 1000:02}.{rest % 1000:03}"
