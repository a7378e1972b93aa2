"""The acts of a film, as marked in its script or according to the usual proportions of a screenplay."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from moviemotion.screenplay.alignment.align import TimedScript
from moviemotion.screenplay.elements import ElementKind

DEFAULT_ACTS = (("Act 1", 0.25), ("Act 2", 0.75), ("Act 3", 1.0))
"""The usual three acts (a quarter, a half and a quarter of the film) and the fraction at which each ends."""
_ACT = re.compile(r"\bact\b", re.IGNORECASE)


@dataclass(frozen=True)
class Act:
    """One act: name, start and end in seconds of film time; the end is exclusive."""

    name: str
    start: float
    end: float


def find_acts(script: TimedScript | None, start: float, end: float) -> tuple[tuple[Act, ...], str]:
    """Find the acts of a film.

    The acts of a script are the highest-level sections whose titles contain "act" (`# Act One` in Fountain),
    provided that at least two of them can be timed.

    Args:
        script: the screenplay in film time, or None.
        start, end: the analyzed film time, in seconds.

    Returns:
        The acts, and one sentence stating where they come from.
    """
    found = _act_sections(script, start, end) if script else []
    if len(found) > 1:
        begins = [start, *(at for _, at in found[1:]), end]
        acts = tuple(Act(name, begins[k], begins[k + 1]) for k, (name, _) in enumerate(found))
        return acts, "The script marks the acts."
    begins = [start, *(start + share * (end - start) for _, share in DEFAULT_ACTS)]
    acts = tuple(Act(name, begins[k], begins[k + 1]) for k, (name, _) in enumerate(DEFAULT_ACTS))
    reason = "The script does not mark acts" if script else "Without a script, the acts are unknown"
    return acts, f"{reason}; they are assumed to take up a quarter, a half and a quarter of the film."


def _act_sections(script: TimedScript, start: float, end: float) -> list[tuple[str, float]]:
    """Return the name and start of each act that starts in the analyzed film time, in order."""
    elements = script.screenplay.elements
    acts = [k for k, e in enumerate(elements) if e.kind is ElementKind.SECTION and _ACT.search(e.text)]
    top_level = min((elements[k].level for k in acts), default=0)
    acts = [k for k in acts if elements[k].level == top_level]
    found: list[tuple[str, float]] = []
    for k, next_act in pairwise([*acts, len(elements)]):
        starts = _cue_starts(script, k, next_act)
        if starts and start <= min(starts) < end and (not found or min(starts) > found[-1][1]):
            found.append((elements[k].text, min(starts)))
    return found


def _cue_starts(script: TimedScript, section: int, next_section: int) -> Sequence[float]:
    return [c.start for c in script.cues if section < c.element < next_section and np.isfinite(c.start)]
