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
from moviemotion.analysis.segments.segment import checked_segments, parse_segment
from moviemotion.analysis.segments.segment_analysis import (
    EVERYBODY_ELSE,
    compare_parts,
    rows_of,
    with_viewers,
)
from moviemotion.errors import MoviemotionError, SettingError
from moviemotion.privacy.erased_viewers import refuse_restored
from moviemotion.reports.html.comparison_report import comparison_csv, comparison_json, render_comparison
from moviemotion.screenplay.inputs import read_script_inputs
from moviemotion.study.provenance import load_analysis
from moviemotion.study.stored_segments import read_participants, read_segments
from moviemotion.workflows.screen import DEFAULT_SEED

MAX_SEGMENTS = 2
"""Largest number of segments in a comparison."""


def compare_studies(  # noqa: PLR0913 (mirrors the command)
    first: Path,
    second: Path | None,
    out: Path,
    script: Path | None = None,
    subtitles: tuple[Path | None, Path | None] = (None, None),
    paired: bool = False,
    seed: int = DEFAULT_SEED,
    more: tuple[Sequence[Path], Sequence[Path]] = ((), ()),
    segments: Sequence[str] = (),
) -> ScreeningComparison:
    """Compare two studies, or two segments, and write `comparison.html`, `.csv` and `.json`.

    Args:
        first, second: the folders of the finished studies; without a second, segments of the first one are
            compared.
        out: the output folder.
        script: the screenplay of both films; defaults to each study's own. Without a screenplay, stretches of
            film time are compared.
        subtitles: the subtitles of each film, used to time `script`.
        paired: whether the same viewers, matched by name, saw both films.
        seed: random seed for the permutation test.
        more: the folders of additional screenings of the first and of the second cut.
        segments: names or rules of the segments to compare. With two studies, one segment is compared in
            both. With one study, one segment is compared with everybody else.

    Raises:
        MoviemotionError: a study, the script or the subtitles cannot be used, there are too few viewers, or
            `out` is not writable. Nothing is written in these cases.
    """
    if script is None and any(subtitles):
        raise SettingError(
            "subtitles-without-script", "subtitles are useful only together with a screenplay; add {script}"
        )
    if second is None:
        comparison = _compare_segments(first, script, segments, paired or any((*more, *subtitles)), seed)
        write_comparison(comparison, out)
        return comparison
    sides = [(first, *more[0]), (second, *more[1])]
    folders = [folder.resolve() for side in sides for folder in side]
    for folder in folders:
        if folders.count(folder) > 1:
            raise MoviemotionError(f"{folder}: given twice; give different studies")
    for folder in folders:
        refuse_restored(folder)
    wanted = _segment_of_each_side(segments)
    analyses = [
        [_segment_in(folder, _with_script(load_analysis(folder), script, spoken), segment) for folder in side]
        for side, spoken, segment in zip(sides, subtitles, wanted, strict=True)
    ]
    names = _display_names(first, second)
    if segments:
        names = f"{names[0]}: {_segment_name(segments[0])}", f"{names[1]}: {_segment_name(segments[-1])}"
    comparison = compare_screenings(analyses[0], analyses[1], names, paired, seed)
    write_comparison(comparison, out)
    return comparison


def _compare_segments(
    folder: Path, script: Path | None, segments: Sequence[str], other_options: bool, seed: int
) -> ScreeningComparison:
    """Compare two segments of one study, or one segment with everybody else."""
    if not segments:
        raise SettingError(
            "nothing-to-compare", "{path}: only one study was given; add another, or {segments}", path=folder
        )
    if other_options or script or len(segments) > MAX_SEGMENTS:
        raise SettingError(
            "segments-of-one-study",
            "{path}: within one study, one or two segments are compared; leave out the other options, "
            "or give two studies",
            path=folder,
        )
    refuse_restored(folder)
    analysis = load_analysis(folder)
    everyone = analysis.timeline.viewers
    members = [_viewers_of(folder, everyone, segment) for segment in segments]
    if len(members) == 1:
        members.insert(0, tuple(viewer for viewer in everyone if viewer not in members[0]))
    names = [EVERYBODY_ELSE] * (len(segments) == 1) + [_segment_name(segment) for segment in segments]
    shared = set(members[0]) & set(members[1])
    if shared:
        raise MoviemotionError(
            f"{names[0]}, {names[1]}: {len(shared)} viewers belong to both segments, and a viewer can count "
            "only once; choose segments that have no viewers in common"
        )
    return compare_parts(analysis, (members[0], members[1]), (names[0], names[1]), seed)


def _segment_of_each_side(segments: Sequence[str]) -> tuple[str | None, str | None]:
    if len(segments) > MAX_SEGMENTS:
        raise SettingError(
            "too-many-segments", "{segments}: given {count} times; give at most two", count=len(segments)
        )
    return (segments[0], segments[-1]) if segments else (None, None)


def _segment_in(folder: Path, analysis: Analysis, segment: str | None) -> Analysis:
    if segment is None:
        return analysis
    return with_viewers(analysis, rows_of(analysis, _viewers_of(folder, analysis.timeline.viewers, segment)))


def _segment_name(text: str) -> str:
    """The name of a segment that was given as `NAME`, `RULE` or `NAME=RULE`."""
    return parse_segment(text).name


def _viewers_of(folder: Path, audience: Sequence[str], text: str) -> tuple[str, ...]:
    """The viewers of a segment, given by the name of a stored one or by a rule."""
    stored = {segment.name: segment for segment in read_segments(folder)}
    segment = stored.get(text) or parse_segment(text)
    return checked_segments([segment], read_participants(folder), audience)[segment]


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
