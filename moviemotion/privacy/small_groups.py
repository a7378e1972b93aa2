"""Figures about fewer than five viewers are figures about people: only the researcher sees them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from moviemotion.errors import MoviemotionError
from moviemotion.privacy.audit_log import Role
from moviemotion.privacy.disclosure import FEWEST
from moviemotion.resonance.analysis import Analysis, Quality
from moviemotion.resonance.compare import Comparison
from moviemotion.resonance.delay import RelativeDelay
from moviemotion.resonance.lines import Feeling
from moviemotion.resonance.moments import MomentSearch
from moviemotion.resonance.patterns import find_patterns
from moviemotion.resonance.room import Room, read_room
from moviemotion.resonance.synchrony import film_synchrony
from moviemotion.statistics import Float

WITHHELD = "There are notes on single viewers and cameras; the researcher sees them."
_NAN = float("nan")


def seen_by(analysis: Analysis, role: Role) -> Analysis:
    """What of an analysis somebody may see, as an analysis that can be told like any other.

    Outside the researcher's role there are no single viewers, and no second, line, scene or moment with
    fewer than `FEWEST` viewers behind it: it is told as one in which nothing was measured. Figures of the
    whole film are then made of the other seconds. What two figures may tell together, such as those before
    and after somebody withdrew, this cannot know.
    """
    if role is Role.RESEARCHER:
        return analysis
    few = analysis.room.viewers < FEWEST
    timeline, rest = analysis.timeline, analysis.rest
    room, search, moments = _room(analysis.room, few), *_moments(analysis, few)
    number = {old: new for new, old in enumerate(moments)}
    synchrony, patterns = analysis.synchrony, analysis.patterns
    if few.any():
        strength = np.where(few[:, None], _NAN, analysis.strength)
        synchrony = film_synchrony(strength)
        patterns = find_patterns(strength, room, search, analysis.script, search.seed)
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
        lines=tuple(_feeling(feeling) for feeling in analysis.lines),
        scenes=tuple(
            replace(
                scene,
                feeling=_feeling(scene.feeling),
                moments=tuple(number[k] for k in scene.moments if k in number),
            )
            for scene in analysis.scenes
        ),
        moment_elements=tuple(analysis.moment_elements[k] for k in moments),
        moment_mixed=tuple(
            tuple(mixed for mixed in analysis.moment_mixed[k] if mixed.viewers >= FEWEST) for k in moments
        ),
        patterns=patterns,
    )


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


def group_seen_by(analysis: Analysis, viewers: Sequence[str], role: Role) -> Room:
    """What a group of an analysis's viewers felt, second by second, as far as somebody may see it.

    Outside the researcher's role a second is withheld where fewer than `FEWEST` of the group were seen, or of
    all the others: the room's own figures would then tell theirs.

    Args:
        analysis: as the researcher sees it.
        viewers: names; those that are not in the analysis any more are left out.

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
    others = analysis.room.viewers - room.viewers
    return _room(room, (room.viewers < FEWEST) | ((others > 0) & (others < FEWEST)))


def comparison_seen_by(comparison: Comparison, role: Role) -> Comparison:
    """What of a comparison somebody may see: nothing that fewer than `FEWEST` viewers of a screening are
    behind, outside the researcher's role. It is told as not tested."""
    if role is Role.RESEARCHER:
        return comparison
    c = comparison.contrast
    few = (c.viewers < FEWEST).any(axis=0)
    return replace(
        comparison,
        contrast=replace(
            c,
            viewers=np.where(few, 0, c.viewers),
            mean=np.where(few, _NAN, c.mean),
            difference=np.where(few, _NAN, c.difference),
            interval=np.where(few, _NAN, c.interval),
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


def _feeling(feeling: Feeling) -> Feeling:
    if feeling.viewers >= FEWEST:
        return feeling
    return Feeling(feeling.start, feeling.end, None, _NAN, (_NAN, _NAN), _NAN, (_NAN, _NAN), 0)
