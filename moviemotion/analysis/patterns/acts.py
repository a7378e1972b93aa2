"""Where the acts of a film lie: as its script says, or as screenplays are usually built."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from moviemotion.screenplay.alignment.align import TimedScript
from moviemotion.screenplay.elements import ElementKind

DEFAULT_ACTS = (("Act 1", 0.25), ("Act 2", 0.75), ("Act 3", 1.0))
"""The usual three acts and where each ends, as a share of the film: a quarter, a half, a quarter."""
_ACT = re.compile(r"\bact\b", re.IGNORECASE)


@dataclass(frozen=True)
class Act:
    """One act: its name and its film time in seconds, end exclusive."""

    name: str
    start: float
    end: float


def find_acts(script: TimedScript | None, start: float, end: float) -> tuple[tuple[Act, ...], str]:
    """The acts of a film, and one sentence that says where they come from.

    A script's acts are its sections of the highest level that are called acts (in Fountain `# Act One`), if
    at least two of them can be timed.

    Args:
        start, end: film time that was read, seconds.
    """
    found = _act_sections(script, start, end) if script else []
    if len(found) > 1:
        begins = [start, *(at for _, at in found[1:]), end]
        acts = tuple(Act(name, begins[k], begins[k + 1]) for k, (name, _) in enumerate(found))
        return acts, "Acts as the script marks them."
    begins = [start, *(start + share * (end - start) for _, share in DEFAULT_ACTS)]
    acts = tuple(Act(name, begins[k], begins[k + 1]) for k, (name, _) in enumerate(DEFAULT_ACTS))
    why = "The script marks no acts" if script else "Without a script nothing marks acts"
    return acts, f"{why}: a quarter, a half and a quarter of the film are taken for them."


def _act_sections(script: TimedScript, start: float, end: float) -> list[tuple[str, float]]:
    """Name and start of each act in the part that was read, in order of film time."""
    elements = script.screenplay.elements
    acts = [k for k, e in enumerate(elements) if e.kind is ElementKind.SECTION and _ACT.search(e.text)]
    top = min((elements[k].level for k in acts), default=0)
    acts = [k for k in acts if elements[k].level == top]
    found: list[tuple[str, float]] = []
    for k, until in pairwise([*acts, len(elements)]):
        starts = _cue_starts(script, k, until)
        if starts and start <= min(starts) < end and (not found or min(starts) > found[-1][1]):
            found.append((elements[k].text, min(starts)))
    return found


def _cue_starts(script: TimedScript, first: int, until: int) -> Sequence[float]:
    return [c.start for c in script.cues if first < c.element < until and np.isfinite(c.start)]
