"""Partial results: the analysis of a running screening, based on the cameras that have finished."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from moviemotion.analysis.analyze import Analysis
from moviemotion.errors import MoviemotionError
from moviemotion.privacy.consent import ConsentState, list_seats
from moviemotion.privacy.study_database import has_database
from moviemotion.screenplay.inputs import read_script_inputs
from moviemotion.study.folder import StudyFolder, has_study
from moviemotion.study.provenance import Provenance, audience_timeline
from moviemotion.study.study_label import UNTITLED
from moviemotion.workflows.screen import DEFAULT_SEED
from moviemotion.workflows.settings_checks import check_seed


@dataclass(frozen=True)
class PartialResults:
    """Results available before a screening has ended.

    Attributes:
        finished_cameras: number of cameras that have finished.
        analysis: the analysis of these cameras' viewers, which is not stored.
    """

    finished_cameras: int
    analysis: Analysis


def analyze_partial_results(
    folder: Path, script: Path | None = None, subtitles: Path | None = None, seed: int = DEFAULT_SEED
) -> PartialResults:
    """Analyze the cameras that have finished in a running or interrupted screening.

    Cameras that show a viewer who has since withdrawn are skipped.

    Args:
        folder: the study folder.
        script, subtitles, seed: as for `screen`.

    Raises:
        MoviemotionError: no camera has finished, or no viewers were found.
    """
    check_seed(seed)
    gone: set[str | None] = set()
    for seat in list_seats(folder) if has_database(folder) else ():
        # By now, the study may have finished and its viewers may have random IDs.
        gone |= {seat.camera, seat.viewer} if seat.state is ConsentState.WITHDRAWN else set()
    watched = []
    if has_study(folder):
        study = StudyFolder.open_existing(folder)
        saved = [s for camera in study.cameras if camera not in gone and (s := study.read_samples(camera))]
        watched = [samples for samples in saved if not gone & set(samples.viewers)]
    if not any(samples.viewers for samples in watched):
        raise MoviemotionError(f"{folder.name}: no camera has finished yet; try again later")
    sources = read_script_inputs(script, subtitles)
    timeline = audience_timeline(watched)
    timed = sources.align(float(timeline.sample_counts.shape[1])) if sources else None
    title = sources.screenplay.title if sources else UNTITLED
    return PartialResults(
        len(watched),
        Provenance(title, timed, timed.data_problems() if timed else (), seed, None).analyze(
            timeline, watched
        ),
    )
