"""Times of script lines that people set by hand: kept when a study is screened or reported again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from moviemotion.analysis.signals.baseline import TimeSpan
from moviemotion.errors import MoviemotionError, SettingError
from moviemotion.privacy.erased_viewers import refuse_restored
from moviemotion.privacy.roles import Role
from moviemotion.privacy.status import log_access
from moviemotion.privacy.study_database import database_lock
from moviemotion.problems import Problem
from moviemotion.screenplay.alignment.align import TimedScript
from moviemotion.screenplay.alignment.line_corrections import (
    LOST,
    LineCorrection,
    carry_over,
    film_bounds,
    make_correction,
)
from moviemotion.screenplay.alignment.line_times_table import (
    UNMARKED,
    LineTimeRow,
    corrections_of_table,
    read_line_times,
)
from moviemotion.study.analysis_cache import cached_analysis, store_analysis
from moviemotion.study.folder import StudyFolder, study_lock
from moviemotion.study.outputs import write_outputs
from moviemotion.study.provenance import (
    Provenance,
    has_provenance,
    read_provenance,
)

LINE_TIME_PROBLEMS = (LOST, UNMARKED)
"""Codes of problems that end when another table of line times is given."""


def read_table(path: Path | None, has_script: bool) -> tuple[LineTimeRow, ...] | None:
    """Read a table of line times, if there is one.

    Raises:
        MoviemotionError: the table cannot be read, or there is no script to which it could belong.
    """
    if path is None:
        return None
    if not has_script:
        raise SettingError("no-script", "{path}: cannot be used without a script; add {script}", path=path)
    return read_line_times(path)


def earlier_provenance(folder: Path, replaced: bool) -> Provenance | None:
    """The provenance of a finished study; None if there is none, or if it is damaged and being replaced."""
    if not has_provenance(folder):
        return None
    try:
        return read_provenance(folder)
    except MoviemotionError:
        if replaced:
            return None
        raise


def corrections_for(
    script: TimedScript,
    recorded_seconds: float,
    film: TimeSpan | None,
    rows: Sequence[LineTimeRow] | None,
    before: Provenance | None,
) -> tuple[tuple[LineCorrection, ...], tuple[Problem, ...]]:
    """The times that were set by hand, and problems with them.

    Args:
        script: the script as it was aligned.
        recorded_seconds: the recorded length of the film.
        film: film time of the first and the last picture, if known.
        rows: the rows of a table, which replaces all earlier corrections; None to keep them.
        before: the provenance of the study as it was, or None.

    Raises:
        MoviemotionError: the table does not match the script.
    """
    if rows is not None:
        return corrections_of_table(rows, script, _bounds(script, recorded_seconds, film))
    if before is None or before.script is None:
        return (), ()
    return carry_over(before.line_corrections, before.script.screenplay, script.screenplay)


def set_line_time(folder: Path, element: int, start: float, end: float | None, role: Role) -> None:
    """Set the time of a script element by hand, and write the study's outputs again.

    Args:
        folder: the folder of a finished study.
        element: index into the script's elements.
        start: seconds of film time.
        end: seconds of film time; None to keep the element's length.
        role: the role of the person, for the audit log.

    Raises:
        MoviemotionError: the study has no script, the element has no time of its own, or the time is not in
            the film.
    """
    _change(folder, element, (start, end), role)


def reset_line_time(folder: Path, element: int, role: Role) -> None:
    """Undo `set_line_time`: the element gets back the time that it had from the alignment.

    Raises:
        MoviemotionError: the study has no script, or the time was not set by hand.
    """
    _change(folder, element, None, role)


def _change(folder: Path, element: int, time: tuple[float, float | None] | None, role: Role) -> None:
    refuse_restored(folder)
    with database_lock(folder), study_lock(folder):
        study = StudyFolder.open_existing(folder)
        before = read_provenance(folder)
        if before.script is None:
            raise MoviemotionError(f"{folder.name}: the study has no script; screen the film again with one")
        others = tuple(c for c in before.line_corrections if c.element != element)
        if time is None and len(others) == len(before.line_corrections):
            raise MoviemotionError(f"element {element + 1}: its time was not set by hand; reload the page")
        analysis = cached_analysis(folder)
        changed = list(others)
        details: dict[str, object] = {"element": element + 1}
        if time is not None:
            bounds = _bounds(
                before.script, analysis.timeline.start + float(analysis.data_quality.seconds), before.film
            )
            correction = make_correction(before.script, element, *time, bounds)
            changed.append(correction)
            details |= {"start": correction.start, "end": correction.end}
        changed.sort(key=lambda correction: correction.element)
        provenance = replace(before, line_corrections=tuple(changed))
        analysis = provenance.retime(analysis)
        log_access(folder, role, "line time reset" if time is None else "line time set", details=details)
        provenance.write(study)
        write_outputs(study, analysis)
        store_analysis(folder, analysis)


def _bounds(script: TimedScript, recorded_seconds: float, film: TimeSpan | None) -> tuple[float, float]:
    return film_bounds(script, recorded_seconds, (film.start, film.end) if film else None)
