"""Convert timed scripts to and from JSON, the format in which a study stores its screenplay and cues."""

from __future__ import annotations

import math
from dataclasses import asdict
from pathlib import Path
from typing import Any

from moviemotion.screenplay.alignment.align import TimedScript
from moviemotion.screenplay.alignment.cues import Cue, TimeSource
from moviemotion.screenplay.elements import (
    Element,
    ElementKind,
    Emphasis,
    Screenplay,
    ScreenplayNote,
    TextStyle,
)


def to_json(script: TimedScript) -> dict[str, Any]:
    """Convert a timed script to JSON-serializable data; the NaN times of cut elements become None."""
    data = asdict(script)
    data["screenplay"]["path"] = str(script.screenplay.path)
    for cue in data["cues"]:
        cue["start"], cue["end"] = (None if math.isnan(cue[key]) else cue[key] for key in ("start", "end"))
    return data


def from_json(data: dict[str, Any]) -> TimedScript:
    """Restore a timed script from the output of `to_json`.

    Raises:
        KeyError, TypeError, ValueError: the data was not created by `to_json`.
    """
    play = data["screenplay"]
    return TimedScript(
        screenplay=Screenplay(
            title=play["title"],
            path=Path(play["path"]),
            source=tuple(play["source"]),
            elements=tuple(_element_from_json(element) for element in play["elements"]),
            title_page=tuple((key, value) for key, value in play["title_page"]),
            notes=tuple(ScreenplayNote(**note) for note in play["notes"]),
            scanned_pages=play.get("scanned_pages", 0),
        ),
        cues=tuple(_cue_from_json(cue) for cue in data["cues"]),
        timing=data["timing"],
        problems=tuple(data.get("problems", ())),
    )


def _element_from_json(data: dict[str, Any]) -> Element:
    emphasis = tuple(Emphasis(e["start"], e["end"], TextStyle(e["style"])) for e in data["emphasis"])
    return Element(**{**data, "kind": ElementKind(data["kind"]), "emphasis": emphasis})


def _cue_from_json(data: dict[str, Any]) -> Cue:
    start, end = (math.nan if data[key] is None else data[key] for key in ("start", "end"))
    return Cue(data["element"], start, end, TimeSource(data["source"]), data["confidence"])
