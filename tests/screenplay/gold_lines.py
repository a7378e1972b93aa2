"""Gold lists: hand-timed lines of two films, compared with an alignment.

A line starts with the first words that belong to it, including a false start or a "yeah" for its "yes"; if
its first sentence was rewritten, it starts with the replacement. By this rule three times were corrected on a
second reading: lines 417 and 3941 of Mission: Impossible and line 1174 of Mystery Men.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

from moviemotion.screenplay.alignment.align import TimedScript, TimeSource
from moviemotion.screenplay.elements import ElementKind

GOLD = Path(__file__).parent / "gold"
_NEAR = 1.0
"""Largest error in seconds of a line's start that counts as right."""


@dataclass(frozen=True)
class GoldLine:
    """A line of a gold list with the result of an alignment.

    Attributes:
        kind: kept, changed or moved; absent if it is not in the film.
        half: development if it was used for tuning, else evaluation.
        near: whether it is spoken, and aligned within a second of its time.
        cut: whether the alignment says that it is not in the film.
        confidence: that of its cue; None if it was not found.
    """

    kind: str
    half: str
    near: bool
    cut: bool
    confidence: float | None


def gold_lines(timed: TimedScript, name: str) -> list[GoldLine]:
    """Compare an alignment with the gold list of its film.

    Args:
        timed: the alignment.
        name: name of the gold list.
    """
    cues = {
        e.line: cue
        for e, cue in zip(timed.screenplay.elements, timed.cues, strict=True)
        if e.kind in (ElementKind.DIALOGUE, ElementKind.LYRICS)
    }
    with (GOLD / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        rows = [(cues[int(row["line"])], row) for row in csv.DictReader(file)]
    return [
        GoldLine(
            row["kind"],
            row["half"],
            row["kind"] != "absent" and abs(cue.start - float(row["seconds"])) <= _NEAR,
            cue.source is TimeSource.CUT,
            cue.confidence if cue.source is TimeSource.SUBTITLES else None,
        )
        for cue, row in rows
    ]
