"""Describes the patterns of a screening in sentences, each with the supporting values."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import isnan
from typing import TypeVar

from moviemotion.analysis.analyze import Analysis
from moviemotion.analysis.patterns.arc import (
    ALPHA,
    MIN_FIT,
    MIN_SECONDS,
    MIN_VIEWERS,
    SHAPE_NAMES,
    ArcShape,
    EmotionalArc,
)
from moviemotion.analysis.patterns.change_points import ChangePoint
from moviemotion.analysis.patterns.contagion import Contagion
from moviemotion.analysis.patterns.flat_stretches import FlatStretch
from moviemotion.analysis.patterns.motifs import Motif
from moviemotion.emotions import Emotion
from moviemotion.reports.number_format import (
    duration,
    film_time,
    interval,
    number,
    p_value,
    percent,
    plural,
    time_range,
)

ABRUPT_SECONDS = 60
"""Duration in seconds below which a change point is described as abrupt."""
MAX_LISTED = 3
"""Largest number of flat stretches, change points or motifs that are described; others are only counted."""
_VERBS = {
    ArcShape.RISE: "rises",
    ArcShape.FALL: "falls",
    ArcShape.FALL_RISE: "falls, then rises",
    ArcShape.RISE_FALL: "rises, then falls",
    ArcShape.RISE_FALL_RISE: "rises, falls and rises again",
    ArcShape.FALL_RISE_FALL: "falls, rises and falls again",
}
_RISING_PHRASES = {
    Emotion.HAPPY: "happier",
    Emotion.SURPRISE: "more surprised",
    Emotion.SAD: "sadder",
    Emotion.ANGER: "angrier",
    Emotion.DISGUST: "more disgusted",
    Emotion.FEAR: "more afraid",
    Emotion.CONTEMPT: "more contemptuous",
}
_FALLING_PHRASES = {
    Emotion.HAPPY: "less happy",
    Emotion.SURPRISE: "less surprised",
    Emotion.SAD: "less sad",
    Emotion.ANGER: "less angry",
    Emotion.DISGUST: "less disgusted",
    Emotion.FEAR: "less afraid",
    Emotion.CONTEMPT: "less contemptuous",
}
_SUMMARY_TITLES = ("Arc", "Flat", "Changes", "Motifs")
_Item = TypeVar("_Item")


@dataclass(frozen=True)
class PatternFinding:
    """The findings about one kind of pattern.

    Attributes:
        title: the kind of pattern, in one or two words.
        sentences: pairs of a sentence and its supporting values; these are "" if there are none.
        inconclusive: whether nothing was found, or there are too few data to decide.
    """

    title: str
    sentences: tuple[tuple[str, str], ...]
    inconclusive: bool = False


def pattern_findings(analysis: Analysis) -> tuple[PatternFinding, ...]:
    """Describe the patterns of a screening, from the arc of the entire film to individual stretches."""
    p = analysis.patterns
    return (
        PatternFinding("Arc", (arc_sentence("The film", p.arc),), not p.arc.is_clear),
        PatternFinding(
            "Acts", tuple(arc_sentence(act.name, act) for act in p.acts), not any(a.is_clear for a in p.acts)
        ),
        _peak_finding(analysis),
        _end_finding(analysis),
        _listed_finding(
            "Flat",
            p.flat.conclusion,
            p.flat.stretches,
            _flat_stretch_sentence,
            "flat stretch",
            "flat stretches",
        ),
        _listed_finding(
            "Changes", p.changes.conclusion, p.changes.changes, _change_point_sentence, "change point"
        ),
        _listed_finding("Motifs", p.motifs.conclusion, p.motifs.motifs, motif_sentence, "motif"),
        PatternFinding(
            "Contagion",
            ((p.contagion.conclusion, _contagion_figures(p.contagion)),),
            not p.contagion.found,
        ),
    )


def pattern_summary(analysis: Analysis) -> str:
    """Join the first sentence of each conclusive pattern into one line."""
    sentences = [
        f.sentences[0][0]
        for f in pattern_findings(analysis)
        if not f.inconclusive and f.title in _SUMMARY_TITLES
    ]
    return f"Patterns: {' '.join(sentences) or 'none stands out.'}"


def arc_sentence(name: str, arc: EmotionalArc) -> tuple[str, str]:
    """Describe an arc.

    Args:
        name: name of the film or act, as used at the start of the sentence.
        arc: the arc.

    Returns:
        The sentence and the supporting values.
    """
    if arc.shape is None:
        return (
            f"{name}: inconclusive; too little data for a shape.",
            f"{duration(int(arc.end - arc.start))}, {plural(arc.viewers, 'viewer')} seen for at least half "
            f"of it; {MIN_SECONDS} seconds and {MIN_VIEWERS} viewers are needed",
        )
    shape = f"{arc.shape} (“{SHAPE_NAMES[arc.shape]}”)"
    figures = (
        f"fit {number(arc.fit)} ({interval(arc.fit_interval)}), "
        f"same shape in {percent(arc.bootstrap_agreement)} of resampled audiences, "
        f"{p_value(arc.p_adjusted)}, {plural(arc.viewers, 'viewer')}"
    )
    if arc.p_adjusted > ALPHA:
        return f"{name}: no shape is distinguishable from chance.", f"nearest: {shape}; {figures}"
    if arc.fit < MIN_FIT:
        return f"{name}: no classic shape; the nearest is {shape}.", figures
    if not arc.is_clear:
        other = f" or {arc.next_shape} (“{SHAPE_NAMES[arc.next_shape]}”)" if arc.next_shape else ""
        return f"{name}: there is an arc beyond chance, but its shape is unclear: {shape}{other}.", figures
    return f"{name} {_VERBS[arc.shape]}: “{SHAPE_NAMES[arc.shape]}”.", figures


def _peak_finding(analysis: Analysis) -> PatternFinding:
    index, moments = analysis.patterns.peak_end.peak, analysis.moment_search.moments
    if index is None:
        return PatternFinding("Peak", (("Inconclusive: no moment was found.", ""),), True)
    m = moments[index]
    sentence = f"The peak is moment {index + 1}: {m.emotion} at {film_time(m.peak)}."
    figures = (
        f"strength {number(m.strength)} ({interval(m.strength_interval)}), {plural(m.viewers, 'viewer')}"
    )
    return PatternFinding("Peak", ((sentence, figures),))


def _end_finding(analysis: Analysis) -> PatternFinding:
    end = analysis.patterns.peak_end
    low, high = end.change_interval
    if end.emotion is None or isnan(low):
        return PatternFinding("End", (("Inconclusive: too few viewers were seen at the end.", ""),), True)
    how = "stronger" if low > 0 else "weaker" if high < 0 else "about as strong"
    last = duration(int(end.end - end.start))
    if last in ("1 second", "1 minute", "1 hour"):
        last = last.removeprefix("1 ")
    sentence = (
        f"In the last {last} the strongest emotion is {end.emotion}, "
        f"{how} {'as' if how.startswith('about') else 'than'} before."
    )
    figures = (
        f"strength {number(end.strength)} ({interval(end.strength_interval)}), "
        f"change {_signed_number(end.change)} ({interval(end.change_interval)}), "
        f"{plural(end.viewers, 'viewer')}"
    )
    return PatternFinding("End", ((sentence, figures),))


def _listed_finding(
    title: str,
    conclusion: str,
    found: Sequence[_Item],
    describe: Callable[[_Item], tuple[str, str]],
    one: str,
    many: str | None = None,
) -> PatternFinding:
    if not found:
        return PatternFinding(title, ((conclusion, ""),), True)
    more = len(found) - MAX_LISTED
    rest = [(f"And {plural(more, 'more ' + one, f'more {many}' if many else None)}.", "")] if more > 0 else []
    return PatternFinding(title, (*(describe(f) for f in found[:MAX_LISTED]), *rest))


def _flat_stretch_sentence(stretch: FlatStretch) -> tuple[str, str]:
    sentence = (
        f"Almost nobody reacted for {duration(int(stretch.end - stretch.start))}, "
        f"{time_range(stretch.start, stretch.end)}."
    )
    seen = f"at least {plural(stretch.viewers, 'viewer')}"
    if isnan(stretch.share):
        return sentence, f"fewer than five viewers reacted, {seen}"
    figures = (
        f"{percent(stretch.share)} reacting per second, upper bound {percent(stretch.most)} throughout, "
        f"{seen}"
    )
    return sentence, figures


def _change_point_sentence(change: ChangePoint) -> tuple[str, str]:
    how = (_RISING_PHRASES if change.change > 0 else _FALLING_PHRASES)[change.emotion]
    sentence = f"Between {film_time(change.start)} and {film_time(change.end)}, the audience becomes {how}."
    times = f"start {_time_interval(change.start_interval)}, end {_time_interval(change.end_interval)}"
    if change.end - change.start < ABRUPT_SECONDS:
        sentence = f"From {film_time(change.start)} on, the audience is {how}."
        times = _time_interval((change.start_interval[0], change.end_interval[1]))
    figures = (
        f"{times}, strength {number(change.before)} to {number(change.after)}, "
        f"change {_signed_number(change.change)} ({interval(change.change_interval)}), "
        f"{change.same_direction} of {plural(change.viewers, 'viewer')} in this direction, "
        f"{p_value(change.p_adjusted)}"
    )
    return sentence, figures


def _time_interval(ends: tuple[float, float]) -> str:
    return f"between {film_time(ends[0])} and {film_time(ends[1])}"


def _contagion_figures(contagion: Contagion) -> str:
    if contagion.found is None or isnan(contagion.neighbor_correlation):
        return ""
    return (
        f"correlation {number(contagion.neighbor_correlation)} for "
        f"{plural(contagion.neighbor_pairs, 'pair')} of neighbors and "
        f"{number(contagion.apart_correlation)} for {plural(contagion.apart_pairs, 'pair')} one seat apart, "
        f"{p_value(contagion.p)}, {plural(contagion.viewers, 'viewer')}"
    )


def motif_sentence(motif: Motif) -> tuple[str, str]:
    """Describe a motif in a sentence, with the supporting values."""
    first, *rest = motif.emotions
    then = ", then ".join(rest)
    low, high = (round(100 * v) for v in motif.share_interval)
    figures = (
        f"{motif.count} of {plural(motif.first_emotion_count, 'time')} ({low}–{high} %), "
        f"{motif.expected:.1f} expected by chance, {p_value(motif.p_adjusted)}"
    )
    within = duration(motif.window)
    return (
        f"{first.capitalize()} is followed by {then}{', each' if len(rest) > 1 else ''} within {within}.",
        figures,
    )


def _signed_number(value: float) -> str:
    return ("+" if value >= 0 else "") + number(value)
