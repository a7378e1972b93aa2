"""Comparison of two screenings: two cuts, two endings or two audiences, by line and emotion.

Each cut may have been shown in several screenings. Rooms are then treated as random, because a difference
that does not recur from room to room is a difference between rooms, not between cuts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from moviemotion.analysis.analyze import Analysis
from moviemotion.analysis.comparison.cut_alignment import (
    CutAlignment,
    CutUnit,
    CutUnitKind,
    align_by_script,
    align_by_seconds,
)
from moviemotion.analysis.comparison.group_differences import (
    ALPHA,
    MIN_PAIRS,
    MIN_VIEWERS,
    DifferenceVerdict,
    GroupComparison,
    compare_groups,
)
from moviemotion.analysis.script_emotions import mean_strength_during
from moviemotion.analysis.signals.baseline import TimeSpan
from moviemotion.emotions import NON_NEUTRAL_EMOTIONS, Emotion
from moviemotion.errors import MoviemotionError, SettingError
from moviemotion.statistics import Float64Array

Screenings = Analysis | Sequence[Analysis]
"""One screening of a cut, or several."""
MAX_LENGTH_DIFFERENCE = 0.02
"""Largest difference in length between two screenings of the same cut, as a fraction of the longer one."""


@dataclass(frozen=True)
class UnitDifference:
    """Difference between two screenings in one unit and emotion.

    Attributes:
        unit: the scene, line, passage or window.
        emotion: the emotion.
        viewers: number of viewers seen in each screening.
        mean: mean strength in each screening.
        difference: mean strength in the second screening minus that in the first.
        interval, p_adjusted, viewers_needed: as in `GroupComparison`.
        verdict: the verdict on the difference.
    """

    unit: CutUnit
    emotion: Emotion
    viewers: tuple[int, int]
    mean: tuple[float, float]
    difference: float
    interval: tuple[float, float]
    p_adjusted: float
    viewers_needed: float
    verdict: DifferenceVerdict


@dataclass(frozen=True)
class ScreeningComparison:
    """Comparison of two screenings.

    Attributes:
        names: names of the screenings.
        alignment: the units, and how they were matched.
        group_comparison: comparison of (U, 7) outcomes, one for each unit and emotion.
        viewers: number of viewers in each screening.
        unpaired_viewers: in a paired comparison, viewers who are in only one of the screenings.
        seed: random seed for the permutations.
        same_screening: whether two segments of one screening are compared.
        caution: how the screenings were measured differently, so that strength differs for that reason alone;
            empty if they were measured alike.
    """

    names: tuple[str, str]
    alignment: CutAlignment
    group_comparison: GroupComparison
    viewers: tuple[int, int]
    unpaired_viewers: tuple[str, ...]
    seed: int
    same_screening: bool = False
    caution: str = ""

    @cached_property
    def differences(self) -> tuple[UnitDifference, ...]:
        """One difference for each unit and emotion, ordered by unit, then as in `NON_NEUTRAL_EMOTIONS`."""
        found, c = [], self.group_comparison
        for u, unit in enumerate(self.alignment.units):
            for f, emotion in enumerate(NON_NEUTRAL_EMOTIONS):
                found.append(
                    UnitDifference(
                        unit=unit,
                        emotion=emotion,
                        viewers=(int(c.viewers[0, u, f]), int(c.viewers[1, u, f])),
                        mean=(float(c.mean[0, u, f]), float(c.mean[1, u, f])),
                        difference=float(c.difference[u, f]),
                        interval=(float(c.interval[0, u, f]), float(c.interval[1, u, f])),
                        p_adjusted=float(c.p_adjusted[u, f]),
                        viewers_needed=float(c.viewers_needed[u, f]),
                        verdict=c.verdict((u, f)),
                    )
                )
        return tuple(found)

    def viewers_needed(self, fraction: float) -> int | None:
        """Number of viewers in each group needed to decide a given fraction of the inconclusive differences.

        Args:
            fraction: fraction of the inconclusive differences, 0–1.

        Returns:
            The number of viewers, or of screenings of each cut if rooms are the units; None if no difference
            is inconclusive, or if there were too few rooms to tell.
        """
        needed = [
            d.viewers_needed
            for d in self.differences
            if d.verdict is DifferenceVerdict.INCONCLUSIVE and not np.isnan(d.viewers_needed)
        ]
        return int(np.quantile(needed, fraction, method="higher")) if needed else None


def compare_screenings(
    first: Screenings, second: Screenings, names: tuple[str, str], paired: bool, seed: int
) -> ScreeningComparison:
    """Compare two screenings, or several screenings of each of two cuts.

    If both have a script, scenes and lines are compared; otherwise, film seconds are compared. The film times
    of a cut are those of its first screening. Viewers of different screenings count as different people
    unless `paired` is true.

    Args:
        first, second: analyses of the screenings of each cut.
        names: names of the two cuts or screenings, used in messages.
        paired: whether the same viewers, matched by name, watched both screenings.
        seed: random seed for the permutations.

    Raises:
        MoviemotionError: there are too few viewers, or viewers cannot be paired.
        SettingError: the two screenings cannot be aligned with these scripts.
    """
    sides = [[side] if isinstance(side, Analysis) else list(side) for side in (first, second)]
    viewers = [[list(analysis.timeline.viewers) for analysis in side] for side in sides]
    unpaired: list[str] = []
    if paired:
        if any(len(side) > 1 for side in sides):
            raise MoviemotionError(
                f"{names[0]}, {names[1]}: viewers can be paired only between two screenings; "
                "give one screening of each cut, or compare without pairing"
            )
        both = [name for name in viewers[0][0] if name in viewers[1][0]]
        unpaired = sorted({*viewers[0][0], *viewers[1][0]} - {*both})
        viewers = [[both], [both]]
    counts = [sum(len(room) for room in side) for side in viewers]
    minimum = MIN_PAIRS if paired else MIN_VIEWERS
    for name, count in zip(names, counts, strict=True):
        if count < minimum:
            raise MoviemotionError(
                f"{name}: {count} {'viewers are in both screenings' if paired else 'viewers'}, "
                f"too few for any p-value below {ALPHA:g}; compare at least {minimum} viewers"
            )
    for name, side in zip(names, sides, strict=True):
        _check_same_cut(name, side)
    alignment = _align_cuts(sides[0][0], sides[1][0], names)
    groups = [
        np.concatenate(
            [
                _strength_by_unit(analysis, chosen, [unit.spans[k] for unit in alignment.units])
                for analysis, chosen in zip(side, rooms, strict=True)
            ]
        )
        for k, (side, rooms) in enumerate(zip(sides, viewers, strict=True))
    ]
    of_room = [np.repeat(np.arange(len(side)), [len(room) for room in side]) for side in viewers]
    return ScreeningComparison(
        names=names,
        alignment=alignment,
        group_comparison=compare_groups(groups[0], groups[1], paired, seed, (of_room[0], of_room[1])),
        viewers=(counts[0], counts[1]),
        unpaired_viewers=tuple(unpaired),
        seed=seed,
        caution=_measurement_caution([*sides[0], *sides[1]]),
    )


def _measurement_caution(screenings: Sequence[Analysis]) -> str:
    """Say how screenings were measured differently; empty if they were measured alike."""
    have_peaks = {analysis.timeline.peak is not None for analysis in screenings}
    if len(have_peaks) > 1:
        return (
            "Some of these screenings have the peaks of seconds and others only means, so short reactions "
            "are stronger in the former for that reason alone; compare screenings that all have peaks, or "
            "none."
        )
    rates = [analysis.data_quality.samples_per_second for analysis in screenings]
    if have_peaks == {True} and max(rates) > MAX_RATE_RATIO * min(rates):
        return (
            f"The screenings have different numbers of samples per second ({min(rates):.1f} to "
            f"{max(rates):.1f}), which alone can change strength by up to {RATE_EFFECT:g}; screen all "
            "recordings at one rate."
        )
    return ""


def _strength_by_unit(analysis: Analysis, viewers: list[str], spans: list[TimeSpan]) -> Float64Array:
    """(V, U, 7) each viewer's mean strength in each span; NaN where not seen."""
    rows = [analysis.timeline.viewers.index(name) for name in viewers]
    strength, start = analysis.strength[rows], analysis.timeline.start
    return np.stack([mean_strength_during(strength, start, s.start, s.end) for s in spans], axis=1)


def _check_same_cut(name: str, screenings: Sequence[Analysis]) -> None:
    lengths = [analysis.timeline.sample_counts.shape[1] for analysis in screenings]
    if max(lengths) - min(lengths) > MAX_LENGTH_DIFFERENCE * max(lengths):
        raise MoviemotionError(
            f"{name}: its screenings differ in length ({min(lengths)} s and {max(lengths)} s); "
            "give only screenings of the same cut"
        )


def _align_cuts(first: Analysis, second: Analysis, names: tuple[str, str]) -> CutAlignment:
    film_spans = tuple(
        TimeSpan(a.timeline.start, a.timeline.start + a.timeline.sample_counts.shape[1])
        for a in (first, second)
    )
    if first.script and second.script:
        alignment = align_by_script(
            (first.script, second.script),
            (first.scene_emotions, second.scene_emotions),
            (film_spans[0], film_spans[1]),
        )
        if not any(unit.kind in (CutUnitKind.SCENE, CutUnitKind.LINE) for unit in alignment.units):
            raise SettingError(
                "nothing-in-common",
                "{first}, {second}: their scripts have no scenes or lines in common; "
                "set {script} to the script on which both cuts are based",
                first=names[0],
                second=names[1],
            )
        return alignment
    lengths = [span.end - span.start for span in film_spans]
    if abs(lengths[0] - lengths[1]) > MAX_LENGTH_DIFFERENCE * max(lengths):
        raise SettingError(
            "different-lengths",
            "{first}, {second}: the lengths differ ({first_length:.0f} s and {second_length:.0f} s), so the "
            "seconds do not correspond; add {script} (and {subtitles} for each study) to compare "
            "line by line",
            first=names[0],
            second=names[1],
            first_length=lengths[0],
            second_length=lengths[1],
        )
    return align_by_seconds(first.timeline.start, int(min(lengths)))


MAX_RATE_RATIO = 1.25
"""Ratio of samples per second above which two screenings were not measured alike."""
RATE_EFFECT = 0.08
"""Largest difference in mean strength between one and five samples per second (`benchmarks/people.py`)."""
