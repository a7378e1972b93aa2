"""What the reading room shows of an analysis, as JSON: the room's curves, its moments, and the script.

Curves are packed as the report packs them (see `charts`); null stands for what was not measured.
"""

from __future__ import annotations

from typing import Any

from moviemotion.analysis.analyze import Analysis
from moviemotion.analysis.script_emotions import Feeling
from moviemotion.analysis.signals.audience_curve import REACTING, Room
from moviemotion.reports import number_format
from moviemotion.reports.html.chart_data import FEELINGS_DRAWN, NO_VALUE, STEPS, packed_curves, scenes_drawn
from moviemotion.reports.html.screening_report import script_rows
from moviemotion.reports.tables.csv_json import moments_json, or_null


def room_json(analysis: Analysis) -> dict[str, Any]:
    """The whole room second by second, and what is said about it.

    `seconds` film seconds from `start` on; `viewers` how many were seen in each; `curves` as
    `packed_curves`.
    """
    return {
        "title": analysis.title,
        "summary": number_format.summary(analysis),
        "conclusion": analysis.search.conclusion,
        "conclusive": analysis.search.conclusive,
        "problems": analysis.quality.problems,
        "timing": analysis.script.timing if analysis.script else None,
        "start": int(analysis.timeline.start),
        "seconds": len(analysis.room.seconds),
        "size": analysis.quality.viewers,
        "feelings": FEELINGS_DRAWN,
        "reacting": REACTING,
        "scenes": scenes_drawn(analysis),
        **curves_json(analysis.room),
    }


def curves_json(room: Room) -> dict[str, Any]:
    """The curves of a room, or of a group in it."""
    return {
        "steps": STEPS,
        "noValue": NO_VALUE,
        "viewers": room.viewers.tolist(),
        "curves": packed_curves(room),
    }


def moments_shown(analysis: Analysis) -> list[dict[str, Any]]:
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
            "start": or_null(row.cue.start),
            "end": or_null(row.cue.end),
            "estimated": row.cue.estimated,
            "cut": row.cut,
            "moments": list(row.moments),
            "felt": _felt(row.feeling) if row.feeling else None,
        }
        for row in script_rows(analysis)
    ]


def _felt(feeling: Feeling) -> dict[str, Any]:
    """What the room felt during an element; `viewers` 0 where it was not measured or is withheld."""
    return {
        "emotion": feeling.emotion,
        "strength": or_null(feeling.strength),
        "interval": [or_null(end) for end in feeling.strength_interval],
        "share": or_null(feeling.share),
        "shareInterval": [or_null(end) for end in feeling.share_interval],
        "viewers": feeling.viewers,
    }
