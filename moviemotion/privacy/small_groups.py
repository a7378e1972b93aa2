"""Figures about fewer than five viewers are figures about people: only the researcher sees them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from moviemotion.analysis.analyze import Analysis, Quality
from moviemotion.analysis.comparison.screening_comparison import Comparison
from moviemotion.analysis.moments.detection import MomentSearch
from moviemotion.analysis.patterns.find_patterns import find_patterns
from moviemotion.analysis.script_emotions import Feeling, feel_lines, feel_scenes, mean_during
from moviemotion.analysis.signals.audience_curve import Room, read_room
from moviemotion.analysis.signals.reaction_delay import RelativeDelay
from moviemotion.analysis.signals.synchrony import film_synchrony
from moviemotion.errors import MoviemotionError
from moviemotion.privacy.audit_log import Role
from moviemotion.privacy.disclosure import FEWEST
from moviemotion.statistics import Float

DECIMALS = 2
"""Of the strengths of lines and scenes, outside the researcher's role."""
WITHHELD = "There are notes on single viewers and cameras; the researcher sees them."
_NAN = float("nan")


def seen_by(analysis: Analysis, role: Role) -> Analysis:
    """What of an analysis somebody may see, as an analysis that can be told like any other.

    Outside the researcher's role there are no single viewers, and no second, line, scene or moment with
    fewer than `FEWEST` viewers behind it: it is told as one in which nothing was measured. Figures of lines,
    scenes and the whole film are then made of the other seconds, and told to `DECIMALS`: a scene's less its
    lines' would tell exactly what somebody felt who was missing in one. What figures at two times may tell
    together, such as those before and after somebody withdrew or a group was made anew, this cannot know.
    """
    if role is Role.RESEARCHER:
        return analysis
    few, strength = _few(analysis), without_few(analysis).strength
    timeline, rest = analysis.timeline, analysis.rest
    room, search, moments = _room(analysis.room, few), *_moments(analysis, few)
    synchrony, patterns, script = analysis.synchrony, analysis.patterns, analysis.script
    lines, scenes = analysis.lines, analysis.scenes
    if script:
        lines = feel_lines(script, strength, timeline.start)
        scenes = feel_scenes(script, strength, timeline.start, search.moments)
    if few.any():
        synchrony = film_synchrony(strength)
        patterns = find_patterns(strength, room, search, script, search.seed)
    return replace(
        analysis,
        timeline=replace(timeline, viewers=(), scores=timeline.scores[:0], samples=timeline.samples[:0]),
        rest=replace(rest, emotions=rest.emotions[:0], seconds=rest.seconds[:0], marked=rest.marked[:0]),
        strength=analysis.strength[:0],
        room=room,
        synchrony=synchrony,
        delay=_delay(analysis.delay),
        search=search,
        quality=_quality(analysis.quality),
        lines=tuple(_feeling(feeling) for feeling in lines),
        scenes=tuple(replace(scene, feeling=_feeling(scene.feeling)) for scene in scenes),
        moment_elements=tuple(analysis.moment_elements[k] for k in moments),
        moment_mixed=tuple(
            tuple(mixed for mixed in analysis.moment_mixed[k] if mixed.viewers >= FEWEST) for k in moments
        ),
        patterns=patterns,
    )


def without_few(analysis: Analysis) -> Analysis:
    """An analysis in which the seconds with fewer than `FEWEST` viewers behind them were not measured."""
    return replace(analysis, strength=np.where(_few(analysis)[:, None], _NAN, analysis.strength))


def groups_seen_by(
    groups: Mapping[str, Sequence[str]], viewers: Sequence[str], role: Role
) -> dict[str, tuple[str, ...]]:
    """Which groups somebody may see: each with its viewers who are there.

    Outside the researcher's role no two, taken together or from one another, may single out fewer than
    `FEWEST` viewers: of two groups that differ by one viewer the second would tell what that one felt. The
    group that was made first is the one that is seen.

    Args:
        groups: names and viewers, in the order in which they were made.
        viewers: of the study.
    """
    here = {name: tuple(v for v in viewers if v in set(members)) for name, members in groups.items()}
    if role is Role.RESEARCHER:
        return here
    seen: dict[str, tuple[str, ...]] = {}
    for name, members in here.items():
        together = {**seen, name: members}
        # Viewers who are in the same groups cannot be told apart by them.
        alike = Counter(tuple(viewer in group for group in together.values()) for viewer in viewers)
        if len(members) >= FEWEST and min(alike.values()) >= FEWEST:
            seen = together
    return seen


def group_seen_by(
    analysis: Analysis, viewers: Sequence[str], role: Role, before: Sequence[Sequence[str]] = ()
) -> Room:
    """What a group of an analysis's viewers felt, second by second, as far as somebody may see it.

    Outside the researcher's role a second is withheld where the room's figures, this group's and those of the
    groups before it would together single out fewer than `FEWEST` of those who were seen in it.

    Args:
        analysis: as the researcher sees it.
        viewers: names; those that are not in the analysis any more are left out.
        before: the groups that were made before this one and are seen, see `groups_seen_by`.

    Raises:
        MoviemotionError: the group, or who is not in it, is too small to be shown.
    """
    timeline = analysis.timeline
    rows = [k for k, viewer in enumerate(timeline.viewers) if viewer in set(viewers)]
    left = len(timeline.viewers) - len(rows)
    if not rows or (role is not Role.RESEARCHER and (len(rows) < FEWEST or 0 < left < FEWEST)):
        raise MoviemotionError(
            f"{len(rows)} of {len(timeline.viewers)} viewers: too few to be shown apart; choose at least "
            f"{1 if role is Role.RESEARCHER else f'{FEWEST} and leave none or at least {FEWEST}'}"
        )
    of_group = replace(
        timeline,
        viewers=tuple(timeline.viewers[k] for k in rows),
        scores=timeline.scores[rows],
        samples=timeline.samples[rows],
        weight=None if timeline.weight is None else timeline.weight[rows],
    )
    room = read_room(of_group, analysis.strength[rows])
    if role is Role.RESEARCHER:
        return room
    within = [[viewer in group for group in (*before, viewers)] for viewer in timeline.viewers]
    _, alike = np.unique(within, axis=0, return_inverse=True)
    parts = [(timeline.samples[alike == part] > 0).sum(axis=0) for part in range(alike.max() + 1)]
    few = [(part > 0) & (part < FEWEST) for part in parts]
    return _room(room, (room.viewers < FEWEST) | np.any(few, axis=0))


def comparison_seen_by(
    comparison: Comparison, screenings: tuple[Analysis, Analysis], role: Role
) -> Comparison:
    """What of a comparison somebody may see.

    Outside the researcher's role nothing that fewer than `FEWEST` viewers of a screening are behind; and of
    pairs nothing that leaves out so few, whom the screening's own figures would then tell. It is told as not
    tested.

    Args:
        comparison: for the researcher of the screenings, for others of them `without_few`.
        screenings: that are compared.
    """
    if role is Role.RESEARCHER:
        return comparison
    c = comparison.contrast
    few = (c.viewers < FEWEST).any(axis=0)
    for k, screening in enumerate(screenings if c.paired else ()):
        stretches = [unit.stretches[k] for unit in comparison.side_by_side.units]
        seen = [mean_during(screening.strength, screening.timeline.start, s.start, s.end) for s in stretches]
        left_out = (~np.isnan(seen)).sum(axis=1) - c.viewers[k]
        few |= (left_out > 0) & (left_out < FEWEST)
    return replace(
        comparison,
        contrast=replace(
            c,
            viewers=np.where(few, 0, c.viewers),
            mean=np.where(few, _NAN, c.mean.round(DECIMALS)),
            difference=np.where(few, _NAN, c.difference.round(DECIMALS)),
            interval=np.where(few, _NAN, c.interval.round(DECIMALS)),
            p_adjusted=np.where(few, _NAN, c.p_adjusted),
            needed=np.where(few, _NAN, c.needed),
        ),
        left_out=(),
    )


def _moments(analysis: Analysis, few: NDArray[np.bool_]) -> tuple[MomentSearch, list[int]]:
    """The search with the moments that may be seen, and which of all they are."""
    kept = [
        k
        for k, moment in enumerate(analysis.search.moments)
        # Its strength is of its peak, in which fewer may have been seen than in all of it.
        if moment.viewers >= FEWEST and not few[int(moment.peak) - analysis.timeline.start]
    ]
    return replace(analysis.search, moments=tuple(analysis.search.moments[k] for k in kept)), kept


def _delay(delay: RelativeDelay) -> RelativeDelay:
    if np.isfinite(delay.behind).sum() >= FEWEST:
        return replace(delay, behind=delay.behind[:0])
    return RelativeDelay(delay.behind[:0], _NAN, (_NAN, _NAN))


def _quality(quality: Quality) -> Quality:
    told = replace(quality, seen_by_viewer=(), problems=(WITHHELD,) if quality.problems else ())
    if quality.viewers >= FEWEST:
        return told
    return replace(told, seen=_NAN, samples_per_second=_NAN, refused={})


def _room(room: Room, few: NDArray[np.bool_]) -> Room:
    def hidden(figure: Float) -> Float:
        return np.where(few.reshape(-1, *(1,) * (figure.ndim - 1)), _NAN, figure)

    def hidden_interval(interval: Float) -> Float:
        return np.stack([hidden(end) for end in interval])

    return replace(
        room,
        viewers=np.where(few, 0, room.viewers),
        strength=hidden(room.strength),
        strength_interval=hidden_interval(room.strength_interval),
        overall=hidden(room.overall),
        overall_interval=hidden_interval(room.overall_interval),
        share=hidden(room.share),
        share_interval=hidden_interval(room.share_interval),
        synchrony=hidden(room.synchrony),
    )


def _few(analysis: Analysis) -> NDArray[np.bool_]:
    """(S,) which seconds too few viewers were seen in."""
    return np.asarray(analysis.room.viewers < FEWEST)


def _feeling(feeling: Feeling) -> Feeling:
    if feeling.viewers >= FEWEST:
        low, high = feeling.strength_interval
        interval = round(low, DECIMALS), round(high, DECIMALS)
        return replace(feeling, strength=round(feeling.strength, DECIMALS), strength_interval=interval)
    return Feeling(feeling.start, feeling.end, None, _NAN, (_NAN, _NAN), _NAN, (_NAN, _NAN), 0)
