"""Two screenings compared: two cuts, two endings or two audiences, line by line and feeling by feeling."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from moviemotion.analysis.analyze import Analysis
from moviemotion.analysis.comparison.cut_alignment import SideBySide, Unit, UnitKind, by_script, by_seconds
from moviemotion.analysis.comparison.group_differences import (
    ALPHA,
    FEWEST_PAIRS,
    FEWEST_VIEWERS,
    Contrast,
    Verdict,
    contrast,
)
from moviemotion.analysis.script_emotions import mean_during
from moviemotion.analysis.signals.baseline import Stretch
from moviemotion.emotions import FEELINGS, Emotion
from moviemotion.errors import MoviemotionError
from moviemotion.statistics import Float

SAME_LENGTH = 0.02
"""Most by which two screenings of one cut may differ in length, as a share of the longer."""


@dataclass(frozen=True)
class Difference:
    """One unit and feeling, of the second screening less the first.

    Attributes:
        viewers, mean: of each screening.
        difference, interval, p_adjusted, needed: as in `Contrast`.
    """

    unit: Unit
    emotion: Emotion
    viewers: tuple[int, int]
    mean: tuple[float, float]
    difference: float
    interval: tuple[float, float]
    p_adjusted: float
    needed: float
    verdict: Verdict


@dataclass(frozen=True)
class Comparison:
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
    side_by_side: SideBySide
    contrast: Contrast
    viewers: tuple[int, int]
    left_out: tuple[str, ...]
    seed: int

    @cached_property
    def differences(self) -> tuple[Difference, ...]:
        """Every unit and feeling, in the order of the film and of `FEELINGS`."""
        found, c = [], self.contrast
        for u, unit in enumerate(self.side_by_side.units):
            for f, emotion in enumerate(FEELINGS):
                found.append(
                    Difference(
                        unit=unit,
                        emotion=emotion,
                        viewers=(int(c.viewers[0, u, f]), int(c.viewers[1, u, f])),
                        mean=(float(c.mean[0, u, f]), float(c.mean[1, u, f])),
                        difference=float(c.difference[u, f]),
                        interval=(float(c.interval[0, u, f]), float(c.interval[1, u, f])),
                        p_adjusted=float(c.p_adjusted[u, f]),
                        needed=float(c.needed[u, f]),
                        verdict=c.verdict((u, f)),
                    )
                )
        return tuple(found)

    def needed(self, share: float) -> int | None:
        """Viewers in each group that would settle this share of what is open; None where nothing is."""
        needed = [d.needed for d in self.differences if d.verdict is Verdict.OPEN]
        return int(np.quantile(needed, share, method="higher")) if needed else None


def compare(first: Analysis, second: Analysis, names: tuple[str, str], paired: bool, seed: int) -> Comparison:
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
    fewest = FEWEST_PAIRS if paired else FEWEST_VIEWERS
    for name, chosen in zip(names, viewers, strict=True):
        if len(chosen) < fewest:
            raise MoviemotionError(
                f"{name}: {len(chosen)} {'viewers are in both' if paired else 'viewers'}; a comparison needs "
                f"at least {fewest}, as with fewer no difference can have a p below {ALPHA:g}"
            )
    side_by_side = _side_by_side(first, second, names)
    groups = [
        _by_unit(analysis, chosen, [unit.stretches[k] for unit in side_by_side.units])
        for k, (analysis, chosen) in enumerate(zip((first, second), viewers, strict=True))
    ]
    return Comparison(
        names=names,
        side_by_side=side_by_side,
        contrast=contrast(groups[0], groups[1], paired, seed),
        viewers=(len(viewers[0]), len(viewers[1])),
        left_out=tuple(left_out),
        seed=seed,
    )


def _by_unit(analysis: Analysis, viewers: list[str], stretches: list[Stretch]) -> Float:
    """(V, U, 7) each viewer's mean strength in each stretch; NaN where not seen."""
    rows = [analysis.timeline.viewers.index(name) for name in viewers]
    strength, start = analysis.strength[rows], analysis.timeline.start
    return np.stack([mean_during(strength, start, s.start, s.end) for s in stretches], axis=1)


def _side_by_side(first: Analysis, second: Analysis, names: tuple[str, str]) -> SideBySide:
    wholes = tuple(
        Stretch(a.timeline.start, a.timeline.start + a.timeline.samples.shape[1]) for a in (first, second)
    )
    if first.script and second.script:
        found = by_script(
            (first.script, second.script), (first.scenes, second.scenes), (wholes[0], wholes[1])
        )
        if not any(unit.kind in (UnitKind.SCENE, UnitKind.LINE) for unit in found.units):
            raise MoviemotionError(
                f"{names[0]}, {names[1]}: their scripts have no scene and no line in common; "
                "give --script, the script that both were made from"
            )
        return found
    lengths = [whole.end - whole.start for whole in wholes]
    if abs(lengths[0] - lengths[1]) > SAME_LENGTH * max(lengths):
        raise MoviemotionError(
            f"{names[0]}, {names[1]}: {lengths[0]:.0f} s and {lengths[1]:.0f} s long, so their seconds do "
            "not match; give --script (and each one's subtitles), and they are compared line by line"
        )
    return by_seconds(first.timeline.start, int(min(lengths)))
