"""Comparison of two screenings: two cuts, two endings or two audiences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from moviemotion.analysis.comparison.screening_comparison import ScreeningComparison, compare_screenings
from moviemotion.api.arguments import checked_flag, checked_names, checked_path, checked_seed
from moviemotion.api.audience_analysis import AudienceAnalysis
from moviemotion.api.frames import frame_of
from moviemotion.errors import MoviemotionError, SettingError
from moviemotion.reports.html.comparison_report import comparison_lines
from moviemotion.workflows.compare import write_comparison
from moviemotion.workflows.screen import DEFAULT_SEED

if TYPE_CHECKING:
    import pandas as pd


class Comparison:
    """A comparison of two screenings by unit (line, scene or stretch of film) and emotion.

    Attributes:
        result: the underlying records, for use in programs.
    """

    def __init__(self, result: ScreeningComparison) -> None:
        self.result = result

    @property
    def differences(self) -> pd.DataFrame:
        """One row per unit and emotion: the second screening minus the first.

        Columns: `kind, text, start_1, end_1, start_2, end_2` (film time in each screening, s), `emotion`,
        `mean_1, mean_2, difference, low, high` (95 % interval), `p_adjusted`, `viewers_1, viewers_2` and
        `verdict`.
        """
        rows = self.result.differences
        columns: dict[str, list[object]] = {"kind": [], "text": []}
        columns["kind"] = [row.unit.kind.value for row in rows]
        columns["text"] = [row.unit.label for row in rows]
        for k in (0, 1):
            columns[f"start_{k + 1}"] = [row.unit.spans[k].start for row in rows]
            columns[f"end_{k + 1}"] = [row.unit.spans[k].end for row in rows]
        columns["emotion"] = [str(row.emotion) for row in rows]
        for k in (0, 1):
            columns[f"mean_{k + 1}"] = [row.mean[k] for row in rows]
        columns["difference"] = [row.difference for row in rows]
        columns["low"] = [row.interval[0] for row in rows]
        columns["high"] = [row.interval[1] for row in rows]
        columns["p_adjusted"] = [row.p_adjusted for row in rows]
        for k in (0, 1):
            columns[f"viewers_{k + 1}"] = [row.viewers[k] for row in rows]
        columns["verdict"] = [row.verdict.value for row in rows]
        return frame_of(columns)

    def save(self, folder: str | Path) -> Path:
        """Write `comparison.html` (opens offline), `comparison.csv` and `comparison.json`.

        Returns:
            The HTML page.

        Raises:
            MoviemotionError: the folder cannot be written.
        """
        path = checked_path("folder", folder)
        try:
            write_comparison(self.result, path)
        except OSError as error:
            raise MoviemotionError(
                f"{path}: cannot be written ({error.strerror}); choose another folder"
            ) from error
        return path / "comparison.html"

    def summary(self) -> str:
        """Summarize the comparison in plain text."""
        return "\n".join(comparison_lines(self.result))

    def __repr__(self) -> str:
        """The names of the two screenings, and the summary."""
        return f"<Comparison: {self.result.names[0]} and {self.result.names[1]}>\n{self.summary()}"


def compare(
    first: AudienceAnalysis | Sequence[AudienceAnalysis],
    second: AudienceAnalysis | Sequence[AudienceAnalysis],
    *,
    names: tuple[str, str] = ("first", "second"),
    paired: bool = False,
    seed: int = DEFAULT_SEED,
) -> Comparison:
    """Compare two screenings, or several screenings of each of two cuts.

    If both screenings have a screenplay, scenes and lines are compared; otherwise, stretches of film time are
    compared.

    If either argument is a list of screenings, rooms are treated as random: a difference counts only if it
    recurs from room to room. This requires at least four screenings of each cut.

    Args:
        first: a study, a segment, the result of `analyze`, or a list of these: the screenings of one cut.
        second: the other study or result, or the screenings of the other cut.
        names: display names of the two screenings or cuts.
        paired: whether the same viewers, matched by name, saw both. Otherwise viewers are different people,
            even if their seats have the same name.
        seed: random seed for the permutation test.

    Raises:
        MoviemotionError: there are too few viewers, or the films have nothing in common.
    """
    sides = [_screenings("first", first), _screenings("second", second)]
    names, paired, seed = checked_names(names), checked_flag("paired", paired), checked_seed(seed)
    given = [*sides[0], *sides[1]]
    if len({id(study) for study in given}) < len(given):
        raise MoviemotionError("first, second: both are the same study; pass different studies")
    same_screening = _are_of_one_screening(sides)
    try:
        comparison = compare_screenings(
            [study.analysis for study in sides[0]],
            [study.analysis for study in sides[1]],
            names,
            paired,
            seed,
        )
    except SettingError as error:
        if error.code not in {"different-lengths", "nothing-in-common"}:
            raise
        raise MoviemotionError(
            f"{names[0]} and {names[1]} cannot be aligned; "
            "analyze both with script= and subtitles= of one screenplay"
        ) from error
    return Comparison(replace(comparison, same_screening=same_screening))


def _are_of_one_screening(sides: Sequence[Sequence[AudienceAnalysis]]) -> bool:
    """Whether two segments of one audience are compared.

    Raises:
        MoviemotionError: they have viewers in common, who would count twice.
    """
    one, other = sides[0][0], sides[1][0]
    if len(sides[0]) + len(sides[1]) > 2 or (one.part_of or one) is not (other.part_of or other):
        return False
    if shared := set(one.viewers) & set(other.viewers):
        raise MoviemotionError(
            f"first, second: {len(shared)} viewers belong to both; pass segments that have none in common"
        )
    return True


def _screenings(name: str, given: object) -> list[AudienceAnalysis]:
    studies: list[AudienceAnalysis] = []
    for study in given if isinstance(given, list | tuple) else [given]:
        if not isinstance(study, AudienceAnalysis):
            raise MoviemotionError(
                f"{name}: expected a study, got {type(study).__name__}; "
                "pass the result of `read_study` or `analyze`"
            )
        studies.append(study)
    if not studies:
        raise MoviemotionError(f"{name}: an empty list; pass at least one study")
    return studies
