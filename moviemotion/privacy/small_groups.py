"""Small groups: values for fewer than five viewers describe individuals, so only the researcher sees them.

Withholding a value is not enough if it can be inferred from others, such as by subtracting the values of a
group from those of the audience. Values from which it could be inferred are therefore also withheld, rounded,
or computed from the visible seconds only.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from moviemotion.analysis.analyze import Analysis, DataQuality
from moviemotion.analysis.comparison.screening_comparison import ScreeningComparison
from moviemotion.analysis.moments.detection import Moment, MomentSearchResult
from moviemotion.analysis.moments.evidence import COMPARABLE_SECONDS
from moviemotion.analysis.patterns.find_patterns import find_patterns
from moviemotion.analysis.script_emotions import (
    EmotionSummary,
    emotions_by_element,
    emotions_by_scene,
    mean_strength_during,
)
from moviemotion.analysis.signals.audience_curve import AudienceCurve, compute_audience_curve, hide_seconds
from moviemotion.analysis.signals.reaction_delay import RelativeDelay
from moviemotion.analysis.signals.synchrony import film_synchrony
from moviemotion.errors import MoviemotionError
from moviemotion.privacy.disclosure import MIN_GROUP_SIZE
from moviemotion.privacy.roles import Role
from moviemotion.problems import Harm, Problem

ROUNDED_DECIMALS = 2
"""Number of decimals of line and scene strengths, for roles other than the researcher."""
WITHHELD_NOTE = Problem(
    "withheld", Harm.NOTE, "Notes about individual viewers and cameras are visible only to the researcher."
)
_NAN = float("nan")


def analysis_for_role(analysis: Analysis, role: Role) -> Analysis:
    """Reduce an analysis to what a role may see; the result can be reported like any other analysis.

    Roles other than the researcher see no individual viewers, and any second, line, scene or moment with
    fewer than `MIN_GROUP_SIZE` viewers is reported as missing. Values for lines, scenes and the whole film
    are computed from the remaining seconds and rounded to `ROUNDED_DECIMALS`. Without rounding, subtracting
    the line values from a scene's value could reveal the emotion of a viewer who was missing from one line.

    Evidence for a moment is withheld if it could reveal a single viewer or a small group; see
    `_evidence_for_all`.

    Comparing results from two points in time, such as before and after a withdrawal or a change of groups,
    may reveal more. This function cannot prevent that.
    """
    if role is Role.RESEARCHER:
        return analysis
    few, strength = _small_group_seconds(analysis), mask_small_groups(analysis).strength
    timeline, rest = analysis.timeline, analysis.baseline
    curve, search, moments = (
        hide_seconds(analysis.audience_curve, few),
        *_visible_moments(analysis, few),
    )
    synchrony, patterns, script = analysis.synchrony, analysis.patterns, analysis.script
    lines, scenes = analysis.element_emotions, analysis.scene_emotions
    if script:
        lines = emotions_by_element(script, strength, timeline.start)
        scenes = emotions_by_scene(script, strength, timeline.start, search.moments)
    if few.any():
        synchrony = film_synchrony(np.where(analysis.in_film[:, None], strength, _NAN))
        # The test for contagion uses only seconds with at least `MIN_GROUP_SIZE` viewers in the first place.
        patterns = replace(
            find_patterns(strength, curve, search, script, search.seed, in_film=analysis.in_film),
            contagion=patterns.contagion,
        )
    return replace(
        analysis,
        timeline=replace(
            timeline,
            viewers=(),
            probabilities=timeline.probabilities[:0],
            sample_counts=timeline.sample_counts[:0],
        ),
        baseline=replace(
            rest,
            probabilities=rest.probabilities[:0],
            seconds=rest.seconds[:0],
            from_marked_span=rest.from_marked_span[:0],
        ),
        strength=analysis.strength[:0],
        audience_curve=curve,
        synchrony=synchrony,
        relative_delay=_delay_without_viewers(analysis.relative_delay),
        moment_search=search,
        data_quality=_quality_without_viewers(analysis.data_quality),
        element_emotions=tuple(_rounded_or_withheld(line) for line in lines),
        scene_emotions=tuple(replace(scene, summary=_rounded_or_withheld(scene.summary)) for scene in scenes),
        moment_elements=tuple(analysis.moment_elements[k] for k in moments),
        moment_mixed_emotions=tuple(
            tuple(mixed for mixed in analysis.moment_mixed_emotions[k] if mixed.viewers >= MIN_GROUP_SIZE)
            for k in moments
        ),
        patterns=patterns,
    )


def mask_small_groups(analysis: Analysis) -> Analysis:
    """Treat seconds with fewer than `MIN_GROUP_SIZE` viewers as not measured."""
    return replace(
        analysis, strength=np.where(_small_group_seconds(analysis)[:, None], _NAN, analysis.strength)
    )


def visible_groups(
    groups: Mapping[str, Sequence[str]], viewers: Sequence[str], role: Role
) -> dict[str, tuple[str, ...]]:
    """Select the groups that a role may see, limited to the viewers who are in the study.

    For roles other than the researcher, no combination of groups may single out fewer than `MIN_GROUP_SIZE`
    viewers. For example, showing two groups that differ by one viewer would reveal that viewer's emotions. If
    groups conflict, the one created first is shown.

    Args:
        groups: the name and viewers of each group, in order of creation.
        viewers: the viewers in the study.
        role: the role of the person who views the groups.
    """
    here = {name: tuple(v for v in viewers if v in set(members)) for name, members in groups.items()}
    if role is Role.RESEARCHER:
        return here
    seen: dict[str, tuple[str, ...]] = {}
    for name, members in here.items():
        together = {**seen, name: members}
        # Viewers who belong to exactly the same groups are indistinguishable.
        alike = Counter(tuple(viewer in group for group in together.values()) for viewer in viewers)
        if len(members) >= MIN_GROUP_SIZE and min(alike.values()) >= MIN_GROUP_SIZE:
            seen = together
    return seen


def group_curve_for_role(
    analysis: Analysis, viewers: Sequence[str], role: Role, earlier_groups: Sequence[Sequence[str]] = ()
) -> AudienceCurve:
    """Compute the second-by-second curve of a group of viewers, as far as a role may see it.

    For roles other than the researcher, some seconds are withheld. They are those in which combining the
    values of the audience, this group and earlier groups could single out fewer than `MIN_GROUP_SIZE` of the
    viewers seen.

    Args:
        analysis: the unrestricted analysis, as the researcher sees it.
        viewers: names of the group's viewers; names that are not in the analysis are ignored.
        role: the role of the person who views the curve.
        earlier_groups: visible groups that were created before this one; see `visible_groups`.

    Raises:
        MoviemotionError: the group or the rest of the audience is too small to be shown.
    """
    timeline = analysis.timeline
    rows = [k for k, viewer in enumerate(timeline.viewers) if viewer in set(viewers)]
    left = len(timeline.viewers) - len(rows)
    if not rows or (
        role is not Role.RESEARCHER and (len(rows) < MIN_GROUP_SIZE or 0 < left < MIN_GROUP_SIZE)
    ):
        enough = (
            "at least 1 viewer"
            if role is Role.RESEARCHER
            else f"all viewers, or choose at least {MIN_GROUP_SIZE} and leave out at least {MIN_GROUP_SIZE}"
        )
        raise MoviemotionError(
            f"{len(rows)} of {len(timeline.viewers)} viewers: too few to be shown separately; choose {enough}"
        )
    of_group = replace(
        timeline,
        viewers=tuple(timeline.viewers[k] for k in rows),
        probabilities=timeline.probabilities[rows],
        sample_counts=timeline.sample_counts[rows],
        weight=None if timeline.weight is None else timeline.weight[rows],
    )
    curve = compute_audience_curve(of_group, analysis.strength[rows])
    if role is Role.RESEARCHER:
        return curve
    within = [[viewer in group for group in (*earlier_groups, viewers)] for viewer in timeline.viewers]
    _, alike = np.unique(within, axis=0, return_inverse=True)
    parts = [(timeline.sample_counts[alike == part] > 0).sum(axis=0) for part in range(alike.max() + 1)]
    few = [(part > 0) & (part < MIN_GROUP_SIZE) for part in parts]
    return hide_seconds(curve, (curve.viewers < MIN_GROUP_SIZE) | np.any(few, axis=0))


def comparison_for_role(
    comparison: ScreeningComparison, screenings: tuple[Analysis, Analysis], role: Role
) -> ScreeningComparison:
    """Reduce a comparison to what a role may see.

    For roles other than the researcher, units with fewer than `MIN_GROUP_SIZE` viewers in either screening
    are reported as not tested. A paired comparison also withholds units with fewer than `MIN_GROUP_SIZE`
    unpaired viewers. Otherwise, comparing these results with those of the screening itself could reveal the
    emotions of those viewers.

    Args:
        comparison: the comparison; for roles other than the researcher, made from the output of
            `mask_small_groups`.
        screenings: the compared screenings.
        role: the role of the person who views the comparison.
    """
    if role is Role.RESEARCHER:
        return comparison
    c = comparison.group_comparison
    few = (c.viewers < MIN_GROUP_SIZE).any(axis=0)
    for k, screening in enumerate(screenings if c.paired else ()):
        stretches = [unit.spans[k] for unit in comparison.alignment.units]
        seen = [
            mean_strength_during(screening.strength, screening.timeline.start, s.start, s.end)
            for s in stretches
        ]
        unpaired = (~np.isnan(seen)).sum(axis=1) - c.viewers[k]
        few |= (unpaired > 0) & (unpaired < MIN_GROUP_SIZE)
    return replace(
        comparison,
        group_comparison=replace(
            c,
            viewers=np.where(few, 0, c.viewers),
            mean=np.where(few, _NAN, c.mean.round(ROUNDED_DECIMALS)),
            difference=np.where(few, _NAN, c.difference.round(ROUNDED_DECIMALS)),
            interval=np.where(few, _NAN, c.interval.round(ROUNDED_DECIMALS)),
            p_adjusted=np.where(few, _NAN, c.p_adjusted),
            viewers_needed=np.where(few, _NAN, c.viewers_needed),
        ),
        unpaired_viewers=(),
    )


def _visible_moments(
    analysis: Analysis, small_group_seconds: NDArray[np.bool_]
) -> tuple[MomentSearchResult, list[int]]:
    """Limit the search result to the visible moments; also return their indices among all moments."""
    visible = [
        k
        for k, moment in enumerate(analysis.moment_search.moments)
        # Fewer viewers may be seen at the peak than in the whole moment.
        if moment.viewers >= MIN_GROUP_SIZE
        and not small_group_seconds[int(moment.peak) - analysis.timeline.start]
    ]
    all_visible = len(visible) == len(analysis.moment_search.moments)
    moments = tuple(
        _evidence_for_all(
            analysis.moment_search.moments[k], analysis.timeline.start, small_group_seconds, all_visible
        )
        for k in visible
    )
    return replace(analysis.moment_search, moments=moments), visible


def _evidence_for_all(
    moment: Moment, first_second: int, small_group_seconds: NDArray[np.bool_], all_moments_visible: bool
) -> Moment:
    """Remove the evidence for a moment that could reveal a single viewer or a small group.

    - Together with the mean, `leave_one_out` would reveal the strengths of the most and least moved viewers.
    - `expected_share` is withheld if it includes seconds in which too few viewers were seen. Otherwise, it is
      rounded, because an exact mean over a minute would show the effect of a single viewer.
    - `replicability` describes halves of the audience. It is withheld if such a half is a small group.
    - `rank_interval` depends on all moments. It is withheld if any of them is withheld.
    """
    at = int(moment.start) - first_second - COMPARABLE_SECONDS
    around = slice(max(at, 0), int(moment.end) - first_second + COMPARABLE_SECONDS)
    few_around = bool(small_group_seconds[around].any())
    return replace(
        moment,
        leave_one_out=(_NAN, _NAN),
        expected_share=_NAN if few_around else round(moment.expected_share, ROUNDED_DECIMALS),
        replicability=moment.replicability if moment.viewers // 2 >= MIN_GROUP_SIZE else _NAN,
        rank_interval=moment.rank_interval if all_moments_visible else (0, 0),
    )


def _delay_without_viewers(delay: RelativeDelay) -> RelativeDelay:
    if np.isfinite(delay.viewer_delays).sum() >= MIN_GROUP_SIZE:
        return replace(delay, viewer_delays=delay.viewer_delays[:0])
    return RelativeDelay(delay.viewer_delays[:0], _NAN, (_NAN, _NAN))


def _quality_without_viewers(quality: DataQuality) -> DataQuality:
    # Cameras have the names of seats.
    problems = (WITHHELD_NOTE,) if quality.problems else ()
    public = replace(quality, seen_share_by_viewer=(), problems=problems, clocks=())
    if quality.viewers >= MIN_GROUP_SIZE:
        return public
    return replace(public, seen_share=_NAN, samples_per_second=_NAN, rejected_shares={})


def _small_group_seconds(analysis: Analysis) -> NDArray[np.bool_]:
    """Mask of shape (S,) that is true for seconds in which too few viewers were seen."""
    return np.asarray(analysis.audience_curve.viewers < MIN_GROUP_SIZE)


def _rounded_or_withheld(summary: EmotionSummary) -> EmotionSummary:
    if summary.viewers >= MIN_GROUP_SIZE:
        low, high = (round(end, ROUNDED_DECIMALS) for end in summary.strength_interval)
        share_low, share_high = (round(end, ROUNDED_DECIMALS) for end in summary.mean_reacting_share_interval)
        return replace(
            summary,
            strength=round(summary.strength, ROUNDED_DECIMALS),
            strength_interval=(low, high),
            mean_reacting_share=round(summary.mean_reacting_share, ROUNDED_DECIMALS),
            mean_reacting_share_interval=(share_low, share_high),
        )
    return EmotionSummary(summary.start, summary.end, None, _NAN, (_NAN, _NAN), _NAN, (_NAN, _NAN), 0, 0)
