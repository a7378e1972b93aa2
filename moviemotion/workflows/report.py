"""Create or rebuild a study's report from its samples; called by `moviemotion report`."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

from moviemotion.analysis.segments.segment import Segment
from moviemotion.analysis.signals.baseline import TimeSpan
from moviemotion.analysis.signals.seat_map import Place
from moviemotion.analysis.signals.timeline import Timeline
from moviemotion.errors import MoviemotionError, SettingError
from moviemotion.privacy.consent import fully_masked_cameras
from moviemotion.privacy.consent_problems import consent_problems
from moviemotion.privacy.erased_viewers import refuse_restored
from moviemotion.privacy.participants import save_participants, save_segments
from moviemotion.privacy.pseudonymize import anonymous_places
from moviemotion.privacy.study_database import database_lock, open_database
from moviemotion.problems import Harm, Problem
from moviemotion.screenplay.alignment.align import TimedScript
from moviemotion.screenplay.alignment.line_times_table import LineTimeRow
from moviemotion.screenplay.alignment.revision import carry_times_over
from moviemotion.screenplay.inputs import ScriptInputs, read_script_inputs
from moviemotion.study.file_names import (
    AUDIENCE_OUTPUTS,
    CAPTURE_FILE,
    JOURNAL_FOLDER,
    PROVENANCE_FILE,
    VIEWER_OUTPUTS,
)
from moviemotion.study.folder import StudyFolder, study_lock
from moviemotion.study.manifest import STUDY_ID_KEY
from moviemotion.study.participant_table import ParticipantTable
from moviemotion.study.provenance import (
    CAMERA_SKIPPED,
    Provenance,
    audience_timeline,
    has_provenance,
)
from moviemotion.study.schema import CAPTURE, DECODING_ERRORS, damaged_file_error
from moviemotion.study.seat_table import SeatTable
from moviemotion.study.study_label import NO_LABEL, UNTITLED, StudyLabel
from moviemotion.workflows.capture import finish_capture
from moviemotion.workflows.line_times import (
    LINE_TIME_PROBLEMS,
    corrections_for,
    earlier_provenance,
    read_table,
)
from moviemotion.workflows.screen import DEFAULT_SEED, NO_VIEWER, Screening, analyze_and_write, write_study
from moviemotion.workflows.settings_checks import check_seed, check_time_spans


def report(  # noqa: PLR0913 (mirrors the command)
    folder: Path,
    script: Path | None = None,
    subtitles: Path | None = None,
    seed: int = DEFAULT_SEED,
    baseline: TimeSpan | None = None,
    subtitle_track: int | None = None,
    timing_sheet: Path | None = None,
    shots: Path | None = None,
    frame_rate: float | None = None,
    film: TimeSpan | Path | None = None,
    credits: TimeSpan | None = None,
    seats: SeatTable | None = None,
    count_doubles: bool | None = None,
    subtitle_offset: float | None = None,
    subtitle_speed: float | None = None,
    line_times: Path | None = None,
    label: StudyLabel = NO_LABEL,
    participants: ParticipantTable | None = None,
    segments: Sequence[Segment] = (),
    quadrants: bool = False,
    speech_progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> Screening:
    """Create the outputs of `screen` from a study's samples: report, timeline, moments, annotated scripts.

    The study may have been captured or simulated. A capture that was interrupted is finished first. A
    finished study keeps the problems with its recordings and, unless new ones are given, its script,
    baseline, film, credits, seats and label, whether doubles count, and the times of lines that were set by
    hand. If only a new script is given, and it is a revision of the study's, unchanged lines keep their
    times.

    Args:
        folder: the study folder.
        script, subtitles, subtitle_track, timing_sheet, shots, frame_rate, subtitle_offset, subtitle_speed:
            as for `read_script_inputs`.
        seed, baseline, credits, seats, count_doubles, line_times, label, speech_progress: as for `screen`.
        film: as for `screen`; the film's file is used for the script only.
        participants: as for `screen`; they replace all those of the study.
        segments: segments of the audience to add to those of the study, which are reported like the audience.
        quadrants: whether to add the film industry's four quadrants.

    Raises:
        MoviemotionError: `folder` does not contain a study, no viewer was seen, or the script, its timing,
            the participants or a segment cannot be used.
    """
    check_seed(seed)
    film_file = film if isinstance(film, Path) else None
    film = None if isinstance(film, Path) else film
    if film_file and script is None:
        raise SettingError(
            "no-script", "{path}: cannot be used without a script; add {script}", path=film_file
        )
    check_time_spans(baseline, film, credits)
    sources = read_script_inputs(
        script,
        subtitles,
        subtitle_track,
        timing_sheet,
        shots,
        frame_rate,
        subtitle_offset,
        subtitle_speed,
        film_file,
        speech_progress,
    )
    refuse_restored(folder)
    changes_segments = bool(participants or segments or quadrants)
    with database_lock(folder) if changes_segments else nullcontext(), study_lock(folder):
        was_capture = (folder / JOURNAL_FOLDER).is_dir()
        if was_capture:
            finish_capture(folder)
        study = StudyFolder.open_existing(folder)
        if STUDY_ID_KEY in study.manifest:
            with open_database(folder):  # raises if it is missing or belongs to another study
                pass
        if sources is None and not has_provenance(folder):
            _refuse_lost_provenance(folder)
        saved = {camera: samples for camera in study.cameras if (samples := study.read_samples(camera))}
        if not any(samples.viewers for samples in saved.values()):
            raise MoviemotionError(
                f"{folder}: no camera saw a face; check that the cameras show the audience"
            )
        watched = list(saved.values())
        seen_viewers = [viewer for samples in watched for viewer in samples.viewers]
        unseen = [name for name in study.cameras if name not in saved or not saved[name].viewers]
        places: Mapping[str, Place] | None = seats.of_viewers(seen_viewers, unseen) if seats else None
        if places and STUDY_ID_KEY in study.manifest:
            places = anonymous_places(places)
        before = earlier_provenance(folder, replaced=sources is not None)
        notes = _notes(study, folder, before, saved, was_capture)
        rows = read_table(line_times, has_script=bool(sources or (before and before.script)))
        if participants:
            save_participants(study, participants)
        if segments or quadrants:
            save_segments(folder, seen_viewers, segments, quadrants)
        revised = _revised_script(before, sources)
        if before and (sources is None or revised):
            timeline = audience_timeline(watched)
            if revised:
                title = _label_given_before(before, label).title or revised.screenplay.title
                before = replace(before, title=title)
            before = _with_line_times(before, revised or before.script, rows, timeline, film)
            provenance = replace(
                before,
                problems=(*filter(_is_about_script, before.problems), *notes),
                seed=seed,
                baseline=baseline or before.baseline,
                film=film or before.film,
                credits=credits or before.credits,
                seats=places or before.seats,
                count_doubles=before.count_doubles if count_doubles is None else count_doubles,
                **label.given(),
            )
            return Screening(folder, write_study(study, timeline, watched, provenance), ())
        if before:
            baseline, film = baseline or before.baseline, film or before.film
            credits, places = credits or before.credits, places or before.seats
            count_doubles = before.count_doubles if count_doubles is None else count_doubles
            label = _label_given_before(before, label)
        analysis = analyze_and_write(
            study,
            watched,
            sources,
            notes,
            seed,
            baseline,
            film or _simulated_span(study),
            credits,
            places,
            bool(count_doubles),
            rows,
            label,
        )
        return Screening(folder, analysis, ())


def _with_line_times(
    before: Provenance,
    script: TimedScript | None,
    rows: Sequence[LineTimeRow] | None,
    timeline: Timeline,
    film: TimeSpan | None,
) -> Provenance:
    """Take over a revised script, and replace the times that were set by hand by those of a table."""
    if script is None or (rows is None and script is before.script):
        return before
    seconds = float(timeline.sample_counts.shape[1])
    corrections, doubts = corrections_for(script, seconds, film or before.film, rows, before)
    kept = (problem for problem in before.problems if problem.code not in LINE_TIME_PROBLEMS)
    return replace(before, script=script, line_corrections=corrections, problems=(*doubts, *kept))


def _revised_script(before: Provenance | None, sources: ScriptInputs | None) -> TimedScript | None:
    """The new script with the times of the study's script, if it is a revision of it."""
    if before is None or before.script is None or sources is None or len(sources.files) > 1:
        return None
    return carry_times_over(before.script, sources.screenplay)


def _label_given_before(before: Provenance, label: StudyLabel) -> StudyLabel:
    """Complete a label with what was given earlier; a title that came from the script is not kept."""
    from_script = before.title in (UNTITLED, before.script.screenplay.title if before.script else UNTITLED)
    return StudyLabel(
        label.title or (None if from_script else before.title),
        label.cut or before.cut or None,
        label.date or before.date or None,
    )


def _notes(
    study: StudyFolder,
    folder: Path,
    before: Provenance | None,
    saved: Collection[str],
    was_capture: bool,
) -> tuple[Problem, ...]:
    """Problems with the recordings of a study; those of a screening are known only from its provenance."""
    captured = _capture_notes(study, folder)
    if was_capture:  # the journal was damaged earlier, but may have been restored since
        return captured
    if before:
        return tuple(problem for problem in before.problems if not _is_about_script(problem))
    unread = (
        Problem(CAMERA_SKIPPED, Harm.MISSING, "was not processed", camera)
        for camera in study.cameras
        if camera not in saved and not has_provenance(folder)  # else the analysis reports missing samples
    )
    return (*unread, *captured)


def _simulated_span(study: StudyFolder) -> TimeSpan | None:
    """The film's span in a simulated study; None for other studies, whose span is not known."""
    simulated = study.manifest.get("simulated")
    return TimeSpan(0.0, float(simulated["seconds"])) if isinstance(simulated, dict) else None


def _refuse_lost_provenance(folder: Path) -> None:
    """Refuse to replace a missing provenance.json with one that lacks the script."""
    if any((folder / name).exists() for name in (*VIEWER_OUTPUTS, *AUDIENCE_OUTPUTS)):
        raise SettingError(
            "provenance-missing",
            "{path}: missing, although the study has outputs; restore it from a backup, "
            "or create it again with {script} (and {subtitles})",
            path=folder / PROVENANCE_FILE,
        )


def _is_about_script(problem: Problem) -> bool:
    """Whether a problem is about the script or its times, so that it ends with them."""
    return problem.code.startswith("script-")


def _capture_notes(study: StudyFolder, folder: Path) -> tuple[Problem, ...]:
    """Problems in capture.json: cameras without viewers, estimated offsets, gaps, and a damaged journal."""
    captured = folder / CAPTURE_FILE
    if not captured.exists():
        return ()
    masked: dict[str, str] = {}
    without_consent: tuple[Problem, ...] = ()
    if STUDY_ID_KEY not in study.manifest:  # afterwards, the seats' cameras have other names
        masked = fully_masked_cameras(folder, study.cameras)
        without_consent = tuple(consent_problems(folder, {camera: camera for camera in study.cameras}))
    try:
        return (*without_consent, *_notes_of_capture(CAPTURE.read_json(captured), masked))
    except DECODING_ERRORS as error:
        raise damaged_file_error(captured) from error


def _notes_of_capture(content: Any, masked: Collection[str]) -> Iterator[Problem]:
    for line in content.get("problems", ()):
        yield Problem("damaged-journal", Harm.MISSING, str(line))
    for camera in content["cameras"]:
        if not camera["viewers"] and camera["name"] not in masked:
            yield Problem(NO_VIEWER, Harm.MISSING, "no viewer was seen", camera["name"])
        for doubt in camera.get("doubts", ()):
            yield Problem("recording-doubtful", Harm.WRONG, doubt, camera["name"])
        if "median" in camera["offset"]["origin"]:
            text = f"the offset is an estimate: {camera['offset']['origin']}"
            yield Problem("offset-estimated", Harm.WRONG, text, camera["name"])
    for gap in content["gaps"]:
        text = f"no data from {gap['start']:.0f} to {gap['end']:.0f} s ({gap['reason']})"
        yield Problem("capture-gap", Harm.MISSING, text, gap["camera"])
