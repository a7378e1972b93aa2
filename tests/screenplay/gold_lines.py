"""What became of the gold lists' lines: lines of two films, with the second in which each is heard.

A line is heard from the first words that give any of it, a false start or a "yeah" for its "yes" included;
where its first sentence was rewritten, from the beginning of what stands for it. By that rule three times
were mended on a second reading: lines 417 and 3941 of Mission: Impossible and line 1174 of Mystery Men.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

from moviemotion.screenplay.alignment.align import TimedScript, TimeSource
from moviemotion.screenplay.elements import ElementKind

GOLD = Path(__file__).parent / "gold"
_NEAR = 1.0
"""Seconds by which a line's start may miss."""


@dataclass(frozen=True)
class GoldLine:
    """A line of a gold list as the alignment has it.

    Attributes:
        kind: kept, changed or moved; absent where the film has it nowhere.
        half: development where it was used for tuning, else evaluation.
        near: whether it is heard, and starts within a second of its time.
        cut: whether the alignment says it is not in the film.
        confidence: of the place it was found in; None where it was not found.
    """

    kind: str
    half: str
    near: bool
    cut: bool
    confidence: float | None


def gold_lines(timed: TimedScript, name: str) -> list[GoldLine]:
    """The lines of a film's gold list."""
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
