"""A screening as WebVTT: cues of JSON for a web page's metadata track, and cues that people read."""

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
from moviemotion.reports.number_format import moment_evidence
from moviemotion.reports.script.line_notes import KINDS_WITH_EMOTION
from moviemotion.reports.tables.csv_json import moments_json, number_or_null

VttCue = tuple[float, float, str]
"""Start and end in seconds of film time, and what stands between."""


def metadata_vtt(analysis: Analysis) -> str:
    """A metadata track: JSON objects whose `type` is scene, line, moment or second.

    A moment is as in `moments.json`. Strengths, shares and intervals are as in the report; null stands for
    not measured.
    """
    told = [*_scenes(analysis), *_moments(analysis), *_lines(analysis), *_seconds(analysis)]
    cues = [(start, end, _cue_json(what)) for start, end, what in told if not isnan(start)]
    return _vtt_document(f"{analysis.title}: what the room felt, as JSON", cues)


def captions_vtt(analysis: Analysis) -> str:
    """A caption track with the moments, to watch the film with."""
    cues = [
        (
            moment.start,
            moment.end,
            f"{PALETTE[moment.emotion].symbol} Moment {k}: {moment.emotion}\n{escape(moment_evidence(moment))}",
        )
        for k, moment in enumerate(analysis.moment_search.moments, 1)
    ]
    return _vtt_document(f"{analysis.title}: the moments that moved the room", cues, " line:0")


def _moments(analysis: Analysis) -> Iterator[tuple[float, float, dict[str, Any]]]:
    for moment in moments_json(analysis)["moments"]:
        yield moment["start"], moment["end"], {"type": "moment", **moment}


def _scenes(analysis: Analysis) -> Iterator[tuple[float, float, dict[str, Any]]]:
    elements = analysis.script.screenplay.elements if analysis.script else ()
    for scene in analysis.scene_emotions:
        heading = elements[scene.heading_element]
        told = {"type": "scene", "scene": scene.scene_number, "heading": heading.text}
        yield scene.summary.start, scene.summary.end, told | _emotion_fields(scene.summary)


def _lines(analysis: Analysis) -> Iterator[tuple[float, float, dict[str, Any]]]:
    if analysis.script is None:
        return
    for cue, feeling in zip(analysis.script.cues, analysis.element_emotions, strict=True):
        element = analysis.script.screenplay.elements[cue.element]
        if element.kind in KINDS_WITH_EMOTION:
            told = {
                "type": "line",
                "line": element.line,
                "kind": str(element.kind),
                "character": element.character,
                "text": element.text,
                "estimated": cue.is_estimated,
            }
            yield cue.start, cue.end, told | _emotion_fields(feeling)


def _seconds(analysis: Analysis) -> Iterator[tuple[float, float, dict[str, Any]]]:
    room = analysis.audience_curve
    for k, second in enumerate(room.seconds.tolist()):
        told = {
            "type": "second",
            "second": second,
            "viewers": int(room.viewers[k]),
            "overall": number_or_null(room.overall_strength[k]),
            "share": number_or_null(room.reacting_share[k]),
            "synchrony": number_or_null(room.synchrony[k]),
            "strength": {
                str(f): number_or_null(room.strength[k, at]) for at, f in enumerate(NON_NEUTRAL_EMOTIONS)
            },
        }
        yield second, second + 1, told


def _emotion_fields(feeling: EmotionSummary) -> dict[str, Any]:
    return {
        "feeling": feeling.emotion,
        "strength": number_or_null(feeling.strength),
        "strength_interval": [number_or_null(v) for v in feeling.strength_interval],
        "share": number_or_null(feeling.reacting_share),
        "viewers": feeling.viewers,
    }


def _vtt_document(title: str, cues: list[VttCue], settings: str = "") -> str:
    parts = [f"WEBVTT {' '.join(title.split()).replace('-->', '->')}\n"]
    # Cues must come in order of their starts; what lasts longer comes first.
    for start, end, text in sorted(cues, key=lambda cue: (cue[0], -cue[1])):
        # A cue must end after it starts.
        times = f"{_vtt_time(start)} --> {_vtt_time(max(end, start + 0.001))}"
        parts.append(f"\n{times}{settings}\n{text}\n")
    return "".join(parts)


def _cue_json(told: dict[str, Any]) -> str:
    text = json.dumps(told, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.replace("-->", "--\\u003e")


def _vtt_time(seconds: float) -> str:
    milliseconds = round(seconds * 1000)
    hours, rest = divmod(milliseconds, 3_600_000)
    minutes, rest = divmod(rest, 60_000)
    return f"{hours:02}:{minutes:02}:{rest // 1000:02}.{rest % 1000:03}"
