"""Numbers as people read them. NaN never reaches the reader as "nan"."""

from __future__ import annotations

from collections.abc import Sequence
from math import isnan

from moviemotion.analysis.analyze import Analysis
from moviemotion.analysis.moments.detection import Moment
from moviemotion.emotions import NON_NEUTRAL_EMOTIONS


def film_time(seconds: float) -> str:
    """Film time as `1:05` or `1:02:05`, rounded down to the second; a dash for NaN."""
    if isnan(seconds):
        return "–"
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def time_range(start: float, end: float) -> str:
    """A stretch of film time, `1:05–1:12`; a dash where it has no time."""
    return "–" if isnan(start) or isnan(end) else f"{film_time(start)}–{film_time(end)}"


def plural(count: int, one: str, many: str | None = None) -> str:
    """`1 viewer`, `12 viewers`."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def duration(seconds: int) -> str:
    """A length in words: `2 minutes 30 seconds`."""
    hours, rest = divmod(seconds, 3600)
    minutes, rest = divmod(rest, 60)
    parts = ((hours, "hour"), (minutes, "minute"), (rest, "second"))
    return " ".join(plural(n, unit) for n, unit in parts if n) or "0 seconds"


def number(value: float) -> str:
    """A strength or a correlation with two decimals; a dash for NaN."""
    return "–" if isnan(value) else f"{value:z.2f}".replace("-", "−")


def percent(share: float) -> str:
    """A share as a whole percentage that never rounds up to 100 % nor down to 0 %."""
    if isnan(share):
        return "–"
    whole = round(100 * share)
    if whole == 100 and share < 1:
        return "over 99 %"
    if whole == 0 and share > 0:
        return "under 1 %"
    return f"{whole} %"


def interval(low_high: Sequence[float]) -> str:
    """A 95 % interval of strengths or correlations: `0.31–0.53`, `−0.12 to 0.30`."""
    low, high = low_high
    if isnan(low) or isnan(high):
        return "no interval"
    return f"{number(low)}{' to ' if low < 0 else '–'}{number(high)}"


def percent_interval(low_high: Sequence[float]) -> str:
    """A 95 % interval of shares: `47–91 %`."""
    low, high = low_high
    if isnan(low) or isnan(high):
        return "no interval"
    return f"{round(100 * low)}–{round(100 * high)} %"


def count_of(share: float, viewers: int) -> str:
    """A share as people: `9 of 12`."""
    return "–" if isnan(share) else f"{round(share * viewers)} of {viewers}"


def p_value(p: float) -> str:
    """An adjusted p-value as an equation: `p = 0.004`, `p < 0.001`."""
    if isnan(p):
        return "p unknown"
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}"


def moment_evidence(moment: Moment) -> str:
    """How strong a moment is and how surely: `strength 0.41 (0.30–0.52), 9 of 12 reacted, p = 0.004`."""
    return (
        f"strength {number(moment.strength)} ({interval(moment.strength_interval)}), "
        f"{count_of(moment.reacting_share, moment.viewers)} reacted, {p_value(moment.p_adjusted)}"
    )


def strongest_moment(moments: Sequence[Moment]) -> int:
    """Index of the moment with the greatest strength. There must be one."""
    return max(range(len(moments)), key=lambda k: moments[k].strength)


def summary_sentence(analysis: Analysis) -> str:
    """The screening in one sentence, for people."""
    quality, moments = analysis.data_quality, analysis.moment_search.moments
    watched = f"{plural(quality.viewers, 'viewer')} watched {duration(quality.seconds)} of film"
    if not analysis.moment_search.conclusive:
        return f"{watched}."
    if not moments:
        return f"{watched}; no moment stands out from chance."
    top = strongest_moment(moments)
    moment = moments[top]
    return (
        f"{watched}; the room moved together in {plural(len(moments), 'moment')}, most strongly in moment "
        f"{top + 1} ({time_range(moment.start, moment.end)}, {moment.emotion} {number(moment.strength)}, "
        f"95 % interval {interval(moment.strength_interval)}; "
        f"{count_of(moment.reacting_share, moment.viewers)} reacting)."
    )


def synchrony_sentence(analysis: Analysis) -> str:
    """How alike the viewers felt through the film, and who was late; empty where it cannot be told."""
    film, delay = analysis.synchrony, analysis.relative_delay
    if isnan(film.overall):
        return ""
    # A feeling that hardly shows can run alike by what the reader mixes up; only those of moments are told.
    shared = {moment.emotion for moment in analysis.moment_search.moments}
    felt = [
        f"{feeling} {number(value)} ({interval(low_high)})"
        for feeling, value, low_high in zip(
            NON_NEUTRAL_EMOTIONS, film.by_emotion, film.by_emotion_interval, strict=True
        )
        if feeling in shared and not isnan(value)
    ]
    text = (
        f"Over the whole film, a viewer's curves correlate {number(film.overall)} "
        f"({interval(film.overall_interval)}) with those of the others"
    )
    text += f"; in the feelings of the moments: {', '.join(felt)}." if felt else "."
    if not isnan(delay.spread):
        text += (
            f" Viewers differ in how late they react by {number(delay.spread)} s "
            f"({interval(delay.spread_interval)}; standard deviation). How late the room as a whole is, "
            "faces alone cannot tell."
        )
    return text


def baseline_sentence(analysis: Analysis) -> str:
    """What the viewers' resting faces were taken from, in one sentence; empty where nobody was seen."""
    rest = analysis.baseline
    seen = rest.seconds > 0
    if not seen.any():
        return ""
    marked = int(rest.from_marked_span.sum())
    whole = int(seen.sum()) - marked
    parts = [
        *([f"{plural(marked, 'viewer')} in the marked stretch"] if marked else []),
        *([f"{plural(whole, 'viewer')} in the seconds in which they were most at rest"] if whole else []),
    ]
    fewest, most = int(rest.seconds[seen].min()), int(rest.seconds[seen].max())
    seconds = str(fewest) if fewest == most else f"{fewest} to {most}"
    return f"Resting faces were measured for {' and '.join(parts)}, over {seconds} seconds each."
