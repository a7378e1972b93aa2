"""Words about attention: what was seen, when it fell, and who walked out at which line."""

from __future__ import annotations

from math import isnan

import numpy as np

from moviemotion.analysis.analyze import Analysis
from moviemotion.analysis.attention import AttentionDrop, WalkOut
from moviemotion.analysis.signals.audience_curve import MIN_VIEWERS
from moviemotion.reports.number_format import (
    count_of,
    film_time,
    p_value,
    percent,
    percent_interval,
    plural,
    time_range,
)
from moviemotion.screenplay.elements import ElementKind

WHAT_IT_IS = (
    "Measured is where heads point, compared with each viewer's own usual direction, and whether somebody "
    "left the seat. Not measured is where eyes look, or whether anybody listens. A face that is not found, "
    "as in the dark, is not seen and does not count."
)


_NAMED_KINDS = (ElementKind.SCENE_HEADING, ElementKind.ACTION, ElementKind.DIALOGUE, ElementKind.LYRICS)


def line_at(analysis: Analysis, time: float) -> int | None:
    """Index of the last heading, action or line that had started by a film time; None if there is none."""
    if analysis.script is None:
        return None
    elements = analysis.script.screenplay.elements
    started = [
        cue
        for cue in analysis.script.cues
        if cue.start <= time and elements[cue.element].kind in _NAMED_KINDS  # false for NaN
    ]
    return max(started, key=lambda cue: (cue.start, cue.element)).element if started else None


def attention_summary(analysis: Analysis) -> str:
    """The share that faces the screen over the film, in one sentence."""
    attention = analysis.attention
    known = (attention.known >= MIN_VIEWERS) & analysis.in_film & ~np.isnan(attention.share)
    if not known.any():
        return (
            f"In no second of the film is the attention of {MIN_VIEWERS} viewers known."
            if attention.is_measured
            else attention.conclusion
        )
    share = float(np.average(attention.share[known], weights=attention.known[known]))
    return f"On average, {percent(share)} of the viewers seen face the screen."


def drop_sentence(drop: AttentionDrop) -> str:
    """One drop in one sentence, with its evidence."""
    usual = "" if isnan(drop.expected_share) else f"; {percent(drop.expected_share)} do in comparable seconds"
    figures = f"95 %: {percent_interval(drop.elsewhere_share_interval)}{usual}"
    count = count_of(drop.elsewhere_share, drop.viewers)
    return (
        f"{time_range(drop.start, drop.end)}: {count} looked elsewhere "
        f"({figures}; adjusted {p_value(drop.p_adjusted)})"
    )


def walk_out_sentence(walk_out: WalkOut, analysis: Analysis) -> str:
    """One walk-out in one sentence, with the line that was on screen."""
    back = (
        "and did not come back"
        if isnan(walk_out.returned)
        else f"and came back after {plural(round(walk_out.returned - walk_out.left), 'second')}"
    )
    index = line_at(analysis, walk_out.left)
    index = line_at(analysis, walk_out.left)
    where = ""
    if index is not None and analysis.script is not None:
        element = analysis.script.screenplay.elements[index]
        speaker = f"{element.character}: " if element.character else ""
        where = f" at “{speaker}{element.text}”"
    return f"{film_time(walk_out.left)}: {walk_out.viewer} left{where} {back}"
