"""A timed script as JSON and back: what a study keeps of its screenplay and of the screenplay's times."""

from __future__ import annotations

import math
from dataclasses import asdict
from pathlib import Path
from typing import Any

from moviemotion.screenplay.alignment.align import TimedScript
from moviemotion.screenplay.alignment.cues import Cue, TimeSource
from moviemotion.screenplay.elements import Element, Emphasis, Kind, Note, Screenplay, Style


def to_json(script: TimedScript) -> dict[str, Any]:
    """Everything in a timed script, ready for `json.dumps(…, allow_nan=False)`; null for no time."""
    told = asdict(script)
    told["screenplay"]["path"] = str(script.screenplay.path)
    for cue in told["cues"]:
        cue["start"], cue["end"] = (None if math.isnan(cue[key]) else cue[key] for key in ("start", "end"))
    return told


def from_json(told: dict[str, Any]) -> TimedScript:
    """The timed script that `to_json` told.

    Raises:
        KeyError, TypeError, ValueError: it was not told by `to_json`.
    """
    play = told["screenplay"]
    return TimedScript(
        screenplay=Screenplay(
            title=play["title"],
            path=Path(play["path"]),
            source=tuple(play["source"]),
            elements=tuple(_element(element) for element in play["elements"]),
            title_page=tuple((key, value) for key, value in play["title_page"]),
            notes=tuple(Note(**note) for note in play["notes"]),
        ),
        cues=tuple(_cue(cue) for cue in told["cues"]),
        timing=told["timing"],
    )


def _element(told: dict[str, Any]) -> Element:
    emphasis = tuple(Emphasis(e["start"], e["end"], Style(e["style"])) for e in told["emphasis"])
    return Element(**{**told, "kind": Kind(told["kind"]), "emphasis": emphasis})


def _cue(told: dict[str, Any]) -> Cue:
    start, end = (math.nan if told[key] is None else told[key] for key in ("start", "end"))
    return Cue(told["element"], start, end, TimeSource(told["source"]), told["confidence"])
