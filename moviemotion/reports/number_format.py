"""Formats numbers for readers, and writes the sentences used by several reports.

Every function returns a placeholder for NaN, so readers never see "nan". Minus signs are typographic (−), and
ranges use an en dash unless an end is negative.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import isnan

import numpy as np

from moviemotion.analysis.analyze import Analysis
from moviemotion.analysis.moments.detection import Moment, count_by_kind
from moviemotion.analysis.signals.audience_curve import MIN_VIEWERS
from moviemotion.emotions import NON_NEUTRAL_EMOTIONS
from moviemotion.problems import Harm
from moviemotion.timecode import clock_text

_MAX_CAUTIONS = 2
"""Largest number of problems named in the head of a file."""
_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")


def film_time(seconds: float) -> str:
    """Format film time as `1:05` or `1:02:05`, rounded down to the second; a dash for NaN."""
    return "–" if isnan(seconds) else clock_text(seconds)


def time_range(start: float, end: float) -> str:
    """Format a stretch of film time as `1:05–1:12`; a dash if an end is NaN."""
    return "–" if isnan(start) or isnan(end) else f"{film_time(start)}–{film_time(end)}"


def plural(count: int, one: str, many: str | None = None) -> str:
    """Format a count with its noun: `1 viewer`, `12 viewers`."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def duration(seconds: int) -> str:
    """Format a duration in words: `2 minutes 30 seconds`."""
    hours, rest = divmod(seconds, 3600)
    minutes, rest = divmod(rest, 60)
    parts = ((hours, "hour"), (minutes, "minute"), (rest, "second"))
    return " ".join(plural(n, unit) for n, unit in parts if n) or "0 seconds"


def number(value: float) -> str:
    """Format a strength or a correlation with two decimals; a dash for NaN."""
    return "–" if isnan(value) else f"{value:z.2f}".replace("-", "−")


def percent(share: float) -> str:
    """Format a fraction as a percentage without decimals.

    Only 1 becomes `100 %` and only 0 becomes `0 %`; values that would be rounded to these become `over 99 %`
    and `under 1 %`.
    """
    if isnan(share):
        return "–"
    whole = round(100 * share)
    if whole == 100 and share < 1:
        return "over 99 %"
    if whole == 0 and share > 0:
        return "under 1 %"
    return f"{whole} %"


def interval(low_high: Sequence[float]) -> str:
    """Format an interval of strengths or correlations: `0.31–0.53`, `−0.12 to 0.30`."""
    low, high = low_high
    if isnan(low) or isnan(high):
        return "no interval"
    return f"{number(low)}{' to ' if low < 0 else '–'}{number(high)}"


def percent_interval(low_high: Sequence[float]) -> str:
    """Format an interval of fractions: `47–91 %`."""
    low, high = low_high
    if isnan(low) or isnan(high):
        return "no interval"
    return f"{round(100 * low)}–{round(100 * high)} %"


def count_of(share: float, viewers: int) -> str:
    """Format a share of viewers as a count: `9 of 12`."""
    return "–" if isnan(share) else f"{round(share * viewers)} of {viewers}"


def p_value(p: float) -> str:
    """Format a p-value as an equation: `p = 0.004`, `p < 0.001`."""
    if isnan(p):
        return "p unknown"
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}"


def ordinal(rank: int) -> str:
    """Format a rank in words up to the tenth, then in digits: `third`, `12th`, `21st`."""
    if rank <= len(_ORDINALS):
        return _ORDINALS[rank - 1]
    ending = {1: "st", 2: "nd", 3: "rd"}.get(rank % 10 if rank % 100 not in (11, 12, 13) else 0, "th")
    return f"{rank}{ending}"


def rank_range(low_high: Sequence[int]) -> str:
    """Format the interval of a rank: `first to third`, `second`; empty if it is unknown."""
    low, high = low_high
    if not low:
        return ""
    return ordinal(low) if low == high else f"{ordinal(low)} to {ordinal(high)}"


def moment_name(number: int, moment: Moment) -> str:
    """Name a moment by its number, counted from 1, and its emotion: `Moment 3: happy`, `Mood 4: sad`."""
    return f"{moment.kind.capitalize()} {number}: {moment.emotion}"


def reacted(moment: Moment) -> str:
    """Say how many of the viewers seen during a moment reacted: `22 of 24 reacted (usually 5 %)`."""
    usually = "" if isnan(moment.expected_share) else f" (usually {percent(moment.expected_share)})"
    return f"{count_of(moment.reacting_share, moment.viewers)} reacted{usually}"


def moment_evidence(moment: Moment) -> str:
    """Summarize the evidence for a moment on one line.

    For example: `strength 0.41 (0.30–0.52), 9 of 12 reacted (usually 5 %), found again in 97 % of
    half-audiences, p = 0.004`.
    """
    again = "" if isnan(moment.replicability) else f", {_found_again(moment)}"
    return (
        f"strength {number(moment.strength)} ({interval(moment.strength_interval)}), "
        f"{reacted(moment)}{again}, {p_value(moment.p_adjusted)}"
    )


def evidence_sentences(moment: Moment) -> str:
    """Say how much a moment stands out and how robust it is; empty if nothing is known about either."""
    sentences = []
    if not isnan(moment.expected_share):
        sentences.append(f"In comparable seconds, {percent(moment.expected_share)} react.")
    if not isnan(moment.replicability):
        sentences.append(f"{_found_again(moment).capitalize()}.")
    if not isnan(moment.leave_one_out[0]):
        sentences.append(f"Leaving out any one viewer, the strength is {interval(moment.leave_one_out)}.")
    return " ".join(sentences)


def _found_again(moment: Moment) -> str:
    return f"found again in {percent(moment.replicability)} of half-audiences"


def cautions(analysis: Analysis) -> str:
    """Write the warnings for the head of a file: too little data, and results that may be wrong.

    Returns:
        One line; empty if there is nothing to warn of.
    """
    wrong = [str(p).rstrip(".") for p in analysis.data_quality.problems if p.harm is Harm.WRONG]
    more = len(wrong) - _MAX_CAUTIONS
    parts = [inconclusive_notice(analysis)]
    if wrong:
        others = f" The report lists {plural(more, 'other problem')}." if more > 0 else ""
        parts.append(f"Results may be wrong: {'. '.join(wrong[:_MAX_CAUTIONS])}.{others}")
    return " ".join(" ".join(parts).split())


def inconclusive_notice(analysis: Analysis) -> str:
    """Write a notice for the header of a file if there is too little data; empty if there is enough."""
    if analysis.moment_search.conclusive:
        return ""
    # Even a large audience has too few viewers if too few of them were seen at the same time.
    few = analysis.data_quality.usual_viewers < MIN_VIEWERS
    return f"Not enough {'viewers' if few else 'film'}. {analysis.moment_search.conclusion}"


def too_few_seen(viewers: int) -> str:
    """Say that too few viewers were seen at once: `3 seen, too few to say`.

    `viewers` is 0 both if nobody was seen and if the number is withheld.
    """
    return f"{viewers} seen, too few to say" if viewers else "nobody seen, or too few to say"


def strongest_moment(moments: Sequence[Moment]) -> int:
    """Return the index of the strongest moment; `moments` must not be empty."""
    return max(range(len(moments)), key=lambda k: moments[k].strength)


def summary_sentence(analysis: Analysis) -> str:
    """Describe a screening: the size of the audience, the number of moments, and the strongest moment.

    Returns:
        One sentence, followed by a second one if too few viewers were seen in part of the film.
    """
    quality, moments = analysis.data_quality, analysis.moment_search.moments
    watched = audience_size(analysis)
    unknown = ""
    if quality.unknown_seconds and analysis.moment_search.conclusive:
        unknown = (
            f" For {duration(quality.unknown_seconds)}, fewer than {MIN_VIEWERS} viewers were seen, and the "
            "audience's reaction is unknown."
        )
    if not analysis.moment_search.conclusive:
        return f"{watched}."
    if not moments:
        return f"{watched}; no moment is distinguishable from chance.{unknown}"
    top = strongest_moment(moments)
    moment = moments[top]
    return (
        f"{watched}; the audience reacted together in {count_by_kind(moments)}, most strongly in "
        f"{moment.kind} {top + 1} ({time_range(moment.start, moment.end)}, "
        f"{moment.emotion} {number(moment.strength)}, 95 % interval {interval(moment.strength_interval)}; "
        f"{count_of(moment.reacting_share, moment.viewers)} reacted).{unknown}"
    )


def audience_size(analysis: Analysis) -> str:
    """Say how many viewers watched and for how long, and how many were usually seen at the same time."""
    quality = analysis.data_quality
    watched = f"{plural(quality.viewers, 'viewer')} watched {duration(quality.seconds)} of film"
    if quality.usual_viewers < quality.viewers:
        watched += f", {quality.usual_viewers} of them seen in a typical second"
    return watched


def synchrony_sentence(analysis: Analysis) -> str:
    """Describe how similar the viewers' curves were over the film, and how much their delays differ.

    Returns:
        One to three sentences; empty if the correlation is undefined.
    """
    film, delay = analysis.synchrony, analysis.relative_delay
    if isnan(film.overall):
        return ""
    # Rare emotions can correlate merely because the emotion model confuses them with others, so only emotions
    # for which a moment was found are reported.
    shared = {moment.emotion for moment in analysis.moment_search.moments}
    correlations = [
        f"{emotion} {number(value)} ({interval(low_high)})"
        for emotion, value, low_high in zip(
            NON_NEUTRAL_EMOTIONS, film.by_emotion, film.by_emotion_interval, strict=True
        )
        if emotion in shared and not isnan(value)
    ]
    text = (
        f"Over the whole film, the curves of two viewers correlate {number(film.overall)} "
        f"({interval(film.overall_interval)}) on average"
    )
    text += f"; for emotions with moments: {', '.join(correlations)}." if correlations else "."
    if not isnan(delay.spread):
        text += (
            " The viewers' reaction delays differ with a standard deviation of "
            f"{number(delay.spread)} s ({interval(delay.spread_interval)}). The delay of the audience as a "
            "whole cannot be measured from faces alone."
        )
    return text


def affect_sentence(analysis: Analysis) -> str:
    """The audience's mean expressiveness, valence and arousal over the film; empty if nothing is known."""
    enough = analysis.in_film & analysis.audience_curve.has_enough_viewers
    means = {}
    for name in ("expressiveness", "valence", "arousal"):
        values = getattr(analysis.affect, name)[enough]
        values = values[~np.isnan(values)]
        if values.size:
            means[name] = f"{name} {number(float(values.mean()))}"
    return f"Mean over the film: {', '.join(means.values())}." if means else ""


def baseline_sentence(analysis: Analysis) -> str:
    """Describe in one sentence where the viewers' baselines come from; empty if no viewer was seen."""
    rest = analysis.baseline
    seen = rest.seconds > 0
    if not seen.any():
        return ""
    marked = int(rest.from_marked_span.sum())
    whole = int(seen.sum()) - marked
    parts = [
        *([f"measured for {plural(marked, 'viewer')} in the marked stretch"] if marked else []),
        *([f"estimated for {plural(whole, 'viewer')} from their most neutral seconds"] if whole else []),
    ]
    fewest, most = int(rest.seconds[seen].min()), int(rest.seconds[seen].max())
    seconds = str(fewest) if fewest == most else f"{fewest} to {most}"
    return f"Baselines: {' and '.join(parts)}, {seconds} seconds each."
