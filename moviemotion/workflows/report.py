"""Create or rebuild a study's report from its samples; called by `moviemotion report`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from moviemotion.analysis.signals.baseline import TimeSpan
from moviemotion.errors import MoviemotionError, SettingError
from moviemotion.privacy.erased_viewers import refuse_restored
from moviemotion.privacy.pseudonymize import anonymous_places
from moviemotion.privacy.study_database import open_database
from moviemotion.problems import Harm, Problem
from moviemotion.screenplay.inputs import read_script_inputs
from moviemotion.study.file_names import (
    AUDIENCE_OUTPUTS,
    CAPTURE_FILE,
    JOURNAL_FOLDER,
    PROVENANCE_FILE,
    VIEWER_OUTPUTS,
)
from moviemotion.study.folder import StudyFolder, study_lock
from moviemotion.study.manifest import STUDY_ID_KEY
from moviemotion.study.provenance import CAMERA_SKIPPED, audience_timeline, has_provenance, read_provenance
from moviemotion.study.schema import CAPTURE, DECODING_ERRORS, damaged_file_error
from moviemotion.study.seat_table import SeatTable
from moviemotion.workflows.capture import finish_capture
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
    film: TimeSpan | None = None,
    credits: TimeSpan | None = None,
    seats: SeatTable | None = None,
) -> Screening:
    """Create the outputs of `screen` from a study's samples: report, timeline, moments, annotated scripts.

    The study may have been captured or simulated. A capture that was interrupted is finished first. Unless a
    new script is given, a finished study keeps its script, problems, baseline, film, credits and seats.

    Args:
        folder: the study folder.
        script, subtitles, subtitle_track, timing_sheet, shots, frame_rate: as for `read_script_inputs`.
        seed, baseline, film, credits, seats: as for `screen`.

    Raises:
        MoviemotionError: `folder` does not contain a study, no viewer was seen, or the script or its timing
            cannot be used.
    """
    check_seed(seed)
    check_time_spans(baseline, film, credits)
    sources = read_script_inputs(script, subtitles, subtitle_track, timing_sheet, shots, frame_rate)
    refuse_restored(folder)
    with study_lock(folder):
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
        places = seats.of_viewers(seen_viewers, unseen) if seats else None
        if places and STUDY_ID_KEY in study.manifest:
            places = anonymous_places(places)
        if sources is None and has_provenance(folder):
            before = read_provenance(folder)
            provenance = replace(
                before,
                seed=seed,
                baseline=baseline or before.baseline,
                film=film or before.film,
                credits=credits or before.credits,
                seats=places or before.seats,
            )
            if was_capture:  # the journal was damaged earlier, but may have been restored since
                provenance = replace(provenance, problems=tuple(_capture_notes(folder / CAPTURE_FILE)))
            return Screening(folder, write_study(study, audience_timeline(watched), watched, provenance), ())
        finished = has_provenance(folder)  # the analysis then reports cameras without samples
        unread = [
            Problem(CAMERA_SKIPPED, Harm.MISSING, "was not processed", camera)
            for camera in study.cameras
            if camera not in saved and not finished
        ]
        notes = [*unread, *_capture_notes(folder / CAPTURE_FILE)]
        film = film or _simulated_span(study)
        analysis = analyze_and_write(
            study, watched, sources, lambda _: notes, seed, baseline, film, credits, places
        )
        return Screening(folder, analysis, ())


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


def _capture_notes(captured: Path) -> list[Problem]:
    """Problems in capture.json: cameras without viewers, estimated offsets, gaps, and a damaged journal."""
    if not captured.exists():
        return []
    try:
        return list(_notes_of_capture(CAPTURE.read_json(captured)))
    except DECODING_ERRORS as error:
        raise damaged_file_error(captured) from error


def _notes_of_capture(content: Any) -> Iterator[Problem]:
    for line in content.get("problems", ()):
        yield Problem("damaged-journal", Harm.MISSING, str(line))
    for camera in content["cameras"]:
        if not camera["viewers"]:
            yield Problem(NO_VIEWER, Harm.MISSING, "no viewer was seen", camera["name"])
        if "median" in camera["offset"]["origin"]:
            text = f"the offset is an estimate: {camera['offset']['origin']}"
            yield Problem("offset-estimated", Harm.WRONG, text, camera["name"])
    for gap in content["gaps"]:
        text = f"no data from {gap['start']:.0f} to {gap['end']:.0f} s ({gap['reason']})"
        yield Problem("capture-gap", Harm.MISSING, text, gap["camera"])
