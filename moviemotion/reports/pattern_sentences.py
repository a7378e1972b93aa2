"""The patterns of a screening in plain sentences, each with its doubt."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import isnan
from typing import TypeVar

from moviemotion.analysis.analyze import Analysis
from moviemotion.analysis.patterns.arc import ALPHA, CLOSE, FEWEST_SECONDS, FEWEST_VIEWERS, NAMES, Arc, Shape
from moviemotion.analysis.patterns.change_points import Change
from moviemotion.analysis.patterns.flat_stretches import FlatStretch
from moviemotion.analysis.patterns.motifs import Motif
from moviemotion.emotions import Emotion
from moviemotion.reports.number_format import (
    clock,
    duration,
    interval,
    number,
    p_value,
    percent,
    plural,
    span,
)

MOST = 3
"""Flat stretches, turns and orders that are told; the rest are counted."""
_VERBS = {
    Shape.RISE: "rises",
    Shape.FALL: "falls",
    Shape.FALL_RISE: "falls, then rises",
    Shape.RISE_FALL: "rises, then falls",
    Shape.RISE_FALL_RISE: "rises, falls and rises again",
    Shape.FALL_RISE_FALL: "falls, rises and falls again",
}
_MORE = {
    Emotion.HAPPY: "happier",
    Emotion.SURPRISE: "more surprised",
    Emotion.SAD: "sadder",
    Emotion.ANGER: "angrier",
    Emotion.DISGUST: "more disgusted",
    Emotion.FEAR: "more afraid",
    Emotion.CONTEMPT: "more contemptuous",
}
_LESS = {
    Emotion.HAPPY: "less happy",
    Emotion.SURPRISE: "less surprised",
    Emotion.SAD: "less sad",
    Emotion.ANGER: "less angry",
    Emotion.DISGUST: "less disgusted",
    Emotion.FEAR: "less afraid",
    Emotion.CONTEMPT: "less contemptuous",
}
_SUMMED_UP = ("Arc", "Flat", "Turns", "Order")
_ONE = TypeVar("_ONE")


@dataclass(frozen=True)
class Finding:
    """One kind of pattern as people read it.

    Attributes:
        about: what it is about, in a word or two.
        told: sentences, each with the figures behind it (or "").
        open: whether nothing was found, or it cannot be told.
    """

    about: str
    told: tuple[tuple[str, str], ...]
    open: bool = False


def findings(analysis: Analysis) -> tuple[Finding, ...]:
    """The patterns of a screening, the broadest first."""
    p = analysis.patterns
    tie = f"{p_value(p.contagion.p)}; {plural(p.contagion.viewers, 'viewer')}, {p.contagion.pairs} pairs"
    return (
        Finding("Arc", (arc_sentence("The film", p.arc),), not p.arc.clear),
        Finding(
            "Acts", tuple(arc_sentence(act.name, act) for act in p.acts), not any(a.clear for a in p.acts)
        ),
        _peak(analysis),
        _end(analysis),
        _several("Flat", p.flat.conclusion, p.flat.stretches, _flat, "flat stretch", "flat stretches"),
        _several("Turns", p.changes.conclusion, p.changes.changes, _turn, "turn"),
        _several("Order", p.motifs.conclusion, p.motifs.motifs, motif_sentence, "order"),
        Finding(
            "Spreading",
            ((p.contagion.conclusion, "" if p.contagion.found is None else tie),),
            not p.contagion.found,
        ),
    )


def pattern_summary(analysis: Analysis) -> str:
    """The first sentence of each pattern that stands out, on one line."""
    told = [f.told[0][0] for f in findings(analysis) if not f.open and f.about in _SUMMED_UP]
    return f"Patterns: {' '.join(told) or 'none stands out.'}"


def arc_sentence(name: str, arc: Arc) -> tuple[str, str]:
    """An arc in words, and its figures."""
    if arc.shape is None:
        return (
            f"{name}: cannot tell its shape.",
            f"{duration(int(arc.end - arc.start))}, {plural(arc.viewers, 'viewer')} in view for half of it "
            f"or more; it takes {FEWEST_SECONDS} seconds and {FEWEST_VIEWERS} viewers",
        )
    shape = f"{arc.shape} (“{NAMES[arc.shape]}”)"
    figures = (
        f"fit {number(arc.fit)} ({interval(arc.fit_interval)}), same shape in {percent(arc.same)} of "
        f"resampled audiences, {p_value(arc.p_adjusted)}, {plural(arc.viewers, 'viewer')}"
    )
    if arc.p_adjusted > ALPHA:
        return f"{name}: no shape stands out from chance.", f"nearest: {shape}; {figures}"
    if arc.fit < CLOSE:
        return f"{name}: no classic shape; the nearest would be {shape}.", figures
    if not arc.clear:
        other = f" or {arc.next_shape} (“{NAMES[arc.next_shape]}”)" if arc.next_shape else ""
        return f"{name}: there is a shape, but which cannot be told: {shape}{other}.", figures
    return f"{name} {_VERBS[arc.shape]}: “{NAMES[arc.shape]}”.", figures


def _peak(analysis: Analysis) -> Finding:
    index, moments = analysis.patterns.peak_end.peak, analysis.search.moments
    if index is None:
        return Finding("Peak", (("Cannot tell the peak: no moment stands out from chance.", ""),), True)
    m = moments[index]
    sentence = f"The peak is moment {index + 1}: {m.emotion} at {clock(m.peak)}."
    figures = (
        f"strength {number(m.strength)} ({interval(m.strength_interval)}), {plural(m.viewers, 'viewer')}"
    )
    return Finding("Peak", ((sentence, figures),))


def _end(analysis: Analysis) -> Finding:
    end = analysis.patterns.peak_end
    low, high = end.change_interval
    if end.emotion is None or isnan(low):
        return Finding("End", (("Cannot tell how the film ends: too few viewers were seen.", ""),), True)
    how = "stronger" if low > 0 else "weaker" if high < 0 else "about as strong"
    last = duration(int(end.end - end.start))
    if last in ("1 second", "1 minute", "1 hour"):
        last = last.removeprefix("1 ")
    sentence = (
        f"In the last {last} the strongest feeling is {end.emotion}, "
        f"{how} {'as' if how.startswith('about') else 'than'} before."
    )
    figures = (
        f"strength {number(end.strength)} ({interval(end.strength_interval)}), change {_signed(end.change)} "
        f"({interval(end.change_interval)}), {plural(end.viewers, 'viewer')}"
    )
    return Finding("End", ((sentence, figures),))


def _several(
    about: str,
    conclusion: str,
    found: Sequence[_ONE],
    tell: Callable[[_ONE], tuple[str, str]],
    one: str,
    many: str | None = None,
) -> Finding:
    if not found:
        return Finding(about, ((conclusion, ""),), True)
    more = len(found) - MOST
    rest = [(f"And {plural(more, 'more ' + one, f'more {many}' if many else None)}.", "")] if more > 0 else []
    return Finding(about, (*(tell(f) for f in found[:MOST]), *rest))


def _flat(stretch: FlatStretch) -> tuple[str, str]:
    sentence = (
        f"Next to nobody reacted for {duration(int(stretch.end - stretch.start))}, "
        f"{span(stretch.start, stretch.end)}."
    )
    figures = (
        f"{percent(stretch.share)} reacting in a second, surely under {percent(stretch.most)} throughout, "
        f"{plural(stretch.viewers, 'viewer')} or more"
    )
    return sentence, figures


def _turn(change: Change) -> tuple[str, str]:
    how = (_MORE if change.change > 0 else _LESS)[change.feeling]
    low, high = change.time_interval
    figures = (
        f"between {clock(low)} and {clock(high)}, "
        f"strength {number(change.before)} to {number(change.after)}, "
        f"change {_signed(change.change)} ({interval(change.change_interval)}), "
        f"{plural(change.viewers, 'viewer')}"
    )
    return f"From {clock(change.time)} on the room is {how}.", figures


def motif_sentence(motif: Motif) -> tuple[str, str]:
    """A motif in words, and its figures."""
    first, *rest = motif.feelings
    then = ", then ".join(rest)
    low, high = (round(100 * v) for v in motif.share_interval)
    figures = (
        f"{motif.count} of {plural(motif.of, 'time')} ({low}–{high} %), by chance {motif.expected:.1f}, "
        f"{p_value(motif.p_adjusted)}"
    )
    within = duration(motif.window)
    return f"After {first} comes {then}{', each' if len(rest) > 1 else ''} within {within}.", figures


def _signed(value: float) -> str:
    return ("+" if value >= 0 else "") + number(value)
