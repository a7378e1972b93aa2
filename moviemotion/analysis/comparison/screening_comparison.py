"""Two screenings compared: two cuts, two endings or two audiences, line by line and feeling by feeling."""

from __future__ import annotations

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
from moviemotion.errors import MoviemotionError
from moviemotion.statistics import Float64Array

MAX_LENGTH_DIFFERENCE = 0.02
"""Most by which two screenings of one cut may differ in length, as a share of the longer."""


@dataclass(frozen=True)
class UnitDifference:
    """One unit and feeling, of the second screening less the first.

    Attributes:
        viewers, mean: of each screening.
        difference, interval, p_adjusted, needed: as in `Contrast`.
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
    """Two screenings, compared.

    Attributes:
        names: of the two.
        side_by_side: the units and how they were found.
        contrast: of (U, 7) units and feelings.
        viewers: how many each has; the same ones where they are paired.
        left_out: viewers who are in one screening only, of a paired comparison.
        seed: of the deals.
    """

    names: tuple[str, str]
    alignment: CutAlignment
    group_comparison: GroupComparison
    viewers: tuple[int, int]
    unpaired_viewers: tuple[str, ...]
    seed: int

    @cached_property
    def differences(self) -> tuple[UnitDifference, ...]:
        """Every unit and feeling, in the order of the film and of `FEELINGS`."""
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
        """Viewers in each group that would settle this share of what is open; None where nothing is."""
        needed = [d.viewers_needed for d in self.differences if d.verdict is DifferenceVerdict.OPEN]
        return int(np.quantile(needed, fraction, method="higher")) if needed else None


def compare_screenings(
    first: Analysis, second: Analysis, names: tuple[str, str], paired: bool, seed: int
) -> ScreeningComparison:
    """Compare two screenings.

    With a script in both, scenes and lines are set against each other by it; else film seconds are.

    Args:
        names: what to call them.
        paired: the same viewers, by name, saw both.
        seed: of the deals.

    Raises:
        MoviemotionError: there are too few viewers, or nothing to set side by side.
    """
    viewers = [list(analysis.timeline.viewers) for analysis in (first, second)]
    left_out: list[str] = []
    if paired:
        both = [name for name in viewers[0] if name in viewers[1]]
        left_out = sorted({*viewers[0], *viewers[1]} - {*both})
        viewers = [both, both]
    fewest = MIN_PAIRS if paired else MIN_VIEWERS
    for name, chosen in zip(names, viewers, strict=True):
        if len(chosen) < fewest:
            raise MoviemotionError(
                f"{name}: {len(chosen)} {'viewers are in both' if paired else 'viewers'}; a comparison needs "
                f"at least {fewest}, as with fewer no difference can have a p below {ALPHA:g}"
            )
    side_by_side = _align_cuts(first, second, names)
    groups = [
        _strength_by_unit(analysis, chosen, [unit.spans[k] for unit in side_by_side.units])
        for k, (analysis, chosen) in enumerate(zip((first, second), viewers, strict=True))
    ]
    return ScreeningComparison(
        names=names,
        alignment=side_by_side,
        group_comparison=compare_groups(groups[0], groups[1], paired, seed),
        viewers=(len(viewers[0]), len(viewers[1])),
        unpaired_viewers=tuple(left_out),
        seed=seed,
    )


def _strength_by_unit(analysis: Analysis, viewers: list[str], stretches: list[TimeSpan]) -> Float64Array:
    """(V, U, 7) each viewer's mean strength in each stretch; NaN where not seen."""
    rows = [analysis.timeline.viewers.index(name) for name in viewers]
    strength, start = analysis.strength[rows], analysis.timeline.start
    return np.stack([mean_strength_during(strength, start, s.start, s.end) for s in stretches], axis=1)


def _align_cuts(first: Analysis, second: Analysis, names: tuple[str, str]) -> CutAlignment:
    wholes = tuple(
        TimeSpan(a.timeline.start, a.timeline.start + a.timeline.sample_counts.shape[1])
        for a in (first, second)
    )
    if first.script and second.script:
        found = align_by_script(
            (first.script, second.script),
            (first.scene_emotions, second.scene_emotions),
            (wholes[0], wholes[1]),
        )
        if not any(unit.kind in (CutUnitKind.SCENE, CutUnitKind.LINE) for unit in found.units):
            raise MoviemotionError(
                f"{names[0]}, {names[1]}: their scripts have no scene and no line in common; "
                "give --script, the script that both were made from"
            )
        return found
    lengths = [whole.end - whole.start for whole in wholes]
    if abs(lengths[0] - lengths[1]) > MAX_LENGTH_DIFFERENCE * max(lengths):
        raise MoviemotionError(
            f"{names[0]}, {names[1]}: {lengths[0]:.0f} s and {lengths[1]:.0f} s long, so their seconds do "
            "not match; give --script (and each one's subtitles), and they are compared line by line"
        )
    return align_by_seconds(first.timeline.start, int(min(lengths)))
