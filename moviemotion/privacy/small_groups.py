"""Small groups: values for fewer than five viewers describe individuals, so only the researcher sees them.

Two things are counted: the viewers who were seen, and the viewers who felt something (see `contributors`). A
mean over twelve viewers of whom one laughed describes that one.

Withholding a value is not enough if it can be inferred from others, such as by subtracting the values of a
group from those of the audience. Values from which it could be inferred are therefore also withheld, rounded,
or computed from the visible seconds only.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import ceil, floor

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter1d, minimum_filter1d

from moviemotion.analysis.analyze import Analysis, DataQuality
from moviemotion.analysis.comparison.screening_comparison import ScreeningComparison
from moviemotion.analysis.moments.carrier import Carrier
from moviemotion.analysis.moments.detection import Moment, MomentSearchResult
from moviemotion.analysis.moments.evidence import COMPARABLE_SECONDS
from moviemotion.analysis.patterns.arc import EmotionalArc, segment_means
from moviemotion.analysis.patterns.contagion import Contagion
from moviemotion.analysis.patterns.find_patterns import Patterns, find_patterns
from moviemotion.analysis.patterns.flat_stretches import FlatStretch
from moviemotion.analysis.patterns.peak_end import PeakEnd
from moviemotion.analysis.script_emotions import (
    MIN_DOMINANT_STRENGTH,
    EmotionSummary,
    emotions_by_element,
    emotions_by_scene,
    mean_strength_during,
)
from moviemotion.analysis.segments.segment_analysis import analyze_part, strength_during_moment
from moviemotion.analysis.signals.affect import (
    AffectCurve,
    compute_affect,
    compute_arousal,
    compute_expressiveness,
    compute_valence,
)
from moviemotion.analysis.signals.audience_curve import (
    REACTION_THRESHOLD,
    AudienceCurve,
    compute_audience_curve,
    hide_seconds,
)
from moviemotion.analysis.signals.reaction_delay import AUDIENCE_DELAY, RelativeDelay
from moviemotion.analysis.signals.synchrony import SYNCHRONY_WINDOW, FilmSynchrony, film_synchrony
from moviemotion.analysis.signals.timeline import Timeline
from moviemotion.emotions import NON_NEUTRAL_EMOTIONS
from moviemotion.errors import MoviemotionError
from moviemotion.privacy.attention_of_few import attention_for_all
from moviemotion.privacy.contributors import is_count_of_few, is_mean_of_few, is_spread_of_few
from moviemotion.privacy.disclosure import MIN_GROUP_SIZE
from moviemotion.privacy.roles import Role
from moviemotion.problems import Harm, Problem
from moviemotion.statistics import Float64Array

ROUNDED_DECIMALS = 2
"""Number of decimals of line and scene strengths, for roles other than the researcher."""
MAX_LEFT_OUT = 0.05
"""Largest part of a segment's strength in a line or scene that may be left out without saying so."""
WITHHELD_NOTE = Problem(
    "withheld", Harm.NOTE, "Notes about individual viewers and cameras are visible only to the researcher."
)
MOMENTS_WITHHELD = (
    "The audience reacted together more than the same viewers would out of step. Moments in which fewer than "
    "five viewers reacted are shown only to the researcher."
)
"""Conclusion of a search of which not all moments are shown; their number would be known from a count."""
_NAN = float("nan")


def analysis_for_role(analysis: Analysis, role: Role) -> Analysis:
    """Reduce an analysis to what a role may see; the result can be reported like any other analysis.

    Roles other than the researcher see no individual viewers. A value is reported as missing if fewer than
    `MIN_GROUP_SIZE` viewers were seen, or if fewer than `MIN_GROUP_SIZE` viewers account for nearly all of
    it (see `contributors`). Values for lines, scenes and the whole film leave out what is withheld second by
    second, and are rounded to `ROUNDED_DECIMALS`. Without rounding, subtracting the line values from a
    scene's value could reveal the emotion of a viewer who was missing from one line.

    Evidence for a moment is withheld if it could reveal a single viewer or a small group; see
    `_evidence_for_all`.

    Comparing results from two points in time, such as before and after a withdrawal, may reveal more; see
    `releases`.
    """
    if role is Role.RESEARCHER:
        return analysis
    everyone = np.arange(len(analysis.timeline.viewers))
    return _without_small_groups(analysis, analysis, everyone, [])


def _without_small_groups(
    analysis: Analysis, audience: Analysis, rows: NDArray[np.int64], parts: Sequence[NDArray[np.int64]]
) -> Analysis:
    """Reduce the analysis of an audience, or of a part of it, to what other roles may see.

    Args:
        analysis: the analysis to reduce, of the viewers in `rows`.
        audience: the analysis of the whole audience.
        rows: indices of the viewers in the audience.
        parts: indices of further viewers whose values follow from those that are shown.
    """
    timeline, rest = analysis.timeline, analysis.baseline
    few = _small_group_seconds(analysis)
    for part in parts:
        few |= is_count_of_few((audience.timeline.sample_counts[part] > 0).sum(axis=0))
    hidden = np.zeros(analysis.strength.shape[1:], dtype=bool)
    for part in (rows, *parts):
        weights = None if audience.timeline.weight is None else audience.timeline.weight[part]
        hidden |= _values_of_few(audience.strength[part], weights)
    strength = np.where(few[:, None], _NAN, analysis.strength)
    # Where fewer than five viewers account for an emotion, it is left out; NaN remains NaN.
    strength[:, hidden] *= 0
    curve = hide_seconds(
        _without_values_of_few(analysis.audience_curve, audience.timeline, audience.strength, [rows, *parts]),
        few,
    )
    search, moments = _visible_moments(analysis, few, [audience.strength[part] for part in parts])
    script, lines, scenes = analysis.script, analysis.element_emotions, analysis.scene_emotions
    if script:
        lines = emotions_by_element(script, strength, timeline.start)
        scenes = emotions_by_scene(script, strength, timeline.start, search.moments)
    if parts:
        lines = tuple(map(_withheld_if_changed, lines, analysis.element_emotions))
        scenes = tuple(
            replace(scene, summary=_withheld_if_changed(scene.summary, known.summary))
            for scene, known in zip(scenes, analysis.scene_emotions, strict=True)
        )
    in_film = np.where(analysis.in_film[:, None], strength, _NAN)
    # The test for contagion uses only seconds with at least `MIN_GROUP_SIZE` viewers in the first place.
    patterns = replace(
        find_patterns(strength, curve, search, script, search.seed, in_film=analysis.in_film),
        contagion=_contagion_for_all(analysis.patterns.contagion),
    )
    others = [np.where(few[:, None], _NAN, audience.strength[part]) for part in parts]
    return replace(
        analysis,
        timeline=replace(
            timeline,
            viewers=(),
            probabilities=timeline.probabilities[:0],
            sample_counts=timeline.sample_counts[:0],
            weight=None,
            peak=None,
            attention=None,
        ),
        baseline=replace(
            rest,
            probabilities=rest.probabilities[:0],
            seconds=rest.seconds[:0],
            from_marked_span=rest.from_marked_span[:0],
        ),
        strength=analysis.strength[:0],
        audience_curve=curve,
        synchrony=_synchrony_for_all(film_synchrony(in_film), in_film),
        relative_delay=_delay_without_viewers(analysis.relative_delay),
        moment_search=search,
        data_quality=_quality_without_viewers(analysis.data_quality),
        element_emotions=tuple(
            _rounded_or_withheld(line, strength, timeline.start, others) for line in lines
        ),
        scene_emotions=tuple(
            replace(scene, summary=_rounded_or_withheld(scene.summary, strength, timeline.start, others))
            for scene in scenes
        ),
        moment_elements=tuple(analysis.moment_elements[k] for k in moments),
        moment_mixed_emotions=tuple(
            tuple(mixed for mixed in analysis.moment_mixed_emotions[k] if mixed.count >= MIN_GROUP_SIZE)
            for k in moments
        ),
        patterns=_patterns_for_all(patterns, strength, timeline.start, analysis.audience_curve),
        affect=_affect_for_all(analysis, audience, [rows, *parts], few, hidden),
        attention=attention_for_all(analysis.attention, _attention_states(audience, parts), timeline.start),
        seat_map=None,
        moment_carriers=tuple(
            tuple(_carrier_for_all(carrier) for carrier in analysis.carriers_of(k)) for k in moments
        ),
    )


def _attention_states(audience: Analysis, parts: Sequence[NDArray[np.int64]]) -> tuple[NDArray[np.int8], ...]:
    """(V, S) the attention states of each part of an audience; none if attention was not measured."""
    states = audience.timeline.attention
    return () if states is None else tuple(states[part] for part in parts)


def _affect_for_all(
    analysis: Analysis,
    audience: Analysis,
    parts: Sequence[NDArray[np.int64]],
    small_group_seconds: NDArray[np.bool_],
    hidden: NDArray[np.bool_],
) -> AffectCurve:
    """Withhold the means and intervals that describe fewer than `MIN_GROUP_SIZE` viewers.

    Args:
        analysis: the unrestricted analysis of an audience, or of a part of it.
        audience: the analysis of the whole audience.
        parts: indices of the analyzed viewers, followed by those of others whose values follow from theirs.
        small_group_seconds: (S,) seconds in which too few viewers were seen.
        hidden: (S, 7) emotions for which few viewers account, which are left out.
    """
    strength = np.where(small_group_seconds[:, None], _NAN, audience.strength)
    strength[:, hidden] *= 0
    affect = compute_affect(analysis.timeline, analysis.baseline, strength[parts[0]])
    by_viewer = {
        "expressiveness": compute_expressiveness(audience.timeline, audience.baseline),
        "valence": compute_valence(strength),
        "arousal": compute_arousal(strength),
    }
    shown = {}
    for name, values in by_viewer.items():
        few, few_spread = small_group_seconds.copy(), np.zeros_like(small_group_seconds)
        for part in parts:
            few |= is_mean_of_few(values[part])
            few_spread |= is_spread_of_few(values[part])
        shown[name] = np.where(few, _NAN, getattr(affect, name))
        interval = f"{name}_interval"
        shown[interval] = np.where(few | few_spread, _NAN, getattr(affect, interval))
    return AffectCurve(**shown)


def mask_small_groups(analysis: Analysis) -> Analysis:
    """Treat seconds with fewer than `MIN_GROUP_SIZE` viewers as not measured."""
    return replace(
        analysis, strength=np.where(_small_group_seconds(analysis)[:, None], _NAN, analysis.strength)
    )


def visible_segments(
    segments: Mapping[str, Sequence[str]],
    viewers: Sequence[str],
    role: Role,
    shown_before: Sequence[Sequence[str]] = (),
) -> dict[str, tuple[str, ...]]:
    """Select the segments that a role may see, limited to the viewers who are in the study.

    For roles other than the researcher, no combination of segments may single out fewer than
    `MIN_GROUP_SIZE` viewers. For example, showing two segments that differ by one viewer would reveal that
    viewer's emotions. If segments conflict, the one created first is shown.

    Args:
        segments: the name and viewers of each segment, in order of creation.
        viewers: the viewers in the study.
        role: the role of the person who views the segments.
        shown_before: the viewers of each segment that this role has seen, even if it has been changed since.
    """
    here = {name: tuple(v for v in viewers if v in set(members)) for name, members in segments.items()}
    if role is Role.RESEARCHER:
        return {name: members for name, members in here.items() if members}
    known, seen = [set(members) for members in shown_before], {}
    for name, members in here.items():
        together = [*known, set(members)]
        # Viewers who belong to exactly the same segments are indistinguishable.
        alike = Counter(tuple(viewer in group for group in together) for viewer in viewers)
        if len(members) >= MIN_GROUP_SIZE and min(alike.values()) >= MIN_GROUP_SIZE:
            known, seen[name] = together, members
    return seen


def segment_for_role(
    analysis: Analysis,
    viewers: Sequence[str],
    role: Role,
    earlier_segments: Sequence[Sequence[str]] = (),
    audiences: int = 1,
) -> Analysis:
    """Analyze a segment of an audience, as far as a role may see it.

    For roles other than the researcher, a value is withheld as in `analysis_for_role`, and also if combining
    the values of the audience, this segment and earlier segments could single out fewer than
    `MIN_GROUP_SIZE` viewers.

    Args:
        analysis: the unrestricted analysis of the audience, as the researcher sees it.
        viewers: names of the segment's viewers; names that are not in the analysis are ignored.
        role: the role of the person who views the segment.
        earlier_segments: visible segments that were created before this one; see `visible_segments`.
        audiences: number of segments that are shown; see `find_moments`.

    Raises:
        MoviemotionError: the segment or the rest of the audience is too small to be shown.
    """
    rows = _segment_rows(analysis, viewers, role)
    part = analyze_part(analysis, viewers, audiences)
    if role is Role.RESEARCHER:
        return part
    return _without_small_groups(part, analysis, rows, _parts(analysis, [*earlier_segments, viewers]))


def _segment_rows(analysis: Analysis, viewers: Sequence[str], role: Role) -> NDArray[np.int64]:
    """The rows of a segment's viewers; refuses a segment that is too small to be shown."""
    everyone = analysis.timeline.viewers
    rows = [k for k, viewer in enumerate(everyone) if viewer in set(viewers)]
    left = len(everyone) - len(rows)
    if not rows or (
        role is not Role.RESEARCHER and (len(rows) < MIN_GROUP_SIZE or 0 < left < MIN_GROUP_SIZE)
    ):
        enough = (
            "at least 1 viewer"
            if role is Role.RESEARCHER
            else f"all viewers, or choose at least {MIN_GROUP_SIZE} and leave out at least {MIN_GROUP_SIZE}"
        )
        raise MoviemotionError(
            f"{len(rows)} of {len(everyone)} viewers: too few to be shown separately; choose {enough}"
        )
    return np.array(rows, np.int64)


def _parts(analysis: Analysis, segments: Sequence[Sequence[str]]) -> list[NDArray[np.int64]]:
    """The viewers who are in exactly the same segments; the values of such a part follow by subtraction."""
    within = [[viewer in segment for segment in segments] for viewer in analysis.timeline.viewers]
    _, alike = np.unique(within, axis=0, return_inverse=True)
    return [np.flatnonzero(alike == part) for part in range(alike.max() + 1)]


def comparison_for_role(
    comparison: ScreeningComparison, screenings: tuple[Analysis, Analysis], role: Role
) -> ScreeningComparison:
    """Reduce a comparison to what a role may see.

    For roles other than the researcher, units with fewer than `MIN_GROUP_SIZE` viewers in either screening
    are reported as not tested, and so are emotions for which fewer than that account (see `contributors`). A
    paired comparison also withholds units with fewer than `MIN_GROUP_SIZE` unpaired viewers. Otherwise,
    comparing these results with those of the screening itself could reveal the emotions of those viewers.

    Args:
        comparison: the comparison; for roles other than the researcher, made from the output of
            `mask_small_groups`. Unlike the values of lines, its means include what a few viewers felt in
            single seconds. Otherwise, the smaller room would lose more, and seem to feel less.
        screenings: the compared screenings.
        role: the role of the person who views the comparison.
    """
    if role is Role.RESEARCHER:
        return comparison
    c = comparison.group_comparison
    few: NDArray[np.bool_] = np.asarray((c.viewers < MIN_GROUP_SIZE).any(axis=0))
    for k, screening in enumerate(screenings if c.paired else ()):
        stretches = [unit.spans[k] for unit in comparison.alignment.units]
        seen = [
            mean_strength_during(screening.strength, screening.timeline.start, s.start, s.end)
            for s in stretches
        ]
        unpaired = (~np.isnan(seen)).sum(axis=1) - c.viewers[k]
        few |= is_count_of_few(unpaired)
    few_spread = np.zeros_like(few)
    for k, screening in enumerate(screenings):
        own, start = screening.strength, screening.timeline.start
        # Intervals are moderated by the spread in the whole film.
        few_spread |= _is_felt_by_few(own, own**2)
        for u, unit in enumerate(comparison.alignment.units):
            first, last = unit.spans[k].start, unit.spans[k].end
            by_viewer = mean_strength_during(own, start, first, last)
            during = own[:, max(floor(first) - start, 0) : max(ceil(last) - start, 0)]
            few[u] |= _is_felt_by_few(during, by_viewer[:, None])
            few_spread[u] |= _is_felt_by_few(during, by_viewer[:, None] ** 2)
    return replace(
        comparison,
        group_comparison=replace(
            c,
            viewers=np.where(few, 0, c.viewers),
            mean=np.where(few, _NAN, c.mean.round(ROUNDED_DECIMALS)),
            difference=np.where(few, _NAN, c.difference.round(ROUNDED_DECIMALS)),
            interval=np.where(few | few_spread, _NAN, c.interval.round(ROUNDED_DECIMALS)),
            p_adjusted=np.where(few, _NAN, c.p_adjusted),
            viewers_needed=np.where(few, _NAN, c.viewers_needed),
        ),
        unpaired_viewers=(),
    )


def _is_felt_by_few(strength: Float64Array, contributions: Float64Array) -> NDArray[np.bool_]:
    """Whether an emotion was felt, and fewer than five viewers account for the sum of their contributions.

    In a long stretch, even what a viewer felt strongly for a while is a small mean.

    Args:
        strength: (V, S, 7) strengths in the stretch, NaN where not seen.
        contributions: (V, S or 1, 7) contributions to the value.

    Returns:
        (7,) for each emotion.
    """
    felt = (np.nan_to_num(strength) >= MIN_DOMINANT_STRENGTH).any(axis=(0, 1))
    return felt & is_mean_of_few(np.nan_to_num(contributions).sum(axis=1), noticeable=0.0)


def _visible_moments(
    analysis: Analysis, small_group_seconds: NDArray[np.bool_], others: Sequence[Float64Array]
) -> tuple[MomentSearchResult, list[int]]:
    """Limit the search result to the visible moments; also return their indices among all moments.

    Args:
        analysis: the analysis.
        small_group_seconds: (S,) seconds in which too few viewers were seen.
        others: (V, S, 7) strengths of other viewers whose values follow from those that are shown.
    """
    found, first = analysis.moment_search, analysis.timeline.start
    by_viewer = [strength_during_moment(analysis.strength, first, moment) for moment in found.moments]
    visible = [
        k
        for k, moment in enumerate(found.moments)
        # Fewer viewers may be seen at the peak than in the whole moment.
        if min(moment.viewers, moment.reacted) >= MIN_GROUP_SIZE
        and not small_group_seconds[int(moment.peak) - analysis.timeline.start]
        and not is_mean_of_few(by_viewer[k])
        and not any(_reacted_as_few(part, first, moment) for part in others)
    ]
    all_visible = len(visible) == len(found.moments)
    moments = tuple(
        _evidence_for_all(found.moments[k], analysis, by_viewer[k], small_group_seconds, all_visible)
        for k in visible
    )
    conclusion = found.conclusion if all_visible else MOMENTS_WITHHELD
    return replace(found, moments=moments, conclusion=conclusion), visible


def _reacted_as_few(strength: Float64Array, first_second: int, moment: Moment) -> bool:
    """Whether a moment's strength in some other viewers would describe fewer than five of them."""
    during = strength_during_moment(strength, first_second, moment)
    return bool(is_mean_of_few(during) or is_count_of_few((during >= REACTION_THRESHOLD).sum()))


def _evidence_for_all(
    moment: Moment,
    analysis: Analysis,
    by_viewer: Float64Array,
    small_group_seconds: NDArray[np.bool_],
    all_moments_visible: bool,
) -> Moment:
    """Remove the evidence for a moment that could reveal a single viewer or a small group.

    - Together with the mean, `leave_one_out` would reveal the strengths of the most and least moved viewers.
    - The intervals of strength and resonance are withheld if they describe a few viewers.
    - `expected_share` is withheld if it includes seconds in which too few viewers were seen, or if too few
      viewers reacted in any of the seconds. Otherwise, it is rounded, because an exact mean over a minute
      would show the effect of a single viewer.
    - `synchrony` is withheld if too few viewers' curves vary.
    - `replicability` describes halves of the audience. It is withheld if such a half is a small group.
    - `rank_interval` depends on all moments. It is withheld if any of them is withheld.
    """
    first, emotion = analysis.timeline.start, NON_NEUTRAL_EMOTIONS.index(moment.emotion)
    at = int(moment.start) - first - COMPARABLE_SECONDS
    around = slice(max(at, 0), int(moment.end) - first + COMPARABLE_SECONDS)
    reacting = (np.nan_to_num(analysis.strength[:, around, emotion]) >= REACTION_THRESHOLD).any(axis=1)
    few_around = bool(small_group_seconds[around].any() or is_count_of_few(reacting.sum()))
    half = SYNCHRONY_WINDOW // 2
    peak = int(moment.peak) - first
    few_vary = _varying_viewers(analysis.strength[:, max(peak - half, 0) : peak + half + 1]) < MIN_GROUP_SIZE
    spread_of_few = bool(is_spread_of_few(by_viewer))
    unknown = (_NAN, _NAN)
    return replace(
        moment,
        strength_interval=unknown if spread_of_few else moment.strength_interval,
        resonance_interval=unknown if spread_of_few else moment.resonance_interval,
        leave_one_out=unknown,
        expected_share=_NAN if few_around else round(moment.expected_share, ROUNDED_DECIMALS),
        synchrony=_NAN if few_vary else moment.synchrony,
        synchrony_interval=unknown if few_vary else moment.synchrony_interval,
        replicability=moment.replicability if moment.viewers // 2 >= MIN_GROUP_SIZE else _NAN,
        rank_interval=moment.rank_interval if all_moments_visible else (0, 0),
    )


def _without_values_of_few(
    curve: AudienceCurve, timeline: Timeline, strength: Float64Array, parts: Sequence[NDArray[np.int64]]
) -> AudienceCurve:
    """Withhold each value of a curve that describes fewer than `MIN_GROUP_SIZE` viewers.

    Args:
        curve: the curve of the viewers in the first part.
        timeline: the timeline of all viewers.
        strength: (V, S, 7) their strengths, NaN where not seen.
        parts: indices of viewers whose values are known, or follow, from the values shown.
    """
    values, spread = np.zeros((2, *strength.shape[1:]), dtype=bool)
    overall, overall_spread, share, synchrony = np.zeros((4, strength.shape[1]), dtype=bool)
    for part in parts:
        own, weights = strength[part], None if timeline.weight is None else timeline.weight[part]
        values |= _values_of_few(own, weights)
        spread |= _values_of_few(own**2, weights, MIN_DOMINANT_STRENGTH**2)
        strongest = np.nan_to_num(own).max(axis=2)
        overall |= is_mean_of_few(_weighted(strongest, weights))
        overall_spread |= is_spread_of_few(_weighted(strongest, weights))
        share |= is_count_of_few((strongest >= REACTION_THRESHOLD).sum(axis=0))
        synchrony |= is_count_of_few(_varying_viewers_by_window(own))
    # Intervals are moderated by the spread in the whole film, which also has to be that of many.
    rows = parts[0]
    shown = compute_audience_curve(
        timeline.of_viewers(rows), np.where(values & ~np.isnan(strength[rows]), 0.0, strength[rows])
    )
    return replace(
        curve,
        strength=np.where(values, _NAN, shown.strength),
        strength_interval=np.where(values | spread, _NAN, shown.strength_interval),
        overall_strength=np.where(overall, _NAN, curve.overall_strength),
        overall_strength_interval=np.where(overall | overall_spread, _NAN, curve.overall_strength_interval),
        reacting_share=np.where(share, _NAN, curve.reacting_share),
        reacting_share_interval=np.where(share, _NAN, curve.reacting_share_interval),
        synchrony=np.where(synchrony, _NAN, curve.synchrony),
    )


def _values_of_few(
    strength: Float64Array,
    weights: NDArray[np.float32] | None,
    noticeable: float = MIN_DOMINANT_STRENGTH,
) -> NDArray[np.bool_]:
    """(V, S, 7) → (S, 7) whether each second's mean of an emotion describes fewer than five viewers."""
    # One emotion at a time, which takes less memory.
    columns = (_weighted(strength[:, :, emotion], weights) for emotion in range(strength.shape[2]))
    return np.stack([is_mean_of_few(column, noticeable) for column in columns], axis=1)


def _weighted(values: Float64Array, weights: NDArray[np.float32] | None) -> Float64Array:
    return values if weights is None else values * np.nan_to_num(weights)


def _varying_viewers(strength: Float64Array) -> int:
    """Number of viewers whose strengths vary; only they contribute to a correlation."""
    return int((np.nan_to_num(_range_over_time(strength)) > 0).any(axis=1).sum())


def _varying_viewers_by_window(strength: Float64Array) -> NDArray[np.int64]:
    """(V, S, 7) → (S,) number of viewers whose strengths vary in the synchrony window around each second."""
    count = np.zeros(strength.shape[1], np.int64)
    for of_viewer in strength:  # one viewer at a time, which takes less memory
        seen = ~np.isnan(of_viewer)
        high = maximum_filter1d(np.where(seen, of_viewer, -np.inf), SYNCHRONY_WINDOW, axis=0, mode="nearest")
        low = minimum_filter1d(np.where(seen, of_viewer, np.inf), SYNCHRONY_WINDOW, axis=0, mode="nearest")
        count += (high > low).any(axis=1)
    return count


def _range_over_time(strength: Float64Array) -> Float64Array:
    """(V, S, F) → (V, F) largest minus smallest strength over the seen seconds; −∞ if never seen."""
    seen = ~np.isnan(strength)
    high, low = np.where(seen, strength, -np.inf), np.where(seen, strength, np.inf)
    return np.asarray(high.max(axis=1, initial=-np.inf) - low.min(axis=1, initial=np.inf))


def _synchrony_for_all(synchrony: FilmSynchrony, strength: Float64Array) -> FilmSynchrony:
    """Withhold the correlation of each emotion that fewer than `MIN_GROUP_SIZE` viewers felt."""
    varying = (_range_over_time(strength) > 0).sum(axis=0)
    few = np.append(
        is_count_of_few((_range_over_time(strength) > 0).any(axis=1).sum()), is_count_of_few(varying)
    )
    unknown = (_NAN, _NAN)
    return FilmSynchrony(
        overall=_NAN if few[0] else synchrony.overall,
        overall_interval=unknown if few[0] else synchrony.overall_interval,
        by_emotion=tuple(
            _NAN if hidden else value for hidden, value in zip(few[1:], synchrony.by_emotion, strict=True)
        ),
        by_emotion_interval=tuple(
            unknown if hidden else interval
            for hidden, interval in zip(few[1:], synchrony.by_emotion_interval, strict=True)
        ),
    )


def _contagion_for_all(contagion: Contagion) -> Contagion:
    """Withhold the correlations of neighbors if there are fewer than `MIN_GROUP_SIZE` pairs."""
    if min(contagion.neighbor_pairs, contagion.apart_pairs) >= MIN_GROUP_SIZE or contagion.found is None:
        return contagion
    return replace(
        contagion,
        neighbor_correlation=_NAN,
        apart_correlation=_NAN,
        null_interval=(_NAN, _NAN),
        neighbor_pairs=0,
        apart_pairs=0,
    )


def _patterns_for_all(
    patterns: Patterns, strength: Float64Array, first_second: int, curve: AudienceCurve
) -> Patterns:
    """Withhold the values of patterns that describe fewer than `MIN_GROUP_SIZE` viewers.

    Args:
        patterns: the patterns.
        strength: (V, S, 7) strengths without what may not be shown second by second.
        first_second: film second of the first column.
        curve: the audience curve with all values.
    """
    return replace(
        patterns,
        arc=_arc_for_all(patterns.arc, strength, first_second),
        acts=tuple(_arc_for_all(act, strength, first_second) for act in patterns.acts),
        peak_end=_end_for_all(patterns.peak_end, strength, first_second),
        flat=replace(
            patterns.flat,
            stretches=tuple(_flat_for_all(stretch, strength, curve) for stretch in patterns.flat.stretches),
        ),
        changes=replace(
            patterns.changes,
            changes=tuple(c for c in patterns.changes.changes if c.same_direction >= MIN_GROUP_SIZE),
        ),
    )


def _arc_for_all(arc: EmotionalArc, strength: Float64Array, first_second: int) -> EmotionalArc:
    columns = slice(round(arc.start) - first_second, round(arc.end) - first_second)
    few = is_mean_of_few(segment_means(compute_valence(strength)[:, columns]))
    return replace(
        arc, curve=np.where(few, _NAN, arc.curve), curve_interval=np.where(few, _NAN, arc.curve_interval)
    )


def _end_for_all(end: PeakEnd, strength: Float64Array, first_second: int) -> PeakEnd:
    if end.emotion is None:
        return end
    column = strength[:, :, [NON_NEUTRAL_EMOTIONS.index(end.emotion)]]
    if not is_mean_of_few(mean_strength_during(column, first_second, end.start, end.end))[0]:
        return end
    return replace(
        end,
        emotion=None,
        strength=_NAN,
        strength_interval=(_NAN, _NAN),
        change=_NAN,
        change_interval=(_NAN, _NAN),
    )


def _flat_for_all(stretch: FlatStretch, strength: Float64Array, curve: AudienceCurve) -> FlatStretch:
    first = int(curve.seconds[0])
    part = np.nan_to_num(strength[:, int(stretch.start) - first : int(stretch.end) - first])
    reacting = (part >= REACTION_THRESHOLD).any(axis=(1, 2)).sum()
    return replace(stretch, share=_NAN, most=_NAN) if is_count_of_few(reacting) else stretch


def _carrier_for_all(carrier: Carrier) -> Carrier:
    """Keep only which segment reacted more strongly: its strength may be that of a few viewers."""
    return replace(carrier, strength=_NAN, strength_of_others=_NAN, interval=(_NAN, _NAN))


def _delay_without_viewers(delay: RelativeDelay) -> RelativeDelay:
    if np.isfinite(delay.viewer_delays).sum() >= MIN_GROUP_SIZE:
        return replace(delay, viewer_delays=delay.viewer_delays[:0])
    return RelativeDelay(delay.viewer_delays[:0], _NAN, (_NAN, _NAN))


def _quality_without_viewers(quality: DataQuality) -> DataQuality:
    # Cameras have the names of seats. It is not known from how many viewers the rejected samples are: all may
    # be of one hand before one mouth.
    public = replace(
        quality,
        seen_share_by_viewer=(),
        rejected_shares={},
        problems=(WITHHELD_NOTE,) if quality.problems else (),
        clocks=(),
    )
    if quality.viewers >= MIN_GROUP_SIZE:
        return public
    return replace(public, seen_share=_NAN, samples_per_second=_NAN)


def _small_group_seconds(analysis: Analysis) -> NDArray[np.bool_]:
    """Mask of shape (S,) that is true for seconds in which too few viewers were seen."""
    return np.asarray(analysis.audience_curve.viewers < MIN_GROUP_SIZE)


def _rounded_or_withheld(
    summary: EmotionSummary, strength: Float64Array, first_second: int, others: Sequence[Float64Array]
) -> EmotionSummary:
    """Round a summary, and withhold what describes fewer than `MIN_GROUP_SIZE` viewers.

    Args:
        summary: the summary of a line or scene.
        strength: (V, S, 7) the strengths that it summarizes.
        first_second: film second of the first column.
        others: (V, S, 7) strengths of other viewers whose values follow from those that are shown.
    """
    if summary.viewers < MIN_GROUP_SIZE:
        return _withheld(summary)
    start, end = summary.start + AUDIENCE_DELAY, summary.end + AUDIENCE_DELAY
    reacting = (strength >= REACTION_THRESHOLD).any(axis=2, keepdims=True)
    seen = ~np.isnan(strength[:, :, :1])
    values = np.concatenate([strength, np.where(seen, reacting, _NAN)], axis=2)
    by_viewer = mean_strength_during(values, first_second, start, end)
    with np.errstate(invalid="ignore"):
        emotion = int(np.nanmean(by_viewer[:, :-1], axis=0).argmax())
    strongest = by_viewer[:, [emotion]]
    if is_mean_of_few(strongest)[0]:
        return _withheld(summary)
    for part in others:
        of_part = mean_strength_during(part, first_second, start, end)
        counts = [
            (~np.isnan(of_part[:, 0])).sum(),
            (np.nan_to_num(of_part) >= REACTION_THRESHOLD).any(axis=1).sum(),
        ]
        if is_mean_of_few(of_part[:, [emotion]])[0] or is_count_of_few(counts).any():
            return _withheld(summary)
    low, high = (round(end, ROUNDED_DECIMALS) for end in summary.strength_interval)
    share_low, share_high = (round(end, ROUNDED_DECIMALS) for end in summary.mean_reacting_share_interval)
    share, share_interval = round(summary.mean_reacting_share, ROUNDED_DECIMALS), (share_low, share_high)
    if is_mean_of_few(by_viewer[:, -1:], noticeable=0.0)[0]:
        share, share_interval = _NAN, (_NAN, _NAN)
    return replace(
        summary,
        strength=round(summary.strength, ROUNDED_DECIMALS),
        strength_interval=(_NAN, _NAN) if is_spread_of_few(strongest)[0] else (low, high),
        mean_reacting_share=share,
        mean_reacting_share_interval=share_interval,
    )


def _withheld_if_changed(summary: EmotionSummary, known: EmotionSummary) -> EmotionSummary:
    """Withhold a summary of a segment that leaves out too much, so that it would be misleading.

    A segment in which everybody laughed must not be called calm because few of the others laughed too.

    Args:
        summary: the summary without what may not be shown second by second.
        known: the summary of everything.
    """
    difference = abs(summary.strength - known.strength)
    is_misleading = summary.emotion != known.emotion or difference > MAX_LEFT_OUT
    return _withheld(summary) if is_misleading else summary


def _withheld(summary: EmotionSummary) -> EmotionSummary:
    return EmotionSummary(summary.start, summary.end, None, _NAN, (_NAN, _NAN), _NAN, (_NAN, _NAN), 0, 0)
