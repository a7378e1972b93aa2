"""Create or rebuild a study's report from its samples; called by `moviemotion report`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from moviemotion.analysis.signals.baseline import TimeSpan
from moviemotion.errors import MoviemotionError
from moviemotion.screenplay.inputs import read_script_inputs
from moviemotion.study.file_names import CAPTURE_FILE, JOURNAL_FOLDER
from moviemotion.study.folder import StudyFolder, study_lock
from moviemotion.study.provenance import audience_timeline, has_provenance, read_provenance
from moviemotion.study.schema import CAPTURE
from moviemotion.workflows.capture import finish_capture
from moviemotion.workflows.screen import DEFAULT_SEED, Screening, analyze_and_write, write_study


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
) -> Screening:
    """Create the outputs of `screen` from a study's samples: report, timeline, moments, annotated scripts.

    The study may have been captured or simulated. A capture that was killed is finished first. Unless a new
    script is given, a finished study keeps its script, problems and baseline.

    Args:
        folder: the study folder.
        script, subtitles, subtitle_track, timing_sheet, shots, frame_rate: as for `read_script_inputs`.
        seed, baseline: as for `screen`.

    Raises:
        MoviemotionError: `folder` does not contain a study, no viewer was seen, or the script or its timing
            cannot be used.
    """
    sources = read_script_inputs(script, subtitles, subtitle_track, timing_sheet, shots, frame_rate)
    with study_lock(folder):
        if (folder / JOURNAL_FOLDER).is_dir():
            finish_capture(folder)
        study = StudyFolder.open_existing(folder)
        saved = {camera: samples for camera in study.cameras if (samples := study.read_samples(camera))}
        if not any(samples.viewers for samples in saved.values()):
            raise MoviemotionError(
                f"{folder}: no camera saw a face; check that the cameras show the audience"
            )
        watched = list(saved.values())
        if sources is None and has_provenance(folder):
            before = read_provenance(folder)
            provenance = replace(before, seed=seed, baseline=baseline or before.baseline)
            return Screening(folder, write_study(study, audience_timeline(watched), watched, provenance), ())
        unread = [f"{camera}: was not processed" for camera in study.cameras if camera not in saved]
        notes = [*unread, *_capture_notes(folder / CAPTURE_FILE)]
        return Screening(
            folder, analyze_and_write(study, watched, sources, lambda _: notes, seed, baseline), ()
        )


def _capture_notes(captured: Path) -> Iterator[str]:
    """Problems in capture.json: cameras without viewers, estimated offsets, and gaps."""
    if not captured.exists():
        return
    content = CAPTURE.read_json(captured)
    for camera in content["cameras"]:
        if not camera["viewers"]:
            yield f"{camera['name']}: no viewer was seen"
        if "median" in camera["offset"]["origin"]:
            yield f"{camera['name']}: the offset is an estimate: {camera['offset']['origin']}"
    for gap in content["gaps"]:
        yield f"{gap['camera']}: no data from {gap['start']:.0f} to {gap['end']:.0f} s ({gap['reason']})"
