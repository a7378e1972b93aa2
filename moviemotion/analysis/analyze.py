"""The complete analysis of one screening, computed once.

`analyze` runs the steps of this package in order: baseline and strength, audience curve, moments, emotions
of script elements and scenes, and patterns. Reports and exports only read the `Analysis` record that it
returns.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moviemotion.analysis.attention import Attention, measure_attention
from moviemotion.analysis.moments.carrier import Carrier
from moviemotion.analysis.moments.detection import Moment, MomentSearchResult, find_moments
from moviemotion.analysis.moments.reacting_together import nearly_identical_viewers
from moviemotion.analysis.patterns.find_patterns import Patterns, find_patterns
from moviemotion.analysis.script_emotions import (
    EmotionSummary,
    SceneEmotions,
    emotions_by_element,
    emotions_by_scene,
)
from moviemotion.analysis.signals.affect import AffectCurve, compute_affect
from moviemotion.analysis.signals.audience_curve import (
    MIN_VIEWERS,
    AudienceCurve,
    compute_audience_curve,
)
from moviemotion.analysis.signals.baseline import (
    MIN_SECONDS,
    Baseline,
    TimeSpan,
    estimate_baseline,
    lasting_emotions,
    strength_above_baseline,
)
from moviemotion.analysis.signals.clock_summary import ClockSummary
from moviemotion.analysis.signals.film_span import seconds_in_film
from moviemotion.analysis.signals.mixed_emotions import MixedEmotionOccurrence, find_mixed_emotions
from moviemotion.analysis.signals.reaction_delay import (
    AUDIENCE_DELAY,
    RelativeDelay,
    estimate_relative_delay,
)
from moviemotion.analysis.signals.seat_map import SeatMap
from moviemotion.analysis.signals.synchrony import FilmSynchrony, film_synchrony
from moviemotion.analysis.signals.timeline import Timeline
from moviemotion.problems import Harm, Problem
from moviemotion.screenplay.alignment.align import TimedScript
from moviemotion.screenplay.read_back import read_back
from moviemotion.statistics import Float64Array

FILM_SPAN_UNKNOWN = (
    "What happens in the first and the last minute may not be the film's doing, because it is not known when "
    "the film starts and ends; give the film time of its first and last picture (film START-END)."
)
SEATS_UNKNOWN = (
    "Neighbors may have infected each other, so the film may have moved fewer viewers than reacted together; "
    "a seat map (seats) tests this."
)


@dataclass(frozen=True)
class DataQuality:
    """Quality of a screening's data.

    Attributes:
        viewers: number of viewers who were seen at least once.
        seconds: length of the timeline.
        seen_share: fraction of viewer-seconds in which the viewer was seen, 0–1.
        seen_share_by_viewer: (V) fraction of the seconds in which each viewer was seen, 0–1.
        samples_per_second: mean number of samples per viewer-second in which the viewer was seen.
        rejected_shares: reason → fraction of all samples that were rejected for that reason, the most
            frequent first.
        problems: problems with the data, such as recordings that could not be read, in the order in which
            they were found.
        usual_viewers: number of viewers seen in a typical (the median) second.
        unknown_seconds: number of seconds in which fewer than `MIN_VIEWERS` viewers were seen, so that the
            audience's reaction is unknown.
        caveats: human-readable sentences about what the analysis cannot exclude, because it was not told when
            the film was running or who sat where.
        clocks: the cameras' clocks, if there were several cameras or the film was found in a recording.
    """

    viewers: int
    seconds: int
    seen_share: float
    seen_share_by_viewer: tuple[float, ...]
    samples_per_second: float
    rejected_shares: dict[str, float]
    problems: tuple[Problem, ...]
    usual_viewers: int
    unknown_seconds: int
    caveats: tuple[str, ...] = ()
    clocks: tuple[ClockSummary, ...] = ()


@dataclass(frozen=True)
class Analysis:
    """The analysis of one screening.

    Attributes:
        title: title of the film.
        timeline: what each face showed in each second.
        baseline: each viewer's probabilities at rest, from which strength is measured.
        strength: (V, S, 7) each viewer's strength of each emotion in `NON_NEUTRAL_EMOTIONS`, 0–1; NaN where
            not seen.
        audience_curve: the audience, second by second.
        synchrony: how similarly the viewers reacted over the entire film.
        relative_delay: how much earlier or later each viewer reacts than the others.
        moment_search: the moments, or the reason why none were found.
        data_quality: quality of the data.
        script: the screenplay in film time, or None without a script.
        element_emotions: one summary for each of `script.cues` (empty without a script).
        scene_emotions: one summary for each scene, in order (empty without a script).
        moment_elements: for each moment, the indices of the script elements to which it may be a reaction.
        moment_mixed_emotions: for each moment, the mixed emotions that viewers showed in it.
        patterns: patterns of the moments and of the curves as a whole.
        in_film: (S,) whether the film was running in each second; other seconds are never evidence.
        affect: expressiveness, valence and arousal of the audience in each second.
        attention: who faced the screen in each second, drops of attention, and walk-outs.
        cut: version of the film's cut, such as `cut 3`; empty if unknown.
        date: date of the screening, ISO 8601; empty if unknown.
        seat_map: the viewers' seats, or None if they are not known.
        moment_carriers: for each moment, the segments that carry it; empty if there are no segments.
    """

    title: str
    timeline: Timeline
    baseline: Baseline
    strength: Float64Array
    audience_curve: AudienceCurve
    synchrony: FilmSynchrony
    relative_delay: RelativeDelay
    moment_search: MomentSearchResult
    data_quality: DataQuality
    script: TimedScript | None
    element_emotions: tuple[EmotionSummary, ...]
    scene_emotions: tuple[SceneEmotions, ...]
    moment_elements: tuple[tuple[int, ...], ...]
    moment_mixed_emotions: tuple[tuple[MixedEmotionOccurrence, ...], ...]
    patterns: Patterns
    in_film: NDArray[np.bool_]
    affect: AffectCurve
    attention: Attention
    cut: str = ""
    date: str = ""
    seat_map: SeatMap | None = None
    moment_carriers: tuple[tuple[Carrier, ...], ...] = ()

    def carriers_of(self, moment: int) -> tuple[Carrier, ...]:
        """The segments that carry a moment, given by its index; empty if there are none, or no segments."""
        return self.moment_carriers[moment] if self.moment_carriers else ()


def analyze(  # noqa: PLR0913 (everything an analysis depends on)
    title: str,
    timeline: Timeline,
    script: TimedScript | None,
    problems: tuple[Problem, ...],
    seed: int,
    baseline_span: TimeSpan | None = None,
    rejected_counts: Mapping[str, int] | None = None,
    film: TimeSpan | None = None,
    credits: TimeSpan | None = None,
    seat_map: SeatMap | None = None,
    clocks: tuple[ClockSummary, ...] = (),
) -> Analysis:
    """Analyze a screening: the audience curve, moments, emotions of lines and scenes, and patterns.

    Args:
        title: title of the film.
        timeline: the timeline of all viewers, from cameras (`build_timeline`) or from a table
            (`timeline_from_table`).
        script: the screenplay in film time, or None.
        problems: problems found in earlier processing steps.
        seed: random seed for all steps of the analysis; the same seed gives the same analysis.
        baseline_span: film time in which the viewers are at rest; if None, the baseline is estimated from the
            entire film.
        rejected_counts: reason → number of samples that were rejected for that reason.
        film: film time of the film's first and last picture; None if unknown. Seconds outside the film are
            measured but are never evidence.
        credits: start and end of the credits in film time; the end may be infinite. The credits are never
            evidence.
        seat_map: the seats of the timeline's viewers; None if unknown, in which case the analysis cannot test
            for contagion between neighbors.
        clocks: the cameras' clocks, which are only reported.

    Raises:
        SettingError: the baseline, the film or the credits lie outside the timeline.

    Example:
        >>> analysis = analyze("My film", timeline, None, (), seed=36)  # doctest: +SKIP
        >>> [(m.start, m.end, m.emotion) for m in analysis.moment_search.moments]  # doctest: +SKIP
    """
    baseline = estimate_baseline(timeline, baseline_span)
    strength = strength_above_baseline(timeline, baseline)
    in_film = seconds_in_film(timeline.start, strength.shape[1], film, credits)
    found = interpret(title, timeline, baseline, strength, in_film, script, seat_map, seed)
    conclusive = found.moment_search.conclusive
    return replace(
        found,
        data_quality=_data_quality(
            timeline,
            rejected_counts or {},
            (
                *problems,
                *(_script_doubts(script) if script else ()),
                *_baseline_warnings(timeline, baseline, baseline_span),
                *(_duplicate_warnings(timeline, _inside(strength, in_film)) if conclusive else ()),
            ),
            tuple(_caveats(found.moment_search, film, seat_map)),
            clocks,
        ),
    )


def interpret(  # noqa: PLR0913 (everything an interpretation depends on)
    title: str,
    timeline: Timeline,
    baseline: Baseline,
    strength: Float64Array,
    in_film: NDArray[np.bool_],
    script: TimedScript | None,
    seat_map: SeatMap | None,
    seed: int,
    audiences: int = 1,
) -> Analysis:
    """Interpret the strengths of an audience, or of a part of it.

    Args:
        title, timeline, script, seat_map, seed: as for `analyze`.
        baseline, strength, in_film: as in `Analysis`.
        audiences: as for `find_moments`.

    Returns:
        The analysis, without problems and caveats.
    """
    audience_curve = compute_audience_curve(timeline, strength)
    strength_in_film = _inside(strength, in_film)
    seat_blocks = seat_map.shift_blocks() if seat_map else None
    # The null model also needs the seconds around the film: in the film's first seconds, people may still be
    # laughing about what was said before it.
    search = find_moments(strength, timeline.start, seed, in_film, seat_blocks, audiences)
    analysis = Analysis(
        title=title,
        timeline=timeline,
        baseline=baseline,
        strength=strength,
        audience_curve=audience_curve,
        synchrony=film_synchrony(strength_in_film),
        relative_delay=estimate_relative_delay(strength_in_film, seed),
        moment_search=search,
        data_quality=_data_quality(timeline, {}, (), (), ()),
        script=None,
        element_emotions=(),
        scene_emotions=(),
        moment_elements=((),) * len(search.moments),
        moment_mixed_emotions=tuple(
            find_mixed_emotions(strength, timeline.start, moment.start, moment.end)
            for moment in search.moments
        ),
        patterns=find_patterns(strength, audience_curve, search, script, seed, seat_map, in_film),
        in_film=in_film,
        affect=compute_affect(timeline, baseline, strength),
        attention=measure_attention(timeline, seed, in_film, seat_blocks, audiences),
        seat_map=seat_map,
    )
    return replace(analysis, **_script_results(analysis, script)) if script else analysis


def retime_script(analysis: Analysis, script: TimedScript, seed: int) -> Analysis:
    """Replace the times of an analysis's script; results that do not depend on them are kept.

    Args:
        analysis: an analysis with the same script, but with other times.
        script: the script in film time.
        seed: as for `analyze`.
    """
    patterns = find_patterns(
        analysis.strength,
        analysis.audience_curve,
        analysis.moment_search,
        script,
        seed,
        analysis.seat_map,
        analysis.in_film,
    )
    return replace(analysis, patterns=patterns, **_script_results(analysis, script))


def _script_results(analysis: Analysis, script: TimedScript) -> dict[str, Any]:
    """The attributes of `Analysis` that belong to the script."""
    strength, start = analysis.strength, analysis.timeline.start
    moments = analysis.moment_search.moments
    return {
        "script": script,
        "element_emotions": emotions_by_element(script, strength, start),
        "scene_emotions": emotions_by_scene(script, strength, start, moments),
        "moment_elements": tuple(_elements_in_moment(script, moment) for moment in moments),
    }


def _inside(strength: Float64Array, in_film: NDArray[np.bool_]) -> Float64Array:
    """The strengths while the film was running; NaN in other seconds."""
    return strength if in_film.all() else np.where(in_film[:, None], strength, np.nan)


def _caveats(search: MomentSearchResult, film: TimeSpan | None, seat_map: SeatMap | None) -> Iterator[str]:
    """Yield what a conclusive analysis cannot exclude; an inconclusive analysis has no caveats."""
    if search.conclusive and film is None:
        yield FILM_SPAN_UNKNOWN
    if search.conclusive and seat_map is None:
        yield SEATS_UNKNOWN


def _baseline_warnings(timeline: Timeline, baseline: Baseline, span: TimeSpan | None) -> Iterator[Problem]:
    if span is not None:
        for viewer, marked, seconds in zip(
            timeline.viewers, baseline.from_marked_span, baseline.seconds, strict=True
        ):
            if not marked and seconds:
                yield Problem(
                    "not-seen-at-baseline",
                    Harm.NOTE,
                    f"seen for less than {MIN_SECONDS} s of the marked baseline stretch; the baseline was "
                    "estimated from the entire film",
                    viewer,
                )
    for viewer, emotion in zip(timeline.viewers, lasting_emotions(timeline, baseline), strict=True):
        if emotion is not None:
            yield Problem(
                "hardly-at-rest",
                Harm.WRONG,
                f"hardly ever at rest, so a lasting emotion ({emotion}) may have been taken for the resting "
                "face, and its strength would be too low; mark a stretch in which the viewers are at rest as "
                "the baseline, or leave this viewer out",
                viewer,
            )


def _script_doubts(script: TimedScript) -> Iterator[Problem]:
    for doubt in read_back(script.screenplay).doubts:
        yield Problem("script-implausible", Harm.WRONG, doubt)


def _duplicate_warnings(timeline: Timeline, strength: Float64Array) -> Iterator[Problem]:
    for one, other, correlation in nearly_identical_viewers(strength):
        yield Problem(
            "nearly-identical-viewers",
            Harm.WRONG,
            f"{timeline.viewers[one]} and {timeline.viewers[other]} react almost identically (correlation "
            f"{correlation:.2f} beyond what the room has in common), so they may be one person recorded by "
            "two cameras, or neighbors who infect each other; the search for moments counts them as one, but "
            "means count both: leave one of them out if it is one person",
        )


def _data_quality(
    timeline: Timeline,
    rejected: Mapping[str, int],
    problems: tuple[Problem, ...],
    caveats: tuple[str, ...],
    clocks: tuple[ClockSummary, ...],
) -> DataQuality:
    seen = timeline.sample_counts > 0
    samples = int(timeline.sample_counts.sum()) + sum(rejected.values())
    return DataQuality(
        viewers=int(seen.any(axis=1).sum()),
        seconds=seen.shape[1],
        seen_share=float(seen.mean()) if seen.size else 0.0,
        seen_share_by_viewer=tuple(seen.mean(axis=1).tolist()),
        samples_per_second=float(timeline.sample_counts[seen].mean()) if seen.any() else 0.0,
        rejected_shares={
            reason: count / samples
            for reason, count in sorted(rejected.items(), key=lambda item: -item[1])
            if count
        },
        problems=problems,
        usual_viewers=int(np.median(seen.sum(axis=0))) if seen.shape[1] else 0,
        unknown_seconds=int((seen.sum(axis=0) < MIN_VIEWERS).sum()),
        caveats=caveats,
        clocks=clocks,
    )


def _elements_in_moment(script: TimedScript, moment: Moment) -> tuple[int, ...]:
    return tuple(
        cue.element
        for cue in script.cues
        if np.isfinite(cue.start)
        and cue.start + AUDIENCE_DELAY < moment.end
        and cue.end + AUDIENCE_DELAY > moment.start
    )
