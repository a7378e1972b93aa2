"""Compare two finished studies; called by `moviemotion compare`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from moviemotion._io.atomic_files import write_text_files
from moviemotion.analysis.analyze import Analysis
from moviemotion.analysis.comparison.screening_comparison import ScreeningComparison, compare_screenings
from moviemotion.analysis.script_emotions import emotions_by_element, emotions_by_scene
from moviemotion.errors import MoviemotionError, SettingError
from moviemotion.privacy.erased_viewers import refuse_restored
from moviemotion.reports.html.comparison_report import comparison_csv, comparison_json, render_comparison
from moviemotion.screenplay.inputs import read_script_inputs
from moviemotion.study.provenance import load_analysis
from moviemotion.workflows.screen import DEFAULT_SEED


def compare_studies(
    first: Path,
    second: Path,
    out: Path,
    script: Path | None = None,
    subtitles: tuple[Path | None, Path | None] = (None, None),
    paired: bool = False,
    seed: int = DEFAULT_SEED,
    more: tuple[Sequence[Path], Sequence[Path]] = ((), ()),
) -> ScreeningComparison:
    """Compare two studies and write `comparison.html`, `comparison.csv` and `comparison.json`.

    Args:
        first, second: the folders of the finished studies.
        out: the output folder.
        script: the screenplay of both films; defaults to each study's own. Without a screenplay, stretches of
            film time are compared.
        subtitles: the subtitles of each film, used to time `script`.
        paired: whether the same viewers, matched by name, saw both films.
        seed: random seed for the permutation test.
        more: the folders of additional screenings of the first and of the second cut.

    Raises:
        MoviemotionError: a study, the script or the subtitles cannot be used, there are too few viewers, or
            `out` is not writable. Nothing is written in these cases.
    """
    if script is None and any(subtitles):
        raise SettingError(
            "subtitles-without-script", "subtitles are useful only together with a screenplay; add {script}"
        )
    sides = [(first, *more[0]), (second, *more[1])]
    folders = [folder.resolve() for side in sides for folder in side]
    for folder in folders:
        if folders.count(folder) > 1:
            raise MoviemotionError(f"{folder}: given twice; give different studies")
    for folder in folders:
        refuse_restored(folder)
    analyses = [
        [_with_script(load_analysis(folder), script, spoken) for folder in side]
        for side, spoken in zip(sides, subtitles, strict=True)
    ]
    comparison = compare_screenings(analyses[0], analyses[1], _display_names(first, second), paired, seed)
    write_comparison(comparison, out)
    return comparison


def write_comparison(comparison: ScreeningComparison, out: Path) -> None:
    """Write `comparison.html`, `comparison.csv` and `comparison.json`.

    Raises:
        MoviemotionError: `out` cannot be written.
    """
    content = json.dumps(comparison_json(comparison), indent=2, ensure_ascii=False, allow_nan=False)
    pages = {
        "comparison.csv": comparison_csv(comparison),
        "comparison.json": content + "\n",
        "comparison.html": render_comparison(comparison),
    }
    write_text_files(out, pages)


def _display_names(first: Path, second: Path) -> tuple[str, str]:
    """Names of the two folders, prefixed with the parent folder's name if both are the same."""
    a, b = first.resolve(), second.resolve()
    return (
        (a.name, b.name) if a.name != b.name else (f"{a.parent.name}/{a.name}", f"{b.parent.name}/{b.name}")
    )


def _with_script(analysis: Analysis, script: Path | None, subtitles: Path | None) -> Analysis:
    """Replace the script of an analysis with another one, aligned to the film time of the screening."""
    inputs = read_script_inputs(script, subtitles)
    if inputs is None:
        return analysis
    timed = inputs.align(float(analysis.timeline.sample_counts.shape[1]))
    start, quality = analysis.timeline.start, analysis.data_quality
    return replace(
        analysis,
        script=timed,
        data_quality=replace(quality, problems=(*timed.data_problems(), *quality.problems)),
        element_emotions=emotions_by_element(timed, analysis.strength, start),
        scene_emotions=emotions_by_scene(timed, analysis.strength, start, analysis.moment_search.moments),
    )
